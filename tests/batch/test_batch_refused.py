"""The disk is full, or a folder is somebody else's: what is there is whole, and a rerun goes on."""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from batches import Expected, finished, person, run, write_people

from candidate_cards.batch import make_plan
from candidate_cards.batch.placing import (
    UNFINISHED,
    make_unfinished,
    place,
    settle,
    write_unfinished,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")

_COUNT = 600


@pytest.fixture(scope="module")
def expected() -> Expected:
    """Return what everybody's fragment is."""
    return Expected.of(map(person, range(_COUNT)))


def _limit(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("size", [100, 1_000, 5_000, 50_000, 100_001])
def test_a_system_that_takes_no_more_bytes_ends_the_run(
    tmp_path: Path, expected: Expected, size: int
) -> None:
    """Whichever write is refused, of a file or of the manifest, a rerun completes the set."""
    people = write_people(tmp_path / "people.jsonl", _COUNT)
    arguments = [people, "-o", tmp_path / "out", "--format", "fragment", "--workers", 2]
    full = run(*arguments, preexec_fn=partial(_limit, size))
    assert full.returncode == 1
    assert "Traceback" not in full.stderr
    assert "File too large" in full.stderr
    assert "To go on: candidate-cards batch" in full.stderr
    vouched = expected.assert_true_so_far(tmp_path / "out")
    assert len(vouched) < _COUNT
    assert finished(*arguments)["kept"] == len(vouched)
    expected.assert_complete(tmp_path / "out")


@pytest.mark.parametrize("size", [100, 100_000, 1_000_000])
def test_results_that_the_system_takes_no_more_of_can_be_gone_on_with(
    tmp_path: Path, size: int
) -> None:
    """A file of results that could not be finished is not there; then it is, and is right."""
    people = write_people(tmp_path / "people.jsonl", _COUNT)
    undisturbed, results = tmp_path / "undisturbed.jsonl", tmp_path / "results.jsonl"
    finished(people, "-o", undisturbed)
    full = run(people, "-o", results, preexec_fn=partial(_limit, size))
    assert full.returncode == 1, full.stderr
    assert not results.exists()
    finished(people, "-o", results)
    assert results.read_bytes() == undisturbed.read_bytes()


def test_a_full_disk_ends_the_run(tmp_path: Path, expected: Expected) -> None:
    """A file system without room is told as such, and with room again the rest is made."""
    mount = tmp_path / "small"
    mount.mkdir()
    size = "size=1500k"
    command = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(mount)]
    if os.geteuid() or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("only who may mount can have a small disk")
    try:
        people = write_people(tmp_path / "people.jsonl", _COUNT)
        arguments = [people, "-o", mount / "out", "--format", "fragment", "--workers", 2]
        full = run(*arguments)
        assert full.returncode == 1
        assert "No space left on device" in full.stderr
        vouched = expected.assert_true_so_far(mount / "out")
        assert len(vouched) < _COUNT
        subprocess.run(["mount", "-o", "remount,size=100m", mount], check=True)
        assert finished(*arguments)["kept"] == len(vouched)
        expected.assert_complete(mount / "out")
    finally:
        subprocess.run(["umount", mount], check=True)


def _drop_privileges() -> None:
    """Have root's next program heed the modes of files, as those of others do."""
    if os.geteuid() == 0:
        for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
            assert ctypes.CDLL(None).prctl(24, capability, 0, 0, 0) == 0  # PR_CAPBSET_DROP


def test_a_folder_that_may_not_be_written_to_ends_the_run(
    tmp_path: Path, expected: Expected
) -> None:
    """One shard that may not be written to: the error names it; afterwards the rest is made."""
    people = write_people(tmp_path / "people.jsonl", _COUNT)
    shard = tmp_path / "out" / "a" / "5"
    shard.mkdir(parents=True)
    shard.chmod(0o555)
    arguments = [people, "-o", tmp_path / "out", "--format", "fragment", "--workers", 2]
    refused = run(*arguments, preexec_fn=_drop_privileges)
    assert refused.returncode == 1
    assert "Permission denied" in refused.stderr
    assert "/a/5/" in refused.stderr
    assert "Traceback" not in refused.stderr
    vouched = expected.assert_true_so_far(tmp_path / "out")
    assert len(vouched) < _COUNT
    shard.chmod(0o755)
    assert finished(*arguments)["kept"] == len(vouched)
    expected.assert_complete(tmp_path / "out")


def test_two_runs_do_not_share_a_destination(tmp_path: Path) -> None:
    """While one is at work another one is told so, and changes nothing."""
    from candidate_cards.batch.destinations import open_destination  # noqa: PLC0415  this once

    people = write_people(tmp_path / "people.jsonl", 3)
    for destination in map(tmp_path.joinpath, ("out", "results.jsonl", "results.parquet")):
        used = open_destination(str(destination))
        used.open(make_plan(["page"]))
        try:
            other = run(people, "-o", destination, "--workers", 1)
        finally:
            used.close()
        assert other.returncode == 1
        assert "is in use by another run" in other.stderr
        assert run(people, "-o", destination, "--workers", 1).returncode == 0


def test_a_dry_run_leaves_what_another_run_is_writing(tmp_path: Path) -> None:
    """Whoever counts beside a first run to a file of results takes nothing from its workers."""
    from candidate_cards.batch.destinations import open_destination  # noqa: PLC0415  this once

    people = write_people(tmp_path / "people.jsonl", 3)
    used = open_destination(str(tmp_path / "results.jsonl"))
    used.open(make_plan(["page"]))
    try:
        assert used.folder is not None
        spool = write_unfinished(Path(used.folder), b"{}")
        assert run(people, "-o", tmp_path / "results.jsonl", "--dry-run").returncode == 0
        assert Path(used.folder, UNFINISHED, spool).exists()
    finally:
        used.close()


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_links_takes_files_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Where no link can be made, as on a FAT stick (EPERM), a file is held and then moved."""

    def link(_source: Path, target: Path) -> None:
        raise OSError(number if target.parent.exists() else errno.ENOENT, "no link")

    # Mounting such a file system takes a kernel that knows one.
    monkeypatch.setattr(os, "link", link)
    make_unfinished(tmp_path)
    for data in (b"first", b"second"):
        placed = place(tmp_path, "a/b/card.html", data)
        assert placed.held
        settle(tmp_path, "a/b/card.html", placed)
        assert (tmp_path / "a/b/card.html").read_bytes() == data
    assert not [*(tmp_path / UNFINISHED).iterdir()]
