"""What every request passes: limits, deadlines, refusals in the vendor's shape, headers, a log."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import re
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Literal

from starlette.requests import ClientDisconnect

from candidate_cards.contract.rate_limits import Quota, unused
from candidate_cards.contract.refusals import RefusedError
from candidate_cards.errors import StoreError
from candidate_cards.models import ErrorCode

from .logs import log_answer, log_failure

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from .service import Service

#: Of an answer that sets none of its own.
_HEADERS: Final = tuple(
    (name.lower().encode(), text.encode())
    for name, text in {
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }.items()
)

#: Asked every few seconds by machines; answered however busy the service is.
_OPERATIONS: Final = frozenset({"/healthz", "/readyz", "/metrics"})

_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_LOOKS_EVERY: Final = 0.1  # seconds


@dataclass(slots=True, eq=False)
class Exchange:
    """What is found out about a request on its way.

    Attributes:
        request_id: Its name in answers and logs.
        company: Whose key it has.
        quota: What that key may still call; only of routes that the vendor has too.
        task: Works on it.
        answer_by: When its answer is to be sent, on the monotonic clock.
        body_by: When its body is to be here, while it is not.
        late: What did not come in time.
    """

    request_id: str
    company: str | None = None
    quota: Quota | None = None
    task: asyncio.Task[Any] | None = None
    answer_by: float = 0.0
    body_by: float | None = None
    late: Literal["answer", "body"] | None = None


@dataclass(slots=True)
class UnderWay:
    """The requests that are being answered.

    Attributes:
        exchanges: Of all of them.
    """

    exchanges: set[Exchange] = field(default_factory=set)

    async def watch(self) -> None:
        """End those that take too long, until cancelled.

        Why not a timer each: most requests are answered sooner than two timers are set and taken
        back.
        """
        while True:
            await asyncio.sleep(_LOOKS_EVERY)
            now = monotonic()
            for exchange in tuple(self.exchanges):
                if exchange.late is not None or exchange.task is None:
                    continue
                if exchange.body_by is not None and exchange.body_by <= now:
                    exchange.late = "body"
                elif exchange.answer_by <= now:
                    exchange.late = "answer"
                if exchange.late is not None:
                    exchange.task.cancel()


class Gate:
    """ASGI middleware around all routes.

    Args:
        app: What answers.
        service: Its state.
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        service = self._service
        began = monotonic()
        exchange = scope["exchange"] = Exchange(
            _request_id(scope),
            task=asyncio.current_task(),
            answer_by=began + service.settings.request_seconds,
        )
        answer = _Answer(send, exchange, is_last=service.is_stopping)
        service.under_way.exchanges.add(exchange)
        try:
            await self._answer(scope, receive, answer)
        finally:
            service.under_way.exchanges.discard(exchange)
            seconds = monotonic() - began
            route = getattr(scope.get("route"), "path", "")
            service.metrics.answered(scope["method"], route, answer.status, seconds)
            level = logging.DEBUG if route in _OPERATIONS else logging.INFO
            log_answer(level, exchange, scope["method"], route, answer.status, seconds)

    async def _answer(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        settings, exchange = self._service.settings, answer.exchange
        under_way = len(self._service.under_way.exchanges)
        try:
            if under_way > settings.max_requests and scope["path"] not in _OPERATIONS:
                raise _busy()  # noqa: TRY301  one place for refusals
            body = _Body(receive, exchange, settings.body_seconds)
            await self._app(scope, body.receive, answer.send)
        except RefusedError as error:
            refusal = error
        except ClientDisconnect:
            return
        except asyncio.CancelledError:
            if exchange.late is None or exchange.task is None:
                raise
            exchange.task.uncancel()
            refusal = _LATE[exchange.late]
        except StoreError as error:
            log_failure("the database failed", error, exchange)
            refusal = _no_database()
        except Exception as error:  # noqa: BLE001  it is logged
            log_failure("a bug", error, exchange)
            refusal = _BUG
        else:
            return
        if answer.status:
            # Nothing that has begun can be taken back; a connection that breaks off says so.
            raise _BrokenOffError
        await answer.refuse(refusal, self._service.now())


class _BrokenOffError(Exception):
    """An answer had begun, and its rest cannot come."""


class _Body:
    """Receives a request, whose body has a time limit."""

    def __init__(self, receive: Receive, exchange: Exchange, seconds: float) -> None:
        self._receive = receive
        self._exchange = exchange
        self._seconds = seconds
        self._more = True

    async def receive(self) -> Message:
        """Return the next message."""
        if not self._more:  # what comes now is the end of the connection
            return await self._receive()
        if self._exchange.body_by is None:
            self._exchange.body_by = monotonic() + self._seconds
        message = await self._receive()
        if not message.get("more_body", False):
            self._more = False
            self._exchange.body_by = None
        return message


class _Answer:
    """Sends an answer, with the headers that all have.

    Attributes:
        exchange: What it answers.
        status: Of HTTP; 0 before it has begun.
    """

    def __init__(self, send: Send, exchange: Exchange, *, is_last: bool) -> None:
        self._send = send
        self.exchange = exchange
        self._is_last = is_last
        self.status = 0

    async def send(self, message: Message) -> None:
        """Pass on a message of the application."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message["headers"] = list(message.get("headers", ()))
            present = {name for name, _ in headers}
            headers += [header for header in _HEADERS if header[0] not in present]
            headers.append((b"x-request-id", self.exchange.request_id.encode()))
            if self.exchange.quota is not None:
                headers += self.exchange.quota.to_raw_headers()
            if self._is_last:
                headers.append((b"connection", b"close"))
        await self._send(message)

    async def refuse(self, refusal: RefusedError, now: int) -> None:
        """Send a refusal.

        Args:
            refusal: Said in the vendor's nested form.
            now: Milliseconds since 1970.
        """
        self.exchange.quota = self.exchange.quota or unused(now)
        body = json.dumps(refusal.to_wire("nested", now)).encode()
        headers: dict[str, Any] = {
            "content-type": "application/json",
            "content-length": str(len(body)),
            **refusal.headers,
        }
        await self.send(
            {
                "type": "http.response.start",
                "status": refusal.status,
                "headers": [
                    (name.lower().encode(), text.encode()) for name, text in headers.items()
                ],
            }
        )
        await self._send({"type": "http.response.body", "body": body})


def _busy() -> RefusedError:
    return RefusedError(
        503,
        ErrorCode.PROVIDER_TEMPORARILY_UNAVAILABLE,
        "the service has as many requests as it can answer",
        headers={"Retry-After": "1"},
    )


def _no_database() -> RefusedError:
    return RefusedError(
        503,
        ErrorCode.PROVIDER_TEMPORARILY_UNAVAILABLE,
        "the database failed; try again",
        headers={"Retry-After": "1"},
    )


def _request_id(scope: Scope) -> str:
    """Return the caller's name for a request, or make one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return str(value, "ascii")
    return f"{random.getrandbits(64):016x}"


_BUG: Final = RefusedError(
    500, ErrorCode.INTERNAL_ERROR, "the service has a bug; its log says more"
)
_LATE: Final = {
    "answer": RefusedError(
        504,
        ErrorCode.PROVIDER_TEMPORARILY_UNAVAILABLE,
        "the answer took too long; try again later, or ask for less",
    ),
    "body": RefusedError(
        408,
        ErrorCode.INVALID_PAYLOAD,
        "the body took too long to arrive",
        headers={"Connection": "close"},
    ),
}
