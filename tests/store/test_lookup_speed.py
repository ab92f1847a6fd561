"""What is asked on every request costs little more than the query itself."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING

from candidate_cards.models import Candidate
from candidate_cards.store import open_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from databases import Place

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
MOST_TIMES = 6  # SQLAlchemy's own way takes eight


def test_versions_are_found_as_quickly_as_by_hand(sqlite_place: Place) -> None:
    """The versions of ten profiles, beside the same query by sqlite3 alone, in the same run."""
    with open_store(sqlite_place.url) as store:
        people = [Candidate(profile_id=f"p{at}", name="x" * 3000) for at in range(1000)]
        store.save("acme", people, at=NOW)
        ids = [f"p{at}" for at in range(0, 1000, 100)]
        text = (
            "SELECT profile_id, version FROM cards_candidates WHERE company = ?"
            " AND profile_id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        )
        with closing(sqlite3.connect(sqlite_place.url.removeprefix("sqlite:///"))) as database:

            def by_hand() -> dict[str, str]:
                return dict(database.execute(text, ["acme", *ids]).fetchall())

            def by_the_store() -> dict[str, str]:
                return store.versions("acme", ids)

            assert by_hand() == by_the_store()
            rounds = [(_seconds(by_hand), _seconds(by_the_store)) for _ in range(30)]
    hand, ours = (min(times) for times in zip(*rounds, strict=True))
    assert ours < MOST_TIMES * hand


def _seconds(use: Callable[[], object]) -> float:
    start = perf_counter()
    for _ in range(50):
        use()
    return perf_counter() - start
