"""What routes share: who calls, and may they."""

# FastAPI reads the annotations of routes, so annotations are no strings in this folder.

from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from candidate_cards.contract.callers import Caller
from candidate_cards.sandbox.gate import Exchange  # noqa: TC001  as above
from candidate_cards.sandbox.sandbox import Sandbox

_bearer = HTTPBearer(auto_error=False, scheme_name="apiKey", description="An API key")


def sandbox_of(request: Request) -> Sandbox:
    """Return the sandbox that the application speaks for."""
    sandbox: Sandbox = request.app.state.sandbox
    return sandbox


def run_fault_of(request: Request) -> str | None:
    """Return what is to go wrong in the run that a request starts."""
    exchange: Exchange = request.scope["exchange"]
    fault = exchange.fault
    return fault.name if fault is not None and fault.is_in_run else None


class Permission:
    """Dependency: the caller, who has a scope and calls left; in this order 401, 429, 403."""

    def __init__(self, scope: str, *, needs_company: bool = True) -> None:
        self._scope = scope
        self._needs_company = needs_company

    async def __call__(  # a plain function would run in a thread, where the store is not used
        self,
        request: Request,
        _credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
        company_id: Annotated[
            str | None, Query(alias="companyId", description="For keys of several companies")
        ] = None,
    ) -> Caller:
        """Return the caller.

        Raises:
            RefusedError: 401, 429 or 403.
        """
        sandbox = sandbox_of(request)
        now = sandbox.clock.now()
        authorization = request.headers.get("Authorization")
        caller = sandbox.accounts.authenticate(
            authorization, company_id, now, needs_company=self._needs_company
        )
        endpoint = f"{request.method} {request.scope['route'].path}"
        exchange: Exchange = request.scope["exchange"]
        exchange.quota, refusal = sandbox.rate_limits.check(caller, endpoint, now)
        if refusal is not None:
            raise refusal
        caller.need(self._scope)
        return caller


def wrapped(body: BaseModel | dict[str, object], status: int = 200) -> JSONResponse:
    """Return an answer of the families that put everything under ``data``."""
    value = body if isinstance(body, dict) else body.model_dump(mode="json", exclude_unset=True)
    return JSONResponse({"success": True, "data": value}, status)
