"""Pronouns and titles that tell a gender, and their neutral words."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from .data import (
    adverbs,
    not_verbs,
    pronouns,
    signs,
    standing_titles,
    verbs_after_pronouns,
)
from .folding import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .records import Kind

# What people write after their name to say how they are spoken of.
_DECLARED: Final = re.compile(
    r"\s?[(\[]?\b(?:she|he|they|sie|er|elle|il|ella|él|ela|ele|hon|han|hun|zij|hij|ona|on)"
    r"\s?/\s?(?:her|hers|him|his|them|ihr|ihm|lui|elle|el|él|ella|dela|dele|hen|henne|haar|hem|they|iel)"
    r"(?:\s?/\s?(?:hers|his|theirs|they|them))?\b[)\]]?",
    re.IGNORECASE,
)
_NO_NOUN_AFTER: Final = frozenset(
    [
        "a",
        "about",
        "after",
        "again",
        "all",
        "also",
        "an",
        "and",
        "as",
        "at",
        "back",
        "because",
        "before",
        "but",
        "by",
        "down",
        "during",
        "for",
        "from",
        "here",
        "if",
        "in",
        "into",
        "is",
        "it",
        "of",
        "off",
        "on",
        "once",
        "or",
        "out",
        "over",
        "so",
        "than",
        "that",
        "the",
        "then",
        "there",
        "this",
        "through",
        "to",
        "too",
        "under",
        "until",
        "up",
        "was",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "whom",
        "why",
        "will",
        "with",
        "without",
    ]
)
_NOUN_AFTER: Final = re.compile(rf" (?!(?:{'|'.join(sorted(_NO_NOUN_AFTER))})\b)\w", re.IGNORECASE)
_WORD: Final = re.compile(r"\s([a-z]++(?:['’]t)?+)(?![\w'’-])", re.IGNORECASE)
_SMALL_WORD: Final = re.compile(r"(?<!\w)[^\W\d_]{2,8}(?!\w)")
_ENOUGH_SIGNS: Final = 2
_MOST_ADVERBS: Final = 2
#: How no verb of the third person ends: pass, focus, this, alias.
_NO_THIRD_PERSON: Final = ("ss", "us", "is", "as", "wards")
_SIBILANTS: Final = ("sses", "shes", "ches", "xes", "zzes", "oes")
_SHORTEST_IN_Y: Final = 5  # letters: tries, but not dies
_SHORTEST_VERB: Final = 3


class Gendered(NamedTuple):
    """A word that tells a gender, in a view, and what stands in its place."""

    start: int
    end: int
    kind: Kind
    replacement: str


def find_gendered(text: str, languages: tuple[str, ...], code: str) -> Iterator[Gendered]:
    """Yield the pronouns and standing titles of the languages.

    Args:
        text: Of a view.
        languages: Two letters each; those without data have none.
        code: Stands for the person where a language has no neutral pronoun.
    """
    if not languages:
        return
    for match in _DECLARED.finditer(text):
        yield Gendered(*match.span(), "pronoun", "")
    pattern = _pattern(languages)
    if pattern is None:
        return
    spoken: tuple[str, ...] | None = None
    for match in pattern.finditer(text):
        word = fold(match[0])
        if word in _titles(languages):
            end = match.end() + (text[match.end() : match.end() + 1] == ".")
            end += text[end : end + 1] == " "
            yield Gendered(match.start(), end, "title", "")
            continue
        spoken = _spoken(text, languages) if spoken is None else spoken
        replacement = _replacement(text, match, spoken).replace("{code}", code)
        if not replacement:
            continue
        yield Gendered(*match.span(), "pronoun", _cased(replacement, match[0], code))
        yield from _verb(text, match.end(), word, languages)


@lru_cache(maxsize=64)
def _titles(languages: tuple[str, ...]) -> frozenset[str]:
    return frozenset().union(*map(standing_titles, languages))


@lru_cache(maxsize=64)
def _pronouns(languages: tuple[str, ...]) -> dict[str, str]:
    return {fold(word): new for language in languages for word, new in pronouns(language).items()}


def _spoken(text: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the languages that a text may be in: all, but for signs of another."""
    written = frozenset(_SMALL_WORD.findall(text.lower()))
    found = {name: len(words & written) for name, words in signs().items()}
    if max(found.values()) < _ENOUGH_SIGNS:
        return languages
    return tuple([each for each in languages if each == "en" or found.get(each)])


@lru_cache(maxsize=64)
def _pattern(languages: tuple[str, ...]) -> re.Pattern[str] | None:
    written = {word for language in languages for word in pronouns(language)}
    written |= _titles(languages)
    if not written:
        return None
    longest_first = sorted(written, key=len, reverse=True)
    return re.compile(
        rf"(?<![\w'’-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])", re.IGNORECASE
    )


def _replacement(text: str, match: re.Match[str], languages: tuple[str, ...]) -> str:
    word = fold(match[0])
    new = _pronouns(languages).get(word, "")
    if word in {"his", "her"} and new == "their" and not _NOUN_AFTER.match(text, match.end()):
        return "theirs" if word == "his" else "them"
    return new


def _verb(text: str, end: int, word: str, languages: tuple[str, ...]) -> Iterator[Gendered]:
    """Yield the verb after ``he`` and ``she`` where the neutral word takes another."""
    if word not in {"he", "she"} or "en" not in languages:
        return
    if text[end : end + 2].lower() in {"'s", "’s"} and not text[end + 2 : end + 3].isalnum():
        yield Gendered(end + 1, end + 2, "pronoun", "re")
        return
    verb = _after_adverbs(text, end)
    if verb is not None and (new := _plural(verb[1])):
        yield Gendered(*verb.span(1), "pronoun", new)


def _after_adverbs(text: str, end: int) -> re.Match[str] | None:
    """Return the word after a pronoun that ends there, past a few adverbs."""
    for _ in range(_MOST_ADVERBS + 1):
        match = _WORD.match(text, end)
        if match is None:
            return None
        word = match[1].lower()
        if not word.endswith("ly") and word not in adverbs("en"):
            return match
        end = match.end()
    return None


def _plural(written: str) -> str:
    """Return what an English verb of the third person is after ``they``; ``""`` for other words."""
    verb = written.lower().replace("’", "'")
    new = verbs_after_pronouns("en").get(verb, "")
    if not new:
        # A capital inside a sentence begins a name: She Codes.
        if not (written.islower() or written.isupper()) or not _is_third_person(verb):
            return ""
        new = verb[:-1]
        if verb.endswith("ies") and len(verb) >= _SHORTEST_IN_Y:
            new = f"{verb[:-3]}y"
        elif verb.endswith(_SIBILANTS):
            new = verb[:-2]
    return new.upper() if written.isupper() else new


def _is_third_person(word: str) -> bool:
    return (
        len(word) >= _SHORTEST_VERB
        and word.endswith("s")
        and not word.endswith(_NO_THIRD_PERSON)
        and word not in not_verbs("en")
    )


def _cased(new: str, old: str, code: str) -> str:
    if new == code:
        return new
    if old.isupper() and len(old) > 1:
        return new.upper()
    return new[:1].upper() + new[1:] if old[:1].isupper() else new
