"""Bodies of requests: read with a limit, and checked."""

from __future__ import annotations

from functools import cache, partial
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, create_model
from starlette.concurrency import run_in_threadpool

from candidate_cards._records import NotJsonError, Place, decode
from candidate_cards._validation import problems_in
from candidate_cards.errors import Problem
from candidate_cards.models import ErrorCode, RenderHtmlRequest
from candidate_cards.models._base import Identifier, NullMeans
from candidate_cards.models.requests import MAX_PROFILES, distinct_ids

from .refusals import RefusedError, invalid
from .terms import MAX_BODY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

Body = TypeVar("Body", bound=BaseModel)

#: A model of this package takes Python's names as well; on the wire they would hide a mistake.
WIRE_NAMES: Final = ConfigDict(validate_by_name=False, validate_by_alias=True)

_DEEPEST: Final = 32
_INTEGERS: Final = 2**63
_AT_ONCE: Final = 65_536  # bytes; what is larger would hold up the event loop
_MOST_TOLD: Final = 20
_MOST_VALUES: Final = 20_000  # the longest text of a model here has fewer commas
_MARKS: Final = (b",", b"[", b"{")
_PARAMETERS: Final = frozenset({b"charset=utf-8", b'charset="utf-8"', b""})


class RenderHtmlBody(RenderHtmlRequest):
    """Body of ``POST /sourcing/render-html``."""

    model_config = WIRE_NAMES
    theme: Annotated[Literal["dark", "light"], NullMeans(lambda: "dark")] = "dark"


@cache
def render_html_body(most: int) -> type[RenderHtmlBody]:
    """Return the body of a render-html that takes up to so many ids."""
    if most == MAX_PROFILES:
        return RenderHtmlBody
    ids = Annotated[tuple[Identifier, ...], AfterValidator(partial(distinct_ids, most=most))]
    return create_model(RenderHtmlBody.__name__, __base__=RenderHtmlBody, profile_ids=(ids, ...))


async def read_body(request: Request, model: type[Body], *, most: int = MAX_BODY) -> Body:
    """Read and check a body.

    Why here and not by FastAPI's own parameter: a key, a scope and a run are checked before the
    body is; and what is ambiguous is refused: another type or encoding, a key twice in one object,
    numbers that are none or that others cut short, endless nesting. All of this is 400, since the
    vendor documents no 415.

    Args:
        request: Whose body it is.
        model: What it should be.
        most: Its largest size in bytes.

    Raises:
        RefusedError: 400, or 413 if it is too large.
    """
    _check_headers(request.scope["headers"])
    raw = await read_bytes(request, most=most)
    if len(raw) <= _AT_ONCE:
        return _checked(raw, model)
    return await run_in_threadpool(_checked, raw, model)


async def read_bytes(request: Request, *, most: int = MAX_BODY) -> bytes:
    """Read a body.

    Args:
        request: Whose body it is.
        most: Its largest size in bytes.

    Raises:
        RefusedError: 413, it is larger.
    """
    too_large = RefusedError(413, ErrorCode.INVALID_PAYLOAD, f"a body has at most {most} bytes")
    for name, value in request.scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value[:20]) > most:
            raise too_large
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > most:
            raise too_large
    return bytes(raw)


def _check_headers(headers: Sequence[tuple[bytes, bytes]]) -> None:
    """Refuse what may be read in another way by somebody else."""
    types = [value for name, value in headers if name == b"content-type"]
    kind, *parameters = [part.strip().lower() for part in b"".join(types).split(b";")]
    if len(types) != 1 or kind != b"application/json":
        raise invalid("Content-Type should be application/json")
    if not _PARAMETERS.issuperset(parameters):
        raise invalid("Content-Type should have no parameter but charset=utf-8")
    if any(name == b"content-encoding" and value != b"identity" for name, value in headers):
        raise invalid("a body should not be compressed")


def _checked(raw: bytes, model: type[Body]) -> Body:
    # Values take up to seventy times the memory that their text does.
    if sum(raw.count(mark) for mark in _MARKS) > _MOST_VALUES:
        raise _unusable([Problem(f"has more than {_MOST_VALUES:,} values")])
    try:
        record = decode(raw)
    except NotJsonError as error:
        raise _unusable([Problem(error.message, line=error.line, column=error.column)]) from None
    problems, quotes = _faults(record.value)
    problems += (Problem("is there twice", path=key) for key in record.repeated_keys(quotes))
    if problems:
        raise _unusable(problems)
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        is_empty_patch = any(problem["type"] == "empty_patch" for problem in error.errors())
        code = ErrorCode.INVALID_PATCH_PAYLOAD if is_empty_patch else ErrorCode.INVALID_PAYLOAD
        raise _unusable(problems_in(error), code) from None


def _faults(root: object) -> tuple[list[Problem], int]:
    """Find what is wrong with a value whichever the model is, without recursion.

    Returns:
        The problems, and how many quotation marks it takes to write the value.
    """
    problems: list[Problem] = []
    quotes = 0
    stack: list[tuple[Place, object]] = [((), root)]
    while stack:
        place, value = stack.pop()
        if isinstance(value, str):
            quotes += 2
        elif isinstance(value, dict | list):
            if len(place) == _DEEPEST:
                return [Problem(f"has more than {_DEEPEST} levels")], quotes
            if isinstance(value, dict):
                quotes += 2 * len(value)
                stack += [((*place, key), part) for key, part in value.items()]
            else:
                stack += [((*place, at), part) for at, part in enumerate(value)]
        elif type(value) is int and not -_INTEGERS <= value < _INTEGERS:
            problems.append(Problem("has more than 64 bits", path=place))
        elif type(value) is float and not isfinite(value):
            problems.append(Problem("is too large a number", path=place))
    return problems, quotes


def _unusable(problems: Sequence[Problem], code: str = ErrorCode.INVALID_PAYLOAD) -> RefusedError:
    told = tuple(
        {"field": _field(problem.path), "message": _message(problem)}
        for problem in problems[:_MOST_TOLD]
    )
    return invalid("the body cannot be used", code=code, problems=told)


def _message(problem: Problem) -> str:
    if problem.line is None:
        return problem.message
    return f"{problem.message} (line {problem.line}, column {problem.column})"


def _field(place: tuple[Any, ...]) -> str:
    """Write ``profileIds[3]``; the name of an unknown field is the caller's, so it is cut."""
    parts = [f"[{key}]" if isinstance(key, int) else f".{key[:100]}" for key in place]
    return "".join(parts).removeprefix(".")
