"""The README's table of speed, made from the newest results of the rows that it shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .report import latest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .report import Found

README: Final = Path(__file__).parents[2] / "README.md"
BEGIN: Final = "<!-- speed: written by `python -m tests.benchmarks --save` -->"
END: Final = "<!-- /speed -->"

#: What the README shows, in this order.
SHOWN: Final = (
    "a fragment from a candidate",
    "JSON text to a self-contained page",
    "JSON text to a page, every text cleaned and every problem placed",
    "a fragment, its styles resolved once: beside premailer with a large cache",
    "a message of 10, its styles resolved once: beside premailer with a large cache",
    "a message of 10, its styles resolved once",
    "import candidate_cards",
    "each of 100,000 streamed as fragments",
    "peak memory of 100,000 streamed",
    "one candidate's pages, in a warm process",
    "a dossier of 100, tagged",
    "peak memory of a dossier of 100",
    "a dossier of 100 in two processes, times as fast",
    "a dossier of 100 again, one candidate in 20 changed",
    "a page of a dossier of 100: beside Chromium",
    "calls a second of render-html of 10 cards",
    "calls a second of render-html of 10 cards, each card loaded and rendered anew",
    "candidates a second of one core, batch of 100,000 to results",
    "candidates a second by the clock, batch of 100,000 to results, two workers",
    "candidates a second of one core, batch of 10,000 to files",
    "peak memory of a batch of 100,000",
)

_COLON: Final = ": beside"
_NUMBER: Final = re.compile(r"[\d,.]*\d")


def speed_table(found: Mapping[str, Found]) -> str:
    """Return the table, with the days on which its figures were measured.

    Raises:
        KeyError: A row that is shown has no result.
    """
    rows = [(what, found[what]) for what in SHOWN]
    days = sorted({each.day for _, each in rows})
    lines = [
        f"Measured on {', '.join(days)}:",
        "",
        "| What | Beside | Ratio | Target |",
        "|---|---|---|---|",
    ]
    for what, each in rows:
        ratio = _rounded(each.ratio) + (" (busy machine)" if each.machine else "")
        cells = (what.partition(_COLON)[0], each.beside, ratio, each.target)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def written_table() -> str:
    """Return the table that the README has.

    Raises:
        ValueError: It has no place for one.
    """
    text = README.read_text(encoding="utf-8")
    begin = text.index(BEGIN) + len(BEGIN)
    return text[begin : text.index(END, begin)].strip()


def write_table() -> None:
    """Put the newest results into the README."""
    text = README.read_text(encoding="utf-8")
    begin = text.index(BEGIN) + len(BEGIN)
    end = text.index(END, begin)
    table = speed_table(latest())
    README.write_text(f"{text[:begin]}\n{table}\n{text[end:]}", encoding="utf-8")


def _rounded(ratio: str) -> str:
    """Round the last number of a printed ratio to two digits that count."""
    *_, last = _NUMBER.finditer(ratio)
    value = float(f"{float(last[0].replace(',', '')):.2g}")
    digits = f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
    return f"{ratio[: last.start()]}{digits}{ratio[last.end() :]}"
