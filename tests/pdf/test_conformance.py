"""Dossiers are PDF/UA-1 as far as a machine can tell, and say of themselves only what we set."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pikepdf
import pytest
from dossier_people import random_candidates
from dossier_reading import HEADINGS, Dossier
from pdfua import Severity, validate

from candidate_cards import Candidate, Shortlist, load_shortlist
from candidate_cards.exports.pdf import PageSize, PdfPool, render_dossier
from candidate_cards.models import FailedProfile
from candidate_cards.themes import list_themes
from hostile_corpus import harmless_candidate

if TYPE_CHECKING:
    from pathlib import Path

THEMES: Final = [info.name for info in list_themes() if info.origin == "bundled"]

#: pdfua 0.1.3 asks a pikepdf 10 array for an attribute, and gives the rule up; `_check_headings`
#: looks after it.
_GIVEN_UP: Final = {"UA-14-001"}

_FULL: Final = Candidate.model_validate(harmless_candidate())
_MANY: Final = Shortlist(
    candidates=(*random_candidates(5, seed=3), _FULL),
    title="Staff Engineer",
    brief="Build it.",
    client="Acme",
    author="Ana Müller",
    failed=(FailedProfile(profile_id="prof_x"),),
)
CONTENTS: Final[dict[str, Candidate | Shortlist]] = {
    "one": _FULL,
    "many": _MANY,
    "nobody": Shortlist(title="Staff Engineer"),
    "nothing at all": Shortlist(),
    "no fields": Shortlist(candidates=(Candidate(profile_id="p"), Candidate(profile_id="q"))),
    "one without fields": Candidate(profile_id="p"),
    "one role": Candidate(profile_id="p", detailed_experience=({"role": "Engineer"},)),  # type: ignore[arg-type]
    "right to left": Shortlist(
        candidates=(Candidate(profile_id="p", name="ليلى الخطيب", rationale="مهندسة البيانات"),)
    ),
}


@pytest.fixture(scope="module")
def many() -> Dossier:
    """The dossier of many."""
    return Dossier(render_dossier(_MANY))


def _check(data: bytes, folder: Path) -> Dossier:
    path = folder / "dossier.pdf"
    path.write_bytes(data)
    report = validate(str(path))
    assert [f for f in report.findings if f.severity >= Severity.WARNING] == []
    assert {outcome.rule_id for outcome in report.skipped} <= _GIVEN_UP, report.skipped
    assert len(report.outcomes) > 8
    dossier = Dossier(data)
    _check_headings(dossier)
    return dossier


def _check_headings(dossier: Dossier) -> None:
    """No heading is empty, and none is more than one level below the one before it."""
    before = 0
    levels = []
    for element in dossier.elements:
        if element.kind in HEADINGS:
            assert dossier.text_of(element).strip()
            level = int(element.kind[2:])
            assert level <= before + 1, (element.kind, dossier.text_of(element))
            before = level
            levels.append(level)
    assert levels.count(1) >= 3  # cover, overview, notice


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("content", CONTENTS)
def test_no_error_and_no_warning(theme: str, content: str, tmp_path: Path) -> None:
    """The validator finds nothing in any theme, whatever a shortlist has or lacks."""
    _check(render_dossier(CONTENTS[content], theme=theme, profile="internal"), tmp_path)


def test_letter_and_processes_change_nothing(tmp_path: Path) -> None:
    """A dossier on Letter from two processes is as clean."""
    size: PageSize = "Letter"
    with PdfPool(2) as pool:
        _check(render_dossier(_MANY, page_size=size, pool=pool), tmp_path)


def test_the_examples_are_clean(tmp_path: Path) -> None:
    """So is what the README shows."""
    _check(render_dossier(load_shortlist("examples/payloads/shortlist.json")), tmp_path)


def test_every_piece_of_text_is_in_the_tree_or_an_artifact(many: Dossier) -> None:
    """Each mark on a page belongs to one structure element."""
    listed = [mark for element in many.elements for mark in element.marks]
    assert len(listed) == len(set(listed))
    shown = {
        (page, run.mcid)
        for page in range(len(many))
        for run in many.runs(page)
        if run.mcid is not None
    }
    assert shown <= set(listed)


def test_tables_have_headers_with_a_scope(many: Dossier) -> None:
    """In the comparison, columns and rows are headed by cells that say which of them they head."""
    cells = [
        cell
        for cell in many.pdf.objects
        if isinstance(cell, pikepdf.Dictionary) and cell.get("/S") == pikepdf.Name.TH
    ]
    scopes = [str(cell.A.Scope) for cell in cells]
    # The bands of the notice have two columns and four rows.
    assert scopes.count("/Column") == 4 + 2
    assert scopes.count("/Row") == len(_MANY.candidates) + 4


def test_the_document_says_what_we_set_and_no_more(many: Dossier) -> None:
    """Title, author, language and our name; no date, no candidate, no engine, no host."""
    info = {key: str(value) for key, value in many.pdf.trailer.Info.items()}
    assert info == {
        "/Title": "Candidate dossier: Staff Engineer",
        "/Author": "Ana Müller",
        "/Producer": "candidate-cards",
    }
    assert str(many.pdf.Root.Lang) == "en"
    assert many.pdf.Root.ViewerPreferences.DisplayDocTitle
    metadata = many.pdf.Root.Metadata.read_bytes().decode()
    assert re.findall(r"pdfuaid:part>(\d)<", metadata) == ["1"]
    for word in ("WeasyPrint", "weasyprint", "Date", "Marta", "tmp"):
        assert word not in metadata


@pytest.mark.parametrize("theme", THEMES)
def test_a_theme_colours_the_sheet(theme: str) -> None:
    """Each theme's own surface fills the pages."""
    dossier = Dossier(render_dossier(_FULL, theme=theme))
    first = dossier.pages[-1].obj.Contents[1].read_bytes()
    fill = re.search(rb"([\d.]+) ([\d.]+) ([\d.]+) rg", first)
    assert fill is not None
    red = float(fill[1])
    assert red < 0.3 if theme == "dark" else red > 0.9


def test_a_logo_has_its_words(tmp_path: Path) -> None:
    """The brand's picture is a figure with alternative text."""
    dossier = _check(render_dossier(_FULL, theme="harbour"), tmp_path)
    figures = [
        item
        for item in dossier.pdf.objects
        if isinstance(item, pikepdf.Dictionary) and item.get("/S") == pikepdf.Name.Figure
    ]
    assert [bool(str(figure.Alt)) for figure in figures] == [True]
