"""Employers in a text."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from .data import common_employers, common_words, legal_forms, suffixes
from .folding import fold, keys, script, views

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import regex

    from .records import Employer

_LONGEST_GAP: Final = 4
_MOST_WORDS: Final = 16
_MOST_FORM_WORDS: Final = 5
_SHORTEST_JOINED: Final = 6  # letters of a name of several words that is written as one
_SHORTEST_SURE: Final = 3
_SHORTEST_UNSPACED: Final = 2
_JOINING: Final = frozenset(" \t\n\r\u00a0.,&+-–—'’/()·\"“”„«»")
_CLOSING: Final = {"«": "»", "“": "”", "„": "“", "(": ")"}


class Mention(NamedTuple):
    """An employer in a view."""

    start: int
    end: int
    certain: bool
    kept: bool
    replacement: str


class _Word(NamedTuple):
    start: int
    end: int
    text: str


class Employers:
    """The employers of one person that are hidden."""

    def __init__(self, employers: Sequence[Employer], vocabulary: frozenset[str]) -> None:
        self._names: dict[tuple[str, ...], tuple[str, bool]] = {}
        self._unspaced: dict[str, str] = {}
        common = (common_employers(), common_words(), vocabulary)
        for name, replacement in employers:
            text = views(name)[-1].text
            words = _without_form([match[0] for match in _pattern().finditer(text)])[:_MOST_WORDS]
            if not words:
                continue
            if any(script(word) == "unspaced" for word in words):
                joined = fold("".join(words))
                if len(joined) >= _SHORTEST_UNSPACED:
                    self._unspaced.setdefault(joined, replacement)
            names = (words, words[_form_before(words) :])
            for way in {tuple(keys(word)[at] for word in name) for name in names for at in (0, -1)}:
                sure = len(way) > 1 or (
                    len(way[0]) >= _SHORTEST_SURE and not any(way[0] in each for each in common)
                )
                self._names.setdefault(way, (replacement, sure))
                if len(way) > 1 and len("".join(way)) >= _SHORTEST_JOINED:
                    self._names.setdefault(("".join(way),), (replacement, sure))
        self._first: dict[str, int] = {}
        for way in self._names:
            self._first[way[0]] = max(len(way), self._first.get(way[0], 0))

    def __bool__(self) -> bool:
        return bool(self._names or self._unspaced)

    def find(self, text: str) -> Iterator[Mention]:
        """Yield where the employers stand in the text of a view, with their legal form."""
        if self._names:
            words = [_Word(*match.span(), match[0]) for match in _pattern().finditer(text)]
            ways = [keys(word.text) for word in words]
            at = 0
            while at < len(words):
                mention, length = self._at(text, words, ways, at)
                if mention is not None:
                    yield mention
                at += length
        if self._unspaced and not text.isascii():
            folded = text.casefold()
            if len(folded) == len(text):
                for name, replacement in self._unspaced.items():
                    start = folded.find(name)
                    while start >= 0:
                        end = start + len(name)
                        yield Mention(start, end, True, False, replacement)  # noqa: FBT003  fields
                        start = folded.find(name, end)

    def _at(
        self, text: str, words: Sequence[_Word], ways: Sequence[tuple[str, ...]], at: int
    ) -> tuple[Mention | None, int]:
        for first in (*ways[at], *_uninflected(words[at].text, ways[at][0])):
            for length in range(self._first.get(first, 0), 0, -1):
                last = at + length - 1
                if last >= len(words) or not _joined(text, words, at, last):
                    continue
                middle = tuple(ways[index][0] for index in range(at + 1, last))
                for ending in self._endings(words, ways, at, last):
                    name = (first, *middle, ending) if length > 1 else (first,)
                    if found := self._names.get(name):
                        end = _with_form(text, words, ways, last)
                        replacement, sure = found
                        start = _with_form_before(text, words, ways, at)
                        form = end > last or start < at
                        small = words[at].text[:1].islower()
                        mention = Mention(
                            words[start].start,
                            _end(text, words[start].start, words[last].end, words[end].end),
                            sure or form,
                            small and not sure and not form,
                            replacement,
                        )
                        return mention, end - at + 1
        return None, 1

    @staticmethod
    def _endings(
        words: Sequence[_Word], ways: Sequence[tuple[str, ...]], at: int, last: int
    ) -> Iterator[str]:
        if at == last:
            yield ""
            return
        yield from ways[last]
        yield from _uninflected(words[last].text, ways[last][0])


def _end(text: str, start: int, form: int, end: int) -> int:
    """Return where a mention ends: with the last dot of its form, or the mark that it opened.

    Args:
        text: Of a view.
        start: Where the mention begins.
        form: Where the legal form after it begins.
        end: Where its last word ends.
    """
    after = text[end : end + 1]
    if after == "." and "." in text[form:end]:
        return end + 1
    written = text[start:end]
    opened = (closing for opening, closing in _CLOSING.items() if opening in written)
    return end + any(closing == after and closing not in written for closing in opened)


def _uninflected(word: str, key: str) -> Iterator[str]:
    """Yield what a word with a capital may be without its ending."""
    if word[:1].islower():
        return
    endings = suffixes(script(word))
    for length in range(1, min(4, len(key) - _SHORTEST_SURE)):
        if key[-length:] in endings:
            yield key[:-length]


def _joined(text: str, words: Sequence[_Word], first: int, last: int) -> bool:
    """Tell whether nothing but signs inside a name is between the words."""
    return all(
        words[at + 1].start - words[at].end <= _LONGEST_GAP
        and _JOINING.issuperset(text[words[at].end : words[at + 1].start])
        for at in range(first, last)
    )


def _without_form(words: Sequence[str]) -> list[str]:
    """Return the words of a company's name without its legal form at the end."""
    folded = [fold(word) for word in words]
    forms = legal_forms()
    end = len(words)
    changed = True
    while changed:
        changed = False
        for length in range(min(_MOST_FORM_WORDS, end - 1), 0, -1):
            if " ".join(folded[end - length : end]) in forms:
                end -= length
                changed = True
                break
    return list(words[:end])


def _form_before(words: Sequence[str]) -> int:
    """Return how many words of a company's name are the legal form that it begins with."""
    folded = [fold(word) for word in words]
    for length in range(min(_MOST_FORM_WORDS, len(words) - 1), 0, -1):
        if " ".join(folded[:length]) in legal_forms():
            return length
    return 0


def _with_form_before(
    text: str, words: Sequence[_Word], ways: Sequence[tuple[str, ...]], first: int
) -> int:
    """Return the first word of a name with the legal form that may stand before it."""
    for length in range(min(_MOST_FORM_WORDS, first), 0, -1):
        start = first - length
        form = " ".join(ways[at][0] for at in range(start, first))
        if form in legal_forms() and not words[start].text.islower():
            return start if _joined(text, words, start, first) else first
    return first


def _with_form(
    text: str, words: Sequence[_Word], ways: Sequence[tuple[str, ...]], last: int
) -> int:
    """Return the last word of a name with the legal form that may follow it."""
    for length in range(_MOST_FORM_WORDS, 0, -1):
        end = last + length
        if end >= len(words) or not _joined(text, words, last, end):
            continue
        form = " ".join(ways[at][0] for at in range(last + 1, end + 1))
        if form in legal_forms() and not words[last + 1].text.islower():
            return end
        if form in legal_forms() and "." in text[words[last + 1].end : words[end].end + 1]:
            return end
    return last


@cache
def _pattern() -> regex.Pattern[str]:
    import regex  # noqa: PLC0415  as in `word_pattern`

    return regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}]*+")
