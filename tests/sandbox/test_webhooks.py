"""Webhook configurations and their deliveries: signed, retried, and stopped by the breaker."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from candidate_cards.models import WebhookConfig, WebhookEvent, WebhookTestResult
from candidate_cards.sandbox import Settings
from sandboxes import Account, LocalSandbox, Received, Receiver, error_code, eventually, serving

if TYPE_CHECKING:
    from collections.abc import Sequence

SIGNATURE = "x-instaview-signature"
SOURCING = ("SOURCING_COMPLETED", "SOURCING_FAILED")


def _read(received: Received, secret: str) -> dict[str, Any]:
    """Return what was delivered, after a look at signature and envelope."""
    expected = hmac.new(secret.encode(), received.body, hashlib.sha256).hexdigest()
    assert received.headers[SIGNATURE] == expected
    assert received.headers["content-type"] == "application/json"
    body: dict[str, Any] = json.loads(received.body)
    assert set(body) == {"event", "timestamp", "deliveryId", "data"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body["timestamp"])
    uuid.UUID(body["deliveryId"])
    WebhookEvent.model_validate(body)
    return body


def _state(sandbox: LocalSandbox, webhook_id: str) -> list[tuple[str, int]]:
    """Return status and attempts of a webhook's deliveries, newest first."""
    return [
        (delivery["status"], delivery["attempts"])
        for delivery in sandbox.admin("GET", "/deliveries")["deliveries"]
        if delivery["webhookId"] == webhook_id
    ]


def _wait(sandbox: LocalSandbox, webhook_id: str, states: Sequence[tuple[str, int]]) -> None:
    eventually(lambda: _state(sandbox, webhook_id), lambda found: found == list(states))


def test_a_config_is_made_read_changed_and_removed(sandbox: LocalSandbox) -> None:
    """Everything is under `data`; the secret is told once, and header values never."""
    account = sandbox.account()
    created = account.webhook(
        "https://receiver.example/hook",
        "sourcing.completed",
        "ENRICH_FAILED",
        "ENRICH_FAILED",
        name="ATS",
        description="All of it",
        companyId=account.company_id,
        headers=[{"name": "X-Token", "value": "s3cret"}],
    )
    secret = created.pop("signingSecret")
    assert re.fullmatch("[0-9a-f]{64}", secret)
    uuid.UUID(created["id"])
    assert created["events"] == ["sourcing.completed", "enrich.failed"]
    assert created["headers"] == [{"name": "X-Token", "isMasked": True}]
    assert (created["isActive"], created["maxRetries"], created["timeoutMs"]) == (True, 3, 30000)
    assert (created["apiKeyId"], created["companyId"]) == (account.key_id, account.company_id)
    assert set(created) == {
        "id", "apiKeyId", "companyId", "url", "name", "description", "headers", "events",
        "isActive", "maxRetries", "timeoutMs", "consecutiveFailures", "circuitOpenedAt",
        "createdAt", "updatedAt",
    }  # fmt: skip
    url = f"/webhooks/{created['id']}"
    assert account.http.get(url).json() == {"success": True, "data": created}
    everywhere = account.webhook("https://receiver.example/", "PING")
    listed = account.http.get("/webhooks").json()["data"]
    assert listed["total"] == 2
    assert listed["data"][0] == created
    mine = account.http.get("/webhooks", params={"companyId": account.company_id}).json()["data"]
    assert mine == {"data": [created], "total": 1}

    change = {"name": "Other", "events": ["PING"], "headers": [], "isActive": False}
    changed = account.http.patch(url, json=change).json()["data"]
    WebhookConfig.model_validate(changed)
    assert changed == {
        **created,
        "name": "Other",
        "events": ["ping"],
        "headers": [],
        "isActive": False,
        "updatedAt": changed["updatedAt"],
    }
    everything = account.http.get("/webhooks").text + account.http.get(url).text
    assert secret not in everything
    assert "s3cret" not in everything

    removed = account.http.delete(url)
    assert (removed.status_code, removed.content) == (204, b"")
    gone = account.http.get(url)
    assert (gone.status_code, error_code(gone)) == (404, "RESOURCE_NOT_FOUND")
    assert account.http.get(f"/webhooks/{everywhere['id']}").status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://receiver.example/"},
        {"url": "ftp://127.0.0.1/"},
        {"url": "http://127.0.0.1.evil.example/"},
        {"url": "https://"},
        {"url": "https://[::1"},
        {"url": "https://receiver.example:99999999/"},
        {"url": "https://receiver.example/ a"},
        {"url": "https://receiver.example/" + "x" * 2048},
        {"url": ...},
        {"events": []},
        {"events": [""]},
        {"events": [True]},
        {"events": [6]},
        {"events": ["SOURCING_COMPLETE"]},
        {"events": ...},
        {"name": "x" * 256},
        {"headers": [{"name": "X-A", "value": "a\r\nX-B: b"}]},
        {"headers": [{"name": "X A", "value": "a"}]},
        {"headers": [{"name": "Content-Length", "value": "1"}]},
        {"headers": [{"name": "X-A", "value": "x" * 4097}]},
        {"headers": [{"name": "X-A", "value": "a"}] * 51},
        {"unknown": 1},
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_config_that_cannot_be(sandbox: LocalSandbox, change: dict[str, Any]) -> None:
    """It is 400, for a new one and for a change, and the refusal repeats no value."""
    account = sandbox.account()
    whole: dict[str, Any] = {"url": "https://receiver.example/", "events": ["PING"], **change}
    body = {key: value for key, value in whole.items() if value is not ...}
    refused = account.http.post("/webhooks", json=body)
    assert (refused.status_code, error_code(refused)) == (400, "INVALID_PAYLOAD")
    assert "X-B: b" not in refused.text
    if ... not in change.values():
        created = account.webhook("https://receiver.example/", "PING")
        refused = account.http.patch(f"/webhooks/{created['id']}", json=change)
        assert (refused.status_code, error_code(refused)) == (400, "INVALID_PAYLOAD")


def test_a_change_of_nothing_is_refused(sandbox: LocalSandbox) -> None:
    """An empty change is 400; one of another company's is 403."""
    account, stranger = sandbox.account(), sandbox.account()
    created = account.webhook("https://receiver.example/", "PING")
    assert account.http.patch(f"/webhooks/{created['id']}", json={}).status_code == 400
    body = {"url": "https://a.example/", "events": ["PING"], "companyId": stranger.company_id}
    refused = account.http.post("/webhooks", json=body)
    assert (refused.status_code, error_code(refused)) == (403, "RESOURCE_ACCESS_DENIED")


@pytest.mark.parametrize("kind", ["sourcing", "preview"])
def test_a_search_tells_its_end(sandbox: LocalSandbox, receiver: Receiver, kind: str) -> None:
    """The event says that the run has ended; it is signed and carries the config's headers."""
    account = sandbox.account()
    config = account.webhook(
        receiver.url,
        *SOURCING,
        headers=[{"name": "X-Token", "value": "abc"}, {"name": SIGNATURE, "value": "forged"}],
    )
    request_id = account.start(kind, limit=3, webhookId=config["id"])
    body = account.finished(request_id, kind)
    (received,) = receiver.wait_for(1)
    assert received.headers["x-token"] == "abc"
    event = _read(received, config["signingSecret"])
    told: dict[str, Any] = {"requestId": request_id, "status": "completed"}
    told |= {key: body[key] for key in ("foundCount", "scoredCount") if key in body}
    assert event["event"] == "sourcing.completed"
    assert event["data"] == told
    _wait(sandbox, config["id"], [("delivered", 1)])


def test_failures_and_enrichments_tell_their_end(sandbox: LocalSandbox, receiver: Receiver) -> None:
    """Each family has its events, with codes or counts."""
    account = sandbox.account()
    config = account.webhook(receiver.url, *SOURCING, "ENRICH_COMPLETED", "ENRICH_FAILED")
    hook = {"webhookId": config["id"]}
    starts: tuple[tuple[str, dict[str, Any], str | None, str], ...] = (
        ("/sourcing", {"title": "a", "jobDescription": "b"}, "agent-error", "sourcing"),
        ("/sourcing/enrich", {"profileIds": ["x"]}, "agent-error", "enrichment"),
        ("/sourcing/enrich", {"profileIds": ["x"]}, None, "enrichment"),
    )
    for path, body, fault, kind in starts:
        headers = {"X-Sandbox-Fault": fault} if fault else {}
        answer = account.http.post(path, json=body | hook, headers=headers)
        account.finished(answer.json()["requestId"], kind)
    events = [_read(one, config["signingSecret"]) for one in receiver.wait_for(3)]
    assert [event["event"] for event in events] == [
        "sourcing.failed",
        "enrich.failed",
        "enrich.completed",
    ]
    assert [event["data"].get("errorCode") for event in events] == [
        "AGENT_ERROR",
        "INTERNAL_ERROR",
        None,
    ]
    assert events[2]["data"]["failureCount"] == 1
    assert len({event["deliveryId"] for event in events}) == 3


def test_a_patch_keeps_the_webhook(sandbox: LocalSandbox, receiver: Receiver) -> None:
    """Each pass of a session tells its end."""
    account = sandbox.account()
    config = account.webhook(receiver.url, *SOURCING)
    request_id = account.start(limit=1, webhookId=config["id"])
    account.finished(request_id)
    patched = account.http.patch(f"/sourcing/{request_id}", json={"limit": 1})
    assert patched.json()["webhookId"] == config["id"]
    account.finished(request_id)
    events = [_read(one, config["signingSecret"]) for one in receiver.wait_for(2)]
    assert [event["data"]["scoredCount"] for event in events] == [1, 2]


def test_an_event_without_a_subscription_is_not_delivered(
    sandbox: LocalSandbox, receiver: Receiver
) -> None:
    """A run that completes tells nothing to who subscribed to failures only."""
    account = sandbox.account()
    config = account.webhook(receiver.url, "SOURCING_FAILED")
    account.finished(account.start(limit=1, webhookId=config["id"]))
    assert _state(sandbox, config["id"]) == []


def _deliver(account: Account, config: dict[str, Any]) -> None:
    account.finished(account.start(limit=1, webhookId=config["id"]))


@pytest.mark.parametrize("status", [500, 404, 301])
def test_a_delivery_is_tried_again(sandbox: LocalSandbox, receiver: Receiver, status: int) -> None:
    """Whatever is no 2xx is tried three times more, with the same bytes."""
    account = sandbox.account()
    config = account.webhook(receiver.url, *SOURCING)
    receiver.statuses = [status] * 3
    _deliver(account, config)
    for attempts in range(1, 4):
        _wait(sandbox, config["id"], [("pending", attempts)])
        sandbox.skip()
    _wait(sandbox, config["id"], [("delivered", 4)])
    assert len({one.body for one in receiver.received}) == 1
    assert len({one.headers[SIGNATURE] for one in receiver.received}) == 1


@pytest.mark.parametrize("delays", [(), (1.0,), (1.0, 2.0)])
def test_each_delay_is_one_retry(receiver: Receiver, delays: tuple[float, ...]) -> None:
    """After the last delay a delivery has failed; a webhook says how many retries it gets."""
    with serving(Settings(speed=0.01, retry_delays=delays)) as sandbox:
        account = sandbox.account()
        config = account.webhook(receiver.url, *SOURCING)
        shown = account.http.get(f"/webhooks/{config['id']}").json()["data"]
        assert shown["maxRetries"] == len(delays)
        receiver.statuses = [500] * (len(delays) + 1)
        _deliver(account, config)
        for attempts in range(1, len(delays) + 1):
            _wait(sandbox, config["id"], [("pending", attempts)])
            sandbox.skip()
        _wait(sandbox, config["id"], [("failed", len(delays) + 1)])


def _fail(sandbox: LocalSandbox, account: Account, config: dict[str, Any]) -> None:
    """Let one more delivery fail for good."""
    before = _state(sandbox, config["id"])
    _deliver(account, config)
    for attempts in range(1, 4):
        _wait(sandbox, config["id"], [("pending", attempts), *before])
        sandbox.skip()
    _wait(sandbox, config["id"], [("failed", 4), *before])


def test_the_breaker_opens_and_is_reset(receiver: Receiver) -> None:
    """So many failed deliveries in a row switch a webhook off until it is reset."""
    with serving(Settings(speed=0.01, breaker_threshold=2)) as sandbox:
        account = sandbox.account()
        config = account.webhook(receiver.url, *SOURCING, "PING")
        url = f"/webhooks/{config['id']}"
        receiver.statuses = [500] * 8
        _fail(sandbox, account, config)
        shown = account.http.get(url).json()["data"]
        assert (shown["consecutiveFailures"], shown["isActive"]) == (1, True)
        _fail(sandbox, account, config)
        shown = account.http.get(url).json()["data"]
        assert (shown["consecutiveFailures"], shown["isActive"]) == (2, False)
        assert shown["circuitOpenedAt"]

        count = len(receiver.received)
        _deliver(account, config)  # the run is accepted all the same
        assert _state(sandbox, config["id"])[0] == ("skipped", 0)
        tested = account.http.post(f"{url}/test").json()
        assert tested["success"] is True
        assert tested["data"] == {"success": False, "message": "the circuit breaker is open"}
        assert len(receiver.received) == count

        # Switching it on is not enough: only the reset closes the breaker.
        account.http.patch(url, json={"isActive": True})
        _deliver(account, config)
        assert _state(sandbox, config["id"])[0] == ("skipped", 0)

        reset = account.http.post(f"{url}/reset-circuit").json()["data"]
        assert (reset["consecutiveFailures"], reset["isActive"]) == (0, True)
        assert reset["circuitOpenedAt"] is None
        _deliver(account, config)
        _wait(
            sandbox,
            config["id"],
            [("delivered", 1), ("skipped", 0), ("skipped", 0), ("failed", 4), ("failed", 4)],
        )


def test_a_success_closes_the_count(receiver: Receiver) -> None:
    """Only failures in a row count."""
    with serving(Settings(speed=0.01, breaker_threshold=2, retry_delays=())) as sandbox:
        account = sandbox.account()
        config = account.webhook(receiver.url, *SOURCING)
        receiver.statuses = [500, 200, 500, 200]
        for outcome in ("failed", "delivered") * 2:
            before = _state(sandbox, config["id"])
            _deliver(account, config)
            _wait(sandbox, config["id"], [(outcome, 1), *before])
        assert account.http.get(f"/webhooks/{config['id']}").json()["data"]["isActive"]


def test_nobody_listens(sandbox: LocalSandbox, receiver: Receiver) -> None:
    """A refused connection counts as a failure too."""
    account = sandbox.account()
    config = account.webhook("http://127.0.0.1:9/", *SOURCING, "PING")
    _deliver(account, config)
    _wait(sandbox, config["id"], [("pending", 1)])
    verdict = account.http.post(f"/webhooks/{config['id']}/test").json()["data"]
    assert verdict == {"success": False, "message": "not acknowledged: ConnectError"}
    account.http.patch(f"/webhooks/{config['id']}", json={"url": receiver.url})
    sandbox.skip()
    _wait(sandbox, config["id"], [("delivered", 2)])


def test_a_removed_webhook_drops_what_waits(sandbox: LocalSandbox, receiver: Receiver) -> None:
    """Deleting it forgets its deliveries, and its runs go on."""
    account = sandbox.account()
    config = account.webhook(receiver.url, *SOURCING)
    receiver.statuses = [500]
    _deliver(account, config)
    _wait(sandbox, config["id"], [("pending", 1)])
    request_id = account.start(limit=1, webhookId=config["id"])
    assert account.http.delete(f"/webhooks/{config['id']}").status_code == 204
    assert account.finished(request_id)["status"] == "completed"
    assert _state(sandbox, config["id"]) == []
    assert len(receiver.received) == 1


def test_a_ping(sandbox: LocalSandbox, receiver: Receiver) -> None:
    """The test route delivers a signed ping, once, and tells the verdict."""
    account = sandbox.account()
    config = account.webhook(receiver.url, "PING")
    url = f"/webhooks/{config['id']}/test"
    answer = account.http.post(url).json()
    verdict = WebhookTestResult.model_validate(answer["data"])
    (received,) = receiver.wait_for(1)
    event = _read(received, config["signingSecret"])
    assert event["event"] == "ping"
    assert (verdict.success, verdict.http_status) == (True, 200)
    assert verdict.delivery_id == event["deliveryId"]
    receiver.statuses = [503]
    assert account.http.post(url).json()["data"] == {
        "success": False,
        "message": "not acknowledged: HTTP 503",
    }
    account.http.patch(f"/webhooks/{config['id']}", json={"isActive": False})
    assert not account.http.post(url).json()["data"]["success"]
    deaf = account.webhook(receiver.url, *SOURCING)
    assert not account.http.post(f"/webhooks/{deaf['id']}/test").json()["data"]["success"]
    assert len(receiver.received) == 2
