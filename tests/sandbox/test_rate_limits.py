"""Sliding windows, per endpoint and per key, and the headers of every answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from sandboxes import BRIEF, LocalSandbox, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

#: The contract's table.
LIMITS: Final = (
    ("POST", "/sourcing", 10),
    ("PATCH", "/sourcing/x", 30),
    ("GET", "/sourcing/x/results", 120),
    ("POST", "/sourcing/preview", 10),
    ("GET", "/sourcing/preview/x/results", 120),
    ("POST", "/sourcing/enrich", 50),
    ("GET", "/sourcing/enrich/x/results", 120),
)
HEADERS: Final = tuple(
    f"X-RateLimit-{name}-{span}"
    for name in ("Limit", "Remaining", "Reset")
    for span in ("Minute", "Hour")
)


@pytest.fixture(scope="module")
def own() -> Iterator[LocalSandbox]:
    """A sandbox whose clock no other test moves."""
    with serving() as running:
        yield running


def _check_429(answer: httpx.Response, limit: int) -> int:
    body = answer.json()
    assert answer.status_code == 429
    assert set(body) == {
        "statusCode",
        "message",
        "error",
        "retryAfter",
        "limit",
        "remaining",
        "reset",
    }
    assert (body["statusCode"], body["error"]) == (429, "Too Many Requests")
    assert (body["limit"], body["remaining"]) == (limit, 0)
    assert int(answer.headers["Retry-After"]) == body["retryAfter"] >= 1
    wait: int = body["retryAfter"]
    return wait


@pytest.mark.parametrize(("method", "path", "limit"), LIMITS)
def test_each_endpoint_has_its_limit(own: LocalSandbox, method: str, path: str, limit: int) -> None:
    """So many calls a minute pass, the next does not, and after the wait one passes again."""
    account = own.account()
    other = own.account(account.company_id)
    for left in range(limit - 1, -1, -1):
        answer = account.http.request(method, path)
        assert answer.status_code != 429
        assert answer.headers["X-RateLimit-Limit-Minute"] == str(limit)
        assert answer.headers["X-RateLimit-Remaining-Minute"] == str(left)
    refused = account.http.request(method, path)
    wait = _check_429(refused, limit)
    assert refused.headers["X-RateLimit-Remaining-Minute"] == "0"
    assert account.http.get("/webhooks").status_code == 200  # another endpoint
    assert other.http.request(method, path).status_code != 429  # another key
    own.skip(wait)
    assert account.http.request(method, path).status_code != 429


def test_the_window_slides(own: LocalSandbox) -> None:
    """Calls leave the window one by one, each a minute after it was made."""
    account = own.account()
    for _ in range(5):
        account.http.post("/sourcing", json=BRIEF)
    own.skip(30)
    for _ in range(5):
        account.http.post("/sourcing", json=BRIEF)
    wait = _check_429(account.http.post("/sourcing", json=BRIEF), 10)
    assert wait <= 30
    own.skip(30)
    statuses = [account.http.post("/sourcing", json=BRIEF).status_code for _ in range(6)]
    assert statuses == [202] * 5 + [429]


def test_a_refused_call_does_not_count(own: LocalSandbox) -> None:
    """Who hammers waits no longer than who does not."""
    account = own.account(per_minute=1)
    assert account.http.get("/webhooks").status_code == 200
    for _ in range(5):
        wait = _check_429(account.http.get("/webhooks"), 1)
    own.skip(wait)
    assert account.http.get("/webhooks").status_code == 200


def test_a_key_has_limits_of_its_own(own: LocalSandbox) -> None:
    """The stricter window wins: of the key's minute, the key's hour and the endpoint's minute."""
    account = own.account(per_minute=3, per_hour=4)
    for _ in range(3):
        assert account.http.get("/webhooks").status_code == 200
    _check_429(account.http.get("/sourcing/x/results"), 3)
    own.skip(60)
    assert account.http.get("/webhooks").status_code == 200
    refused = account.http.get("/webhooks")
    assert _check_429(refused, 4) > 60
    assert refused.headers["X-RateLimit-Remaining-Hour"] == "0"
    own.skip(3600)
    assert account.http.get("/webhooks").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/webhooks", 200),
        ("GET", "/sourcing/x/results", 404),
        ("POST", "/sourcing", 400),
        ("GET", "/nowhere", 404),
        ("PUT", "/sourcing", 405),
        ("DELETE", "/webhooks/x", 404),
    ],
)
def test_every_answer_has_the_headers(
    own: LocalSandbox, method: str, path: str, status: int
) -> None:
    """With and without a key, allowed or refused."""
    account = own.account()
    for client in (account.http, own.http):
        answer = client.request(method, path)
        assert client is own.http or answer.status_code == status
        for name in HEADERS:
            assert int(answer.headers[name]) >= 0
        for span, seconds in (("Minute", 60), ("Hour", 3600)):
            remaining = int(answer.headers[f"X-RateLimit-Remaining-{span}"])
            assert remaining <= int(answer.headers[f"X-RateLimit-Limit-{span}"])
            reset = int(answer.headers[f"X-RateLimit-Reset-{span}"])
            assert reset > seconds


def test_401_comes_before_429_and_429_before_403(own: LocalSandbox) -> None:
    """A key that is spent is told so before its scopes are looked at."""
    account = own.account(scopes=["sourcing:read"], per_minute=1)
    assert account.http.get("/webhooks").status_code == 403
    assert account.http.get("/webhooks").status_code == 429
    assert own.http.get("/webhooks").status_code == 401
