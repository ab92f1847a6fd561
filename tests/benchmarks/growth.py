"""Rows about many candidates: the cost of each and the memory of all, as their number grows.

Memory is the peak of a process of its own: ``python -m tests.benchmarks.growth PATH``.
"""

from __future__ import annotations

import sys
import tempfile
from collections import deque
from functools import partial
from pathlib import Path

from candidate_cards import iter_candidates, load_shortlist, render_card, render_shortlist

from .candidates import write_many
from .measuring import Claim, Row, measure
from .processes import peak_memory, run_module

_BASE = 100
_LARGEST_PAGE = 10_000
_LARGEST_FLAT_PAGE = 1_000
_FLAT = 1.15


def growth_rows(rounds: int, largest: int) -> list[Row]:
    """Measure with 1, 10, 100, ... to ``largest`` candidates; 100 are the anchor."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        counts = [10**power for power in range(len(str(largest)))]
        for count in counts:
            write_many(folder / f"{count}.jsonl", count)
        rows = _cpu_rows(folder, counts, rounds)
        few, many = (
            int(run_module(__name__, str(folder / f"{count}.jsonl")))
            for count in (largest // 100, largest)
        )
    claim = Claim(f"peak memory of {largest:,} streamed", f"that of {largest // 100:,}", most=1.1)
    return [*rows, claim.row_of([many / few])]


def _cpu_rows(folder: Path, counts: list[int], rounds: int) -> list[Row]:
    rows: list[Row] = []
    for flow, run, most, promised in (
        ("streamed as fragments", stream, counts[-1], counts[-1]),
        # All that is kept is visited again and again by Python's garbage collector.
        ("as one page", _one_page, _LARGEST_PAGE, _LARGEST_FLAT_PAGE),
    ):
        used = [count for count in counts if count <= most]
        turns = {str(count): partial(run, folder / f"{count}.jsonl") for count in used}
        times = measure(turns, rounds)
        each = {
            count: [seconds / int(count) for seconds in seconds_of]
            for count, seconds_of in times.items()
        }
        rows += [
            Claim(
                f"each of {count:,} {flow}",
                f"each of {_BASE}",
                str(count),
                str(_BASE),
                # Below the anchor, opening a file outweighs what is in it.
                most=_FLAT if _BASE < count <= promised else None,
            ).row(each)
            for count in used
            if count != _BASE
        ]
    return rows


def stream(path: Path) -> None:
    """Render every candidate of a file and keep none."""
    deque(map(render_card, iter_candidates(path)), maxlen=0)


def _one_page(path: Path) -> None:
    render_shortlist(load_shortlist(path))


if __name__ == "__main__":
    stream(Path(sys.argv[1]))
    sys.stdout.write(f"{peak_memory()}\n")
