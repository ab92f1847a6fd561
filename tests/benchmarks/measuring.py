"""Paired measurement: contenders take turns within one run, and only their ratios are kept.

Every round runs each contender once, in an order of its own, and gives one ratio for each claim.
The machine may speed up or slow down between rounds; it does both contenders the same favour.
"""

from __future__ import annotations

import gc
import math
import random
import statistics
import time
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Times = Mapping[str, Sequence[float]]

T = TypeVar("T")

# Below this many seconds of CPU, starting and stopping the clock shows in the ratio.
_SHORTEST_TURN = 0.002
# Below it a limit is said as one part of so many.
_WHOLE_PART = 0.02


def release(distribution: str) -> str:
    """Return the name and the version of something installed."""
    return f"{distribution} {version(distribution)}"


class Row(NamedTuple):
    """One line of the report: ``median`` times what the anchor costs.

    Attributes:
        what: What is measured; no two rows have the same.
        beside: The anchor, with its version where it is somebody else's.
        median: Of the ratios of all rounds.
        low: Their lower quartile.
        high: Their upper quartile.
        target: ``"<= 0.65"``, or ``""`` where nothing is promised.
        met: Whether the median keeps the promise; ``None`` without one.
    """

    what: str
    beside: str
    median: float
    low: float
    high: float
    target: str = ""
    met: bool | None = None


class Claim(NamedTuple):
    """A ratio that matters: the cost of ``contender`` over that of ``anchor``.

    Attributes:
        what: As in a row.
        beside: As in a row.
        contender: Its name among the measured times; empty for ratios measured elsewhere.
        anchor: Likewise.
        most: The target, where less is better.
        least: The target, where more is better.
    """

    what: str
    beside: str
    contender: str = ""
    anchor: str = ""
    most: float | None = None
    least: float | None = None

    def row(self, times: Times) -> Row:
        """Return what was measured beside what was promised."""
        ratios = [
            one / other
            for one, other in zip(times[self.contender], times[self.anchor], strict=True)
        ]
        return self.row_of(ratios)

    def row_of(self, ratios: Sequence[float]) -> Row:
        """Return the row for ratios that were measured elsewhere."""
        median = statistics.median(ratios)
        low, _, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else [median] * 3
        target, met = "", None
        if self.most is not None:
            target, met = f"<= {_limit(self.most)}", median <= self.most
        elif self.least is not None:
            target, met = f">= {_limit(self.least)}", median >= self.least
        return Row(self.what, self.beside, median, low, high, target, met)


@dataclass(frozen=True)
class Group(Generic[T]):
    """Contenders that turn the same inputs into the same text.

    Attributes:
        name: For test reports.
        contenders: What each does with one input, by name.
        inputs: What one turn goes through.
        claims: The ratios to report.
        canonical: What must be equal of their texts; by default the whole text.
    """

    name: str
    contenders: Mapping[str, Callable[[T], str]]
    inputs: Sequence[T]
    claims: Sequence[Claim]
    canonical: Callable[[str], object] = str

    def rows(self, rounds: int) -> list[Row]:
        """Measure, and return one row for each claim."""
        turns = {name: self._turn(run) for name, run in self.contenders.items()}
        times = measure(turns, rounds)
        return [claim.row(times) for claim in self.claims]

    def _turn(self, run: Callable[[T], str]) -> Callable[[], None]:
        inputs = self.inputs

        def turn() -> None:
            for item in inputs:
                run(item)

        return turn


def measure(turns: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Return the CPU seconds of one turn of each contender, for each round.

    A contender whose turn is very short takes several at once.
    """
    repeats = {name: _repeats(turn) for name, turn in turns.items()}
    times: dict[str, list[float]] = {name: [] for name in turns}
    order = list(turns)
    # The order is drawn anew in each run on purpose: a bias of one order must not repeat.
    chance = random.Random()  # noqa: S311
    for _ in range(rounds):
        chance.shuffle(order)
        for name in order:
            gc.collect()
            times[name].append(_seconds(turns[name], repeats[name]) / repeats[name])
    return times


def _repeats(turn: Callable[[], object]) -> int:
    turn()  # compiles, imports and fills caches
    return math.ceil(_SHORTEST_TURN / max(_seconds(turn, 1), 1e-6))


def _seconds(turn: Callable[[], object], repeats: int) -> float:
    start = time.process_time()
    for _ in range(repeats):
        turn()
    return time.process_time() - start


def _limit(limit: float) -> str:
    return f"1/{1 / limit:g}" if limit < _WHOLE_PART else f"{limit:g}"
