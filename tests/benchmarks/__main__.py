"""Measure what the toolkit promises, beside its peers, and print one table.

The ratios are taken within this run, so they hold on a busy machine and compare across machines.
Nothing fails here: a missed target is printed, and the tests check properties.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from .effort import FULL, QUICK
from .readme import write_table
from .registry import BENCHMARKS
from .report import RESULTS, Report, Result, facts_after, facts_before, watched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .effort import Effort


def collect(effort: Effort, names: Sequence[str]) -> list[Result]:
    """Measure, and tell on standard error how it goes; what fails has no results."""
    results: list[Result] = []
    chosen = [each for each in BENCHMARKS if each.name in names]
    for number, benchmark in enumerate(chosen, start=1):
        _tell(f"{number}/{len(chosen)} {benchmark.name} ...")
        began = time.monotonic()
        try:
            with watched() as used:
                rows = benchmark.rows(effort)
        except Exception:  # noqa: BLE001  what the others take minutes for is not to be lost
            _tell(f" FAILED\n{traceback.format_exc()}")
            continue
        results += [Result(benchmark.name, row, *used) for row in rows]
        took = time.monotonic() - began
        _tell(f" {len(rows)} rows in {took:.0f} s, others used {used[0]:.1f} cores\n")
    return results


def _tell(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def main() -> int:
    """Read the command line, measure, print.

    Returns:
        1 if something could not be measured.
    """
    names = [each.name for each in BENCHMARKS]
    usual = [each.name for each in BENCHMARKS if not each.is_long]
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--only",
        nargs="+",
        choices=names,
        metavar="NAME",
        help=f"some of {', '.join(names)}; if not given, all but what takes as long as all others",
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller numbers")
    parser.add_argument("--json", action="store_true", help="machine-readable, in full precision")
    parser.add_argument(
        "--save",
        nargs="?",
        type=date.fromisoformat,
        const=datetime.now(UTC).date(),
        metavar="YYYY-MM-DD",
        help="keep the table in results/, under this day or today's, and show it in the README",
    )
    options = parser.parse_args()
    file = RESULTS / f"{options.save}.md"
    if options.save and options.only and file.exists():
        parser.error(f"{file.name} is there; measure everything, or name another day")
    if options.save and options.quick:
        parser.error("a quick run is not kept: its numbers are smaller than those of its rows")
    chosen = options.only or usual
    effort = "quick" if options.quick else "full"
    if options.only:
        effort += f", only {', '.join(chosen)}"
    began = time.monotonic()
    facts = facts_before(chosen, effort)
    results = collect(QUICK if options.quick else FULL, chosen)
    facts |= facts_after(time.monotonic() - began)
    failed = [name for name in chosen if name not in {each.benchmark for each in results}]
    if failed:
        facts["failed"] = ", ".join(failed)
    report = Report(facts, results)
    text = report.markdown(options.save or datetime.now(UTC).date())
    if options.json:
        json.dump(report.plain(), sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        sys.stdout.write(text)
    if options.save:
        file.write_text(text, encoding="utf-8")
        write_table()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
