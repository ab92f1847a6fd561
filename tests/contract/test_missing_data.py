"""What a candidate does not have leaves no trace on any card."""

from __future__ import annotations

import json
import re
from itertools import product
from typing import TYPE_CHECKING, Any, Literal, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from candidate_cards import Candidate, parse_shortlist, render_card, render_shortlist
from hostile_corpus import Field, harmless_candidate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from candidate_cards import Shortlist

Format = Literal["fragment", "element", "page"]
Density = Literal["row", "card", "detail"]
Theme = Literal["dark", "light"]
Look = tuple[Format, Density, Theme]

LOOKS: tuple[Look, ...] = tuple(product(get_args(Format), get_args(Density), get_args(Theme)))
_TEXT_FIELDS: tuple[Field, ...] = (
    ("name",),
    ("linkedinUrl",),
    ("headline",),
    ("location",),
    ("currentCompany",),
    ("currentRole",),
    ("rationale",),
    ("aiDetailedRationale", 0, "title"),
    ("aiDetailedRationale", 0, "company"),
    ("aiDetailedRationale", 0, "duration"),
    ("aiDetailedRationale", 0, "relevanceExplanation"),
    ("detailedExperience", 0, "role"),
    ("detailedExperience", 0, "company"),
    ("detailedExperience", 0, "duration"),
)
_LIST_FIELDS: tuple[Field, ...] = (
    ("skills",),
    ("aiFitPoints",),
    ("aiRedFlags",),
    ("emails",),
    ("detailedExperience", 0, "highlights"),
)
_ITEM_FIELDS: tuple[Field, ...] = (("aiDetailedRationale",), ("detailedExperience",))
_SCORE: Field = ("matchScore",)
OPTIONAL_FIELDS: tuple[Field, ...] = (*_TEXT_FIELDS, *_LIST_FIELDS, *_ITEM_FIELDS, _SCORE)

_REMOVED = object()
_GAPS: dict[str, object] = {
    "removed": _REMOVED,
    "null": None,
    "empty": "",
    "blank": " \t\n ",
    "empty-list": [],
    "blank-entry": ["", "  "],
    "empty-item": [{}],
    "null-item": [{"title": None, "company": None, "role": None, "highlights": None}],
    "blank-item": [{"title": "", "company": " ", "role": "", "duration": "", "highlights": [""]}],
}
_TEXT_GAPS = ("removed", "null", "empty", "blank")
_LIST_GAPS = ("removed", "null", "empty-list", "blank-entry")
_ITEM_GAPS = ("removed", "null", "empty-list", "empty-item", "null-item", "blank-item")

_LEFTOVER = re.compile(r"\b(?:None|null|undefined|NaN)\b|\[object")
_LINES = frozenset(
    ("h1", "h2", "h3", "h4", "h5", "h6", "p", "li", "a", "span", "bdi", "summary", "title")
)
_CARRIES_TEXT = _LINES | {"ul", "ol", "div", "section", "details", "header", "main", "article"}
# What a sentence or a line cannot begin or end with, and what cannot stand beside another.
_DANGLING = re.compile(
    r"^(?:[·•|,;:/–—-]|at\b)|(?:[·•|,;/–—-]|\bat)$"
    r"|\(\s*\)|\[\s*\]|[·•|,;]\s*[·•|,;.]|\bat\s+at\b"
)


def _gaps() -> Iterator[tuple[Field, str]]:
    for fields, gaps in (
        (_TEXT_FIELDS, _TEXT_GAPS),
        (_LIST_FIELDS, _LIST_GAPS),
        (_ITEM_FIELDS, _ITEM_GAPS),
        ((_SCORE,), ("removed", "null")),
    ):
        yield from product(fields, gaps)


GAPS: tuple[tuple[Field, str], ...] = tuple(_gaps())


def _with_gap(candidate: dict[str, Any], field: Field, gap: str) -> None:
    *way, last = field
    place: Any = candidate
    for key in way:
        try:
            place = place[key]
        except (LookupError, TypeError):
            return  # a wider gap is there already
    if not isinstance(place, dict):
        return
    value = _GAPS[gap]
    if value is _REMOVED:
        place.pop(last, None)
    else:
        place[last] = value


def _complaints(markup: str) -> list[str]:
    """Return everything in a rendered document that missing data must not leave behind."""
    found = [f"leftover {match[0]!r}" for match in _LEFTOVER.finditer(markup)]
    root = lxml_html.document_fromstring(markup)
    for sheet in root.xpath("//style"):
        sheet.drop_tree()
    elements = root.xpath("//body//* | //title")
    assert elements
    for element in elements:
        found += _element_complaints(element)
    return found


def _element_complaints(element: Any) -> Iterator[str]:  # noqa: ANN401  lxml has no types
    for name in ("aria-label", "title", "alt"):
        value = element.get(name)
        if value is not None and (not value.strip() or _DANGLING.search(value.strip())):
            yield f"<{element.tag} {name}={value!r}>"
    # The drawing inside a picture is not read; the picture's own label was looked at above.
    drawn = element.xpath(
        "ancestor-or-self::svg | ancestor-or-self::*[@aria-hidden='true']"
        " | ancestor::*[@role='img'][@aria-label]"
    )
    if element.tag not in _CARRIES_TEXT or drawn:
        return
    text = " ".join(element.text_content().split())
    if not text:
        yield f"<{element.tag}> without text: {lxml_html.tostring(element)[:80]!r}"
    elif element.tag in _LINES and _DANGLING.search(text):
        yield f"<{element.tag}> with a dangling separator: {text[:80]!r}"


def _render(candidate: Candidate, look: Look) -> str:
    format_, density, theme = look
    return str(
        render_card(candidate, format=format_, theme=theme, density=density, profile="internal")
    )


def _load(wire: dict[str, Any]) -> Candidate:
    shortlist: Shortlist = parse_shortlist(json.dumps(wire))
    (candidate,) = shortlist.candidates
    return candidate


def _card_text(markup: str) -> str:
    root = lxml_html.document_fromstring(markup)
    # The light-DOM copy of an element repeats the words of its shadow root.
    (card, *_) = root.xpath("//*[@role='article']")
    for notice in card.xpath(".//*[@itemscope]"):  # it says the same of every candidate
        notice.drop_tree()
    return " ".join(" ".join(card.itertext()).split())


@pytest.mark.parametrize("gap", GAPS, ids=lambda gap: f"{'.'.join(map(str, gap[0]))}-{gap[1]}")
def test_one_missing_field_leaves_no_trace(gap: tuple[Field, str]) -> None:
    """Each optional field in turn may be absent, null, empty or blank on every look of a card."""
    wire = harmless_candidate()
    _with_gap(wire, *gap)
    candidate = _load(wire)
    for look in LOOKS:
        assert _complaints(_render(candidate, look)) == [], look


@pytest.mark.parametrize("gap", _GAPS)
def test_everything_missing_at_once_leaves_no_trace(gap: str) -> None:
    """A candidate of which only the id is known is still a whole, honest card."""
    wire = harmless_candidate()
    for field, kind in GAPS:
        if kind == gap:
            _with_gap(wire, field, gap)
    candidate = _load(wire)
    for look in LOOKS:
        assert _complaints(_render(candidate, look)) == [], look


def test_a_missing_role_takes_nothing_else_with_it() -> None:
    """Without a role its line shows the headline, and the company stays on the card."""
    wire = harmless_candidate()
    del wire["currentRole"]
    candidate = _load(wire)
    for look in LOOKS:
        text = _card_text(_render(candidate, look))
        assert wire["headline"] in text, look
        assert wire["currentCompany"] in text, look


def test_a_headline_that_names_the_company_stands_alone() -> None:
    """A headline in place of a role does not repeat the company that it already names."""
    wire = {**harmless_candidate(), "headline": "Engineer at Douro Trips", "currentRole": None}
    candidate = _load(wire)
    for look in LOOKS:
        assert _card_text(_render(candidate, look)).count("Douro Trips") == 1, look


def test_a_bare_id_is_a_card() -> None:
    """Nothing but a profile id gives a card that says so in words."""
    for look in LOOKS:
        markup = _render(_load({"profileId": "prof_1"}), look)
        assert _complaints(markup) == [], look
        assert _card_text(markup) == "Unnamed candidate Not scored", look


@settings(deadline=None)
@given(gaps=st.lists(st.sampled_from(GAPS), max_size=len(GAPS)), look=st.sampled_from(LOOKS))
def test_any_mixture_of_gaps_leaves_no_trace(gaps: list[tuple[Field, str]], look: Look) -> None:
    """Gaps do not add up to something that none of them does alone."""
    wire = harmless_candidate()
    for field, gap in gaps:
        _with_gap(wire, field, gap)
    assert _complaints(_render(_load(wire), look)) == []


@pytest.mark.parametrize("look", LOOKS, ids="-".join)
def test_a_shortlist_without_words_around_it_leaves_no_trace(look: Look) -> None:
    """No title, brief, client or author, absent or blank, is no heading, line or separator."""
    format_, density, theme = look
    payload = json.dumps([harmless_candidate(), {"profileId": "prof_2"}])
    for words in (None, "", "  "):
        shortlist = parse_shortlist(payload, title=words, brief=words, client=words, author=words)
        markup = render_shortlist(shortlist, format=format_, theme=theme, density=density)
        assert _complaints(str(markup)) == [], words


@pytest.mark.parametrize("look", LOOKS, ids="-".join)
def test_an_empty_shortlist_is_no_error(look: Look) -> None:
    """A completed run that found nobody renders to something without a trace of a person."""
    format_, density, theme = look
    run = {"success": True, "requestId": "req_1", "status": "completed", "candidates": []}
    shortlist = parse_shortlist(json.dumps({**run, "createdAt": "2026-06-01T08:00:00.000Z"}))
    markup = str(render_shortlist(shortlist, format=format_, theme=theme, density=density))
    assert not _LEFTOVER.search(markup)
    assert "article" not in markup
    if format_ == "page":
        assert _complaints(markup) == []


_WORDS = ("Strong match", "Good match", "Partial match", "Low match", "Not scored")
_SCORES: tuple[tuple[object, str, str], ...] = (
    (None, "", "Not scored"),
    (0, "0", "Low match"),
    (100, "100", "Strong match"),
    (87.4, "87", "Strong match"),
    ("87", "87", "Strong match"),
    (150, "", "Not scored"),
    (-3, "", "Not scored"),
    (100.4, "", "Not scored"),
    (-0.1, "", "Not scored"),
    (80, "80", "Strong match"),
    (79, "79", "Good match"),
    (60, "60", "Good match"),
    (59, "59", "Partial match"),
    (40, "40", "Partial match"),
    (39, "39", "Low match"),
    (1, "1", "Low match"),
)


@pytest.mark.parametrize(("score", "number", "word"), _SCORES)
def test_each_score_has_one_result(score: object, number: str, word: str) -> None:
    """Number and word of a score are the same on every look, and no other word is there."""
    candidate = _load({"profileId": "prof_1", "name": "Bo", "matchScore": score})
    for look in LOOKS:
        text = _card_text(_render(candidate, look))
        assert re.findall(r"-?\d[\d.]*", text) == ([number] if number else []), look
        assert [known for known in _WORDS if known in text] == [word], look


@pytest.mark.parametrize(("score", "number", "word"), _SCORES)
def test_a_score_is_a_whole_sentence_to_assistive_technology(
    score: object, number: str, word: str
) -> None:
    """The score's accessible name says the number, the scale, the word and who made it."""
    candidate = _load({"profileId": "prof_1", "name": "Bo", "matchScore": score})
    root = lxml_html.document_fromstring(_render(candidate, ("fragment", "card", "dark")))
    (picture,) = root.xpath("//*[@role='img']")
    assert picture.get("aria-label") == (f"{number} out of 100, {word} (AI)" if number else word)


@given(st.floats(min_value=0, max_value=100))
def test_a_shown_score_is_never_more_precise_than_a_whole_number(score: float) -> None:
    """Any score on the scale is shown as a whole number within one half of it."""
    candidate = Candidate.model_validate({"profileId": "p", "name": "Bo", "matchScore": score})
    text = _card_text(_render(candidate, ("fragment", "row", "dark")))
    (shown,) = re.findall(r"\d+", text)
    assert abs(int(shown) - score) <= 0.5
    assert "." not in text
