"""The wires, on httpx; no other module knows it.

An exception of httpx holds its request, and that the key. So none leaves this module, not even as
the context of another: what it says is noted, and the error raised once it is gone.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import httpx
import stamina

from candidate_cards import __version__
from candidate_cards.errors import InputError, Problem
from candidate_cards.instaview._wire import (
    LARGEST_ANSWER,
    Answer,
    Deadline,
    NoAnswerError,
    Request,
)

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
    from typing import Self

    from pydantic import SecretStr

SyncHttpClient = httpx.Client
AsyncHttpClient = httpx.AsyncClient

_LONGEST_CONNECT: Final = 10.0  # seconds
_HEADERS: Final = {
    "Accept": "application/json",
    # What expands can be a thousand times what came over the line.
    "Accept-Encoding": "identity",
    # A connection that the server closes while it waits in a pool makes a request fail in a way
    # that leaves its effect unknown. And one from a pool cannot be cut off.
    "Connection": "close",
    "User-Agent": f"candidate-cards/{__version__}",
}
_NOT_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.LocalProtocolError,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_HOPELESS: Final = (httpx.LocalProtocolError, httpx.ProxyError, httpx.UnsupportedProtocol)


@cache
def _authorities() -> ssl.SSLContext:
    """Return whose certificates count; reading them takes longer than most calls."""
    return httpx.create_ssl_context(trust_env=False)


def _own_settings() -> dict[str, Any]:
    """Return the settings of a client that its user does not bring along.

    Neither proxies nor logins (~/.netrc) come from the environment.
    """
    return {"trust_env": False, "verify": _authorities()}


class _Bearer(httpx.Auth):
    """Adds the key when a request leaves, so that none of ours holds it before."""

    def __init__(self, key: SecretStr) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._key.get_secret_value()}"
        yield request


def _refuse_another(client: object, kind: type[httpx.Client | httpx.AsyncClient]) -> None:
    if not isinstance(client, kind):
        message = f"must be an httpx.{kind.__name__}, not {type(client).__qualname__}"
        raise InputError([Problem(message, path=("http_client",))])


class _FlawedError(Exception):
    """The rest of a body is not wanted."""


class _Reception:
    """What became of one request so far."""

    def __init__(self, seconds: float) -> None:
        self._deadline = Deadline(seconds)
        self._response: httpx.Response | None = None
        self._body = bytearray()
        self._flaw = ""
        self._timed_out = False
        self._sent = True
        self._is_connecting = False
        self._connection: Any = None
        self._hopeless = False
        self._unusable = False

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Hear from httpcore how far a request is.

        Why: on a busy loop the deadline can pass in the same turn as the time for the connection,
        and then cuts off a request of which nothing was sent.
        """
        if event.endswith(("connect_tcp.started", "connect_unix_socket.started")):
            self._is_connecting = True
        elif event.endswith(("connect_tcp.complete", "connect_unix_socket.complete")):
            self._connection = info["return_value"]
        elif event.endswith("send_request_headers.started"):
            self._is_connecting = False

    async def leave(self) -> None:
        """Close a connection that was cut off while it was made.

        Why: httpcore 1.0 closes it after an error, but not where its task is cancelled.
        """
        if self._is_connecting and self._connection is not None:
            await self._connection.aclose()

    def begin(self, response: httpx.Response) -> None:
        """Take note of status and headers."""
        self._response = response
        if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            self._flaw = "is compressed, which was not asked for"
            raise _FlawedError

    def take(self, chunk: bytes) -> None:
        """Add a piece of the body."""
        if len(self._body) + len(chunk) > LARGEST_ANSWER:
            self._flaw = f"is larger than {LARGEST_ANSWER // 2**20} MiB"
            raise _FlawedError
        self._body += chunk
        self.check_time()

    def check_time(self) -> None:
        """Stop if the time is up: a connection that is cut then can look like the body's end."""
        if self._deadline.remaining <= 0:
            raise TimeoutError

    def break_off(self, error: Exception) -> None:
        """Take note of why no more comes."""
        late = self._deadline.remaining <= 0
        if isinstance(error, _FlawedError):
            self._unusable = True
            return
        self._sent = not (self._is_connecting or isinstance(error, _NOT_SENT))
        self._timed_out = late or isinstance(error, TimeoutError | httpx.TimeoutException)
        self._hopeless = isinstance(error, _HOPELESS)
        if self._timed_out:
            what = "answer" if self._sent else "connection"
            self._flaw = f"no {what} within {self._deadline.seconds:.1f} seconds"
            if self._response is not None:
                self._flaw = f"it did not end within {self._deadline.seconds:.1f} seconds"
        elif _is_untrusted(error):
            self._flaw = "the server's certificate cannot be verified"
            self._hopeless = True
        elif isinstance(error, httpx.LocalProtocolError):
            self._flaw = "the request cannot be sent; http_client has to speak HTTP/1.1"
        elif isinstance(error, httpx.ProxyError):
            self._flaw = "the proxy refuses to connect"
        elif not self._sent:
            self._flaw = "no connection"
        elif isinstance(error, httpx.RemoteProtocolError) and self._response is None:
            self._flaw = "the server closed the connection, or does not speak HTTP"
        else:
            self._flaw = "the connection broke"

    def answer(self) -> Answer:
        """Return what there is.

        Raises:
            NoAnswerError: There is not even a status.
        """
        if self._response is None:
            raise NoAnswerError(
                self._flaw, sent=self._sent, timed_out=self._timed_out, hopeless=self._hopeless
            )
        return Answer(
            self._response.status_code,
            self._response.reason_phrase,
            dict(self._response.headers),
            bytes(self._body),
            self._flaw,
            timed_out=self._timed_out,
            unusable=self._unusable,
        )


def _is_untrusted(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _options(request: Request, seconds: float) -> dict[str, Any]:
    """Return the arguments of ``build_request``, without those that name the place."""
    headers = _HEADERS if request.body is None else {**_HEADERS, "Content-Type": "application/json"}
    # A little less, so that it is known of a connection that it never came about.
    timeout = httpx.Timeout(seconds, connect=min(_LONGEST_CONNECT, 0.9 * seconds))
    return {"content": request.body, "headers": headers, "timeout": timeout}


class _Cutter:
    """Ends connections at a point in time, from another thread.

    Why: httpx bounds the wait for each piece. A server that sends a byte a second would keep a
    blocking call for ever, and does so before there is a response to look at the clock with.
    """

    def __init__(self, seconds: float) -> None:
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(max(seconds, 0.0), self._cut)
        self._timer.daemon = True
        self._is_over = False

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._timer.join()
        for connection in self._sockets:
            connection.close()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Hear from httpcore of a new connection."""
        if event.endswith(("connect_tcp.complete", "connect_unix_socket.complete")):
            connection = info["return_value"].get_extra_info("socket")
            # A duplicate: the original is no socket any more once TLS begins.
            duplicate = connection.dup()
            with self._lock:
                self._sockets.append(duplicate)
                if self._is_over:
                    _shut(duplicate)

    def _cut(self) -> None:
        with self._lock:
            self._is_over = True
            for connection in self._sockets:
                _shut(connection)


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):  # the other side was faster
        connection.shutdown(2)  # SHUT_RDWR


class _BlockingAttempts:
    """Attempts between which this thread sleeps."""

    def __init__(self, attempts: Iterator[stamina.Attempt]) -> None:
        self._attempts = attempts

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> stamina.Attempt:
        for attempt in self._attempts:
            return attempt
        raise StopAsyncIteration


class BlockingWire:
    """A ``Wire`` whose coroutines never wait for a loop."""

    def __init__(self, key: SecretStr, client: httpx.Client | None) -> None:
        self._bearer = _Bearer(key)
        self._is_own = client is None
        self._client = httpx.Client(**_own_settings()) if client is None else client
        _refuse_another(self._client, httpx.Client)

    def attempts(
        self, on: Callable[[Exception], bool | float], most: int
    ) -> AsyncIterator[stamina.Attempt]:
        return _BlockingAttempts(iter(stamina.retry_context(on, attempts=most, timeout=None)))

    async def send(self, request: Request, seconds: float) -> Answer:
        reception = _Reception(seconds)
        try:
            with _Cutter(seconds) as cutter:
                self._receive(request, seconds, cutter, reception)
        except (httpx.HTTPError, TimeoutError, _FlawedError) as error:
            reception.break_off(error)
        return reception.answer()

    def _receive(
        self, request: Request, seconds: float, cutter: _Cutter, reception: _Reception
    ) -> None:
        built = self._client.build_request(
            request.method,
            request.url,
            extensions={"trace": cutter.trace},
            **_options(request, seconds),
        )
        response = self._client.send(built, stream=True, auth=self._bearer, follow_redirects=False)
        try:
            reception.begin(response)
            if response.is_stream_consumed:  # by httpx.MockTransport
                reception.take(response.content)
                return
            for chunk in response.iter_raw():
                reception.take(chunk)
            reception.check_time()
        finally:
            response.close()

    async def pause(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: ASYNC251  there is no loop

    async def close(self) -> None:
        if self._is_own:
            self._client.close()


class AwaitingWire:
    """A ``Wire`` that never holds up its loop."""

    def __init__(self, key: SecretStr, client: httpx.AsyncClient | None) -> None:
        self._bearer = _Bearer(key)
        self._is_own = client is None
        self._client = httpx.AsyncClient(**_own_settings()) if client is None else client
        _refuse_another(self._client, httpx.AsyncClient)

    def attempts(
        self, on: Callable[[Exception], bool | float], most: int
    ) -> AsyncIterator[stamina.Attempt]:
        return aiter(stamina.retry_context(on, attempts=most, timeout=None))

    async def send(self, request: Request, seconds: float) -> Answer:
        reception = _Reception(seconds)
        try:
            async with asyncio.timeout(seconds):
                await self._receive(request, seconds, reception)
        except (httpx.HTTPError, TimeoutError, _FlawedError) as error:
            reception.break_off(error)
        finally:
            await reception.leave()
        return reception.answer()

    async def _receive(self, request: Request, seconds: float, reception: _Reception) -> None:
        built = self._client.build_request(
            request.method,
            request.url,
            extensions={"trace": reception.trace},
            **_options(request, seconds),
        )
        response = await self._client.send(
            built, stream=True, auth=self._bearer, follow_redirects=False
        )
        try:
            reception.begin(response)
            if response.is_stream_consumed:  # by httpx.MockTransport
                reception.take(response.content)
                return
            async for chunk in response.aiter_raw():
                reception.take(chunk)
        finally:
            await response.aclose()

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def close(self) -> None:
        if self._is_own:
            await self._client.aclose()
