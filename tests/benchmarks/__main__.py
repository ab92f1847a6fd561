"""Measure everything and print one table.

The ratios are of CPU time and taken within this run, so they hold on a busy machine and compare
across machines. Nothing fails here: a missed target is printed, and the tests check properties.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .batch import batch_rows
from .candidates import many
from .cards import card_groups
from .dossiers import dossier_rows
from .growth import growth_rows
from .inlining import inlining_rows
from .mail import mail_rows
from .measuring import Row, table
from .service import service_rows
from .startup import startup_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

_LIBRARIES = (
    *("jinja2", "markupsafe", "pydantic", "pydantic-core", "premailer", "cssutils", "lxml"),
    *("css-inline", "wcwidth", "weasyprint", "pikepdf", "typst", "fastapi", "uvicorn"),
)


class Effort(NamedTuple):
    """How much is measured.

    Attributes:
        candidates: Different ones that a turn renders.
        rounds: Of rendering.
        slow_rounds: Of premailer and of starting processes.
        growth_rounds: Of whole files.
        largest: The most candidates in one file, a power of ten from 100.
        dossiers: Candidates in a dossier; the last but one is what others are held against.
        dossier_rounds: Of all dossiers but the largest.
        service_rounds: Of loads on each server.
        calls: In each of them.
        batch_rounds: Of batches.
        results: Records of a batch to one file.
        files: Records of a batch to files.
    """

    candidates: int
    rounds: int
    slow_rounds: int
    growth_rounds: int
    largest: int
    dossiers: Sequence[int]
    dossier_rounds: int
    service_rounds: int
    calls: int
    batch_rounds: int
    results: int
    files: int


FULL = Effort(
    candidates=200,
    rounds=60,
    slow_rounds=15,
    growth_rounds=3,
    largest=100_000,
    dossiers=(1, 10, 100, 1_000),
    dossier_rounds=3,
    service_rounds=4,
    calls=2_500,
    batch_rounds=3,
    results=100_000,
    files=10_000,
)
QUICK = Effort(
    candidates=100,
    rounds=15,
    slow_rounds=5,
    growth_rounds=3,
    largest=1_000,
    dossiers=(1, 10, 50),
    dossier_rounds=1,
    service_rounds=2,
    calls=1_000,
    batch_rounds=1,
    results=10_000,
    files=2_000,
)


def collect(effort: Effort) -> list[Row]:
    """Measure everything."""
    rows = [
        row for group in card_groups(many(effort.candidates)) for row in group.rows(effort.rounds)
    ]
    rows += inlining_rows(effort.slow_rounds)
    rows += mail_rows(effort.rounds, effort.slow_rounds)
    rows += startup_rows(effort.slow_rounds)
    rows += growth_rows(effort.growth_rounds, effort.largest)
    rows += dossier_rows(effort.dossier_rounds, effort.dossiers)
    rows += service_rows(effort.service_rounds, effort.calls)
    rows += batch_rows(effort.batch_rounds, effort.results, effort.files)
    return rows


def machine() -> dict[str, str]:
    """Return what the ratios were measured on."""
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "system": platform.platform(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        **{library: version(library) for library in _LIBRARIES},
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, to 1,000 candidates")
    parser.add_argument("--json", action="store_true", help="machine-readable, in full precision")
    options = parser.parse_args()
    measured_on = machine()
    rows = collect(QUICK if options.quick else FULL)
    if options.json:
        report = {"machine": measured_on, "rows": [row._asdict() for row in rows]}
        json.dump(report, sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        for name, value in measured_on.items():
            sys.stdout.write(f"{name:<13} {value}\n")
        sys.stdout.write(f"\n{table(rows)}\n")


if __name__ == "__main__":
    main()
