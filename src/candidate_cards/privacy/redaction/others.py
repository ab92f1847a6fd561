"""The full names of everybody in a shortlist, compiled once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from .data import common_words, particles, suffixes
from .folding import any_of, fold, keys, latin, script, word_pattern
from .identity import name_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .records import Person

_LONGEST: Final = 7  # words of a full name
_SHORTEST_JOINED: Final = 7
_SHORTEST_HANGUL: Final = 3
_SHORTEST_STEM: Final = 3
_LONGEST_ENDING: Final = 4
_LONGEST_GAP: Final = 3
#: A nickname or a former name, in the middle of a name or after it.
_ASIDE: Final = re.compile(r"[(\[（“”„«「\"][^()\[\]（）“”„«»「」\"]*[)\]）”“»」\"]")
#: What may be between the parts of a name in scripts that do not part words.
_GAPS_INSIDE: Final = ("", " ", "\u3000", "・", "·")
_GAP: Final = frozenset(" \t\n\r\u00a0.,-‐–'’_·•")


class Other(NamedTuple):
    """Another person's full name, in a view."""

    start: int
    end: int
    code: str


class Others:
    """The full names of everybody in a shortlist; made once, for any number of redactors.

    Args:
        people: Everybody; a redactor leaves its own person out by the code.
    """

    def __init__(self, people: Sequence[Person]) -> None:
        self._names: dict[tuple[str, ...], str] = {}
        self._words: set[str] = set()
        self._unspaced: dict[str, str] = {}
        #: Finds everybody's code; made once, or it would take the square of their number.
        self.opaque = any_of(person.code for person in people)
        for person in people:
            self._add(person)
        self._longest = max(map(len, self._names), default=0)
        self._lengths = sorted({len(name) for name in self._unspaced}, reverse=True)
        self._heads = frozenset(name[0] for name in self._unspaced)

    def __repr__(self) -> str:
        return f"Others({len(self._names) + len(self._unspaced)} names)"

    def _add(self, person: Person) -> None:
        self._add_name(name_tokens(person.name), person.code)
        plain = name_tokens(_ASIDE.sub(" ", person.name))
        if not plain:
            return
        self._add_name(plain, person.code)
        for aside in _ASIDE.findall(person.name):
            for family in {plain[0], plain[-1]}:
                self._add_name([*name_tokens(aside), family], person.code)

    def _add_name(self, tokens: list[str], code: str) -> None:
        if not tokens:
            return
        if all(script(token) == "unspaced" for token in tokens):
            for gap in _GAPS_INSIDE:
                for name in {gap.join(tokens), gap.join((tokens[-1], *tokens[:-1]))}:
                    if len(name) > 1:
                        self._unspaced.setdefault(name, code)
            if len(tokens) > 1:
                self._put_orders([latin(token) for token in tokens], code)
            return
        for way in (0, -1):
            self._put_orders([keys(token)[way] for token in tokens], code)
        if any(script(token) != "latin" for token in tokens):
            self._put_orders([latin(token) for token in tokens], code)

    def _put_orders(self, words: list[str], code: str) -> None:
        telling = [word for word in words if word not in particles()] or words
        for name in (
            words,
            [words[-1], *words[:-1]],
            [telling[0], telling[-1]],
            [telling[-1], telling[0]],
            [words[0], *words[_family(words) :]],
        ):
            self._put(tuple(name), code)
            if len(name) > 1:
                self._put(("".join(name),), code)

    def _put(self, name: tuple[str, ...], code: str) -> None:
        if len(name) > _LONGEST or not all(name):
            return
        if len(name) == 1:
            shortest = _SHORTEST_HANGUL if script(name[0]) == "hangul" else _SHORTEST_JOINED
            if len(name[0]) < shortest or name[0] in common_words():
                return
        if len(name) > 1 and len(set(name)) == 1:
            return
        self._names.setdefault(name, code)
        self._words.update(name)

    def find(self, text: str, own_code: str) -> Iterator[Other]:
        """Yield the full names of people with another code in the text of a view."""
        if self._names:
            yield from self._find_spaced(text, own_code)
        if self._unspaced and not text.isascii():
            yield from self._find_unspaced(text, own_code)

    def _find_spaced(self, text: str, own_code: str) -> Iterator[Other]:
        run: list[tuple[int, int, str]] = []
        for match in word_pattern().finditer(text):
            word = self._known(match[0])
            if run and not _adjacent(text, run[-1][1], match.start()):
                yield from self._in_run(run, own_code)
                run = []
            if word is not None:
                run.append((*match.span(), word))
            elif run:
                yield from self._in_run(run, own_code)
                run = []
        yield from self._in_run(run, own_code)

    def _known(self, word: str) -> str | None:
        """Return the word of a name that this is, with or without an ending."""
        for key in keys(word):
            if key in self._words:
                return key
        key = fold(word)
        endings = suffixes(script(word))
        if word[0].islower():
            return None
        for length in range(1, min(_LONGEST_ENDING, len(key) - _SHORTEST_STEM) + 1):
            if key[-length:] in endings:
                for stem in (key[:-length], key[:-length] + "a", key[:-length] + "o"):
                    if stem in self._words:
                        return stem
        return None

    def _in_run(self, run: Sequence[tuple[int, int, str]], own_code: str) -> Iterator[Other]:
        at = 0
        while at < len(run):
            for length in range(min(self._longest, len(run) - at), 0, -1):
                name = tuple(word for _, _, word in run[at : at + length])
                code = self._names.get(name)
                if code is not None and code != own_code:
                    yield Other(run[at][0], run[at + length - 1][1], code)
                    at += length
                    break
            else:
                at += 1

    def _find_unspaced(self, text: str, own_code: str) -> Iterator[Other]:
        at = 0
        while at < len(text):
            if text[at] in self._heads:
                for length in self._lengths:
                    code = self._unspaced.get(text[at : at + length])
                    if code is not None and code != own_code:
                        yield Other(at, at + length, code)
                        at += length - 1
                        break
            at += 1


def _family(words: Sequence[str]) -> int:
    """Return where the family name begins: at its particles."""
    start = len(words) - 1
    small = particles()
    while start > 1 and words[start - 1] in small:
        start -= 1
    return max(start, min(1, len(words) - 1))


def _adjacent(text: str, end: int, start: int) -> bool:
    return start - end <= _LONGEST_GAP and _GAP.issuperset(text[end:start])
