"""A receiver behind a real server, on loopback."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from candidate_cards.webhooks import (
    HmacScheme,
    Scheme,
    SqliteDeliveryStore,
    StandardWebhooks,
    WebhookReceiver,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from candidate_cards.models.webhooks import WebhookEvent

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
OLD_SECRET, SECRET = SecretStr("5f" * 32), SecretStr("9d" * 32)


class Application(ThreadingHTTPServer):
    """What an integrator writes, without a framework."""

    daemon_threads = True

    def __init__(self, receiver: WebhookReceiver, handle: Callable[[WebhookEvent], None]) -> None:
        self.receiver = receiver
        self.handle = handle
        super().__init__(("127.0.0.1", 0), Endpoint)

    def post(self, body: bytes, headers: list[tuple[str, str]]) -> int:
        """Send a request as it is, and return the status of the answer."""
        connection = HTTPConnection("127.0.0.1", self.server_port, timeout=30)
        connection.putrequest("POST", "/")
        for name, value in [("Content-Length", str(len(body))), *headers]:
            connection.putheader(name, value)
        connection.endheaders(body)
        with connection.getresponse() as response:
            response.read()
        connection.close()
        return response.status


class Endpoint(BaseHTTPRequestHandler):
    """Receives, handles, answers."""

    server: Application

    def do_POST(self) -> None:  # the library's name
        """Answer as told, and as frameworks do if the application fails."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            status = self.server.receiver.answer(body, self.headers, self.server.handle)
        except ZeroDivisionError:
            status = 500
        self.send_response(status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
        """Say nothing."""


def event_body(number: int) -> bytes:
    """Return the body of a delivery."""
    event = {
        "event": "sourcing.completed",
        "timestamp": "2026-06-01T08:00:00.000Z",
        "deliveryId": f"00000000-0000-4000-8000-{number:012}",
        "data": {"requestId": f"req_{number}"},
    }
    return json.dumps(event).encode()


@pytest.fixture(
    params=[
        HmacScheme("X-Signature"),
        HmacScheme("X-Signature", "X-Timestamp", "X-Id", encoding="base64"),
        StandardWebhooks(),
    ],
    ids=["body", "id.timestamp.body", "standard"],
)
def scheme(request: pytest.FixtureRequest) -> Scheme:
    """Each kind of scheme in turn."""
    value: Scheme = request.param
    return value


@pytest.fixture
def handled() -> list[str | None]:
    """The runs whose events were handled."""
    return []


@pytest.fixture
def application(scheme: Scheme, handled: list[str | None], tmp_path: Path) -> Iterator[Application]:
    """A server that has two secrets and remembers in a file."""
    receiver = WebhookReceiver(
        scheme,
        [SECRET, OLD_SECRET],
        store=SqliteDeliveryStore(tmp_path / "deliveries.sqlite3", timeout=30),
        now=lambda: NOW,
    )
    with Application(receiver, lambda event: handled.append(event.data.request_id)) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def signed(
    application: Application, number: int, secret: SecretStr = SECRET, at: datetime = NOW
) -> list[tuple[str, str]]:
    """Return the headers of a good request."""
    delivery_id = f"00000000-0000-4000-8000-{number:012}"
    headers = application.receiver.scheme.sign(
        event_body(number), secret, delivery_id=delivery_id, timestamp=at
    )
    return list(headers.items())


def test_each_request_gets_its_answer(
    application: Application, handled: list[str | None], scheme: Scheme
) -> None:
    """New ones are handled, and nothing else is."""
    body, headers = event_body(1), signed(application, 1)
    stranger = SecretStr("77" * 32)
    assert application.post(body, []) == 401
    assert application.post(body, signed(application, 1, stranger)) == 401
    assert application.post(body.replace(b"req_1", b"req_2"), headers) == 401
    assert application.post(body, [*headers, headers[-1]]) == 401
    assert application.post(b"", headers) == 401
    if scheme.timestamp_header:
        for age in (timedelta(minutes=6), timedelta(minutes=-6)):
            assert application.post(body, signed(application, 1, at=NOW - age)) == 401
    assert handled == []

    assert application.post(body, headers) == 204
    assert application.post(body, headers) == 204
    assert application.post(event_body(2), signed(application, 2, OLD_SECRET)) == 204
    assert handled == ["req_1", "req_2"]


def test_a_retry_after_a_failure_is_handled(
    application: Application, handled: list[str | None]
) -> None:
    """The sender sees 500, comes back, and the event is not lost."""

    def fail(_: WebhookEvent) -> None:
        raise ZeroDivisionError

    succeed, application.handle = application.handle, fail
    assert application.post(event_body(1), signed(application, 1)) == 500
    application.handle = succeed
    assert application.post(event_body(1), signed(application, 1)) == 204
    assert handled == ["req_1"]


def test_a_retry_meanwhile_is_told_to_come_back(
    application: Application, handled: list[str | None]
) -> None:
    """While the first request is handled, the second gets 409."""
    begun, go_on = Event(), Event()
    finish = application.handle

    def handle_slowly(event: WebhookEvent) -> None:
        begun.set()
        assert go_on.wait(30)
        finish(event)

    application.handle = handle_slowly
    with ThreadPoolExecutor(1) as executor:
        first = executor.submit(application.post, event_body(1), signed(application, 1))
        assert begun.wait(30)
        assert application.post(event_body(1), signed(application, 1)) == 409
        go_on.set()
        assert first.result() == 204
    assert application.post(event_body(1), signed(application, 1)) == 204
    assert handled == ["req_1"]


def test_a_storm_of_retries_is_handled_once(
    application: Application, handled: list[str | None]
) -> None:
    """However many copies arrive at once, each event is handled once and every sender is told."""
    copies = [number for number in range(5) for _ in range(6)]

    def send(number: int) -> int:
        return application.post(event_body(number), signed(application, number))

    with ThreadPoolExecutor(8) as executor:
        answers = set(executor.map(send, copies))
    assert answers <= {204, 409}
    assert sorted(map(str, handled)) == [f"req_{number}" for number in range(5)]
