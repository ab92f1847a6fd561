"""Dossiers and pictures in Arabic and Hebrew: mirrored, in order, with page numbers that read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from unicodedata import bidirectional
from xml.etree import ElementTree as ET

import pytest
from dossier_reading import Dossier
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageOps

from candidate_cards import Labels, Shortlist, list_languages, load_labels, parse_shortlist
from candidate_cards.exports._pdf.engine import _set_directions
from candidate_cards.exports.pdf import DossierFacts, render_dossier
from candidate_cards.exports.png import render_picture
from command_line import candidate, sourcing

if TYPE_CHECKING:
    from dossier_reading import Run

RIGHT_TO_LEFT: Final = tuple(name for name in list_languages() if load_labels(name).dir == "rtl")

_MILLIMETRE: Final = 72 / 25.4
_WIDTH: Final = 210 * _MILLIMETRE
_SIDE: Final = 20 * _MILLIMETRE
_NAMES: Final = ("Ada Low", "ليلى", "נועה", "Bo")
_FIRST, _CONTENTS, _OVERVIEW = 3, 2, 1  # pages, from 0


def _people() -> Shortlist:
    """Return four people, of whom each page of a dossier has something to say."""
    people = [
        candidate(
            f"p{number}",
            name=name,
            currentRole="Engineer",
            currentCompany="Acme (Oslo)",
            matchScore=91 - number,
            rationale="She led a team of nine.",
            skills=["C++", "مهارة", "C#"],
            aiFitPoints=["Ran it before (2019)."],
        )
        for number, name in enumerate(_NAMES)
    ]
    return parse_shortlist(sourcing(*people), title="Engineer", client="Acme")


def _dossier(labels: Labels) -> Dossier:
    facts = DossierFacts(issued=date(2026, 3, 2))
    return Dossier(render_dossier(_people(), labels=labels, facts=facts, profile="internal"))


@pytest.fixture(scope="module", params=RIGHT_TO_LEFT)
def labels(request: pytest.FixtureRequest) -> Labels:
    """Each language that is written from right to left."""
    return load_labels(request.param)


@pytest.fixture(scope="module")
def dossier(labels: Labels) -> Dossier:
    """A dossier in it."""
    return _dossier(labels)


def _runs(dossier: Dossier, page: int, text: str) -> list[Run]:
    return [run for run in dossier.runs(page) if run.text.strip() == text]


def test_the_document_says_how_it_is_read(dossier: Dossier, labels: Labels) -> None:
    """Its language, and that its pages follow one another from right to left."""
    assert str(dossier.pdf.Root.Lang) == labels.lang
    assert str(dossier.pdf.Root.ViewerPreferences.Direction) == "/R2L"
    english = _dossier(Labels())
    assert "/Direction" not in english.pdf.Root.ViewerPreferences
    with dossier.pdf.open_outline() as outline:
        assert [item.title for item in outline.root] == list(_NAMES)


def test_page_numbers_read_from_right_to_left(dossier: Dossier, labels: Labels) -> None:
    """The line is on the left, whole and shaped, with the page before the number of pages."""
    total = len(dossier)
    for page in range(1, total):
        line = [run for run in dossier.runs(page) if run.base > 780 and run.left < _WIDTH / 3]
        assert min(run.left for run in line) == pytest.approx(_SIDE, abs=1)
        # The last word of a line that runs so is the first from the left.
        digits = [run.text.strip() for run in sorted(line) if run.text.strip().isdigit()]
        at = {run.text.strip(): run.left for run in line}
        assert set(digits) == {str(page + 1), str(total)}
        if page + 1 != total:
            assert at[str(total)] < at[str(page + 1)]
        said = labels.page.format(number=page + 1, total=total)
        shown = "".join(sorted("".join(run.text for run in line)))
        assert shown.replace(" ", "") == "".join(sorted(said)).replace(" ", "")
        assert not dossier.missing_glyphs(page)


def test_a_page_is_a_mirror(dossier: Dossier, labels: Labels) -> None:
    """Names, scores and columns stand where a mirror would show those of the other direction."""
    other = _dossier(replace(labels, dir="ltr"))
    assert len(other) == len(dossier)
    compared = 0
    for page, text in (
        (_OVERVIEW, "Ada Low"),
        (_CONTENTS, "Ada Low"),
        (_CONTENTS, "Bo"),
        (_FIRST, "Ada Low"),
        (_FIRST, "91"),
        (_FIRST, "C#"),
        (_FIRST, "Ran it before (2019)."),
    ):
        here, there = _runs(dossier, page, text), _runs(other, page, text)
        assert len(here) == len(there) > 0, (page, text)
        for one, two in zip(here, there, strict=True):
            compared += 1
            assert one.left == pytest.approx(_WIDTH - two.right, abs=1.5), (page, text)
    assert compared > 6


def test_texts_of_another_direction_stay_whole(dossier: Dossier) -> None:
    """``C++`` keeps its letter on the left, a Latin sentence its stop at its end.

    A run is from left to right as it stands, so what is turned would read otherwise.
    """
    texts = [run.text.strip() for run in dossier.runs(_FIRST)]
    for whole in ("C++", "C#", "Acme (Oslo)", "Ran it before (2019)."):
        assert whole in texts
    assert "She led a team of nine." in texts


def test_a_picture_is_a_mirror() -> None:
    """What is dark on the right in one is dark on the left in the other, bar letters themselves."""
    labels = load_labels("ar")
    pictures = [
        Image.open(BytesIO(render_picture(_people(), labels=each, profile="internal")))
        .convert("L")
        .resize((12, 8), Image.Resampling.BOX)
        for each in (labels, replace(labels, dir="ltr"))
    ]
    assert _difference(pictures[0], ImageOps.mirror(pictures[1])) * 2 < _difference(*pictures)


def _difference(one: Image.Image, other: Image.Image) -> int:
    return max(ImageChops.difference(one, other).tobytes())


_TEXTS: Final = st.text(st.sampled_from("aZ1 .(+\u0645\u05d0\u06f1\u200f漢"), max_size=6)


@given(st.lists(st.tuples(st.sampled_from(["p", "bdi", "span"]), _TEXTS), max_size=5))
def test_a_text_runs_as_its_first_letter_does(pieces: list[tuple[str, str]]) -> None:
    """An element with ``dir="auto"``, or a ``bdi``, gets the direction; others keep theirs."""
    root = ET.Element("body", dir="rtl")
    for tag, text in pieces:
        element = ET.SubElement(root, tag, {"dir": "auto"} if tag == "p" else {})
        ET.SubElement(element, "b").text = text
    _set_directions(root)
    assert root.get("dir") == "rtl"
    for (tag, text), element in zip(pieces, root, strict=True):
        strong = [kind for kind in map(bidirectional, text) if kind in {"L", "R", "AL"}]
        expected: Any = "rtl" if strong and strong[0] != "L" else "ltr"
        assert element.get("dir") == (None if tag == "span" else expected)
