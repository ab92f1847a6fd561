"""Rendered cards, as the bytes that an answer is joined from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cachetools import LRUCache
from pydantic_core import to_json

from candidate_cards.models import ErrorCode, RenderedCard

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_OVERHEAD: Final = 500  # bytes that an entry takes beside the card


@dataclass(frozen=True, slots=True)
class Card:
    """A card of one version of a candidate.

    Attributes:
        wire: Its entry in an answer: JSON in UTF-8.
        sign: Differs where that does, within a theme and a version of this package.
        success: Whether there is a card in it.
    """

    wire: bytes
    sign: str
    success: bool


def encoded(card: RenderedCard, version: str = "") -> Card:
    """Return a card, of this version of a candidate, as JSON."""
    sign = f"{card.profile_id}\0{version}\0{card.error_code or ''}"
    return Card(to_json(card.to_wire()), sign, card.success)


def not_found(profile_id: str) -> RenderedCard:
    """Return what an unknown, an erased or another company's id gets."""
    return RenderedCard(
        profile_id=profile_id, success=False, error_code=ErrorCode.PROFILE_NOT_FOUND
    )


def joined(cards: Sequence[Card]) -> bytes:
    """Return the body of an answer with these cards, at least one."""
    count = sum(card.success for card in cards)
    parts = [b'{"success":true,"renderedCount":%d,"data":[' % count]  # one join: cards are large
    for card in cards:
        parts += (card.wire, b",")
    parts[-1] = b"]}"
    return b"".join(parts)


@dataclass(frozen=True, slots=True)
class _Kept:
    version: str
    until: int
    card: Card


class CardCache:
    """Cards by company, profile, look and version; the least used ones go first.

    It knows nothing of erasures by other processes. So a card is only handed out for a version
    that its caller has just read, one that the caller misses is to be dropped, and none is kept
    for long.

    Args:
        most: Bytes that it may take.
        milliseconds: How long a card is kept.
        now: Returns milliseconds.

    Attributes:
        erasures: How often somebody was erased.
    """

    def __init__(self, most: int, milliseconds: int, now: Callable[[], int]) -> None:
        self.erasures = 0
        self._most = most
        self._milliseconds = milliseconds
        self._now = now
        self._kept: LRUCache[tuple[str, str, str], _Kept] = LRUCache(most, _size)
        self._looks: dict[str, set[str]] = {}  # by company, to drop somebody in all of them

    def get(self, company: str, profile_id: str, look: str, version: str) -> Card | None:
        """Return the card of this version."""
        kept = self._kept.get((company, profile_id, look))
        if kept is None or kept.version != version or kept.until <= self._now():
            return None
        return kept.card

    def put(  # noqa: PLR0913, PLR0917  a key, and what is kept under it
        self, company: str, profile_id: str, look: str, version: str, card: Card, erasures: int
    ) -> None:
        """Keep a card in place of that of another version.

        Args:
            company: Whose candidate it shows.
            profile_id: Which.
            look: All that a card of this version depends on: theme, profile, language and so on.
            version: Of the record.
            card: What is kept.
            erasures: As they were before the record was read. If somebody was erased since then,
                it may be this one, and nothing is kept.
        """
        if erasures != self.erasures:
            return
        kept = _Kept(version, self._now() + self._milliseconds, card)
        if _size(kept) <= self._most:
            self._looks.setdefault(company, set()).add(look)
            self._kept[company, profile_id, look] = kept

    def drop(self, company: str, profile_id: str) -> None:
        """Forget a candidate."""
        for look in self._looks.get(company, ()):
            self._kept.pop((company, profile_id, look), None)

    def erase(self, company: str, profile_id: str) -> None:
        """Forget a candidate, and what is being made of it now."""
        self.erasures += 1
        self.drop(company, profile_id)

    def erase_company(self, company: str) -> None:
        """Forget a company's candidates, and what is being made of them now."""
        self.erasures += 1
        self._looks.pop(company, None)
        for key in [key for key in self._kept if key[0] == company]:
            del self._kept[key]

    def clear(self) -> None:
        """Forget everything, and what is being made now."""
        self.erasures += 1
        self._looks.clear()
        self._kept.clear()

    def expire(self) -> None:
        """Forget what was kept for long enough."""
        now = self._now()
        for key, kept in list(self._kept.items()):
            if kept.until <= now:
                del self._kept[key]

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return int(self._kept.currsize)


def _size(kept: _Kept) -> int:
    return len(kept.card.wire) + _OVERHEAD
