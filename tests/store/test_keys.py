"""Keys: stored as hashes, bound to a company."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from candidate_cards.errors import InputError
from candidate_cards.store import SCOPES, Store

if TYPE_CHECKING:
    from databases import Place

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
VENDORS = "sk_live_0123456789abcdefABCDEF"


def test_a_key_is_found_by_its_secret_alone(store: Store) -> None:
    """As it was added, and by no other secret."""
    key, secret = store.add_key(
        "acme",
        name="<b>Ana's</b>",
        scopes=["cards:render", "enrich:write"],
        per_minute=7,
        per_hour=70,
        expires_at=LATER,
        at=NOW,
    )
    assert store.find_key(secret.get_secret_value()) == key
    assert (key.company, key.name, key.per_minute, key.per_hour) == ("acme", "<b>Ana's</b>", 7, 70)
    assert key.scopes == {"cards:render", "enrich:write"}
    assert (key.created_at, key.expires_at, key.revoked_at) == (NOW, LATER, None)
    for wrong in ("", key.id, secret.get_secret_value()[:-1], "\ud800", "\0", "x" * 100_000):
        assert store.find_key(wrong) is None


def test_a_key_may_do_everything_unless_told(store: Store) -> None:
    """The vendor's limits and all scopes are what a key has by default."""
    key, _ = store.add_key("acme", at=NOW)
    assert key.scopes == set(SCOPES)
    assert (key.per_minute, key.per_hour, key.expires_at) == (300, 15_000, None)


def test_secrets_are_random_and_in_no_file(store: Store, place: Place) -> None:
    """The database has hashes; nothing that can be shown has the secret."""
    made = [store.add_key("acme", at=NOW) for _ in range(20)]
    assert len({secret.get_secret_value() for _, secret in made}) == 20
    contents = b"".join(place.contents().values())
    for key, secret in made:
        assert key.id.encode() in contents
        assert secret.get_secret_value().encode() not in contents
        assert secret.get_secret_value() not in repr((key, secret, store))


def test_an_existing_key_can_be_taken_once(store: Store) -> None:
    """A second time it is refused, by whichever company, in words that tell nothing."""
    key, secret = store.add_key("acme", secret=SecretStr(VENDORS), at=NOW)
    assert secret.get_secret_value() == VENDORS
    for company in ("acme", "globex"):
        with pytest.raises(InputError) as caught:
            store.add_key(company, secret=SecretStr(VENDORS), at=NOW)
        assert str(caught.value) == "secret: is stored already"
    assert store.find_key(VENDORS) == key


def test_keys_are_listed_by_company(store: Store) -> None:
    """Oldest first; nobody sees another company's."""
    second, _ = store.add_key("acme", name="second", at=LATER)
    first, _ = store.add_key("acme", name="first", at=NOW)
    other, _ = store.add_key("globex", at=NOW)
    assert store.keys("acme") == (first, second)
    assert store.keys("globex") == (other,)
    assert store.keys("initech") == store.keys("\0") == ()


def test_a_revoked_key_is_still_told(store: Store) -> None:
    """The caller judges; a second revocation leaves the first one's time."""
    key, secret = store.add_key("acme", at=NOW)
    assert store.revoke_key(key.id, at=LATER) is True
    assert store.revoke_key(key.id, at=LATER + timedelta(days=1)) is True
    found = store.find_key(secret.get_secret_value())
    assert found is not None
    assert found.revoked_at == LATER
    for unknown in ("", "no-such-id", "\0", "\ud800"):
        assert store.revoke_key(unknown, at=LATER) is False


WRONG: dict[str, dict[str, Any]] = {
    "company: must be text": {"company": ""},
    "name: has a NUL": {"name": "\0"},
    "scopes[1]: is unknown": {"scopes": ["enrich:write", "everything"]},
    "per_minute: must be 1": {"per_minute": 0},
    "per_hour: must be 1": {"per_hour": 10**10},
    "at: must be a time with its zone": {"at": NOW.replace(tzinfo=None)},
    "expires_at: must be a time with": {"expires_at": NOW.replace(tzinfo=None)},
    "secret: must be 20": {"secret": SecretStr("too short")},
    "secret: must be 20 to 1,000 visible": {"secret": SecretStr("x" * 30 + "\n")},
}


@pytest.mark.parametrize("message", WRONG)
def test_what_cannot_be_is_told(store: Store, message: str) -> None:
    """With the name of the argument, and nothing is added."""
    arguments = {"company": "acme", "at": NOW, **WRONG[message]}
    with pytest.raises(InputError) as caught:
        store.add_key(arguments.pop("company"), **arguments)
    assert message in str(caught.value)
    assert store.keys("acme") == ()
