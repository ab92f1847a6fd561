"""What is stored too long is erased, at the start and every hour, and nobody waits for it."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest

from candidate_cards.models import Candidate
from candidate_cards.service.retention import Retention
from candidate_cards.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from candidate_cards.store import Store

START: Final = datetime(2026, 6, 1, 8, tzinfo=UTC)
DAY: Final = timedelta(days=1)
CANARY: Final = "Zdenka Kanarkova"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of a store."""
    return tmp_path / "cards.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """A store with two candidates of different age, an embed each, and two deliveries."""
    with open_store(f"sqlite:///{path}") as opened:
        for company, age in (("acme", 31), ("bolt", 29)):
            saved_at = START - age * DAY
            person = Candidate(profile_id="p1", name=f"{CANARY} {company}")
            opened.save(company, [person], at=saved_at)
            opened.add_embed("coda", "p9", look={}, expires_at=saved_at + 30 * DAY)
            deliveries = opened.deliveries(company)
            deliveries.claim("d1", saved_at, DAY)
            deliveries.confirm("d1", saved_at, 30 * DAY)
        yield opened


def left(path: Path) -> dict[str, int]:
    """Return how many rows there are."""
    tables = ("cards_candidates", "cards_embeds", "cards_deliveries")
    with closing(sqlite3.connect(path)) as connection:
        return {
            name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608  of ours
            for name in tables
        }


def test_a_sweep_takes_what_is_too_old_and_leaves_no_byte(
    store: Store, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Candidates by the age of their last saving, the rest when it has expired; counts are told."""
    caplog.set_level(logging.INFO)
    Retention(store, 30, now=lambda: START).sweep()
    assert left(path) == {"cards_candidates": 1, "cards_embeds": 1, "cards_deliveries": 1}
    assert store.load("acme", ["p1"]) == {}
    assert set(store.load("bolt", ["p1"])) == {"p1"}
    assert "swept: 1 candidates, 1 embeds, 1 deliveries" in caplog.text
    assert CANARY not in caplog.text
    content = b"".join(each.read_bytes() for each in path.parent.iterdir())
    assert f"{CANARY} acme".encode() not in content
    assert f"{CANARY} bolt".encode() in content


def test_without_an_age_candidates_stay(store: Store, path: Path) -> None:
    """What has expired goes all the same."""
    Retention(store, None, now=lambda: START).sweep()
    assert left(path) == {"cards_candidates": 2, "cards_embeds": 1, "cards_deliveries": 1}


def test_it_is_swept_at_the_start_and_every_hour(store: Store, path: Path) -> None:
    """A candidate goes with the first sweep after the time that it may be kept."""
    time = START + 23 * timedelta(hours=1)
    seen: list[int] = []
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        nonlocal time
        seen.append(left(path)["cards_candidates"])
        pauses.append(seconds)
        time += timedelta(seconds=seconds)
        if len(seen) == 3:
            raise asyncio.CancelledError

    retention = Retention(store, 30, now=lambda: time, pause=pause)
    with suppress(asyncio.CancelledError):
        asyncio.run(retention.work())
    assert seen == [1, 1, 0]
    assert pauses == [3600] * 3


def test_a_sweep_that_fails_is_made_up_for(
    store: Store, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The database's failure ends nothing; the next sweep takes what this one did not."""
    retention = Retention(store, 30, now=lambda: START)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("ALTER TABLE cards_embeds RENAME TO elsewhere")
    retention.sweep()
    assert "the store cannot be swept" in caplog.text
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("ALTER TABLE elsewhere RENAME TO cards_embeds")
    retention.sweep()
    assert left(path) == {"cards_candidates": 1, "cards_embeds": 1, "cards_deliveries": 1}
