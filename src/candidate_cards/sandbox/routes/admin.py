"""Routes of the sandbox's own, which the vendor does not have. They need no key."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from candidate_cards.contract.bodies import read_body
from candidate_cards.contract.openapi import accepts
from candidate_cards.sandbox.bodies import (
    ClockBody,
    CompanyBody,
    CreditsBody,
    FaultsBody,
    KeyBody,
)
from candidate_cards.sandbox.gate import ADMIN
from candidate_cards.sandbox.keys import READY_MADE
from candidate_cards.sandbox.openapi import BANNER

from . import sandbox_of

router = APIRouter(prefix=ADMIN, tags=["sandbox only"])


@router.get("")
async def show(request: Request) -> JSONResponse:
    """Return the ready-made keys and what their companies have."""
    accounts = sandbox_of(request).accounts
    keys = [
        {
            "name": key.name,
            "apiKey": key.api_key,
            "about": key.about,
            "scopes": list(key.scopes),
            "companyId": key.company,
        }
        for key in READY_MADE
    ]
    companies = [accounts.usage(name) for name in dict.fromkeys(key.company for key in READY_MADE)]
    return JSONResponse({"banner": BANNER, "keys": keys, "companies": companies})


@router.post("/companies", status_code=201, openapi_extra=accepts(CompanyBody))
async def add_company(request: Request) -> JSONResponse:
    """Add a company."""
    body = await read_body(request, CompanyBody)
    accounts = sandbox_of(request).accounts
    company_id = accounts.add_company(body.name, body.billing, body.credits)
    return JSONResponse(accounts.usage(company_id), 201)


@router.get("/companies/{company_id}")
async def show_company(request: Request, company_id: str) -> JSONResponse:
    """Return what a company has, holds for open runs, and was charged, in credits."""
    return JSONResponse(sandbox_of(request).accounts.usage(company_id))


@router.post("/companies/{company_id}/credits", openapi_extra=accepts(CreditsBody))
async def add_credits(request: Request, company_id: str) -> JSONResponse:
    """Add credits to a company."""
    body = await read_body(request, CreditsBody)
    accounts = sandbox_of(request).accounts
    accounts.grant(company_id, body.add)
    return JSONResponse(accounts.usage(company_id))


@router.post("/keys", status_code=201, openapi_extra=accepts(KeyBody))
async def add_key(request: Request) -> JSONResponse:
    """Add a key; of several companies if it names them. The key is in this answer only."""
    body = await read_body(request, KeyBody)
    sandbox = sandbox_of(request)
    expires_at = None
    if body.lifetimeSeconds is not None:
        expires_at = sandbox.clock.now() + round(body.lifetimeSeconds * 1000)
    key_id, api_key = sandbox.accounts.add_key(
        tuple(dict.fromkeys(body.companyIds)),
        body.scopes,
        name=body.name,
        expires_at=expires_at,
        rates=(body.perMinute, body.perHour),
    )
    return JSONResponse({"apiKeyId": key_id, "apiKey": api_key}, 201)


@router.delete("/keys/{key_id}", status_code=204, response_class=Response)
async def revoke_key(request: Request, key_id: str) -> Response:
    """Switch a key off for good."""
    sandbox = sandbox_of(request)
    sandbox.accounts.revoke(key_id, sandbox.clock.now())
    return Response(status_code=204)


@router.patch("/clock", openapi_extra=accepts(ClockBody))
async def skip_time(request: Request) -> JSONResponse:
    """Let seconds pass at once: runs end, rate limits recover, retries leave."""
    body = await read_body(request, ClockBody)
    sandbox = sandbox_of(request)
    sandbox.skip(body.skip)
    return JSONResponse({"skippedSeconds": sandbox.clock.skipped / 1000})


@router.get("/faults")
async def show_faults(request: Request) -> JSONResponse:
    """Return the faults that are still to come."""
    return JSONResponse({"faults": _planned(request)})


@router.put("/faults", openapi_extra=accepts(FaultsBody))
async def plan_faults(request: Request) -> JSONResponse:
    """Lay out faults for the requests that come next, in place of those laid out before."""
    body = await read_body(request, FaultsBody)
    sandbox_of(request).faults.plan(body.planned())
    return JSONResponse({"faults": _planned(request)})


@router.get("/deliveries")
async def show_deliveries(request: Request) -> JSONResponse:
    """Return the latest deliveries of webhooks, newest first."""
    return JSONResponse({"deliveries": sandbox_of(request).deliveries.shown()})


def _planned(request: Request) -> list[dict[str, Any]]:
    return [
        {
            "fault": planned.fault.name,
            "count": planned.count,
            "method": planned.method,
            "path": planned.path,
        }
        for planned in sandbox_of(request).faults.planned
    ]
