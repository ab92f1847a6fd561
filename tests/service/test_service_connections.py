"""What holds a service up: slow heads, slow bodies, slow readers, too many requests."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest
from pydantic import SecretStr
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandboxes import error_code
from services import LocalService, serving_cards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATH: Final = "/sourcing/render-html"
_SOON: Final = 0.8  # seconds; what is made to be late is
_DRIPS: Final = 1_000
_PAUSE: Final = 0.02

HEAD: Final = b"POST /sourcing/render-html HTTP/1.1\r\nHost: cards\r\n"

parsers = pytest.mark.parametrize("protocol", [H11Protocol, HttpToolsProtocol])


@pytest.fixture(scope="module", params=[H11Protocol, HttpToolsProtocol])
def service(request: pytest.FixtureRequest) -> Iterator[LocalService]:
    """A service with little patience, by either parser."""
    with serving_cards(
        protocol=request.param, header_seconds=_SOON, body_seconds=_SOON, request_seconds=5.0
    ) as running:
        yield running


@contextmanager
def connected(service: LocalService) -> Iterator[socket.socket]:
    """Open a connection."""
    url = httpx.URL(service.base_url)
    assert url.port is not None
    with socket.create_connection((url.host, url.port), timeout=30) as connection:
        yield connection


def received(connection: socket.socket) -> bytes:
    """Return all that comes until the other side closes."""
    content = b""
    with suppress(ConnectionResetError):
        while piece := connection.recv(65_536):
            content += piece
    return content


def drip(connection: socket.socket, byte: Callable[[int], bytes]) -> bytes:
    """Send a byte now and then until the connection ends, and return what came back."""
    connection.setblocking(False)  # noqa: FBT003  the socket's own
    content = b""
    for number in range(_DRIPS):
        try:
            connection.send(byte(number))
        except (BrokenPipeError, ConnectionResetError):
            return content
        time.sleep(_PAUSE)
        try:
            piece = connection.recv(65_536)
        except BlockingIOError:
            continue
        except ConnectionResetError:
            return content
        if not piece:
            return content
        content += piece
    pytest.fail("the connection never ends")


def key_of(service: LocalService) -> bytes:
    """Return the header of a new key."""
    return b"Authorization: Bearer " + service.account().key.get_secret_value().encode() + b"\r\n"


def test_a_head_that_drips_is_ended(service: LocalService) -> None:
    """One byte now and then does not keep a connection; it hears 408."""
    head = HEAD + b"X-Padding: " + b"x" * _DRIPS
    with connected(service) as connection:
        answer = drip(connection, lambda number: head[number : number + 1])
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer.lower()


def test_a_connection_that_says_nothing_is_ended(service: LocalService) -> None:
    """Who connects and is silent is sent away."""
    with connected(service) as connection:
        assert received(connection).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("drop", [b"\r\n", b"P", b"\x00"])
def test_what_drips_after_an_answer_is_ended(service: LocalService, drop: bytes) -> None:
    """A connection that has been of use is not kept for ever either."""
    with connected(service) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: cards\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")
        drip(connection, lambda _: drop)


def test_a_head_in_pieces_is_fine(service: LocalService) -> None:
    """Slow is not late; and the next request on the connection has its own time."""
    with connected(service) as connection:
        for _ in range(3):
            for piece in (b"GET /healthz HT", b"TP/1.1\r\nHost: ca", b"rds\r\n\r", b"\n"):
                connection.sendall(piece)
                time.sleep(_SOON / 10)  # a dozen of them are more than one head may take
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_a_head_has_a_largest_size(service: LocalService) -> None:
    """Whether it is one header or many, it is refused and the connection ends."""
    for padding in (b"X-Padding: " + b"x" * 300_000, b"X: y\r\n" * 50_000):
        with connected(service) as connection:
            with suppress(BrokenPipeError, ConnectionResetError):
                for at in range(0, len(padding), 8_192):
                    connection.sendall((HEAD if at == 0 else b"") + padding[at : at + 8_192])
            assert received(connection)[:12] in {b"HTTP/1.1 431", b"HTTP/1.1 400", b""}
    assert service.http.get("/healthz").status_code == 200


def test_what_is_no_http_is_400(service: LocalService) -> None:
    """It hears nothing but that, and the connection ends."""
    for garbage in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"A B\r\n\r\n",
    ):
        with connected(service) as connection:
            connection.sendall(garbage)
            head, _, body = received(connection).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 400 ")
            assert b"connection: close" in head.lower()
            assert body == b""


def test_requests_may_follow_each_other_unasked(service: LocalService) -> None:
    """Several requests in one piece are answered in turn, and one of them may be large."""
    body = json.dumps({"profileIds": ["a"], "x": "y" * 70_000}).encode()
    one = HEAD + key_of(service) + b"Content-Type: application/json\r\n"
    one += b"Content-Length: %d\r\n\r\n" % len(body) + body
    last = b"GET /healthz HTTP/1.1\r\nHost: cards\r\nConnection: close\r\n\r\n"
    with connected(service) as connection:
        connection.sendall(one + one + last)
        answer = received(connection)
    statuses = [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"400", b"400", b"200"]


def _asks(service: LocalService, length: int, key: bytes | None = None) -> bytes:
    key = key_of(service) if key is None else key
    return HEAD + key + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % length


@pytest.mark.parametrize("drips", [True, False])
def test_a_body_that_does_not_come_is_408(service: LocalService, drips: bool) -> None:  # noqa: FBT001
    """It is told in the vendor's shape, and the connection ends."""
    with connected(service) as connection:
        connection.sendall(_asks(service, 5_000) + b"{")
        answer = drip(connection, lambda _: b" ") if drips else received(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in head.lower()
    assert json.loads(body)["error"]["code"] == "INVALID_PAYLOAD"


def test_nobody_without_a_key_is_waited_for(service: LocalService) -> None:
    """A stranger's body is not looked at, so it cannot take up a place."""
    for key in (b"", b"Authorization: Bearer sk_live_nobody_knows_this_one\r\n"):
        with connected(service) as connection:
            connection.sendall(_asks(service, 5_000, key))
            assert connection.recv(65_536).startswith(b"HTTP/1.1 401 ")


def test_a_body_in_pieces_is_fine(service: LocalService) -> None:
    """A body may come slowly as long as it comes."""
    body = b'{"profileIds": ["a"]}'
    with connected(service) as connection:
        connection.sendall(_asks(service, len(body)))
        for at in range(0, len(body), 7):
            connection.sendall(body[at : at + 7])
            time.sleep(_PAUSE)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")


@parsers
def test_who_does_not_read_is_cut_off(protocol: type[Any]) -> None:
    """An answer that nobody takes does not stay in memory."""
    with serving_cards(protocol=protocol, request_seconds=2.0) as service:
        account = service.account()
        long = ["x" * 300 for _ in range(40)]
        ids = service.people(account.company, 10, skills=long, rationale="y" * 2_000)
        key = account.key.get_secret_value().encode()
        body = json.dumps({"profileIds": ids}).encode()
        request = _asks(service, len(body), b"Authorization: Bearer " + key + b"\r\n") + body
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            connection.connect(("127.0.0.1", _port(service)))
            connection.sendall(request * 100)  # 10 MB of answers, more than any buffer takes
            assert _ends(connection)
        assert service.http.get("/healthz").status_code == 200


def _ends(connection: socket.socket) -> bool:
    """Tell whether a connection ends while nothing is read from it."""
    for _ in range(_DRIPS):
        time.sleep(_PAUSE)
        try:
            connection.send(b"\r")
        except (BrokenPipeError, ConnectionResetError):
            return True
    return False


def test_many_slow_connections_are_no_matter(service: LocalService) -> None:
    """200 of them, and whoever asks properly is answered."""
    account = service.account()
    ids = service.people(account.company, 3)
    opened = []
    try:
        for number in range(200):
            connection = socket.create_connection(("127.0.0.1", _port(service)), timeout=30)
            opened.append(connection)
            connection.sendall(HEAD[: number % 20])
        for _ in range(20):
            assert account.render_html(*ids).json()["renderedCount"] == 3
    finally:
        for connection in opened:
            connection.close()


def _port(service: LocalService) -> int:
    port = httpx.URL(service.base_url).port
    assert port is not None
    return port


def test_more_requests_than_there_may_be_are_503() -> None:
    """One too many is told to come back; those who run the service are answered all the same."""
    with serving_cards(max_requests=3, body_seconds=60.0) as service:
        account = service.account()
        key = b"Authorization: Bearer " + account.key.get_secret_value().encode() + b"\r\n"
        waiting = []
        try:
            for _ in range(3):
                connection = socket.create_connection(("127.0.0.1", _port(service)), timeout=30)
                waiting.append(connection)
                connection.sendall(_asks(service, 100, key) + b"{")
            for _ in range(1_000):
                if len(service.service.under_way.exchanges) == 3:
                    break
                time.sleep(0.01)
            refused = account.render_html("a")
            assert (refused.status_code, error_code(refused)) == (
                503,
                "PROVIDER_TEMPORARILY_UNAVAILABLE",
            )
            assert refused.headers["Retry-After"] == "1"
            for path in ("/healthz", "/readyz", "/metrics"):
                assert service.http.get(path).status_code == 200
        finally:
            for connection in waiting:
                connection.close()
        for _ in range(1_000):
            if account.render_html("a").status_code == 200:
                return
            time.sleep(0.01)
        pytest.fail("a place that was left stays taken")


def test_an_answer_that_takes_too_long_is_504(monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller hears of it, though the thread that works for it is not done."""
    with serving_cards(request_seconds=1.0) as service:
        account = service.account()
        ids = service.people(account.company, 1)
        released = threading.Event()
        found = service.service.store.versions

        def versions(*arguments: Any) -> dict[str, str]:  # noqa: ANN401  of the store
            released.wait(30)
            return found(*arguments)

        monkeypatch.setattr(service.service.store, "versions", versions)
        refused = account.render_html(*ids)
        assert (refused.status_code, error_code(refused)) == (
            504,
            "PROVIDER_TEMPORARILY_UNAVAILABLE",
        )
        released.set()
        assert account.render_html(*ids).json()["renderedCount"] == 1


def _memory(process: int) -> int:
    """Return the most memory that a process has had, in MiB."""
    lines = Path(f"/proc/{process}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM:"))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_memory_stays_flat(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """Bodies of 100 MB, bombs and slow clients: answered as documented, in little memory."""
    command = [sys.executable, "-W", "error", "-m", "candidate_cards", "serve", "--port", "0"]
    store = f"sqlite:///{tmp_path / 'cards.sqlite3'}"
    environment = {**os.environ, "CANDIDATE_CARDS_SERVE_RENDER_PER_MINUTE": "1000000"}
    with subprocess.Popen(
        [*command, "--json", "--store", store],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=tmp_path,
        env=environment,
    ) as process:
        try:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["baseUrl"]
            key = _new_key(store)
            with httpx.Client(base_url=url, timeout=60, trust_env=False) as http:
                header = {"Authorization": f"Bearer {key}"}
                before, after = _send_bombs(http, process.pid, header)
        finally:
            process.terminate()
    assert process.returncode == 0
    record_property("measured", f"service: {before} MiB, after bodies of 100 MB {after} MiB")
    assert after - before < 32


def _new_key(store: str) -> str:
    command = [sys.executable, "-m", "candidate_cards", "keys", "add", "--company", "acme"]
    options = ["--store", store, "--per-minute", "1000000", "--per-hour", "1000000", "--json"]
    told = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    return SecretStr(json.loads(told.stdout)["key"]).get_secret_value()


def _send_bombs(http: httpx.Client, process: int, key: dict[str, str]) -> tuple[int, int]:
    """Return the most memory before and after, in MiB."""
    headers = {**key, "Content-Type": "application/json"}
    good = {"profileIds": ["a"]}
    for _ in range(20):
        assert http.post(PATH, json=good, headers=key).status_code == 200
    mebibyte = 2**20 - 100
    bombs = {
        "nested": b"[" * mebibyte,
        "objects": b'{"a":' * (mebibyte // 5),
        "short lists": b"[" + b"[]," * (mebibyte // 3 - 2) + b"[]]",
        "one key": b'{"a":1' + b',"a":1' * (mebibyte // 6 - 2) + b"}",
        "digits": b"1" * mebibyte,
        "escapes": b'"' + b"\\u0041" * (mebibyte // 6 - 2) + b'"',
        "keys": b"{" + b",".join([b'"%06d":1' % n for n in range(mebibyte // 11 - 3)]) + b"}",
        "deep lists": b"[" + b",".join([b'{"a":[[[1]]]}'] * (mebibyte // 14 - 2)) + b"]",
        "ids": b'{"profileIds":["'
        + b'","'.join([b"%09d" % n for n in range(mebibyte // 12 - 3)])
        + b'"]}',
    }
    before = _memory(process)
    for _ in range(5):
        for bomb in bombs.values():
            assert http.post(PATH, content=bomb, headers=headers).status_code == 400
    piece = b" " * 2**16
    pieces = 100 * 2**20 // len(piece)
    for length in ({"Content-Length": str(100 * 2**20)}, {}):
        content = (piece for _ in range(pieces))
        answer = http.post(PATH, content=content, headers={**headers, **length})
        assert answer.status_code == 413
        assert error_code(answer) == "INVALID_PAYLOAD"
    assert http.post(PATH, json=good, headers=key).status_code == 200
    return before, _memory(process)
