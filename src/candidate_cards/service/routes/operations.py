"""Routes for those who run the service."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from candidate_cards.errors import StoreError

from . import service_of

router = APIRouter(tags=["operations"])
MODELS = ()


@router.get("/healthz")
async def healthz() -> JSONResponse:
    """Tell that the process answers."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    """Tell whether requests should be sent here."""
    service = service_of(request)
    if service.is_stopping:
        return JSONResponse({"status": "stopping"}, 503)
    try:
        await run_in_threadpool(service.store.ping)
    except StoreError:
        return JSONResponse({"status": "the database does not answer"}, 503)
    return JSONResponse({"status": "ok"})
