"""Batches are killed, whole or a worker at a time; a rerun makes the rest, and only that."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from contextlib import suppress
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest
from batches import (
    Expected,
    entries,
    finished,
    grown,
    is_running,
    person,
    started,
    workers_of,
    write_people,
)

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")

PEOPLE = 2_500
DEATHS = 20


@pytest.fixture(scope="module")
def expected() -> Expected:
    """Return what everybody's fragment is."""
    return Expected.of(map(person, range(PEOPLE)))


def _wait(process: subprocess.Popen[str], until: Callable[[], bool]) -> bool:
    """Wait for something, or for the end of a process; return whether it is still there."""
    while process.poll() is None:
        if until():
            return True
        sleep(0.002)
    return False


def test_a_run_that_is_killed_twenty_times_renders_nothing_twice(
    tmp_path: Path, expected: Expected
) -> None:
    """At each death every file is whole and the manifest true; what it vouches for stays."""
    people = write_people(tmp_path / "people.jsonl", PEOPLE)
    chance = random.Random(20)  # noqa: S311  no secret is made of it
    deaths = lives = 0
    folder = tmp_path / "0"
    vouched: dict[str, tuple[int, int]] = {}
    while deaths < DEATHS:
        manifest = folder / "manifest.jsonl"
        before = manifest.stat().st_size if manifest.exists() else 0
        with started([people, "-o", folder, "--format", "fragment", "--workers", 2]) as process:
            if lives % 4 == 0:
                sleep(chance.uniform(0, 1))  # also before there is anything
            else:
                _wait(process, grown(manifest, before + chance.randrange(250_000)))
                sleep(chance.uniform(0, 0.02))
            workers = workers_of(process)
            if process.poll() is None:
                # Alone, it leaves workers who have to notice.
                (os.kill if lives % 2 else os.killpg)(process.pid, signal.SIGKILL)
                deaths += 1
            process.communicate()
        lives += 1
        _assert_gone(workers)
        now = expected.assert_true_so_far(folder)
        assert vouched.items() <= now.items(), "made again, though it was there"
        vouched = now
        if len(vouched) == PEOPLE:
            folder = tmp_path / str(lives)
            vouched = {}
    event = finished(people, "-o", folder, "--format", "fragment", "--workers", 2)
    assert event["kept"] == len(vouched)
    assert event["rendered"] == PEOPLE - len(vouched)
    expected.assert_complete(folder)
    assert vouched.items() <= expected.assert_true_so_far(folder).items()


def _assert_gone(workers: list[int]) -> None:
    until = monotonic() + 30
    while any(map(is_running, workers)):
        assert monotonic() < until, "workers outlive whom they work for"
        sleep(0.01)


def test_twenty_workers_are_killed_and_only_their_chunks_are_done_again(
    tmp_path: Path, expected: Expected
) -> None:
    """Each run ends well and complete, and says how often it lost a worker."""
    people = write_people(tmp_path / "people.jsonl", PEOPLE)
    chance = random.Random(21)  # noqa: S311  no secret is made of it
    deaths = lives = 0
    while deaths < DEATHS:
        folder = tmp_path / str(lives)
        lives += 1
        killed = 0
        manifest = folder / "manifest.jsonl"
        arguments = [people, "-o", folder, "--format", "fragment", "--workers", 2, "--json"]
        with started(arguments) as process:
            size = 0
            while _wait(process, grown(manifest, size)):
                if workers := workers_of(process):
                    sleep(chance.uniform(0, 0.01))
                    # One of another pool than a moment ago may just have ended.
                    with suppress(ProcessLookupError):
                        os.kill(chance.choice(workers), signal.SIGKILL)
                        killed += 1
                    size += chance.randrange(250_000)
                if killed == 7:
                    break
            output, errors = process.communicate()
        assert process.returncode == 0, errors
        event = json.loads(output.splitlines()[-1])
        assert event["rendered"] == PEOPLE
        assert event["losses"] <= killed
        assert event["losses"] or not killed
        deaths += killed
        expected.assert_complete(folder)


def test_results_in_one_file_survive_deaths_too(tmp_path: Path) -> None:
    """Under its name the file is only ever whole; in the end it is as if nothing had happened."""
    people = write_people(tmp_path / "people.jsonl", PEOPLE)
    undisturbed, results = tmp_path / "undisturbed.jsonl", tmp_path / "results.jsonl"
    finished(people, "-o", undisturbed)
    chance = random.Random(22)  # noqa: S311  no secret is made of it
    manifest = tmp_path / "results.jsonl.manifest"
    for death in range(1, 6):
        with started([people, "-o", results, "--workers", 2]) as process:
            _wait(process, grown(manifest, death * 100_000))
            sleep(chance.uniform(0, 0.02))
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        assert not results.exists() or results.read_bytes() == undisturbed.read_bytes()
    finished(people, "-o", results)
    assert results.read_bytes() == undisturbed.read_bytes()
    ids = [entry["id"] for entry in entries(manifest)]
    assert sorted(ids) == sorted(f"prof_{number}" for number in range(PEOPLE))


def test_ctrl_c_ends_a_run_and_says_how_to_go_on(tmp_path: Path, expected: Expected) -> None:
    """It exits with 130, leaves no worker, and the command that it prints does the rest."""
    people = write_people(tmp_path / "people.jsonl", PEOPLE)
    folder = tmp_path / "out"
    arguments = [people, "-o", folder, "--format", "fragment", "--workers", 2]
    with started(arguments) as process:
        assert _wait(process, grown(folder / "manifest.jsonl", 20_000))
        workers = workers_of(process)
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate()
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    words = errors.splitlines()[-1].partition("To go on: ")[2].split()
    assert words == ["candidate-cards", "batch", *map(str, arguments)]
    _assert_gone(workers)
    vouched = expected.assert_true_so_far(folder)
    assert 0 < len(vouched) < PEOPLE
    event = finished(*words[2:])
    assert event["kept"] == len(vouched)
    expected.assert_complete(folder)
