"""Random candidates on paper: nothing blank, cut off, torn apart or out of order.

48 of them; any other number with ``--dossier-people``.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest
from dossier_people import random_candidates
from dossier_reading import HEADINGS, Dossier, squeezed

from candidate_cards import Candidate, Shortlist
from candidate_cards.cards import DEFAULT_LABELS, CardView, card_view
from candidate_cards.exports.pdf import DossierFacts, PageSize, PdfPool, render_dossier

if TYPE_CHECKING:
    from collections.abc import Iterator

_DOSSIERS: Final = 4
_PEOPLE: Final = 48
_MILLIMETRE: Final = 72 / 25.4
_SIDE: Final = 20 * _MILLIMETRE  # margins of dossier.css
_TOP: Final = 22 * _MILLIMETRE
_BOTTOM: Final = 20 * _MILLIMETRE
_PAPER: Final[dict[PageSize, tuple[float, float]]] = {
    "A4": (210 * _MILLIMETRE, 297 * _MILLIMETRE),
    "Letter": (612, 792),
}
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})


class Section(NamedTuple):
    """A candidate and the pages on which the candidate is."""

    view: CardView
    dossier: Dossier
    pages: range

    @property
    def name(self) -> str:
        """What a failure calls it."""
        return f"{self.view.rank} on {self.pages}"


@pytest.fixture(scope="module")
def each(request: pytest.FixtureRequest) -> int:
    """How many candidates a dossier has."""
    people: int | None = request.config.getoption("--dossier-people")
    return (people or _PEOPLE) // _DOSSIERS


@pytest.fixture(scope="module")
def dossiers(each: int) -> dict[int, tuple[PageSize, list[Candidate], Dossier]]:
    """Four dossiers of as many candidates, alternately A4 and Letter."""
    made = {}
    with PdfPool(2) as pool:
        for number in range(_DOSSIERS):
            size: PageSize = "Letter" if number % 2 else "A4"
            people = random_candidates(each, seed=number, giants=number > _DOSSIERS - 3)
            data = render_dossier(
                Shortlist(candidates=tuple(people), title="Staff Engineer", client="Acme"),
                page_size=size,
                facts=DossierFacts(),
                profile="internal",
                pool=pool,
            )
            made[number] = (size, people, Dossier(data))
    return made


@pytest.fixture(scope="module")
def sections(
    each: int,
    dossiers: dict[int, tuple[PageSize, list[Candidate], Dossier]],
) -> list[Section]:
    """All candidates with their pages, which begin where the bookmarks say."""
    found = []
    for _, people, dossier in dossiers.values():
        starts = dossier.starts
        ends = (*starts[1:], len(dossier) - 1)  # the notice has one page
        for rank, (person, *pages) in enumerate(zip(people, starts, ends, strict=True), 1):
            view = card_view(person, density="detail", rank=str(rank))
            found.append(Section(view, dossier, range(*pages)))
    assert len(found) == _DOSSIERS * each
    return found


def test_half_of_the_text_is_not_ascii(each: int) -> None:
    """The candidates are what the test says they are: of all sizes, and in many scripts."""
    people = [p for seed in range(_DOSSIERS) for p in random_candidates(each, seed, giants=True)]
    texts = [text for person in people for text in _fields(card_view(person, density="detail"))]
    foreign = sum(not text.isascii() for text in texts) / len(texts)
    assert 0.4 < foreign < 0.65
    roles = [len(person.detailed_experience) for person in people]
    assert (min(roles), max(roles)) == (0, 25)
    words = [len(h.split()) for p in people for r in p.detailed_experience for h in r.highlights]
    assert (min(words), max(words)) == (1, 3000)
    kinds = {unicodedata.name(c, "?").split()[0] for text in texts for c in text}
    assert {"LATIN", "CJK", "HANGUL", "KATAKANA", "ARABIC", "HEBREW", "THAI", "CYRILLIC"} <= kinds


def test_paper_has_the_size_that_was_asked_for(
    dossiers: dict[int, tuple[PageSize, list[Candidate], Dossier]],
) -> None:
    """Every page is A4, or every page is Letter."""
    for size, _, dossier in dossiers.values():
        for page in range(len(dossier)):
            assert (dossier.width(page), dossier.height(page)) == pytest.approx(
                _PAPER[size], abs=0.1
            )


def test_no_page_is_blank(
    dossiers: dict[int, tuple[PageSize, list[Candidate], Dossier]],
) -> None:
    """Each page shows text that is more than its running head and foot."""
    for number, (_, _, dossier) in dossiers.items():
        for page in range(len(dossier)):
            shown = [run for run in dossier.runs(page) if run.mcid is not None and run.text.strip()]
            assert shown, (number, page)


def test_no_heading_stands_last_on_a_page(sections: list[Section]) -> None:
    """What a name, a section's title or a role's title announces begins on the same page.

    The recommendation's title is followed by ruled lines, which a person is to fill.
    """
    looked = 0
    for section in sections:
        elements = [e for e in section.dossier.elements if e.marks[0][0] in section.pages]
        for heading, following in pairwise(elements):
            text = section.dossier.text_of(heading).strip()
            if heading.kind not in HEADINGS or text == DEFAULT_LABELS.recommendation:
                continue
            looked += 1
            assert {page for page, _ in heading.marks} == {following.marks[0][0]}, section.name
    assert looked > 4 * len(sections)  # and no loop over nothing


def test_paragraphs_are_not_torn(sections: list[Section]) -> None:
    """A paragraph of six lines or more leaves three behind, and takes three along."""
    torn = 0
    for section in sections:
        for lines in _torn(section):
            torn += 1
            if sum(lines) >= 6:
                assert min(lines[0], lines[-1]) >= 3, (section.name, lines)
    assert torn >= 2  # the giants alone


def _torn(section: Section) -> Iterator[list[int]]:
    """Yield, of each paragraph that spans pages, its lines on each of them.

    WeasyPrint makes an element of each page's part. A list's point goes on where a page begins
    with no bullet of its own, an evidence's text where a page begins with no title.
    """
    dossier = section.dossier
    lines: list[int] = []
    for page in section.pages[1:]:
        here = [element for element in dossier.elements if element.marks[0][0] == page]
        last = [element for element in dossier.elements if element.marks[0][0] == page - 1][-1]
        if here[0].kind == last.kind and last.kind in {"/LBody", "/P"}:
            lines = lines or [dossier.lines(last)[page - 1]]
            lines.append(dossier.lines(here[0])[page])
            if len(here) == 1:
                continue  # and perhaps goes on
        if lines:
            yield lines
            lines = []
    if lines:
        yield lines


def test_nothing_is_outside_its_page(
    dossiers: dict[int, tuple[PageSize, list[Candidate], Dossier]],
) -> None:
    """All text is between the margins, and running heads and feet are on the sheet."""
    for number, (_, _, dossier) in dossiers.items():
        for page in range(1, len(dossier)):
            width, height = dossier.width(page), dossier.height(page)
            for run in dossier.runs(page):
                if not run.text.strip():
                    continue
                assert run.left > _SIDE - 1, (number, page, run)
                assert run.right < width - _SIDE + 1, (number, page, run)
                top, bottom = (_TOP, _BOTTOM) if run.mcid is not None else (15, 15)
                assert top < run.base < height - bottom, (number, page, run)


def test_nothing_is_clipped(
    dossiers: dict[int, tuple[PageSize, list[Candidate], Dossier]],
) -> None:
    """No path clips text: what the clipping paths hold is a background, an emoji or a logo."""
    for number, (_, _, dossier) in dossiers.items():
        for page in range(len(dossier)):
            assert not dossier.clipped(page), (number, page)


def test_no_glyph_is_missing(
    dossiers: dict[int, tuple[PageSize, list[Candidate], Dossier]],
) -> None:
    """Each character has a glyph of its own, none is drawn as the box of missing ones."""
    for number, (_, _, dossier) in dossiers.items():
        for page in range(len(dossier)):
            assert not dossier.missing_glyphs(page), (number, page)


def test_a_character_that_no_font_has_is_noticed() -> None:
    """The test above would see one."""
    person = Candidate(profile_id="p", name="Ada", rationale="no glyph: \u0378")
    dossier = Dossier(render_dossier(person))
    assert any(dossier.missing_glyphs(page) for page in range(len(dossier)))


@pytest.mark.parametrize("extractor", ["poppler", "pypdf"])
def test_every_field_comes_back_in_order(
    sections: list[Section], each: int, extractor: str
) -> None:
    """Both extractors return all fields of a candidate one after another.

    Of candidates with text from right to left, only that every character is there as often as it
    was written: extractors guess its order from glyphs, which stand in visual order, and turn
    their neighbours around with it.

    pypdf is slow, so of 48 it gets those of the last dossier.
    """
    few = extractor == "pypdf" and each * _DOSSIERS == _PEOPLE
    read = ordered = 0
    for number, section in enumerate(sections):
        if few and number // each != _DOSSIERS - 1:
            continue
        pages: list[str] = getattr(section.dossier, extractor)
        text = _comparable("".join(pages[page] for page in section.pages))
        fields = [field for field in map(_comparable, _fields(section.view)) if field]
        read += 1
        if _is_right_to_left("".join(fields)):
            missing = Counter("".join(fields)) - Counter(text)
            assert not missing, (section.name, missing)
            continue
        ordered += 1
        position = 0
        for field in fields:
            found = text.find(field, position)
            assert found >= 0, (section.name, field, text[position : position + 500])
            position = found + len(field)
    assert read == (each if few else _DOSSIERS * each)
    assert ordered >= read / 3


def _comparable(text: str) -> str:
    """Return text without what extractors move: hyphens at a line's end, bullets at a page's."""
    return re.sub("[-•✓△]", "", squeezed(text))


def _is_right_to_left(text: str) -> bool:
    return any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in text)


def _fields(view: CardView) -> Iterator[str]:
    """Yield all texts of a candidate in reading order, a line each."""
    yield view.name
    yield f"{view.role}{view.joint}{view.company}"
    yield view.headline
    yield view.place
    yield view.lead
    yield from view.fit
    yield from view.check
    yield " · ".join(view.skills)
    if view.profile is not None:
        yield view.profile.href
    yield from (email.text for email in view.emails)
    for evidence in view.evidence:
        yield from (evidence.role, evidence.company, evidence.duration, evidence.text)
    for post in view.experience:
        yield from (post.role, post.company, post.duration, *post.highlights)


_FRAME: Final = (
    "A role with a rather long title for a team that spans three offices and two time zones, "
    "reporting to the head of infrastructure"
)


def test_long_names_push_nothing_off_the_sheet() -> None:
    """A long name, role and client wrap in cover, running head and foot, and overlap nothing."""
    name = "Maximiliane " * 20
    person = Candidate(profile_id="p", name=name, current_role="Engineer " * 25, rationale="Fine.")
    shortlist = Shortlist(
        candidates=(person, person), title=_FRAME, client="Company " * 12, brief="Brief " * 100
    )
    dossier = Dossier(render_dossier(shortlist))
    for page in range(len(dossier)):
        width, height = dossier.width(page), dossier.height(page)
        runs = [run for run in dossier.runs(page) if run.text.strip()]
        for run in runs:
            assert 0 < run.left < run.right < width, (page, run)
            assert 8 < run.base < height - 8, (page, run)
        heads = [r.base for r in runs if r.mcid is None and r.base < height / 2]
        feet = [r.base for r in runs if r.mcid is None and r.base > height / 2]
        inside = [r.base for r in runs if r.mcid is not None]
        assert max(heads, default=0) < min(inside), page
        assert max(inside) < min(feet, default=height), page
