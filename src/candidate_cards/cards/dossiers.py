"""Shortlist and cards -> DossierView: what stands in a dossier beside the candidates' pages."""

from __future__ import annotations

from base64 import b32encode
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from math import ceil
from typing import TYPE_CHECKING, Final, NamedTuple

from candidate_cards._text import clean_text
from candidate_cards.cards.languages import date_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from candidate_cards.cards.bands import Bands, Tone
    from candidate_cards.cards.labels import Labels
    from candidate_cards.cards.notices import NoticeView
    from candidate_cards.cards.views import CardView, ShortlistView


_LONGEST_IN_MARGIN: Final = 60  # three of these fit into two lines
_HIGHEST_SCORE: Final = 100
_LONGEST_ID: Final = 24  # stands beside the page number
_ID_BYTES: Final = 5  # eight letters and digits
_FEWEST_IN_CONTENTS: Final = 4  # fewer are seen at a glance, above an empty page


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierFacts:
    """What a dossier says that no payload holds.

    Attributes:
        issued: The day on its cover; none is invented.
        confidential: Whether a line says that it is.
        recipient: Whom this copy is for. A watermark on every page names them; at most 60
            characters are shown.
        recipient_id: What the copy is called in its foot, at most 24 characters; by default made
            from ``recipient``, the same each time and for every dossier.
    """

    issued: date | None = None
    confidential: bool = True
    recipient: str = ""
    recipient_id: str = ""


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

    ``scored`` says whether scores may be shown, ``marked`` whether any is. ``contents`` are known
    once the pages are; ``has_contents`` says whether there will be any.
    Of the recipient of a copy, ``watermark`` and ``copy_line`` stand on each page but are no text
    of it, so ``facts`` say it too, once; ``recipient`` and ``recipient_id`` are for machines.
    ``page_line`` is that of the first of two pages.
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
    marked: bool
    has_notice: bool
    has_contents: bool
    contents: tuple[EntryView, ...]
    recipient: str
    recipient_id: str
    watermark: str
    copy_line: str
    page_line: str


def dossier_view(  # noqa: PLR0913  what a dossier is made of
    frame: ShortlistView,
    cards: Sequence[CardView],
    *,
    facts: DossierFacts,
    notice: NoticeView,
    bands: Bands,
    labels: Labels,
    contents: Sequence[EntryView] = (),
    subject: str = "",
) -> DossierView:
    """Make the view of a dossier.

    Args:
        frame: Of the shortlist, or of a single candidate.
        cards: In ranking order.
        facts: Its date, and whether it is confidential.
        notice: Of the same cards.
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
    recipient, recipient_id = _copy(facts)
    watermark = ""
    if recipient and facts.confidential:
        watermark = labels.confidential_for.format(client=_isolated(recipient))
    elif recipient:
        watermark = f"{labels.prepared_for}{labels.colon}{_isolated(recipient)}"
    copy_line = ""
    if recipient_id:
        copy_line = labels.copy_of.format(recipient=_isolated(recipient_id))
    marked = any(card.score.value != "" for card in cards)
    keep_until = ""
    if notice.keep_until:
        day = date_text(date.fromisoformat(notice.keep_until), labels)
        keep_until = labels.keep_until.format(date=day)
    return DossierView(
        title=f"{labels.dossier}{labels.colon}{heading}",
        heading=heading,
        size=frame.size,
        client=frame.client,
        brief=frame.brief,
        head=_head(subject or labels.dossier, heading, frame.client),
        facts=(
            *_facts(frame, facts, labels),
            *([FactView(copy_line, recipient)] if copy_line else []),
        ),
        confidential=confidential,
        keep_until=keep_until,
        failed=frame.failed,
        bands=tuple(_bands(bands, labels)),
        scored=not cards or any(card.score.word for card in cards),
        marked=marked,
        # A page of its own, for which the meaning of scores alone is reason enough.
        has_notice=marked or notice.title != "",
        has_contents=len(cards) >= _FEWEST_IN_CONTENTS,
        contents=tuple(contents),
        recipient=recipient,
        recipient_id=recipient_id,
        watermark=watermark,
        copy_line=copy_line,
        page_line=labels.page.format(number=1, total=2),
    )


def _copy(facts: DossierFacts) -> tuple[str, str]:
    """Return whom a copy is for and what it is called, clean; both empty if it is nobody's."""
    recipient = clean_text(facts.recipient, limit=_LONGEST_IN_MARGIN)[0]
    recipient_id = clean_text(facts.recipient_id, limit=_LONGEST_ID)[0]
    if recipient and not recipient_id:
        code = b32encode(sha256(recipient.encode()).digest()[:_ID_BYTES]).decode()
        recipient_id = f"{code[:4]}-{code[4:]}"
    return recipient, recipient_id


def _isolated(text: str) -> str:
    """Keep the direction of a text from the words around it."""
    return f"\u2068{text}\u2069"


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
