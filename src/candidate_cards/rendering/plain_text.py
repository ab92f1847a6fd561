"""Views in, plain text out: the part of a message that is read without any markup.

Why no template: text is mostly wrapping and indenting, which a template says badly, and what is
autoescaped for HTML must not be for text.
"""

from __future__ import annotations

import re
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from candidate_cards.cards import CardView, Labels, MessageView, NoticeView, ShortlistView

_WIDTH = 72  # columns; wide characters take two
_RULE = "-" * _WIDTH
_WORD = re.compile("[^\t ]+")  # what else is white space, such as U+00A0, is there not to break
_AT_ONCE = 128  # characters


def plain_text(
    frame: ShortlistView,
    message: MessageView,
    cards: Sequence[CardView],
    labels: Labels,
    notice: NoticeView,
) -> str:
    """Return a message as text: numbered, wrapped at 72 columns, with every address in full.

    All that belongs to a candidate is indented, so that no text can pass for the next one.

    Args:
        frame: What stands around the cards.
        message: What the message says besides.
        cards: In ranking order.
        labels: The language of our own words.
        notice: Of the same cards; it stands at the end.

    Returns:
        Lines that end in a newline. Addresses are never broken, so a line may be longer.
    """
    lines = list(_head(frame, message, labels))
    for card in cards:
        lines += ["", _RULE, "", *_candidate(card, labels)]
    foot = list(_foot(frame, labels, notice))
    if foot:
        lines += ["", _RULE, "", *foot]
    return "".join(f"{line}\n" for line in lines)


def _head(frame: ShortlistView, message: MessageView, labels: Labels) -> Iterator[str]:
    if not frame.heading:
        yield from _wrapped(message.subject)
        return
    yield from _wrapped(frame.heading)
    facts = labels.comma.join(filter(None, (frame.size, message.part)))
    if frame.client:
        facts += f". {labels.prepared_for} {frame.client}"
    yield from _wrapped(facts)
    if message.sentence:
        yield ""
        yield from _wrapped(message.sentence)


def _candidate(card: CardView, labels: Labels) -> Iterator[str]:
    number = f"{card.rank}. " if card.rank else ""
    indent = " " * (len(number) or 3)
    yield from _wrapped(card.name, number or indent, indent)
    score = f"{labels.match}{labels.colon}{card.score.accessible}" if card.score.word else ""
    for line in (
        f"{card.role}{card.joint}{card.company}",
        card.headline,
        card.place,
        score,
    ):
        yield from _wrapped(line, indent)
    if card.lead:
        yield ""
        whole = " ".join(filter(None, (card.lead, card.rest)))
        yield from _wrapped(f"{whole} ({labels.ai})", indent)
    for heading, points, more in (
        (labels.fit, card.fit, card.fit_more),
        (labels.check, card.check, card.check_more),
    ):
        if points:
            yield ""
            yield f"{indent}{heading} ({labels.ai}){labels.colon}".rstrip()
            yield from _listed([*points, *filter(None, (more,))], indent)
    if card.skills:
        yield ""
        skills = labels.comma.join(filter(None, (*card.skills, card.skills_more)))
        yield from _wrapped(f"{labels.skills}{labels.colon}{skills}", indent)
    yield from _history(card, labels, indent)
    yield from _contact(card, labels, indent)


def _history(card: CardView, labels: Labels, indent: str) -> Iterator[str]:
    if card.evidence:
        yield ""
        yield f"{indent}{labels.evidence} ({labels.ai}){labels.colon}".rstrip()
        for why in card.evidence:
            post = _post(why.role, why.company, why.duration, labels)
            yield from _listed((f"{post}\n{why.text}",), indent)
    if card.experience:
        yield ""
        yield f"{indent}{labels.experience}{labels.colon}".rstrip()
        for item in card.experience:
            post = _post(item.role, item.company, item.duration, labels)
            yield from _listed((post,), indent)
            yield from _listed(item.highlights, f"{indent}  " if post else indent)


def _post(role: str, company: str, duration: str, labels: Labels) -> str:
    where = labels.at.join(filter(None, (role, company)))
    return labels.comma.join(filter(None, (where, duration)))


def _contact(card: CardView, labels: Labels, indent: str) -> Iterator[str]:
    links = [card.profile] if card.profile else []
    links += card.emails
    if links:
        yield ""
    for link in links:
        if link.href.startswith("https:"):
            # On a line of its own: what breaks an address breaks the link.
            yield f"{indent}{labels.profile}{labels.colon}".rstrip()
            yield f"{indent}{link.href}"
        else:
            yield from _wrapped(link.text, indent)


def _foot(frame: ShortlistView, labels: Labels, notice: NoticeView) -> Iterator[str]:
    if frame.failed:
        yield from _wrapped(f"{labels.not_included} {labels.comma.join(frame.failed)}", "", "  ")
    if frame.author:
        yield from _wrapped(f"{labels.prepared_by} {frame.author}")
    if notice.title:
        if frame.failed or frame.author:
            yield ""
        yield from _wrapped(notice.title)
        yield from _wrapped(notice.text)


def _listed(items: Sequence[str], indent: str) -> Iterator[str]:
    for item in items:
        yield from _wrapped(item, f"{indent}- ", f"{indent}  ")


def _wrapped(text: str, first: str = "", following: str | None = None) -> Iterator[str]:
    """Yield the lines of a text; its own line breaks stay, blank lines go.

    Args:
        text: What to wrap.
        first: Stands before the first line.
        following: Stands before the others; by default the same.
    """
    if following is None:
        following = first
    most = _WIDTH - max(len(first), len(following))
    for paragraph in text.splitlines():
        if paragraph.strip():
            words = _WORD.findall(paragraph)
            if paragraph.isascii() and max(map(len, words)) <= most:
                yield from _filled_with_ascii(" ".join(words), first, following)
            else:
                yield from _filled(words, first, following)
            first = following


def _filled_with_ascii(text: str, first: str, following: str) -> Iterator[str]:
    """Yield the lines that `_filled` does, where each character is a column: the usual text."""
    start, room = 0, _WIDTH - len(first)
    while len(text) - start > room:
        end = text.rfind(" ", start, start + room + 1)
        yield first + text[start:end]
        first = following
        start, room = end + 1, _WIDTH - len(first)
    yield first + text[start:]


def _filled(words: Iterable[str], first: str, following: str) -> Iterator[str]:
    """Yield lines of words; one that is longer than a line is broken between two characters.

    Why: `wcwidth.wrap` measures the rest of a word again for each line, and a script without
    spaces is one long word: 32,000 characters took it ten seconds.
    """
    line, room, gap = [first], _WIDTH - len(first), ""
    for word in words:
        for piece, size in _measured(word, _WIDTH - len(following)):
            if len(gap) + size > room and len(line) > 1:
                yield "".join(line)
                line, room, gap = [following], _WIDTH - len(following), ""
            line += (gap, piece)
            room -= len(gap) + size
            gap = ""
        gap = " "
    yield "".join(line)


def _measured(word: str, most: int) -> Iterator[tuple[str, int]]:
    """Yield a word with its columns, or where they are more than ``most``, its characters."""
    if word.isascii() and len(word) <= most:
        yield word, len(word)
        return
    from wcwidth import iter_graphemes, width  # noqa: PLC0415  only messages need it

    columns = partial(width, control_codes="ignore")
    # Over each flag in a row, both look back to the first; a fresh start keeps that short.
    if len(word) <= _AT_ONCE and (size := columns(word)) <= most:
        yield word, size
        return
    start = 0
    while start < len(word):
        for character in islice(iter_graphemes(word[start:]), _AT_ONCE):
            start += len(character)
            # There are letters that take any number of others into one character.
            parts = character if columns(character) > most else (character,)
            yield from zip(parts, map(columns, parts), strict=True)
