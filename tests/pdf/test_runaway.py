"""A part that takes too long or too much is ended, and the next dossier is as if it never was."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from typing import TYPE_CHECKING, Final

import pytest
from dossier_reading import Dossier

from candidate_cards import Candidate, ExportError, Shortlist, load_shortlist
from candidate_cards._resources import resource_root
from candidate_cards.exports.pdf import Limits, PdfPool, render_dossier
from command_line import invoke

if TYPE_CHECKING:
    from pathlib import Path

_MIB: Final = 1024 * 1024
_NAME: Final = "Xylophone Quartz"
_PLAIN: Final = Candidate(profile_id="p", name="Ada Example", rationale="All is well.")
_PEOPLE: Final = Shortlist(
    candidates=(
        _PLAIN,
        Candidate(profile_id="q", name=_NAME, rationale="Runs away."),
        _PLAIN.model_copy(update={"profile_id": "r"}),
    ),
    title="Engineer",
)

#: 50 bytes that take WeasyPrint minutes.
_ENDLESS: Final = "<table><tr><td colspan=1000000>x</td></tr></table>"


def _templates(folder: Path, html: str) -> Path:
    """Return a folder of own templates in which the second candidate has something more."""
    original = (resource_root("templates") / "dossier" / "section.html").read_text("utf-8")
    (folder / "dossier").mkdir(parents=True)
    trap = f'<body class="sheet">{{% if cards[0].rank == "2" %}}{html}{{% endif %}}'
    changed = original.replace('<body class="sheet">', trap)
    assert changed != original
    (folder / "dossier" / "section.html").write_text(changed, "utf-8")
    return folder


def _assert_works(pool: PdfPool) -> None:
    assert render_dossier(_PLAIN, pool=pool) == render_dossier(_PLAIN)


def test_a_runaway_is_ended_and_named_by_its_rank(tmp_path: Path) -> None:
    """The error says which candidate, not who; the pool goes on; nothing unfinished is kept."""
    templates = _templates(tmp_path / "own", _ENDLESS)
    cache = tmp_path / "cache"
    with PdfPool(2, Limits(seconds=6)) as pool:
        _assert_works(pool)
        begun = time.monotonic()
        with pytest.raises(ExportError) as caught:
            render_dossier(_PEOPLE, templates=templates, pool=pool, cache=cache)
        assert time.monotonic() - begun < 60
        assert "candidate 2 took longer than 6 s and was ended" in str(caught.value)
        assert _NAME not in str(caught.value)
        assert caught.value.__cause__ is None
        assert not [path for path in cache.iterdir() if path.suffix == ".tmp"]
        _assert_works(pool)
        again = render_dossier(_PEOPLE, pool=pool, cache=cache)
    assert again == render_dossier(_PEOPLE)


def test_a_limit_that_nothing_keeps_ends_at_once() -> None:
    """A hundredth of a second is too little for the first candidate."""
    with PdfPool(1, Limits(seconds=0.01)) as pool:
        for _ in range(2):
            with pytest.raises(ExportError, match=r"took longer than 0\.01 s"):
                render_dossier(_PLAIN, pool=pool)


def test_a_part_that_needs_too_much_memory_is_ended(tmp_path: Path) -> None:
    """A table of 30,000 rows ends its part, and no other."""
    templates = _templates(tmp_path, "<table>" + "<tr><td>x</td></tr>" * 30_000 + "</table>")
    with PdfPool(1, Limits(seconds=300, memory=420 * _MIB)) as pool:
        _assert_works(pool)
        with pytest.raises(ExportError) as caught:
            render_dossier(_PEOPLE, templates=templates, pool=pool)
        assert "candidate 2" in str(caught.value)
        assert "420 MiB" in str(caught.value) or "memory" in str(caught.value)
        assert _NAME not in str(caught.value)
        _assert_works(pool)


def test_a_process_without_memory_is_not_used_again() -> None:
    """It may not even have enough to tell of it, and the next part has all that it may take."""
    with PdfPool(1, Limits(memory=420 * _MIB)) as pool:
        _assert_works(pool)
        worker = _children()
        with pytest.raises(ExportError, match="the part needed more than 420 MiB and was ended"):
            pool.call("the part", bytearray, 2**40)
        _assert_works(pool)
        assert worker
        assert not _children() & worker


def test_the_command_says_so_in_a_line(tmp_path: Path) -> None:
    """Exit code 1, one line on stderr, no file."""
    path = tmp_path / "in.json"
    path.write_text(_PEOPLE.model_dump_json(by_alias=True), "utf-8")
    out = tmp_path / "out.pdf"
    result = invoke("render", path, "-o", out, "--part-seconds", "0.01", "--jobs", 1)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "took longer than 0.01 s" in result.stderr
    assert not out.exists()


def test_the_least_memory_that_is_accepted_is_enough(tmp_path: Path) -> None:
    """An ordinary candidate is rendered with the smallest `--part-memory`."""
    path = tmp_path / "in.json"
    path.write_text(_PLAIN.model_dump_json(by_alias=True), "utf-8")
    refused = invoke("render", path, "-o", tmp_path / "no.pdf", "--part-memory", 1)
    assert refused.exit_code == 2
    least = int(refused.stderr.split("x>=")[1].split(".")[0])
    result = invoke("render", path, "-o", tmp_path / "out.pdf", "--part-memory", least, "--jobs", 1)
    assert result.exit_code == 0, result.stderr


def test_a_closed_pool_leaves_no_processes() -> None:
    """Workers live as long as their pool."""
    with PdfPool(2) as pool:
        _assert_works(pool)
        workers = _children()
        assert workers
    deadline = time.monotonic() + 10
    while _children() & workers and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _children() & workers


def test_a_closed_pool_leaves_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's own temporary files go with the workers, which are ended and cannot tidy up."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with PdfPool(1) as pool:
        render_dossier(_PLAIN, pool=pool)
        assert list(tmp_path.rglob("weasyprint-*/*"))
    assert list(tmp_path.iterdir()) == []


def _children() -> set[int]:
    if shutil.which("ps") is None:
        pytest.skip("ps is not here")
    done = subprocess.run(
        ["ps", "-ww", "-o", "pid=,stat=,args=", "--ppid", str(os.getpid())],
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    lines = [line.split(maxsplit=2) for line in done.stdout.splitlines()]
    return {
        int(pid) for pid, state, args in lines if "spawn_main" in args and not state.startswith("Z")
    }


def test_progress_tells_every_part() -> None:
    """It goes from the first to the last, and its total does not change."""
    told: list[tuple[int, int]] = []
    with PdfPool(2) as pool:
        data = render_dossier(_PEOPLE, pool=pool, on_progress=lambda *news: told.append(news))
    assert told == [(number, 6) for number in range(1, 7)]  # three, and the frame's three
    assert len(Dossier(data).bookmarks) == 3
    told.clear()
    render_dossier(_PEOPLE, on_progress=lambda *news: told.append(news))
    assert told == [(number, 6) for number in range(1, 7)]


def test_a_broken_kept_section_is_an_error_that_names_its_part(tmp_path: Path) -> None:
    """What somebody else left in the cache does not become somebody's pages."""
    shortlist = load_shortlist("examples/payloads/shortlist.json")
    render_dossier(shortlist, cache=tmp_path)
    for path in tmp_path.glob("*.pdf"):
        path.write_bytes(b"not a PDF")
    with pytest.raises(ExportError, match="damaged"):
        render_dossier(shortlist, cache=tmp_path)
