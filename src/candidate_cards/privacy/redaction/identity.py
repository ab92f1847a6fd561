"""What a person may be called, compiled to look words up in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice, permutations, product
from typing import TYPE_CHECKING, Final, NamedTuple

from .data import (
    common_words,
    gendered_titles,
    nicknames,
    not_inflected,
    ordinary_words,
    particles,
    ranks,
    suffixes,
)
from .folding import (
    any_of,
    consonants,
    fold,
    is_small,
    keys,
    latin,
    loose,
    script,
    views,
    word_pattern,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .folding import Script

_MOST_WORDS: Final = 40  # of a name; no person has more
_MOST_CHUNKS: Final = 7  # of a name, that are written together
_MOST_INSIDE: Final = 1000  # names that are looked for inside of longer words
_SHORTEST_PART: Final = 3
_SHORTEST_JOINED: Final = 4
_SHORTEST_SMALL_JOINED: Final = 5
_SHORTEST_INSIDE: Final = 7
_SHORTEST_LOOSE: Final = 4
_LONGEST_ENDING: Final = 6
_SHORTEST_SMALL_STEM: Final = 5  # of a word in small letters with an ending
_LONGEST_INDIC_ENDING: Final = 4
_TWO: Final = 2
_LONGEST_UNSPACED: Final = 6
_TWO_SYLLABLES: Final = frozenset({"남궁", "황보", "제갈", "선우", "독고", "사공", "서문"})
_FOUR: Final = 4
_VOWELS: Final = frozenset("aeiouyаяоеэиіїыуюйьαοηωειυაეიოუաեիոու")
_SHORTEST_ENDINGS: Final = frozenset({"y", "u", "e", "ou", "i", "os", "ai"})  # Evy, Evou
_ABJADS: Final = frozenset({"arabic", "hebrew"})
_UNCASED: Final = frozenset({"arabic", "hebrew", "indic", "unspaced"})
_PREFIXES: Final = {
    "arabic": re.compile("(?:[وفبكلس]{0,2}(?:ال|لل)?|[وف])(?=..)"),
    "hebrew": re.compile("[והבלמשכ]{1,3}(?=..)"),
}


class Strength(IntEnum):
    """How much a word says by itself; beside another part of the name even the least counts."""

    PARTICLE = 0
    SHORT = 1
    UNCERTAIN = 2
    CERTAIN = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """What a word is in a name.

    Attributes:
        strength: What it says by itself.
        words: Positions in the name of what it stands for.
        capital: Only if it is written with a capital letter, where there are any.
    """

    strength: Strength
    words: frozenset[int]
    capital: bool = False

    def joined_by(self, other: Entry) -> Entry:
        """Return the entry of a word that stands for two things."""
        return Entry(
            max(self.strength, other.strength),
            self.words | other.words,
            self.capital and other.capital,
        )

    def weakened(self) -> Entry:
        """Return the entry of a word that may mean something else."""
        return Entry(min(self.strength, Strength.UNCERTAIN), self.words, self.capital)


class Hit(NamedTuple):
    """A word of a text that is in a name; what is around ``start`` and ``end`` is not."""

    start: int
    end: int
    entry: Entry
    small: bool
    common: bool
    initial: bool = False


class _Token(NamedTuple):
    text: str
    chunk: int
    script: Script


class Lexicon:
    """The names of one person.

    Args:
        name: As the record has it, parts in any order.
        vocabulary: Folded words that are uncertain where the name has them.
    """

    def __init__(self, name: str, vocabulary: frozenset[str]) -> None:
        self._doubtful = vocabulary
        self._entries: dict[str, Entry] = {}
        self._stems: dict[str, Entry] = {}
        self._loose: dict[str, Entry] = {}
        self._consonants: dict[str, Entry] = {}
        self._inside: re.Pattern[str] | None = None
        self.initials: dict[str, frozenset[int]] = {}
        self.initial_runs: frozenset[str] = frozenset()
        tokens = _tokens(name)
        self.size = len(tokens)
        self._scripts = frozenset(token.script for token in tokens)
        self._add_tokens(tokens)
        self._add_joined(tokens)
        self.unspaced = _unspaced_forms(tokens, vocabulary)
        parts = [
            key
            for key, entry in self._entries.items()
            if entry.strength > Strength.SHORT and len(key) >= _FOUR
        ][:_MOST_INSIDE]
        self._parts = any_of(parts)
        self._heads = frozenset(key[:2] for key in (*self._entries, *self._stems))

    # -- compiling

    def _put(self, key: str, entry: Entry) -> None:
        old = self._entries.get(key)
        self._entries[key] = entry if old is None else old.joined_by(entry)

    def _add_tokens(self, tokens: Sequence[_Token]) -> None:
        inside = _particles(tokens)
        initials: dict[str, set[int]] = {}
        for at, token in enumerate(tokens):
            words = frozenset({at})
            key = fold(token.text)
            if at in inside:
                self._put(key, Entry(Strength.PARTICLE, words))
                continue
            for letter in {key[:1], latin(token.text)[:1]}:
                initials.setdefault(letter, set()).add(at)
            # Who is called Ben is not meant by every "ben", "das" or "van".
            capital = len(tokens) > 1 and key in particles()
            for written in keys(token.text):
                self._add_word(written, words, token.script, capital=capital, doubt=capital)
            for other in {*nicknames().get(key, ())}:
                for written in keys(other):
                    self._add_word(
                        written, words, script(other), capital=len(other) <= _SHORTEST_PART
                    )
        self.initials = {letter: frozenset(places) for letter, places in initials.items()}
        letters = [fold(token.text)[:1] for at, token in enumerate(tokens) if at not in inside]
        if 1 < len(letters) <= _FOUR:
            self.initial_runs = frozenset({"".join(letters), "".join((letters[-1], *letters[:-1]))})

    def _add_word(
        self,
        key: str,
        words: frozenset[int],
        kind: Script,
        *,
        capital: bool = False,
        doubt: bool = False,
    ) -> None:
        if not key:
            return
        if (len(key) < _SHORTEST_PART and kind != "hangul") or (kind == "hangul" and len(key) == 1):
            self._put(key, Entry(Strength.SHORT, words))
        elif kind == "unspaced":
            pass  # they are found inside of longer runs
        else:
            doubt = doubt or key in common_words() or key in self._doubtful
            entry = Entry(Strength.UNCERTAIN if doubt else Strength.CERTAIN, words, capital)
            self._put(key, entry)
            for stem in _stems(key):
                self._stems.setdefault(stem, entry)
        if kind != "latin":
            self._add_romanised(key, words, kind)
        if len(loose(key)) >= _SHORTEST_LOOSE:
            self._loose.setdefault(loose(key), Entry(Strength.CERTAIN, words, capital=True))
        entry = Entry(Strength.UNCERTAIN, words, capital=True)
        for written in consonants(key):
            if len(written) >= _SHORTEST_PART:
                self._consonants.setdefault(written, entry)

    def _add_romanised(self, key: str, words: frozenset[int], kind: Script) -> None:
        """Add a name as it is written in Latin letters."""
        written = latin(key)
        capital = kind in {"unspaced", "hangul"} and len(written) <= _FOUR
        if len(written) < _SHORTEST_PART:
            if written:
                self._put(written, Entry(Strength.SHORT, words))
            return
        doubt = written in common_words() or written in self._doubtful
        doubt |= kind in _ABJADS and len(written) < _FOUR
        entry = Entry(Strength.UNCERTAIN if doubt else Strength.CERTAIN, words, capital)
        self._put(written, entry)
        self._stems.setdefault(written, entry)

    def _add_joined(self, tokens: Sequence[_Token]) -> None:
        inside: set[str] = set()
        for joined, words in _joined_forms(tokens):
            hangul = script(joined) == "hangul"
            if len(joined) < _SHORTEST_JOINED and not hangul:
                continue
            doubt = joined in ordinary_words() or joined in self._doubtful
            long = len(joined) >= _SHORTEST_INSIDE
            sure = (long or hangul) and not doubt
            strength = Strength.CERTAIN if sure else Strength.UNCERTAIN
            short = len(joined) < _SHORTEST_SMALL_JOINED
            entry = Entry(strength, words, capital=short)
            self._put(joined, entry)
            self._stems.setdefault(joined, entry)
            if sure and len(words) > 1:
                inside.add(joined)
        for joined, words in _initial_forms(tokens):
            if (
                len(joined) >= _SHORTEST_SMALL_JOINED
                and joined not in ordinary_words()
                and joined not in self._entries
            ):
                self._put(joined, Entry(Strength.UNCERTAIN, words))
        self._inside = any_of(inside)

    # -- looking up

    def look_up(self, word: str, start: int, *, identifier: bool = False) -> Hit | None:
        """Return what a word of a text is in the name.

        Args:
            word: Letters and marks.
            start: Where it is; the places of the result count from there.
            identifier: It is a piece of an address or of a name for machines, where case tells
                nothing.
        """
        if word.isascii():
            key = word.lower()
            if key[:2] not in self._heads and not self.foreign:
                return None
            kind: Script = "latin"
        else:
            key = fold(word)
            kind = script(word)
        small = is_small(word) and not identifier
        end = start + len(word)
        found = self._exact(word, small=small)
        if found is not None:
            return Hit(start, end, found, small, key in common_words())
        if kind in _PREFIXES and (hit := self._prefixed(word, start, kind)):
            return hit
        found = self._inflected(key, kind, small=small)
        if found is None and not word.isascii() and "latin" in self._scripts:
            found = self._foreign_word(word, kind)
        if found is None and kind == "latin" and not small and self.foreign:
            found = self._romanised_word(key)
        if found is None and self._inside and self._inside.search(key):
            found = Entry(Strength.CERTAIN, frozenset(range(self.size)))
        if found is None or (found.capital and small):
            return None
        return Hit(start, end, found, small, key in common_words())

    def is_inside(self, word: str) -> bool:
        """Tell whether a part of the name is inside of a longer word, as in an address."""
        return self._parts is not None and self._parts.search(fold(word)) is not None

    @property
    def foreign(self) -> bool:
        """Whether any of the name is in a script that is not Latin."""
        return not self._scripts <= {"latin"}

    def _exact(self, word: str, *, small: bool) -> Entry | None:
        for key in keys(word):
            entry = self._entries.get(key)
            if entry is not None and not (entry.capital and small):
                return entry
        return None

    def _prefixed(self, word: str, start: int, kind: Script) -> Hit | None:
        """Find a name after the small words that are written together with it."""
        small_words = _PREFIXES[kind].match(word)
        longest = small_words.end() if small_words else 0
        for length in range(1, longest + 1):
            rest = word[length:]
            entry = self._entries.get(fold(rest)) if len(rest) >= _SHORTEST_PART else None
            if entry is not None and entry.strength >= Strength.UNCERTAIN:
                return Hit(start + length, start + len(word), entry, small=False, common=False)
        return None

    def _inflected(self, key: str, kind: Script, *, small: bool) -> Entry | None:
        if kind == "indic":
            shortest = max(_SHORTEST_PART, len(key) - _LONGEST_INDIC_ENDING)
            for length in range(len(key) - 1, shortest - 1, -1):
                if (entry := self._entries.get(key[:length])) and entry.strength > Strength.SHORT:
                    return entry
            return None
        endings = suffixes(kind)
        if not endings or key in not_inflected():
            return None
        doubt = key in common_words()
        for length in range(1, min(_LONGEST_ENDING, len(key) - _TWO) + 1):
            stem, ending = key[:-length], key[-length:]
            if not _may_end(stem, ending, endings.get(ending), small=small):
                continue
            if entry := self._stems.get(stem):
                return entry.weakened() if doubt else entry
        # Hungarian doubles the last consonant: Péterrel.
        if key[-2:] in {"al", "el"} and key[-3:-2] == key[-4:-3]:
            return self._stems.get(key[:-3])
        return None

    def _foreign_word(self, word: str, kind: Script) -> Entry | None:
        """Find a Latin name that is written in another script, or in letters that look alike."""
        written = latin(word)
        if not written:
            return None
        entry = self._entries.get(written) or self._inflected(written, "latin", small=False)
        if entry is not None and entry.strength > Strength.SHORT:
            return entry
        if kind in _ABJADS:
            return self._by_consonants(word)
        return self._loose.get(loose(word))

    def _romanised_word(self, key: str) -> Entry | None:
        """Find a name of another script that is written in Latin letters."""
        if (entry := self._loose.get(loose(key))) is not None:
            return entry
        return self._by_consonants(key) if self._scripts & _ABJADS else None

    def _by_consonants(self, word: str) -> Entry | None:
        found = (self._consonants.get(written) for written in consonants(word))
        return next(filter(None, found), None)


def _may_end(stem: str, ending: str, fewest: int | None, *, small: bool) -> bool:
    """Tell whether a stem is long enough for what follows it."""
    if fewest is None:
        return False
    if small:  # what is no name is mostly written so
        fewest = max(fewest, _SHORTEST_SMALL_STEM - (ending == "s"))
    return len(stem) >= fewest or (not small and ending in _SHORTEST_ENDINGS)


def name_tokens(name: str) -> list[str]:
    """Return the words of a name without titles and degrees."""
    return [token.text for token in _tokens(name)]


def _tokens(name: str) -> list[_Token]:
    """Return the parts of a name without titles and degrees."""
    found: list[tuple[_Token, bool]] = []
    text = views(name)[-1].text
    chunk = 0
    position = 0
    for match in islice(word_pattern().finditer(text), _MOST_WORDS):
        between = text[position : match.start()]
        if position and any(mark.isspace() or mark in ",;/|()" for mark in between):
            chunk += 1
        position = match.end()
        word = match[0]
        dotted = text[position : position + 1] == "."
        key = fold(word)
        kind = script(word)
        late = word.isupper() and len(found) > 1
        told = dotted or kind in _UNCASED
        title = (key in ranks() and (told or late)) or (key in gendered_titles() and told)
        title = title and len(word) > 1
        found.append((_Token(word, chunk, kind), title))
    kept = [token for token, title in found if not title] or [token for token, _ in found]
    if len(kept) == 1:
        return [kept[0]._replace(text=piece) for piece in _cut(kept[0].text, kept[0].script)]
    return kept


def _particles(tokens: Sequence[_Token]) -> frozenset[int]:
    """Return which parts of a name are the small words inside one.

    What a name begins or ends with is none, unless it is written small beside capitals: Ben Miller
    and Rina Das have two names each, ``von Habsburg, Otto`` and ``Habsburg, Otto von`` as well.
    """
    last = len(tokens) - 1
    cased = not all(is_small(token.text) for token in tokens)
    return frozenset(
        at
        for at, token in enumerate(tokens)
        if fold(token.text) in particles()
        and (0 < at < last or (last and cased and is_small(token.text)))
    )


def _cut(word: str, kind: Script) -> tuple[str, ...]:
    """Return family name and given name of a name that is written without a gap.

    Where the first characters are a family name that we know, it ends there; else it has one
    character, or two of four, as most have.
    """
    if kind not in {"hangul", "unspaced"} or not 1 < len(word) <= _LONGEST_UNSPACED:
        return (word,)
    if kind == "unspaced" and not all(0x3040 <= ord(mark) < 0xA4D0 for mark in word):  # noqa: PLR2004  kana, Han
        return (word,)
    known = [length for length in (3, 2) if length < len(word) and word[:length] in nicknames()]
    family = known[0] if known else 1 + (len(word) > 3 and kind == "unspaced")  # noqa: PLR2004
    if kind == "hangul":
        family = 2 if word[:2] in _TWO_SYLLABLES and len(word) > _TWO else 1
    return word[:family], word[family:]


def _stems(key: str) -> Iterator[str]:
    """Yield what the endings of a name are put on."""
    yield key
    if len(key) < _SHORTEST_PART:
        return
    if key[-1] in _VOWELS and (len(key) > _SHORTEST_PART or key[-1] in "aа"):
        yield key[:-1]
        if len(key) > _FOUR and key[-2] in "kg" and key[-1] == "a":  # Monice, Olze
            yield key[:-2] + ("c" if key[-2] == "k" else "z")
    if key[-1] in "sσ" and len(key) > _SHORTEST_PART:
        yield key[:-1]
        if len(key) > _FOUR and key[-2] in _VOWELS:
            yield key[:-2]
    if len(key) > _FOUR and key[-2] in "eеоё" and key[-1] not in _VOWELS:  # Marka, Павла
        yield key[:-2] + key[-1]
    if len(key) > _FOUR and key.endswith("nen"):
        yield key[:-3]


def _chunks(tokens: Sequence[_Token]) -> list[tuple[tuple[str, ...], frozenset[int]]]:
    """Return what is written together in a name: the ways to write it, and its places."""
    grouped: dict[int, list[int]] = {}
    for at, token in enumerate(tokens):
        grouped.setdefault(token.chunk, []).append(at)
    chunks = []
    for places in grouped.values():
        ways = {
            "".join(keys(tokens[at].text)[0] for at in places),
            "".join(keys(tokens[at].text)[-1] for at in places),
            "".join(latin(keys(tokens[at].text)[0]) for at in places),
        }
        chunks.append((tuple(sorted(ways)), frozenset(places)))
    return chunks


def _pieces(tokens: Sequence[_Token]) -> list[tuple[tuple[str, ...], frozenset[int]]]:
    """Return what may be taken out of a name to be written together with another piece."""
    chunks = _chunks(tokens)
    if len(tokens) > len(chunks) and len(tokens) <= _MOST_CHUNKS:
        alone = _chunks([token._replace(chunk=at) for at, token in enumerate(tokens)])
        return [*chunks, *(piece for piece in alone if piece not in chunks)]
    return chunks


def _joined_forms(tokens: Sequence[_Token]) -> Iterator[tuple[str, frozenset[int]]]:
    """Yield the parts of a name written as one word."""
    chunks = _chunks(tokens)
    for ways, places in chunks:
        if len(places) > 1:
            yield from ((way, places) for way in ways)
    if not 1 < len(chunks) <= _MOST_CHUNKS:
        return
    everything = frozenset(range(len(tokens)))
    for way in range(max(len(ways) for ways, _ in chunks)):
        written = [ways[min(way, len(ways) - 1)] for ways, _ in chunks]
        yield "".join(written), everything
        yield "".join((written[-1], *written[:-1])), everything
        for start in range(1, len(written) - 1):
            yield "".join(written[start:]), frozenset().union(*(p for _, p in chunks[start:]))
    small = particles()
    for (ways, places), (other_ways, other_places) in permutations(_pieces(tokens), 2):
        if places & other_places:
            continue
        if small.isdisjoint(ways) and small.isdisjoint(other_ways):
            for left, right in product(ways, other_ways):
                yield left + right, places | other_places


def _initial_forms(tokens: Sequence[_Token]) -> Iterator[tuple[str, frozenset[int]]]:
    """Yield one part of a name together with the first letter of another: ``amueller``."""
    chunks = _chunks(tokens)
    if not 1 < len(chunks) <= _MOST_CHUNKS:
        return
    tails = [
        (
            tuple("".join(ways) for ways in zip(*(w * 3 for w, _ in chunks[start:]), strict=False)),
            frozenset().union(*(places for _, places in chunks[start:])),
        )
        for start in range(1, len(chunks) - 1)
    ]
    pieces = _pieces(tokens)
    for ways, places in pieces:
        for other_ways, other_places in (*pieces, *tails):
            if places & other_places:
                continue
            together = places | other_places
            for letter, other in product({way[:1] for way in ways}, other_ways):
                yield letter + other, together
                yield other + letter, together


def _unspaced_forms(
    tokens: Sequence[_Token], doubtful: frozenset[str]
) -> tuple[tuple[str, Strength], ...]:
    """Return what to look for where words are not parted, the longest first."""
    parts = [token.text for token in tokens if token.script == "unspaced"][:_MOST_CHUNKS]
    found: dict[str, Strength] = {}

    def put(form: str) -> None:
        if not form:
            return
        if len(form) == 1:
            strength = Strength.SHORT
        else:
            doubt = form in doubtful or form in common_words()
            strength = Strength.UNCERTAIN if doubt else Strength.CERTAIN
        found[form] = max(found.get(form, Strength.SHORT), strength)

    for part in parts:
        put(part)
    if len(parts) > 1:
        put("".join(parts))
        put("".join((parts[-1], *parts[:-1])))
    return tuple(sorted(found.items(), key=lambda item: -len(item[0])))
