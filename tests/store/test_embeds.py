"""Embeds: what an address shows, without saying it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from candidate_cards.errors import InputError
from candidate_cards.models import Candidate
from candidate_cards.store import Embed, Store, Swept

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
LOOK = {"theme": "dark", "title": "Ünïcode </script> {{x}}"}


def test_an_embed_is_found_by_its_id(store: Store) -> None:
    """Also one of a candidate that is not stored here; ids are random and say nothing."""
    embed_id = store.add_embed("acme", "p1", look=LOOK, expires_at=LATER)
    assert store.find_embed(embed_id) == Embed(embed_id, "acme", "p1", LOOK, LATER)
    others = {store.add_embed("acme", "p1", look={}, expires_at=LATER) for _ in range(50)}
    assert len(others) == 50
    assert all(len(other) >= 22 and "p1" not in other.split("-") for other in others)
    for unknown in ("", embed_id[:-1], "\0", "\ud800", "x" * 100_000):
        assert store.find_embed(unknown) is None


def test_an_embed_can_be_taken_back_by_its_company(store: Store) -> None:
    """Another company's is unknown; the candidate stays."""
    store.save("acme", [Candidate(profile_id="p1")], at=NOW)
    embed_id = store.add_embed("acme", "p1", look=LOOK, expires_at=LATER)
    assert store.erase_embed("globex", embed_id) is False
    assert store.erase_embed("acme", "\0") is False
    assert store.find_embed(embed_id) is not None
    assert store.erase_embed("acme", embed_id) is True
    assert store.erase_embed("acme", embed_id) is False
    assert store.find_embed(embed_id) is None
    assert store.count("acme") == 1


def test_embeds_go_with_their_candidate(store: Store) -> None:
    """Whether one is erased or grows old; others stay, and so do another company's."""
    store.save("acme", [Candidate(profile_id="p1"), Candidate(profile_id="p2")], at=NOW)
    embeds = {
        (company, profile_id): store.add_embed(company, profile_id, look={}, expires_at=LATER)
        for company in ("acme", "globex")
        for profile_id in ("p1", "p2")
    }
    store.erase("acme", "p1")
    assert store.find_embed(embeds["acme", "p1"]) is None
    assert store.find_embed(embeds["acme", "p2"]) is not None
    assert store.erase_older(LATER) == 1
    assert store.find_embed(embeds["acme", "p2"]) is None
    assert store.find_embed(embeds["globex", "p1"]) is not None
    # Of one that is not stored, erasing is about its embeds.
    assert store.erase("globex", "p1") is True
    assert store.find_embed(embeds["globex", "p1"]) is None


def test_sweeping_removes_what_has_expired(store: Store) -> None:
    """From that moment on, not before; what it removes it counts."""
    old = store.add_embed("acme", "p1", look={}, expires_at=NOW)
    new = store.add_embed("acme", "p1", look={}, expires_at=LATER)
    store.deliveries("acme").claim("a", NOW - timedelta(minutes=2), timedelta(minutes=1))
    store.deliveries("globex").claim("b", NOW, timedelta(minutes=1))
    assert store.sweep(NOW - timedelta(hours=1)) == Swept(embeds=0, deliveries=0)
    assert store.sweep(NOW) == Swept(embeds=1, deliveries=1)
    assert store.find_embed(old) is None
    assert store.find_embed(new) is not None
    assert store.sweep(NOW) == Swept(embeds=0, deliveries=0)


@pytest.mark.parametrize("bad", ["\0", "\ud800"])
def test_what_cannot_be_stored_is_refused(store: Store, bad: str) -> None:
    """With the name of the argument."""
    with pytest.raises(InputError, match="company: "):
        store.add_embed(bad, "p1", look={}, expires_at=NOW)
    with pytest.raises(InputError, match="profile_id: "):
        store.add_embed("acme", bad, look={}, expires_at=NOW)
    for look in ({"theme": bad}, {f"theme{bad}": "dark"}):
        with pytest.raises(InputError, match=r"look\.theme.?: has a"):
            store.add_embed("acme", "p1", look=look, expires_at=NOW)
    with pytest.raises(InputError, match="expires_at: must be a time with its zone"):
        store.add_embed("acme", "p1", look={}, expires_at=NOW.replace(tzinfo=None))
