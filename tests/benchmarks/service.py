"""Rows about the service: cards from it, beside a bare endpoint with as many bytes.

``python -m tests.benchmarks.service`` prints calls a second and milliseconds as well.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, NamedTuple

from candidate_cards import Candidate
from candidate_cards.store import open_store

from . import bare
from .candidates import candidate_json
from .load import Load, Question, load
from .measuring import Claim, Row, release
from .processes import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMPANIES: Final = 10
_TEN: Final = 10
_CONNECTIONS: Final = 50
_MANY: Final = 1_000_000_000

_WARM = "render-html of 10 cards"
_ANEW = "each card loaded and rendered anew"
_COLD = f"the same, {_ANEW}"
_BARE = "a bare endpoint"
_ENDPOINT = f"a bare endpoint of as many bytes, {release('fastapi')}, {release('uvicorn')}"
_RATES: Final = (
    Claim(f"calls a second of {_WARM}", _ENDPOINT, _WARM, _BARE, least=0.5),
    Claim(f"calls a second of {_WARM}, {_ANEW}", _ENDPOINT, _COLD, _BARE, least=0.25),
)
_WAITS: Final = (Claim(f"99th of 100 waits for {_WARM}", _ENDPOINT, _WARM, _BARE),)


class Turn(NamedTuple):
    """One load on one server.

    Attributes:
        load: What came of it.
        cpu: Seconds of CPU that the server took.
    """

    load: Load
    cpu: float


def service_rows(rounds: int, calls: int) -> list[Row]:
    """Measure.

    Raises:
        AssertionError: A call failed, or had somebody else's candidates in its answer.
    """
    return _rows(measured(rounds, calls))


def measured(rounds: int, calls: int) -> dict[str, list[Turn]]:
    """Return so many loads of each server, which take turns."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        store = f"sqlite:///{folder / 'cards.sqlite3'}"
        questions = _questions(store)
        serve = ("-m", "candidate_cards", "serve", "--port", "0", "--json", "--store", store)
        ours = {"CANDIDATE_CARDS_SERVE_RENDER_PER_MINUTE": str(_MANY)}
        cold = ours | {"CANDIDATE_CARDS_SERVE_CACHE_BYTES": "0"}
        servers = {
            _WARM: stack.enter_context(_running(*serve, folder=folder, **ours)),
            _COLD: stack.enter_context(_running(*serve, folder=folder, **cold)),
        }
        # The first load warms the cache and says how large an answer is.
        (size,) = {
            _turn(server, questions, calls=_CONNECTIONS).load.size for server in servers.values()
        }
        arguments = ("-m", bare.__name__, str(size))
        servers[_BARE] = stack.enter_context(_running(*arguments, folder=folder))
        constant = [Question(bare.PATH, each.key, each.body, [], []) for each in questions]
        turns: dict[str, list[Turn]] = {name: [] for name in servers}
        _turn(servers[_BARE], constant, len(constant))
        for _ in range(rounds):
            for name, server in servers.items():
                turns[name].append(_turn(server, constant if name == _BARE else questions, calls))
    return turns


def _rows(turns: dict[str, list[Turn]]) -> list[Row]:
    rates = {name: [turn.load.rate for turn in each] for name, each in turns.items()}
    waits = {name: [turn.load.p99 for turn in each] for name, each in turns.items()}
    return [
        *(claim.row(rates) for claim in _RATES),
        *(claim.row(waits) for claim in _WAITS),
    ]


class _Server(NamedTuple):
    base_url: str
    process: int


@contextmanager
def _running(*arguments: str, folder: Path, **variables: str) -> Iterator[_Server]:
    """Run a server that prints where it is."""
    with subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=folder,
        env=environment((), variables),
    ) as process:
        try:
            assert process.stdout is not None
            yield _Server(json.loads(process.stdout.readline())["baseUrl"], process.pid)
        finally:
            process.terminate()


def _turn(server: _Server, questions: list[Question], calls: int) -> Turn:
    before = _cpu(server.process)
    result = load(server.base_url, questions, connections=_CONNECTIONS, calls=calls)
    assert (result.calls, result.errors) == (calls, [])
    return Turn(result, _cpu(server.process) - before)


def _cpu(process: int) -> float:
    """Return the seconds of CPU that a process has taken so far."""
    stat = Path(f"/proc/{process}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _questions(store_url: str) -> list[Question]:
    """Store candidates of several companies, and return what each connection asks.

    Companies have the same ids. Connections of one company ask for different ones, so that no
    answer can be made once for two.
    """
    now = datetime.now(UTC)
    questions = []
    with open_store(store_url) as store:
        for company in range(_COMPANIES):
            _, key = store.add_key(f"company-{company}", per_minute=_MANY, per_hour=_MANY, at=now)
            for part in range(_CONNECTIONS // _COMPANIES):
                people = [_person(company, part * _TEN + number) for number in range(_TEN)]
                store.save(f"company-{company}", people, at=now)
                names = [person.name or "" for person in people]
                ids = [person.profile_id for person in people]
                body = json.dumps({"profileIds": ids})
                path = "/sourcing/render-html"
                others = [_word(other) for other in range(_COMPANIES) if other != company]
                questions.append(Question(path, key.get_secret_value(), body, names, others))
    return questions


def _person(company: int, number: int) -> Candidate:
    record = json.loads(candidate_json(company * 1_000 + number))
    name = f"Somebody {number} of {_word(company)}"
    return Candidate.model_validate(record | {"profileId": f"prof_{number}", "name": name})


def _word(company: int) -> str:
    """Return what names of a company's candidates have, and no other text."""
    return f"company-number-{company}!"


def _main() -> None:
    turns = measured(rounds=4, calls=2_500)
    for name, each in turns.items():
        for load_, cpu in each:
            sys.stdout.write(
                f"{name:45} {load_.calls} calls of {load_.size:,} bytes: {load_.rate:6.0f}/s,"
                f" p50 {load_.p50:6.1f} ms, p99 {load_.p99:6.1f} ms,"
                f" {cpu / load_.calls * 1e6:5.0f} us of CPU\n"
            )
    for row in _rows(turns):
        sys.stdout.write(f"{row.what}: {row.median:.2f}x ({row.low:.2f} - {row.high:.2f})\n")


if __name__ == "__main__":
    _main()
