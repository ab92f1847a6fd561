"""What is stored too long is erased, at the start and every hour, and nobody waits for it."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

import asynchronous
from candidate_cards.models import Candidate
from candidate_cards.service.metrics import Metrics
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


def sweeping(store: Store, days: int | None, **options: Any) -> Retention:  # noqa: ANN401  its own
    """Return a retention at a time that stands still."""
    chosen: dict[str, Any] = {"metrics": Metrics(), "now": lambda: START, **options}
    return Retention(store, days, **{"on_erasure": lambda: None, **chosen})


def test_a_sweep_takes_what_is_too_old_and_leaves_no_byte(
    store: Store, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Candidates by the age of their last saving, the rest when it has expired; counts are told."""
    caplog.set_level(logging.INFO)
    metrics = Metrics()
    sweeping(store, 30, metrics=metrics).sweep()
    assert left(path) == {"cards_candidates": 1, "cards_embeds": 1, "cards_deliveries": 1}
    assert store.load("acme", ["p1"]) == {}
    assert set(store.load("bolt", ["p1"])) == {"p1"}
    (record,) = [each for each in caplog.records if each.getMessage() == "swept"]
    told = {kind: vars(record)[kind] for kind in ("candidates", "embeds", "deliveries")}
    assert told == {"candidates": 1, "embeds": 1, "deliveries": 1}
    assert CANARY not in str(vars(record))
    for kind in told:
        assert f'cards_swept_total{{kind="{kind}"}} 1.0' in metrics.text().decode()
    content = b"".join(each.read_bytes() for each in path.parent.iterdir())
    assert f"{CANARY} acme".encode() not in content
    assert f"{CANARY} bolt".encode() in content


def test_without_an_age_candidates_stay(store: Store, path: Path) -> None:
    """What has expired goes all the same."""
    sweeping(store, None).sweep()
    assert left(path) == {"cards_candidates": 2, "cards_embeds": 1, "cards_deliveries": 1}


def test_it_is_swept_at_the_start_and_every_hour(store: Store, path: Path) -> None:
    """A candidate goes with the first sweep after the time that it may be kept; that is told."""
    time = START + 23 * timedelta(hours=1)
    seen: list[tuple[int, int]] = []
    told: list[None] = []

    async def pause(seconds: float) -> None:
        nonlocal time
        assert seconds == 3600
        seen.append((left(path)["cards_candidates"], len(told)))
        time += timedelta(seconds=seconds)
        if len(seen) == 3:
            raise asyncio.CancelledError

    retention = sweeping(
        store, 30, now=lambda: time, pause=pause, on_erasure=lambda: told.append(None)
    )
    with suppress(asyncio.CancelledError):
        asynchronous.run(retention.work())
    assert seen == [(1, 1), (1, 1), (0, 2)]


def test_a_sweep_that_fails_is_made_up_for(
    store: Store, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the database's failure nor a bug ends it; the next sweep takes what this did not."""
    seen: list[int] = []
    told: list[int] = []

    def rename(old: str, new: str) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(f"ALTER TABLE {old} RENAME TO {new}")

    def now() -> datetime:
        if len(seen) == 1:
            raise KeyError(CANARY)
        return START

    async def pause(_: float) -> None:
        if not seen:
            rename("elsewhere", "cards_embeds")
        seen.append(left(path)["cards_candidates"])
        if len(seen) == 3:
            raise asyncio.CancelledError

    rename("cards_embeds", "elsewhere")
    with suppress(asyncio.CancelledError):
        retention = sweeping(
            store, 30, now=now, pause=pause, on_erasure=lambda: told.append(len(seen))
        )
        asynchronous.run(retention.work())
    assert seen == [2, 2, 1]
    assert told == [0, 1, 2]  # what fails may have erased somebody before
    assert "the store cannot be swept" in caplog.text
    shown = [str(vars(record)) for record in caplog.records]
    assert any("'KeyError'" in each for each in shown)
    assert not any(CANARY in each for each in shown)
