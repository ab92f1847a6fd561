"""Headers of answers: the same protection on every route, on refusals too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pytest
from fastapi.routing import APIRoute

from candidate_cards.service.app import _GROUPS
from services import LocalService, serving_cards

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

_SECRET: Final = "0123456789abcdef0123456789abcdef"  # noqa: S105  of a test


@pytest.fixture(scope="module")
def service() -> Iterator[LocalService]:
    """A service with every route there is."""
    with serving_cards(development=True, embed_secrets=[_SECRET]) as running:
        yield running


def routes() -> Iterator[tuple[str, str]]:
    """Yield method and path of every route."""
    yield "GET", "/openapi.json"
    for group in _GROUPS:
        for route in group.router.routes:
            assert isinstance(route, APIRoute)
            for method in route.methods or ():
                yield method, route.path


def check(answer: httpx.Response, path: str) -> None:
    """Look at what protects an answer."""
    headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    policy = dict(
        part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    is_framed = path.startswith(("/embed/", "/gallery"))
    assert is_framed or policy["frame-ancestors"] == "'none'"
    assert "frame-ancestors" in policy
    assert "unsafe-eval" not in headers["Content-Security-Policy"]
    for directive in ("script-src", "object-src", "base-uri", "form-action"):
        assert "unsafe-inline" not in policy.get(directive, "")
        assert "*" not in policy.get(directive, "")
    caching = headers["Cache-Control"]
    assert path == "/embed.js" or caching.startswith("private")
    assert path != "/embed.js" or "public" in caching or answer.is_error
    assert "Server" not in headers
    assert "X-Powered-By" not in headers
    allowed = headers.get("Access-Control-Allow-Origin")
    assert allowed is None or (path == "/embed.js" and allowed == "*")
    assert not [name for name in headers if name.startswith("access-control-allow-c")]
    assert re.fullmatch(r"[0-9a-f]{16}", headers["X-Request-ID"])
    assert "Set-Cookie" not in headers
    assert "\r" not in str(headers)
    assert headers.get("Content-Type", "").partition(";")[0] or not answer.content


def test_every_route_has_them(service: LocalService) -> None:
    """With a key and without, whatever the answer is."""
    account = service.account()
    (person,) = service.people(account.company, 1)
    seen: dict[int, int] = {}
    found = list(routes())
    assert len(found) > 25
    for method, path in found:
        for fill in (person, "nobody"):
            filled = re.sub(r"\{[^}]*\}", fill, path)
            for client in (account.http, service.http):
                if method == "DELETE" and path == "/candidates":
                    continue  # it would take the company with it
                answer = client.request(method, filled)
                check(answer, path)
                seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
    assert {200, 400, 401, 404} <= seen.keys()
    assert 500 not in seen


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("DELETE", "/sourcing/render-html", 405),
        ("OPTIONS", "/sourcing/render-html", 405),
        ("TRACE", "/healthz", 405),
        ("PURGE", "/healthz", 405),
        ("GET", "/%00", 404),
        ("GET", "//healthz", 404),
        ("GET", "/healthz/", 404),
        ("GET", "/..%2f..%2fetc/passwd", 404),
    ],
)
def test_what_leads_nowhere_has_them_too(
    service: LocalService, method: str, path: str, status: int
) -> None:
    """Refusals of the framework are protected alike."""
    answer = service.http.request(method, path)
    assert answer.status_code == status
    check(answer, path)


def test_errors_of_every_kind_have_them(
    service: LocalService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug, a failing database, a body that is too large, one call too many."""

    def fail(*_: Any) -> None:  # noqa: ANN401  of the store
        message = "Ada Novak"
        raise ZeroDivisionError(message)

    account = service.account(per_minute=2)
    large = account.http.post("/sourcing/render-html", content=b" " * 2**21, headers=_json())
    spent = [account.http.post("/sourcing/render-html") for _ in range(2)][-1]
    monkeypatch.setattr(service.service.store, "find_key", fail)
    bug = account.http.post("/sourcing/render-html")
    assert [answer.status_code for answer in (large, spent, bug)] == [413, 429, 500]
    assert "Ada" not in bug.text
    for answer in (large, spent, bug):
        check(answer, "/sourcing/render-html")


def _json() -> dict[str, str]:
    return {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("sent", "is_taken"),
    [
        ("a1B2-c3.d4_e5", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("", False),
        ("a b", False),
        ("a\tb", False),
        ("<script>", False),
        ("näme", False),
        ('{"a":1}', False),
    ],
)
def test_a_request_may_bring_its_name(service: LocalService, sent: str, is_taken: bool) -> None:  # noqa: FBT001
    """A short plain one is used, any other replaced."""
    headers = [(b"X-Request-ID", sent.encode("latin-1"))]
    name = service.http.get("/healthz", headers=headers).headers["X-Request-ID"]
    assert (name == sent) == is_taken
    assert is_taken or re.fullmatch(r"[0-9a-f]{16}", name)


def test_requests_have_different_names(service: LocalService) -> None:
    """So that a log can tell them apart."""
    names = {service.http.get("/healthz").headers["X-Request-ID"] for _ in range(50)}
    assert len(names) == 50
