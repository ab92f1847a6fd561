"""What was measured, on what, as one Markdown table; and such tables read back."""

from __future__ import annotations

import os
import platform
import time
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .registry import BENCHMARKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from .measuring import Row

RESULTS: Final = Path(__file__).with_name("results")

#: From so many cores on that others use, a row says that the machine was busy.
BUSY: Final = 0.3

_COLUMNS: Final = ("Benchmark", "What", "Beside", "Ratio", "Quartiles", "Target", "Machine")
_SMALL: Final = 0.02
_LARGE: Final = 10
_HOW_TO_READ: Final = """\
Each ratio is the median of rounds in which the two took turns within this one run: of CPU
time, memory, bytes or rates. Below 1 is less than what stands beside it. The rows are
explained in [README.md](README.md)."""


class Result(NamedTuple):
    """A row and where it comes from.

    Attributes:
        benchmark: Its name.
        row: What was measured.
        others: Cores that other work on the machine used meanwhile, on average.
    """

    benchmark: str
    row: Row
    others: float


class Report(NamedTuple):
    """Everything of one run.

    Attributes:
        facts: About machine and versions, by name.
        results: In the order measured.
    """

    facts: dict[str, str]
    results: list[Result]

    def plain(self) -> dict[str, Any]:
        """Return what JSON can hold, ratios in full precision."""
        rows = [
            {"benchmark": each.benchmark, **each.row._asdict(), "others": each.others}
            for each in self.results
        ]
        return {"machine": self.facts, "rows": rows}

    def markdown(self, day: date) -> str:
        """Return a document with one table of all rows."""
        rows = [
            (
                f"`{each.benchmark}`",
                each.row.what,
                each.row.beside,
                short(each.row.median),
                f"{short(each.row.low)} to {short(each.row.high)}",
                _target(each.row),
                f"busy: others used {each.others:.1f} cores" if each.others >= BUSY else "",
            )
            for each in self.results
        ]
        facts = [(f"**{name}**", value) for name, value in self.facts.items()]
        title = f"# Benchmark results, {day.isoformat()}"
        parts = (title, _HOW_TO_READ, _table(("", ""), facts), _table(_COLUMNS, rows))
        return "\n\n".join(parts) + "\n"


class Found(NamedTuple):
    """A row of a results file.

    Attributes:
        day: The name of its file.
        benchmark: As `Result` has it.
        beside: Likewise, with the version of then.
        ratio: As printed.
        target: As printed: the target of then, and whether it was met.
        machine: As printed: whether it was busy with other work.
    """

    day: str
    benchmark: str
    beside: str
    ratio: str
    target: str
    machine: str


def latest(folder: Path = RESULTS) -> dict[str, Found]:
    """Return the newest result of each row, by what was measured."""
    found: dict[str, Found] = {}
    for file in sorted(folder.glob("????-??-??.md")):
        for line in file.read_text(encoding="utf-8").splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if len(cells) == len(_COLUMNS) and cells[0].startswith("`"):
                benchmark, what, beside, ratio, _, target, machine = cells
                found[what] = Found(file.stem, benchmark.strip("`"), beside, ratio, target, machine)
    return found


def short(ratio: float) -> str:
    """Return a ratio as the table shows it; a very small one as one part of so many."""
    if 0 < ratio < _SMALL:
        return f"1/{1 / ratio:,.0f}"
    return f"{ratio:.3f}x" if ratio < _LARGE else f"{ratio:,.0f}x"


def _target(row: Row) -> str:
    return "" if row.met is None else f"{row.target}, {'met' if row.met else 'MISSED'}"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (columns, ["---"] * len(columns), *rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


# --- the machine


def facts_before(names: Iterable[str], effort: str) -> dict[str, str]:
    """Return what is known of machine and versions before anything is measured.

    Args:
        names: Of the benchmarks.
        effort: In words.
    """
    wanted = set(names)
    peers = {peer for each in BENCHMARKS if each.name in wanted for peer in each.peers}
    return {
        "run": effort,
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "system": platform.platform(),
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "versions": ", ".join(f"{peer} {version(peer)}" for peer in sorted(peers)) or "none",
        "load at the start": _load(),
    }


def facts_after(seconds: float) -> dict[str, str]:
    """Return what is known when everything is measured."""
    return {"load at the end": _load(), "took": f"{seconds / 60:.1f} minutes"}


def _load() -> str:
    return " ".join(f"{load:.1f}" for load in os.getloadavg())


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


@contextmanager
def watched() -> Iterator[list[float]]:
    """Watch the machine; when that is over, the list holds how many cores others have used.

    A load average would count this run's own processes, and the minutes before it.
    """
    used: list[float] = []
    began, busy, own = time.monotonic(), _busy_seconds(), sum(os.times()[:4])
    yield used
    others = (_busy_seconds() - busy) - (sum(os.times()[:4]) - own)
    used.append(max(others, 0.0) / max(time.monotonic() - began, 1e-6))


def _busy_seconds() -> float:
    """Return the seconds that all cores have worked, or were taken from us, since the start."""
    stat = Path("/proc/stat")
    if not stat.exists():  # nothing is known of others, and nothing said
        return 0.0
    user, nice, system, _idle, _wait, *rest = map(int, stat.read_text("ascii").split()[1:9])
    return (user + nice + system + sum(rest)) / os.sysconf("SC_CLK_TCK")
