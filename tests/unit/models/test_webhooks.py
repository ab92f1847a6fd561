"""Webhooks: configurations, deliveries and the many ways to write an event."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from candidate_cards.models import (
    WebhookConfig,
    WebhookCreated,
    WebhookCreateRequest,
    WebhookEvent,
    WebhookEventData,
    WebhookEventName,
    WebhookHeader,
    WebhookList,
    WebhookTestResult,
    WebhookUpdateRequest,
    normalise_event_name,
    unwrap_webhook_answer,
)

SECRET = "0badc0de" * 8
CONFIG: dict[str, Any] = {
    "id": "0c8a0000-0000-4000-8000-000000000000",
    "apiKeyId": "key_2",
    "companyId": None,
    "url": "https://hooks.example.test/in",
    "name": "Inbox",
    "description": None,
    "headers": [{"name": "X-Team", "isMasked": True}],
    "events": ["sourcing.completed", "ping"],
    "isActive": True,
    "maxRetries": 3,
    "timeoutMs": 30000,
    "consecutiveFailures": 0,
    "circuitOpenedAt": None,
    "createdAt": "2026-03-09T10:15:00.000Z",
    "updatedAt": "2026-03-09T10:15:00.000Z",
}


@pytest.mark.parametrize("name", list(WebhookEventName))
def test_both_spellings_of_an_event_are_one(name: WebhookEventName) -> None:
    """The registered name and the delivered one normalise to the same."""
    dotted = name.lower().replace("_", ".")
    assert normalise_event_name(name) == normalise_event_name(dotted) == name
    assert normalise_event_name(f" {dotted.title()} ") == name


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (0, "ANALYSIS_COMPLETED"),
        (1, "ANALYSIS_FAILED"),
        (2, "PING"),
        (3, "INTERVIEW_COMPLETED"),
        (4, "INTERVIEW_FAILED"),
        (5, "INTERVIEW_STARTED"),
    ],
)
def test_numbers_of_the_older_guide(number: int, name: str) -> None:
    """The six numbers stand for the events of the older guide."""
    assert normalise_event_name(number) == name


def test_a_new_event_keeps_its_name() -> None:
    """An event that is not known here is normalised all the same."""
    assert normalise_event_name("offer.sent") == "OFFER_SENT"


@pytest.mark.parametrize("name", [-1, 6, True, "", "  "])
def test_what_is_no_event(name: str | int) -> None:
    """Unknown numbers, booleans and blank names are refused."""
    with pytest.raises(ValueError, match="event"):
        normalise_event_name(name)


@pytest.mark.parametrize(
    "body",
    [
        {
            "event": "sourcing.completed",
            "timestamp": "2026-03-09T10:16:30.250Z",
            "deliveryId": "7b000000-0000-4000-8000-000000000000",
            "data": {"requestId": "req_1", "status": "completed", "foundCount": 3},
        },
        {"event": "enrich.failed", "data": {"errorCode": "INTERNAL_ERROR", "errorMessage": "no"}},
        {"event": "interview.started", "data": {"interviewId": "i", "candidates": "x", "data": 3}},
        {"event": "ping", "data": {}},
        {"event": "ping"},
    ],
)
def test_a_delivery_of_any_family_is_read(body: dict[str, Any]) -> None:
    """Every event is read and comes back as it was, whatever its data holds."""
    event = WebhookEvent.model_validate(body)
    assert event.to_wire() == body
    assert event.event_name in WebhookEventName.__members__


@given(st.text(min_size=1) | st.sampled_from([" ", "\n", "\u3000"]))
def test_every_event_that_is_read_has_a_name(name: str) -> None:
    """An unknown name, a blank one too, is no error of whoever asks for it."""
    known = WebhookEvent.model_validate({"event": name}).event_name
    assert known == (normalise_event_name(name) if name.strip() else "")


def test_null_data_is_empty_data() -> None:
    """An event with null data has an empty data object."""
    assert WebhookEvent.model_validate({"event": "ping", "data": None}).data == WebhookEventData()


def test_a_configuration_comes_back_as_it_was() -> None:
    """All fifteen documented fields are typed, nulls included."""
    config = WebhookConfig.model_validate(CONFIG)
    assert len(CONFIG) == len(WebhookConfig.model_fields) == 15
    assert config.model_extra == {}
    assert config.to_wire() == CONFIG


def test_only_the_id_of_a_configuration_is_certain() -> None:
    """A configuration with nothing but its id is read."""
    assert WebhookConfig.model_validate({"id": "w"}).headers == ()


def test_a_secret_is_masked_for_people_and_clear_on_the_wire() -> None:
    """The signing secret shows in ``to_wire`` and nowhere in ``repr``."""
    body = {"id": "w", "url": "https://h.example.test", "signingSecret": SECRET}
    created = WebhookCreated.model_validate(body)
    assert SECRET not in repr(created)
    assert SECRET not in str(created)
    assert created.signing_secret.get_secret_value() == SECRET
    assert created.to_wire() == body


def test_a_list_of_configurations() -> None:
    """The doubly wrapped list is unwrapped once and read."""
    answer = unwrap_webhook_answer({"success": True, "data": {"data": [CONFIG], "total": 1}})
    configs = WebhookList.model_validate(answer)
    assert configs.total == 1
    assert configs.data == (WebhookConfig.model_validate(CONFIG),)


def test_the_verdict_of_a_test_is_the_inner_one() -> None:
    """A failed test call is a failure although the wrapper says success."""
    answer = {"success": True, "data": {"success": False, "message": "no answer in time"}}
    result = WebhookTestResult.model_validate(unwrap_webhook_answer(answer))
    assert not result.success
    assert result.delivery_id is None


@pytest.mark.parametrize("answer", [CONFIG, {"success": True, "data": [CONFIG]}, [], None])
def test_what_is_not_wrapped_stays(answer: object) -> None:
    """Flat answers are returned as they are."""
    assert unwrap_webhook_answer(answer) is answer


def test_events_are_registered_in_upper_case_once() -> None:
    """Any spelling is accepted, and each event is sent once in the documented form."""
    request = WebhookCreateRequest.model_validate(
        {"url": "https://h.example.test", "events": ["sourcing.failed", "SOURCING_FAILED", 2]}
    )
    assert request.to_wire() == {
        "url": "https://h.example.test",
        "events": ["SOURCING_FAILED", "PING"],
        "headers": [],
    }


CREATE: dict[str, Any] = {"url": "https://h.example.test", "events": ["PING"]}


@pytest.mark.parametrize("field", ["url", "events"])
def test_what_a_new_webhook_needs(field: str) -> None:
    """Address and events are required."""
    with pytest.raises(ValidationError) as caught:
        WebhookCreateRequest.model_validate({key: CREATE[key] for key in CREATE if key != field})
    assert [problem["loc"] for problem in caught.value.errors()] == [(field,)]


@pytest.mark.parametrize("request_type", [WebhookCreateRequest, WebhookUpdateRequest])
@pytest.mark.parametrize(
    ("field", "value", "accepted"),
    [
        ("url", "HTTPS://h.example.test", True),
        ("url", "https://h.example.test/" + "x" * 2025, True),
        ("url", "https://h.example.test/" + "x" * 2026, False),
        ("url", "http://h.example.test", False),
        ("url", "http://127.0.0.1:8000/hook", True),
        ("url", "http://localhost/hook", True),
        ("url", "http://[::1]:8000/hook", True),
        ("url", "http://127.0.0.1@h.example.test", False),
        ("url", "http://127.0.0.1.example.test", False),
        ("url", "https://", False),
        ("url", "https://[h", False),
        ("url", "", False),
        ("events", [], False),
        ("events", [""], False),
        ("events", [9], False),
        ("events", [None], False),
        ("events", "PING", False),
        ("events", {"PING": 1}, False),
        ("name", "x" * 255, True),
        ("name", "x" * 256, False),
        ("headers", [{"name": f"X-{n}", "value": "v"} for n in range(50)], True),
        ("headers", [{"name": f"X-{n}", "value": "v"} for n in range(51)], False),
    ],
)
def test_limits_of_a_configuration(
    request_type: type[WebhookCreateRequest | WebhookUpdateRequest],
    field: str,
    value: object,
    *,
    accepted: bool,
) -> None:
    """A value at a documented limit is accepted; one past it is an error at its field."""
    body = CREATE if request_type is WebhookCreateRequest else {}
    if accepted:
        assert request_type.model_validate(body | {field: value})
        return
    with pytest.raises(ValidationError) as caught:
        request_type.model_validate(body | {field: value})
    assert {problem["loc"][0] for problem in caught.value.errors()} == {field}


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("X", "v", True),
        ("x" * 255, "v" * 4096, True),
        ("", "v", False),
        ("x" * 256, "v", False),
        ("X", "", False),
        ("X", SECRET * 65, False),
    ],
)
def test_limits_of_a_header(name: str, value: str, *, accepted: bool) -> None:
    """Names take 1 to 255 and values 1 to 4096 characters; a refused value is not repeated."""
    if accepted:
        header = WebhookHeader(name=name, value=SecretStr(value))
        assert header.to_wire() == {"name": name, "value": value}
        assert value not in repr(header) or len(value) == 1
        return
    with pytest.raises(ValidationError) as caught:
        WebhookHeader(name=name, value=SecretStr(value))
    assert SECRET not in str(caught.value)


def test_an_update_sends_what_it_changes() -> None:
    """Only the given fields are sent; switching off and clearing headers are changes."""
    request = WebhookUpdateRequest(is_active=False, headers=())
    assert request.to_wire() == {"isActive": False, "headers": []}


@pytest.mark.parametrize("body", [{}, {"name": None}])
def test_an_update_of_nothing_is_refused(body: dict[str, Any]) -> None:
    """An update must change at least one field."""
    with pytest.raises(ValidationError, match="at least one field"):
        WebhookUpdateRequest.model_validate(body)


def test_keys_that_are_no_unicode_keep_times_and_secrets_as_they_are() -> None:
    """A lone surrogate in a key of an unknown field changes nothing else on the wire."""
    body = CONFIG | {"signingSecret": "5f" * 32, "somethingNew": {"\ud800": 1}}
    assert WebhookCreated.model_validate(body).to_wire() == body
