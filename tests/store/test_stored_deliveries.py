"""Webhook deliveries and the fetches they lead to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from candidate_cards.errors import InputError, WebhookStoreError
from candidate_cards.store import Fetch, Store, open_store
from candidate_cards.webhooks import Claim

if TYPE_CHECKING:
    from databases import Place

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LEASE = timedelta(minutes=1)
KEEP = timedelta(days=1)


def test_a_delivery_is_new_once(store: Store) -> None:
    """It is new, then in progress, then handled; another receiver has not seen it."""
    ours = store.deliveries("acme")
    assert ours.claim("a", NOW, LEASE) is Claim.NEW
    assert ours.claim("a", NOW, LEASE) is Claim.IN_PROGRESS
    ours.confirm("a", NOW, KEEP)
    assert ours.claim("a", NOW, LEASE) is Claim.HANDLED
    assert store.deliveries("globex").claim("a", NOW, LEASE) is Claim.NEW


def test_what_failed_is_new_again(store: Store) -> None:
    """A released delivery is unknown; releasing an unknown one is no error."""
    ours = store.deliveries("acme")
    ours.claim("a", NOW, LEASE)
    ours.claim("b", NOW, LEASE)
    store.deliveries("globex").release("b")
    ours.release("a")
    ours.release("a")
    assert ours.claim("a", NOW, LEASE) is Claim.NEW
    assert ours.claim("b", NOW, LEASE) is Claim.IN_PROGRESS


def test_claims_and_memories_end(store: Store) -> None:
    """A crashed handler's lease ends to the second; so does what was asked to be kept."""
    ours = store.deliveries("acme")
    ours.claim("a", NOW, LEASE)
    assert ours.claim("a", NOW + LEASE - SECOND, LEASE) is Claim.IN_PROGRESS
    assert ours.claim("a", NOW + LEASE, LEASE) is Claim.NEW
    late = NOW + 2 * LEASE
    ours.confirm("a", late, KEEP)
    assert ours.claim("a", late + KEEP - SECOND, LEASE) is Claim.HANDLED
    assert ours.claim("a", late + KEEP, LEASE) is Claim.NEW


def test_of_many_claims_at_once_one_is_new(place: Place) -> None:
    """Threads and stores that start together agree on who handles each delivery."""
    threads = 6
    start = Barrier(threads)
    with open_store(place.url) as one, open_store(place.url) as other:

        def claim_all(number: int) -> list[Claim]:
            deliveries = (one, other)[number % 2].deliveries("acme")
            start.wait()
            return [deliveries.claim(f"id-{at}", NOW, LEASE) for at in range(10)]

        with ThreadPoolExecutor(threads) as executor:
            results = list(executor.map(claim_all, range(threads)))
    for claims in zip(*results, strict=True):
        assert sorted(claims, key=str) == [Claim.IN_PROGRESS] * (threads - 1) + [Claim.NEW]


def test_a_store_that_fails_is_a_webhooks_error(place: Place) -> None:
    """The receiver answers 503 then, and the sender comes again."""
    with open_store(place.url) as store:
        deliveries = store.deliveries("acme")
    for use in (
        lambda: deliveries.claim("a", NOW, LEASE),
        lambda: deliveries.confirm("a", NOW, KEEP),
        lambda: deliveries.release("a"),
    ):
        with pytest.raises(WebhookStoreError) as caught:
            use()
        assert caught.value.status == 503


def test_a_fetch_is_due_once(store: Store) -> None:
    """However often it is asked for; the longest due comes first, within the limit."""
    store.add_fetch("acme", "sourcing", "r2", at=NOW + SECOND)
    store.add_fetch("acme", "sourcing", "r1", at=NOW)
    store.add_fetch("acme", "sourcing", "r1", at=NOW)
    store.add_fetch("globex", "enrichment", "r1", at=NOW + 2 * SECOND)
    first = Fetch("acme", "sourcing", "r1", NOW, NOW, 0)
    assert store.due_fetches(NOW - SECOND, 10) == ()
    assert store.due_fetches(NOW, 10) == (first,)
    due = store.due_fetches(NOW + KEEP, 10)
    assert [(one.company, one.request_id) for one in due] == [
        ("acme", "r1"),
        ("acme", "r2"),
        ("globex", "r1"),
    ]
    assert store.due_fetches(NOW + KEEP, 1) == (first,)
    store.end_fetch(first)
    assert store.due_fetches(NOW + KEEP, 10) == due[1:]


def test_a_postponed_fetch_waits_and_counts(store: Store) -> None:
    """Until the time given; asked for again, it is due at once."""
    store.add_fetch("acme", "preview", "r1", at=NOW)
    (fetch,) = store.due_fetches(NOW, 10)
    store.postpone_fetch(fetch, NOW + LEASE)
    assert store.due_fetches(NOW + LEASE - SECOND, 10) == ()
    (later,) = store.due_fetches(NOW + LEASE, 10)
    assert later.postponed == 1
    store.postpone_fetch(later, NOW + KEEP)
    store.add_fetch("acme", "preview", "r1", at=NOW + 2 * LEASE)
    (again,) = store.due_fetches(NOW + 2 * LEASE, 10)
    assert again.postponed == 0


def test_what_is_asked_for_meanwhile_is_not_lost(store: Store) -> None:
    """News that come while a run's results are fetched make it due again."""
    store.add_fetch("acme", "sourcing", "r1", at=NOW)
    (fetch,) = store.due_fetches(NOW, 10)
    store.add_fetch("acme", "sourcing", "r1", at=NOW + SECOND)
    store.postpone_fetch(fetch, NOW + KEEP)
    store.end_fetch(fetch)
    assert store.due_fetches(NOW + SECOND, 10) == (
        Fetch("acme", "sourcing", "r1", NOW + SECOND, NOW + SECOND, 0),
    )


def test_what_cannot_be_is_told(store: Store) -> None:
    """With the name of the argument."""
    with pytest.raises(InputError, match="kind: must be one of sourcing, preview, enrichment"):
        store.add_fetch("acme", "other", "r1", at=NOW)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="request_id: has a NUL"):
        store.add_fetch("acme", "sourcing", "\0", at=NOW)
    with pytest.raises(InputError, match="receiver: "):
        store.deliveries("")
