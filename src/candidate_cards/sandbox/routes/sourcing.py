"""Routes of runs and cards."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from candidate_cards.contract.bodies import RenderHtmlBody, read_body
from candidate_cards.contract.callers import Caller
from candidate_cards.contract.openapi import accepts, answers
from candidate_cards.exports import render_card
from candidate_cards.models import (
    Candidate,
    EnrichmentCompleted,
    EnrichmentFailed,
    EnrichmentProcessing,
    ErrorCode,
    PreviewCompleted,
    PreviewFailed,
    PreviewProcessing,
    RenderedCard,
    RenderHtmlResponse,
    RunAccepted,
    SourcingCompleted,
    SourcingFailed,
    SourcingProcessing,
)
from candidate_cards.sandbox.bodies import (
    EnrichBody,
    PatchBody,
    PreviewBody,
    SourcingBody,
)

from . import Permission, run_fault_of, sandbox_of

router = APIRouter(prefix="/sourcing", tags=["sourcing"])

_Starter = Annotated[Caller, Depends(Permission("sourcing:write"))]
_Reader = Annotated[Caller, Depends(Permission("sourcing:read"))]
_Enricher = Annotated[Caller, Depends(Permission("enrich:write"))]

_ACCEPTED = answers({202: (RunAccepted,)}, 402, 404, 413, 422)


@router.post("", status_code=202, responses=_ACCEPTED, openapi_extra=accepts(SourcingBody))
async def start_sourcing(request: Request, caller: _Starter) -> JSONResponse:
    """Start a sourcing run."""
    body = await read_body(request, SourcingBody)
    return _accepted(
        request, sandbox_of(request).runs.start_sourcing(caller, body, run_fault_of(request))
    )


@router.patch(
    "/{run_id}",
    status_code=202,
    responses=answers({202: (RunAccepted,)}, 402, 404, 409, 413),
    openapi_extra=accepts(PatchBody),
)
async def patch_sourcing(request: Request, caller: _Starter, run_id: str) -> JSONResponse:
    """Refine or extend a run that has ended."""
    runs = sandbox_of(request).runs
    runs.find(caller, "sourcing", run_id)  # that there is none counts for more than a bad body
    body = await read_body(request, PatchBody)
    return _accepted(request, runs.patch(caller, run_id, body, run_fault_of(request)))


@router.get(
    "/{run_id}/results",
    responses=answers({202: (SourcingProcessing,), 200: (SourcingCompleted, SourcingFailed)}, 404),
)
async def sourcing_results(request: Request, caller: _Reader, run_id: str) -> JSONResponse:
    """Poll a sourcing run."""
    status, body = sandbox_of(request).runs.results(caller, "sourcing", run_id)
    return JSONResponse(body, status)


@router.post("/preview", status_code=202, responses=_ACCEPTED, openapi_extra=accepts(PreviewBody))
async def start_preview(request: Request, caller: _Starter) -> JSONResponse:
    """Start a preview search."""
    body = await read_body(request, PreviewBody)
    return _accepted(
        request, sandbox_of(request).runs.start_preview(caller, body, run_fault_of(request))
    )


@router.get(
    "/preview/{run_id}/results",
    responses=answers({202: (PreviewProcessing,), 200: (PreviewCompleted, PreviewFailed)}, 404),
)
async def preview_results(request: Request, caller: _Reader, run_id: str) -> JSONResponse:
    """Poll a preview search."""
    status, body = sandbox_of(request).runs.results(caller, "preview", run_id)
    return JSONResponse(body, status)


@router.post("/enrich", status_code=202, responses=_ACCEPTED, openapi_extra=accepts(EnrichBody))
async def start_enrichment(request: Request, caller: _Enricher) -> JSONResponse:
    """Start the enrichment of up to 10 profiles."""
    body = await read_body(request, EnrichBody)
    return _accepted(
        request, sandbox_of(request).runs.start_enrichment(caller, body, run_fault_of(request))
    )


@router.get(
    "/enrich/{run_id}/results",
    responses=answers(
        {202: (EnrichmentProcessing,), 200: (EnrichmentCompleted, EnrichmentFailed)}, 404
    ),
)
async def enrichment_results(request: Request, caller: _Enricher, run_id: str) -> JSONResponse:
    """Poll an enrichment run."""
    status, body = sandbox_of(request).runs.results(caller, "enrichment", run_id)
    return JSONResponse(body, status)


@router.post(
    "/render-html",
    responses=answers({200: (RenderHtmlResponse,)}, 413),
    openapi_extra=accepts(RenderHtmlBody),
)
async def render_html(request: Request, caller: _Enricher) -> JSONResponse:
    """Make the cards of up to 10 profiles."""
    body = await read_body(request, RenderHtmlBody)
    known = sandbox_of(request).runs.profiles(caller, body.profile_ids)
    cards = []
    for profile_id in body.profile_ids:
        if profile_id in known:
            cards.append(await run_in_threadpool(_card, known[profile_id], body.theme))
        else:
            cards.append(
                RenderedCard(
                    profile_id=profile_id, success=False, error_code=ErrorCode.PROFILE_NOT_FOUND
                )
            )
    answer = RenderHtmlResponse(
        success=True, rendered_count=sum(card.success for card in cards), data=tuple(cards)
    )
    return JSONResponse(answer.to_wire())


def _card(candidate: Candidate, theme: str) -> RenderedCard:
    return RenderedCard(
        profile_id=candidate.profile_id,
        success=True,
        name=candidate.name,
        html_content=str(render_card(candidate, theme=theme)),
    )


def _accepted(request: Request, body: dict[str, Any]) -> JSONResponse:
    sandbox_of(request).worker.wake()
    return JSONResponse(body, 202)
