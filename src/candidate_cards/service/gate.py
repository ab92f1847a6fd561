"""What every request passes: limits, deadlines, refusals in the vendor's shape, headers, a log."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import ClientDisconnect

from candidate_cards.contract.rate_limits import Quota, unused
from candidate_cards.contract.refusals import RefusedError
from candidate_cards.models import ErrorCode

from .logs import answered, broken

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from .service import Service

_log = logging.getLogger(__name__)

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

#: Answered however busy the service is.
_OPERATIONS: Final = frozenset({"/healthz", "/readyz", "/metrics"})

_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")


@dataclass(slots=True)
class Exchange:
    """What is found out about a request on its way.

    Attributes:
        request_id: Its name in answers and logs.
        company: Whose key it has.
        quota: What that key may still call; only of routes that the vendor has too.
    """

    request_id: str
    company: str | None = None
    quota: Quota | None = None


class Gate:
    """ASGI middleware around all routes.

    Args:
        app: What answers.
        service: Its state.
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = scope["exchange"] = Exchange(_request_id(scope))
        answer = _Answer(send, exchange, is_last=self._service.is_stopping)
        began = perf_counter()
        self._under_way += 1
        try:
            await self._answer(scope, receive, answer)
        finally:
            self._under_way -= 1
            seconds = perf_counter() - began
            route = getattr(scope.get("route"), "path", "")
            self._service.metrics.answered(scope["method"], route, answer.status, seconds)
            answered(exchange, scope["method"], route, answer.status, seconds)

    async def _answer(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        settings = self._service.settings
        try:
            if self._under_way > settings.max_requests and scope["path"] not in _OPERATIONS:
                raise _busy()  # noqa: TRY301  one place for refusals
            async with asyncio.timeout(settings.request_seconds) as deadline:
                await self._app(scope, _Body(receive, settings.body_seconds).receive, answer.send)
        except RefusedError as error:
            refusal = error
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001  it is logged
            if isinstance(error, TimeoutError) and deadline.expired():
                refusal = RefusedError(
                    504, "GATEWAY_TIMEOUT", "the answer took too long; try again, or ask for less"
                )
            else:
                broken(error, answer.exchange)
                refusal = RefusedError(
                    500, ErrorCode.INTERNAL_ERROR, "the service has a bug; its log says more"
                )
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

    def __init__(self, receive: Receive, seconds: float) -> None:
        self._receive = receive
        self._left = seconds
        self._more = True

    async def receive(self) -> Message:
        """Return the next message.

        Raises:
            RefusedError: The body takes too long.
        """
        if not self._more:  # what comes now is the end of the connection
            return await self._receive()
        began = perf_counter()
        try:
            async with asyncio.timeout(self._left):
                message = await self._receive()
        except TimeoutError:
            raise _late() from None
        self._left -= perf_counter() - began
        self._more = message.get("more_body", False)
        return message


class _Answer:
    """Sends an answer, with the headers that all have.

    Attributes:
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
                headers += [
                    (name.lower().encode(), value.encode())
                    for name, value in self.exchange.quota.to_headers().items()
                ]
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


def _request_id(scope: Scope) -> str:
    """Return the caller's name for a request, or make one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return str(value, "ascii")
    return secrets.token_hex(8)


def _busy() -> RefusedError:
    return RefusedError(
        503,
        ErrorCode.PROVIDER_TEMPORARILY_UNAVAILABLE,
        "the service has as many requests as it can answer",
        headers={"Retry-After": "1"},
    )


def _late() -> RefusedError:
    return RefusedError(
        408,
        ErrorCode.INVALID_PAYLOAD,
        "the body took too long to arrive",
        headers={"Connection": "close"},
    )
