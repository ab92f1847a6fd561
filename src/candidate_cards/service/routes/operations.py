"""Routes for those who run the service. They need no key, and name nobody."""

import subprocess
import sys
from functools import cache

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from candidate_cards.contract.refusals import no_route
from candidate_cards.errors import CandidateCardsError, StoreError
from candidate_cards.exports import render_card
from candidate_cards.models import Candidate

from . import service_of

router = APIRouter(tags=["operations"])
MODELS = ()

_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@router.get("/healthz")
async def healthz() -> JSONResponse:
    """Tell that the process answers."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz", responses={503: {"description": "Not now"}})
async def readyz(request: Request) -> JSONResponse:
    """Tell whether requests should be sent here: the database answers, and cards can be made."""
    service = service_of(request)
    if service.is_stopping:
        return JSONResponse({"status": "stopping"}, 503)
    try:
        await service.lookups.ask(service.store.ping)
        await service.run(render_card, Candidate(profile_id="-"))
    except StoreError:
        return JSONResponse({"status": "the database does not answer"}, 503)
    except CandidateCardsError:
        return JSONResponse({"status": "cards cannot be rendered"}, 503)
    pdf = "ok" if await service.run(_has_pdf_engine) else "missing"
    return JSONResponse({"status": "ok", "pdf": pdf})


@router.get("/metrics", response_class=Response)
async def metrics(request: Request) -> Response:
    """Return what was counted, for Prometheus."""
    service = service_of(request)
    if not service.settings.metrics:
        raise no_route()
    return Response(service.metrics.text(), media_type=_METRICS_TYPE)


@cache
def _has_pdf_engine() -> bool:
    """Tell whether PDF can be made; asked of a process of its own, since its parts are large."""
    code = "from candidate_cards.exports._pdf.engine import load_weasyprint as w; w()"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)  # noqa: S603  ours
    return asked.returncode == 0
