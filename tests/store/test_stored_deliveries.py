"""Webhook deliveries and the fetches they lead to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from candidate_cards.errors import InputError, WebhookStoreError
from candidate_cards.models import Candidate
from candidate_cards.store import Fetch, Saved, Store, open_store
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


def _people(*profile_ids: str) -> list[Candidate]:
    return [Candidate(profile_id=profile_id, name="Ada") for profile_id in profile_ids]


def test_what_a_fetch_has_found_is_saved_once(store: Store) -> None:
    """It is ended with that; whoever has fetched the same then has nothing to do."""
    store.save("acme", _people("p1"), at=NOW)
    store.add_fetch("acme", "sourcing", "r1", at=NOW)
    (fetch,) = store.due_fetches(NOW, 10)
    saved = store.save_fetched(fetch, _people("p1", "p2"), at=NOW + SECOND)
    assert saved == Saved(added=1, changed=0, unchanged=1)
    assert store.load("acme", ["p1"])["p1"].saved_at == NOW + SECOND
    assert store.due_fetches(NOW, 10) == ()
    assert store.save_fetched(fetch, _people("p3"), at=NOW) is None
    assert store.count() == 2


def test_a_fetch_is_not_ended_by_what_cannot_be_saved(store: Store) -> None:
    """Both or neither."""
    store.add_fetch("acme", "sourcing", "r1", at=NOW)
    due = store.due_fetches(NOW, 10)
    with pytest.raises(InputError, match=r"candidates\[1\].profileId"):
        store.save_fetched(due[0], _people("p1", "\0"), at=NOW)
    assert store.due_fetches(NOW, 10) == due
    assert store.count() == 0


def test_what_is_asked_for_again_is_saved_and_still_due(store: Store) -> None:
    """News that come while a run's results are fetched may be of more than those."""
    store.add_fetch("acme", "sourcing", "r1", at=NOW)
    (fetch,) = store.due_fetches(NOW, 10)
    store.add_fetch("acme", "sourcing", "r1", at=NOW + SECOND)
    assert store.save_fetched(fetch, _people("p1"), at=NOW) == Saved(1, 0, 0)
    (again,) = store.due_fetches(NOW + SECOND, 10)
    assert again.added_at == NOW + SECOND


def test_a_fetch_brings_no_erased_company_back(store: Store) -> None:
    """Nor does it end what another company has asked for under the same id."""
    for company in ("acme", "globex"):
        store.add_fetch(company, "sourcing", "r1", at=NOW)
    fetch, other = store.due_fetches(NOW, 10)
    store.erase_company("acme")
    assert store.save_fetched(fetch, _people("p1"), at=NOW) is None
    assert store.count() == 0
    assert store.due_fetches(NOW, 10) == (other,)


@pytest.mark.parametrize("stored", [1, 0])
def test_a_fetch_brings_nobody_back_who_was_erased_meanwhile(
    store: Store, place: Place, stored: int
) -> None:
    """Stored here or not yet, however often it is tried or asked for again; others come."""
    profile_id, company = "ID-of-somebody", "ACME-company-x"
    store.save(company, _people(profile_id)[:stored], at=NOW)
    for whose in (company, "globex"):
        store.add_fetch(whose, "sourcing", "r1", at=NOW)
        store.add_fetch(whose, "enrichment", "r1", at=NOW)
    assert store.erase(company, profile_id) is bool(stored)
    assert store.erase(company, profile_id) is False
    store.add_fetch(company, "sourcing", "r1", at=NOW + SECOND)
    fetches = store.due_fetches(NOW + SECOND, 10)
    store.postpone_fetch(fetches[0], NOW + SECOND)
    assert profile_id.encode() not in b"".join(place.contents().values())
    for fetch in fetches:
        found = store.save_fetched(fetch, _people(profile_id, "p2"), at=NOW)
        assert found is not None
        assert profile_id not in found.outcomes or fetch.company == "globex"
    assert store.versions(company, [profile_id, "p2"]).keys() == {"p2"}
    assert store.versions("globex", [profile_id, "p2"]).keys() == {profile_id, "p2"}
    # What is asked for from now on, and what is saved on purpose, is about whom it is about.
    store.add_fetch(company, "sourcing", "r1", at=NOW)
    (later,) = store.due_fetches(NOW, 10)
    assert store.save_fetched(later, _people(profile_id), at=NOW) == Saved(1, 0, 0)
    store.erase(company, profile_id)
    assert store.save(company, _people(profile_id), at=NOW).added == 1
    store.add_fetch(company, "sourcing", "r2", at=NOW)
    store.erase(company, profile_id)
    store.erase_company(company)
    assert company.encode() not in b"".join(place.contents().values())


def test_what_cannot_be_is_told(store: Store) -> None:
    """With the name of the argument."""
    with pytest.raises(InputError, match="kind: must be one of sourcing, preview, enrichment"):
        store.add_fetch("acme", "other", "r1", at=NOW)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="request_id: has a NUL"):
        store.add_fetch("acme", "sourcing", "\0", at=NOW)
    with pytest.raises(InputError, match="receiver: "):
        store.deliveries("")
