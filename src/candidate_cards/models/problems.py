"""Errors of the vendor's API: five documented body forms become one type."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from pydantic import ConfigDict

from ._base import StrictModel, Timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class ErrorCode(StrEnum):
    """Codes that the vendor documents; fields stay open strings, since there are others."""

    INVALID_PAYLOAD = "INVALID_PAYLOAD"
    INVALID_PATCH_PAYLOAD = "INVALID_PATCH_PAYLOAD"
    UNAUTHORIZED = "UNAUTHORIZED"
    INVALID_API_KEY = "INVALID_API_KEY"
    API_KEY_SUSPENDED = "API_KEY_SUSPENDED"
    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    INSUFFICIENT_SCOPES = "INSUFFICIENT_SCOPES"
    INSUFFICIENT_PERMISSIONS = "INSUFFICIENT_PERMISSIONS"
    RESOURCE_ACCESS_DENIED = "RESOURCE_ACCESS_DENIED"
    WEBHOOK_COMPANY_MISMATCH = "WEBHOOK_COMPANY_MISMATCH"
    REQUEST_NOT_FOUND = "REQUEST_NOT_FOUND"
    RESOURCE_NOT_FOUND = "RESOURCE_NOT_FOUND"
    WEBHOOK_NOT_FOUND = "WEBHOOK_NOT_FOUND"
    RUN_IN_PROGRESS = "RUN_IN_PROGRESS"
    WEBHOOK_EVENT_NOT_SUBSCRIBED = "WEBHOOK_EVENT_NOT_SUBSCRIBED"
    RATE_LIMIT_EXCEEDED = "RATE_LIMIT_EXCEEDED"
    PROVIDER_TEMPORARILY_UNAVAILABLE = "PROVIDER_TEMPORARILY_UNAVAILABLE"
    AGENT_ERROR = "AGENT_ERROR"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    PROFILE_NOT_FOUND = "PROFILE_NOT_FOUND"


_CODE_OF_STATUS: Final[Mapping[int, ErrorCode]] = {
    400: ErrorCode.INVALID_PAYLOAD,
    401: ErrorCode.UNAUTHORIZED,
    402: ErrorCode.INSUFFICIENT_FUNDS,
    403: ErrorCode.INSUFFICIENT_SCOPES,
    404: ErrorCode.REQUEST_NOT_FOUND,
    409: ErrorCode.RUN_IN_PROGRESS,
    429: ErrorCode.RATE_LIMIT_EXCEEDED,
    503: ErrorCode.PROVIDER_TEMPORARILY_UNAVAILABLE,
}

# A Unix time above this is in milliseconds: as seconds it would be in the year 5138.
_LARGEST_SECONDS: Final = 10**11


class ApiError(StrictModel):
    """One refusal, whatever its form was.

    Attributes:
        status: HTTP status; choose the reaction by it, since codes overlap.
        code: The vendor's code, else the one its status stands for, else ``None``.
        message: The vendor's words, else the reason phrase; may repeat what was sent.
        details: What the vendor adds about the cause, in any shape.
        request_id: The run that it concerns.
        retry_after: Seconds to wait.
        limit: Calls allowed in the window.
        remaining: Calls left in it.
        reset: When it ends.
    """

    model_config = ConfigDict(defer_build=True)

    status: int
    code: str | None = None
    message: str = ""
    details: Any = None
    request_id: str | None = None
    retry_after: float | None = None
    limit: int | None = None
    remaining: int | None = None
    reset: Timestamp | None = None


def parse_error_body(status: int, body: object | None, reason: str = "") -> ApiError:
    """Read the body of a refused call, a failed run or a failed item. Never fails.

    The order: an ``error`` object, ``errorCode`` and ``errorMessage``, ``code`` and ``message``,
    ``message`` (text or a list of texts) with ``error`` as reason, nothing. Where one form lacks
    the code or the text, the next may have it.

    Args:
        status: HTTP status.
        body: Decoded JSON; ``None`` or text if the body was none.
        reason: Reason phrase of the status line.
    """
    top: Mapping[str, Any] = body if isinstance(body, dict) else {}
    error = top.get("error")
    nested: Mapping[str, Any] = error if isinstance(error, dict) else {}
    details = nested.get("details", top.get("details"))
    places = (top, nested, details if isinstance(details, dict) else {})
    codes = (nested.get("code"), top.get("errorCode"), top.get("code"))
    messages = (
        nested.get("message"),
        top.get("errorMessage"),
        top.get("message"),
        error,
        reason,
        _phrase(status),
    )
    return ApiError(
        status=status,
        code=next(_texts(codes), None) or _CODE_OF_STATUS.get(status),
        message=next(_texts(messages), ""),
        details=details,
        request_id=next(_texts(place.get("requestId") for place in places), None),
        retry_after=_number(places, "retryAfter"),
        limit=_count(places, "limit"),
        remaining=_count(places, "remaining"),
        reset=_unix_time(_number(places, "reset")),
    )


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:  # a status that has no name, such as 599
        return ""


def _texts(values: Iterable[object]) -> Iterator[str]:
    """Yield what is text and not blank; a list of texts is one of them."""
    for value in values:
        parts = value if isinstance(value, list) else [value]
        if text := "; ".join(part for part in parts if isinstance(part, str) and part.strip()):
            yield text


def _number(places: Iterable[Mapping[str, Any]], key: str) -> float | None:
    """Return the first finite, non-negative number under that key."""
    for place in places:
        value = place.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            continue
        try:
            number = float(value)
        except (ValueError, OverflowError):
            continue
        if math.isfinite(number) and number >= 0:
            return number
    return None


def _count(places: Iterable[Mapping[str, Any]], key: str) -> int | None:
    number = _number(places, key)
    return None if number is None else int(number)


def _unix_time(value: float | None) -> datetime | None:
    if value is None:
        return None
    try:
        return datetime.fromtimestamp(value / 1000 if value > _LARGEST_SECONDS else value, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None
