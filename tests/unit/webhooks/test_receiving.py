"""From a request to an event: each verdict, and what a sender may try again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from candidate_cards.errors import CandidateCardsError, InputError, WebhookError
from candidate_cards.models.webhooks import WebhookEventName
from candidate_cards.webhooks import (
    DeliveryStore,
    HmacScheme,
    MemoryDeliveryStore,
    Scheme,
    SqliteDeliveryStore,
    StandardWebhooks,
    WebhookBodyError,
    WebhookDuplicateError,
    WebhookReceiver,
    WebhookSignatureError,
    WebhookTimestampError,
)

if TYPE_CHECKING:
    from pathlib import Path

    from candidate_cards.models.webhooks import WebhookEvent

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SECRET = SecretStr("5f" * 32)
ID = "00000000-0000-4000-8000-000000000001"
EVENT: dict[str, Any] = {
    "event": "sourcing.completed",
    "timestamp": "2026-06-01T08:00:00.000Z",
    "deliveryId": ID,
    "data": {"requestId": "req_1", "status": "completed", "foundCount": 40, "new": [1]},
}
BODY = json.dumps(EVENT).encode()
SCHEMES = {
    "body": HmacScheme("X-Signature"),
    "timestamp.body": HmacScheme("X-Signature", "X-Timestamp"),
    "id.timestamp.body": HmacScheme("X-Signature", "X-Timestamp", "X-Id"),
    "standard": StandardWebhooks(),
}


class Clock:
    """Tells the time that a test sets."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        """Return it."""
        return self.time


@pytest.fixture
def clock() -> Clock:
    """A clock at the time of sending."""
    return Clock()


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> DeliveryStore:
    """Each store in turn, empty."""
    if request.param == "memory":
        return MemoryDeliveryStore()
    return SqliteDeliveryStore(tmp_path / "deliveries.sqlite3")


@pytest.fixture(params=SCHEMES)
def scheme(request: pytest.FixtureRequest) -> Scheme:
    """Each scheme in turn."""
    return SCHEMES[request.param]


@pytest.fixture
def receiver(scheme: Scheme, clock: Clock, store: DeliveryStore) -> WebhookReceiver:
    """A receiver for one of the schemes."""
    return WebhookReceiver(scheme, [SECRET], store=store, now=clock)


def signed(
    receiver: WebhookReceiver, body: bytes = BODY, *, delivery_id: str = ID, at: datetime = NOW
) -> dict[str, str]:
    """Return the headers of a good request."""
    return receiver.scheme.sign(body, SECRET, delivery_id=delivery_id, timestamp=at)


def deliver(receiver: WebhookReceiver, body: bytes = BODY, **sending: Any) -> None:  # noqa: ANN401
    """Send a good request, and handle its event."""
    with receiver.receive(body, signed(receiver, body, **sending)):
        pass


def test_an_event_has_types(receiver: WebhookReceiver) -> None:
    """An authentic, new request brings the vendor's event."""
    delivery = receiver.receive(BODY, signed(receiver))
    assert delivery.id == ID
    with delivery as event:
        assert event is delivery.event
    assert event.event_name == WebhookEventName.SOURCING_COMPLETED
    assert event.timestamp == NOW
    assert event.data.request_id == "req_1"
    assert event.data.found_count == 40
    assert event.to_wire() == EVENT


def test_a_handled_delivery_is_a_duplicate(receiver: WebhookReceiver, clock: Clock) -> None:
    """A replay or retry is told that all is well, and nothing is handled."""
    deliver(receiver)
    clock.time += timedelta(minutes=4)
    with pytest.raises(WebhookDuplicateError, match="was handled before") as caught:
        deliver(receiver)
    assert caught.value.status == 204


def test_a_retry_with_a_new_time_is_a_duplicate(scheme: Scheme, clock: Clock) -> None:
    """What makes two requests the same delivery is its id, not its bytes."""
    receiver = WebhookReceiver(scheme, [SECRET], now=clock)
    deliver(receiver)
    clock.time += timedelta(hours=1)
    later = {**EVENT, "timestamp": "2026-06-01T09:00:00.000Z"}
    with pytest.raises(WebhookDuplicateError):
        deliver(receiver, json.dumps(later).encode(), at=clock.time)


def test_a_delivery_in_progress_is_not_confirmed(receiver: WebhookReceiver) -> None:
    """Until its event is handled, a retry is told to come back."""
    with receiver.receive(BODY, signed(receiver)):
        with pytest.raises(WebhookDuplicateError, match="is being handled") as caught:
            deliver(receiver)
        assert caught.value.status == 409
    with pytest.raises(WebhookDuplicateError, match="was handled before"):
        deliver(receiver)


def test_a_delivery_whose_handling_failed_may_come_again(receiver: WebhookReceiver) -> None:
    """The exception goes on to the framework; the retry is new."""

    def handle_badly() -> None:
        with receiver.receive(BODY, signed(receiver)):
            raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            handle_badly()
    deliver(receiver)


def test_a_delivery_whose_process_ended_may_come_again(
    receiver: WebhookReceiver, clock: Clock
) -> None:
    """After the lease, the retry is new."""
    receiver.receive(BODY, signed(receiver))
    clock.time += receiver.lease - SECOND
    with pytest.raises(WebhookDuplicateError):
        deliver(receiver)
    clock.time += SECOND
    deliver(receiver)


def test_a_refused_request_claims_nothing(receiver: WebhookReceiver, clock: Clock) -> None:
    """Nobody can make a delivery a duplicate before it has come."""
    with pytest.raises(WebhookSignatureError):
        receiver.receive(BODY + b" ", signed(receiver))
    clock.time += timedelta(minutes=6)
    with pytest.raises(WebhookTimestampError):
        receiver.receive(BODY, signed(receiver))
    clock.time = NOW
    deliver(receiver)


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (timedelta(minutes=5), ""),
        (-timedelta(minutes=5), ""),
        (timedelta(minutes=5, microseconds=1), "too old"),
        (-timedelta(minutes=5, microseconds=1), "from the future"),
        (timedelta(days=365), "too old"),
        (-timedelta(days=365), "from the future"),
    ],
)
def test_the_window_is_the_same_both_ways(
    scheme: Scheme, clock: Clock, age: timedelta, said: str
) -> None:
    """Exactly the tolerance is accepted; more is refused, before and after."""
    receiver = WebhookReceiver(scheme, [SECRET], now=clock)
    clock.time += age
    if not said:
        deliver(receiver)
        return
    with pytest.raises(WebhookTimestampError, match=said) as caught:
        deliver(receiver)
    assert caught.value.status == 401
    deliver(replace(receiver, tolerance=None))


def test_a_time_without_a_signature_is_not_judged(receiver: WebhookReceiver, clock: Clock) -> None:
    """An old request that is not authentic is said to be just that."""
    clock.time += timedelta(days=1)
    with pytest.raises(WebhookSignatureError):
        receiver.receive(BODY + b" ", signed(receiver))


def test_the_header_counts_where_both_say_the_time(clock: Clock) -> None:
    """A retry may repeat its body with a fresh header."""
    receiver = WebhookReceiver(SCHEMES["timestamp.body"], [SECRET], now=clock)
    clock.time += timedelta(hours=1)
    deliver(receiver, at=clock.time)
    with pytest.raises(WebhookTimestampError):
        deliver(receiver, at=NOW)


def test_a_body_without_a_time(clock: Clock) -> None:
    """Where no header says it either, the missing field is named, unless no time is asked for."""
    receiver = WebhookReceiver(SCHEMES["body"], [SECRET], now=clock)
    body = b'{"event": "ping", "deliveryId": "a"}'
    with pytest.raises(WebhookBodyError, match="timestamp: is missing"):
        deliver(receiver, body)
    deliver(replace(receiver, tolerance=None), body)


def test_the_signed_header_names_the_delivery(receiver: WebhookReceiver) -> None:
    """The id is the header's if the scheme signs one, else the body's."""
    delivery = receiver.receive(BODY, signed(receiver, delivery_id="other"))
    assert delivery.id == ("other" if receiver.scheme.id_header else ID)


def test_without_an_id_the_bytes_are_the_delivery(clock: Clock) -> None:
    """The same body is a duplicate, another one is not."""
    receiver = WebhookReceiver(SCHEMES["body"], [SECRET], now=clock)
    body = b'{"event": "ping", "timestamp": "2026-06-01T08:00:00Z"}'
    assert receiver.receive(body, signed(receiver, body)).id.startswith("sha256:")
    with pytest.raises(WebhookDuplicateError):
        deliver(receiver, body)
    deliver(receiver, body + b" ")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "body: is empty"),
        (b"{", "body:1:2: ends too early"),
        (b"\xff{}", "body:1:1: is not valid UTF-8"),
        (b"[]", "valid dictionary"),
        (b"null", "valid dictionary"),
        (BODY + b"\n" + BODY, "body: must be one JSON object"),
        (b"[" * 100_000, "nested too deeply|ends too early"),
        (b'{"event": ' + b"9" * 5000 + b"}", "more than 4,300 digits"),
        (b'{"event": NaN}', "NaN is no JSON number"),
        (b"{}", "event: Field required"),
        (b'{"event": ""}', "event: String should have at least 1 character"),
        (b'{"event": 5}', "event: Input should be a valid string"),
        (b'{"event": "ping", "timestamp": "yesterday"}', "timestamp: Input should be a valid date"),
        (b'{"event": "ping", "data": []}', "data: "),
        (b'{"event": "ping", "data": {"foundCount": "many"}}', r"data\.foundCount: "),
        (b'{"event": "ping", "timestamp": 0, "deliveryId": "a b"}', "deliveryId: must be 1 to 255"),
        (b'{"event": "ping", "timestamp": 0, "deliveryId": ""}', "deliveryId: must be 1 to 255"),
    ],
)
def test_an_authentic_body_that_is_no_event(body: bytes, said: str) -> None:
    """The error names the field or the place."""
    receiver = WebhookReceiver(SCHEMES["body"], [SECRET], tolerance=None)
    with pytest.raises(WebhookBodyError, match=said) as caught:
        deliver(receiver, body)
    assert caught.value.status == 400
    assert isinstance(caught.value, InputError)


def test_an_event_may_hold_what_only_python_decodes(clock: Clock) -> None:
    """Half a character in a candidate's name does not cost the event."""
    receiver = WebhookReceiver(SCHEMES["body"], [SECRET], now=clock)
    body = BODY.replace(b'"new": [1]', b'"candidates": [{"name": "\\ud83d"}], "x": "\\udc00"')
    assert body != BODY
    with receiver.receive(body, signed(receiver, body)) as event:
        assert event.data.candidates == [{"name": "\ud83d"}]


def test_an_unknown_event_is_received(clock: Clock) -> None:
    """The vendor may add events; what to do with them is for the caller to say."""
    receiver = WebhookReceiver(SCHEMES["body"], [SECRET], now=clock)
    body = json.dumps({**EVENT, "event": "moon.full", "data": None}).encode()
    with receiver.receive(body, signed(receiver, body)) as event:
        assert event.event_name == "MOON_FULL"


def test_an_answer_to_whatever_comes(
    receiver: WebhookReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    """New events are handled; the status is the error's; the log says why."""
    caplog.set_level("INFO")
    handled: list[WebhookEvent] = []
    headers = signed(receiver)
    answers = [receiver.answer(body, headers, handled.append) for body in (BODY + b" ", BODY, BODY)]
    assert answers == [401, 204, 204]
    assert [event.data.request_id for event in handled] == ["req_1"]
    assert [(record.levelname, record.getMessage()[:27]) for record in caplog.records] == [
        ("WARNING", "webhook answered with 401: "),
        ("INFO", "webhook answered with 204: "),
    ]


def test_a_handler_that_fails_is_not_hidden(receiver: WebhookReceiver) -> None:
    """Its exception becomes the framework's 500, and the retry is handled."""

    def fail(event: WebhookEvent) -> None:
        raise ZeroDivisionError(event.event)

    with pytest.raises(ZeroDivisionError):
        receiver.answer(BODY, signed(receiver), fail)
    handled: list[WebhookEvent] = []
    assert receiver.answer(BODY, signed(receiver), handled.append) == 204
    assert len(handled) == 1


def test_an_answer_while_the_store_is_away(clock: Clock, tmp_path: Path) -> None:
    """Nothing is handled, and the sender is asked to come back."""
    store = SqliteDeliveryStore(tmp_path)
    receiver = WebhookReceiver(SCHEMES["body"], [SECRET], store=store, now=clock)
    handled: list[WebhookEvent] = []
    assert receiver.answer(BODY, signed(receiver), handled.append) == 503
    assert handled == []


def test_settings_that_cannot_be() -> None:
    """All of them are named in one error."""
    zero = timedelta(0)
    with pytest.raises(InputError) as caught:
        WebhookReceiver(
            HmacScheme("X-Signature"), [SecretStr("short")], tolerance=zero, lease=zero, keep=zero
        )
    fields = [problem.field for problem in caught.value.problems]
    assert fields == ["secrets[0]", "tolerance", "lease", "keep"]
    with pytest.raises(InputError, match="keep: must be more than 0, and at least twice"):
        WebhookReceiver(HmacScheme("X-Signature"), [SECRET], keep=timedelta(minutes=9))


def test_without_a_clock_of_its_own_the_system_tells_the_time() -> None:
    """A request that is signed now is recent."""
    receiver = WebhookReceiver(StandardWebhooks(), [SECRET])
    deliver(receiver, at=datetime.now(UTC))
    with pytest.raises(WebhookTimestampError):
        deliver(receiver, at=datetime(2001, 1, 1, tzinfo=UTC))


def test_every_refusal_has_a_status_and_one_root() -> None:
    """One `except` catches them all."""
    kinds = WebhookError.__subclasses__()
    assert len(kinds) == 5
    assert issubclass(WebhookError, CandidateCardsError)
