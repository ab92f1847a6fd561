"""A process that writes is killed fifty times; what it was told is kept, nothing is half done."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from time import sleep
from typing import TYPE_CHECKING

from candidate_cards.store import Store, open_store

if TYPE_CHECKING:
    from databases import Place

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
DEATHS = 50
BATCH = 8

# It forks a writer for each line that it reads, since starting Python takes longer than writing.
WRITERS = """
import os, sys
from datetime import UTC, datetime
from candidate_cards.models import Candidate
from candidate_cards.store import Store, open_store

now = datetime(2026, 6, 1, 8, tzinfo=UTC)


def person(profile_id, batch):
    return Candidate(profile_id=profile_id, name=f"NAME-{batch}-x", skills=["Rust" * 100] * 5)


def write(url, life, size):
    with open_store(url) as store:
        for number in range(1000):
            batch = f"{life}.{number}"
            new = [person(f"{batch}.{at}", batch) for at in range(size)]
            old = [person(f"shared.{at}", batch) for at in range(size)]
            store.save("acme", new + old, at=now)
            tell(f"saved {batch}")
            if number % 3 == 2:
                store.erase("acme", f"{batch}.0")
                tell(f"erased {batch}.0")


def tell(text):
    os.write(1, text.encode() + b"\\n")  # all of it or nothing


url, size = sys.argv[1], int(sys.argv[2])
for life in sys.stdin:
    writer = os.fork()
    if not writer:
        try:
            write(url, life.strip(), size)
        finally:
            os._exit(1)
    tell(f"started {writer}")
    os.waitpid(writer, 0)
    tell("ended")
"""


def test_what_was_acknowledged_survives_fifty_deaths(place: Place) -> None:
    """Each batch is there as a whole or not at all, each erased candidate is gone."""
    open_store(place.url).close()
    chance = random.Random(50)  # noqa: S311  no secret is made of it
    saved: set[str] = set()
    erased: set[str] = set()
    with subprocess.Popen(
        [sys.executable, "-c", WRITERS, place.url, str(BATCH)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writers:
        for life in range(DEATHS):
            told = _live_and_die(writers, life, chance)
            saved |= {what for kind, what in told if kind == "saved"}
            erased |= {what for kind, what in told if kind == "erased"}
            _wait_for_the_end(place)
            with open_store(place.url) as store:
                _assert_whole(store, life, saved, erased)
        writers.communicate()
    assert len(saved) > DEATHS
    assert len(erased) > DEATHS / 10
    _assert_sound(place)
    with open_store(place.url) as store:
        store.sweep(NOW)
        assert store.erase_company("acme") > len(saved) * (BATCH - 1)
    assert not any(b"NAME-" in content for content in place.contents().values())


def _live_and_die(
    writers: subprocess.Popen[str], life: int, chance: random.Random
) -> list[tuple[str, str]]:
    """Have a writer write for a moment, kill it, and return what it was told."""
    assert writers.stdin is not None
    assert writers.stdout is not None
    writers.stdin.write(f"{life}\n")
    writers.stdin.flush()
    _, pid = writers.stdout.readline().split()
    told: list[tuple[str, str]] = []
    for _ in range(chance.randrange(8)):
        kind, what = writers.stdout.readline().split()
        told.append((kind, what))
    sleep(chance.uniform(0, 0.03))
    os.kill(int(pid), signal.SIGKILL)
    while (line := writers.stdout.readline()) != "ended\n":
        kind, what = line.split()
        told.append((kind, what))
    return told


def _wait_for_the_end(place: Place) -> None:
    """Wait until PostgreSQL has noticed that its client is dead; what it was doing ends first."""
    while place.kind == "postgresql" and place.execute(
        "SELECT 1 FROM pg_stat_activity WHERE usename = 'cards' AND pid <> pg_backend_pid()"
    ):
        sleep(0.01)


def _assert_whole(store: Store, life: int, saved: set[str], erased: set[str]) -> None:
    """Look at all that was acknowledged, and at what this life may have begun beyond."""
    begun = {f"{life}.{number}" for number in range(12)}
    ids = [f"{batch}.{at}" for batch in saved | begun for at in range(BATCH)]
    found = store.load("acme", ids)
    for batch in saved | begun:
        there = {at for at in range(BATCH) if f"{batch}.{at}" in found}
        may_lack_one = int(batch.partition(".")[2]) % 3 == 2 and f"{batch}.0" not in found
        whole = set(range(may_lack_one, BATCH))
        assert there == whole or (not there and batch not in saved), batch
    assert not erased & found.keys()
    assert {entry.candidate.name for entry in found.values()} <= {
        f"NAME-{batch}-x" for batch in saved | begun
    }
    # Those that every batch writes are of one batch.
    shared = store.load("acme", [f"shared.{at}" for at in range(BATCH)]).values()
    assert len({entry.candidate.name for entry in shared}) <= 1
    assert len(shared) in {0, BATCH}


def _assert_sound(place: Place) -> None:
    """SQLite's own check finds nothing."""
    if place.kind == "sqlite":
        with closing(sqlite3.connect(place.url.removeprefix("sqlite:///"))) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
