"""Every documented error, in its documented body."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from candidate_cards.models import parse_error_body
from candidate_cards.sandbox import READY_MADE, Settings
from sandboxes import ALL_SCOPES, BRIEF, Account, LocalSandbox, error_code, serving

if TYPE_CHECKING:
    import httpx

_JSON: Final = {"Content-Type": "application/json"}

#: (Method, path, scope); `{id}` becomes an id that is unknown.
ROUTES: Final = (
    ("POST", "/sourcing", "sourcing:write"),
    ("PATCH", "/sourcing/{id}", "sourcing:write"),
    ("GET", "/sourcing/{id}/results", "sourcing:read"),
    ("POST", "/sourcing/preview", "sourcing:write"),
    ("GET", "/sourcing/preview/{id}/results", "sourcing:read"),
    ("POST", "/sourcing/enrich", "enrich:write"),
    ("GET", "/sourcing/enrich/{id}/results", "enrich:write"),
    ("POST", "/webhooks", "write:webhooks"),
    ("GET", "/webhooks", "read:webhooks"),
    ("GET", "/webhooks/{id}", "read:webhooks"),
    ("PATCH", "/webhooks/{id}", "write:webhooks"),
    ("DELETE", "/webhooks/{id}", "write:webhooks"),
    ("POST", "/webhooks/{id}/test", "write:webhooks"),
    ("POST", "/webhooks/{id}/reset-circuit", "write:webhooks"),
)


@pytest.fixture
def account(sandbox: LocalSandbox) -> Account:
    """A key that may do everything."""
    return sandbox.account()


def _call(client: httpx.Client, method: str, path: str) -> httpx.Response:
    """Call with a body that cannot be used, which everything but the key comes before."""
    return client.request(method, path.replace("{id}", str(uuid.uuid4())), content=b"")


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
def test_a_key_needs_the_scope_of_the_route(
    sandbox: LocalSandbox, method: str, path: str, scope: str
) -> None:
    """With every other scope it is 403, with this one alone it is something else."""
    lacking = sandbox.account(scopes=[other for other in ALL_SCOPES if other != scope])
    refused = _call(lacking.http, method, path)
    assert (refused.status_code, error_code(refused)) == (403, "INSUFFICIENT_SCOPES")
    having = _call(sandbox.account(scopes=[scope]).http, method, path)
    assert having.status_code in {200, 400, 404}


@pytest.mark.parametrize(("method", "path", "_scope"), ROUTES)
def test_nobody_gets_in_without_a_key(
    sandbox: LocalSandbox, method: str, path: str, _scope: str
) -> None:
    """No header is 401, before anything else is looked at."""
    refused = _call(sandbox.http, method, path)
    assert (refused.status_code, error_code(refused)) == (401, "UNAUTHORIZED")
    assert refused.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer sk_test_nobody", "Basic c2s6", "sk_test_x"]
)
def test_strange_keys_are_401(sandbox: LocalSandbox, header: str) -> None:
    """What is no key is told like a wrong one."""
    refused = sandbox.http.get("/webhooks", headers={"Authorization": header})
    assert (refused.status_code, error_code(refused)) == (401, "UNAUTHORIZED")


def test_keys_that_no_longer_count(sandbox: LocalSandbox) -> None:
    """Expired, revoked and suspended keys are 401; a suspended one is told why."""
    keys = {key.name: key.api_key for key in READY_MADE}
    expired = sandbox.client(keys["acme-expired"]).get("/webhooks")
    assert (expired.status_code, error_code(expired)) == (401, "UNAUTHORIZED")
    suspended = sandbox.client(keys["acme-suspended"]).get("/webhooks")
    assert (suspended.status_code, error_code(suspended)) == (401, "API_KEY_SUSPENDED")
    assert set(suspended.json()["error"]["details"]) == {"suspendedAt", "reason"}
    account = sandbox.account()
    assert account.http.get("/webhooks").status_code == 200
    sandbox.http.delete(f"/sandbox/keys/{account.key_id}")
    assert account.http.get("/webhooks").status_code == 401


def test_a_key_expires(sandbox: LocalSandbox) -> None:
    """A key with a lifetime works until then."""
    body = {"companyIds": [sandbox.company()], "lifetimeSeconds": 3600}
    client = sandbox.client(sandbox.admin("POST", "/keys", body)["apiKey"])
    assert client.get("/webhooks").status_code == 200
    sandbox.skip(3601)
    assert client.get("/webhooks").status_code == 401


_TOO_LONG: Final = {"title": 200, "jobDescription": 10_000, "location": 200, "query": 500}


@pytest.mark.parametrize("path", ["/sourcing", "/sourcing/preview"])
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": None}, "title"),
        ({"jobDescription": None}, "jobDescription"),
        ({"title": ...}, "title"),
        ({"jobDescription": ...}, "jobDescription"),
        ({"title": "  "}, "title"),
        ({"title": 5}, "title"),
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": "5"}, "limit"),
        ({"limit": 1.5}, "limit"),
        ({"limit": True}, "limit"),
        ({"limit": 10**40}, "limit"),
        ({"jobdescription": "x"}, "jobdescription"),
        ({"job_description": "x"}, "job_description"),
        *[({name: "x" * (size + 1)}, name) for name, size in _TOO_LONG.items()],
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_search_that_cannot_be_used(
    account: Account, path: str, change: dict[str, Any], field: str
) -> None:
    """It is 400 and names the field, and nothing starts."""
    body = {key: value for key, value in {**BRIEF, **change}.items() if value is not ...}
    refused = account.http.post(path, json=body)
    assert (refused.status_code, error_code(refused)) == (400, "INVALID_PAYLOAD")
    problems = refused.json()["error"]["details"]["problems"]
    assert field in {problem["field"] for problem in problems}
    assert account.usage()["held"] == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "INVALID_PATCH_PAYLOAD"),
        ({"query": None, "limit": None}, "INVALID_PATCH_PAYLOAD"),
        ({"query": "x" * 501}, "INVALID_PAYLOAD"),
        ({"limit": 0}, "INVALID_PAYLOAD"),
        ({"limit": 51}, "INVALID_PAYLOAD"),
        ({"limit": 5, "webhookId": "x"}, "INVALID_PAYLOAD"),
    ],
)
def test_a_patch_that_cannot_be_used(account: Account, body: object, code: str) -> None:
    """Neither query nor limit has a code of its own; and 400 comes before 409."""
    request_id = account.start(limit=1)
    refused = account.http.patch(f"/sourcing/{request_id}", json=body)
    assert (refused.status_code, error_code(refused)) == (400, code)
    account.finished(request_id)


def test_a_patch_of_a_run_that_works(account: Account) -> None:
    """It is 409 until the run has ended."""
    request_id = account.start(limit=1)
    refused = account.http.patch(f"/sourcing/{request_id}", json={"limit": 1})
    assert (refused.status_code, error_code(refused)) == (409, "RUN_IN_PROGRESS")
    account.finished(request_id)
    assert account.http.patch(f"/sourcing/{request_id}", json={"limit": 1}).status_code == 202
    account.finished(request_id)


@pytest.mark.parametrize(
    "profile_ids", [[], ["a", ""], "a", None, [f"p{number}" for number in range(11)], [{}]]
)
def test_profiles_that_cannot_be_asked_for(account: Account, profile_ids: object) -> None:
    """None, more than ten, or what is no id is 400."""
    refused = account.http.post("/sourcing/enrich", json={"profileIds": profile_ids})
    assert (refused.status_code, error_code(refused)) == (400, "INVALID_PAYLOAD")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"title": "a", "jobDescription": "b"',
        b'{"title": "\\ud800", "jobDescription": "b"}',
        b'{"title": "\xff", "jobDescription": "b"}',
        b'{"title": "a", "jobDescription": "b", "limit": NaN}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 10_000,
    ],
    ids=lambda raw: repr(raw[:30]),
)
def test_bodies_that_are_no_json(account: Account, raw: bytes) -> None:
    """They are 400, never 500."""
    refused = account.http.post("/sourcing", content=raw, headers=_JSON)
    assert (refused.status_code, error_code(refused)) == (400, "INVALID_PAYLOAD")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_says_that_it_is_json(account: Account, content_type: str) -> None:
    """Other content types are 400: a browser sends those without asking first."""
    raw = json.dumps(BRIEF)
    refused = account.http.post("/sourcing", content=raw, headers={"Content-Type": content_type})
    assert (refused.status_code, error_code(refused)) == (400, "INVALID_PAYLOAD")


def test_a_body_has_a_largest_size(account: Account) -> None:
    """Over a mebibyte it is 413, whether its length is told or not."""
    raw = json.dumps({**BRIEF, "query": "x" * 2**20}).encode()
    for content in (raw, iter([raw])):
        refused = account.http.post("/sourcing", content=content, headers=_JSON)
        assert (refused.status_code, error_code(refused)) == (413, "INVALID_PAYLOAD")


@pytest.mark.parametrize("kind", ["sourcing", "preview", "enrichment"])
def test_402_starts_nothing(sandbox: LocalSandbox, kind: str) -> None:
    """A prepaid balance below the highest cost is refused; one that reaches it is not."""
    fields: dict[str, Any] = {"limit": 60}
    if kind == "enrichment":
        fields = {"profileIds": ["a", "b", "c"]}
    cost = {"sourcing": 60, "preview": 3, "enrichment": 3}[kind]
    poor = sandbox.account(credits=cost - 1)
    path = {"sourcing": "", "preview": "/preview", "enrichment": "/enrich"}[kind]
    body = fields if kind == "enrichment" else {**BRIEF, **fields}
    refused = poor.http.post(f"/sourcing{path}", json=body)
    assert (refused.status_code, error_code(refused)) == (402, "INSUFFICIENT_FUNDS")
    assert poor.usage()["held"] == 0
    sandbox.admin("POST", f"/companies/{poor.company_id}/credits", {"add": 1})
    poor.start(kind, **fields)
    assert poor.usage()["available"] == 0


def test_a_patch_may_be_402(sandbox: LocalSandbox) -> None:
    """The added limit has to be paid as well."""
    poor = sandbox.account(credits=5)
    request_id = poor.start(limit=5)
    poor.finished(request_id)
    refused = poor.http.patch(f"/sourcing/{request_id}", json={"limit": 1})
    assert (refused.status_code, error_code(refused)) == (402, "INSUFFICIENT_FUNDS")
    assert poor.results(request_id).json()["status"] == "completed"


def test_postpaid_is_never_402(sandbox: LocalSandbox) -> None:
    """A postpaid company is charged, and its balance goes below nothing."""
    account = sandbox.account(billing="postpaid", credits=0)
    account.sourced(limit=50)
    assert account.usage()["available"] == -50


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "RESOURCE_NOT_FOUND"),
        ("GET", "/", 404, "RESOURCE_NOT_FOUND"),
        ("GET", "/sourcing/x/results/", 404, "RESOURCE_NOT_FOUND"),
        ("GET", "/docs", 404, "RESOURCE_NOT_FOUND"),
        ("DELETE", "/sourcing", 405, "METHOD_NOT_ALLOWED"),
        ("PUT", "/sourcing/x", 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/sourcing/x/results", 405, "METHOD_NOT_ALLOWED"),
    ],
)
def test_the_frameworks_own_refusals_have_the_shape(
    account: Account, method: str, path: str, status: int, code: str
) -> None:
    """Unknown routes and methods answer as the rest does."""
    refused = account.http.request(method, path)
    assert (refused.status_code, error_code(refused)) == (status, code)
    assert status != 405 or refused.headers["Allow"]


def test_the_other_form_has_no_code(sandbox: LocalSandbox) -> None:
    """In the form `framework` a refusal has exactly status, message and reason phrase."""
    del sandbox
    with serving(Settings(error_form="framework")) as other:
        refused = other.http.post("/sourcing", json=BRIEF)
        assert refused.json() == {
            "statusCode": 401,
            "message": "the header Authorization should be: Bearer <API key>",
            "error": "Unauthorized",
        }
        assert parse_error_body(401, refused.json()).code == "UNAUTHORIZED"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": ""},
        {"Host": "[::1"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://[::1"},
    ],
    ids=str,
)
def test_web_pages_of_other_sites_cannot_call(
    sandbox: LocalSandbox, headers: dict[str, str]
) -> None:
    """A browser's request for another host, or from another site, is refused: keys are public."""
    for path in ("/sandbox", "/sourcing/x/results"):
        refused = sandbox.http.get(path, headers=headers)
        assert (refused.status_code, error_code(refused)) == (403, "RESOURCE_ACCESS_DENIED")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    raw=st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
            lambda children: (
                st.lists(children) | st.dictionaries(st.sampled_from([*BRIEF, "limit"]), children)
            ),
        ).map(lambda value: json.dumps(value).encode()),
    ),
    path=st.sampled_from(["/sourcing", "/sourcing/enrich", "/webhooks"]),
)
def test_no_body_is_a_bug(account: Account, raw: bytes, path: str) -> None:
    """Whatever is sent is accepted or refused."""
    account.sandbox.skip(60)
    answer = account.http.post(path, content=raw, headers=_JSON)
    assert answer.status_code in {200, 201, 202, 400}
    if answer.status_code == 400:
        error_code(answer)


@pytest.mark.parametrize(
    "path",
    [
        "/sourcing/%00/results",
        "/sourcing/%FF/results",
        "/sourcing/%ED%A0%80/results",
        f"/sourcing/{'x' * 50_000}/results",
        "/sourcing/a%2Fb/results",
        "/webhooks/%00",
        "/webhooks?companyId=%00",
        "/webhooks?companyId=a&companyId=b",
    ],
    ids=lambda path: path[:30],
)
def test_no_url_is_a_bug(account: Account, path: str) -> None:
    """Ids that cannot be are unknown ones."""
    answer = account.http.get(path)
    assert answer.status_code in {403, 404}
    error_code(answer)


def test_time_cannot_be_skipped_for_ever() -> None:
    """Beyond a thousand years it is refused, and what comes after still works."""
    with serving() as own:
        statuses = {
            own.http.patch("/sandbox/clock", json={"skip": 1e8}).status_code for _ in range(400)
        }
        assert statuses == {200, 400}
        own.account().start(limit=1)
