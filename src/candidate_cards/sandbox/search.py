"""Finding people by words, and saying why: SQLite's full-text index and a plain sum of matches.

The vendor's agent reasons; this one counts. Its words name only what was found, so the same search
always gives the same candidates, scores and reasons.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from .pool import people

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .pool import Person

_WORD: Final = re.compile(r"[\w+#]+")
# fmt: off
_STOP_WORDS: Final = frozenset((
    "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "has", "have", "in", "is",
    "it", "its", "of", "on", "or", "our", "that", "the", "their", "they", "this", "to", "we",
    "who", "will", "with", "you", "your", "people", "prefer", "someone", "looking",
))
# fmt: on
_MOST_WORDS: Final = 100  # SQLite bounds the depth of an expression

_ROLE, _SKILLS, _PLACE, _WISHES = 45, 30, 15, 10
_SKILLS_FOR_FULL = 4
_BEST = 98


@dataclass(frozen=True, slots=True)
class Brief:
    """What is looked for; ``queries`` are all wishes of the session, oldest first."""

    title: str
    description: str
    location: str | None = None
    queries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A person with a score from 0 to 100 and the reasons for it.

    Attributes:
        fit_points: What speaks for the person.
        red_flags: What to ask about.
        relevant: Roles of the history that matter, with the reason.
    """

    person: Person
    score: int
    rationale: str
    fit_points: tuple[str, ...]
    red_flags: tuple[str, ...]
    relevant: tuple[tuple[int, str], ...]


def words(text: str) -> tuple[str, ...]:
    """Return the distinct words that carry meaning, without case and accents."""
    plain = "".join(
        char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char)
    )
    found = (word.casefold() for word in _WORD.findall(plain))
    return tuple(dict.fromkeys(word for word in found if word not in _STOP_WORDS))


class Index:
    """The pool, ready to be searched. It lives in memory: the pool is code, not state."""

    def __init__(self, pool: Sequence[Person] | None = None) -> None:
        self._pool = people() if pool is None else tuple(pool)
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        self._connection.execute(
            "CREATE VIRTUAL TABLE people USING fts5"
            " (role, skills, place, history, tokenize = 'unicode61 remove_diacritics 2')"
        )
        self._connection.executemany(
            "INSERT INTO people (rowid, role, skills, place, history) VALUES (?, ?, ?, ?, ?)",
            (
                (
                    place,
                    person.history[0].title,
                    " ".join((*person.skills, *person.languages)),
                    person.location,
                    " ".join(
                        f"{role.title} {role.company} {' '.join(role.highlights)}"
                        for role in person.history
                    ),
                )
                for place, person in enumerate(self._pool)
            ),
        )

    def find(self, brief: Brief) -> list[Person]:
        """Return everyone who shares a word with the brief, most alike first."""
        texts = (brief.title, *brief.queries, brief.location or "", brief.description)
        asked = tuple(dict.fromkeys(word for text in texts for word in words(text)))
        # The index splits where `words` does not; quoted, such a word becomes a phrase.
        quoted = [f'"{word}"' for word in asked[:_MOST_WORDS]]
        if not quoted:
            return []
        rows = self._connection.execute(
            "SELECT rowid FROM people WHERE people MATCH ?"
            " ORDER BY bm25(people, 10, 5, 4, 1), rowid",
            (" OR ".join(quoted),),
        )
        return [self._pool[place] for (place,) in rows]

    def person(self, number: int) -> Person:
        """Return a person by their place in the pool."""
        return self._pool[number]

    def close(self) -> None:
        """Give the memory back."""
        self._connection.close()


@dataclass(frozen=True, slots=True)
class _Asked:
    """A brief as words, split once for all people."""

    title: tuple[str, ...]
    wishes: tuple[str, ...]
    place: frozenset[str]
    everything: frozenset[str]

    @classmethod
    def by(cls, brief: Brief) -> _Asked:
        wishes = words(" ".join(brief.queries))
        return cls(
            title=words(brief.title),
            wishes=wishes,
            place=frozenset(words(brief.location or "")),
            everything=frozenset((*words(brief.title), *words(brief.description), *wishes)),
        )


@cache
def _words_of(person: Person) -> frozenset[str]:
    return frozenset(words(" ".join(_everything(person))))


def _judge(person: Person, asked: _Asked) -> Match:
    newest = person.history[0]
    role = words(newest.title)
    in_role = [word for word in asked.title if word in role]
    skills = [skill for skill in person.skills if asked.everything.issuperset(words(skill))]
    granted = [wish for wish in asked.wishes if wish in _words_of(person)]
    is_near = not asked.place.isdisjoint(words(person.location))

    score = _ROLE * len(in_role) / max(1, len(asked.title))
    score += _SKILLS * min(1, len(skills) / _SKILLS_FOR_FULL)
    score += _PLACE if is_near or not asked.place else 0
    score += _WISHES * (len(granted) / len(asked.wishes) if asked.wishes else 1)

    fit_points = []
    if in_role:
        fit_points.append(f"{newest.title}: the title asks for {_listed(in_role)}")
    if skills:
        fit_points.append(f"Knows {_listed(skills)}, which the brief names")
    if is_near:
        fit_points.append(f"Is in {person.location}, as asked")
    if granted:
        fit_points.append(f"Profile mentions {_listed(granted)}, as wished")
    red_flags = []
    if not in_role:
        red_flags.append(f"Works as {newest.title}, not under the title of the brief")
    if not skills:
        red_flags.append("None of their skills is named in the brief")
    if asked.place and not is_near:
        red_flags.append(f"Is in {person.location}: ask about the place of work")
    if newest.end is not None:
        red_flags.append(f"Left the last role in {newest.end}")
    return Match(
        person=person,
        score=min(_BEST, round(score)),
        rationale=_rationale(person, fit_points, red_flags),
        fit_points=tuple(fit_points),
        red_flags=tuple(red_flags),
        relevant=_relevant(person, asked),
    )


def ranked(people: Iterable[Person], brief: Brief) -> list[Match]:
    """Score people; the best come first, and among equals the order that they came in holds."""
    asked = _Asked.by(brief)
    matches = (_judge(person, asked) for person in people)
    return sorted(matches, key=lambda match: -match.score)


def _everything(person: Person) -> Iterable[str]:
    yield from person.skills
    yield from person.languages
    yield person.location
    for role in person.history:
        yield from (role.title, role.company, *role.highlights)


def _rationale(person: Person, fit_points: list[str], red_flags: list[str]) -> str:
    years = sum(role.years for role in person.history)
    opening = f"{person.name} has worked for {years} years, last as {person.history[0].title}."
    reasons = " ".join(f"{point}." for point in (fit_points or red_flags)[:2])
    return f"{opening} {reasons}".strip()


def _relevant(person: Person, asked: _Asked) -> tuple[tuple[int, str], ...]:
    found = []
    for place, role in enumerate(person.history):
        shared = [word for word in words(role.title) if word in asked.everything]
        if shared:
            found.append((place, f"Same kind of work: {_listed(shared)}"))
    return tuple(found)


def _listed(values: Sequence[str]) -> str:
    shown = values[:4]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def sourced(match: Match, profile_id: str) -> dict[str, Any]:
    """Return a match as sourcing results show it: everything but e-mail addresses."""
    person = match.person
    return {
        **_person(person, profile_id),
        "matchScore": match.score,
        "rationale": match.rationale,
        "aiFitPoints": list(match.fit_points),
        "aiRedFlags": list(match.red_flags),
        "aiDetailedRationale": [
            {
                "title": person.history[place].title,
                "company": person.history[place].company,
                "duration": person.history[place].duration,
                "relevanceExplanation": reason,
            }
            for place, reason in match.relevant
        ],
        **({"currentRole": person.current.title} if person.current else {}),
    }


def enriched(person: Person, profile_id: str, score: int | None) -> dict[str, Any]:
    """Return a person as enrichment shows them: no reasons, but e-mail addresses."""
    scored = {} if score is None else {"matchScore": score}
    return {**_person(person, profile_id), **scored, "emails": list(person.emails)}


def previewed(person: Person, profile_id: str) -> dict[str, Any]:
    """Return a person as a preview shows them: nine fields at most."""
    current = person.current
    return {
        "profileId": profile_id,
        "fullName": person.name,
        "profileUrl": person.linkedin_url,
        "headline": person.headline,
        "location": person.city,
        "country": person.country,
        **(
            {
                "title": current.title,
                "companyName": current.company,
                "companyUrl": "https://www.linkedin.com/company/example-"
                + "-".join(words(current.company)),
            }
            if current
            else {}
        ),
    }


def _person(person: Person, profile_id: str) -> dict[str, Any]:
    return {
        "profileId": profile_id,
        "name": person.name,
        "linkedinUrl": person.linkedin_url,
        "skills": list(person.skills),
        "headline": person.headline,
        "location": person.location,
        **({"currentCompany": person.current.company} if person.current else {}),
        "detailedExperience": [
            {
                "role": role.title,
                "company": role.company,
                "duration": role.duration,
                "highlights": list(role.highlights),
            }
            for role in person.history
        ],
    }
