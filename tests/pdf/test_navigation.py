"""Finding one's way: bookmarks, contents, running heads, links and page numbers of a dossier."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import pytest
from dossier_people import random_candidates
from dossier_reading import Dossier, squeezed

from candidate_cards import Candidate, Shortlist, parse_shortlist
from candidate_cards.cards import DEFAULT_LABELS
from candidate_cards.exports.pdf import PdfPool, render_dossier
from command_line import candidate, sourcing
from hostile_corpus import harmless_candidate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_COUNT: Final = 12
_TITLE: Final = "Staff Engineer"


def _shortlist(*, title: str = _TITLE) -> Shortlist:
    """Return candidates of every kind; all have evidence or experience, so two have both."""
    people = random_candidates(_COUNT, seed=7)
    return Shortlist(candidates=tuple(people), title=title, client="Acme", brief="Build it.")


SHORTLIST: Final = _shortlist()


@pytest.fixture(scope="module")
def pool() -> Iterator[PdfPool]:
    """Two processes."""
    with PdfPool(2) as running:
        yield running


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the dossier with another title filled, for candidates but the first three."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module", params=["here", "pool", "cached"])
def dossier(request: pytest.FixtureRequest, pool: PdfPool, cache: Path) -> Dossier:
    """The dossier as it comes from this process, from two, and from a half-filled cache."""
    match request.param:
        case "here":
            return Dossier(render_dossier(SHORTLIST, profile="internal"))
        case "pool":
            return Dossier(render_dossier(SHORTLIST, profile="internal", pool=pool))
    # Ranks are on the pages: the rest has to be at the same places.
    odd = [
        person if number % 2 else person.model_copy(update={"name": "Somebody Else"})
        for number, person in enumerate(SHORTLIST.candidates)
    ]
    earlier = SHORTLIST.model_copy(update={"candidates": tuple(odd)})
    render_dossier(earlier, profile="internal", pool=pool, cache=cache)
    before = len(list(cache.glob("*.pdf")))
    data = render_dossier(SHORTLIST, profile="internal", pool=pool, cache=cache)
    assert (
        len(list(cache.glob("*.pdf"))) == before + _COUNT // 2 + 2
    )  # those that changed, comparison, contents
    return Dossier(data)


def test_each_candidate_has_a_bookmark_with_sections_below(dossier: Dossier) -> None:
    """First-level bookmarks are the names in ranking order; below each are its own sections."""
    assert [title for title, _, _ in dossier.bookmarks] == [p.name for p in SHORTLIST.candidates]
    pages = [page for _, page, _ in dossier.bookmarks]
    assert all(before < after for before, after in pairwise(pages))
    for person, (_, first, below), end in zip(
        SHORTLIST.candidates, dossier.bookmarks, (*pages[1:], len(dossier)), strict=True
    ):
        expected = [f"{DEFAULT_LABELS.evidence} AI"] if person.ai_detailed_rationale else []
        expected += [DEFAULT_LABELS.experience] if person.detailed_experience else []
        assert [title for title, _ in below] == expected
        assert all(first < page < end for _, page in below)


def test_bookmarks_lead_to_their_headings(dossier: Dossier) -> None:
    """On the page of a bookmark stands a heading with its words."""
    headings = {
        (element.marks[0][0], squeezed(dossier.text_of(element)))
        for element in dossier.elements
        if element.kind in {"/H1", "/H2"}
    }
    looked = 0
    for title, page, below in dossier.bookmarks:
        for words, where in ((title, page), *below):
            if words.isascii():  # other scripts are spelt in visual order there
                looked += 1
                assert (where, squeezed(words)) in headings
    assert looked > _COUNT


def test_the_contents_tell_the_true_pages(dossier: Dossier) -> None:
    """Each line of the contents ends in the number of the page on which its name is a heading."""
    entries = _contents(dossier)
    assert len(entries) == _COUNT
    assert [number - 1 for _, number in entries] == dossier.starts
    for (name, _), person in zip(entries, SHORTLIST.candidates, strict=True):
        if str(person.name).isascii():
            assert squeezed(name) == squeezed(str(person.name))


def test_lines_of_the_contents_are_links(dossier: Dossier) -> None:
    """Following them leads to the candidates, in order."""
    targets = [
        dossier.page_of(link["/Dest"])
        for page in range(dossier.starts[0])
        for link in dossier.links(page)
        if "/Dest" in link
    ]
    # A name that wraps has an area for each of its lines.
    assert list(dict.fromkeys(targets)) == dossier.starts


def test_running_heads_name_the_candidate(dossier: Dossier) -> None:
    """On each page of a candidate, and on no other, the head begins with the name."""
    ends = (*dossier.starts[1:], len(dossier) - 1)
    for person, first, end in zip(SHORTLIST.candidates, dossier.starts, ends, strict=True):
        for page in range(first, end):
            (head,) = _heads(dossier, page)
            assert sorted(squeezed(head)) == sorted(squeezed(f"{person.name} | {_TITLE} | Acme"))
    for page in (*range(1, dossier.starts[0]), len(dossier) - 1):
        assert _heads(dossier, page) == [f"{DEFAULT_LABELS.dossier} | {_TITLE} | Acme"]
    assert _heads(dossier, 0) == []


def test_each_page_but_the_cover_has_its_number(dossier: Dossier) -> None:
    """`Page n of m` counts from the cover, which has none itself."""
    total = len(dossier)
    for page, text in enumerate(dossier.whole_poppler):
        found = re.findall(r"Page (\d+) of (\d+)", text)
        assert found == ([(str(page + 1), str(total))] if page else [])


def test_links_of_profiles_can_be_read_in_print(dossier: Dossier) -> None:
    """Profiles and e-mail addresses are links, and each address stands on the page."""
    found = []
    for page in range(len(dossier)):
        for link in dossier.addresses(page):
            address = link.removeprefix("mailto:")
            assert squeezed(address) in squeezed(dossier.poppler[page])
            found.append(address)
    assert list(dict.fromkeys(found)) == [
        address
        for person in SHORTLIST.candidates
        for address in (person.linkedin_url, *person.emails)
    ]


def test_one_candidate_alone_is_a_dossier_too() -> None:
    """It has a cover, a comparison of one, and one bookmark, and needs no contents."""
    person = Candidate.model_validate(harmless_candidate())
    dossier = Dossier(render_dossier(person))
    assert [title for title, _, _ in dossier.bookmarks] == [person.name]
    assert dossier.starts == [2]
    assert not _contents(dossier)


@pytest.mark.parametrize(("count", "lines"), [(3, 0), (4, 4)])
def test_contents_are_for_more_than_three(count: int, lines: int) -> None:
    """Fewer are seen at a glance; a page for them would be all but empty."""
    people = parse_shortlist(sourcing(*(candidate(f"p{number}") for number in range(count))))
    dossier = Dossier(render_dossier(people))
    assert len(_contents(dossier)) == lines
    assert dossier.starts[0] == 2 + (lines > 0)


def test_names_that_are_the_same_lead_to_their_own_pages() -> None:
    """Four people with one name have four entries, four bookmarks and four destinations."""
    people = parse_shortlist(
        sourcing(*(candidate(f"p{number}", name="Jan Novák") for number in range(4)))
    )
    dossier = Dossier(render_dossier(people))
    assert [number - 1 for _, number in _contents(dossier)] == dossier.starts
    assert len(set(dossier.starts)) == 4


def test_contents_of_several_pages_are_true(pool: PdfPool) -> None:
    """Fifty candidates push each other back by the pages that their own contents take."""
    people = parse_shortlist(sourcing(*(candidate(f"p{number}") for number in range(50))))
    dossier = Dossier(render_dossier(people, pool=pool))
    assert dossier.starts[0] > 3  # a cover, and at least three pages of tables
    assert [number - 1 for _, number in _contents(dossier)] == dossier.starts


def _contents(dossier: Dossier) -> list[tuple[str, int]]:
    """Return names and page numbers from the links that lead to candidates."""
    found = []
    for element in dossier.elements:
        text = dossier.text_of(element)
        if element.marks[0][0] < dossier.starts[0] and (entry := _ENTRY.fullmatch(text)):
            found.append((entry["name"], int(entry["page"])))
    return found


_ENTRY: Final = re.compile(r"(?P<name>.+?)\u00a0(?P<page>\d+)", re.DOTALL)


def _heads(dossier: Dossier, page: int) -> list[str]:
    """Return the running head of a page, if it has one."""
    runs = [run for run in dossier.runs(page) if run.mcid is None and run.base < 60]
    return ["".join(run.text for run in runs)] if runs else []
