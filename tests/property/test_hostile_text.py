"""Whatever stands in a candidate's texts, a card's structure stays what it is."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import product
from typing import TYPE_CHECKING, Any, Literal, get_args
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from candidate_cards import Candidate, parse_shortlist, render_card, render_shortlist
from candidate_cards._text import is_visible, with_balanced_bidi
from hostile_corpus import (
    BAD_URLS,
    EMAIL_FIELD,
    GOOD_URLS,
    HOSTILE_EMAILS,
    ID_FIELD,
    PAYLOADS,
    REPAIRABLE_URLS,
    STRING_FIELDS,
    TEXT_FIELDS,
    URL_FIELD,
    Field,
    folded,
    harmless_candidate,
    payloads,
    replace_texts,
    text_at,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from candidate_cards import Shortlist

Format = Literal["fragment", "element", "page"]
Density = Literal["row", "card", "detail"]
Theme = Literal["dark", "light"]
Look = tuple[Format, Density, Theme]

LOOKS: tuple[Look, ...] = tuple(product(get_args(Format), get_args(Density), get_args(Theme)))
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr"})
_ADDRESSES = frozenset({"href", "src", "action", "formaction", "xlink:href", "srcset", "poster"})
_SHOWN: dict[Density, frozenset[Field]] = {
    "row": frozenset({("name",), ("currentRole",), ("currentCompany",)}),
    "card": frozenset(
        field
        for field in TEXT_FIELDS
        if field[0] not in {"headline", "aiDetailedRationale", "detailedExperience"}
    ),
    "detail": frozenset(TEXT_FIELDS),
}


class Outline(HTMLParser):
    """Reads rendered HTML into what a test compares.

    Attributes:
        elements: Start and end tags in order, with attribute names but no values.
        words: Text outside style elements, as one string.
        comments: Comments that hold anything.
        addresses: Values of all attributes that a browser could follow or load.
        cards: Source text of each element with the role ``article``, outermost only.
        frame: Source text around the cards.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, ...]] = []
        self.comments: list[str] = []
        self.addresses: list[str] = []
        self.cards: list[str] = []
        self._html = html
        self._words: list[str] = []
        self._open: list[str] = []
        self._card: tuple[int, int] | None = None
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", html))]
        self._frame: list[str] = []
        self._frame_from = 0
        self.feed(html)
        self.close()
        self._frame.append(html[self._frame_from :])
        self.words = "".join(self._words)
        self.frame = "".join(self._frame)

    # What follows answers html.parser.

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: D102
        self.elements.append((tag, *(name for name, _ in attrs)))
        self.addresses += [value or "" for name, value in attrs if name in _ADDRESSES]
        if self._card is None and ("role", "article") in attrs:
            self._card = self._offset(), len(self._open)
            self._frame.append(self._html[self._frame_from : self._card[0]])
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:  # noqa: D102
        if tag in _VOID:
            return
        self.elements.append(("/", tag))
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag
        if self._card and len(self._open) == self._card[1]:
            end = self._html.index(">", self._offset()) + 1
            self.cards.append(self._html[self._card[0] : end])
            self._frame_from = end
            self._card = None

    def handle_data(self, data: str) -> None:  # noqa: D102
        if not self._open or self._open[-1] != "style":
            self._words.append(data)

    def handle_comment(self, data: str) -> None:  # noqa: D102
        if data:
            self.comments.append(data)

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._line_starts[line - 1] + column


def _show(candidate: Candidate, look: Look) -> str:
    format_, density, theme = look
    document = render_card(
        candidate, format=format_, theme=theme, density=density, profile="internal"
    )
    document.encode("utf-8")
    return str(document)


def _show_all(shortlist: Shortlist, look: Look) -> str:
    format_, density, theme = look
    document = render_shortlist(
        shortlist, format=format_, theme=theme, density=density, profile="internal"
    )
    document.encode("utf-8")
    return str(document)


def _parsed(*candidates: Mapping[str, Any]) -> Shortlist:
    shortlist: Shortlist = parse_shortlist(json.dumps(list(candidates)))
    return shortlist


def _as_shown(text: str) -> str:
    """Return what a card shows of a text that never went through the loader.

    It loses its open controls, and is none if nobody would see it.
    """
    shown = with_balanced_bidi(text)
    return shown if text.isprintable() or is_visible(shown) else ""


def _blanked(value: object) -> object:
    """Replace every letter of every text, so that only lengths and spaces are left."""
    match value:
        case str():
            return "".join(c if c.isspace() or c == "." else "x" for c in _as_shown(value))
        case list():
            return [_blanked(item) for item in value]
        case dict():
            return {key: _blanked(item) for key, item in value.items()}
        case _:
            return value


def _twin(candidate: Candidate, outline: Outline) -> Candidate:
    """Return the same candidate in harmless words, with links where ``outline`` has them."""
    wire = candidate.model_dump(mode="json", by_alias=True)
    twin = _blanked(wire)
    assert isinstance(twin, dict)
    twin["matchScore"] = wire["matchScore"]
    # A card leaves out a headline or company that would repeat what it says already; different
    # letters keep the harmless texts as different as the hostile ones are.
    role, company, headline = (
        (wire[key] or "").casefold() for key in ("currentRole", "currentCompany", "headline")
    )
    twin["currentCompany"] = (twin["currentCompany"] or "").replace("x", "y")
    twin["headline"] = (twin["headline"] or "").replace("x", "z")
    if headline.strip() and headline == role:
        twin["headline"] = twin["currentRole"]
    elif headline.strip() and headline == f"{role} at {company}":
        twin["headline"] = f"{twin['currentRole']} at {twin['currentCompany']}"
    elif company.strip() and company in headline:
        twin["currentCompany"] = twin["headline"]
    if any(address.startswith("https:") for address in outline.addresses):
        twin["linkedinUrl"] = "https://www.linkedin.com/in/x"
    written_to = {address for address in outline.addresses if address.startswith("mailto:")}
    if twin["emails"]:
        # The last address is plain and always a link; another may be one.
        twin["emails"][-1] = "last@example.test"
        if len(written_to) > 1:
            twin["emails"][0] = "first@example.test"
    return Candidate.model_validate(twin)


def _assert_only_safe_addresses(addresses: Iterable[str]) -> None:
    for address in addresses:
        parts = urlsplit(address)
        if parts.scheme == "https":
            host = parts.netloc
            assert host == "linkedin.com" or host.endswith(".linkedin.com"), host
            assert re.fullmatch(r"[!-~]+", address)
        else:
            assert parts.scheme == "mailto"
            assert re.fullmatch(r"mailto:[^\s,;?&@:]+@[A-Za-z0-9.-]+", address), address


def _assert_card_holds(candidate: Candidate, look: Look, fields: Iterable[Field]) -> None:
    html = _show(candidate, look)
    outline = Outline(html)
    assert outline.comments == []
    _assert_only_safe_addresses(outline.addresses)
    assert outline.elements == Outline(_show(_twin(candidate, outline), look)).elements
    wire = candidate.model_dump(mode="json", by_alias=True)
    words = folded(outline.words)
    for field in _SHOWN[look[1]].intersection(fields):
        # A long summary folds in two on the card, with our own words in between.
        if field != ("rationale",) or look[1] == "detail":
            text = folded(_as_shown(text_at(wire, field)))
            # A headline that stands in for the role may name the company in other capitals.
            assert text in words or text.casefold() in words.casefold(), field


_PIECES = (
    *("<", ">", "</", "/>", "<!--", "-->", "]]>", "script", "style", "template"),
    *("&", ";", '"', "'", "`", "=", "\\", "{", "{{", "}}", "${", "[[", "{%"),
    *("\x00", "\ud800", "\u202e", "\u2067", " ", "\n", "x"),
)
any_character = st.characters(exclude_categories=())
any_text = st.one_of(
    st.text(any_character, max_size=60),
    st.sampled_from(PAYLOADS).map(lambda payload: payload.text[:3000]),
    st.lists(
        st.sampled_from(_PIECES),
        max_size=12,
    ).map("".join),
)
url_text = st.one_of(any_text, st.sampled_from((*BAD_URLS, *REPAIRABLE_URLS, *GOOD_URLS)))
email_text = st.one_of(any_text, st.sampled_from(HOSTILE_EMAILS))


@st.composite
def texts_by_field(draw: st.DrawFn) -> dict[Field, str]:
    """Hostile texts for at least one field of a candidate."""
    fields = draw(st.sets(st.sampled_from(STRING_FIELDS), min_size=1))
    # Without a visible id there is no candidate, and with a neighbour's there is one person.
    special = {URL_FIELD: url_text, EMAIL_FIELD: email_text, ID_FIELD: any_text.map("{}#".format)}
    return {field: draw(special.get(field, any_text)) for field in sorted(fields, key=str)}


unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@unhurried
@given(texts=texts_by_field(), look=st.sampled_from(LOOKS))
def test_any_text_of_a_payload_leaves_the_structure_alone(
    texts: dict[Field, str], look: Look
) -> None:
    """A candidate read from JSON shows its texts verbatim inside the structure of harmless ones."""
    (candidate,) = _parsed(replace_texts(harmless_candidate(), texts)).candidates
    _assert_card_holds(candidate, look, texts)


@unhurried
@given(texts=texts_by_field(), look=st.sampled_from(LOOKS))
@example(texts={("location",): "\u202e "}, look=("fragment", "card", "dark"))
@example(texts={("name",): "\u200b"}, look=("fragment", "card", "dark"))
@example(texts={("location",): "\u200b"}, look=("fragment", "card", "dark"))
def test_any_text_of_a_model_leaves_the_structure_alone(
    texts: dict[Field, str], look: Look
) -> None:
    """A candidate made in Python, never cleaned, is as harmless as one that was loaded."""
    encodable = {
        field: text.encode("utf-8", "replace").decode("utf-8") or "x"
        for field, text in texts.items()
    }
    candidate = Candidate.model_validate(replace_texts(harmless_candidate(), encodable))
    _assert_card_holds(candidate, look, encodable)


@pytest.mark.parametrize("density", get_args(Density))
def test_every_payload_in_every_field_leaves_the_structure_alone(density: Density) -> None:
    """Each payload of the corpus, once in each field and by turns in each format, stays text."""
    own_lists = {URL_FIELD: (*BAD_URLS, *REPAIRABLE_URLS), EMAIL_FIELD: HOSTILE_EMAILS}
    texts = [payload.text[:2000] for payload in PAYLOADS]
    wires = []
    for number in range(len(texts)):
        hostile = {
            field: (*own_lists.get(field, ()), *texts)[(number + shift) % len(texts)]
            for shift, field in enumerate(STRING_FIELDS)
        }
        hostile[ID_FIELD] += f"#{number}"  # or payloads that are cleaned away would be one person
        wires.append(replace_texts(harmless_candidate(), hostile))
    read = _parsed(*wires).candidates
    assert len(read) == len(wires)
    looks = [look for look in LOOKS if look[1] == density]
    for number, candidate in enumerate(read):
        _assert_card_holds(candidate, looks[number % len(looks)], STRING_FIELDS)


@unhurried
@given(texts=texts_by_field(), look=st.sampled_from(LOOKS))
def test_neighbours_of_a_hostile_candidate_are_byte_equal(
    texts: dict[Field, str], look: Look
) -> None:
    """The cards before and after a hostile one are the same bytes as without it."""
    first, last = harmless_candidate("prof_1"), harmless_candidate("prof_3")
    middle = {**harmless_candidate("prof_2"), "name": "Middle"}
    hostile = _parsed(first, replace_texts(middle, texts), last)
    outline = Outline(_show_all(hostile, look))
    plain = Outline(_show_all(_parsed(first, middle, last), look))
    without = Outline(_show_all(_parsed(first, last), look))
    assert len(outline.cards) == len(plain.cards)
    assert outline.cards[0::3] == without.cards[0::2]
    assert outline.cards[2::3] == without.cards[1::2]
    assert outline.frame == plain.frame


@unhurried
@given(
    texts=st.fixed_dictionaries(dict.fromkeys(("title", "brief", "client", "author"), any_text)),
    look=st.sampled_from(LOOKS),
)
def test_any_text_of_a_shortlist_leaves_the_structure_alone(
    texts: dict[str, str], look: Look
) -> None:
    """Title, brief, client and author are text, however hostile, and touch no card."""
    payload = json.dumps([harmless_candidate()])
    shortlist = parse_shortlist(payload, **texts)
    outline = Outline(_show_all(shortlist, look))
    harmless = {key: str(_blanked(getattr(shortlist, key) or "")) for key in texts}
    plain = Outline(_show_all(parse_shortlist(payload, **harmless), look))
    assert outline.comments == []
    assert outline.elements == plain.elements
    assert outline.cards == plain.cards
    if look[0] == "page":
        for key in texts:
            assert folded(getattr(shortlist, key) or "") in folded(outline.words)


@unhurried
@given(identifier=any_text.map("{}#".format), message=any_text, look=st.sampled_from(LOOKS))
def test_a_failed_profile_cannot_leave_its_place(identifier: str, message: str, look: Look) -> None:
    """The id and message of a profile that failed are text on the page that reports it."""

    def run(failed_id: str, failed_message: str) -> str:
        return json.dumps(
            {
                "success": True,
                "requestId": "enr_1",
                "status": "completed",
                "enrichedCount": 1,
                "failureCount": 1,
                "data": [
                    {
                        "profileId": "prof_c0de",
                        "success": True,
                        "candidate": harmless_candidate(),
                    },
                    {
                        "profileId": failed_id,
                        "success": False,
                        "errorCode": "PROFILE_NOT_FOUND",
                        "errorMessage": failed_message,
                    },
                ],
            }
        )

    outline = Outline(_show_all(parse_shortlist(run(identifier, message)), look))
    plain = Outline(_show_all(parse_shortlist(run("prof_gone", "not known")), look))
    assert outline.comments == []
    assert outline.cards == plain.cards
    assert outline.elements == plain.elements


@pytest.mark.parametrize("look", LOOKS, ids="-".join)
def test_no_hostile_address_becomes_a_link(look: Look) -> None:
    """Of a hundred hostile addresses none is linked, and each is still shown as text."""
    wires = [
        replace_texts(harmless_candidate(f"prof_{number}"), {URL_FIELD: url})
        for number, url in enumerate(BAD_URLS)
    ]
    for url, candidate in zip(BAD_URLS, _parsed(*wires).candidates, strict=True):
        outline = Outline(_show(candidate, look))
        linked = [address for address in outline.addresses if not address.startswith("mailto:")]
        assert linked == [], url
        if look[1] != "row" and candidate.linkedin_url:
            assert folded(candidate.linkedin_url) in folded(outline.words), url


@pytest.mark.parametrize("look", LOOKS, ids="-".join)
def test_every_real_profile_address_becomes_a_link(look: Look) -> None:
    """Country hosts, other scripts and percent-encoding are linked to the host they name."""
    wires = [
        replace_texts(harmless_candidate(f"prof_{number}"), {URL_FIELD: url})
        for number, url in enumerate(GOOD_URLS)
    ]
    for url, candidate in zip(GOOD_URLS, _parsed(*wires).candidates, strict=True):
        addresses = Outline(_show(candidate, look)).addresses
        hosts = {urlsplit(address).netloc for address in addresses if address.startswith("https:")}
        assert hosts == {(urlsplit(url).hostname or "").lower()}, url


def test_a_lone_surrogate_never_reaches_an_output() -> None:
    """A model refuses text that no file can hold, or a card of it can still be encoded."""
    wire = replace_texts(harmless_candidate(), dict.fromkeys(TEXT_FIELDS, "torn \ud83d"))
    try:
        candidate = Candidate.model_validate(wire)
    except ValueError:
        return
    for look in LOOKS:
        assert "torn" in _show(candidate, look), look


def test_the_corpus_is_as_large_as_promised() -> None:
    """Over 240 different payloads of 17 kinds, 75 hostile addresses and 20 real ones."""
    assert len({payload.text for payload in PAYLOADS}) == len(PAYLOADS) >= 240
    assert len({payload.group for payload in PAYLOADS}) == 17
    assert len(set(BAD_URLS)) == len(BAD_URLS) >= 75
    assert len(set(GOOD_URLS)) == len(GOOD_URLS) >= 20


def test_ordinary_odd_text_arrives_unchanged() -> None:
    """Names, signs and words that real people have pass the cleaning untouched."""
    ordinary = payloads("ordinary")
    wires = [
        {**harmless_candidate(f"prof_{payload.number}"), "rationale": payload.text}
        for payload in ordinary
    ]
    read = [candidate.rationale for candidate in _parsed(*wires).candidates]
    assert read == [payload.text for payload in ordinary]
