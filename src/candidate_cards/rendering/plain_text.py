"""Views in, plain text out: the part of a message that is read without any markup.

Why no template: text is mostly wrapping and indenting, which a template says badly, and what is
autoescaped for HTML must not be for text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from candidate_cards.cards import CardView, Labels, MessageView, ShortlistView

_WIDTH = 72  # columns; wide characters take two
_RULE = "-" * _WIDTH


def plain_text(
    frame: ShortlistView, message: MessageView, cards: Sequence[CardView], labels: Labels
) -> str:
    """Return a message as text: numbered, wrapped at 72 columns, with every address in full.

    All that belongs to a candidate is indented, so that no text can pass for the next one.

    Args:
        frame: What stands around the cards.
        message: What the message says besides.
        cards: In ranking order.
        labels: The language of our own words.

    Returns:
        Lines that end in a newline. Addresses are never broken, so a line may be longer.
    """
    lines = list(_head(frame, message, labels))
    for card in cards:
        lines += ["", _RULE, "", *_candidate(card, labels)]
    lines += ["", _RULE, "", *_foot(frame, labels)]
    return "".join(f"{line}\n" for line in lines)


def _head(frame: ShortlistView, message: MessageView, labels: Labels) -> Iterator[str]:
    if not frame.heading:
        yield from _wrapped(message.subject)
        return
    yield from _wrapped(frame.heading)
    facts = [frame.size, message.part]
    if frame.client:
        facts.append(f"{labels.prepared_for} {frame.client}")
    yield from _wrapped(", ".join(filter(None, facts)))
    if message.sentence:
        yield ""
        yield from _wrapped(message.sentence)


def _candidate(card: CardView, labels: Labels) -> Iterator[str]:
    number = f"{card.rank}. " if card.rank else ""
    indent = " " * (len(number) or 3)
    yield from _wrapped(f"{number}{card.name}", "", indent)
    score = f"{card.score.value} {labels.out_of}, {card.score.word}"
    for line in (
        f"{card.role}{card.joint}{card.company}",
        card.headline,
        card.place,
        f"{labels.match}: {score if card.score.value else card.score.word}",
    ):
        yield from _wrapped(line, indent)
    if card.lead:
        yield ""
        more = " \u2026" if card.rest else ""
        yield from _wrapped(f"{card.lead}{more} ({labels.ai})", indent)
    for heading, points, more in (
        (labels.fit, card.fit, card.fit_more),
        (labels.check, card.check, card.check_more),
    ):
        if points:
            yield ""
            yield f"{indent}{heading} ({labels.ai}):"
            yield from _listed([*points, *filter(None, (more,))], indent)
    if card.skills:
        yield ""
        skills = ", ".join(filter(None, (*card.skills, card.skills_more)))
        yield from _wrapped(f"{labels.skills}: {skills}", indent)
    yield from _history(card, labels, indent)
    yield from _contact(card, labels, indent)


def _history(card: CardView, labels: Labels, indent: str) -> Iterator[str]:
    if card.evidence:
        yield ""
        yield f"{indent}{labels.evidence} ({labels.ai}):"
        for item in card.evidence:
            yield from _listed((_post(item.role, item.company, item.duration, labels),), indent)
            yield from _wrapped(item.text, f"{indent}  ")
    if card.experience:
        yield ""
        yield f"{indent}{labels.experience}:"
        for post in card.experience:
            yield from _listed((_post(post.role, post.company, post.duration, labels),), indent)
            yield from _listed(post.highlights, f"{indent}  ")


def _post(role: str, company: str, duration: str, labels: Labels) -> str:
    where = f" {labels.at} ".join(filter(None, (role, company)))
    return ", ".join(filter(None, (where, duration)))


def _contact(card: CardView, labels: Labels, indent: str) -> Iterator[str]:
    links = [card.profile] if card.profile else []
    links += card.emails
    if links:
        yield ""
    for link in links:
        if link.href.startswith("https:"):
            # On a line of its own: what breaks an address breaks the link.
            yield f"{indent}{labels.profile}:"
            yield f"{indent}{link.href}"
        else:
            yield from _wrapped(link.text, indent)


def _foot(frame: ShortlistView, labels: Labels) -> Iterator[str]:
    if frame.failed:
        yield from _wrapped(f"{labels.not_included} {', '.join(frame.failed)}")
    yield from _wrapped(labels.notice)
    if frame.author:
        yield from _wrapped(f"{labels.prepared_by} {frame.author}")


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
    from wcwidth import wrap  # noqa: PLC0415  only messages need it

    if following is None:
        following = first
    for paragraph in text.splitlines():
        if paragraph.strip():
            yield from wrap(
                paragraph,
                _WIDTH,
                initial_indent=first,
                subsequent_indent=following,
                break_on_hyphens=False,
                control_codes="ignore",
                propagate_sgr=False,
            )
            first = following
