"""The candidates of a company: uploaded, read, shown and erased."""

# FastAPI reads the annotations of routes, so annotations are no strings in this folder.

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Final, Literal
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import JSONResponse, Response

from candidate_cards import __version__
from candidate_cards.contract.callers import Caller
from candidate_cards.contract.openapi import answers
from candidate_cards.contract.refusals import RefusedError, invalid
from candidate_cards.models import Candidate, ErrorCode, FailedProfile
from candidate_cards.service.documents import (
    describe_answers,
    document_headers,
    query_parameters,
    rendered,
)
from candidate_cards.service.formats import FORMATS, Format, Options, read_query
from candidate_cards.service.negotiation import (
    check_preconditions,
    chosen_type,
    entity_tag,
    is_known,
)
from candidate_cards.service.payloads import BODIES, describe_body, read_shortlist
from candidate_cards.service.problems import Problems, WireModel, told
from candidate_cards.store import StoredCandidate

from . import Permission, service_of

router = APIRouter(prefix="/candidates", tags=["candidates"])
