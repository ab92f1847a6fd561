"""Candidates in the body of a request: whatever `loading` reads, within limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from candidate_cards.contract.bodies import read_bytes
from candidate_cards.contract.refusals import RefusedError
from candidate_cards.errors import InputError
from candidate_cards.loading import parse_within
from candidate_cards.models import (
    Candidate,
    EnrichmentCompleted,
    ErrorCode,
    PreviewCompleted,
    SourcingCompleted,
)

from .problems import unusable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from candidate_cards.models import Shortlist

    from .service import Service

_JSON: Final = "application/json"
MEDIA_TYPES: Final = (_JSON, "application/jsonl", "application/x-ndjson")

#: Models of bodies that OpenAPI describes; `loading` takes more.
BODIES: Final = (Candidate, SourcingCompleted, PreviewCompleted, EnrichmentCompleted)

#: More would be a document that nobody opens.
MOST_CANDIDATES: Final = 1000
_MOST_PROBLEMS: Final = 10_000


async def read_shortlist(
    request: Request, service: Service, header: Mapping[str, str | None] | None = None
) -> Shortlist:
    """Read the candidates of a body, off the event loop.

    Args:
        request: Its body is read here.
        service: Whose limits count.
        header: Title, brief, client and author, which win over what the body says.

    Raises:
        RefusedError: 400: there is no candidate, or there are too many; it says what is wrong
            where. 413, 415.
    """
    check_type(request)
    raw = await read_bytes(request, most=service.settings.max_body)
    try:
        shortlist = await service.run(_parsed, raw, header or {})
    except InputError as error:
        raise unusable("the body has no candidate that can be used", error.problems) from None
    if len(shortlist.candidates) > MOST_CANDIDATES:
        raise RefusedError(
            400,
            ErrorCode.INVALID_PAYLOAD,
            f"a request has at most {MOST_CANDIDATES} candidates",
            {"candidates": len(shortlist.candidates)},
        )
    return shortlist


def _parsed(raw: bytes, header: Mapping[str, str | None]) -> Shortlist:
    return parse_within(raw, source="body", header=header, most_problems=_MOST_PROBLEMS)


def check_type(request: Request) -> None:
    """Refuse a body that is not said to be JSON.

    Raises:
        RefusedError: 415.
    """
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES:
        message = f"Content-Type should be one of: {', '.join(MEDIA_TYPES)}"
    elif request.headers.get("Content-Encoding", "identity").lower() != "identity":
        message = "Content-Encoding should be left out"
    else:
        return
    raise RefusedError(415, "UNSUPPORTED_MEDIA_TYPE", message)


def describe_body(*, one: bool = False) -> dict[str, Any]:
    """Return how OpenAPI describes a body of candidates, as far as a schema tells.

    Args:
        one: Whether it holds a single candidate.
    """
    names = ("Candidate",) if one else tuple(model.__name__ for model in BODIES)
    shapes: list[dict[str, Any]] = [{"$ref": f"#/components/schemas/{name}"} for name in names]
    if not one:
        people = {"type": "array", "items": shapes[0], "minItems": 1}
        saved = {"type": "object", "required": ["candidates"], "properties": {"candidates": people}}
        shapes += people, saved
    lines = {"schema": {"type": "string", "description": "JSON Lines: one of them a line"}}
    content = dict.fromkeys(MEDIA_TYPES, lines) | {_JSON: {"schema": {"anyOf": shapes}}}
    return {"required": True, "content": content}
