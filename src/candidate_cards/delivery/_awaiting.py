"""The wire that awaits, on aiosmtplib."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar, cast

import aiosmtplib

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
    import ssl
    from collections.abc import Callable, Iterator

    from candidate_cards.delivery.server import SmtpServer

T = TypeVar("T")


class AwaitingWire:
    """A ``Wire`` that never holds up its loop."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._context: ssl.SSLContext | None = None
        self._session: aiosmtplib.SMTP | None = None
        self._transport: asyncio.BaseTransport | None = None

    @property
    def encrypted(self) -> bool:
        return (
            self._transport is not None and self._transport.get_extra_info("sslcontext") is not None
        )

    async def connect(self, our_name: str) -> Reply:
        server = self._server
        if self._context is None and server.security != "none":
            self._context = await self.off_loop(lambda: client_context(server))
        session = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port_number,
            local_hostname=our_name,
            timeout=server.timeout,
            use_tls=server.security == "tls",
            start_tls=False,  # the conversation asks for it
            tls_context=self._context,
        )
        with self._no_connection_named():
            try:
                answer = await session.connect()
            except aiosmtplib.SMTPConnectResponseError as error:
                return Reply(error.code, error.message)
        self._session, self._transport = session, session.transport
        return Reply(*answer)

    async def ehlo(self) -> Reply:
        session = self._in_use()
        with self._faults_named():
            try:
                return Reply(*await session.ehlo())
            except aiosmtplib.SMTPHeloError as error:
                return Reply(error.code, error.message)

    async def start_tls(self) -> Reply:
        session = self._in_use()
        with self._no_connection_named():
            try:
                answer = await session.starttls()
            except aiosmtplib.SMTPResponseException as error:
                return Reply(error.code, error.message)
        self._transport = session.transport
        return Reply(*answer)

    async def command(self, line: str) -> Reply:
        session = self._in_use()
        with self._faults_named():
            return Reply(*await session.execute_command(line.encode("ascii")))

    async def payload(self, content: bytes) -> Reply:
        protocol = self._in_use().protocol
        if protocol is None:
            raise BrokenError(LOST)
        with self._faults_named():
            # Not SMTP.data(): it does not tell whether DATA or the message was lost.
            protocol.write(content)
            return Reply(*await protocol.read_response(timeout=self._server.timeout))

    async def quit(self) -> None:
        if self._session is not None and self._session.is_connected:
            seconds = min(self._server.timeout, SECONDS_TO_LEAVE)
            with suppress(aiosmtplib.SMTPException):
                await self._session.quit(timeout=seconds)
        await self.abandon()

    async def abandon(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
        if self._transport is not None:
            # Without it, one that is encrypted waits half a minute for a farewell of the server.
            cast("asyncio.WriteTransport", self._transport).abort()
            self._transport = None
            await asyncio.sleep(0)  # in which the loop closes the socket

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def off_loop(self, function: Callable[[], T]) -> T:
        call = asyncio.ensure_future(asyncio.to_thread(function))
        try:
            return await asyncio.shield(call)
        except asyncio.CancelledError:
            # A thread cannot be stopped, and what it writes to must not be closed meanwhile.
            await asyncio.wait([call])
            raise

    def _in_use(self) -> aiosmtplib.SMTP:
        if self._session is None:
            raise BrokenError(LOST)
        return self._session

    @contextmanager
    def _faults_named(self) -> Iterator[None]:
        """Map the library's errors, which can hold what was sent or received, to ours."""
        try:
            yield
        except aiosmtplib.SMTPTimeoutError:
            raise BrokenError(NO_ANSWER.format(self._server.timeout)) from None
        except aiosmtplib.SMTPResponseException:
            raise BrokenError(NOT_SMTP) from None
        except aiosmtplib.SMTPException:
            raise BrokenError(LOST) from None

    @contextmanager
    def _no_connection_named(self) -> Iterator[None]:
        """The same where the library hides why no connection, or no encryption, came about."""
        try:
            with self._faults_named():
                try:
                    yield
                except aiosmtplib.SMTPTimeoutError:
                    raise TimeoutError from None
                except aiosmtplib.SMTPConnectError as error:
                    if isinstance(error.__cause__, OSError):
                        raise error.__cause__ from None
                    raise
        except OSError as error:
            raise connection_fault(error, self._server) from None
