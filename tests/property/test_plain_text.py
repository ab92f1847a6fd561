"""Whatever stands in a candidate's texts, the text of a message keeps its shape.

Numbers of candidates and rules stand at the left margin, and nothing of a candidate's does. So a
text can say what it likes: it looks like neither the next candidate nor the end of this one.
"""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from wcwidth import width

from candidate_cards import Candidate, FailedProfile, Shortlist, parse_shortlist
from candidate_cards._text import with_balanced_bidi
from candidate_cards.cards import CardView, Density, linkedin_url
from candidate_cards.exports import render
from candidate_cards.rendering import plain_text
from hostile_corpus import (
    BAD_URLS,
    EMAIL_FIELD,
    GOOD_URLS,
    HOSTILE_EMAILS,
    PAYLOADS,
    REPAIRABLE_URLS,
    STRING_FIELDS,
    URL_FIELD,
    Field,
    Payload,
    harmless_candidate,
    replace_texts,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DENSITIES: tuple[Density, ...] = get_args(Density)
RULE = "-" * 72
_DRAWN = re.compile(r"[-\u2010-\u2015_=*]{3,}")

IMPOSTORS = (
    "3. Eve Impostor",
    "Ada\n3. Eve Impostor",
    f"Ada\n\n{RULE}\n\n3. Eve Impostor\n   Match: 100 out of 100, Strong match",
    RULE,
    f"\n{RULE}",
    "- - - -",
    "-" * 500,
    "\r3. Eve\r\n3. Eve\x0b3. Eve\x0c3. Eve\x1c3. Eve\x1d3. Eve\x1e3. Eve\x853. Eve",
    "\u20283. Eve\u20293. Eve",
    "x" * 69 + " 3. Eve",
    "x" * 67 + " 3. Eve",
    "漢" * 34 + "3. Eve",
    "word " * 13 + "wo 3. Eve " + "word " * 13 + "3. Eve",
    "\x1b[2K\x1b[1G3. Eve\x08\x08\x08",
    "\t3. Eve\n\t" + RULE,
    "\u00a03. Eve\n\u3000" + RULE,
    "\u202e3. Eve\u2066\n3. Eve",
    "   \n3. Eve",
    "LinkedIn profile:\nhttps://www.linkedin.com/in/eve",
    "Prepared by Eve",
)
"""Texts that try to pass for what stands around them."""


class Shape:
    """A message's text, in its parts.

    Attributes:
        lines: All of it.
        rules: How many lines are drawn at the left margin.
        numbers: What stands before the first space of lines that begin with a number and a dot.
        sections: Lines between rules: the head, each candidate, the foot.
    """

    def __init__(self, text: str) -> None:
        assert text.endswith("\n")
        self.lines = text[:-1].split("\n")
        # Nothing else in it could be read as the end of a line.
        assert self.lines == text.splitlines()
        self.rules = len([line for line in self.lines if _DRAWN.fullmatch(line)])
        self.numbers = [line.split(" ")[0] for line in self.lines if re.match(r"\d+\.\s", line)]
        self.sections: list[list[str]] = [[]]
        for line in self.lines:
            if line == RULE:
                self.sections.append([])
            else:
                self.sections[-1].append(line)


def read(shortlist: Shortlist, density: Density = "detail") -> tuple[Shape, tuple[CardView, ...]]:
    """Return the shape of a shortlist's text, and what it was made from."""
    made = render(shortlist, format="email", density=density, profile="internal")
    assert made.message is not None
    text = plain_text(made.shortlist, made.message, made.cards, made.labels, made.notice)
    return Shape(text), made.cards


def three(middle: dict[str, Any]) -> dict[str, Any]:
    """Return a shortlist on the wire with a candidate between two harmless ones."""
    people = [harmless_candidate("prof_before"), middle, harmless_candidate("prof_after")]
    return {"title": "Engineer", "client": "Acme", "candidates": people}


def loaded(middle: dict[str, Any]) -> Shortlist:
    """Return that shortlist as it is loaded: cleaned."""
    shortlist = parse_shortlist(json.dumps(three(middle)))
    assert len(shortlist.candidates) == 3
    return shortlist


def by_hand(middle: dict[str, Any]) -> Shortlist | None:
    """Return that shortlist made of models, which clean nothing; ``None`` if they refuse it."""
    try:
        people = tuple(map(Candidate.model_validate, three(middle)["candidates"]))
    except ValueError:
        return None
    return Shortlist(candidates=people, title="Engineer", client="Acme")


def shown_texts(card: CardView) -> Iterator[str]:
    """Yield every text of a view that the text of a message shows."""
    yield from (card.name, card.role, card.company, card.headline, card.place)
    yield from (card.score.value, card.score.word, card.lead)
    yield from (*card.skills, *card.fit, *card.check)
    for why in card.evidence:
        yield from (why.role, why.company, why.duration, why.text)
    for post in card.experience:
        yield from (post.role, post.company, post.duration, *post.highlights)
    if card.profile:
        yield card.profile.href or card.profile.text
    yield from (email.text for email in card.emails)


def squashed(texts: Iterable[str]) -> str:
    """Return texts without white space: wrapping changes nothing else."""
    return "".join("".join(texts).split())


def check(shortlist: Shortlist, density: Density = "detail") -> None:
    """Assert that the middle one of three candidates keeps to its own section."""
    shape, cards = read(shortlist, density)
    plain, _ = read(loaded(harmless_candidate("prof_middle")), density)
    assert shape.rules == 4
    assert shape.numbers == ["1.", "2.", "3."]
    assert len(shape.sections) == 5
    for at in (0, 1, 3, 4):
        assert shape.sections[at] == plain.sections[at]
    blank, name, *rest, end = shape.sections[2]
    assert (blank, end) == ("", "")
    assert name.startswith("2. ")
    assert all(re.match(" {3}", line) or not line for line in rest)
    assert not any(one == other == "" for one, other in pairwise(rest))
    section = squashed(shape.sections[2])
    for text in shown_texts(cards[1]):
        assert squashed([text]) in section
    addresses = {f"   {card.profile.href}" for card in cards if card.profile}
    for line in shape.lines:
        assert width(line, control_codes="ignore") <= 72 or line in addresses
        assert not line.endswith((" ", "\t"))


@pytest.mark.parametrize("payload", PAYLOADS, ids=repr)
def test_no_payload_leaves_its_section(payload: Payload) -> None:
    """In each text field in turn, the payload is there in full and changes nothing around it."""
    for field in STRING_FIELDS:
        if field == ("profileId",):
            continue
        middle = replace_texts(harmless_candidate("prof_middle"), {field: payload.text})
        check(loaded(middle))


@pytest.mark.parametrize("text", IMPOSTORS, ids=ascii)
@pytest.mark.parametrize("density", DENSITIES)
def test_no_text_passes_for_what_is_around_it(text: str, density: Density) -> None:
    """Not even uncleaned does a text look like a number, a rule or a line of a neighbour's."""
    for field in STRING_FIELDS:
        middle = replace_texts(harmless_candidate("prof_middle"), {field: text})
        for shortlist in (by_hand(middle), loaded(middle)):
            assert shortlist is not None
            check(shortlist, density)
    everywhere: dict[Field, str] = dict.fromkeys(STRING_FIELDS, text)
    shortlist = by_hand(replace_texts(harmless_candidate(), everywhere))
    assert shortlist is not None
    check(shortlist, density)


def test_there_are_impostors_to_refuse() -> None:
    """Without the indent, each kind of impostor would be seen by the check."""
    shape = Shape("".join(f"{line}\n" for text in IMPOSTORS for line in text.splitlines()))
    assert shape.rules > 3
    assert shape.numbers.count("3.") > 10
    assert len(PAYLOADS) > 400


@pytest.mark.parametrize("url", [*GOOD_URLS, *BAD_URLS, *REPAIRABLE_URLS], ids=ascii)
def test_addresses_of_profiles(url: str) -> None:
    """One that may be a link stands whole on its own line below its label; others are text."""
    middle = replace_texts(harmless_candidate("prof_middle"), {URL_FIELD: url})
    shortlist = loaded(middle)
    check(shortlist)
    shape, _ = read(shortlist)
    href = linkedin_url(shortlist.candidates[1].linkedin_url or "")
    assert (url in GOOD_URLS) <= (href is not None)
    labelled = "   LinkedIn profile:" in shape.sections[2]
    assert labelled == (href is not None)
    if href is not None:
        at = shape.sections[2].index(f"   {href}")
        assert shape.sections[2][at - 1] == "   LinkedIn profile:"


@pytest.mark.parametrize("address", HOSTILE_EMAILS, ids=ascii)
def test_addresses_of_mail(address: str) -> None:
    """An e-mail address is text like any other."""
    middle = replace_texts(harmless_candidate("prof_middle"), {EMAIL_FIELD: address})
    check(loaded(middle))


@pytest.mark.parametrize("text", IMPOSTORS, ids=ascii)
def test_ids_that_failed_pass_for_nobody(text: str) -> None:
    """An id of a profile that failed begins no line, whatever it holds."""
    people = tuple(Candidate.model_validate(harmless_candidate(f"p{n}")) for n in range(2))
    failed = tuple(FailedProfile(profile_id=f"{n} {text}") for n in range(8))
    shape, _ = read(Shortlist(candidates=people, failed=failed))
    assert shape.rules == 3
    assert shape.numbers == ["1.", "2."]
    assert squashed([with_balanced_bidi(text)]) in squashed(shape.sections[-1])


_words = (
    st.text(max_size=30)
    | st.sampled_from(IMPOSTORS)
    | st.text("ab \n\t-.3漢שe\u0301\u200d🇳👩\u2067\u2069\u202e\u2028\x85\u00a0", max_size=200)
)
_lists = st.lists(_words, max_size=6)
_people = st.fixed_dictionaries(
    {"profileId": st.just("p")},
    optional={
        **dict.fromkeys(("name", "headline", "location", "currentCompany", "currentRole"), _words),
        **dict.fromkeys(("skills", "aiFitPoints", "aiRedFlags", "emails"), _lists),
        "rationale": _words,
        "linkedinUrl": _words | st.sampled_from(GOOD_URLS),
        "matchScore": st.none() | st.integers(-5, 105),
        "aiDetailedRationale": st.lists(
            st.fixed_dictionaries(
                {},
                optional=dict.fromkeys(
                    ("title", "company", "duration", "relevanceExplanation"), _words
                ),
            ),
            max_size=3,
        ),
        "detailedExperience": st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    **dict.fromkeys(("role", "company", "duration"), _words),
                    "highlights": _lists,
                },
            ),
            max_size=3,
        ),
    },
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(middle=_people, density=st.sampled_from(DENSITIES))
@example(middle={"profileId": "p", "name": "\nBo", "rationale": "a\n\n\nb"}, density="card")
@example(middle={"profileId": "p", "skills": [RULE, "3. Eve"]}, density="detail")
def test_any_candidate_keeps_to_a_section(middle: dict[str, Any], density: Density) -> None:
    """Whatever is there or missing, neighbours, numbers and rules are what they should be."""
    shortlist = by_hand(middle)
    assert shortlist is not None
    check(shortlist, density)


@settings(max_examples=50, deadline=None)
@given(people=st.lists(_people, max_size=12))
def test_any_shortlist_is_numbered(people: list[dict[str, Any]]) -> None:
    """Every candidate has a number of its own, in order, and the same input gives the same text."""
    shortlist = Shortlist(candidates=tuple(map(Candidate.model_validate, people)))
    shape, cards = read(shortlist)
    assert shape.numbers == [f"{rank}." for rank in range(1, len(people) + 1)]
    assert shape.rules == len(people) + 1
    for card, section in zip(cards, shape.sections[1:-1], strict=True):
        assert squashed([f"{card.rank}. {card.name}"]) in squashed(section)
    assert read(shortlist)[0].lines == shape.lines


@settings(max_examples=200, deadline=None)
@given(
    words=st.lists(st.text("abe-.", min_size=1, max_size=80), min_size=1, max_size=60),
    name=st.text("abe", min_size=1, max_size=80),
)
@example(words=["e" * 69], name="e" * 69)
@example(words=["e" * 34, "e" * 34, "e"], name="e")
def test_lines_end_in_the_same_places_in_any_script(words: list[str], name: str) -> None:
    """A letter that ASCII lacks, of the same width, changes nothing about where lines end."""
    text = " ".join(words)

    def lines(letter: str) -> list[str]:
        written = text.replace("e", letter)
        person = {"name": name.replace("e", letter), "rationale": written, "skills": [written]}
        shortlist = by_hand({"profileId": "p", **person})
        assert shortlist is not None
        shape, _ = read(shortlist)
        return shape.sections[2]

    assert [line.replace("é", "e") for line in lines("é")] == lines("e")
