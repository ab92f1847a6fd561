"""Rows about starting: fresh processes, less what the bare interpreter takes."""

from __future__ import annotations

import random

from .measuring import Claim, Row
from .processes import cpu_seconds

_NOTHING = "pass"
_ANCHOR = "import pydantic, jinja2"
_COMMANDS: dict[str, list[str]] = {
    _NOTHING: ["-c", _NOTHING],
    _ANCHOR: ["-c", _ANCHOR],
    "import": ["-c", "import candidate_cards"],
    "version": ["-m", "candidate_cards", "--version"],
    "help": ["-m", "candidate_cards", "--help"],
}
_CLAIMS = (
    Claim("import candidate_cards, over importing pydantic and jinja2", "import", _ANCHOR, 0.05),
    Claim("candidate-cards --version, over the same", "version", _ANCHOR, 0.4),
    Claim("candidate-cards --help, over the same", "help", _ANCHOR),
)


def startup_rows(rounds: int) -> list[Row]:
    """Measure, after one start of each that writes the byte code."""
    for arguments in _COMMANDS.values():
        cpu_seconds(arguments)
    times: dict[str, list[float]] = {name: [] for name in _COMMANDS}
    order = list(_COMMANDS)
    for _ in range(rounds):
        random.shuffle(order)
        turn = {name: cpu_seconds(_COMMANDS[name]) for name in order}
        for name, seconds in turn.items():
            times[name].append(seconds - turn[_NOTHING])
    return [claim.row(times) for claim in _CLAIMS]
