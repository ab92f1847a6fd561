"""Every documented refusal, and what is made of it."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from candidate_cards import errors
from candidate_cards.instaview import _endpoints as endpoints
from candidate_cards.instaview._answers import Reader
from candidate_cards.instaview._endpoints import Endpoint
from candidate_cards.instaview._wire import Answer
from candidate_cards.models import parse_sourcing_run

KEY = "sk_live_Canary8Canary8Canary8"
READER = Reader(SecretStr(KEY))
ALL = [each for each in vars(endpoints).values() if isinstance(each, Endpoint)]

#: The forms of a refusal's body that the vendor's pages show, with code and words.
FORMS: dict[str, dict[str, Any]] = {
    "run": {"success": True, "errorCode": "SOME_CODE", "errorMessage": "some words"},
    "nested": {
        "success": False,
        "data": None,
        "error": {"code": "SOME_CODE", "message": "some words", "details": {}},
        "timestamp": "2026-06-01T08:00:00.000Z",
    },
    "short": {"error": {"code": "SOME_CODE", "message": "some words"}},
    "flat": {"code": "SOME_CODE", "message": "some words"},
    "framework": {"statusCode": 0, "message": "some words", "error": "Reason"},
    "list": {"statusCode": 0, "message": ["some", "words"], "error": "Reason"},
    "none": {},
}
CLASSES = {
    400: errors.VendorRequestError,
    401: errors.VendorAuthenticationError,
    402: errors.VendorFundsError,
    403: errors.VendorPermissionError,
    404: errors.VendorNotFoundError,
    409: errors.VendorConflictError,
    422: errors.VendorRequestError,
    429: errors.VendorRateLimitError,
    500: errors.VendorUnavailableError,
    502: errors.VendorUnavailableError,
    503: errors.VendorUnavailableError,
    504: errors.VendorUnavailableError,
    418: errors.VendorResponseError,
    302: errors.VendorResponseError,
}


def refusal(
    status: int,
    body: object,
    endpoint: Endpoint = endpoints.SOURCING,
    headers: dict[str, str] | None = None,
) -> errors.VendorResponseError:
    """Return the error for an answer."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = Answer(status, "Phrase", headers or {}, content)
    error = READER.refusal(endpoint, answer, "req_1")
    assert isinstance(error, errors.VendorResponseError)
    return error


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("status", CLASSES)
def test_every_status_in_every_form_has_its_class(status: int, form: str) -> None:
    """The status decides; code and words are found wherever the form has them."""
    error = refusal(status, FORMS[form])
    assert type(error) is CLASSES[status]
    assert (error.status, error.request_id) == (status, "req_1")
    if form in {"run", "nested", "short", "flat"}:
        assert error.code == "SOME_CODE"
    if form != "none":
        assert "some" in str(error)
        assert "words" in str(error)
    assert error.advice
    assert str(error).endswith(error.advice)


@pytest.mark.parametrize("endpoint", ALL, ids=lambda each: f"{each.method} {each.path}")
def test_a_missing_scope_is_named(endpoint: Endpoint) -> None:
    """The contract says which one each endpoint needs."""
    error = refusal(403, FORMS["framework"], endpoint)
    assert endpoint.scope in error.advice
    assert not error.retryable


@pytest.mark.parametrize("endpoint", ALL, ids=lambda each: f"{each.method} {each.path}")
@pytest.mark.parametrize("status", CLASSES)
def test_what_may_be_repeated_had_no_effect(endpoint: Endpoint, status: int) -> None:
    """Retryable are 429, and reads after 5xx; unknown is what a failing server has done."""
    error = refusal(status, {}, endpoint)
    is_fault = status >= 500
    assert error.retryable == (status == 429 or (is_fault and endpoint.only_reads))
    assert error.outcome_unknown == (is_fault and not endpoint.only_reads)
    assert ("paid for twice" in error.advice) == (is_fault and endpoint.costs)


@pytest.mark.parametrize(
    ("status", "code", "advice"),
    [
        (401, "API_KEY_SUSPENDED", "suspended"),
        (403, "WEBHOOK_COMPANY_MISMATCH", "webhook of the company"),
        (403, "RESOURCE_ACCESS_DENIED", "webhook of this API key"),
        (404, "WEBHOOK_NOT_FOUND", "webhook's id"),
        (404, "REQUEST_NOT_FOUND", "expire"),
        (402, "INSUFFICIENT_FUNDS", "top up"),
        (409, "RUN_IN_PROGRESS", "wait until the run has ended"),
        (422, "WEBHOOK_EVENT_NOT_SUBSCRIBED", "subscribe"),
    ],
)
def test_a_code_that_says_more_decides_the_advice(status: int, code: str, advice: str) -> None:
    """Two refusals of one status can call for different things."""
    assert advice in refusal(status, {"error": {"code": code, "message": ""}}).advice


@pytest.mark.parametrize(
    ("header", "body", "least", "most"),
    [
        ("60", 30, 60, 60),
        ("30", 60, 60, 60),
        ("0.5", None, 0.5, 0.5),
        (" 7 ", None, 7, 7),
        ("0", None, 0, 0),
        (None, 12, 12, 12),
        (None, "12", 12, 12),
        ("Tue, 01 Jan 2030 00:00:00 GMT", None, 0, 1e9),
        ("Tue, 01 Jan 2030 00:00:00 -0000", None, 0, 1e9),
        ("Tue, 01 Jan 2019 00:00:00 GMT", None, 0, 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", None, 1e9, 1e12),
        ("1e400", 5, 5, 5),
        ("-1", 5, 5, 5),
        ("nan", 5, 5, 5),
        ("inf", 5, 5, 5),
        ("soon", 5, 5, 5),
        ("", 5, 5, 5),
    ],
)
def test_the_longer_wait_counts(
    header: str | None, body: object, least: float, most: float
) -> None:
    """Seconds or a date, header or body; what is no wait is none."""
    headers = {} if header is None else {"retry-after": header}
    error = refusal(429, {} if body is None else {"retryAfter": body}, headers=headers)
    assert error.retry_after is not None
    assert least <= error.retry_after <= most


@given(st.text(), st.one_of(st.none(), st.integers(), st.floats(), st.text()))
def test_no_wait_is_negative_or_endless(header: str, body: object) -> None:
    """Whatever stands there, nobody is kept for ever or sent to hammer."""
    error = refusal(429, {"retryAfter": body}, headers={"retry-after": header})
    assert error.retry_after is None or 0 <= error.retry_after < float("inf")


@given(
    st.sampled_from([200, 302, 400, 401, 404, 429, 500, 599]),
    st.one_of(
        st.binary(),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text() | st.just(KEY),
            lambda inner: (
                st.lists(inner)
                | st.dictionaries(
                    st.sampled_from(["error", "code", "message", "requestId", "errorCode", "data"]),
                    inner,
                )
            ),
        ).map(lambda value: json.dumps(value).encode()),
    ),
)
def test_any_body_becomes_an_error_without_the_key(status: int, content: bytes) -> None:
    """Nothing that a server sends raises anything else, or brings the key into a message."""
    answer = Answer(status, KEY, {}, content)
    error = READER.refusal(endpoints.RESULTS, answer, None)
    if error is None:
        with pytest.raises(errors.VendorError) as caught:
            READER.parsed(endpoints.RESULTS, answer, parse_sourcing_run, None)
        error = caught.value
    shown = f"{error}{error!r}{vars(error)}"
    assert KEY not in shown
    assert len(str(error)) < 2000


def test_errors_survive_a_process_boundary() -> None:
    """Class, text and every attribute come back."""
    error = refusal(429, {"retryAfter": 9, "error": {"code": "X", "message": "slow down"}})
    back = pickle.loads(pickle.dumps(error))  # noqa: S301  our own
    assert type(back) is type(error)
    assert str(back) == str(error)
    assert vars(back) == vars(error)
    assert back.retry_after == 9
