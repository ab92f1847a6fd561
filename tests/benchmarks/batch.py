"""Rows about batches: beside a plain loop that calls the same render function, and in memory.

Each turn is a process of its own, from its start to its end, so that what is measured is what
somebody waits for. Rates take the time of one record, which is that of many less that of few: a
start is paid once.
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from functools import partial
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from pydantic_core import to_json

from candidate_cards import iter_candidates, render_card
from candidate_cards.batch.names import key_of, stem_of

from .candidates import write_many
from .measuring import Claim, Row
from .processes import environment, peak_memory, two_loops

if TYPE_CHECKING:
    from collections.abc import Callable

_TWO = "2"
_LOOP = "a plain loop that writes the same"


class _Measured(NamedTuple):
    """What came of all rounds.

    Attributes:
        times: Seconds a record, by contender and clock.
        gains: What a mere loop gained from a second process meanwhile.
        whole: The batches with two workers, start and end included.
    """

    times: dict[str, list[float]]
    gains: list[float]
    whole: list[_Turn]


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


def batch_rows(rounds: int, results: int, files: int) -> list[Row]:
    """Measure a batch to one file of results, and one to files.

    Args:
        rounds: Of each.
        results: Records that become lines of results, a hundred times something; the memory of a
            tenth is what theirs is held against.
        files: Records that become files.
    """
    with tempfile.TemporaryDirectory() as temporary, two_loops() as gain:
        folder = Path(temporary)
        of_results, gains, whole = _measured(folder, "results", results, rounds, gain)
        of_files, more_gains, _ = _measured(folder, "files", files, rounds, gain)
        return [
            *_rate_rows(f"{results:,} to results", of_results),
            Claim(
                f"candidates a second of one core, batch of {results:,} to results: "
                "beside a loop that hashes",
                "a plain loop that hashes each page as well",
                "hashing cpu",
                "1 cpu",
            ).row(of_results),
            Claim(
                f"CPU of a batch of {results:,} to results",
                "parsing and rendering, nothing written",
                "1 cpu",
                "render cpu",
                most=1.8,
            ).row(of_results),
            Claim(
                f"CPU of a batch of {results:,} to results, two workers",
                "one worker",
                "2 cpu",
                "1 cpu",
                most=1.05,
            ).row(of_results),
            *_rate_rows(f"{files:,} to files", of_files),
            Claim("a mere loop in two processes beside these batches, times as fast", "one").row_of(
                [*gains, *more_gains]
            ),
            *_growth_rows(folder, results, whole),
        ]


def _measured(
    folder: Path, to: str, many: int, rounds: int, gain: Callable[[], float]
) -> _Measured:
    few = max(many // 20, 1)
    order = ["loop", "1", _TWO, *(["render", "hashing"] if to == "results" else [])]
    times: dict[str, list[float]] = {}
    gains: list[float] = []
    whole: list[_Turn] = []
    for _ in range(rounds):
        random.shuffle(order)
        for who in order:
            large, small = (_turn(folder, who, to, count) for count in (many, few))
            if who == _TWO:
                whole.append(large)
            for clock in ("cpu", "wall"):
                more = getattr(large, clock) - getattr(small, clock)
                # Where there are few, noise may be more than what they take.
                times.setdefault(f"{who} {clock}", []).append(max(more, 1e-9) / (many - few))
        gains.append(gain())
    return _Measured(times, gains, whole)


def _rate_rows(name: str, times: dict[str, list[float]]) -> list[Row]:
    return [
        Claim(
            f"candidates a second of one core, batch of {name}",
            _LOOP,
            "loop cpu",
            "1 cpu",
            least=0.9,
        ).row(times),
        Claim(
            f"candidates a second by the clock, batch of {name}, two workers",
            _LOOP,
            "loop wall",
            "2 wall",
            least=1.6,
        ).row(times),
    ]


def _growth_rows(folder: Path, largest: int, whole: list[_Turn]) -> list[Row]:
    """Measure CPU and memory as a batch grows, start and end included.

    Args:
        folder: For sources and outputs.
        largest: Records of the largest batch.
        whole: What that took.
    """
    sizes = sorted({1, max(largest // 1_000, 1), largest // 10, largest})
    turns = {
        size: [_turn(folder, _TWO, "results", size) for _ in whole]
        for size in sizes
        if size != largest
    }
    turns[largest] = whole
    base = sizes[-2]
    anchor = median([turn.cpu for turn in turns[base]]) / base
    few, many = (median([turn.memory for turn in turns[size]]) for size in (base, largest))
    return [
        *(
            Claim(
                f"each of {size:,} in a batch, start and end included", f"each of {base:,}"
            ).row_of([turn.cpu / size / anchor for turn in turns[size]])
            for size in sizes
            if size != base
        ),
        Claim(f"peak memory of a batch of {largest:,}", f"that of {base:,}", most=1.2).row_of(
            [many / few]
        ),
    ]


def _turn(folder: Path, who: str, to: str, count: int) -> _Turn:
    source = folder / f"{count}.jsonl"
    if not source.exists():
        write_many(source, count)
    target = Path(tempfile.mkdtemp(dir=folder)) / ("results.jsonl" if to == "results" else "files")
    words = [sys.executable, "-m", f"{__package__}.batch", who, str(source), str(target)]
    started = time.perf_counter()
    done = subprocess.run(words, stdout=subprocess.PIPE, env=environment(), check=True)
    wall = time.perf_counter() - started
    # Files stay until the end: ext4 passes over inodes that were freed a moment ago, one by one, so
    # whoever writes ten thousand after ten thousand were removed pays ten times for each.
    if target.is_file():
        target.unlink()
    cpu, memory = json.loads(done.stdout)
    return _Turn(cpu, wall, memory)


def _loop(source: Path, target: Path, *, hashes: bool = False) -> None:
    """Do what a batch does, but for a manifest, as one writes it in ten lines.

    Args:
        source: The candidates.
        target: A file of results, or a folder.
        hashes: Whether a line of results has the hash of its page, as those of a batch have.
    """
    if target.suffix == ".jsonl":
        with target.open("wb") as file:
            for person in iter_candidates(source):
                page = str(render_card(person, format="page"))
                line = {"profileId": person.profile_id, "page": page}
                if hashes:
                    line["sha256"] = sha256(page.encode()).hexdigest()
                file.write(to_json(line) + b"\n")
        return
    for person in iter_candidates(source):
        path = target / f"{stem_of(person.profile_id, key_of(person.profile_id))}.html"
        unfinished = path.with_suffix(".tmp")
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(render_card(person, format="page").encode())
        unfinished.replace(path)


def _main(who: str, source: Path, target: Path) -> None:
    if who in {"loop", "hashing"}:
        _loop(source, target, hashes=who == "hashing")
    elif who == "render":
        deque(map(partial(render_card, format="page"), iter_candidates(source)), maxlen=0)
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
