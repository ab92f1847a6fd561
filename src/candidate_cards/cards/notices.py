"""What a machine decided, said honestly: the words of a notice, and the same for programs.

A `NoticeView` says in three ways what it says:

- ``title`` and ``sentences``: for people, in the order in which they are read;
- ``facts``: for programs, a name and a value each, in documents' own places for that: ``<meta>``,
  microdata, XMP. The names are below; the values are the texts and days that people read;
- ``short``: one sentence that stands near each score, ``""`` where a machine had no part.

| Name | Value | There if |
|---|---|---|
| ``digital-source-type`` | IPTC's address of "composite with trained algorithmic media" | AI |
| ``score-meaning`` | the sentence about scores | a score is shown |
| ``ai-text`` | the sentence about text marked AI | such text is shown |
| ``decision`` | the sentence about who decides | AI |
| ``data-source`` | where the data came from | not left out |
| ``contact`` | whom to ask | not left out |
| ``keep-until`` | a day, ISO 8601 | it is known |
| ``identity`` | ``coded`` | names are replaced by codes |
| ``notice`` | ``left out by the sender`` | it was |

This gives no legal advice: whether the words are enough is for the sender to know.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from candidate_cards._text import clean_text
from candidate_cards.cards.languages import date_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from candidate_cards.cards.labels import Labels
    from candidate_cards.cards.views import CardView

DIGITAL_SOURCE_TYPE: Final = (
    "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
)
"""IPTC's word, which schema.org and XMP take too, for works that a trained model had a part in."""

LEFT_OUT: Final = "left out by the sender"

_LONGEST: Final = 300  # characters of what somebody says of source and contact


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFacts:
    """What a notice says that no payload holds; empty for what is usual.

    Attributes:
        source: Where the data came from. Of this and the next, one clean line of at most 300
            characters is shown.
        contact: Whom to ask for a copy, corrections, deletion.
        keep_until: The last day on which the data are kept; none is invented.
        coded: Whether names are replaced by codes, which a notice then says.
        shown: ``False`` leaves the notice out, which the machine-readable part then says. Marks
            beside scores and AI-written texts stay.
    """

    source: str = ""
    contact: str = ""
    keep_until: date | None = None
    coded: bool = False
    shown: bool = True


USUAL_NOTICE: Final = NoticeFacts()


class NoticeFact(NamedTuple):
    """One statement for programs; both are text."""

    name: str
    value: str


class NoticeView(NamedTuple):
    """A notice; everything in it is empty or false if there is nothing to say.

    Attributes:
        title: Above the sentences, ``""`` if there are none.
        sentences: For people, in order.
        facts: For programs; see above.
        short: One sentence for near a score or an AI-written text, ``""`` if there is neither.
        scored: Whether there are scores.
        written: Whether there are AI-written texts.
        left_out: Whether the sender left the notice out.
        text: All sentences as one.
        rest: Those that are not about AI, as one text.
        source: Where the data came from.
        contact: Whom to ask.
        keep_until: A day, ISO 8601, or ``""``; there too if the notice is left out.
        coded: Whether names are replaced by codes.
        usual: Whether nothing of it came from a `NoticeFacts`.
    """

    title: str = ""
    sentences: tuple[str, ...] = ()
    facts: tuple[NoticeFact, ...] = ()
    short: str = ""
    scored: bool = False
    written: bool = False
    left_out: bool = False
    text: str = ""
    rest: str = ""
    source: str = ""
    contact: str = ""
    keep_until: str = ""
    coded: bool = False
    usual: bool = False


def notice_of(cards: Sequence[CardView], facts: NoticeFacts, labels: Labels) -> NoticeView:
    """Make the notice of a document.

    Args:
        cards: All that it shows: what they hold decides what there is to say.
        facts: Who says where the data came from, and whether there is to be a notice.
        labels: The language of our own words.
    """
    scored = any(card.score.value != "" for card in cards)
    written = any(card.written for card in cards)
    return notice_view(facts, labels, scored, written)


@lru_cache(maxsize=256)  # a card asks for it each time, and there are few answers
def notice_view(
    facts: NoticeFacts,
    labels: Labels,
    scored: bool,  # noqa: FBT001  a call by name takes as long as the rest of the look-up
    written: bool,  # noqa: FBT001  the same
) -> NoticeView:
    """Make a notice for a document that shows scores, AI-written texts, both or neither."""
    by_machine = scored or written
    kept = "" if facts.keep_until is None else facts.keep_until.isoformat()
    kind = NoticeFact("digital-source-type", DIGITAL_SOURCE_TYPE if by_machine else "")
    if not facts.shown:
        left_out = _said(kind, NoticeFact("notice", LEFT_OUT))
        return NoticeView(
            facts=left_out, scored=scored, written=written, left_out=True, keep_until=kept
        )
    source = _line(facts.source) or labels.notice_source_usual
    contact = _line(facts.contact) or labels.notice_contact_usual
    claims = [
        NoticeFact("score-meaning", labels.notice_score if scored else ""),
        NoticeFact("ai-text", labels.notice_ai if written else ""),
        NoticeFact("decision", labels.notice_decision if by_machine else ""),
    ]
    rest = [
        labels.notice_coded if facts.coded else "",
        _sentence(labels.notice_source, source=source),
        _sentence(labels.notice_contact, contact=contact),
        labels.notice_keep_until.format(date=date_text(facts.keep_until, labels))
        if facts.keep_until
        else labels.notice_keep_usual,
    ]
    said = _said(
        kind,
        *claims,
        NoticeFact("data-source", source),
        NoticeFact("contact", contact),
        NoticeFact("keep-until", kept),
        NoticeFact("identity", "coded" if facts.coded else ""),
    )
    sentences = tuple(filter(None, (*(claim.value for claim in claims), *rest)))
    return NoticeView(
        title=labels.notice_title,
        sentences=sentences,
        facts=said,
        short=labels.notice if by_machine else "",
        scored=scored,
        written=written,
        text=" ".join(sentences),
        rest=" ".join(filter(None, rest)),
        source=source,
        contact=contact,
        keep_until=kept,
        coded=facts.coded,
        usual=facts == USUAL_NOTICE,
    )


def _said(*facts: NoticeFact) -> tuple[NoticeFact, ...]:
    return tuple(fact for fact in facts if fact.value)


def _line(text: str) -> str:
    return clean_text(text, limit=_LONGEST)[0]


def _sentence(text: str, **values: str) -> str:
    """Put a value into a sentence; its last full stop is the sentence's."""
    return text.format(**{name: value.removesuffix(".") for name, value in values.items()})
