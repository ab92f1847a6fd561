"""The people whom the sandbox finds: synthetic, and the same ones every time.

Names are ordinary words for "example", "sample" and "trial" in thirty languages; addresses are in
domains that are reserved for examples.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar

from ._pool_words import COMPANIES, FAMILY_FIRST, FIELDS, NAMES, PLACES

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

SIZE: Final = 360
_THIS_YEAR: Final = 2026  # the pool must not change with the calendar


@dataclass(frozen=True, slots=True)
class Role:
    """One entry of a work history; ``end`` is a year, or ``None`` if it goes on."""

    title: str
    company: str
    start: int
    end: int | None
    highlights: tuple[str, ...]

    @property
    def duration(self) -> str:
        """As the vendor writes it: ``2019 - Present``."""
        return f"{self.start} - {'Present' if self.end is None else self.end}"

    @property
    def years(self) -> int:
        """Full years in it, at least one."""
        return max(1, (self.end or _THIS_YEAR) - self.start)


@dataclass(frozen=True, slots=True)
class Person:
    """One synthetic profile.

    Attributes:
        number: Place in the pool, from 0.
        history: Newest role first; the first one may have ended.
    """

    number: int
    name: str
    city: str
    country: str
    languages: tuple[str, ...]
    skills: tuple[str, ...]
    emails: tuple[str, ...]
    history: tuple[Role, ...]

    @property
    def current(self) -> Role | None:
        """The present role, if there is one."""
        return self.history[0] if self.history[0].end is None else None

    @property
    def headline(self) -> str:
        """One line on the person."""
        role = self.history[0]
        if role.end is None:
            return f"{role.title} at {role.company}"
        return f"{role.title}, open to work"

    @property
    def location(self) -> str:
        """City and country."""
        return f"{self.city}, {self.country}"

    @property
    def linkedin_url(self) -> str:
        """A path that no member can have."""
        return f"https://www.linkedin.com/in/example-{self.number:04}-synthetic"


class _Dice:
    """Choices that depend on a number alone, on every machine and version of Python."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._throws = 0

    def below(self, limit: int) -> int:
        self._throws += 1
        digest = hashlib.sha256(f"{self._seed}/{self._throws}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % limit

    def one(self, values: Sequence[T]) -> T:
        return values[self.below(len(values))]

    def some(self, values: Sequence[T], count: int) -> tuple[T, ...]:
        rest = list(values)
        return tuple(rest.pop(self.below(len(rest))) for _ in range(min(count, len(rest))))


@cache
def people() -> tuple[Person, ...]:
    """Return the whole pool."""
    return tuple(map(_person, range(SIZE)))


def _person(number: int) -> Person:
    dice = _Dice(number)
    language, given_names, family_names = NAMES[number % len(NAMES)]
    turn = number // len(NAMES)
    given = given_names[turn % len(given_names)]
    family = family_names[turn // len(given_names) % len(family_names)]
    parts = (family, given) if language in FAMILY_FIRST else (given, family)
    name = ("" if language in {"Chinese", "Japanese", "Korean"} else " ").join(parts)
    # Each turn through the languages shifts the lines of work, so that every pair meets.
    field = FIELDS[(number + turn) % len(FIELDS)]
    city, country = dice.one(PLACES)
    seniority = dice.below(len(field.roles))
    end: int | None = None if dice.below(12) else _THIS_YEAR - 1
    history = []
    companies = iter(dice.some(COMPANIES, seniority + 1))
    for step in range(seniority, -1, -1):
        start = (end or _THIS_YEAR) - 1 - dice.below(6)
        deeds = dice.some(field.deeds, 1 + dice.below(2))
        history.append(Role(field.roles[step], next(companies), start, end, deeds))
        end = start
    return Person(
        number=number,
        name=name,
        city=city,
        country=country,
        languages=tuple(dict.fromkeys((language, "English"))),
        skills=dice.some(field.skills, 4 + dice.below(4)),
        emails=_emails(number, name, dice.below(6)),
        history=tuple(history),
    )


def _emails(number: int, name: str, throw: int) -> tuple[str, ...]:
    """Return no address, one, or two; some people's names cannot be written in one."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    local = re.sub(r"[^a-z]+", ".", plain).strip(".") or "person"
    private = f"{local}.{number}@example.org"
    return {0: (), 1: (private, f"p{number}@work.example")}.get(throw, (private,))
