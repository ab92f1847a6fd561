"""Shortlist and cards -> MessageView: what a message says around its cards, and beside them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from candidate_cards._text import clean_text, with_balanced_bidi
from candidate_cards.cards.views import split_lead

if TYPE_CHECKING:
    from collections.abc import Sequence

    from candidate_cards.cards.labels import Labels
    from candidate_cards.cards.notices import NoticeView
    from candidate_cards.cards.views import CardView, ShortlistView
    from candidate_cards.models import Candidate

# What an inbox shows beside the subject: Gmail up to 200 characters, others less.
_PREHEADER = 150
_LONGEST_SUBJECT = 200
_SHORTEST_PREHEADER = 20
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[\u3002\uff01\uff1f])")
_SHORTEST_SENTENCE = 24  # shorter is most likely an abbreviation: "Dr.", "e.g."
_LONGEST_SENTENCE = 280
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\u200f\u202b\u202e\u2067\u2068\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")


class Part(NamedTuple):
    """Which of several messages this is.

    Attributes:
        number: From 1.
        total: How many there are.
        first: Rank of its first candidate, from 1.
        size: How many candidates it holds, ``None`` for all from the first.
    """

    number: int = 1
    total: int = 1
    first: int = 1
    size: int | None = None

    def of(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Return the candidates of this part."""
        start = self.first - 1
        return candidates[start : None if self.size is None else start + self.size]


WHOLE = Part()


class MessageView(NamedTuple):
    """What a message has that a page has not.

    Attributes:
        subject: Role and count; whose card it is where there is only one.
        preheader: What an inbox shows beside the subject: whom it is about, best first.
        sentence: The brief in one sentence.
        part: Which of several messages this is, ``""`` if it is the only one.
        compared: Whether there is something to compare.
        scored: Whether scores may be shown.
        marked: Whether any is, and is marked as a machine's.
    """

    subject: str
    preheader: str
    sentence: str
    part: str
    compared: bool
    scored: bool
    marked: bool


def message_view(  # noqa: PLR0913  what a message is made of
    frame: ShortlistView,
    cards: Sequence[CardView],
    labels: Labels,
    *,
    notice: NoticeView,
    subject: str = "",
    part: Part = WHOLE,
) -> MessageView:
    """Make the view of one message.

    Args:
        frame: Of the whole shortlist, or of a single candidate.
        cards: Those in this message.
        labels: The language of our own words.
        notice: Of the same candidates; it lengthens a short preheader.
        subject: In place of the one made from role and count.
        part: Which message, if the shortlist takes several.
    """
    which = labels.part.format(number=part.number, total=part.total) if part.total > 1 else ""
    suffix = f" ({which})" if which else ""
    room = _LONGEST_SUBJECT - len(suffix)
    subject = " ".join(clean_text(subject, limit=_LONGEST_SUBJECT)[0].split())
    subject = subject or _subject(frame, cards, labels)
    if len(subject) > room:
        subject = clean_text(subject, limit=room)[0]
    sentence = _first_sentence(frame.brief)
    return MessageView(
        subject=f"{subject}{suffix}",
        preheader=_preheader(cards, sentence, labels, notice),
        sentence=sentence,
        part=which,
        compared=len(cards) > 1,
        scored=any(card.score.word for card in cards),
        marked=any(card.score.value != "" for card in cards),
    )


def told_directions(card: CardView, labels: Labels) -> CardView:
    """Return a card that says whether its short texts and our words mix directions.

    Why: markup that keeps every value apart would cost each message a tenth of its size, and few
    need it.
    """
    if labels.dir == "rtl":  # hardly a card is without a Latin word
        return card._replace(mixed=True)
    texts = [card.name, card.role, card.company, card.place, *card.skills]
    for evidence in card.evidence:
        texts += (evidence.role, evidence.company, evidence.duration)
    for post in card.experience:
        texts += (post.role, post.company, post.duration)
    return card._replace(mixed=True) if _RIGHT_TO_LEFT.search("".join(texts)) else card


def _subject(frame: ShortlistView, cards: Sequence[CardView], labels: Labels) -> str:
    if not frame.heading and len(cards) == 1:
        return labels.comma.join(filter(None, (cards[0].name, cards[0].role)))
    if frame.heading == labels.shortlist:
        return labels.subject_untitled.format(size=frame.size)
    return labels.subject.format(title=frame.heading, size=frame.size)


def _first_sentence(text: str) -> str:
    """Return the first sentence of a text, or as much of it as fits."""
    lead, rest = split_lead(" ".join(text.split()))
    for end in _SENTENCE_END.finditer(lead):
        if end.start() >= _SHORTEST_SENTENCE:
            # What embeds a direction may do so over several sentences.
            return with_balanced_bidi(lead[: end.start()])
    if rest:
        return f"{lead} \u2026"
    # Where there is no place to fold, all of the text is its lead.
    return clean_text(lead, limit=_LONGEST_SENTENCE)[0] if len(lead) > _LONGEST_SENTENCE else lead


def _preheader(cards: Sequence[CardView], sentence: str, labels: Labels, notice: NoticeView) -> str:
    people = labels.comma.join(f"{card.name} {card.score.value}".rstrip() for card in cards)
    if any(card.score.value for card in cards):
        people = f"{labels.match} ({labels.ai}){labels.colon}{people}"
    if not sentence and cards and cards[0].lead:
        sentence = f"({labels.ai}) {cards[0].lead}"
    text = ". ".join(filter(None, (people, sentence)))
    # Half of a text that embeds directions would leave them open.
    text = " ".join(_DIRECTION.sub("", text).split())
    if len(text) < _SHORTEST_PREHEADER:
        text = ". ".join(filter(None, (text.removesuffix("."), notice.short or notice.rest)))
    if len(text) <= _PREHEADER:
        return text
    end = text.rfind(" ", _PREHEADER // 2, _PREHEADER)
    text = text[:end] if end > 0 else _whole_characters(text[:_PREHEADER])
    return f"{text.removesuffix(',').removesuffix('.')}\u2026"


def _whole_characters(text: str) -> str:
    """Return a text that was cut anywhere without what may be half a character at its end."""
    import regex  # noqa: PLC0415  # costs 10 ms, and few texts have no space

    *_, last = regex.finditer(r"\X", text)
    # A character may be made of a hundred code points; then half of it is better than nothing.
    return text[: last.start()] if last.start() >= _SHORTEST_PREHEADER else text
