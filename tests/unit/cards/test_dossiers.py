"""What stands in a dossier beside the candidates' pages."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

import pytest

from candidate_cards import Candidate, Shortlist
from candidate_cards.cards import (
    DEFAULT_BANDS,
    DEFAULT_LABELS,
    Bands,
    DossierFacts,
    EntryView,
    NoticeFacts,
    card_view,
    dossier_view,
    notice_of,
    shortlist_view,
    single_view,
)
from candidate_cards.models import FailedProfile

if TYPE_CHECKING:
    from candidate_cards.cards.dossiers import DossierView

_ADA: Final = Candidate(profile_id="p1", name="Ada Example")
_FULL: Final = Shortlist(
    candidates=(_ADA,),
    title="Staff Engineer",
    brief="Build it.",
    client="Acme",
    author="Ana Müller",
    failed=(FailedProfile(profile_id="p9"),),
)


def _view(
    shortlist: Shortlist | None = _FULL,
    facts: DossierFacts = DossierFacts(),  # noqa: B008  frozen
    bands: Bands = DEFAULT_BANDS,
    contents: tuple[EntryView, ...] = (),
    notice: NoticeFacts = NoticeFacts(),  # noqa: B008  frozen
) -> DossierView:
    candidates = (_ADA,) if shortlist is None else shortlist.candidates
    cards = [card_view(candidate, density="detail") for candidate in candidates]
    frame = single_view(cards[0]) if shortlist is None else shortlist_view(shortlist)
    return dossier_view(
        frame,
        cards,
        facts=facts,
        notice=notice_of(cards, notice, DEFAULT_LABELS),
        bands=bands,
        labels=DEFAULT_LABELS,
        contents=contents,
    )


def test_the_frame_says_what_the_shortlist_says() -> None:
    """Role, client, author, brief and the profiles that are missing are taken over."""
    view = _view()
    assert view.title == "Candidate dossier: Staff Engineer"
    assert view.heading == "Staff Engineer"
    assert view.size == "1 candidate"
    assert view.client == "Acme"
    assert view.brief == "Build it."
    assert view.head == "Candidate dossier | Staff Engineer | Acme"
    assert view.failed == ("p9",)
    assert [tuple(fact) for fact in view.facts] == [
        ("Prepared for", "Acme"),
        ("Prepared by", "Ana Müller"),
    ]


def test_what_is_not_there_leaves_no_trace() -> None:
    """A bare shortlist has no facts, no brief, and a head without gaps."""
    view = _view(Shortlist())
    assert view.heading == DEFAULT_LABELS.shortlist
    assert view.head == "Candidate dossier | Shortlist"
    assert (view.client, view.brief, view.facts, view.failed) == ("", "", (), ())
    assert view.confidential == "Confidential."


def test_a_single_candidate_is_the_heading() -> None:
    """Without a shortlist the dossier is about the person."""
    view = _view(None)
    assert view.title == "Candidate dossier: Ada Example"
    assert view.heading == "Ada Example"
    assert view.size == ""


def test_no_day_is_invented() -> None:
    """Days are there when they are given, in ISO 8601."""
    bare = _view()
    assert bare.keep_until == ""
    assert "Date" not in dict(bare.facts)
    notice = NoticeFacts(keep_until=date(2026, 9, 2))
    view = _view(facts=DossierFacts(issued=date(2026, 3, 2)), notice=notice)
    assert dict(view.facts)["Date"] == "2026-03-02"
    assert view.keep_until == "Keep until 2026-09-02, then destroy."


@pytest.mark.parametrize(
    ("shortlist", "confidential", "line"),
    [
        (_FULL, True, "Confidential. Prepared for Acme."),
        (Shortlist(title="Engineer"), True, "Confidential."),
        (_FULL, False, ""),
    ],
)
def test_confidentiality_is_a_choice(
    shortlist: Shortlist, *, confidential: bool, line: str
) -> None:
    """The line names the client, if there is one, and can be left out."""
    assert _view(shortlist, DossierFacts(confidential=confidential)).confidential == line


def test_a_client_in_braces_is_no_format() -> None:
    """What a client is called is not taken for a place to fill."""
    view = _view(Shortlist(client="{client.__class__} {0}"))
    assert view.confidential == "Confidential. Prepared for {client.__class__} {0}."


@pytest.mark.parametrize(
    ("bands", "ranges"),
    [
        (DEFAULT_BANDS, ["80 - 100", "60 - 79", "40 - 59", "0 - 39"]),
        (Bands(strong=90, good=70, partial=50), ["90 - 100", "70 - 89", "50 - 69", "0 - 49"]),
    ],
)
def test_bands_are_told_without_gaps_or_overlaps(bands: Bands, ranges: list[str]) -> None:
    """Each band says from where to where it goes; scores are shown as whole numbers."""
    view = _view(bands=bands)
    assert [band.value for band in view.bands] == ranges
    assert [band.name for band in view.bands] == [
        "Strong match",
        "Good match",
        "Partial match",
        "Low match",
    ]


@pytest.mark.parametrize(
    "bands",
    [
        Bands(strong=80.5, good=60.5, partial=40.5),
        Bands(strong=100, good=60, partial=0),
        Bands(strong=60, good=60, partial=40),
        Bands(strong=101, good=60, partial=40),
    ],
)
def test_bands_of_any_kind_tell_the_truth(bands: Bands) -> None:
    """Every whole score falls into the range that is printed beside its band, and into no other."""
    view = _view(bands=bands)
    words = {band.name: band.value for band in view.bands}
    for score in range(101):
        told = []
        for name, value in words.items():
            low, _, high = value.partition(" - ")
            if float(low) <= score <= float(high or low):
                told.append(name)
        assert told == [DEFAULT_LABELS.bands[bands.tone(score)]], (score, words)


def test_contents_are_handed_through() -> None:
    """Lines of the contents stand as they were made, in their order."""
    entries = (EntryView("Ada", "#a", "3"), EntryView("Bo", "#b", "5"))
    assert _view(contents=entries).contents == entries
    assert _view().contents == ()
