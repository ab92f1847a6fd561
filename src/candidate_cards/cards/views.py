"""Candidate -> CardView: what is shown, in which order and how much of it.

Templates place what a view holds and decide nothing. Views are named tuples: cheap to make,
immutable, and read by plain attribute access in the compiled templates.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from candidate_cards._text import is_visible, with_balanced_bidi
from candidate_cards.cards.bands import DEFAULT_BANDS, Bands, Tone, shown_score
from candidate_cards.cards.labels import DEFAULT_LABELS, Labels
from candidate_cards.cards.links import linkedin_url, mailto_url, reply_url

if TYPE_CHECKING:
    from candidate_cards.models import Candidate, ExperienceItem, RationaleItem, Shortlist

Density = Literal["row", "card", "detail"]
DENSITIES: tuple[str, ...] = get_args(Density)

# Caps are by count, never by clipping, and each says how many more there are.
_CARD_SKILLS = 8
_CARD_POINTS = 3
# Up to this many characters the summary stands open; a longer one folds after its lead.
_LEAD = 280
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")


class ScoreView(NamedTuple):
    """A match score.

    Attributes:
        value: Whole number as text, ``""`` if not scored.
        word: Band in words; ``""`` of a score that is withheld, which leaves no trace.
        tone: Band, for the style.
        accessible: Whole sentence for assistive technology.
    """

    value: str
    word: str
    tone: Tone
    accessible: str


class LinkView(NamedTuple):
    """Text with the address it links to; ``href`` is ``""`` where it must stay text."""

    text: str
    href: str


class EvidenceView(NamedTuple):
    """Why one past role matters."""

    role: str
    company: str
    duration: str
    text: str


class RoleView(NamedTuple):
    """One entry of the timeline."""

    role: str
    company: str
    duration: str
    highlights: tuple[str, ...]


class CardView(NamedTuple):
    """Everything that one card shows; empty text and empty tuples are not shown.

    ``joint`` stands between role and company and is empty unless both are there. ``rank`` is the
    place in the shortlist, from 1, empty for a card that stands alone. ``written`` tells whether
    it has a text that AI wrote, ``ai`` whether it has one or a score. ``mixed`` is for messages:
    whether a short text of it runs from right to left.
    """

    name: str
    role: str
    joint: str
    company: str
    headline: str
    place: str
    score: ScoreView
    lead: str
    rest: str
    skills: tuple[str, ...]
    skills_more: str
    fit: tuple[str, ...]
    fit_more: str
    check: tuple[str, ...]
    check_more: str
    evidence: tuple[EvidenceView, ...]
    experience: tuple[RoleView, ...]
    profile: LinkView | None
    emails: tuple[LinkView, ...]
    ai: bool
    written: bool
    rank: str = ""
    respond: LinkView | None = None
    mixed: bool = False


class ShortlistView(NamedTuple):
    """The frame around the cards of a page; ``heading`` is ``""`` for a single candidate."""

    document_title: str
    heading: str
    brief: str
    client: str
    author: str
    size: str
    failed: tuple[str, ...]


@lru_cache(maxsize=1024)  # a hundred scores and a handful of languages
def _score_view(score: float | None, bands: Bands, labels: Labels) -> ScoreView:
    number = shown_score(score)
    if number is None:
        withheld = score is not None and math.isnan(score)
        word = "" if withheld else labels.bands["none"]
        return ScoreView("", word, "none", word)
    tone = bands.tone(number)
    word = labels.bands[tone]
    accessible = f"{number} {labels.out_of}{labels.comma}{word} ({labels.ai})"
    return ScoreView(str(number), word, tone, accessible)


def split_lead(text: str) -> tuple[str, str]:
    """Split a long text after its last whole sentence, or word, within the lead."""
    # Half of a text that embeds directions would leave them open.
    if len(text) <= _LEAD or _DIRECTION.search(text):
        return text, ""
    end = text.rfind(". ", _LEAD // 3, _LEAD) + 1 or text.rfind(" ", _LEAD // 3, _LEAD) + 1
    if not end:  # one unbroken word, or a script without spaces: nowhere to fold
        return text, ""
    return text[:end].rstrip(), text[end:].lstrip()


def _cap(items: tuple[str, ...], most: int, labels: Labels) -> tuple[tuple[str, ...], str]:
    # One hidden entry would take the place of the words that announce it.
    if len(items) <= most + 1:
        return items, ""
    return items[:most], labels.more[len(items) - most]


def _texts(items: tuple[str, ...]) -> tuple[str, ...]:
    # One look at all of them: most lists need nothing.
    if not items or ("".join(items).isascii() and all(map(str.strip, items))):
        return items
    return tuple([text for item in items if (text := _text(item))])


def _text(value: str | None) -> str:
    if not value or value.isspace():
        return ""
    if value.isascii():
        return value
    # Loading has cleaned what was loaded; a candidate may also be made by hand.
    if value.isprintable():
        return value
    text = with_balanced_bidi(value)
    return text if is_visible(text) else ""


def _evidence_views(items: tuple[RationaleItem, ...]) -> tuple[EvidenceView, ...]:
    views = [
        EvidenceView(
            _text(item.title),
            _text(item.company),
            _text(item.duration),
            _text(item.relevance_explanation),
        )
        for item in items
    ]
    return tuple([view for view in views if any(view)])


def _role_views(items: tuple[ExperienceItem, ...]) -> tuple[RoleView, ...]:
    views = [
        RoleView(
            _text(item.role), _text(item.company), _text(item.duration), _texts(item.highlights)
        )
        for item in items
    ]
    return tuple([view for view in views if any(view)])


def _profile_view(url: str, labels: Labels) -> LinkView | None:
    if not url:
        return None
    href = linkedin_url(url)
    return LinkView(url, "") if href is None else LinkView(labels.profile, href)


def card_view(  # noqa: PLR0913  each is a choice that users make
    candidate: Candidate,
    *,
    density: Density = "card",
    bands: Bands = DEFAULT_BANDS,
    labels: Labels = DEFAULT_LABELS,
    rank: str = "",
    reply_to: str = "",
    capped: bool = True,
) -> CardView:
    """Make the view of one candidate.

    Args:
        candidate: Whatever is known; every field but the id may be missing.
        density: ``row`` (one line), ``card`` (capped lists) or ``detail`` (everything).
        bands: Where the score bands begin.
        labels: The language of our own words.
        rank: Place in the shortlist, from 1.
        reply_to: Whom a reader may answer: a checked e-mail address, or ``""``.
        capped: Whether the density ``card`` shows only the first of each list.

    Returns:
        A view in which missing data is empty, never ``None`` inside a text.
    """
    score = _score_view(candidate.match_score, bands, labels)
    role = _text(candidate.current_role)
    company = _text(candidate.current_company)
    headline = _text(candidate.headline)
    joint = labels.at
    if not role and headline:
        # Enriched profiles carry no role: the headline says it, mostly with the company. Where
        # it does not, "at" would make one statement of two.
        role, headline, joint = headline, "", labels.comma
        if company.casefold() in role.casefold():
            company = ""
    lead = rest = skills_more = fit_more = check_more = ""
    skills: tuple[str, ...] = ()
    fit: tuple[str, ...] = ()
    check: tuple[str, ...] = ()
    evidence: tuple[EvidenceView, ...] = ()
    experience: tuple[RoleView, ...] = ()
    if density != "row":
        lead = _text(candidate.rationale)
        skills = _texts(candidate.skills)
        fit = _texts(candidate.ai_fit_points)
        check = _texts(candidate.ai_red_flags)
        if density == "card":
            lead, rest = split_lead(lead)
            headline = ""
            if capped:
                skills, skills_more = _cap(skills, _CARD_SKILLS, labels)
                fit, fit_more = _cap(fit, _CARD_POINTS, labels)
                check, check_more = _cap(check, _CARD_POINTS, labels)
        else:
            evidence = _evidence_views(candidate.ai_detailed_rationale)
            experience = _role_views(candidate.detailed_experience)
            if headline.casefold() in {role.casefold(), f"{role}{joint}{company}".casefold()}:
                headline = ""  # it would only repeat the line above it
    emails = _texts(candidate.emails)
    written = bool(lead or fit or check or evidence)
    name = _text(candidate.name)
    if not is_visible(name):
        name = labels.unnamed
    return CardView(
        name,
        role,
        joint if role and company else "",
        company,
        headline if density == "detail" else "",
        _text(candidate.location),
        score,
        lead,
        rest,
        skills,
        skills_more,
        fit,
        fit_more,
        check,
        check_more,
        evidence,
        experience,
        _profile_view(_text(candidate.linkedin_url), labels),
        tuple([LinkView(address, mailto_url(address) or "") for address in emails]),
        written or score.value != "",
        written,
        rank,
        _respond_view(reply_to, name, labels) if reply_to else None,
    )


def _respond_view(address: str, name: str, labels: Labels) -> LinkView:
    return LinkView(labels.respond, reply_url(address, labels.reply_subject.format(name=name)))


def shortlist_view(shortlist: Shortlist, *, labels: Labels = DEFAULT_LABELS) -> ShortlistView:
    """Make the view of what stands around a shortlist's cards."""
    heading = _text(shortlist.title) or labels.shortlist
    return ShortlistView(
        heading,
        heading,
        _text(shortlist.brief),
        _text(shortlist.client),
        _text(shortlist.author),
        labels.size[len(shortlist.candidates)],
        tuple([_text(item.profile_id) for item in shortlist.failed]),
    )


def single_view(card: CardView) -> ShortlistView:
    """Make the frame of a page that holds one candidate and nothing else."""
    return ShortlistView(card.name, "", "", "", "", "", ())
