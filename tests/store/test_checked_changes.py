"""A change can depend on what is there, and says what became of each profile."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from candidate_cards.models import Candidate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from candidate_cards.store import Store

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)


class _NotAsThoughtError(Exception):
    pass


def _refuse(versions: Mapping[str, str]) -> None:
    raise _NotAsThoughtError(dict(versions))


def _person(profile_id: str, name: str = "A") -> Candidate:
    return Candidate(profile_id=profile_id, name=name)


def test_saving_says_what_became_of_each_profile(store: Store) -> None:
    """Added, changed and unchanged ones by id, as many as are counted."""
    first = store.save("acme", [_person("a"), _person("b")], at=NOW)
    assert first.outcomes == {"a": "added", "b": "added"}
    then = store.save("acme", [_person("c"), _person("b", "B"), _person("a")], at=NOW)
    assert then.outcomes == {"a": "unchanged", "b": "changed", "c": "added"}
    assert (then.added, then.changed, then.unchanged) == (1, 1, 1)


def test_a_save_that_is_refused_saves_nothing(store: Store) -> None:
    """The check sees the versions of this company's profiles, and what it raises ends the save."""
    store.save("acme", [_person("a")], at=NOW)
    store.save("other", [_person("b")], at=NOW)
    versions = store.versions("acme", ["a"])
    with pytest.raises(_NotAsThoughtError) as caught:
        store.save("acme", [_person("a", "B"), _person("b")], at=NOW, check=_refuse)
    assert caught.value.args == (versions,)
    assert store.versions("acme", ["a", "b"]) == versions
    seen: list[dict[str, str]] = []
    store.save("acme", [_person("b")], at=NOW, check=lambda found: seen.append(dict(found)))
    assert seen == [{}]


def test_an_erasure_that_is_refused_erases_nothing(store: Store) -> None:
    """The same holds for erasing; an unknown profile has no version."""
    store.save("acme", [_person("a")], at=NOW)
    versions = store.versions("acme", ["a"])
    with pytest.raises(_NotAsThoughtError) as caught:
        store.erase("acme", "a", check=_refuse)
    assert caught.value.args == (versions,)
    assert store.versions("acme", ["a"]) == versions
    seen: list[dict[str, str]] = []
    assert not store.erase("other", "a", check=lambda found: seen.append(dict(found)))
    assert store.erase("acme", "a", check=lambda found: seen.append(dict(found)))
    assert seen == [{}, versions]
