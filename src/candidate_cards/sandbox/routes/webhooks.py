"""Routes of webhook configurations."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from candidate_cards.contract.bodies import read_body
from candidate_cards.contract.callers import Caller
from candidate_cards.contract.openapi import accepts, answers
from candidate_cards.models import WebhookConfig, WebhookCreated, WebhookList, WebhookTestResult
from candidate_cards.sandbox.bodies import WebhookCreateBody, WebhookUpdateBody

from . import Permission, sandbox_of, wrapped

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

# Webhooks belong to a key, so one of several companies names none.
_Reader = Annotated[Caller, Depends(Permission("read:webhooks", needs_company=False))]
_Writer = Annotated[Caller, Depends(Permission("write:webhooks", needs_company=False))]

_CONFIG = answers({200: (WebhookConfig,)}, 404, wrapped=True)


@router.post(
    "",
    status_code=201,
    responses=answers({201: (WebhookCreated,)}, 413, wrapped=True),
    openapi_extra=accepts(WebhookCreateBody),
)
async def create_webhook(request: Request, caller: _Writer) -> JSONResponse:
    """Add a webhook; its secret is in this answer only."""
    body = await read_body(request, WebhookCreateBody)
    return wrapped(sandbox_of(request).webhooks.create(caller, body), 201)


@router.get("", responses=answers({200: (WebhookList,)}, wrapped=True))
async def list_webhooks(request: Request, caller: _Reader) -> JSONResponse:
    """List the key's webhooks; with `companyId` those of that company, without global ones."""
    company_id = request.query_params.get("companyId")
    return wrapped(sandbox_of(request).webhooks.list(caller, company_id))


@router.get("/{webhook_id}", responses=_CONFIG)
async def get_webhook(request: Request, caller: _Reader, webhook_id: str) -> JSONResponse:
    """Return a webhook."""
    return wrapped(sandbox_of(request).webhooks.get(caller, webhook_id))


@router.patch(
    "/{webhook_id}",
    responses=answers({200: (WebhookConfig,)}, 404, 413, wrapped=True),
    openapi_extra=accepts(WebhookUpdateBody),
)
async def update_webhook(request: Request, caller: _Writer, webhook_id: str) -> JSONResponse:
    """Change a webhook."""
    webhooks = sandbox_of(request).webhooks
    webhooks.owned(caller, webhook_id)
    body = await read_body(request, WebhookUpdateBody)
    return wrapped(webhooks.update(caller, webhook_id, body))


@router.delete(
    "/{webhook_id}", status_code=204, responses=answers({}, 404), response_class=Response
)
async def delete_webhook(request: Request, caller: _Writer, webhook_id: str) -> Response:
    """Remove a webhook and the deliveries that wait."""
    sandbox_of(request).webhooks.delete(caller, webhook_id)
    return Response(status_code=204)


@router.post(
    "/{webhook_id}/test", responses=answers({200: (WebhookTestResult,)}, 404, wrapped=True)
)
async def test_webhook(request: Request, caller: _Writer, webhook_id: str) -> JSONResponse:
    """Send a ping, once, and wait for the answer."""
    sandbox = sandbox_of(request)
    webhook = sandbox.webhooks.owned(caller, webhook_id)
    return wrapped(await sandbox.deliveries.ping(request.app.state.client, webhook))


@router.post("/{webhook_id}/reset-circuit", responses=_CONFIG)
async def reset_circuit(request: Request, caller: _Writer, webhook_id: str) -> JSONResponse:
    """Switch a webhook on again that failures have switched off."""
    return wrapped(sandbox_of(request).webhooks.reset_circuit(caller, webhook_id))
