"""The vendor's render-html."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from candidate_cards.contract.bodies import RenderHtmlBody, read_body
from candidate_cards.contract.callers import Caller
from candidate_cards.contract.openapi import accepts, answers
from candidate_cards.models import Candidate, RenderHtmlResponse
from candidate_cards.relay import render_html as relayed

from . import Permission, service_of

router = APIRouter(prefix="/sourcing", tags=["sourcing"])
MODELS = (RenderHtmlBody, RenderHtmlResponse)


@router.post(
    "/render-html",
    responses=answers({200: (RenderHtmlResponse,)}, 413),
    openapi_extra=accepts(RenderHtmlBody),
)
async def render_html(
    request: Request, caller: Annotated[Caller, Depends(Permission("enrich:write"))]
) -> JSONResponse:
    """Make the cards of up to 10 profiles."""
    body = await read_body(request, RenderHtmlBody)
    store = service_of(request).store

    def find(profile_ids: Sequence[str]) -> Mapping[str, Candidate]:
        stored = store.load(caller.company_id, profile_ids)
        return {profile_id: each.candidate for profile_id, each in stored.items()}

    cards = await run_in_threadpool(
        relayed, body.profile_ids, theme=body.theme, mode="local", find=find
    )
    return JSONResponse(cards.response.to_wire(), headers={"X-Rendered-By": cards.via})
