"""A vendor on the loopback address that breaks on purpose, and remembers what it was asked.

It speaks raw bytes over sockets, since no library would send most of it.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Mapping

LOOPBACK: Final = "127.0.0.1"
RUN: Final = "req_1"
CREATED: Final = "2026-06-01T08:00:00.000Z"


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def json(self) -> Any:  # noqa: ANN401
        """The body, decoded."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Act:
    """Something that the server does once it has read a request.

    Attributes:
        name: What is recorded.
        play: Speaks over the connection.
        stays: The connection is not closed afterwards, unless that was asked for.
    """

    name: str
    play: Callable[[socket.socket, threading.Event], None]
    stays: bool = False

    def __repr__(self) -> str:
        return self.name


def reply(
    status: int, body: object = None, headers: Mapping[str, str] | None = None, name: str = ""
) -> Act:
    """Answer in full; bytes as they are, everything else as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    if body is None:
        content = b""

    def play(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(head(status, len(content), headers) + content)

    return Act(name or str(status), play, stays=True)


def head(status: int, length: int | None, headers: Mapping[str, str] | None = None) -> bytes:
    """Return a status line and headers."""
    lines = [
        f"HTTP/1.1 {status} Phrase",
        *(f"{key}: {value}" for key, value in (headers or {}).items()),
    ]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode()


def raw(name: str, content: bytes) -> Act:
    """Send bytes and close."""
    return Act(name, lambda connection, _: connection.sendall(content))


def _close(_: socket.socket, __: threading.Event) -> None:
    """Say nothing."""


def _reset(connection: socket.socket, _: threading.Event) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _stall(connection: socket.socket, _: threading.Event) -> None:
    connection.recv(1)  # returns when the other side has closed


def _stall_in_body(connection: socket.socket, _: threading.Event) -> None:
    connection.sendall(head(200, 100) + b"{")
    connection.recv(1)


def _dripping(first: bytes, drop: bytes) -> Callable[[socket.socket, threading.Event], None]:
    def play(connection: socket.socket, closing: threading.Event) -> None:
        connection.sendall(first)
        while not closing.wait(0.02):
            connection.sendall(drop)

    return play


def _flooding(first: bytes, piece: bytes) -> Callable[[socket.socket, threading.Event], None]:
    def play(connection: socket.socket, closing: threading.Event) -> None:
        connection.sendall(first)
        while not closing.is_set():
            connection.sendall(piece)

    return play


CLOSE: Final = Act("close", _close)
RESET: Final = Act("reset", _reset)
STALL: Final = Act("stall", _stall)
STALL_IN_BODY: Final = Act("stall-in-body", _stall_in_body)
DRIP_HEAD: Final = Act("drip-head", _dripping(b"HTTP/1.1 200 OK\r\nX: ", b"x"))
DRIP_BODY: Final = Act("drip-body", _dripping(head(200, 10_000), b" "))
DRIP_TO_THE_END: Final = Act(
    # It would be a good answer, if it were over.
    "drip-to-the-end",
    _dripping(
        head(200, None)
        + json.dumps(
            {"success": True, "requestId": RUN, "id": "w1", "status": "completed"}
        ).encode(),
        b" ",
    ),
)
TRUNCATED: Final = raw("truncated", head(200, 100) + b'{"success": true')
CHUNKS_CUT: Final = raw(
    "chunks-cut", head(200, None, {"Transfer-Encoding": "chunked"}) + b'5\r\n{"a":\r\n'
)
NOT_HTTP: Final = raw("not-http", b"220 smtp.example.com ESMTP\r\n")
LARGE: Final = Act("large", _flooding(head(200, 11 * 2**20), b" " * 2**16))
ENDLESS: Final = Act("endless", _flooding(head(200, None), b" " * 2**16))
ENDLESS_HEAD: Final = Act(
    "endless-head", _flooding(b"HTTP/1.1 200 OK\r\n", b"X: " + b"x" * 1000 + b"\r\n")
)


class VendorServer:
    """Answers every request as ``answer`` does, but the first ones as ``acts`` says.

    Attributes:
        asked: Every request that was read whole, with the name of what the server did.
        connections: How many were accepted.
    """

    def __init__(
        self,
        answer: Callable[[Asked], Act] | None = None,
        acts: Iterable[Act] = (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.asked: list[tuple[Asked, str]] = []
        self.connections = 0
        self._tls = tls
        self._answer = answer or good_answer
        self._acts = deque(acts)
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port: int = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, name="vendor")
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End whatever goes on."""
        self._closing.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    @property
    def url(self) -> str:
        """Where it listens."""
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://{LOOPBACK}:{self.port}"

    @property
    def requests(self) -> list[Asked]:
        """Every request that was read whole."""
        return [asked for asked, _ in self.asked]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), name="vendor")
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.add(connection)
        try:
            with suppress(OSError):
                if self._tls is not None:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                    with self._lock:
                        self._connections.add(connection)
                while (asked := _read(connection)) is not None:
                    with self._lock:
                        act = self._acts.popleft() if self._acts else self._answer(asked)
                        self.asked.append((asked, act.name))
                    act.play(connection, self._closing)
                    if not act.stays or asked.headers.get("connection") == "close":
                        break
        finally:
            with self._lock:
                self._connections.discard(connection)
            connection.close()


def _read(connection: socket.socket) -> Asked | None:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            return None
        received += piece
    top, _, body = received.partition(b"\r\n\r\n")
    first, *lines = top.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ")
    headers = {
        key.lower(): value.strip() for key, _, value in (line.partition(":") for line in lines)
    }
    while len(body) < int(headers.get("content-length", 0)):
        piece = connection.recv(65536)
        if not piece:
            return None
        body += piece
    return Asked(method, path, headers, body)


ACCEPTED: Final = {
    "success": True,
    "requestId": RUN,
    "status": "processing",
    "message": "queued",
    "createdAt": CREATED,
}
PERSON: Final = {"profileId": "p1", "name": "Ada Novak", "matchScore": 91}
WEBHOOK: Final = {"id": "w1", "url": "https://example.com/hook", "events": ["sourcing.completed"]}
SIGNING_SECRET: Final = "ab" * 32


def run(status: str, **fields: object) -> dict[str, object]:
    """Return the body of a run."""
    return {"success": True, "requestId": RUN, "status": status, "createdAt": CREATED, **fields}


def _cards(asked: Asked) -> Act:
    cards = [
        {"profileId": each, "success": True, "htmlContent": "<div></div>"}
        for each in asked.json["profileIds"]
    ]
    return reply(200, {"success": True, "renderedCount": len(cards), "data": cards})


_PREVIEWED: Final = {"profileId": "p1", "fullName": "Ada Novak"}
_ENRICHED: Final = {"profileId": "p1", "success": True, "candidate": PERSON}
_ANSWERS: Final[Mapping[str, Act | Callable[[Asked], Act]]] = {
    "POST /sourcing": reply(202, ACCEPTED),
    "POST /sourcing/preview": reply(202, ACCEPTED),
    "POST /sourcing/enrich": reply(202, ACCEPTED),
    "POST /sourcing/render-html": _cards,
    "PATCH /sourcing/[^/]+": reply(202, ACCEPTED),
    "GET /sourcing/[^/]+/results": reply(200, run("completed", foundCount=40, candidates=[PERSON])),
    "GET /sourcing/preview/[^/]+/results": reply(200, run("completed", candidates=[_PREVIEWED])),
    "GET /sourcing/enrich/[^/]+/results": reply(
        200, run("completed", data=[_ENRICHED], creditsConsumed=1)
    ),
    "POST /webhooks": reply(
        201, {"success": True, "data": {**WEBHOOK, "signingSecret": SIGNING_SECRET}}
    ),
    "GET /webhooks": reply(200, {"success": True, "data": {"data": [WEBHOOK], "total": 1}}),
    "(GET|PATCH) /webhooks/[^/]+": reply(200, {"success": True, "data": WEBHOOK}),
    "DELETE /webhooks/[^/]+": reply(204),
    "POST /webhooks/[^/]+/test": reply(
        200, {"success": True, "data": {"success": False, "message": "disabled"}}
    ),
    "POST /webhooks/[^/]+/reset-circuit": reply(200, {"success": True, "data": WEBHOOK}),
}


def good_answer(asked: Asked) -> Act:
    """Answer as the contract says, with every run ended."""
    line = f"{asked.method} {asked.path.partition('?')[0]}"
    for pattern, answer in _ANSWERS.items():
        if re.fullmatch(pattern, line):
            return answer if isinstance(answer, Act) else answer(asked)
    error = {"code": "REQUEST_NOT_FOUND", "message": "no such address", "details": {}}
    return reply(404, {"success": False, "data": None, "error": error})
