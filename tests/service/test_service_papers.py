"""Documents that take long, or never end: refused, given up, and never in anybody else's way."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from statistics import quantiles
from textwrap import dedent
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest

import asynchronous
from candidate_cards import ExportError, parse_shortlist
from candidate_cards.exports.pdf import Limits, PdfPool, render_dossier
from candidate_cards.exports.png import render_picture
from candidate_cards.service.papers import Papers
from sandboxes import error_code, eventually
from services import Account, LocalService, serving_cards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Seconds that a request may take; a part of a document half of that.
SECONDS: Final = 12

PLANTED: Final = "Xylophone Quartz"
SMALL: Final = b'{"profileId": "p1", "name": "Ada Example"}'


def _person(profile_id: str, roles: int) -> dict[str, Any]:
    role = {"role": "r", "highlights": ["word " * 30] * 50}
    return {"profileId": profile_id, "name": PLANTED, "detailedExperience": [role] * roles}


#: What a body may have, and two hundred times the work of an ordinary candidate.
ENDLESS: Final = json.dumps(_person("p", 100)).encode()

#: The same work in many parts, of which none takes long.
LONG: Final = json.dumps([_person(str(at), 2) for at in range(55)]).encode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where temporary files go."""
    place = tmp_path_factory.mktemp("temporary")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(place))
        patch.setattr(tempfile, "tempdir", None)
        yield place


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[LocalService]:
    """A service with one process for documents, and room for one more to wait."""
    assert folder.is_dir()
    with serving_cards(pdf_workers=1, pdf_waiting=1, request_seconds=SECONDS) as service:
        yield service


@pytest.fixture
def account(running: LocalService) -> Account:
    """A key that may render, once nobody else has a document made."""
    eventually(lambda: running.service.papers.admitted, lambda count: count == 0)
    account = running.account()
    assert _pdf(account).status_code == 200  # its process has started
    return account


def _pdf(
    account: Account, body: bytes = SMALL, name: str = "pdf", seconds: float = 60
) -> httpx.Response:
    headers = {"Content-Type": "application/json"}
    timeout = httpx.Timeout(60, read=seconds)
    return account.http.post(f"/render/{name}", content=body, headers=headers, timeout=timeout)


def _leave(account: Account, body: bytes, seconds: float) -> None:
    """Ask for a document, and hang up before it can be there."""
    with suppress(httpx.ReadTimeout):
        _pdf(account, body, seconds=seconds)


def _assert_nothing_left(running: LocalService, folder: Path) -> None:
    """Look for processes that work for nobody, and for files of a document."""
    eventually(lambda: running.service.papers.admitted, lambda count: count == 0)
    eventually(lambda: _files(folder), lambda files: not files)
    eventually(_children, lambda count: count <= 1)


def _files(folder: Path) -> list[str]:
    # Not by a pattern: that is an error where a folder goes while it is walked through.
    names = (Path(name) for _, _, files in os.walk(folder) for name in files)
    return [path.name for path in names if path.suffix in {".pdf", ".tmp", ".pages"}]


def _children() -> int:
    if shutil.which("ps") is None:
        pytest.skip("MISSING PART: ps")
    done = subprocess.run(
        ["ps", "-ww", "-o", "stat=,args=", "--ppid", str(os.getpid())],
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    lines = [line for line in done.stdout.splitlines() if "spawn_main" in line]
    return sum(not line.startswith("Z") for line in lines)


def test_a_runaway_is_refused_by_its_rank(
    running: LocalService, account: Account, folder: Path
) -> None:
    """The refusal names the part and not the person; the next document is made as ever."""
    answer = _pdf(account, ENDLESS)
    assert (answer.status_code, error_code(answer)) == (422, "RENDERING_FAILED")
    assert f"candidate 1 took longer than {SECONDS / 2:g} s" in answer.json()["error"]["message"]
    assert PLANTED not in answer.text
    _assert_nothing_left(running, folder)
    assert _pdf(account).content == render_dossier(parse_shortlist(SMALL).candidates[0])


def test_what_takes_too_long_as_a_whole_is_given_up(
    running: LocalService,
    account: Account,
    folder: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """The deadline of a request ends its process; others are answered all the while."""
    times: list[float] = []
    statuses: list[int] = []

    def ask() -> None:
        statuses.append(_pdf(account, LONG).status_code)

    asking = threading.Thread(target=ask)
    began = time.perf_counter()
    asking.start()
    with running.client() as http:
        while asking.is_alive():
            sent = time.perf_counter()
            assert http.get("/healthz").status_code == 200
            times.append(time.perf_counter() - sent)
    asking.join()
    took = time.perf_counter() - began
    assert statuses == [504]
    # No other request has waited for more than a small part of it.
    assert max(times) < took / 10
    p99 = quantiles(times, n=100)[-1] * 1000
    record_property("measured", f"/healthz beside a dossier: {len(times)} calls, p99 {p99:.1f} ms")
    _assert_nothing_left(running, folder)
    assert _pdf(account).status_code == 200


def test_who_hangs_up_frees_the_process(
    running: LocalService, account: Account, folder: Path
) -> None:
    """Nothing is made for somebody who has left, neither at work nor while it waits."""
    leaving = [threading.Thread(target=_leave, args=(account, LONG, 2.0)) for _ in range(2)]
    for thread in leaving:
        thread.start()
    papers = running.service.papers
    eventually(lambda: papers.admitted, lambda count: count == 2)
    began = time.perf_counter()
    for thread in leaving:
        thread.join()
    eventually(lambda: papers.admitted, lambda count: count == 0)
    assert time.perf_counter() - began < SECONDS
    _assert_nothing_left(running, folder)
    assert _pdf(account).status_code == 200


def test_one_too_many_is_asked_to_come_back(running: LocalService, account: Account) -> None:
    """At work and waiting there is room for two; HTML is made meanwhile, and pictures are not."""
    holding = [threading.Thread(target=_leave, args=(account, LONG, 4.0)) for _ in range(2)]
    for thread in holding:
        thread.start()
    eventually(lambda: running.service.papers.admitted, lambda count: count == 2)
    for name in ("pdf", "png"):
        answer = _pdf(account, name=name)
        assert (answer.status_code, error_code(answer)) == (
            503,
            "PROVIDER_TEMPORARILY_UNAVAILABLE",
        )
        assert int(answer.headers["Retry-After"]) > 0
    assert _pdf(account, name="page").status_code == 200
    for thread in holding:
        thread.join()


def test_a_service_that_ends_leaves_no_files_and_no_processes(folder: Path) -> None:
    """A document under way is given up with the loop that it is made for."""
    before = _children()
    papers = Papers(1, 0, 300)
    people = parse_shortlist(LONG)

    async def give_up() -> None:
        making = asyncio.create_task(
            papers.make(lambda press: render_dossier(people, pool=press.pool, cache=press.folder))
        )
        while not _files(folder):
            assert not making.done()
            await asyncio.sleep(0.05)

    asynchronous.run(give_up())
    papers.close()
    eventually(_children, lambda count: count <= before)
    eventually(lambda: _files(folder), lambda files: not files)


def test_a_temporary_folder_that_is_cleaned_up_costs_nothing(tmp_path: Path) -> None:
    """Systems remove what has lain there for days, whoever it belongs to."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path))
        with serving_cards(pdf_workers=1) as running:
            account = running.account()
            for name in ("pdf", "png"):
                assert _pdf(account, name=name).status_code == 200
                for left in tmp_path.iterdir():
                    if left != running.folder:
                        shutil.rmtree(left)
                assert _pdf(account, name=name).status_code == 200
            (folder,) = tmp_path.glob("candidate-cards-papers-*")
            assert [path.name for path in folder.iterdir()] == ["lock"]
            shutil.rmtree(folder)
    assert list(tmp_path.iterdir()) == []


def test_where_no_file_can_be_written_it_is_503(tmp_path: Path) -> None:
    """Something is in the way, or a disk is full: that is nobody's bug, and it passes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path))
        with serving_cards(pdf_workers=1) as running:
            account = running.account()
            (folder,) = tmp_path.glob("candidate-cards-papers-*")
            folder.rename(tmp_path / "elsewhere")
            folder.write_text("in the way", encoding="utf-8")
            for name in ("pdf", "png"):
                refused = _pdf(account, name=name)
                assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
                assert error_code(refused) == "PROVIDER_TEMPORARILY_UNAVAILABLE"
            folder.unlink()
            (tmp_path / "elsewhere").rename(folder)
            assert _pdf(account).status_code == 200


def test_files_of_a_killed_service_go_when_the_next_one_starts(folder: Path) -> None:
    """A folder whose process has ended is removed, and that of a living one is not."""
    script = """
        import os, signal, sys
        from pathlib import Path
        from candidate_cards.service.papers import Papers
        papers = Papers(1, 1, 1.0)
        (papers._folder / "part.pdf").write_bytes(b"Xylophone Quartz")
        print(papers._folder, flush=True)
        sys.stdin.read()
    """
    with subprocess.Popen(
        [sys.executable, "-c", dedent(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdout
        left = Path(process.stdout.readline().strip())
        assert left.parent == folder
        with serving_cards(pdf_workers=1):
            assert (left / "part.pdf").exists()
        process.kill()
    assert left.exists()
    with serving_cards(pdf_workers=1):
        assert not left.exists()


def test_without_the_engine_it_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine without Pango answers 501 for documents, and makes everything else."""
    (tmp_path / "weasyprint").mkdir()
    broken = "raise OSError(\"cannot load library 'libpango-1.0-0'\")"
    (tmp_path / "weasyprint" / "__init__.py").write_text(broken, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)  # which its processes take over
    with serving_cards(pdf_workers=1) as running:
        account = running.account()
        for name in ("pdf", "png"):
            answer = _pdf(account, name=name)
            assert (answer.status_code, error_code(answer)) == (501, "FORMAT_NOT_AVAILABLE")
            assert "pango" in answer.json()["error"]["message"]
        assert _pdf(account, name="email").status_code == 200


# The pool that it is made of


def test_a_pool_that_is_closed_tells_who_waits() -> None:
    """Another thread may close a pool; whoever waits for a part gets an error, and so do others."""
    endless = parse_shortlist(ENDLESS).candidates[0]
    caught: list[ExportError] = []
    pool = PdfPool(1, Limits(seconds=300))

    def wait() -> None:
        with pytest.raises(ExportError) as error:
            render_dossier(endless, pool=pool)
        caught.append(error.value)

    waiting = threading.Thread(target=wait)
    waiting.start()
    eventually(lambda: pool._running, bool)
    pool.close()
    waiting.join()
    assert "closed" in str(caught[0])
    assert PLANTED not in str(caught[0])
    with pytest.raises(ExportError, match="closed"):
        render_dossier(endless, pool=pool)


def test_a_picture_is_drawn_in_a_process_within_limits() -> None:
    """It is the same picture, and a limit that nothing keeps ends it."""
    person = parse_shortlist(SMALL).candidates[0]
    with PdfPool(1) as pool:
        assert render_picture(person, pool=pool) == render_picture(person)

    def draw_many(pool: PdfPool) -> None:
        for _ in range(100):  # one may be drawn before anybody looks at the clock
            render_picture(person, pool=pool)

    with (
        PdfPool(1, Limits(seconds=0.01)) as pool,
        pytest.raises(ExportError, match=r"the picture took longer than 0\.01 s"),
    ):
        draw_many(pool)
