"""What every request passes: strangers, faults on demand, refusals, headers of the answer."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders

from candidate_cards.contract.rate_limits import Quota, unused
from candidate_cards.contract.refusals import RefusedError
from candidate_cards.models import ErrorCode

from .bodies import LOOPBACK
from .faults import HEADER, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from .sandbox import Sandbox

_log = logging.getLogger(__name__)

ADMIN: Final = "/sandbox"
_OWN: Final = (ADMIN, "/openapi.json")


@dataclass(slots=True)
class Exchange:
    """What is found out about a request on its way.

    Attributes:
        fault: What is to go wrong.
        quota: What its key may still call.
    """

    fault: Fault | None = None
    quota: Quota | None = None


class Gate:
    """ASGI middleware around all routes.

    Args:
        app: What answers.
        sandbox: Its state.
        any_host: Whether requests may name another host than this machine.
    """

    def __init__(self, app: ASGIApp, sandbox: Sandbox, *, any_host: bool = False) -> None:
        self._app = app
        self._sandbox = sandbox
        self._any_host = any_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = scope["exchange"] = Exchange()
        answer = _Answer()
        try:
            self._check_origin(Headers(scope=scope))
            exchange.fault = self._fault(scope)
            await self._app(scope, receive, answer.take)
        except RefusedError as refusal:
            answer = self._refused(refusal)
        except Exception:  # noqa: BLE001  it is logged
            # What it says may hold what was sent, so it goes to the log of this machine alone.
            _log.exception("the sandbox has a bug")
            answer = self._refused(
                RefusedError(
                    500, ErrorCode.INTERNAL_ERROR, "the sandbox has a bug; its log says more"
                )
            )
        quota = exchange.quota or unused(self._sandbox.clock.now())
        headers = MutableHeaders(raw=answer.start["headers"])
        headers.raw.extend(quota.to_raw_headers())
        headers["Cache-Control"] = "no-store"
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Sandbox"] = "candidate-cards; not the vendor's service"
        answer.start["headers"] = headers.raw
        fault = exchange.fault
        if fault is not None and fault.name == "slow":
            with suppress(TimeoutError):  # or until the caller has gone
                await asyncio.wait_for(_disconnected(receive), fault.seconds)
        # What is cut off comes after its work, so that a client cannot know what was done.
        is_cut = fault is not None and fault.name == "truncated"
        for message in answer.messages(len(answer.body) // 2 if is_cut else len(answer.body)):
            await send(message)

    def _check_origin(self, headers: Headers) -> None:
        """Refuse web pages of other sites, which a browser lets call this machine.

        Why: the ready-made keys are public, so a key proves nothing.
        """
        host = _host(headers.get("Host", ""))
        if not self._any_host and host not in LOOPBACK:
            raise RefusedError(
                403, ErrorCode.RESOURCE_ACCESS_DENIED, "the header Host should name this machine"
            )
        own = {f"{scheme}://{headers.get('Host')}" for scheme in ("http", "https")}
        if headers.get("Origin") not in {None, *own}:
            raise RefusedError(
                403, ErrorCode.RESOURCE_ACCESS_DENIED, "web pages of other sites may not call"
            )

    def _fault(self, scope: Scope) -> Fault | None:
        """Return what is to go wrong later; what the answer is already wrong by is raised."""
        path = scope["path"]
        if any(path == own or path.startswith(f"{own}/") for own in _OWN):
            return None
        header = Headers(scope=scope).get(HEADER)
        fault = self._sandbox.faults.take(scope["method"], path, header)
        refusal = None if fault is None else fault.refusal(self._sandbox.clock.now())
        if refusal is not None:
            raise refusal
        return fault

    def _refused(self, refusal: RefusedError) -> _Answer:
        form, now = self._sandbox.settings.error_form, self._sandbox.clock.now()
        return _Answer.of_json(refusal.status, refusal.to_wire(form, now), refusal.headers)


class _Answer:
    """An answer that is complete before its first byte leaves."""

    def __init__(self) -> None:
        self.start: Message = {}
        self.body = bytearray()

    @classmethod
    def of_json(cls, status: int, value: Any, headers: Any) -> _Answer:  # noqa: ANN401  any JSON
        answer = cls()
        answer.body += json.dumps(value).encode()
        named = {
            "content-type": "application/json",
            "content-length": str(len(answer.body)),
            **headers,
        }
        answer.start = {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.lower().encode(), text.encode()) for name, text in named.items()],
        }
        return answer

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = {**message, "headers": list(message["headers"])}
        else:
            self.body += message.get("body", b"")

    def messages(self, size: int) -> Iterator[Message]:
        """Yield the first bytes; the end only if they are all."""
        yield self.start
        yield {
            "type": "http.response.body",
            "body": bytes(self.body[:size]),
            "more_body": size < len(self.body),
        }


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _host(value: str) -> str:
    """Return the name in a Host header, without port and brackets."""
    try:
        return urlsplit(f"//{value}").hostname or ""
    except ValueError:
        return ""
