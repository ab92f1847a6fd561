"""Candidates go in, are merged, and come out as they were."""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from candidate_cards import load_shortlist, parse_shortlist
from candidate_cards.errors import InputError
from candidate_cards.models import Candidate
from candidate_cards.store import Saved, Store, open_store
from environments import TREE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from databases import Place, PostgresqlServer

NOW = datetime(2026, 6, 1, 8, 0, 0, 123456, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
NUMBERS = count()

# JSON as files have it, without what loading takes out.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
RECORDS = st.fixed_dictionaries(
    {"profileId": st.sampled_from(["p", "q", "ž/ü?#%_'\""])},
    optional={
        "name": st.none() | TEXT,
        "matchScore": st.none() | st.integers() | FLOATS,
        "skills": st.none() | st.lists(TEXT, max_size=3),
        "aiDetailedRationale": st.lists(st.fixed_dictionaries({"title": TEXT}), max_size=2),
        "emails": st.lists(TEXT, max_size=2),
        "anything": JSON,
        "else": JSON,
    },
)


def person(profile_id: str, **fields: object) -> Candidate:
    """Return a candidate."""
    return Candidate.model_validate({"profileId": profile_id, **fields})


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """A store for many examples, each with a company of its own."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'cards'}"
        else:
            server: PostgresqlServer = request.getfixturevalue("server")
            url = stack.enter_context(server.place()).url
        yield stack.enter_context(open_store(url))


def test_a_candidate_comes_back(store: Store) -> None:
    """With its version and the time of saving; other ids are left out."""
    one = person("p1", name="Ada", matchScore=87.5, note={"any": [1, None, True, "x"]})
    assert store.save("acme", [one], at=NOW) == Saved(added=1, changed=0, unchanged=0)
    found = store.load("acme", ["p2", "p1", "p1"])
    assert set(found) == {"p1"}
    assert found["p1"].candidate == one
    assert found["p1"].candidate.to_wire() == one.to_wire()
    assert found["p1"].saved_at == NOW
    assert store.versions("acme", ["p2", "p1", "p1"]) == {"p1": found["p1"].version}
    assert store.load("acme", []) == {}
    assert store.versions("acme", []) == {}


def test_every_sample_comes_back(store: Store) -> None:
    """All that the examples hold, in both databases."""
    paths = sorted((TREE / "examples" / "payloads").glob("*completed.json"))
    assert len(paths) == 3
    for path in paths:
        candidates = load_shortlist(path).candidates
        store.save(path.stem, candidates, at=NOW)
        found = store.load(path.stem, [one.profile_id for one in candidates])
        assert [found[one.profile_id].candidate for one in candidates] == [*candidates]


def test_a_newer_record_is_merged_over_the_stored_one(store: Store) -> None:
    """By the toolkit's own rule: what is empty erases nothing, what is filled wins."""
    sourced = person("p1", name="Ada", matchScore=91, rationale="Because.")
    enriched = person("p1", name="Ada L.", emails=["ada@example.com"], rationale="")
    store.save("acme", [sourced], at=NOW)
    assert store.save("acme", [enriched], at=LATER) == Saved(added=0, changed=1, unchanged=0)
    found = store.load("acme", ["p1"])["p1"]
    assert found.candidate == sourced.merged_with(enriched)
    assert found.saved_at == LATER


def test_saving_the_same_again_changes_nothing_but_the_time(store: Store) -> None:
    """The version stays, also if a record says less or writes a number in another way."""
    store.save("acme", [person("p1", name="Ada", matchScore=90, x=[1e2])], at=NOW)
    before = store.versions("acme", ["p1"])
    again = [
        person("p1", name="Ada", matchScore=90.0, x=[100]),
        person("p1", name=" "),
        person("p1"),
    ]
    for one in again:
        assert store.save("acme", [one], at=LATER) == Saved(added=0, changed=0, unchanged=1)
    assert store.versions("acme", ["p1"]) == before
    assert store.load("acme", ["p1"])["p1"].saved_at == LATER


def test_one_call_may_bring_a_profile_several_times(store: Store) -> None:
    """They are merged in their order, and counted once."""
    many = [person("p1", name="Ada"), person("p2"), person("p1", name="Ada L.", headline="x")]
    assert store.save("acme", many, at=NOW) == Saved(added=2, changed=0, unchanged=0)
    assert store.load("acme", ["p1"])["p1"].candidate == person("p1", name="Ada L.", headline="x")


def test_any_number_of_ids_can_be_asked_for(store: Store) -> None:
    """Also more than a statement has room for."""
    many = [person(f"p{number}", name=f"Person {number}") for number in range(257)]
    store.save("acme", many, at=NOW)
    ids = [f"p{number}" for number in range(0, 40_000, 2)]
    assert set(store.versions("acme", ids)) == {f"p{number}" for number in range(0, 257, 2)}
    for some in (1, 2, 9, 10, 11, 99, 100, 101, 257):
        asked = [one.profile_id for one in many[:some]]
        assert {
            profile_id: found.candidate for profile_id, found in store.load("acme", asked).items()
        } == {one.profile_id: one for one in many[:some]}


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(records=st.lists(RECORDS, min_size=1, max_size=6), cuts=st.integers(0, 2**6))
def test_saving_in_steps_is_saving_at_once(
    shared: Store, records: list[dict[str, Any]], cuts: int
) -> None:
    """What is stored is what merging gives, whatever the steps; so is the version."""
    number = next(NUMBERS)
    candidates = [Candidate.model_validate(record) for record in records]
    shared.save(f"at once {number}", candidates, at=NOW)
    step: list[Candidate] = []
    for at, candidate in enumerate(candidates):
        step.append(candidate)
        if cuts >> at & 1 or candidate is candidates[-1]:
            shared.save(f"steps {number}", step, at=NOW)
            step = []
    expected: dict[str, Candidate] = {}
    for candidate in candidates:
        known = expected.get(candidate.profile_id)
        expected[candidate.profile_id] = known.merged_with(candidate) if known else candidate
    at_once = shared.load(f"at once {number}", [*expected])
    steps = shared.load(f"steps {number}", [*expected])
    assert at_once == steps
    for profile_id, merged in expected.items():
        assert at_once[profile_id].candidate.to_wire() == merged.to_wire()
    # What came out goes in again without a change.
    saved = shared.save(f"at once {number}", [one.candidate for one in at_once.values()], at=LATER)
    assert saved == Saved(added=0, changed=0, unchanged=len(expected))


def test_both_databases_agree_on_versions(sqlite_place: Place, postgresql_place: Place) -> None:
    """A version is the record's, not the database's."""
    many = load_shortlist(TREE / "examples/payloads/sourcing-completed.json").candidates
    ids = [one.profile_id for one in many]
    with open_store(sqlite_place.url) as one, open_store(postgresql_place.url) as other:
        for opened in (one, other):
            opened.save("acme", many, at=NOW)
        assert one.versions("acme", ids) == other.versions("acme", ids)
        assert len(one.versions("acme", ids)) == len(ids) > 1


def test_versions_differ_where_records_do(store: Store) -> None:
    """Any change of a value changes the version, and changing it back restores it."""
    versions = []
    for name in ("Ada", "Eda", "Ada"):
        store.save("acme", [person("p1", name=name)], at=NOW)
        versions.append(store.versions("acme", ["p1"])["p1"])
    assert versions[0] == versions[2] != versions[1]


class Odd:
    """No value of JSON's."""


NOT_STORABLE: dict[str, tuple[dict[str, Any], str]] = {
    "nul": ({"name": "A\0B"}, "candidates[1].name: has a NUL"),
    "nul in a list": ({"skills": ["x", "\0"]}, "candidates[1].skills[1]: has a NUL"),
    "surrogate": ({"unknown": "\ud800"}, "candidates[1].unknown: has a lone surrogate"),
    "surrogate in a key": ({"a": {"\ud800": 1}}, "its name has a lone surrogate"),
    "nul in a key": ({"a": [{"k\0": 1}]}, "its name has a NUL"),
    "a very large number": ({"x": 10**4300}, "candidates[1]: holds a value that JSON cannot"),
    "an object": ({"x": Odd()}, "candidates[1]: holds a value that JSON cannot"),
    "too deep": ({"x": json.loads("[" * 900 + "]" * 900)}, "candidates[1]"),
    "long id": ({"profileId": "ü" * 1025}, "candidates[1].profileId: must be at most 2,048 bytes"),
}


@pytest.mark.parametrize("name", NOT_STORABLE)
def test_what_cannot_be_stored_is_refused(store: Store, name: str) -> None:
    """With its place, and without its value; nothing of the call is saved."""
    fields, message = NOT_STORABLE[name]
    bad = Candidate.model_validate({"profileId": "p2", **fields})
    good = person("p1", name="Ada")
    with pytest.raises(InputError) as caught:
        store.save("acme", [good, bad], at=NOW)
    assert message in str(caught.value)
    assert "\0" not in str(caught.value)
    assert store.versions("acme", ["p1", "p2"]) == {}


def test_a_candidate_without_validation_is_refused(store: Store) -> None:
    """What could not be read again is not stored."""
    wrong = Candidate.model_construct(profile_id="p1", name="x" * 1_000_001)
    with pytest.raises(InputError, match=r"candidates\[0\].name"):
        store.save("acme", [wrong], at=NOW)


@pytest.mark.parametrize("company", ["", "a\0", "\ud800", "ü" * 128])
def test_a_company_that_cannot_be_is_refused(store: Store, company: str) -> None:
    """For saving; in questions it is one that has nothing."""
    with pytest.raises(InputError, match="company: "):
        store.save(company, [person("p1")], at=NOW)
    assert store.versions(company, ["p1"]) == {}
    assert store.load(company, ["p1"]) == {}
    assert store.count(company) == 0
    assert store.erase(company, "p1") is False
    assert store.erase_company(company) == 0
    assert store.erase_older(LATER, company) == 0


@pytest.mark.parametrize("odd", ["", "\0", "p1\0", "\ud800", "x" * 100_000, "' OR 1=1 --"])
def test_an_id_that_cannot_be_is_unknown(store: Store, odd: str) -> None:
    """And spoils no other id of the same question."""
    store.save("acme", [person("p1")], at=NOW)
    assert set(store.versions("acme", [odd, "p1"])) == {"p1"}
    assert set(store.load("acme", ["p1", odd])) == {"p1"}
    assert store.erase("acme", odd) is False
    assert store.count("acme") == 1


def test_ids_of_any_script_and_length_are_kept_apart(store: Store) -> None:
    """No folding of case, accents or blanks; 2,048 bytes fit."""
    ids = ["p", "P", "é", "e\u0301", " p", "p ", "%", "_", "ü" * 1024, "\n"]
    store.save("c" * 255, [person(one, name=one[:10] or "x") for one in ids], at=NOW)
    assert set(store.versions("c" * 255, ids)) == set(ids)
    assert store.count("c" * 255) == len(ids)


def nested(value: object, levels: int) -> object:
    """Return a value in so many lists."""
    for _ in range(levels):
        value = [value]
    return value


HOSTILE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**4299, 1e308, 5e-324, -0.0, "\0", "\ud800", "\udc00\ud83d", "x" * 20_000])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(), max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(), max_size=4), inner, max_size=4)
        | st.builds(nested, inner, st.integers(20, 60))
    ),
    max_leaves=12,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(
        st.dictionaries(
            st.text(st.characters(), max_size=4)
            | st.sampled_from([info.alias for info in Candidate.model_fields.values()]),
            HOSTILE,
            max_size=6,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_whatever_loading_reads_can_be_stored(shared: Store, records: list[dict[str, Any]]) -> None:
    """No value that a file can hold costs those who are loaded with it."""
    number = next(NUMBERS)
    payload = json.dumps([{**record, "profileId": f"p{at}"} for at, record in enumerate(records)])
    loaded = parse_shortlist(payload).candidates
    assert shared.save(f"loaded {number}", loaded, at=NOW).added == len(records)


LETTERS = {
    "ascii": range(0x21, 0x7F),
    "two bytes": range(0x3B1, 0x450),
    "three bytes": range(0x4E00, 0xA000),
    "four bytes": range(0x1F400, 0x1F440),
}


@pytest.mark.parametrize("name", LETTERS)
def test_whatever_loading_lets_through_fits(store: Store, name: str) -> None:
    """Beside the longest company: ids that nothing shortens, of 2,048 bytes, and of one more."""
    random = Random(name)  # noqa: S311  the same texts each time

    def text(size: int) -> str:
        letters = "".join(map(chr, random.choices(LETTERS[name], k=size)))
        cut = letters.encode()[:size].decode(errors="ignore")
        return cut.ljust(size - len(cut.encode()) + len(cut), "x")

    longest, company = text(2048), text(255)
    shortlist = parse_shortlist(json.dumps([{"profileId": longest}, {"profileId": f"{longest}x"}]))
    ids = [each.profile_id for each in shortlist.candidates]
    assert (ids[0] == longest, len(shortlist.problems)) == (True, 1)
    assert store.save(company, shortlist.candidates, at=NOW).added == 2
    assert store.load(company, ids).keys() == {*ids}
    for each in ids:
        store.add_embed(company, each, look={}, expires_at=LATER)
        assert store.erase(company, each)
    assert store.count(company) == 0


@pytest.mark.parametrize(
    "text", ["x" * 100_000, "</script><img src=x>", "{{7*7}}", "\u202e", "\x1b"]
)
def test_hostile_text_comes_back_as_it_was(store: Store, text: str) -> None:
    """The store cleans nothing; loading does."""
    one = person("p1", name=text, unknown={text[:50]: [text]})
    store.save("acme", [one], at=NOW)
    assert store.load("acme", ["p1"])["p1"].candidate == one


def test_times_need_a_zone_and_keep_their_moment(store: Store) -> None:
    """Any zone will do; the answer is in UTC."""
    with pytest.raises(InputError, match="at: must be a time with its zone"):
        store.save("acme", [person("p1")], at=NOW.replace(tzinfo=None))
    store.save("acme", [person("p1")], at=NOW.astimezone(timezone(timedelta(hours=9))))
    saved_at = store.load("acme", ["p1"])["p1"].saved_at
    assert (saved_at, saved_at.tzinfo) == (NOW, UTC)
