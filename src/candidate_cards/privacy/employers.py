"""Which companies a record names, and for which of them somebody works now."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from candidate_cards.models import Candidate, ExperienceItem, RationaleItem

#: How the time of a role that goes on ends: a word for now in the languages of the label
#: catalogues, or nothing after the dash.
_ONGOING: Final = re.compile(
    r"(?:\b(?:present|current(?:ly)?|now|today|ongoing|heute|aktuell|jetzt|laufend"
    r"|pr[eé]sent|aujourd['\u2019]hui|actuel(?:lement)?|en cours"
    r"|actualidad|presente|actual(?:mente)?"
    r"|obecnie|teraz|do dzi[sś]|nyn[ií]|dosud|sou[cč]asnost|s[uú][cč]asnos[tť]|doteraz)\b"
    r"|\u0627\u0644\u0622\u0646|\u0627\u0644\u062d\u0627\u0636\u0631|\u062d\u0627\u0644\u064a"
    r"|\u05d4\u05d9\u05d5\u05dd|\u05db\u05d9\u05d5\u05dd|\u05d4\u05d5\u05d5\u05d4"
    r"|[-\u2010-\u2015]\s*$)",
    re.IGNORECASE,
)
_LONGEST_DURATION: Final = 200


def same_name(company: str) -> str:
    """Return what two spellings of one company's name have in common."""
    text = unicodedata.normalize("NFKC", company).casefold()
    return " ".join("".join(char if char.isalnum() else " " for char in text).split())


def companies(candidate: Candidate) -> Iterator[str]:
    """Yield every company that a record names in a field of its own."""
    if candidate.current_company:
        yield candidate.current_company
    for item in _roles(candidate):
        if item.company:
            yield item.company


def current_companies(candidate: Candidate) -> Iterator[str]:
    """Yield the companies for which somebody works now.

    Beside the field for it, these are the companies of roles that go on. A record that tells of
    none has its first role, histories being written from the end: better one too many hidden.
    """
    found = False
    if candidate.current_company:
        found = True
        yield candidate.current_company
    for item in _roles(candidate):
        if item.company and _ONGOING.search((item.duration or "")[:_LONGEST_DURATION].strip()):
            found = True
            yield item.company
    if not found:
        yield from (item.company for item in _roles(candidate)[:1] if item.company)


def _roles(candidate: Candidate) -> tuple[ExperienceItem | RationaleItem, ...]:
    return (*candidate.detailed_experience, *candidate.ai_detailed_rationale)
