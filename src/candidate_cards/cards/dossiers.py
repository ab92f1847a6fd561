"""Shortlist and cards -> DossierView: what stands in a dossier beside the candidates' pages."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Final, NamedTuple

from candidate_cards._text import clean_text
from candidate_cards.cards.languages import date_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from candidate_cards.cards.bands import Bands, Tone
    from candidate_cards.cards.labels import Labels
    from candidate_cards.cards.views import CardView, ShortlistView


_LONGEST_IN_MARGIN: Final = 60  # three of these fit into two lines
_HIGHEST_SCORE: Final = 100
_FEWEST_IN_CONTENTS: Final = 4  # fewer are seen at a glance, above an empty page


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierFacts:
    """What a dossier says that no payload holds.

    Attributes:
        issued: The day on its cover; none is invented.
        keep_until: The day after which it is to be destroyed.
        confidential: Whether a line says that it is.
    """

    issued: date | None = None
    keep_until: date | None = None
    confidential: bool = True


class FactView(NamedTuple):
    """A name and what it is."""

    name: str
    value: str


class EntryView(NamedTuple):
    """A line of the contents; ``href`` leads to the candidate's first page."""

    name: str
    href: str
    page: str


class DossierView(NamedTuple):
    """The frame around the candidates' pages; empty text is not shown.

    ``scored`` says whether scores may be shown. ``contents`` are known once the pages are;
    ``has_contents`` says whether there will be any.
    """

    title: str
    heading: str
    size: str
    client: str
    brief: str
    head: str
    facts: tuple[FactView, ...]
    confidential: str
    keep_until: str
    failed: tuple[str, ...]
    bands: tuple[FactView, ...]
    scored: bool
    has_contents: bool
    contents: tuple[EntryView, ...]


def dossier_view(  # noqa: PLR0913  what a dossier is made of
    frame: ShortlistView,
    cards: Sequence[CardView],
    *,
    facts: DossierFacts,
    bands: Bands,
    labels: Labels,
    contents: Sequence[EntryView] = (),
    subject: str = "",
) -> DossierView:
    """Make the view of a dossier.

    Args:
        frame: Of the shortlist, or of a single candidate.
        cards: In ranking order.
        facts: Dates, and whether it is confidential.
        bands: Where the score bands begin.
        labels: The language of our own words.
        contents: Lines of the contents, once the pages are known.
        subject: Who or what the pages are about, for their head; by default the dossier.
    """
    heading = frame.heading or (cards[0].name if cards else labels.shortlist)
    confidential = ""
    if facts.confidential:
        confidential = labels.confidential
        if frame.client:
            client = clean_text(frame.client, limit=_LONGEST_IN_MARGIN)[0]
            confidential = labels.confidential_for.format(client=client)
    keep_until = ""
    if facts.keep_until is not None:
        keep_until = labels.keep_until.format(date=date_text(facts.keep_until, labels))
    return DossierView(
        title=f"{labels.dossier}{labels.colon}{heading}",
        heading=heading,
        size=frame.size,
        client=frame.client,
        brief=frame.brief,
        head=_head(subject or labels.dossier, heading, frame.client),
        facts=tuple(_facts(frame, facts, labels)),
        confidential=confidential,
        keep_until=keep_until,
        failed=frame.failed,
        bands=tuple(_bands(bands, labels)),
        scored=not cards or any(card.score.word for card in cards),
        has_contents=len(cards) >= _FEWEST_IN_CONTENTS,
        contents=tuple(contents),
    )


def _head(*parts: str) -> str:
    """Return a line for the margin, where a long text would leave the sheet."""
    return " | ".join(clean_text(part, limit=_LONGEST_IN_MARGIN)[0] for part in parts if part)


def _facts(frame: ShortlistView, facts: DossierFacts, labels: Labels) -> list[FactView]:
    pairs = [
        (labels.prepared_for, frame.client),
        (labels.prepared_by, frame.author),
        (labels.date, date_text(facts.issued, labels) if facts.issued else ""),
    ]
    return [FactView(name, value) for name, value in pairs if value]


def _bands(bands: Bands, labels: Labels) -> list[FactView]:
    # Scores are shown as whole numbers, and the band goes by the number shown.
    lows: list[tuple[Tone, int]] = [
        ("strong", ceil(bands.strong)),
        ("good", ceil(bands.good)),
        ("partial", ceil(bands.partial)),
        ("low", 0),
    ]
    views: list[FactView] = []
    top = _HIGHEST_SCORE
    for tone, low in lows:
        if low <= top:
            views.append(FactView(labels.bands[tone], f"{low} - {top}"))
            top = low - 1
    return views
