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
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Times = Mapping[str, Sequence[float]]

T = TypeVar("T")

# Below this many seconds of CPU, starting and stopping the clock shows in the ratio.
_SHORTEST_TURN = 0.002


class Row(NamedTuple):
    """One line of the report: ``median`` times what the anchor costs.

    Attributes:
        claim: What is compared with what.
        median: Of the ratios of all rounds.
        low: Their lower quartile.
        high: Their upper quartile.
        target: ``"<= 0.65"``, or ``""`` where nothing is promised.
        met: Whether the median keeps the promise; ``None`` without one.
    """

    claim: str
    median: float
    low: float
    high: float
    target: str = ""
    met: bool | None = None


class Claim(NamedTuple):
    """A ratio that matters: the cost of ``contender`` over that of ``anchor``."""

    text: str
    contender: str
    anchor: str
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
            target, met = f"<= {self.most:g}", median <= self.most
        elif self.least is not None:
            target, met = f">= {self.least:g}", median >= self.least
        return Row(self.text, median, low, high, target, met)


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


def table(rows: Iterable[Row]) -> str:
    """Return rows as text in columns."""
    cells = [("", "ratio", "quartiles", "target", "")]
    for row in rows:
        met = {True: "met", False: "MISSED", None: ""}[row.met]
        quartiles = f"{_short(row.low)} - {_short(row.high)}"
        cells.append((row.claim, f"{_short(row.median)}x", quartiles, row.target, met))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        f"{claim:<{widths[0]}}  {ratio:>{widths[1]}}  {quartiles:>{widths[2]}}  "
        f"{target:<{widths[3]}}  {met}".rstrip()
        for claim, ratio, quartiles, target, met in cells
    )


def _short(ratio: float) -> str:
    return f"{ratio:.3f}" if ratio < 10 else f"{ratio:,.0f}"
