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

from sandboxes import BRIEF, PATHS, Account, LocalSandbox, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    """An account of a sandbox of its own; its runs end at once."""
    with serving() as running:
        yield running.account(billing="postpaid")


#: Not those that cannot know of credits, ids and states.
CHECKS: Final = [
    not_a_server_error,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.status_code_conformance,
]


WITH_BODIES: Final = {
    "POST /sourcing",
    "POST /sourcing/preview",
    "POST /sourcing/enrich",
    "POST /sourcing/render-html",
    "POST /webhooks",
}


def _schema(sandbox: LocalSandbox) -> Any:  # noqa: ANN401  it has no public type
    document = sandbox.http.get("/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=sandbox.base_url)
    return schema.include(path_regex="^/(sourcing|webhooks)")


def test_the_document_says_what_it_is(account: Account) -> None:
    """It names the sandbox, has all routes of the contract, and none of the framework's 422s."""
    document = account.sandbox.http.get("/openapi.json").json()
    assert "not the vendor's service" in document["info"]["description"]
    vendor = {path: set(ways) for path, ways in document["paths"].items() if "sandbox" not in path}
    assert vendor == {
        "/sourcing": {"post"},
        "/sourcing/{run_id}": {"patch"},
        "/sourcing/{run_id}/results": {"get"},
        "/sourcing/preview": {"post"},
        "/sourcing/preview/{run_id}/results": {"get"},
        "/sourcing/enrich": {"post"},
        "/sourcing/enrich/{run_id}/results": {"get"},
        "/sourcing/render-html": {"post"},
        "/webhooks": {"get", "post"},
        "/webhooks/{webhook_id}": {"get", "patch", "delete"},
        "/webhooks/{webhook_id}/test": {"post"},
        "/webhooks/{webhook_id}/reset-circuit": {"post"},
    }
    text = account.sandbox.http.get("/openapi.json").text
    assert "HTTPValidationError" not in text


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_answer_is_as_the_document_says(account: Account, mode: GenerationMode) -> None:
    """Schemathesis asks what is allowed and what is not: no 500, and no shape but those told."""
    asked: list[str] = []
    statuses: set[int] = set()
    for result in _schema(account.sandbox).get_all_operations():
        operation = result.ok()
        asked.append(operation.label)
        if mode is GenerationMode.NEGATIVE and operation.label not in WITH_BODIES:
            continue

        @settings(
            max_examples=6,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: schemathesis.Case[Any]) -> None:
            account.sandbox.skip(60)
            case.headers["Authorization"] = account.http.headers["Authorization"]
            answer = case.call_and_validate(checks=CHECKS)
            statuses.add(answer.status_code)

        ask()
    assert len(asked) == 15
    assert set(asked) >= WITH_BODIES
    assert statuses >= ({200, 202, 404} if mode is GenerationMode.POSITIVE else {400})


def test_runs_in_every_state_are_as_the_document_says(account: Account) -> None:
    """What no random request reaches: results while working, completed and failed, and cards."""
    document = _schema(account.sandbox)
    seen = set()

    def check(answer: httpx.Response, path: str, method: str = "GET") -> dict[str, Any]:
        document[path][method].validate_response(answer)
        seen.add((path, answer.status_code))
        body: dict[str, Any] = answer.json()
        return body

    people: list[str] = []
    for kind in ("sourcing", "preview", "enrichment"):
        path = f"{PATHS[kind]}/{{run_id}}/results"
        body: dict[str, Any] = {"profileIds": [*people, "x"]} if kind == "enrichment" else BRIEF
        for fault in ({}, {"X-Sandbox-Fault": "agent-error"}):
            started = account.http.post(PATHS[kind], json=body, headers=fault)
            request_id = check(started, PATHS[kind], "POST")["requestId"]
            check(account.results(request_id, kind), path)
            account.finished(request_id, kind)
            ended = check(account.results(request_id, kind), path)
            people += [person["profileId"] for person in ended.get("candidates", [])[:3]]
    cards = account.http.post("/sourcing/render-html", json={"profileIds": people[:3]})
    assert check(cards, "/sourcing/render-html", "POST")["renderedCount"] == 3
    created = account.http.post(
        "/webhooks", json={"url": "https://receiver.example/", "events": ["PING"]}
    )
    webhook_id = check(created, "/webhooks", "POST")["data"]["id"]
    check(account.http.get("/webhooks"), "/webhooks")
    check(account.http.get(f"/webhooks/{webhook_id}"), "/webhooks/{webhook_id}")
    assert len(seen) == 13


def test_a_wrong_answer_would_be_seen(account: Account) -> None:
    """The schemas are no empty ones: an answer of another route fails them."""
    document = _schema(account.sandbox)
    other = account.http.get("/webhooks")
    with pytest.raises(Failure):
        document["/sourcing/{run_id}/results"]["GET"].validate_response(other)
