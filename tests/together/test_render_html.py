"""The contract of render-html, kept by the sandbox and by the service alike."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from candidate_cards.errors import (
    VendorAuthenticationError,
    VendorPermissionError,
    VendorRateLimitError,
)
from candidate_cards.models import RenderHtmlResponse
from sandboxes import ALL_SCOPES, BRIEF, LocalSandbox, error_code
from talking import KINDS, SECRETS, Account, Kind, key_of, talking
from targets import SERVERS, Target, target

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

PATH: Final = "/sourcing/render-html"
_JSON: Final = {"Content-Type": "application/json"}
_LIMIT: Final = 50
_HEADERS: Final = tuple(
    f"X-RateLimit-{name}-{span}"
    for name in ("Limit", "Remaining", "Reset")
    for span in ("Minute", "Hour")
)


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest, sandbox: LocalSandbox) -> Iterator[Target]:
    """Each of the two in turn, with a clock that no other test moves."""
    with target(request.param, sandbox) as running:
        yield running


@pytest.fixture
def user(server: Target) -> Account:
    """A key that may do everything."""
    return server.user()


def _raw(user: Account, raw: Any, **headers: str) -> httpx.Response:  # noqa: ANN401  httpx's
    return user.http.post(PATH, content=raw, headers=_JSON | headers)


@pytest.mark.parametrize(
    ("theme", "background"), [("dark", "#0f172a"), ("light", "#ffffff"), (None, "#0f172a")]
)
def test_cards_are_this_packages(
    server: Target, user: Account, theme: str | None, background: str
) -> None:
    """A card is a fragment with the six parts, in the theme that was asked for."""
    person = next(p for p in server.people(user, 10) if "currentRole" in p)
    body: dict[str, Any] = {"profileIds": [person["profileId"], "prof_unknown"]}
    answer = user.http.post(PATH, json=body | ({"theme": theme} if theme else {}))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    cards = RenderHtmlResponse.model_validate(answer.json())
    assert set(answer.json()) == {"success", "renderedCount", "data"}
    assert cards.rendered_count == 1
    card, missing = answer.json()["data"]
    assert missing == {
        "profileId": "prof_unknown",
        "success": False,
        "errorCode": "PROFILE_NOT_FOUND",
    }
    assert set(card) == {"profileId", "success", "name", "htmlContent"}
    assert card["name"] == person["name"]
    html = card["htmlContent"]
    assert html.lstrip().startswith("<div")
    assert f"background-color:{background}" in html
    for part in (
        person["currentRole"],
        person["skills"][0],
        person["linkedinUrl"],
        str(person["matchScore"]),
    ):
        assert part in html
    assert "<script" not in html


def test_all_cards_may_fail(user: Account) -> None:
    """Nothing rendered is still 200."""
    answer = user.http.post(PATH, json={"profileIds": ["a", "b"]})
    assert (answer.status_code, answer.json()["renderedCount"]) == (200, 0)


def test_cards_come_in_the_order_asked_repeated_ones_once(server: Target, user: Account) -> None:
    """One entry for each distinct id, where it was named first."""
    ids = [person["profileId"] for person in server.people(user, 3)]
    asked = [ids[2], "nobody", ids[0], ids[2], ids[1], "nobody"]
    cards = user.http.post(PATH, json={"profileIds": asked}).json()
    assert [card["profileId"] for card in cards["data"]] == [ids[2], "nobody", ids[0], ids[1]]
    assert cards["renderedCount"] == 3


def test_null_is_absent(user: Account) -> None:
    """The theme may be null: the default counts."""
    cards = {"profileIds": ["a"], "theme": None}
    assert user.http.post(PATH, json=cards).status_code == 200


def test_an_id_may_be_a_number(user: Account) -> None:
    """A JSON number is taken as its digits."""
    cards = user.http.post(PATH, json={"profileIds": [17]}).json()
    assert cards["data"][0]["profileId"] == "17"


def test_foreign_profiles_are_unknown_profiles(server: Target, user: Account) -> None:
    """Ids of another company fail by themselves, told like unknown ones."""
    stranger = server.user()
    (theirs,) = server.people(user, 1)
    cards = stranger.http.post(PATH, json={"profileIds": [theirs["profileId"], "prof_x"]}).json()
    foreign, unknown = cards["data"]
    assert {**foreign, "profileId": ""} == {**unknown, "profileId": ""}
    assert user.http.post(PATH, json={"profileIds": [theirs["profileId"]]}).json()["data"][0]


def test_a_key_needs_the_scope(server: Target) -> None:
    """With every other scope it is 403, with this one alone it is something else."""
    lacking = server.user(scopes=[scope for scope in ALL_SCOPES if scope != "enrich:write"])
    refused = lacking.http.post(PATH, content=b"")
    assert (refused.status_code, error_code(refused)) == (403, "INSUFFICIENT_SCOPES")
    assert refused.json()["error"]["details"] == {"required": ["enrich:write"]}
    having = server.user(scopes=["enrich:write"]).http.post(PATH, content=b"")
    assert having.status_code == 400


def test_nobody_gets_in_without_a_key(server: Target) -> None:
    """No header is 401, before anything else is looked at."""
    refused = server.http.post(PATH, content=b"")
    assert (refused.status_code, error_code(refused)) == (401, "UNAUTHORIZED")
    assert refused.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer sk_test_nobody", "Basic c2s6", "sk_x"])
def test_strange_keys_are_401(server: Target, header: str) -> None:
    """What is no key is told like a wrong one."""
    body = {"profileIds": ["a"]}
    refused = server.http.post(PATH, json=body, headers={"Authorization": header})
    assert (refused.status_code, error_code(refused)) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize(
    "profile_ids", [[], ["a", ""], "a", None, [f"p{number}" for number in range(11)], [{}], ...]
)
def test_profiles_that_cannot_be_asked_for(user: Account, profile_ids: object) -> None:
    """None, more than ten, or what is no id is 400, and names the field."""
    body = {} if profile_ids is ... else {"profileIds": profile_ids}
    refused = user.http.post(PATH, json=body)
    assert (refused.status_code, error_code(refused)) == (400, "INVALID_PAYLOAD")
    (problem, *_) = refused.json()["error"]["details"]["problems"]
    assert problem["field"].startswith("profileIds")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"theme": "blue"}, "theme"),
        ({"theme": 1}, "theme"),
        ({"profile_ids": ["b"]}, "profile_ids"),
        ({"profileids": ["b"]}, "profileids"),
        ({"limit": 1}, "limit"),
    ],
    ids=str,
)
def test_other_fields_are_mistakes(user: Account, change: dict[str, Any], field: str) -> None:
    """An unknown field, or a value that a field cannot have, is 400 and named."""
    refused = user.http.post(PATH, json={"profileIds": ["a"], **change})
    assert (refused.status_code, error_code(refused)) == (400, "INVALID_PAYLOAD")
    problems = refused.json()["error"]["details"]["problems"]
    assert [problem["field"] for problem in problems] == [field]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"profileIds": ["a"]',
        b'{"profileIds": ["a"]} {}',
        b'{"profileIds": ["a"]}\x00',
        b'\xef\xbb\xbf{"profileIds": ["a"]}',
        '{"profileIds": ["a"]}'.encode("utf-16"),
        b'{"profileIds": ["\\ud800"]}',
        b'{"profileIds": ["\xed\xa0\x80"]}',
        b'{"profileIds": ["\xff"]}',
        b'{"profileIds": ["a"], "theme": NaN}',
        b'{"profileIds": [Infinity]}',
        b'{"profileIds": [-Infinity]}',
        b'{"profileIds": [1e999]}',
        b'{"profileIds": [9223372036854775808]}',
        b'{"profileIds": ["a"], "profileIds": ["b"]}',
        b'{"profileIds": ["a"], "profile\\u0049ds": ["b"]}',
        b'{"profileIds": ["a"], "x": {"y": 1, "y": 1}}',
        b'{"profileIds": ["a"], "x": ' + b"[" * 33 + b"]" * 33 + b"}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 10_000,
    ],
    ids=lambda raw: repr(raw[:40]),
)
def test_bodies_that_are_no_json_or_ambiguous(user: Account, raw: bytes) -> None:
    """They are 400, never 500, and never what somebody else would read in them."""
    refused = _raw(user, raw)
    assert (refused.status_code, error_code(refused)) == (400, "INVALID_PAYLOAD")
    assert refused.json()["error"]["details"]["problems"]


def test_the_deepest_and_the_largest_that_pass(user: Account) -> None:
    """What is at the limits is refused by the model alone, as an unknown field is."""
    for value in ("[" * 31 + "]" * 31, str(2**63 - 1), str(-(2**63)), "1e300"):
        refused = _raw(user, f'{{"profileIds": ["a"], "x": {value}}}')
        problems = refused.json()["error"]["details"]["problems"]
        assert [problem["field"] for problem in problems] == ["x"]


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "application/json; charset=utf-7",
        "application/json; version=1",
        "application/jsonp",
        "application/json, text/plain",
        "text/json",
    ],
)
def test_a_body_says_that_it_is_json(user: Account, content_type: str) -> None:
    """Other content types are 400: a browser sends some without asking, others mean other text."""
    raw = json.dumps({"profileIds": ["a"]})
    refused = user.http.post(PATH, content=raw, headers={"Content-Type": content_type})
    assert (refused.status_code, error_code(refused)) == (400, "INVALID_PAYLOAD")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        'Application/JSON;charset="UTF-8"',
        "application/json;",
    ],
)
def test_json_may_say_that_it_is_in_utf_8(user: Account, content_type: str) -> None:
    """In any case, with or without quotation marks."""
    raw = json.dumps({"profileIds": ["a"]})
    answer = user.http.post(PATH, content=raw, headers={"Content-Type": content_type})
    assert answer.status_code == 200


def test_two_content_types_are_none(user: Account) -> None:
    """Whichever of them somebody else would look at."""
    headers = [("Content-Type", "application/json"), ("Content-Type", "text/plain")]
    refused = user.http.post(PATH, content=b'{"profileIds": ["a"]}', headers=headers)
    assert (refused.status_code, error_code(refused)) == (400, "INVALID_PAYLOAD")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip"])
def test_a_body_is_not_compressed(user: Account, encoding: str) -> None:
    """What expands can be a thousand times what came over the line."""
    refused = _raw(user, b'{"profileIds": ["a"]}', **{"Content-Encoding": encoding})
    assert (refused.status_code, error_code(refused)) == (400, "INVALID_PAYLOAD")


def test_a_body_has_a_largest_size(user: Account) -> None:
    """Over a mebibyte it is 413, whether its length is told or not."""
    raw = json.dumps({"profileIds": ["a"], "x": "x" * 2**20}).encode()
    for content in (raw, iter([raw[: 2**19], raw[2**19 :]])):
        refused = _raw(user, content)
        assert (refused.status_code, error_code(refused)) == (413, "INVALID_PAYLOAD")
    assert user.http.post(PATH, json={"profileIds": ["a"]}).status_code == 200


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    raw=st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
            lambda children: (
                st.lists(children)
                | st.dictionaries(st.sampled_from([*BRIEF, "profileIds", "theme"]), children)
            ),
        ).map(lambda value: json.dumps(value).encode()),
        st.lists(st.text(min_size=1), min_size=1, max_size=10).map(
            lambda ids: json.dumps({"profileIds": ids}).encode()
        ),
    )
)
def test_no_body_is_a_bug(server: Target, user: Account, raw: bytes) -> None:
    """Whatever is sent is accepted or refused."""
    server.skip(60)
    answer = _raw(user, raw)
    assert answer.status_code in {200, 400}
    if answer.status_code == 400:
        error_code(answer)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "RESOURCE_NOT_FOUND"),
        ("GET", "/", 404, "RESOURCE_NOT_FOUND"),
        ("POST", f"{PATH}/", 404, "RESOURCE_NOT_FOUND"),
        ("GET", "/docs", 404, "RESOURCE_NOT_FOUND"),
        ("GET", PATH, 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", PATH, 405, "METHOD_NOT_ALLOWED"),
        ("PUT", PATH, 405, "METHOD_NOT_ALLOWED"),
    ],
)
def test_the_frameworks_own_refusals_have_the_shape(
    user: Account, method: str, path: str, status: int, code: str
) -> None:
    """Unknown routes and methods answer as the rest does."""
    refused = user.http.request(method, path)
    assert (refused.status_code, error_code(refused)) == (status, code)
    assert status != 405 or refused.headers["Allow"]


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


def test_the_endpoint_has_its_limit(server: Target, user: Account) -> None:
    """Fifty calls a minute pass, the next does not, and after the wait one passes again."""
    colleague = server.user(user)
    for left in range(_LIMIT - 1, -1, -1):
        answer = user.http.post(PATH)
        assert answer.status_code == 400
        assert answer.headers["X-RateLimit-Limit-Minute"] == str(_LIMIT)
        assert answer.headers["X-RateLimit-Remaining-Minute"] == str(left)
    refused = user.http.post(PATH)
    wait = _check_429(refused, _LIMIT)
    assert refused.headers["X-RateLimit-Remaining-Minute"] == "0"
    assert colleague.http.post(PATH).status_code == 400  # another key
    server.skip(wait)
    assert user.http.post(PATH).status_code == 400


def test_a_key_has_limits_of_its_own(server: Target) -> None:
    """The stricter window wins, and who hammers waits no longer than who does not."""
    user = server.user(per_minute=3, per_hour=4)
    for _ in range(3):
        assert user.http.post(PATH).status_code == 400
    for _ in range(5):
        wait = _check_429(user.http.post(PATH), 3)
    server.skip(wait)
    assert user.http.post(PATH).status_code == 400
    refused = user.http.post(PATH)
    assert _check_429(refused, 4) > 60
    assert refused.headers["X-RateLimit-Remaining-Hour"] == "0"
    server.skip(3600)
    assert user.http.post(PATH).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", PATH, 400), ("GET", "/nowhere", 404), ("PUT", PATH, 405)],
)
def test_every_answer_has_the_headers(
    server: Target, user: Account, method: str, path: str, status: int
) -> None:
    """With and without a key, allowed or refused."""
    for client in (user.http, server.http):
        answer = client.request(method, path)
        assert client is server.http or answer.status_code == status
        for name in _HEADERS:
            assert int(answer.headers[name]) >= 0
        for span, seconds in (("Minute", 60), ("Hour", 3600)):
            remaining = int(answer.headers[f"X-RateLimit-Remaining-{span}"])
            assert remaining <= int(answer.headers[f"X-RateLimit-Limit-{span}"])
            assert int(answer.headers[f"X-RateLimit-Reset-{span}"]) > seconds


def test_401_comes_before_429_and_429_before_403(server: Target) -> None:
    """A key that is spent is told so before its scopes are looked at."""
    user = server.user(scopes=["sourcing:read"], per_minute=1)
    assert user.http.post(PATH).status_code == 403
    assert user.http.post(PATH).status_code == 429
    assert server.http.post(PATH).status_code == 401


@pytest.mark.parametrize("kind", KINDS)
def test_our_clients_get_cards(server: Target, user: Account, kind: Kind) -> None:
    """Any number of profiles, ten a call, in the order asked, unknown ones with a reason."""
    ids = [person["profileId"] for person in server.people(user, 12)]
    sent: list[httpx.Request] = []
    with talking(kind, server, key_of(user), on_request=sent.append) as client:
        cards = client.render_html([*ids, "unknown", ids[0]], theme="light")
        assert client.render_html(["unknown"]).rendered_count == 0
    assert (cards.rendered_count, [card.profile_id for card in cards.data]) == (
        12,
        [*ids, "unknown"],
    )
    assert all(card.html_content and card.name for card in cards.data[:-1])
    assert cards.data[-1].error_code == "PROFILE_NOT_FOUND"
    assert len(sent) == 3


@pytest.mark.parametrize("kind", KINDS)
def test_our_clients_read_refusals(server: Target, kind: Kind) -> None:
    """Class, status and code of what the contract refuses; a 429 says how long to wait."""
    nobody = SecretStr("sk_test_nobody_at_all")
    SECRETS.add(nobody.get_secret_value())
    lacking, spent = server.user(scopes=["sourcing:read"]), server.user(per_minute=1)
    spent.http.post(PATH)
    refusals: tuple[tuple[SecretStr, type[Any], int, str], ...] = (
        (nobody, VendorAuthenticationError, 401, "UNAUTHORIZED"),
        (key_of(lacking), VendorPermissionError, 403, "INSUFFICIENT_SCOPES"),
        (key_of(spent), VendorRateLimitError, 429, "RATE_LIMIT_EXCEEDED"),
    )
    for key, error, status, code in refusals:
        with (
            talking(kind, server, key, timeout=2.0) as client,
            pytest.raises(error) as caught,
        ):
            client.render_html(["a"])
        assert (caught.value.status, caught.value.code) == (status, code)
    assert 2 < caught.value.retry_after <= 60
