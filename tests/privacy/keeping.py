"""What became of the words of a text: which that tell who it is are left, what else went."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, NamedTuple

from searching import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from people import Person, Prose, Word


class Kept(NamedTuple):
    """What a text has become.

    Attributes:
        left: Words that tell who it is, or whether a woman or a man, and are still there.
        removed: Ordinary words that are gone.
        ordinary: How many ordinary words there were.
    """

    left: tuple[Word, ...]
    removed: tuple[Word, ...]
    ordinary: int


@dataclass
class Tally:
    """Sums of many texts."""

    ordinary: int = 0
    removed: Counter[str] = field(default_factory=Counter)
    left: list[tuple[str, Word]] = field(default_factory=list)

    def add(self, path: str, kept: Kept) -> None:
        """Count a text."""
        self.ordinary += kept.ordinary
        self.removed.update(word.text for word in kept.removed)
        self.left += [(path, word) for word in kept.left]

    @property
    def share(self) -> float:
        """How many of the ordinary words were removed, from 0 to 1."""
        return self.removed.total() / self.ordinary


def compared(prose: Prose, text: str) -> Kept:
    """Compare the words of a text with what became of it, each in its place."""
    owners: list[int] = []
    tokens: list[str] = []
    spaced = prose.space == " "
    for number, word in enumerate(prose.words):
        pieces = fold(word.text).split() if spaced else list(fold(word.text))
        tokens += pieces
        owners += [number] * len(pieces)
    now = fold(text).split() if spaced else list(fold(text))
    same = Counter[int]()
    for block in SequenceMatcher(None, tokens, now, autojunk=False).get_matching_blocks():
        same.update(owners[block.a : block.a + block.size])
    whole = Counter(owners)
    left = tuple(
        word
        for number, word in enumerate(prose.words)
        if word.reveals not in {"", "short"} and same[number] == whole[number]
    )
    removed = tuple(
        word
        for number, word in enumerate(prose.words)
        if not word.reveals and same[number] < whole[number]
    )
    return Kept(left, removed, sum(not word.reveals for word in prose.words))


def texts_of(person: Person, shown: Any) -> Iterator[tuple[str, Prose, str]]:  # noqa: ANN401  a model
    """Yield each text that is still shown: its path, what it was, and what it is."""
    for path, prose in person.texts.items():
        value = shown
        for step in path.split("."):
            if not value:
                break
            value = value[int(step)] if step.isdigit() else getattr(value, step)
        if value:
            yield path, prose, value
