"""HTTP on a connection, with limits that the server's own protocols lack."""

from __future__ import annotations

import asyncio
from typing import Any, Final

#: Bytes that the head of a request may have; one parser has no limit of its own.
_LARGEST_HEAD: Final = 65_536

_BAD: Final = b"HTTP/1.1 400 Bad Request\r\n"
_LATE: Final = b"HTTP/1.1 408 Request Timeout\r\n"
_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
_END: Final = b"Connection: close\r\nContent-Length: 0\r\n\r\n"


def limited(
    base: type[Any], *, header_seconds: float, idle_seconds: float
) -> type[asyncio.Protocol]:
    """Return a protocol of uvicorn's that ends connections whose other side holds them up.

    Why: uvicorn has a limit for connections that are silent between two requests, and any byte
    lifts it. Somebody who sends a byte now and then, or reads none, would keep a connection for
    ever.

    Args:
        base: ``H11Protocol`` or ``HttpToolsProtocol``, which have no common parent.
        header_seconds: How long the head of a request may take; the first one counts from the
            connection's beginning.
        idle_seconds: How long an answer may wait for its reader.
    """
    members = {
        "header_seconds": header_seconds,
        "idle_seconds": idle_seconds,
        # The parser without callbacks has a limit of its own for the size of a head.
        "is_in_head": hasattr(base, "on_message_complete"),
    }
    return type("Limited", (_Limits, base), members)


class _Limits(asyncio.Protocol):
    """Goes in front of a protocol of uvicorn's.

    Attributes:
        header_seconds: How long the head of a request may take.
        idle_seconds: How long an answer may wait for its reader.
        is_in_head: Whether what comes next is a head whose bytes are counted here.
        cycle: Uvicorn's: the latest request.
        loop: Uvicorn's.
        transport: Uvicorn's.
    """

    header_seconds: float
    idle_seconds: float
    is_in_head: bool
    cycle: Any
    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    _deadline: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None
    _received = 0  # bytes of a head that is not complete

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        if not self._is_at_work():
            self._await_head()
        before = self.cycle
        self._received += len(data) if self.is_in_head else 0
        super().data_received(data)
        if self.cycle is not before:
            self._end_wait()
        elif self._received > _LARGEST_HEAD:
            self._end(_LARGE)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  its parent's
        """End a connection that does not speak HTTP; the parent's answer has a body."""
        self._end(_BAD)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_wait()
        self._end_stall()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Hear that the other side reads too slowly."""
        self._end_stall()
        self._stalled = self.loop.call_later(self.idle_seconds, self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        """Hear that it has caught up."""
        self._end_stall()
        super().resume_writing()

    def on_headers_complete(self) -> None:
        """Hear from the parser that has callbacks."""
        self.is_in_head = False
        self._received = 0
        super().on_headers_complete()  # type: ignore[misc]  # of the base

    def on_message_complete(self) -> None:
        """Hear from the parser that has callbacks."""
        self.is_in_head = True
        super().on_message_complete()  # type: ignore[misc]  # of the base

    def _is_at_work(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _await_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.header_seconds, self._be_late)

    def _end_wait(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end_stall(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _be_late(self) -> None:
        self._deadline = None
        if not self._is_at_work():
            # The rest of a body that was refused is read so that its sender hears of it.
            is_rest = self.cycle is not None and self.cycle.more_body
            self._end(b"" if is_rest else _LATE)

    def _end(self, line: bytes) -> None:
        if not self.transport.is_closing():
            if line and not self._is_at_work():
                self.transport.write(line + _END)
            self.transport.close()
