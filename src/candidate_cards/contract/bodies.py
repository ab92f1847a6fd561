"""Bodies of requests: read with a limit, and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from candidate_cards._validation import problems_in
from candidate_cards.models import ErrorCode, RenderHtmlRequest
from candidate_cards.models._base import NullMeans

from .refusals import RefusedError, invalid
from .terms import MAX_BODY

if TYPE_CHECKING:
    from starlette.requests import Request

Body = TypeVar("Body", bound=BaseModel)

#: A model of this package takes Python's names as well; on the wire they would hide a mistake.
WIRE_NAMES: Final = ConfigDict(validate_by_name=False, validate_by_alias=True)


class RenderHtmlBody(RenderHtmlRequest):
    """Body of ``POST /sourcing/render-html``."""

    model_config = WIRE_NAMES
    theme: Annotated[Literal["dark", "light"], NullMeans(lambda: "dark")] = "dark"


async def read_body(request: Request, model: type[Body]) -> Body:
    """Read and check a body.

    Why here and not by FastAPI's own parameter: a key, a scope and a run are checked before the
    body is, and pydantic reads the bytes itself, which refuses lone surrogates and endless nesting.

    Raises:
        RefusedError: 400, or 413 if it is too large.
    """
    content_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise invalid("Content-Type should be application/json")
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BODY:
            raise RefusedError(
                413, ErrorCode.INVALID_PAYLOAD, f"a body has at most {MAX_BODY} bytes"
            )
    try:
        return model.model_validate_json(bytes(raw))
    except ValidationError as error:
        problems = tuple(
            {"field": _field(problem.path), "message": problem.message}
            for problem in problems_in(error)
        )
        is_empty_patch = any(problem["type"] == "empty_patch" for problem in error.errors())
        code = ErrorCode.INVALID_PATCH_PAYLOAD if is_empty_patch else ErrorCode.INVALID_PAYLOAD
        raise invalid("the body cannot be used", code=code, problems=problems[:20]) from None


def _field(place: tuple[Any, ...]) -> str:
    """Write ``profileIds[3]``; the name of an unknown field is the caller's, so it is cut."""
    parts = [f"[{key}]" if isinstance(key, int) else f".{key[:100]}" for key in place]
    return "".join(parts).removeprefix(".")
