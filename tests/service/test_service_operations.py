"""Routes for those who run the service: is it alive, is it ready, what has it done."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import vendor_server as play
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from candidate_cards.errors import RenderingError, StoreError
from candidate_cards.service import Company
from candidate_cards.service.routes import operations
from services import LocalService, serving_cards

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def service() -> Iterator[LocalService]:
    """A service of its own, since it counts."""
    with serving_cards() as running:
        yield running


def test_it_is_alive_and_ready(service: LocalService) -> None:
    """No key is needed, and whether PDF can be made is said."""
    assert service.http.get("/healthz").json() == {"status": "ok"}
    answer = service.http.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert answer.json()["pdf"] in {"ok", "missing"}


def test_without_a_pdf_engine_it_is_ready_all_the_same(
    service: LocalService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cards need none, so it is said and no more."""
    monkeypatch.setattr(operations, "_has_pdf_engine", lambda: False)
    answer = service.http.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "pdf": "missing"})


def test_a_database_that_does_not_answer(
    service: LocalService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process lives, but nobody should be sent here; and every route says so, never 500."""

    def fail(*_: Any, **__: Any) -> None:  # noqa: ANN401  of the store
        message = "the disk is full"
        raise StoreError(message)

    account = service.account()
    for method in ("ping", "find_key", "versions", "load", "save"):
        monkeypatch.setattr(service.service.store, method, fail)
    assert service.http.get("/healthz").status_code == 200
    refused = service.http.get("/readyz")
    assert (refused.status_code, refused.json()) == (
        503,
        {"status": "the database does not answer"},
    )
    answer = account.render_html("a")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json()["error"]["code"] == "PROVIDER_TEMPORARILY_UNAVAILABLE"


def test_templates_that_do_not_compile(
    service: LocalService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that can render nothing is not ready."""

    def fail(*_: Any, **__: Any) -> None:  # noqa: ANN401  of `render_card`
        message = "broken"
        raise RenderingError(message)

    monkeypatch.setattr(operations, "render_card", fail)
    refused = service.http.get("/readyz")
    assert (refused.status_code, refused.json()) == (503, {"status": "cards cannot be rendered"})


def test_who_stops_is_not_ready_but_answers(service: LocalService) -> None:
    """What comes before anybody has noticed is answered, each on its last connection."""
    account = service.account()
    ids = service.people(account.company, 1)
    service.service.stop()
    refused = service.http.get("/readyz")
    assert (refused.status_code, refused.json()) == (503, {"status": "stopping"})
    answer = account.render_html(*ids)
    assert answer.json()["renderedCount"] == 1
    assert answer.headers["Connection"] == "close"


def metrics(service: LocalService) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return every sample by its name and labels."""
    answer = service.http.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(service: LocalService, name: str, **labels: str) -> float:
    """Return one sample."""
    return metrics(service).get((name, frozenset(labels.items())), 0.0)


def test_requests_are_counted_by_route_and_status(service: LocalService) -> None:
    """A route is its template, an unknown path none, an unknown method another."""
    account = service.account("a company with a name")
    account.render_html("somebody")
    account.render_html()
    service.http.post("/sourcing/render-html")
    service.http.get("/nowhere")
    service.http.request("PURGE", "/healthz")
    name = "http_server_request_duration_seconds_count"
    route = "/sourcing/render-html"
    for method, path, status in (
        ("POST", route, "200"),
        ("POST", route, "400"),
        ("POST", route, "401"),
        ("GET", "", "404"),
        ("_OTHER", "/healthz", "405"),
    ):
        labels = {
            "http_request_method": method,
            "http_route": path,
            "http_response_status_code": status,
        }
        assert value(service, name, **labels) == 1, labels


def test_cards_are_counted_by_where_they_came_from(service: LocalService) -> None:
    """Rendered once, then kept; unknown ids are missing."""
    account = service.account()
    ids = service.people(account.company, 3)
    for _ in range(3):
        account.render_html(*ids, "nobody", theme="light")
    for outcome, count in (("rendered", 3), ("cached", 6), ("missing", 3)):
        labels = {"format": "fragment", "theme": "light", "outcome": outcome}
        assert value(service, "cards_render_total", **labels) == count
    labels = {"format": "fragment", "theme": "light", "outcome": "done"}
    assert value(service, "cards_render_seconds_count", **labels) == 1


def test_the_vendor_is_counted_by_what_came_of_it() -> None:
    """Its statuses, or why it was not heard."""
    acts = [
        play.reply(200, {"success": True, "renderedCount": 0, "data": []}),
        play.reply(402, {"error": {"code": "INSUFFICIENT_FUNDS"}}),
        play.CLOSE,
    ]
    companies = {"acme": Company(vendor_key=SecretStr("sk_live_of_the_company_acme"))}
    with (
        play.VendorServer(acts=acts) as vendor,
        serving_cards(mode="proxy", vendor_url=vendor.url, companies=companies) as service,
    ):
        account = service.account("acme")
        statuses = [account.render_html("a").status_code for _ in acts]
        assert statuses == [200, 402, 503]
        for status in ("unavailable", "402", "503"):
            name = "cards_upstream_requests_total"
            assert value(service, name, operation="render-html", status=status) == 1


def test_labels_name_nobody(service: LocalService) -> None:
    """Neither company nor candidate nor key, and no text of a caller's."""
    account = service.account("company-canary")
    service.people_named("company-canary", "canary")
    account.render_html("canary", theme="canary")
    account.render_html("canary")
    account.http.get("/candidates/canary?canary=canary")
    account.http.request("CANARY", "/canary")
    service.http.get("/embed/canary")
    text = service.http.get("/metrics").text
    assert "canary" not in text.lower()
    assert account.key_id not in text
    labels = set(re.findall(r'(\w+)="', text))
    assert labels <= {
        "http_request_method",
        "http_route",
        "http_response_status_code",
        "format",
        "theme",
        "outcome",
        "operation",
        "status",
        "kind",
        "le",
    }


def test_two_services_count_apart() -> None:
    """There is no registry of the process."""
    with serving_cards() as first, serving_cards() as second:
        first.http.get("/healthz")
        labels = {
            "http_request_method": "GET",
            "http_route": "/healthz",
            "http_response_status_code": "200",
        }
        name = "http_server_request_duration_seconds_count"
        assert value(first, name, **labels) == 1
        assert value(second, name, **labels) == 0


def test_metrics_can_be_switched_off() -> None:
    """Where strangers reach the port, it is as if there were no such route."""
    with serving_cards(metrics=False) as service:
        off, nowhere = (service.http.get(path) for path in ("/metrics", "/nowhere"))
        assert off.status_code == 404
        assert {**off.json(), "timestamp": ""} == {**nowhere.json(), "timestamp": ""}
