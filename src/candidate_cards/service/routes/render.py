"""Candidates in a body to any format."""

# FastAPI reads the annotations of routes, so annotations are no strings in this folder.

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from candidate_cards.contract.callers import Caller
from candidate_cards.models import FailedProfile
from candidate_cards.service.documents import (
    describe_answers,
    disclosed,
    document_headers,
    manner_of,
    password_parameter,
    query_parameters,
    rendered,
)
from candidate_cards.service.formats import FORMATS, Format, Frame, read_query
from candidate_cards.service.negotiation import chosen_type
from candidate_cards.service.payloads import BODIES, describe_body, read_shortlist
from candidate_cards.service.problems import Problems, told
from candidate_cards.service.redactions import Redaction, redaction

from . import Permission, service_of

router = APIRouter(prefix="/render", tags=["render"])

_JSON: Final = "application/json"

#: For those who name no format: one of each type, and of HTML what a browser shows by itself.
_BY_TYPE: Final = {form.exporter.media_type: form for form in (*FORMATS.values(), FORMATS["page"])}

_Allowed = Annotated[Caller, Depends(Permission("cards:render"))]


class Report(Problems):
    """What a body has, without a rendering of it.

    Attributes:
        candidates: How many could be read.
        failed: Profiles that the vendor could not enrich.
        redaction: What would be taken out of texts by a profile that puts codes in place of people.
    """

    candidates: int
    failed: list[FailedProfile]
    redaction: Redaction | None


MODELS = (Report, *BODIES)


async def _answer(request: Request, caller: Caller, formats: Mapping[str, Format]) -> Response:
    """Answer in the format that a client likes most; if it likes none but JSON, with a report."""
    media_type = chosen_type(request.headers, tuple(formats), _JSON)
    form = formats.get(media_type)
    usual, *_ = formats.values()
    options = read_query(request.query_params, (form or usual).framed_options)
    service = service_of(request)
    manner = manner_of(request, service, caller, (form or usual).exporter, options)
    frame = options.model_dump(include=set(Frame.model_fields))
    shortlist = await read_shortlist(request, service, frame)
    shown = await disclosed(service, manner, options, shortlist)
    headers = {"Vary": "Accept", **shown.headers}
    if form is None:
        report = Report(
            candidates=len(shortlist.candidates),
            failed=list(shown.content.failed),
            redaction=redaction(shown.disclosure, manner.profile),
            **dict(told(shortlist.problems)),
        )
        return JSONResponse(report.model_dump(mode="json"), headers=headers)
    data = await rendered(request, service, form, shown)
    errors = sum(problem.severity == "error" for problem in shortlist.problems)
    headers["X-Problems"] = str(errors + len(shortlist.failed))
    headers |= document_headers(form.exporter, shown.content.title)
    return Response(data, media_type=media_type, headers=headers)


def _add(path: str, formats: Mapping[str, Format], description: str) -> None:
    """Add a route that answers in some formats."""

    async def answer(request: Request, caller: _Allowed) -> Response:
        return await _answer(request, caller, formats)

    usual, *_ = formats.values()  # others take what their own routes take
    router.add_api_route(
        path,
        answer,
        methods=["POST"],
        name=f"render{path.replace('/', '_')}",
        summary=description,
        response_class=Response,
        responses=describe_answers(
            [form.exporter for form in formats.values()],
            408,
            413,
            415,
            others={_JSON: {"$ref": "#/components/schemas/Report"}},
        ),
        openapi_extra={
            "parameters": [
                *query_parameters(usual.framed_options),
                *password_parameter(form.exporter for form in formats.values()),
            ],
            "requestBody": describe_body(),
        },
    )


_add("", _BY_TYPE, "Render candidates in the format that Accept asks for, or report on them")
for _form in FORMATS.values():
    _add(
        f"/{_form.name}",
        {_form.exporter.media_type: _form},
        f"Render candidates as {_form.name}, or report on them",
    )
