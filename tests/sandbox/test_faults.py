"""Faults on demand: each goes wrong in its way, and only where it was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest

from candidate_cards.models import EnrichmentFailed, PreviewFailed, SourcingFailed
from candidate_cards.models import runs as run_models
from sandboxes import BRIEF, PATHS, LocalSandbox, error_code, eventually

if TYPE_CHECKING:
    from candidate_cards.models._base import WireModel

HEADER: Final = "X-Sandbox-Fault"


def _fault(name: str) -> dict[str, str]:
    return {HEADER: name}


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("unavailable", 503, "PROVIDER_TEMPORARILY_UNAVAILABLE"),
        ("internal-error", 500, "INTERNAL_ERROR"),
    ],
)
def test_an_answer_that_is_an_error(
    sandbox: LocalSandbox, name: str, status: int, code: str
) -> None:
    """The refusal comes instead of the work: nothing starts, nothing is held."""
    account = sandbox.account()
    refused = account.http.post("/sourcing", json=BRIEF, headers=_fault(name))
    assert (refused.status_code, error_code(refused)) == (status, code)
    assert account.usage()["held"] == 0
    assert account.http.post("/sourcing", json=BRIEF).status_code == 202


def test_a_rate_limit_on_demand(sandbox: LocalSandbox) -> None:
    """It has the wait that was asked for, in header and body."""
    account = sandbox.account()
    refused = account.http.get("/webhooks", headers=_fault("rate-limit=7"))
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "7"
    assert refused.json()["retryAfter"] == 7


def test_a_slow_answer_comes_after_its_work(sandbox: LocalSandbox) -> None:
    """A client that gives up does not know that its run has started: just as in production."""
    account = sandbox.account()
    with pytest.raises(httpx.ReadTimeout):
        account.http.post("/sourcing", json=BRIEF, headers=_fault("slow=60"), timeout=0.5)
    eventually(account.usage, lambda usage: usage["held"] == 20)


def test_a_truncated_answer_comes_after_its_work(sandbox: LocalSandbox) -> None:
    """The connection ends before the length that was told."""
    account = sandbox.account()
    with pytest.raises(httpx.RemoteProtocolError):
        account.http.post("/sourcing", json=BRIEF, headers=_fault("truncated"))
    assert account.usage()["held"] == 20


@pytest.mark.parametrize(
    ("kind", "fault", "model", "code"),
    [
        ("sourcing", "provider-outage", SourcingFailed, "PROVIDER_TEMPORARILY_UNAVAILABLE"),
        ("sourcing", "agent-error", SourcingFailed, "AGENT_ERROR"),
        ("preview", "provider-outage", PreviewFailed, "PROVIDER_TEMPORARILY_UNAVAILABLE"),
        ("preview", "agent-error", PreviewFailed, "AGENT_ERROR"),
        ("enrichment", "agent-error", EnrichmentFailed, "INTERNAL_ERROR"),
    ],
)
def test_a_run_that_fails(
    sandbox: LocalSandbox, kind: str, fault: str, model: type[WireModel], code: str
) -> None:
    """It is accepted, ends as failed with HTTP 200 and `success: true`, and costs nothing."""
    account = sandbox.account()
    body: Any = {"profileIds": ["a"]} if kind == "enrichment" else BRIEF
    accepted = account.http.post(PATHS[kind], json=body, headers=_fault(fault))
    assert accepted.status_code == 202
    assert account.usage()["held"] > 0
    ended = account.finished(accepted.json()["requestId"], kind)
    assert set(ended) == {
        "success",
        "requestId",
        "status",
        "createdAt",
        "completedAt",
        "errorCode",
        "errorMessage",
    }
    run = getattr(run_models, f"parse_{kind}_run")(ended)
    assert isinstance(run, model)
    assert (ended["success"], ended["errorCode"]) == (True, code)
    usage = account.usage()
    assert (usage["held"], usage["charged"]) == (0, 0)


@pytest.mark.parametrize(
    ("fault", "code"),
    [("profile-timeout", "PROFILE_TIMEOUT"), ("profile-failed", "PROFILE_FAILED")],
)
def test_a_profile_that_fails(sandbox: LocalSandbox, fault: str, code: str) -> None:
    """The last profile found fails, the run completes, and only the others are paid for."""
    account = sandbox.account()
    ids = [person["profileId"] for person in account.sourced(limit=3)]
    charged = account.usage()["charged"]
    accepted = account.http.post(
        "/sourcing/enrich", json={"profileIds": [*ids, "unknown"]}, headers=_fault(fault)
    )
    body = account.finished(accepted.json()["requestId"], "enrichment")
    assert body["status"] == "completed"
    assert [item.get("errorCode") for item in body["data"]] == [
        None,
        None,
        code,
        "PROFILE_NOT_FOUND",
    ]
    assert (body["enrichedCount"], body["failureCount"], body["creditsConsumed"]) == (2, 2, 2)
    assert account.usage()["charged"] == charged + 2


@pytest.mark.parametrize(
    ("path", "header"),
    [
        ("/sourcing", "no-such-fault"),
        ("/sourcing", "slow=never"),
        ("/sourcing", "slow=nan"),
        ("/sourcing", "slow=-1"),
        ("/sourcing", "slow=inf"),
        ("/sourcing", "truncated=3"),
        ("/webhooks", "agent-error"),
        ("/sourcing/render-html", "provider-outage"),
    ],
)
def test_a_fault_that_cannot_be(sandbox: LocalSandbox, path: str, header: str) -> None:
    """A mistake in a fault is told, never passed over."""
    refused = sandbox.account().http.post(path, json=BRIEF, headers=_fault(header))
    assert (refused.status_code, error_code(refused)) == (400, "INVALID_PAYLOAD")
    assert HEADER in refused.json()["error"]["message"]


def test_faults_laid_out_in_advance(sandbox: LocalSandbox) -> None:
    """Each is used up by as many matching requests as it says, in their order."""
    account = sandbox.account()
    faults = [
        {"fault": "unavailable", "count": 2, "method": "GET", "path": "/webhooks"},
        {"fault": "agent-error"},
    ]
    planned = sandbox.http.put("/sandbox/faults", json={"faults": faults}).json()["faults"]
    assert [fault["count"] for fault in planned] == [2, 1]
    assert account.http.get("/webhooks/x").status_code == 404
    statuses = [account.http.get("/webhooks").status_code for _ in range(3)]
    assert statuses == [503, 503, 200]
    ended = account.finished(account.start(limit=1))
    assert ended["errorCode"] == "AGENT_ERROR"
    assert sandbox.admin("GET", "/faults") == {"faults": []}
    assert account.finished(account.start(limit=1))["status"] == "completed"
    wrong = sandbox.http.put("/sandbox/faults", json={"faults": [{"fault": "no-such"}]})
    assert wrong.status_code == 400


def test_the_others_go_on_while_one_is_slow(sandbox: LocalSandbox) -> None:
    """A slow answer holds up nobody else."""
    slow, quick = sandbox.account(), sandbox.account()
    with pytest.raises(httpx.ReadTimeout):
        slow.http.get("/webhooks", headers=_fault("slow=3600"), timeout=0.2)
    assert quick.http.get("/webhooks").status_code == 200
    eventually(quick.usage, lambda usage: usage["held"] == 0)
