"""What routes share: who calls, and may they."""

# FastAPI reads the annotations of routes, so annotations are no strings in this folder.

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool

from candidate_cards.contract.callers import Caller, bearer_key, unauthorized
from candidate_cards.service.gate import Exchange  # noqa: TC001  as above
from candidate_cards.service.service import Service

_bearer = HTTPBearer(auto_error=False, scheme_name="apiKey", description="An API key")


def service_of(request: Request) -> Service:
    """Return the service that the application speaks for."""
    service: Service = request.app.state.service
    return service


class Permission:
    """Dependency: the caller, who has a scope and calls left; in this order 401, 429, 403."""

    def __init__(self, scope: str) -> None:
        self._scope = scope

    async def __call__(
        self,
        request: Request,
        _credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> Caller:
        """Return the caller.

        Raises:
            RefusedError: 401, 429 or 403.
        """
        service = service_of(request)
        now = service.now()
        secret = bearer_key(request.headers.get("Authorization"))
        key = await run_in_threadpool(service.store.find_key, secret)
        if key is None or key.revoked_at is not None:
            raise unauthorized("the API key is not valid")
        if key.expires_at is not None and key.expires_at <= datetime.fromtimestamp(now / 1000, UTC):
            raise unauthorized("the API key has expired")
        caller = Caller(key.id, key.company, frozenset(key.scopes), key.per_minute, key.per_hour)
        endpoint = f"{request.method} {request.scope['route'].path}"
        exchange: Exchange = request.scope["exchange"]
        exchange.quota, refusal = service.rate_limits.check(caller, endpoint, now)
        if refusal is not None:
            raise refusal
        caller.need(self._scope)
        return caller
