"""Threads, processes, and disks that are full."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from candidate_cards.models import Candidate
from candidate_cards.store import Store, open_store

if TYPE_CHECKING:
    from databases import Place

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)

WRITER = """
import sys
from datetime import UTC, datetime
from candidate_cards.models import Candidate
from candidate_cards.store import open_store

url, who, saves = sys.argv[1], sys.argv[2], int(sys.argv[3])
now = datetime(2026, 6, 1, 8, tzinfo=UTC)
with open_store(url) as store:
    for at in range(saves):
        own = [Candidate(profile_id=f"{who}-{at}-{each}", name="x" * 500) for each in range(19)]
        candidates = [*own, Candidate.model_validate({"profileId": "both", who: at})]
        store.save("acme", candidates, at=now)
"""


def test_two_processes_write_without_an_error(place: Place) -> None:
    """Each waits for the other: of 10,000 rows none is lost, not even of one that both change."""
    saves = 250
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, place.url, who, str(saves)],
            stderr=subprocess.PIPE,
            text=True,
        )
        for who in ("one", "two")
    ]
    for process in processes:
        with process:
            _, complaint = process.communicate()
        assert (process.returncode, complaint) == (0, "")
    with open_store(place.url) as store:
        assert store.count("acme") == 2 * 19 * saves + 1
        both = store.load("acme", ["both"])["both"].candidate.to_wire()
        assert both == {"profileId": "both", "one": saves - 1, "two": saves - 1}


def test_threads_share_a_store(store: Store) -> None:
    """Many readers and writers at once: each sees whole candidates of its own company."""
    rounds, people = 12, [f"p{at}" for at in range(12)]

    def work(number: int) -> None:
        company = f"company-{number % 4}"
        for at in range(rounds):
            text = f"{company} {at}"
            batch = [
                Candidate(profile_id=one, name=text, headline=text, rationale=company)
                for one in people
            ]
            store.save(company, batch, at=NOW)
            found = store.load(company, people)
            assert set(found) == set(store.versions(company, people)) == set(people)
            for entry in found.values():
                assert entry.candidate.name == entry.candidate.headline
                assert entry.candidate.rationale == company
            # One transaction is one state: nobody sees half of a batch.
            assert len({entry.candidate.name for entry in found.values()}) == 1

    with ThreadPoolExecutor(12) as executor:
        list(executor.map(work, range(12)))
    assert store.count() == 4 * len(people)


FILLER = """
import json, resource, sys
from datetime import UTC, datetime
from candidate_cards.errors import StoreError
from candidate_cards.models import Candidate
from candidate_cards.store import open_store

url, limit = sys.argv[1], int(sys.argv[2])
now = datetime(2026, 6, 1, 8, tzinfo=UTC)
saved = []
with open_store(url) as store:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        for at in range(100_000):
            store.save("acme", [Candidate(profile_id=f"p{at}", name="NAME" * 500)], at=now)
            saved.append(f"p{at}")
    except StoreError as error:
        message = str(error)
    try:
        readable = len(store.load("acme", saved))
    except StoreError as error:
        readable = str(error)
    print(json.dumps([saved, message, readable]))
"""


@pytest.mark.parametrize("limit", [300_000, 1_000_000, 5_000_000])
def test_a_full_disk_is_an_error_and_no_damage(sqlite_place: Place, limit: int) -> None:
    """What was acknowledged is there, before and after there is room again."""
    open_store(sqlite_place.url).close()
    done = subprocess.run(
        [sys.executable, "-c", FILLER, sqlite_place.url, str(limit)],
        capture_output=True,
        check=True,
        text=True,
    )
    saved, message, readable = json.loads(done.stdout)
    assert len(saved) > 10
    assert "NAME" not in message
    assert "disk" in message
    assert readable == len(saved)
    with open_store(sqlite_place.url) as store:
        assert set(store.versions("acme", saved)) == set(saved)
        assert store.count() == len(saved)
        store.save("acme", [Candidate(profile_id="one more")], at=NOW)
        assert store.erase("acme", "p0") is True
    with closing(sqlite3.connect(sqlite_place.url.removeprefix("sqlite:///"))) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
