"""What a card shows of a candidate, in which order, and how much of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from candidate_cards import Candidate, FailedProfile, Shortlist
from candidate_cards._text import is_visible, with_balanced_bidi
from candidate_cards.cards import (
    DEFAULT_LABELS,
    Bands,
    CardView,
    Density,
    Labels,
    Plural,
    card_view,
    shortlist_view,
    single_view,
)
from candidate_cards.models import WITHHELD_SCORE
from hostile_corpus import harmless_candidate

if TYPE_CHECKING:
    from collections.abc import Iterator

DENSITIES: tuple[Density, ...] = get_args(Density)
_ISOLATES = re.compile("[\u2066-\u2069]")

words = st.sampled_from(
    ("", " ", "\n", "Ada", "data engineer", "a < b", "x" * 400, "שלום")
) | st.text(max_size=40)
texts = st.none() | words
lists = st.none() | st.lists(words, max_size=14)


def _some(**fields: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


wires = _some(
    name=texts,
    linkedinUrl=texts | st.just("https://www.linkedin.com/in/ada"),
    matchScore=st.none() | st.floats(-10, 110),
    skills=lists,
    headline=texts,
    location=texts,
    currentCompany=texts,
    currentRole=texts,
    rationale=texts | st.lists(words, max_size=80).map(". ".join),
    aiFitPoints=lists,
    aiRedFlags=lists,
    aiDetailedRationale=st.lists(
        _some(title=texts, company=texts, duration=texts, relevanceExplanation=texts), max_size=3
    ),
    detailedExperience=st.lists(
        _some(role=texts, company=texts, duration=texts, highlights=lists), max_size=3
    ),
    emails=lists | st.just(["ada@example.test"]),
)
candidates = wires.map(lambda wire: Candidate.model_validate({"profileId": "p", **wire}))


def _made(**wire: object) -> Candidate:
    return Candidate.model_validate({"profileId": "p", **wire})


def _shown(value: object) -> Iterator[str | None]:
    """Yield every text in a view, however deep."""
    match value:
        case str() | None:
            yield value
        case tuple():
            for part in value:
                yield from _shown(part)


def _kept(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value for value in values if is_visible(value))


@settings(deadline=None)
@given(candidates, st.sampled_from(DENSITIES))
def test_a_view_holds_text_or_nothing(candidate: Candidate, density: Density) -> None:
    """Missing and blank data is the empty text: no view field is a space, and no list has a gap."""
    view = card_view(candidate, density=density)
    for field, value in zip(view._fields, view, strict=True):
        if field in {"profile", "respond"} and value is None:
            continue
        for text in _shown(value):
            assert text is not None, field
            assert not text or text.strip(), field
    for items in (view.skills, view.fit, view.check, view.emails):
        assert "" not in items
    for item in (*view.evidence, *view.experience):
        assert any(item)


@settings(deadline=None)
@given(candidates, st.sampled_from(DENSITIES))
@example(Candidate(profile_id="p", name="\u2060"), "card")
@example(Candidate(profile_id="p", name="\x01\x7f"), "card")
@example(Candidate(profile_id="p", name="\u3164"), "card")
def test_a_name_and_a_band_are_always_there(candidate: Candidate, density: Density) -> None:
    """Every card says whose it is and how well it matches, in words."""
    view = card_view(candidate, density=density)
    name = candidate.name or ""
    assert view.name == (with_balanced_bidi(name) if is_visible(name) else DEFAULT_LABELS.unnamed)
    assert view.score.word == DEFAULT_LABELS.bands[view.score.tone]
    assert view.score.word in view.score.accessible
    assert view.score.value in view.score.accessible
    assert (view.score.tone == "none") == (not view.score.value)


@settings(deadline=None)
@given(candidates)
def test_detail_shows_everything(candidate: Candidate) -> None:
    """In the widest density nothing is cut, counted or folded away."""
    view = card_view(candidate, density="detail")
    assert view.lead == (candidate.rationale if (candidate.rationale or "").strip() else "")
    assert view.skills == _kept(candidate.skills)
    assert view.fit == _kept(candidate.ai_fit_points)
    assert view.check == _kept(candidate.ai_red_flags)
    assert tuple(link.text for link in view.emails) == _kept(candidate.emails)
    assert (view.rest, view.skills_more, view.fit_more, view.check_more) == ("", "", "", "")
    told = [text for text in _shown((view.evidence, view.experience)) if text]
    known = [
        text
        for item in (*candidate.ai_detailed_rationale, *candidate.detailed_experience)
        for value in item.model_dump().values()
        for text in ([value] if isinstance(value, str) else value or [])
        if text.strip()
    ]
    assert sorted(told) == sorted(known)


@settings(deadline=None)
@given(candidates)
def test_a_card_says_how_much_it_hides(candidate: Candidate) -> None:
    """A capped list is the beginning of the whole one, and says how many more there are."""
    view = card_view(candidate)
    for shown, more, whole in (
        (view.skills, view.skills_more, _kept(candidate.skills)),
        (view.fit, view.fit_more, _kept(candidate.ai_fit_points)),
        (view.check, view.check_more, _kept(candidate.ai_red_flags)),
    ):
        assert whole[: len(shown)] == shown
        hidden = len(whole) - len(shown)
        assert more == (f"+{hidden} more" if hidden else "")
        assert hidden != 1  # the one would fit where the words about it are
    assert (view.evidence, view.experience, view.headline) == ((), (), "")


@settings(deadline=None)
@given(candidates)
def test_a_row_is_one_line(candidate: Candidate) -> None:
    """The narrowest density has no list and no prose, and agrees with the card about the rest."""
    row = card_view(candidate, density="row")
    assert not any((row.lead, row.rest, row.skills, row.fit, row.check, row.evidence))
    assert not any((row.experience, row.headline, row.skills_more, row.fit_more, row.check_more))
    card = card_view(candidate)
    for field in ("name", "role", "company", "place", "score", "profile", "emails"):
        assert getattr(row, field) == getattr(card, field)


@pytest.mark.parametrize("density", DENSITIES)
def test_a_withheld_score_leaves_no_trace(density: Density) -> None:
    """A score that may not be shown is neither a number nor a word, not even that there is none."""
    person = Candidate.model_construct(profile_id="p", match_score=WITHHELD_SCORE)
    view = card_view(person, density=density)
    assert view.score == ("", "", "none", "")
    assert not view.ai


@settings(deadline=None)
@given(st.lists(words.filter(is_visible), max_size=90).map(". ".join))
@example("word " * 200)
@example("x" * 1000)
def test_a_folded_summary_loses_no_word(rationale: str) -> None:
    """Lead and rest are the summary, in order, and the lead is short where words allow."""
    view = card_view(_made(rationale=rationale))
    assert f"{view.lead} {view.rest}".split() == rationale.split()
    assert len(rationale) > 280 or not view.rest
    if view.rest:
        assert len(view.lead) <= 280


@example("\u2067" + "עברית " * 60 + "\u2069 and more words.")
@settings(deadline=None)
@given(st.lists(st.sampled_from(("\u2067a b\u2069", "word", "x.")), max_size=120).map(" ".join))
def test_a_folded_summary_closes_the_isolates_that_it_opens(rationale: str) -> None:
    """Text with balanced direction controls is balanced on both sides of the fold."""
    view = card_view(_made(rationale=rationale))
    for text in (view.lead, view.rest):
        depth = 0
        for control in _ISOLATES.findall(text):
            depth += -1 if control == "\u2069" else 1
            assert depth >= 0
        assert depth == 0


@pytest.mark.parametrize("density", DENSITIES)
def test_a_headline_stands_in_for_a_missing_role(density: Density) -> None:
    """Enriched profiles have no role; their headline takes its place, and is not repeated."""
    view = card_view(_made(headline="Data engineer at Northwind"), density=density)
    assert (view.role, view.company, view.headline) == ("Data engineer at Northwind", "", "")


@pytest.mark.parametrize("density", DENSITIES)
def test_a_known_company_is_never_lost(density: Density) -> None:
    """Where the headline stands in for the role and does not name the company, it is kept."""
    view = card_view(
        _made(headline="Makes pipelines dull", currentCompany="Northwind"), density=density
    )
    assert "Northwind" in (view.company, view.role, view.headline)


@pytest.mark.parametrize(
    ("headline", "shown"),
    [
        ("Data engineer at Northwind", ""),
        ("Data engineer", ""),
        ("Makes pipelines dull", "Makes pipelines dull"),
    ],
)
def test_a_headline_is_shown_if_it_says_more(headline: str, shown: str) -> None:
    """A headline that only repeats the role, with or without its company, is left out."""
    view = card_view(
        _made(headline=headline, currentRole="Data engineer", currentCompany="Northwind"),
        density="detail",
    )
    assert view.headline == shown


def test_an_address_that_must_not_be_linked_is_shown_as_text() -> None:
    """What is not LinkedIn's is still shown, so that nothing is lost."""
    view = card_view(_made(linkedinUrl="http://evil.test/x", emails=["a@b"]))
    assert view.profile == ("http://evil.test/x", "")
    assert view.emails == (("a@b", ""),)


def test_a_link_is_called_by_its_purpose() -> None:
    """The profile link reads as words of ours, a mail link as the address."""
    view = card_view(Candidate.model_validate(harmless_candidate()))
    assert view.profile is not None
    assert view.profile.text == DEFAULT_LABELS.profile
    assert view.profile.href.startswith("https://")
    assert view.emails[0].href == f"mailto:{view.emails[0].text}"


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize(
    ("wire", "ai"),
    [
        ({}, False),
        ({"name": "Ada", "skills": ["x"], "detailedExperience": [{"role": "x"}]}, False),
        ({"matchScore": 0}, True),
        ({"matchScore": 101}, False),
    ],
)
def test_only_machine_made_content_is_called_so(
    density: Density,
    wire: dict[str, object],
    ai: bool,  # noqa: FBT001  a table's column
) -> None:
    """The notice about a machine's work depends on there being any."""
    assert card_view(_made(**wire), density=density).ai is ai


@pytest.mark.parametrize("field", ["rationale", "aiFitPoints", "aiRedFlags"])
def test_each_machine_made_text_calls_for_the_notice(field: str) -> None:
    """A summary, a fit point and a point to check are each a machine's work."""
    value = "Because" if field == "rationale" else ["Because"]
    assert card_view(_made(**{field: value})).ai


def test_bands_and_labels_are_the_callers_choice() -> None:
    """Limits and words come from the arguments, in the sentence for assistive technology too."""
    german = Labels(
        lang="de",
        bands={**DEFAULT_LABELS.bands, "partial": "Teilweise passend"},
        out_of="von 100",
        unnamed="Ohne Namen",
        ai="KI",
        more=Plural("noch einer", "noch {count}"),
    )
    view = card_view(
        _made(matchScore=85, skills=["x"] * 20), bands=Bands(95, 90, 10), labels=german
    )
    assert view.name == "Ohne Namen"
    assert view.score == (
        "85",
        "Teilweise passend",
        "partial",
        "85 von 100, Teilweise passend (KI)",
    )
    assert view.skills_more == "noch 12"


def test_a_shortlist_is_framed_by_what_is_known() -> None:
    """Title, brief, client, author, size and failed profiles stand around the cards."""
    shortlist = Shortlist(
        candidates=(_made(),),
        title="Data engineer",
        brief="Two years of pipelines.",
        client=" ",
        author=None,
        failed=(FailedProfile(profile_id="gone"),),
    )
    view = shortlist_view(shortlist)
    assert view.document_title == view.heading == "Data engineer"
    assert (view.brief, view.client, view.author) == ("Two years of pipelines.", "", "")
    assert view.failed == ("gone",)
    assert view.size == "1 candidate"
    assert shortlist_view(Shortlist(candidates=(_made(), _made()))).size == "2 candidates"
    assert shortlist_view(Shortlist()).heading == DEFAULT_LABELS.shortlist


def test_one_candidate_has_no_frame() -> None:
    """A page of one candidate is called by the name and has no heading above it."""
    view: CardView = card_view(_made(name="Ada"))
    frame = single_view(view)
    assert frame.document_title == "Ada"
    assert not any(frame[1:])


@settings(deadline=None)
@given(candidates, st.sampled_from(DENSITIES))
def test_a_view_is_a_function_of_its_arguments(candidate: Candidate, density: Density) -> None:
    """Equal candidates give equal views, which can be put in a set."""
    again = Candidate.model_validate(candidate.to_wire())
    views = {card_view(candidate, density=density), card_view(again, density=density)}
    assert len(views) == 1
