"""Load on an HTTP server: a process of its own, so that it does not slow down what it measures.

``python -m tests.benchmarks.load`` reads a plan from standard input and prints what came of it,
both as JSON. It speaks HTTP by hand: a client library takes longer than the server it asks.
"""

from __future__ import annotations

import asyncio
import json
import sys
from functools import partial
from time import perf_counter
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from .processes import run_module

_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"\r\ncontent-length: "


class Question(NamedTuple):
    """What is asked again and again.

    Attributes:
        path: On the server.
        key: Sent as the API key.
        body: JSON.
        wanted: What each answer has to hold, such as the names of the right people.
        unwanted: What none may hold, such as those of others.
    """

    path: str
    key: str
    body: str
    wanted: list[str]
    unwanted: list[str]

    def request(self) -> bytes:
        """Return the bytes to send."""
        body = self.body.encode()
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


class Load(NamedTuple):
    """What came of it.

    Attributes:
        calls: Answered with 200 and the right content.
        errors: Others, in words, each once.
        seconds: That all took.
        p50: Milliseconds that half of the calls took at most.
        p99: Milliseconds that 99 of 100 calls took at most.
        size: Bytes of a body, on average.
    """

    calls: int
    errors: list[str]
    seconds: float
    p50: float
    p99: float
    size: int

    @property
    def rate(self) -> float:
        """Calls a second."""
        return self.calls / self.seconds


def load(base_url: str, questions: list[Question], *, connections: int, calls: int) -> Load:
    """Ask so many times over so many connections, each of which asks one question."""
    plan = {
        "baseUrl": base_url,
        "questions": questions,
        "connections": connections,
        "calls": calls,
    }
    return Load(*json.loads(run_module(__name__, stdin=json.dumps(plan))))


class _Left:
    """Calls that are still to be made, by whichever connection is free."""

    def __init__(self, calls: int) -> None:
        self.calls = calls
        self.milliseconds: list[float] = []
        self.errors: set[str] = set()
        self.bytes = 0


class _Connection(asyncio.Protocol):
    def __init__(self, question: Question, left: _Left) -> None:
        self._question = question
        self._request = question.request()
        self._left = left
        self._body = bytearray()
        self._whole = -1
        self._known = b""
        self._began = 0.0
        self._transport: Any = None
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401  asyncio's
        self._transport = transport
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self._left.errors.add(f"the connection was lost: {exc!r}")
            self.ended.set_result(None)

    def _ask(self) -> None:
        if not self._left.calls:
            self.ended.set_result(None)
            self._transport.close()
            return
        self._left.calls -= 1
        self._body.clear()
        self._whole = -1
        self._began = perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._body += data
        if self._whole < 0:
            end = self._body.find(_HEAD_END)
            if end < 0:
                return
            head = bytes(self._body[:end]).lower()
            at = head.index(_LENGTH) + len(_LENGTH)
            self._whole = int(head[at:].partition(b"\r\n")[0])
            self._left.bytes += self._whole
            del self._body[: end + len(_HEAD_END)]
            if not head.startswith(b"http/1.1 200"):
                self._left.errors.add(head.partition(b"\r\n")[0].decode())
        if len(self._body) >= self._whole:
            self._left.milliseconds.append((perf_counter() - self._began) * 1000)
            self._check()
            self._ask()

    def _check(self) -> None:
        """Look for names where an answer is another than the one before."""
        if self._body == self._known:
            return
        self._known = bytes(self._body)
        text = self._known.decode()
        if missing := [name for name in self._question.wanted if name not in text]:
            self._left.errors.add(f"not in the answer: {missing[0]}")
        if strange := [name for name in self._question.unwanted if name in text]:
            self._left.errors.add(f"somebody else's: {strange[0]}")


def _same(connection: _Connection) -> _Connection:
    return connection


async def _run(plan: dict[str, Any]) -> Load:
    address = urlsplit(plan["baseUrl"])
    questions = [Question(*question) for question in plan["questions"]]
    left = _Left(plan["calls"])
    loop = asyncio.get_running_loop()
    opened = []
    began = perf_counter()
    for number in range(plan["connections"]):
        connection = _Connection(questions[number % len(questions)], left)
        await loop.create_connection(partial(_same, connection), address.hostname, address.port)
        opened.append(connection)
    await asyncio.gather(*(connection.ended for connection in opened))
    seconds = perf_counter() - began
    times = sorted(left.milliseconds)
    return Load(
        len(times),
        sorted(left.errors),
        seconds,
        times[len(times) // 2],
        times[len(times) * 99 // 100],
        left.bytes // len(times),
    )


if __name__ == "__main__":
    json.dump(asyncio.run(_run(json.load(sys.stdin))), sys.stdout)
