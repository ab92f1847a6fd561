"""The wire that blocks, on smtplib."""

from __future__ import annotations

import smtplib
import ssl
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, TypeVar

from candidate_cards.delivery._tls import client_context, connection_fault
from candidate_cards.delivery._wire import (
    LOST,
    NO_ANSWER,
    NOT_SMTP,
    SECONDS_TO_LEAVE,
    BrokenError,
    Reply,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from candidate_cards.delivery.server import SmtpServer

T = TypeVar("T")

_MOST_OF_REPLY: Final = 32 * 1024  # bytes, as many as aiosmtplib takes
_WELCOME: Final = 220


class _Session(smtplib.SMTP):
    """A session whose every answer is bounded, in time and size, as a whole.

    Why: smtplib bounds the wait for each piece and the length of each line. A server that sends a
    byte a second, or lines without end, would keep it for ever. (Python 3.13)
    """

    _received = b""

    def getreply(self) -> tuple[int, bytes]:
        deadline = time.monotonic() + self.timeout
        lines: list[bytes] = []
        size = 0
        while True:
            line = self._line(deadline, _MOST_OF_REPLY - size)
            size += len(line)
            code = line[:3]
            if not code.isdigit():
                raise self._broken(NOT_SMTP)
            lines.append(line[4:].strip(b" \t\r\n"))
            if line[3:4] != b"-":
                if self.sock is not None:
                    self.sock.settimeout(self.timeout)  # sending has its own time
                return int(code), b"\n".join(lines)

    def forget_received(self) -> None:
        """Drop what came before the encryption: anybody may have sent it (RFC 3207, 4.2)."""
        self._received = b""

    def _line(self, deadline: float, most: int) -> bytes:
        while b"\n" not in self._received:
            remaining = deadline - time.monotonic()
            if len(self._received) > most:
                raise self._broken(NOT_SMTP)
            if remaining <= 0:
                raise self._broken(NO_ANSWER.format(self.timeout))
            self._received += self._piece(remaining)
        line, _, self._received = self._received.partition(b"\n")
        return line

    def _piece(self, seconds: float) -> bytes:
        if self.sock is None:
            raise BrokenError(LOST)
        try:
            self.sock.settimeout(seconds)
            piece = self.sock.recv(4096)
        except TimeoutError:
            raise self._broken(NO_ANSWER.format(self.timeout)) from None
        except OSError:
            raise self._broken(LOST) from None
        if not piece:
            raise self._broken(LOST)
        return piece

    def _broken(self, reason: str) -> BrokenError:
        self.close()
        return BrokenError(reason)


class _TlsSession(_Session, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


class BlockingWire:
    """A ``Wire`` whose coroutines never wait for a loop."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._context: ssl.SSLContext | None = None
        self._session: _Session | None = None

    @property
    def encrypted(self) -> bool:
        return self._session is not None and isinstance(self._session.sock, ssl.SSLSocket)

    async def connect(self, our_name: str) -> Reply:
        server = self._server
        host, port, seconds = server.host, server.port_number, server.timeout
        if self._context is None and server.security != "none":
            self._context = client_context(server)
        with self._faults_named():
            try:
                if server.security == "tls":
                    self._session = _TlsSession(
                        host, port, our_name, timeout=seconds, context=self._context
                    )
                else:
                    self._session = _Session(host, port, our_name, seconds)
            except smtplib.SMTPConnectError as error:
                return Reply(error.smtp_code, _text(error.smtp_error))
        return Reply(_WELCOME)

    async def ehlo(self) -> Reply:
        session = self._in_use()
        with self._faults_named():
            return _reply(session.ehlo())

    async def start_tls(self) -> Reply:
        session = self._in_use()
        with self._faults_named():
            try:
                reply = _reply(session.starttls(context=self._context))
            except smtplib.SMTPResponseException as error:
                return Reply(error.smtp_code, _text(error.smtp_error))
        session.forget_received()
        return reply

    async def command(self, line: str) -> Reply:
        session = self._in_use()
        with self._faults_named():
            return _reply(session.docmd(line))

    async def payload(self, content: bytes) -> Reply:
        session = self._in_use()
        with self._faults_named():
            session.send(content)
            return _reply(session.getreply())

    async def quit(self) -> None:
        if self._session is not None and self._session.sock is not None:
            self._session.timeout = min(self._session.timeout, SECONDS_TO_LEAVE)
            with suppress(OSError, BrokenError):
                self._session.docmd("QUIT")
        await self.abandon()

    async def abandon(self) -> None:
        if self._session is not None:
            with suppress(OSError):
                self._session.close()
            self._session = None

    async def pause(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: ASYNC251  no loop runs this

    async def off_loop(self, function: Callable[[], T]) -> T:
        return function()

    def _in_use(self) -> _Session:
        if self._session is None:
            raise BrokenError(LOST)
        return self._session

    @contextmanager
    def _faults_named(self) -> Iterator[None]:
        """Map smtplib's errors, which can hold what was sent or received, to ours."""
        try:
            yield
        except smtplib.SMTPException:
            raise BrokenError(LOST) from None
        except OSError as error:
            raise connection_fault(error, self._server) from None


def _reply(answer: tuple[int, bytes]) -> Reply:
    return Reply(answer[0], _text(answer[1]))


def _text(words: bytes | str) -> str:
    return words if isinstance(words, str) else words.decode("utf-8", "surrogateescape")
