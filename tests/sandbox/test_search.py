"""The pool is synthetic and varied, and searching it is deterministic."""

from __future__ import annotations

import unicodedata
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candidate_cards.models import Candidate, PreviewCandidate
from candidate_cards.sandbox.pool import people
from candidate_cards.sandbox.search import Brief, Index, enriched, previewed, ranked, sourced

INDEX = Index()


def test_nobody_in_the_pool_is_real() -> None:
    """Addresses are in domains reserved for examples, and profiles where no member can be."""
    for person in people():
        assert person.linkedin_url == (
            f"https://www.linkedin.com/in/example-{person.number:04}-synthetic"
        )
        for email in person.emails:
            assert email.rpartition("@")[2] in {"example.org", "work.example"}


def test_the_pool_is_varied() -> None:
    """Hundreds of people of many scripts, places and roles; some have no post, some no address."""
    pool = people()
    assert len(pool) == 360
    scripts = {unicodedata.name(person.name[0]).split()[0] for person in pool}
    assert {"LATIN", "CYRILLIC", "GREEK", "ARABIC", "HEBREW", "DEVANAGARI", "CJK"} <= scripts
    assert len({person.name for person in pool}) > 250
    assert len({person.city for person in pool}) > 20
    assert len({person.history[0].title for person in pool}) > 40
    assert {len(person.emails) for person in pool} == {0, 1, 2}
    assert {person.current is None for person in pool} == {True, False}
    for person in pool:
        years = [(role.start, role.end or 9999) for role in person.history]
        assert all(start < end for start, end in years)
        assert years == sorted(years, reverse=True)


@pytest.mark.parametrize(
    ("brief", "title", "place"),
    [
        (Brief("Rust engineer", "Storage", "Brno"), "Rust", None),
        (Brief("Nurse", "Intensive care"), "Nurse", None),
        (Brief("Senior accountant", "IFRS and SAP", "Warsaw"), "Accountant", None),
        (Brief("Somebody", "anything", "Košice"), None, "Košice"),
        (Brief("Somebody", "anything", "kosice"), None, "Košice"),
    ],
)
def test_what_is_asked_for_comes_first(brief: Brief, title: str | None, place: str | None) -> None:
    """The best match has the role, or the place, of the brief; accents and case do not matter."""
    best = ranked(INDEX.find(brief), brief)[0]
    assert title is None or title in best.person.history[0].title
    assert place is None or best.person.city == place


def test_a_wish_changes_the_order() -> None:
    """A query speaks for those whom it describes."""
    plain = Brief("Rust engineer", "Storage")
    wish = Brief("Rust engineer", "Storage", queries=("Armenian",))
    scores = {m.person.number: m.score for m in ranked(INDEX.find(wish), plain)}
    wished = {m.person.number: m.score for m in ranked(INDEX.find(wish), wish)}
    speakers = {p.number for p in people() if "Armenian" in p.languages} & set(scores)
    others = set(scores) - speakers
    assert speakers
    assert all(wished[number] >= scores[number] for number in speakers)
    assert any(wished[number] < scores[number] for number in others)


@settings(max_examples=100, deadline=None)
@given(
    title=st.text(max_size=200),
    description=st.text(max_size=2000) | st.text("abc \"'()*^:-+NEAROT", max_size=300),
    location=st.none() | st.text(max_size=50),
    queries=st.lists(st.text(max_size=100), max_size=3).map(tuple),
)
def test_any_text_can_be_searched(
    title: str, description: str, location: str | None, queries: tuple[str, ...]
) -> None:
    """No text is an error, results are models of the API, and the same text gives the same."""
    brief = Brief(title, description, location, queries)
    found = INDEX.find(brief)
    assert found == INDEX.find(brief)
    assert len({person.number for person in found}) == len(found)
    matches = ranked(found, brief)
    assert matches == ranked(found, brief)
    for match in matches[:5]:
        assert 0 <= match.score <= 98
        assert match.rationale
        Candidate.model_validate(sourced(match, "p"))


def test_reasons_name_only_what_matched() -> None:
    """What speaks for a person is true of the person."""
    brief = Brief("Data engineer", "Python, Kafka and dbt in production.", "Berlin", ("German",))
    matches = ranked(INDEX.find(brief), brief)
    assert len(matches) > 50
    for match in matches:
        known = {*match.person.skills, *match.person.languages}
        for point in match.fit_points:
            if point.startswith("Knows "):
                named = point.removeprefix("Knows ").removesuffix(", which the brief names")
                assert set(named.replace(" and ", ", ").split(", ")) <= known
            if point.startswith("Is in "):
                assert match.person.city == "Berlin" or match.person.country == "Germany"


def test_each_view_of_a_person_has_its_fields() -> None:
    """Sourcing has reasons and no addresses, enrichment the reverse, a preview nine fields."""
    brief = Brief("Rust engineer", "Storage")
    for match in ranked(INDEX.find(brief), brief)[:20]:
        fields = sourced(match, "p")
        assert "emails" not in fields
        assert {"rationale", "aiFitPoints", "aiRedFlags", "aiDetailedRationale"} <= set(fields)
        more = enriched(match.person, "p", match.score)
        assert not set(more) & set(chain(("rationale", "currentRole"), ["aiFitPoints"]))
        assert more["emails"] == list(match.person.emails)
        less = PreviewCandidate.model_validate(previewed(match.person, "p"))
        assert not less.model_extra
