"""Codes mapped back to profiles, by the company that they were made for."""

# FastAPI reads the annotations of routes, so annotations are no strings in this folder.

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import Field, StringConstraints

from candidate_cards.contract.bodies import WIRE_NAMES, read_body
from candidate_cards.contract.callers import Caller
from candidate_cards.contract.openapi import accepts, answers
from candidate_cards.contract.refusals import RefusedError
from candidate_cards.models import ErrorCode
from candidate_cards.models._base import StrictModel
from candidate_cards.privacy.codes import BlindKey, read_code
from candidate_cards.service.problems import WireModel
from candidate_cards.service.settings import variable
from candidate_cards.store import Store

from . import Permission, service_of

router = APIRouter(tags=["candidates"])

_MOST_CODES: Final = 100
_Code = Annotated[str, StringConstraints(min_length=1, max_length=100)]
_Writer = Annotated[Caller, Depends(Permission("cards:write"))]


class CodesBody(StrictModel):
    """Body of ``POST /codes``: codes in any spelling that a person gives them."""

    model_config = WIRE_NAMES
    codes: Annotated[tuple[_Code, ...], Field(min_length=1, max_length=_MOST_CODES)]


class Revealed(WireModel):
    """Whose a code is, or an ``errorCode``."""

    code: str
    success: bool
    profile_id: str | None = None
    error_code: str | None = None


class CodesRevealed(WireModel):
    """The codes in the order of the body."""

    success: bool
    data: list[Revealed]


MODELS = (CodesBody, CodesRevealed)

_REVEALED: Final = answers({200: (CodesRevealed,)}, 408, 413, 504)
_REVEALED[501] = {**_REVEALED[503], "description": "No secret is configured"}


@router.post("/codes", responses=_REVEALED, openapi_extra=accepts(CodesBody))
async def reveal_codes(request: Request, caller: _Writer) -> JSONResponse:
    """Say whose codes of this company are, of those people who are stored.

    Another company's codes are as unknown as those that nobody made.
    """
    service = service_of(request)
    body = await read_body(request, CodesBody, most=service.settings.max_body)
    key = service.manners.key(caller.company_id)
    if key is None:
        advice = f"no codes are made here: {variable('blind_secret')} is not set"
        raise RefusedError(501, "NOT_CONFIGURED", advice)
    known = await service.run(_known, service.store, caller.company_id, key, body.codes)
    answer = CodesRevealed(success=True, data=[_revealed(code, known) for code in body.codes])
    return JSONResponse(answer.model_dump(mode="json", exclude_none=True))


def _known(store: Store, company: str, key: BlindKey, codes: Sequence[str]) -> dict[str, str]:
    """Return the profile ids behind codes.

    Why every code is made anew: were they stored, the database would lead from them to people.
    """
    asked = {code for text in codes if (code := read_code(text))}
    known: dict[str, str] = {}
    for profile_id in store.profile_ids(company) if asked else ():
        code = key.code(profile_id)
        if code in asked:
            known[code] = profile_id
            if len(known) == len(asked):
                break
    return known


def _revealed(text: str, known: dict[str, str]) -> Revealed:
    profile_id = known.get(read_code(text) or "")
    if profile_id is None:
        return Revealed(code=text, success=False, error_code=ErrorCode.PROFILE_NOT_FOUND)
    return Revealed(code=text, success=True, profile_id=profile_id)
