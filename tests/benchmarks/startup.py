"""Rows about starting: fresh processes, less what the bare interpreter takes."""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory

from .candidates import candidate_json
from .measuring import Claim, Row, release
from .processes import cpu_seconds

_NOTHING = "pass"
_PEERS = "import pydantic, jinja2"
_ENGINE = "import weasyprint"
_CARD = "render one card"
_DOSSIERS = """
import candidate_cards.exports.pdf
from candidate_cards.exports._pdf.engine import load_weasyprint
load_weasyprint()
"""
_COMMANDS: dict[str, list[str]] = {
    _NOTHING: ["-c", _NOTHING],
    _PEERS: ["-c", _PEERS],
    _ENGINE: ["-c", _ENGINE],
    "import": ["-c", "import candidate_cards"],
    "version": ["-m", "candidate_cards", "--version"],
    "help": ["-m", "candidate_cards", "--help"],
    "dossiers": ["-c", _DOSSIERS],
}
_IMPORTING_PEERS = f"importing {release('pydantic')} and {release('jinja2')}"
_CLAIMS = (
    Claim("import candidate_cards", _IMPORTING_PEERS, "import", _PEERS, most=0.05),
    Claim("candidate-cards --version", _IMPORTING_PEERS, "version", _PEERS, most=0.4),
    Claim("candidate-cards --help", _IMPORTING_PEERS, "help", _PEERS, most=0.4),
    Claim(
        "candidate-cards render of one card, all of it", _IMPORTING_PEERS, _CARD, _PEERS, most=1.4
    ),
    Claim(
        "importing all that makes dossiers",
        f"importing {release('weasyprint')}",
        "dossiers",
        _ENGINE,
        most=1.05,
    ),
)


def startup_rows(rounds: int) -> list[Row]:
    """Measure, after one start of each that writes the byte code."""
    with TemporaryDirectory() as name:
        candidate = Path(name) / "candidate.json"
        candidate.write_text(candidate_json(1), encoding="utf-8")
        render = [
            "-m",
            "candidate_cards",
            "render",
            str(candidate),
            "--format",
            "fragment",
            "--force",
        ]
        commands = {**_COMMANDS, _CARD: [*render, "-o", str(Path(name) / "card.html")]}
        for arguments in commands.values():
            cpu_seconds(arguments)
        times: dict[str, list[float]] = {command: [] for command in commands}
        order = list(commands)
        for _ in range(rounds):
            random.shuffle(order)
            turn = {command: cpu_seconds(commands[command]) for command in order}
            for command, seconds in turn.items():
                times[command].append(seconds - turn[_NOTHING])
    return [claim.row(times) for claim in _CLAIMS]
