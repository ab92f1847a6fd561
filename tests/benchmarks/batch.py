"""Rows about batches: beside a plain loop that calls the same render function, and in memory.

Each turn is a process of its own, from its start to its end, so that what is measured is what
somebody waits for. Rates take the time of one record, which is that of many less that of few: a
start is paid once.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from pydantic_core import to_json

from candidate_cards import iter_candidates, render_card
from candidate_cards.batch.names import key_of, stem_of

from .candidates import write_many
from .measuring import Claim, Row
from .processes import environment, peak_memory

_TARGET = 1 / 0.9
_LESS_WALL = 1 / 1.6
_FLAT = 1.2


class _Turn(NamedTuple):
    """What a process took.

    Attributes:
        cpu: Seconds, of its workers too.
        wall: Seconds.
        memory: The most that one of its processes had resident, in KiB.
    """

    cpu: float
    wall: float
    memory: int


def batch_rows(rounds: int, lines: int, files: int) -> list[Row]:
    """Measure a batch to one file of results, and one to files.

    Args:
        rounds: Of each; of the largest, one.
        lines: Records that become lines of results; the memory of a tenth is what theirs is held
            against.
        files: Records that become files.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        rows = []
        for to, many in (("results", lines), ("files", files)):
            name = f"batch of {many:,} to {to}"
            few = max(many // 20, 1)
            turns: dict[str, list[float]] = {}
            for _ in range(rounds):
                for who in ("loop", "1", "2"):
                    large, small = (_turn(folder, who, to, count) for count in (many, few))
                    each = many - few
                    turns.setdefault(f"{who} cpu", []).append((large.cpu - small.cpu) / each)
                    turns.setdefault(f"{who} wall", []).append((large.wall - small.wall) / each)
            for measured in turns.values():
                measured[:] = [max(seconds, 1e-9) for seconds in measured]
            rows += [
                claim.row(turns)
                for claim in (
                    Claim(f"{name}, CPU of each, over a loop", "1 cpu", "loop cpu", most=_TARGET),
                    Claim(f"{name}, one worker, wall, over a loop", "1 wall", "loop wall"),
                    Claim(
                        f"{name}, two workers, wall, over a loop",
                        "2 wall",
                        "loop wall",
                        most=_LESS_WALL,
                    ),
                )
            ]
        few_memory, many_memory = (
            statistics.median(_turn(folder, "2", "results", count).memory for _ in range(rounds))
            for count in (max(lines // 10, 1), lines)
        )
    claim = Claim(
        f"peak memory, batch of {lines:,}, over {max(lines // 10, 1):,}", "", "", most=_FLAT
    )
    return [*rows, claim.row_of([many_memory / few_memory])]


def _turn(folder: Path, who: str, to: str, count: int) -> _Turn:
    source = folder / f"{count}.jsonl"
    if not source.exists():
        write_many(source, count)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        target = Path(name) / ("results.jsonl" if to == "results" else "files")
        words = [sys.executable, "-m", f"{__package__}.batch", who, str(source), str(target)]
        started = time.perf_counter()
        done = subprocess.run(words, stdout=subprocess.PIPE, env=environment(), check=True)
        wall = time.perf_counter() - started
    cpu, memory = json.loads(done.stdout)
    return _Turn(cpu, wall, memory)


def _loop(source: Path, target: Path) -> None:
    """Do what a batch does, but for hashes and for a manifest, as one writes it in ten lines."""
    if target.suffix == ".jsonl":
        with target.open("wb") as file:
            for person in iter_candidates(source):
                page = str(render_card(person, format="page"))
                file.write(to_json({"profileId": person.profile_id, "page": page}) + b"\n")
        return
    for person in iter_candidates(source):
        path = target / f"{stem_of(person.profile_id, key_of(person.profile_id))}.html"
        unfinished = path.with_suffix(".tmp")
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(render_card(person, format="page").encode())
        unfinished.replace(path)


def _main(who: str, source: Path, target: Path) -> None:
    if who == "loop":
        _loop(source, target)
    else:
        # Not the loop's.
        from candidate_cards.batch import Batch, local_crew, make_plan  # noqa: PLC0415
        from candidate_cards.batch.destinations import open_destination  # noqa: PLC0415
        from candidate_cards.batch.reading import find_sources  # noqa: PLC0415

        sources, _ = find_sources([str(source)])
        plan = make_plan(["page"])
        batch = Batch(plan=plan, sources=sources, outputs=open_destination(str(target)))
        with local_crew(plan.packed(), int(who)) as crew:
            batch.run(crew)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    times = os.times()
    cpu = times.user + times.system + times.children_user + times.children_system
    sys.stdout.write(json.dumps([cpu, max(peak_memory(), children.ru_maxrss)]))


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
