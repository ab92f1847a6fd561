"""Error bodies: whatever the vendor's form is, the same facts come out."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import pytest
from pydantic import ValidationError

from candidate_cards.models import ApiError, ErrorCode, parse_error_body

RESET = datetime(2026, 3, 9, 10, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "body", "code", "message"),
    [
        pytest.param(
            200,
            {
                "success": True,
                "status": "failed",
                "errorCode": "AGENT_ERROR",
                "errorMessage": "no plan",
            },
            "AGENT_ERROR",
            "no plan",
            id="A: failed run",
        ),
        pytest.param(
            402,
            {"errorCode": "INSUFFICIENT_FUNDS", "errorMessage": "top up"},
            "INSUFFICIENT_FUNDS",
            "top up",
            id="A with an error status",
        ),
        pytest.param(
            200,
            {"profileId": "p", "success": False, "errorCode": "PROFILE_NOT_FOUND"},
            "PROFILE_NOT_FOUND",
            "OK",
            id="B: failed item",
        ),
        pytest.param(
            404,
            {
                "success": False,
                "data": None,
                "error": {"code": "WEBHOOK_NOT_FOUND", "message": "none such", "details": {}},
                "timestamp": "2026-03-09T10:15:00.000Z",
            },
            "WEBHOOK_NOT_FOUND",
            "none such",
            id="C: nested",
        ),
        pytest.param(
            401,
            {"error": {"code": "INVALID_API_KEY", "message": "who is it"}},
            "INVALID_API_KEY",
            "who is it",
            id="C': short nested",
        ),
        pytest.param(
            403,
            {"statusCode": 403, "message": "lacks a scope", "error": "Forbidden"},
            "INSUFFICIENT_SCOPES",
            "lacks a scope",
            id="D: framework",
        ),
        pytest.param(
            400,
            {"statusCode": 400, "message": ["title is short", "limit is low"], "error": "Bad"},
            "INVALID_PAYLOAD",
            "title is short; limit is low",
            id="D with a list",
        ),
        pytest.param(
            403, {"error": "Forbidden"}, "INSUFFICIENT_SCOPES", "Forbidden", id="D, reason only"
        ),
        pytest.param(
            429,
            {"statusCode": 429, "message": "too fast", "error": "Too Many Requests"},
            "RATE_LIMIT_EXCEEDED",
            "too fast",
            id="E: rate limit",
        ),
        pytest.param(
            409,
            {"code": "RUN_IN_PROGRESS", "message": "still busy"},
            "RUN_IN_PROGRESS",
            "still busy",
            id="top-level code",
        ),
        pytest.param(
            400,
            {
                "error": {"code": "FIRST", "message": "first"},
                "errorCode": "SECOND",
                "errorMessage": "second",
                "code": "THIRD",
                "message": "third",
            },
            "FIRST",
            "first",
            id="the nested object comes first",
        ),
        pytest.param(
            400,
            {"errorCode": "SECOND", "errorMessage": "second", "code": "THIRD", "message": "third"},
            "SECOND",
            "second",
            id="then errorCode",
        ),
        pytest.param(
            400,
            {"error": {"code": 12, "message": None}, "message": "outer"},
            "INVALID_PAYLOAD",
            "outer",
            id="gaps are filled",
        ),
        pytest.param(503, None, "PROVIDER_TEMPORARILY_UNAVAILABLE", "Sorry", id="no JSON"),
        pytest.param(
            503, "<h1>gone</h1>", "PROVIDER_TEMPORARILY_UNAVAILABLE", "Sorry", id="HTML text"
        ),
        pytest.param(404, ["x"], "REQUEST_NOT_FOUND", "Sorry", id="a list"),
        pytest.param(404, {}, "REQUEST_NOT_FOUND", "Sorry", id="empty object"),
    ],
)
def test_every_form_gives_code_and_message(
    status: int, body: object, code: str, message: str
) -> None:
    """Each documented form yields its own code and text, by the documented order."""
    reason = "OK" if status == HTTPStatus.OK else "Sorry"
    error = parse_error_body(status, body, reason)
    assert (error.status, error.code, error.message) == (status, code, message)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, ErrorCode.INVALID_PAYLOAD),
        (401, ErrorCode.UNAUTHORIZED),
        (402, ErrorCode.INSUFFICIENT_FUNDS),
        (403, ErrorCode.INSUFFICIENT_SCOPES),
        (404, ErrorCode.REQUEST_NOT_FOUND),
        (409, ErrorCode.RUN_IN_PROGRESS),
        (429, ErrorCode.RATE_LIMIT_EXCEEDED),
        (503, ErrorCode.PROVIDER_TEMPORARILY_UNAVAILABLE),
        (422, None),
        (500, None),
        (504, None),
        (599, None),
        (200, None),
    ],
)
def test_a_missing_code_follows_from_the_status(status: int, code: str | None) -> None:
    """Statuses that stand for one code give it; the others give none."""
    assert parse_error_body(status, {"message": "x"}).code == code


@pytest.mark.parametrize(("status", "message"), [(404, "Not Found"), (599, "")])
def test_a_missing_text_is_the_name_of_the_status(status: int, message: str) -> None:
    """Without any text the standard phrase stands in, and a nameless status has none."""
    assert parse_error_body(status, None).message == message


def test_details_are_kept() -> None:
    """What the vendor adds about the cause is available as it came."""
    details = {"resourceType": "WebhookConfig", "resourceId": "w"}
    body = {"error": {"code": "RESOURCE_NOT_FOUND", "message": "no", "details": details}}
    assert parse_error_body(404, body).details == details


@pytest.mark.parametrize(
    "body",
    [
        {"requestId": "req_1", "errorCode": "AGENT_ERROR"},
        {"error": {"code": "X", "requestId": "req_1"}},
        {"error": {"code": "X", "details": {"requestId": "req_1"}}},
    ],
)
def test_the_run_is_named(body: dict[str, Any]) -> None:
    """The id of the run is found wherever the form puts it."""
    assert parse_error_body(400, body).request_id == "req_1"


LIMITS = {"retryAfter": 30, "limit": 60, "remaining": 0, "reset": int(RESET.timestamp())}


@pytest.mark.parametrize(
    "body", [LIMITS, {"error": LIMITS}, {"error": {"code": "X", "details": LIMITS}}]
)
def test_rate_limits(body: dict[str, Any]) -> None:
    """Wait, limit, remaining calls and reset are read at any level of the body."""
    error = parse_error_body(429, body)
    assert (error.retry_after, error.limit, error.remaining) == (30.0, 60, 0)
    assert error.reset == RESET


@pytest.mark.parametrize("factor", [1, 1000])
def test_a_reset_in_milliseconds_is_understood(factor: int) -> None:
    """A reset too large for seconds is taken as milliseconds."""
    reset = int(RESET.timestamp()) * factor
    assert parse_error_body(429, {"reset": reset}).reset == RESET


@pytest.mark.parametrize("value", ["30", 30.0, " 30 "])
def test_a_wait_may_be_text(value: object) -> None:
    """Seconds are read from text and fractions too."""
    assert parse_error_body(429, {"retryAfter": value}).retry_after == 30.0


@pytest.mark.parametrize(
    "value", [None, True, -1, "soon", float("nan"), float("inf"), "inf", 10**400, [], {}]
)
@pytest.mark.parametrize("key", ["retryAfter", "limit", "remaining", "reset"])
def test_a_useless_number_is_no_number(key: str, value: object) -> None:
    """What is not a finite, non-negative number is left out, never an exception."""
    error = parse_error_body(429, {key: value})
    assert (error.retry_after, error.limit, error.remaining, error.reset) == (None,) * 4


def test_a_reset_beyond_the_calendar_is_left_out() -> None:
    """A reset after the year 9999 is no time."""
    assert parse_error_body(429, {"reset": 10**30}).reset is None


def test_an_error_is_frozen() -> None:
    """A parsed error cannot be changed."""
    error: Any = parse_error_body(404, None)
    assert isinstance(error, ApiError)
    with pytest.raises(ValidationError, match="frozen"):
        error.code = "OTHER"
