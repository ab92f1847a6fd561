"""The candidates of a company: uploaded, read, shown and erased."""

# FastAPI reads the annotations of routes, so annotations are no strings in this folder.

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import JSONResponse, Response

from candidate_cards import __version__
from candidate_cards.contract.callers import Caller
from candidate_cards.contract.openapi import answers
from candidate_cards.contract.refusals import RefusedError, invalid
from candidate_cards.models import Candidate, ErrorCode, FailedProfile, Shortlist
from candidate_cards.service.documents import (
    describe_answers,
    disclosed,
    document_headers,
    manner_of,
    password_parameter,
    query_parameters,
    rendered,
)
from candidate_cards.service.formats import (
    FORMATS,
    Asked,
    Format,
    NoOptions,
    Options,
    ProfileName,
    read_query,
)
from candidate_cards.service.manners import Manner
from candidate_cards.service.negotiation import (
    check_change,
    check_match,
    chosen_type,
    entity_tag,
    is_known,
)
from candidate_cards.service.paths import decoded
from candidate_cards.service.payloads import BODIES, describe_body, read_shortlist
from candidate_cards.service.problems import Problems, WireModel, told
from candidate_cards.service.redactions import Redaction, redaction
from candidate_cards.service.service import Service
from candidate_cards.store import Outcome, Saved, StoredCandidate
from candidate_cards.themes import Theme, load_theme

from . import Permission, service_of

T = TypeVar("T")

router = APIRouter(prefix="/candidates", tags=["candidates"])

_JSON: Final = "application/json"

#: A browser may keep an answer, but asks each time whether it still holds.
_CACHING: Final = {"Cache-Control": "private, no-cache", "Vary": "Accept, Authorization"}


def _profile_id(
    profile_id: Annotated[str, Path(description="Any text, percent-encoded")],
) -> str:
    return decoded(profile_id)


_ProfileId = Annotated[str, Depends(_profile_id)]
_Writer = Annotated[Caller, Depends(Permission("cards:write"))]
_Viewer = Annotated[Caller, Depends(Permission("enrich:write"))]


class SavedProfile(WireModel):
    """What became of one profile."""

    profile_id: str
    outcome: Outcome


class Upload(Problems):
    """What became of an upload.

    Attributes:
        saved: In the order of the body.
        failed: Profiles that the vendor could not enrich; nothing of them is saved.
    """

    saved: list[SavedProfile]
    failed: list[FailedProfile]


class Erased(WireModel):
    """What was erased of a company.

    Attributes:
        candidates: How many it had.
    """

    candidates: int


class _Confirmation(NoOptions):
    confirm: str


class _Blinding(Asked):
    profile: ProfileName = "blind"


MODELS = (Upload, Erased, Redaction, *BODIES)

_AS_IT_WAS: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "As it was"}}
_DONE: Final[dict[int | str, dict[str, Any]]] = {204: {"description": "Done"}}


@router.post(
    "",
    responses=answers({200: (Upload,)}, 408, 413, 415, 504),
    openapi_extra={"requestBody": describe_body()},
)
async def upload_candidates(request: Request, caller: _Writer) -> JSONResponse:
    """Save candidates; what is stored of a profile stays, unless the body says something new."""
    read_query(request.query_params, NoOptions)
    service = service_of(request)
    shortlist = await read_shortlist(request, service)
    saved = await _saved(service, caller, shortlist.candidates)
    return _uploaded(saved, shortlist)


@router.put(
    "/{profile_id}",
    responses=answers({200: (Upload,), 201: (Upload,)}, 408, 412, 413, 415, 504),
    openapi_extra={"requestBody": describe_body(one=True)},
)
async def save_candidate(request: Request, caller: _Writer, profile_id: _ProfileId) -> JSONResponse:
    """Save one candidate, if it is as If-Match or If-None-Match says; else as an upload does."""
    read_query(request.query_params, NoOptions)
    service = service_of(request)
    shortlist = await read_shortlist(request, service)
    if [each.profile_id for each in shortlist.candidates] != [profile_id] or shortlist.failed:
        raise invalid("the body should be one candidate, with the profileId that the path has")

    def check(versions: Mapping[str, str]) -> None:
        check_change(request.headers, _tag(caller, versions.get(profile_id)))

    saved = await _saved(service, caller, shortlist.candidates, check)
    answer = _uploaded(saved, shortlist)
    answer.status_code = 201 if saved.added else 200
    return answer


@router.get(
    "/{profile_id}",
    responses=_AS_IT_WAS | answers({200: (Candidate,)}, 404, 406, 412, 504),
)
async def read_candidate(request: Request, caller: _Writer, profile_id: _ProfileId) -> Response:
    """Return all that is stored of a candidate."""
    read_query(request.query_params, NoOptions)
    chosen_type(request.headers, [_JSON])
    stored = await _stored(service_of(request), caller, profile_id)
    tag = _tag(caller, stored.version) or ""
    headers = _CACHING | {"ETag": tag}
    check_match(request.headers, tag)
    if is_known(request.headers, tag):
        return Response(status_code=304, headers=headers)
    return JSONResponse(stored.candidate.to_wire(), headers=headers)


@router.delete(
    "/{profile_id}",
    status_code=204,
    responses=_DONE | answers({}, 404, 412, 504),
)
async def erase_candidate(request: Request, caller: _Writer, profile_id: _ProfileId) -> Response:
    """Erase a candidate: the record, its embeds, its cards.

    Results that were to be fetched by then leave this profile out. The vendor still has it, so a
    later run that finds it, and an upload, store it again.
    """
    read_query(request.query_params, NoOptions)
    service = service_of(request)

    def check(versions: Mapping[str, str]) -> None:
        if profile_id in versions:  # what is not there is 404, whatever the headers say
            check_change(request.headers, _tag(caller, versions[profile_id]))

    was_there = await _erased(
        service,
        partial(service.store.erase, caller.company_id, profile_id, check=check),
        partial(service.cards.erase, caller.company_id, profile_id),
    )
    if not was_there:
        raise _not_found()
    return Response(status_code=204)


@router.delete(
    "",
    responses=answers({200: (Erased,)}, 504),
    openapi_extra={"parameters": query_parameters(_Confirmation)},
)
async def erase_company(request: Request, caller: _Writer) -> JSONResponse:
    """Erase all that is stored of the company, its keys included, this one too."""
    query = read_query(request.query_params, _Confirmation)
    if query.confirm != caller.company_id:
        raise invalid("confirm should be the id of the company, all of which is to be erased")
    service = service_of(request)
    count = await _erased(
        service,
        partial(service.store.erase_company, caller.company_id),
        partial(service.cards.erase_company, caller.company_id),
    )
    return JSONResponse(Erased(candidates=count).model_dump())


def _add_view(form: Format) -> None:
    """Add the route that shows a stored candidate in a format."""

    async def answer(request: Request, caller: _Viewer, profile_id: _ProfileId) -> Response:
        options = read_query(request.query_params, form.options)
        media_type = chosen_type(request.headers, [form.exporter.media_type])
        service = service_of(request)
        manner = manner_of(request, service, caller, form.exporter, options)
        stored = await _stored(service, caller, profile_id)
        headers = {}
        if manner.password is None:  # a document with one is different each time, and not to keep
            tag = _document_tag(caller, stored.version, form, options, manner)
            headers = _CACHING | {"ETag": tag}
            check_match(request.headers, tag)
            if is_known(request.headers, tag):
                return Response(status_code=304, headers=headers)
        shown = await disclosed(service, manner, options, stored.candidate)
        data = await rendered(request, service, form, shown)
        headers |= shown.headers | document_headers(form.exporter, "candidate")
        return Response(data, media_type=media_type, headers=headers)

    router.add_api_route(
        f"/{{profile_id}}/{form.name}",
        answer,
        name=f"show_candidate_{form.name}",
        summary=f"Show a stored candidate as {form.name}",
        response_class=Response,
        responses=_AS_IT_WAS | describe_answers([form.exporter], 404, 412),
        openapi_extra={
            "parameters": [*query_parameters(form.options), *password_parameter([form.exporter])]
        },
    )


for _form in FORMATS.values():
    _add_view(_form)


@router.get(
    "/{profile_id}/redaction",
    responses=answers({200: (Redaction,)}, 404, 406, 504),
    openapi_extra={"parameters": query_parameters(_Blinding)},
)
async def report_redaction(request: Request, caller: _Writer, profile_id: _ProfileId) -> Response:
    """Say what a profile with codes takes out of a stored candidate's texts.

    It needs the right to change candidates, since it holds words that may be names.
    """
    asked = read_query(request.query_params, _Blinding)
    chosen_type(request.headers, [_JSON])
    service = service_of(request)
    manner = manner_of(request, service, caller, FORMATS["page"].exporter, asked)
    stored = await _stored(service, caller, profile_id)
    if not manner.codes:
        raise invalid(f"the profile {manner.profile.name} puts no codes in place of people")
    disclosure = await service.run(manner.disclose, stored.candidate)
    report = redaction(disclosure, manner.profile)
    assert report is not None  # noqa: S101  it has codes
    return JSONResponse(report.model_dump(mode="json"))


async def _stored(service: Service, caller: Caller, profile_id: str) -> StoredCandidate:
    """Return a candidate of the caller's.

    Raises:
        RefusedError: 404: there is none, whether or not somebody else has one.
    """
    found = await service.run(service.store.load, caller.company_id, [profile_id])
    if profile_id not in found:
        raise _not_found()
    return found[profile_id]


async def _saved(
    service: Service,
    caller: Caller,
    candidates: tuple[Candidate, ...],
    check: Callable[[Mapping[str, str]], None] = lambda _: None,
) -> Saved:
    """Save candidates in one transaction.

    Raises:
        RefusedError: As from `check`.
    """
    at = datetime.fromtimestamp(service.now() / 1000, UTC)
    save = partial(service.store.save, at=at, check=check)
    return await service.run(save, caller.company_id, candidates)


async def _erased(service: Service, erase: Callable[[], T], forget: Callable[[], None]) -> T:
    """Erase in the database, then in memory; also where nobody waits for the end any more."""

    async def both() -> T:
        try:
            return await service.run(erase)
        finally:
            forget()

    return await asyncio.shield(asyncio.ensure_future(both()))


def _uploaded(saved: Saved, shortlist: Shortlist) -> JSONResponse:
    ids = [candidate.profile_id for candidate in shortlist.candidates]
    upload = Upload(
        saved=[SavedProfile(profile_id=each, outcome=saved.outcomes[each]) for each in ids],
        failed=list(shortlist.failed),
        **dict(told(shortlist.problems)),
    )
    return JSONResponse(upload.model_dump(mode="json"))


def _tag(caller: Caller, version: str | None) -> str | None:
    return None if version is None else entity_tag(caller.company_id, version)


def _document_tag(
    caller: Caller, version: str, form: Format, options: Options, manner: Manner
) -> str:
    """Return the tag of a document that need not be made for it.

    It is a weak one: the fonts of a system count for a PDF too.
    """
    theme = _fingerprint(load_theme(options.theme or form.exporter.theme))
    look = (form.name, options.model_dump_json(), theme, manner.sign, __version__)
    return f"W/{entity_tag(caller.company_id, version, *look)}"


@lru_cache
def _fingerprint(theme: Theme) -> str:
    logo = theme.logo and (theme.logo.data, theme.logo.raster, theme.logo.alt)
    return entity_tag(*theme.tokens.values(), repr(logo))


def _not_found() -> RefusedError:
    return RefusedError(404, ErrorCode.PROFILE_NOT_FOUND, "there is no candidate with this id")
