"""The OpenAPI document is true: whatever it allows is answered as it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure
from schemathesis.specs.openapi import checks

from services import Account, LocalService, serving_cards

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECRET: Final = "0123456789abcdef0123456789abcdef"  # noqa: S105  of a test

#: Not those that cannot know of ids and states.
CHECKS: Final = [
    not_a_server_error,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.status_code_conformance,
]

#: What the document has, each path with its methods.
PATHS: Final = {
    "/sourcing/render-html": {"post"},
    "/candidates": {"post", "delete"},
    "/candidates/{profile_id}": {"get", "put", "delete"},
    "/candidates/{profile_id}/redaction": {"get"},
    "/codes": {"post"},
    "/embeds": {"post"},
    "/embeds/{embed_id}": {"delete"},
    "/embed/{token}": {"get"},
    "/embed.js": {"get"},
    "/oembed": {"get"},
    "/render": {"post"},
    "/webhooks/{company}": {"post"},
    "/healthz": {"get"},
    "/readyz": {"get"},
    "/metrics": {"get"},
}


@pytest.fixture(scope="module")
def service() -> Iterator[LocalService]:
    """A service with every route of the document; PDF and PNG have tests of their own."""
    with serving_cards(
        embed_secrets=[_SECRET], blind_secret=_SECRET, render_per_minute=1_000_000
    ) as running:
        yield running


@pytest.fixture(scope="module")
def account(service: LocalService) -> Account:
    """A key that may do everything."""
    account = service.account()
    service.people(account.company, 3)
    return account


def _schema(service: LocalService) -> Any:  # noqa: ANN401  it has no public type
    schema = schemathesis.openapi.from_dict(service.http.get("/openapi.json").json())
    schema.config.update(base_url=service.base_url)
    return schema


def test_the_document_has_every_route(service: LocalService) -> None:
    """And none of the framework's own refusals; keys are where they are needed."""
    answer = service.http.get("/openapi.json")
    document = answer.json()
    found = {path: set(ways) for path, ways in document["paths"].items()}
    for path, ways in PATHS.items():
        assert found[path] == ways
    formats = ("element", "email", "fragment", "page", "pdf", "png")
    others = {f"/render/{name}" for name in formats}
    others |= {f"/candidates/{{profile_id}}/{name}" for name in formats}
    assert found.keys() - PATHS.keys() == others
    assert "HTTPValidationError" not in answer.text
    keyless = {
        path
        for path, ways in document["paths"].items()
        if not any("security" in way for way in ways.values())
    }
    assert keyless == {
        "/embed/{token}",
        "/embed.js",
        "/oembed",
        "/webhooks/{company}",
        "/healthz",
        "/readyz",
        "/metrics",
    }
    assert document["components"]["securitySchemes"]["apiKey"]["scheme"] == "bearer"


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_answer_is_as_the_document_says(
    service: LocalService, account: Account, mode: GenerationMode
) -> None:
    """Schemathesis asks what is allowed and what is not: no 500, and no shape but those told."""
    asked: list[str] = []
    statuses: set[int] = set()
    for result in _schema(service).get_all_operations():
        operation = result.ok()
        if operation.path.endswith(("/pdf", "/png")) or operation.label == "DELETE /candidates":
            continue
        asked.append(operation.label)
        if mode is GenerationMode.NEGATIVE and operation.method.upper() not in {"POST", "PUT"}:
            continue

        @settings(
            max_examples=8,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: schemathesis.Case[Any]) -> None:
            case.headers["Authorization"] = account.http.headers["Authorization"]
            answer = case.call()
            if answer.status_code == 431:  # by the server, before there is a route
                assert len(answer.request.url or "") > 50_000
                return
            case.validate_response(answer, checks=CHECKS)
            statuses.add(answer.status_code)

        ask()
    assert len(asked) >= 22
    assert statuses >= ({200, 404} if mode is GenerationMode.POSITIVE else {400})


def test_cards_that_are_there_are_as_the_document_says(
    service: LocalService, account: Account
) -> None:
    """What no random request reaches: a card and an unknown profile in one answer."""
    way = _schema(service)["/sourcing/render-html"]["POST"]
    answer = account.render_html("prof_0", "nobody", theme="light")
    way.validate_response(answer)
    assert answer.json()["renderedCount"] == 1
    for refused in (
        service.http.post("/sourcing/render-html"),
        account.http.post("/sourcing/render-html"),
        service.account(scopes=["sourcing:read"]).render_html("a"),
    ):
        way.validate_response(refused)
        assert refused.is_client_error


def test_a_wrong_answer_would_be_seen(service: LocalService) -> None:
    """The schemas are no empty ones: an answer of another route fails them."""
    way = _schema(service)["/sourcing/render-html"]["POST"]
    with pytest.raises(Failure):
        way.validate_response(service.http.get("/healthz"))
