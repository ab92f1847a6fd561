"""Stores of objects through fsspec: in memory, on this disk by URL, and one that speaks S3."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING

import fsspec
import pytest
from batches import Expected, digest, files_in, person, run, write_people

from candidate_cards.batch import Batch, Summary, local_crew, make_plan
from candidate_cards.batch.destinations import open_destination
from candidate_cards.batch.reading import find_sources
from candidate_cards.batch.storage import open_url
from candidate_cards.errors import ExportError, MissingDependencyError
from command_line import invoke

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_COUNT = 120


def _plain(tmp_path: Path, people: Path) -> dict[str, str]:
    """Return the digests of a batch into a folder, by path."""
    folder = tmp_path / "plain"
    result = invoke("batch", people, "-o", folder, "--format", "fragment", "--workers", 1)
    assert result.exit_code == 0, result.stderr
    Expected.of(map(person, range(_COUNT))).assert_complete(folder)
    return {name: digest(path) for name, path in files_in(folder).items()}


def _assert_round_trip(tmp_path: Path, root: str, **options: object) -> None:
    """Put people into a store, batch from there to there, twice, and look at all of it."""
    people = write_people(tmp_path / "people.jsonl", _COUNT)
    plain = _plain(tmp_path, people)
    system, path = fsspec.url_to_fs(root, **options)
    system.makedirs(f"{path}/in", exist_ok=True)
    lines = people.read_bytes().splitlines(keepends=True)
    system.pipe_file(f"{path}/in/1.jsonl", b"".join(lines[:50]))
    system.pipe_file(f"{path}/in/2.jsonl", b"".join(lines[50:]))
    arguments = [f"{root}/in/*.jsonl", "-o", f"{root}/out", "--format", "fragment", "--workers", 1]

    first = invoke("batch", *arguments)
    assert first.exit_code == 0, first.stderr
    system.invalidate_cache()
    found = {
        name.rpartition("/out/")[2]: name
        for name in system.find(f"{path}/out")
        if name.endswith(".html")
    }
    assert found.keys() == plain.keys()
    for name, place in found.items():
        copy = tmp_path / "copy"
        copy.write_bytes(system.cat_file(place))
        assert digest(copy) == plain[name]

    again = invoke("batch", *arguments)
    assert f"{_COUNT} unchanged" in again.stderr
    gone, damaged = sorted(found)[:2]
    system.rm_file(found[gone])
    system.pipe_file(found[damaged], b"x")
    repaired = invoke("batch", *arguments)
    assert repaired.exit_code == 0
    assert "Rendered 2 candidates" in repaired.stderr
    verified = invoke("batch", "verify", f"{root}/out", f"{root}/in/*.jsonl", *arguments[3:])
    assert verified.exit_code == 0, verified.stderr
    assert "Compared 100 candidates: 0 wrong" in verified.stderr


def test_round_trip_through_memory(tmp_path: Path) -> None:
    """A batch from a store to the same store is that of this disk, byte for byte."""
    _assert_round_trip(tmp_path, "memory://round-trip")


def test_round_trip_through_the_disk_by_url(tmp_path: Path) -> None:
    """A URL of this disk is a store like others."""
    _assert_round_trip(tmp_path, f"file://{tmp_path}/store")


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Return the URL of a bucket in a store of this machine that speaks S3."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": address,
        }.items():
            environment.setenv(name, value)
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as server:
            try:
                _wait_for(address, server)
                system, _ = fsspec.url_to_fs("s3://cards")
                system.mkdir("cards")
                yield "s3://cards"
            finally:
                server.kill()


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310  our own
        except OSError:
            assert server.poll() is None
            time.sleep(0.05)
        else:
            return


def test_round_trip_through_a_store_that_speaks_s3(tmp_path: Path, s3: str) -> None:
    """The S3 code path, against a server on this machine."""
    _assert_round_trip(tmp_path, s3)


@pytest.mark.parametrize("kind", ["memory", "file", "s3"])
def test_two_runs_at_once_lose_nothing_of_each_other(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    """After each part that one run writes another writes parts; a third finds all of both done."""
    roots = {"memory": "memory://at-once", "file": f"file://{tmp_path}/at-once"}
    root = f"{roots[kind] if kind in roots else request.getfixturevalue(kind)}/at-once"
    some, others = tmp_path / "some.jsonl", tmp_path / "others.jsonl"
    lines = write_people(tmp_path / "people.jsonl", 24).read_text("utf-8").splitlines(keepends=True)
    some.write_text("".join(lines[:12]), "utf-8")
    others.write_text("".join(lines[12:]), "utf-8")

    def run_of(*paths: Path) -> Batch:
        return Batch(
            plan=make_plan(["fragment"]),
            sources=find_sources(map(str, paths))[0],
            outputs=open_destination(root),
            most_lines=3,
        )

    with local_crew(make_plan(["fragment"]).packed(), 1) as crew:
        first = run_of(some)
        inner: list[int] = []

        def other_run(_: Summary) -> None:
            inner.append(run_of(others).run(crew).rendered)

        first.on_progress = other_run
        assert first.run(crew).rendered == 12
        assert inner[0] == 12
        assert not any(inner[1:])
        third = run_of(some, others).run(crew)
    assert (third.rendered, third.kept) == (0, 24)


def test_a_part_of_a_manifest_that_is_cut_is_mended(tmp_path: Path) -> None:
    """A disk may have a half of the last part; what it is about is made again, and all is well."""
    people = write_people(tmp_path / "people.jsonl", 5)
    arguments = ["batch", people, "-o", f"file://{tmp_path}/store", "--workers", 1]
    assert invoke(*arguments).exit_code == 0
    (*_, last) = sorted((tmp_path / "store" / "manifest").iterdir())
    last.write_bytes(last.read_bytes()[:-9])
    (tmp_path / "store" / "manifest" / "notes.jsonl").write_text("somebody's own", "utf-8")
    again = invoke(*arguments)
    assert again.exit_code == 0, again.stderr
    assert "Rendered 1 candidate " in again.stderr
    assert "5 unchanged" in invoke(*arguments).stderr


def test_a_store_that_breaks_off_is_told_without_what_was_asked(tmp_path: Path, s3: str) -> None:
    """A bucket that is not there ends the run with 1, and no key is in the message."""
    people = write_people(tmp_path / "people.jsonl", 3)
    result = run(people, "-o", f"{s3}-not-there/out", "--workers", 1)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert "testing" not in result.stderr
    missing = run(f"{s3}/not/there.jsonl", "-o", tmp_path / "out")
    assert missing.returncode == 1
    assert "does not exist" in missing.stderr


def test_a_kind_of_store_that_nobody_knows_is_said() -> None:
    """The message names the kind, or what to install for it."""
    with pytest.raises(ExportError, match="xyz: is no kind of store"):
        open_url("xyz://there/x")
    with pytest.raises(MissingDependencyError, match=r"gs URLs: .*gcsfs"):
        open_url("gs://bucket/x")


def test_urls_without_fsspec_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths do without it; a URL names the extra."""
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'candidate-cards\[batch\]'"):
        open_url("memory://x")


def test_results_of_a_store_are_refused(tmp_path: Path) -> None:
    """A store cannot add to a file, so nothing is begun."""
    people = write_people(tmp_path / "people.jsonl", 1)
    result = invoke("batch", people, "-o", "memory://x/results.jsonl")
    assert result.exit_code == 1
    assert "is written on this machine" in result.stderr
