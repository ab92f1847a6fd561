"""Everything that a server refuses, in the body shapes that the vendor documents."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from candidate_cards.models import ErrorCode

from .times import to_wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .terms import ErrorForm


@dataclass(eq=False)  # not frozen: a context manager sets the traceback of what passes it
class RefusedError(Exception):
    """An answer that is an error.

    Attributes:
        status: HTTP status.
        code: The vendor's code.
        message: For people; it repeats nothing that was sent.
        details: What tells more about the cause.
        headers: Of the answer.
        body: The whole body, where it has a shape of its own.
    """

    status: int
    code: str
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None

    def to_wire(self, form: ErrorForm, now: int) -> Mapping[str, Any]:
        """Return the body.

        Args:
            form: Which of the two documented shapes.
            now: Milliseconds since 1970.
        """
        if self.body is not None:
            return self.body
        if form == "framework":
            return {
                "statusCode": self.status,
                "message": self.message,
                "error": HTTPStatus(self.status).phrase,
            }
        return {
            "success": False,
            "data": None,
            "error": {"code": self.code, "message": self.message, "details": dict(self.details)},
            "timestamp": to_wire(now),
        }


def invalid(
    message: str,
    *,
    code: str = ErrorCode.INVALID_PAYLOAD,
    problems: tuple[Mapping[str, str], ...] = (),
) -> RefusedError:
    """Return the refusal of a body that cannot be used."""
    return RefusedError(400, code, message, {"problems": list(problems)} if problems else {})


def framework_refusal(status: int, headers: Mapping[str, str] | None = None) -> RefusedError:
    """Return the vendor's shape of a refusal that the web framework makes, such as 404 and 405."""
    code, message = {
        404: (ErrorCode.RESOURCE_NOT_FOUND.value, "there is no such route"),
        405: ("METHOD_NOT_ALLOWED", "the route has no such method"),  # the vendor has no code
    }.get(status, (ErrorCode.INVALID_PAYLOAD.value, HTTPStatus(status).phrase))
    return RefusedError(status, code, message, headers=headers or {})


def no_route() -> RefusedError:
    """Return the refusal of an address that leads nowhere."""
    return framework_refusal(404)


def run_not_found() -> RefusedError:
    """Return what an unknown, expired or foreign run gets: one answer, so that none can be told."""
    return RefusedError(404, ErrorCode.REQUEST_NOT_FOUND, "there is no run with this id")


def no_resource(kind: str, name: str) -> RefusedError:
    """Return the refusal of an id, in families that do not hide which ids exist."""
    return RefusedError(
        404,
        ErrorCode.RESOURCE_NOT_FOUND,
        "there is nothing with this id",
        {"resourceType": kind, "resourceId": name},
    )


def rate_limited(limit: int, wait: int, reset: int) -> RefusedError:
    """Return the answer to one call too many.

    Args:
        limit: Calls that the window allows.
        wait: Seconds until one is allowed again.
        reset: The same as Unix seconds.
    """
    message = "too many requests; wait as long as Retry-After says"
    return RefusedError(
        429,
        ErrorCode.RATE_LIMIT_EXCEEDED,
        message,
        headers={"Retry-After": str(wait)},
        body={
            "statusCode": 429,
            "message": message,
            "error": "Too Many Requests",
            "retryAfter": wait,
            "limit": limit,
            "remaining": 0,
            "reset": reset,
        },
    )
