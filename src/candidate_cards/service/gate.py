"""What every request passes: refusals in the vendor's shape, headers of the answer."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from starlette.datastructures import MutableHeaders

from candidate_cards.contract.refusals import RefusedError
from candidate_cards.models import ErrorCode

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from candidate_cards.contract.rate_limits import Quota

    from .service import Service

_log = logging.getLogger(__name__)

#: Of an answer that sets none of its own.
_HEADERS: Final = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(slots=True)
class Exchange:
    """What is found out about a request on its way.

    Attributes:
        quota: What its key may still call; only of routes that the vendor has too.
    """

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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = scope["exchange"] = Exchange()
        has_begun = False

        async def dressed(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                headers = MutableHeaders(raw=message["headers"])
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if exchange.quota is not None:
                    headers.update(exchange.quota.to_headers())
            await send(message)

        try:
            await self._app(scope, receive, dressed)
        except RefusedError as error:
            refusal = error
        except Exception:
            if has_begun:
                raise
            # What it says may hold what was sent, so it goes to the log of this machine alone.
            _log.exception("the service has a bug")
            refusal = RefusedError(
                500, ErrorCode.INTERNAL_ERROR, "the service has a bug; its log says more"
            )
        else:
            return
        for message in _messages(refusal, self._service.now()):
            await dressed(message)


def _messages(refusal: RefusedError, now: int) -> tuple[dict[str, Any], dict[str, Any]]:
    body = json.dumps(refusal.to_wire("nested", now)).encode()
    headers = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        **refusal.headers,
    }
    start = {
        "type": "http.response.start",
        "status": refusal.status,
        "headers": [(name.lower().encode(), text.encode()) for name, text in headers.items()],
    }
    return start, {"type": "http.response.body", "body": body}
