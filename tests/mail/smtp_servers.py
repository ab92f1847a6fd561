"""SMTP servers on the loopback address that break on purpose, and remember what they were told.

``MailServer`` is aiosmtpd with a mailbox per recipient. ``RawServer`` speaks any bytes, for what no
library would send.
"""

# ruff: noqa: N802  aiosmtpd finds commands and hooks by such names

from __future__ import annotations

import asyncio
import socket
import socketserver
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Mapping, Sequence

LOOPBACK = "127.0.0.1"
USERNAME, PASSWORD = "sender@example.com", "cörrect-horse battery"

Fault = Literal[
    "refused",  # 550 to RCPT
    "deferred",  # 451 to RCPT
    "closing",  # 421 to RCPT, then closed
    "spam",  # 554 after the message
    "full",  # 452 after the message
    "cut-mail",  # the connection is cut at MAIL
    "cut-rcpt",  # at RCPT
    "cut-data",  # at DATA, before 354
    "cut-middle",  # in the middle of the message
    "cut-before-storing",  # after the last dot: the server has not kept the message
    "cut-after-storing",  # after the last dot: it has, but does not say so
]


class Desk:
    """What a server does and what it has seen; shared by all of its connections.

    Attributes:
        mailboxes: Messages by recipient, as they came.
        commands: Verbs of all connections, in order.
        names: What clients call themselves.
        logins: Whether each was right.
        connections: How many there were.
        faults: What goes wrong with a recipient, and how many times more; the sender of a message
            has its faults here too (``cut-mail``).
        on_event: Called with ``rcpt``, ``354``, ``dot`` or ``stored`` and the recipient, before the
            server answers.
    """

    def __init__(self, faults: Mapping[str, tuple[Fault, int]] | None = None) -> None:
        self.mailboxes: defaultdict[str, list[bytes]] = defaultdict(list)
        self.commands: list[str] = []
        self.names: list[str] = []
        self.logins: list[bool] = []
        self.connections = 0
        self.faults = dict(faults or {})
        self.on_event: Callable[[str, str], object] = lambda _event, _recipient: None

    def takes_fault(self, address: str, *kinds: Fault) -> Fault | None:
        """Return the fault of these kinds that is due, and count it."""
        kind, left = self.faults.get(address, (None, 0))
        if kind not in kinds or not left:
            return None
        self.faults[address] = (kind, left - 1)
        return kind

    def counts(self) -> dict[str, int]:
        """Return how many messages each recipient has."""
        return {recipient: len(box) for recipient, box in self.mailboxes.items()}

    def authenticate(
        self, _smtp: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object
    ) -> AuthResult:
        """Know one user."""
        assert isinstance(data, LoginPassword)
        success = tuple(data) == (USERNAME.encode(), PASSWORD.encode())
        self.logins.append(success)
        return AuthResult(success=success, handled=False)

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Keep a message, or what the desk does instead."""
        (recipient,) = envelope.rcpt_tos
        assert isinstance(envelope.content, bytes)
        self.on_event("dot", recipient)
        match self.takes_fault(recipient, "spam", "full", "cut-before-storing"):
            case "spam":
                return "554 5.7.1 This looks like spam"
            case "full":
                return "452 4.2.2 The mailbox is full"
            case "cut-before-storing":
                cut_off(server)
        self.mailboxes[recipient].append(envelope.content)
        self.on_event("stored", recipient)
        if self.takes_fault(recipient, "cut-after-storing"):
            cut_off(server)
        return f"250 2.0.0 queued as {len(self.mailboxes[recipient])}"


class _Connection(SMTP):
    """aiosmtpd's protocol, cut off where the desk says so."""

    event_handler: Desk

    async def smtp_EHLO(self, hostname: str) -> None:
        self._seen("EHLO")
        self.event_handler.names.append(hostname)
        await super().smtp_EHLO(hostname)

    async def smtp_AUTH(self, arg: str) -> None:
        self._seen("AUTH")
        await super().smtp_AUTH(arg)

    async def smtp_RSET(self, arg: str) -> None:
        self._seen("RSET")
        await super().smtp_RSET(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:
        self._seen("MAIL")
        if self.event_handler.takes_fault(_address(arg), "cut-mail"):
            self._cut()
        await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        self._seen("RCPT")
        recipient = _address(arg)
        self.event_handler.on_event("rcpt", recipient)
        match self.event_handler.takes_fault(
            recipient, "refused", "deferred", "closing", "cut-rcpt"
        ):
            case "refused":
                await self.push("550 5.1.1 No such person here")
            case "deferred":
                await self.push("451 4.3.0 Later, please")
            case "closing":
                await self.push("421 4.3.2 Closing")
                self._cut(politely=True)
            case "cut-rcpt":
                self._cut()
            case _:
                await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        self._seen("DATA")
        assert self.envelope is not None
        (recipient,) = self.envelope.rcpt_tos
        match self.event_handler.takes_fault(recipient, "cut-data", "cut-middle"):
            case "cut-data":
                self._cut()
            case "cut-middle":
                await self.push("354 Go ahead")
                await self._reader.readuntil(b"\r\n")
                self._cut()
        self.event_handler.on_event("354", recipient)
        await super().smtp_DATA(arg)

    def _seen(self, verb: str) -> None:
        self.event_handler.commands.append(verb)

    def _cut(self, *, politely: bool = False) -> None:
        cut_off(self, politely=politely)


def cut_off(smtp: SMTP, *, politely: bool = False) -> None:
    """End a connection, and the task that serves it as if it had been ended from outside."""
    transport = smtp.transport
    assert isinstance(transport, asyncio.WriteTransport)
    if politely:
        transport.close()
    else:
        transport.abort()
    raise asyncio.CancelledError


class MailServer(Controller):
    """aiosmtpd in a thread, on a free port."""

    def __init__(
        self,
        faults: Mapping[str, tuple[Fault, int]] | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
        without: Sequence[str] = (),
    ) -> None:
        """Set a server up.

        Args:
            faults: For the desk.
            tls: Encrypts from the first byte.
            starttls: Encrypts when asked to, and nothing else is taken before.
            without: Ways to log in that it does not have.
        """
        self.desk = Desk(faults)
        # Bound here: aiosmtpd itself cannot be told to take a free port.
        self._socket = socket.create_server((LOOPBACK, 0))
        super().__init__(
            self.desk,
            hostname=LOOPBACK,
            port=self._socket.getsockname()[1],
            ssl_context=tls,
            server_hostname="mail.test",
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_require_tls=tls is None,  # it knows of its own encryption only
            auth_exclude_mechanism=without,
            authenticator=self.desk.authenticate,
        )

    def factory(self) -> SMTP:
        """Serve one connection."""
        self.desk.connections += 1
        return _Connection(self.desk, loop=self.loop, **self.SMTP_kwargs)

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        return self.loop.create_server(
            self._factory_invoker, sock=self._socket, ssl=self.ssl_context
        )

    def __enter__(self) -> Self:
        self.start()
        self.desk.connections = 0  # without the one by which aiosmtpd tries itself
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()


Say = bytes | None | Callable[[str], Iterable[bytes]]
"""What a raw server says: bytes, nothing, or pieces made from the line that it answers."""


class RawServer(socketserver.ThreadingTCPServer):
    """Says given bytes.

    Attributes:
        commands: The lines that came, of all connections, without those of a message.
        connections: How many there were.
    """

    daemon_threads = True

    def __init__(
        self,
        replies: Mapping[str, Say] | None = None,
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
    ) -> None:
        """Take what to say by verb.

        Args:
            replies: ``""`` is the greeting, ``"."`` what follows a message; ``None`` says nothing.
                What is not there gets a usual answer.
            tls: Encrypts from the first byte.
            starttls: Encrypts after what is said to STARTTLS.
        """
        usual: dict[str, Say] = {
            "": b"220 raw\r\n",
            "EHLO": b"250-raw\r\n250 SIZE 10000000\r\n",
            "DATA": b"354 go\r\n",
            "QUIT": b"221 bye\r\n",
        }
        self.replies: dict[str, Say] = {**usual, **(replies or {})}
        self._tls = tls
        self.starttls = starttls
        self.commands: list[str] = []
        self.connections = 0
        super().__init__((LOOPBACK, 0), _RawConnection)

    def get_request(self) -> tuple[socket.socket, object]:
        """Take a connection."""
        connection, address = super().get_request()
        self.connections += 1
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_side=True)
        return connection, address

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _RawConnection(socketserver.StreamRequestHandler):
    server: RawServer

    def handle(self) -> None:
        with suppress(ConnectionError):
            self._say("", "")
            while raw := self.rfile.readline():
                line = raw.decode()
                verb = line.split()[0].upper()
                self.server.commands.append(line.rstrip())
                self._say(verb, line)
                if verb == "DATA":
                    while self.rfile.readline() not in {b".\r\n", b""}:
                        pass
                    self._say(".", "")
                if verb == "STARTTLS" and self.server.starttls is not None:
                    self.request = self.server.starttls.wrap_socket(self.request, server_side=True)
                    self.setup()

    def finish(self) -> None:
        """Close what was made of the connection by encrypting it too."""
        super().finish()
        self.connection.close()

    def _say(self, verb: str, line: str) -> None:
        words = self.server.replies.get(verb, b"250 ok\r\n")
        if callable(words):
            for piece in words(line):
                self.wfile.write(piece)
        elif words is not None:
            self.wfile.write(words)


def _address(argument: str | None) -> str:
    return (argument or "").partition("<")[2].partition(">")[0]
