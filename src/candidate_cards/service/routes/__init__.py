"""What routes share: who calls, and may they."""

# FastAPI reads the annotations of routes, so annotations are no strings in this folder.

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr

from candidate_cards.contract.callers import Caller, bearer_key, unauthorized
from candidate_cards.service.gate import Exchange
from candidate_cards.service.service import Service
from candidate_cards.store import ApiKey

_bearer = HTTPBearer(auto_error=False, scheme_name="apiKey", description="An API key")


def service_of(request: Request) -> Service:
    """Return the service that the application speaks for."""
    service: Service = request.app.state.service
    return service


def exchange_of(request: Request) -> Exchange:
    """Return what is known of a request so far."""
    exchange: Exchange = request.scope["exchange"]
    return exchange


def secret_of(request: Request) -> SecretStr:
    """Return the caller's key.

    Raises:
        RefusedError: 401, there is none.
    """
    return SecretStr(bearer_key(request.headers.get("Authorization")))


async def key_of(request: Request) -> ApiKey | None:
    """Return the caller's key as the store knows it now.

    Raises:
        RefusedError: 401, there is none.
    """
    service = service_of(request)
    secret = secret_of(request).get_secret_value()
    return await service.lookups.ask(service.store.find_key, secret)


def admit(request: Request, key: ApiKey | None, scope: str) -> Caller:
    """Return the caller, who has a scope and calls left; checked in the order 401, 429, 403.

    Raises:
        RefusedError: 401, 429 or 403.
    """
    service = service_of(request)
    now = service.now()
    if key is None or key.revoked_at is not None:
        raise unauthorized("the API key is not valid")
    if key.expires_at is not None and key.expires_at <= datetime.fromtimestamp(now / 1000, UTC):
        raise unauthorized("the API key has expired")
    caller = Caller(key.id, key.company, key.scopes, key.per_minute, key.per_hour)
    endpoint = f"{request.method} {request.scope['route'].path}"
    exchange = exchange_of(request)
    exchange.company = caller.company_id
    exchange.quota, refusal = service.rate_limits.check(caller, endpoint, now)
    if refusal is not None:
        raise refusal
    caller.need(scope)
    return caller


class Permission:
    """Dependency: the caller, as `admit` returns it."""

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
        return admit(request, await key_of(request), self._scope)
