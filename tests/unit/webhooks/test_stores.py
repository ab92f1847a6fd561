"""What every store of deliveries keeps to, and what each does beyond."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier
from time import sleep
from typing import TYPE_CHECKING

import pytest

from candidate_cards.errors import InputError
from candidate_cards.webhooks import (
    Claim,
    DeliveryStore,
    MemoryDeliveryStore,
    SqliteDeliveryStore,
    WebhookStoreError,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LEASE = timedelta(minutes=1)
KEEP = timedelta(days=1)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> DeliveryStore:
    """Each store in turn, empty."""
    if request.param == "memory":
        return MemoryDeliveryStore()
    return SqliteDeliveryStore(tmp_path / "deliveries.sqlite3")


def test_a_delivery_is_new_once(store: DeliveryStore) -> None:
    """It is new, then in progress, then handled; others are not concerned."""
    assert store.claim("a", NOW, LEASE) is Claim.NEW
    assert store.claim("a", NOW, LEASE) is Claim.IN_PROGRESS
    store.confirm("a", NOW, KEEP)
    assert store.claim("a", NOW, LEASE) is Claim.HANDLED
    assert store.claim("b", NOW, LEASE) is Claim.NEW


def test_what_failed_is_new_again(store: DeliveryStore) -> None:
    """A released delivery is unknown; releasing an unknown one is no error."""
    store.claim("a", NOW, LEASE)
    store.claim("b", NOW, LEASE)
    store.release("a")
    store.release("a")
    assert store.claim("a", NOW, LEASE) is Claim.NEW
    assert store.claim("b", NOW, LEASE) is Claim.IN_PROGRESS


def test_what_crashed_is_new_after_the_lease(store: DeliveryStore) -> None:
    """Not a moment before; and then it has a lease of its own."""
    store.claim("a", NOW, LEASE)
    assert store.claim("a", NOW + LEASE - SECOND, LEASE) is Claim.IN_PROGRESS
    assert store.claim("a", NOW + LEASE, LEASE) is Claim.NEW
    assert store.claim("a", NOW + 2 * LEASE - SECOND, LEASE) is Claim.IN_PROGRESS


def test_what_was_handled_is_remembered_as_long_as_asked(store: DeliveryStore) -> None:
    """From when it was confirmed, which may be after its lease."""
    store.claim("a", NOW, LEASE)
    late = NOW + 2 * LEASE
    store.claim("b", late, LEASE)
    store.confirm("a", late, KEEP)
    assert store.claim("a", late + KEEP - SECOND, LEASE) is Claim.HANDLED
    assert store.claim("a", late + KEEP, LEASE) is Claim.NEW


class SlowTime(datetime):
    """Lets other threads go on while a store reckons when a claim ends."""

    def __add__(self, other: timedelta) -> SlowTime:
        """Return the sum, later."""
        sleep(0.001)
        return super().__add__(other)


def test_of_many_claims_at_once_one_is_new(store: DeliveryStore) -> None:
    """Threads that start together agree on who handles each delivery."""
    threads = 8
    now = SlowTime.fromisoformat(NOW.isoformat())
    start = Barrier(threads)

    def claim_all(_: int) -> list[Claim]:
        start.wait()
        return [store.claim(f"id-{number}", now, LEASE) for number in range(10)]

    with ThreadPoolExecutor(threads) as executor:
        results = list(executor.map(claim_all, range(threads)))
    for claims in zip(*results, strict=True):
        assert sorted(claims, key=str) == [Claim.IN_PROGRESS] * (threads - 1) + [Claim.NEW]


def test_memory_is_bounded() -> None:
    """Beyond its capacity the store forgets what it has not heard of for the longest time."""
    store = MemoryDeliveryStore(capacity=2)
    store.claim("b", NOW, LEASE)
    store.claim("a", NOW, LEASE)
    store.confirm("a", NOW, KEEP)
    store.confirm("b", NOW, KEEP)
    store.claim("c", NOW, LEASE)
    assert store.claim("b", NOW, LEASE) is Claim.HANDLED
    assert store.claim("c", NOW, LEASE) is Claim.IN_PROGRESS
    assert store.claim("a", NOW, LEASE) is Claim.NEW
    with pytest.raises(InputError, match="capacity"):
        MemoryDeliveryStore(capacity=0)


def test_a_file_is_shared_and_outlives_its_store(tmp_path: Path) -> None:
    """Another process, or the next one, knows the same deliveries."""
    path = tmp_path / "deliveries.sqlite3"
    SqliteDeliveryStore(path).claim("a", NOW, LEASE)
    SqliteDeliveryStore(path).confirm("a", NOW, KEEP)
    assert SqliteDeliveryStore(str(path)).claim("a", NOW, LEASE) is Claim.HANDLED


def test_a_file_holds_no_more_than_what_counts(tmp_path: Path) -> None:
    """Expired deliveries leave the table; tables of others stay."""
    path = tmp_path / "app.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE mine (id)")
    store = SqliteDeliveryStore(path)
    for number in range(50):
        store.claim(f"id-{number}", NOW, LEASE)
    store.claim("last", NOW + LEASE, LEASE)
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT id FROM webhook_deliveries").fetchall() == [("last",)]
        assert database.execute("SELECT count(*) FROM mine").fetchone() == (0,)


def test_a_file_that_fails_is_an_error_of_ours(tmp_path: Path) -> None:
    """The sender is asked to come back, whatever the reason."""
    busy = tmp_path / "busy.sqlite3"
    text = tmp_path / "text.sqlite3"
    text.write_text("no database " * 100)
    SqliteDeliveryStore(busy).claim("a", NOW, LEASE)
    with closing(sqlite3.connect(busy, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for path, said in (
            (tmp_path, "unable to open"),
            (tmp_path / "no" / "folder", "unable to open"),
            (text, "not a database"),
            (busy, "locked"),
        ):
            store = SqliteDeliveryStore(path, timeout=0)
            uses: list[Callable[[], object]] = [
                partial(store.claim, "a", NOW, LEASE),
                partial(store.confirm, "a", NOW, KEEP),
                partial(store.release, "a"),
            ]
            for use in uses:
                with pytest.raises(WebhookStoreError, match=said) as caught:
                    use()
                assert caught.value.status == 503
    assert SqliteDeliveryStore(busy).claim("a", NOW, LEASE) is Claim.IN_PROGRESS


@pytest.mark.parametrize("path", [":memory:", ""])
def test_a_file_is_a_file(path: str) -> None:
    """Each connection would see another database, and every delivery would be new."""
    with pytest.raises(InputError, match="path: must be a file; without one use Memory"):
        SqliteDeliveryStore(path)
