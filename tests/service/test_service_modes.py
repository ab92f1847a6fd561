"""Whose cards the service gives: the store's, the vendor's, or both, over HTTP end to end."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest
import vendor_server as play
from pydantic import SecretStr

from candidate_cards.service import Company
from candidate_cards.store import KEY_PREFIX
from hostile_corpus import PAYLOADS
from inert_html import faults_of
from sandboxes import Account as VendorAccount
from sandboxes import LocalSandbox, error_code, serving
from services import Account, LocalService, person, serving_cards

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import httpx

PATH: Final = "/sourcing/render-html"
LATER: Final = "PROVIDER_TEMPORARILY_UNAVAILABLE"
VENDOR_KEY: Final = "sk_live_Modes7Modes7Modes7Modes7Modes7Mod"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[LocalSandbox]:
    """The vendor."""
    with serving() as running:
        yield running


@dataclass(frozen=True)
class Relay:
    """A service in front of a sandbox, and one company that both know.

    Attributes:
        vendor: The company's key there.
        service: Ours.
        account: The company's key here.
        people: Whom the vendor knows; the first twelve are stored here too.
    """

    vendor: VendorAccount
    service: LocalService
    account: Account
    people: Sequence[str]

    def ask(self, count: int = 25, **fields: object) -> httpx.Response:
        """Ask for the cards of so many people."""
        return self.account.render_html(*self.people[:count], **fields)

    def plan(self, *faults: str | None) -> None:
        """Lay out what happens to the next calls of the vendor, one a fault."""
        plan = [{"fault": fault or "slow=0", "path": PATH} for fault in faults]
        self.vendor.sandbox.admin("PUT", "/faults", {"faults": plan})

    def calls(self) -> int:
        """Return how many calls of render-html the vendor has counted for the key, this included.

        One that cannot succeed is counted too, so it is made to find out.
        """
        remaining = self.vendor.http.post(PATH).headers["X-RateLimit-Remaining-Minute"]
        return 50 - int(remaining)


@contextmanager
def relaying(sandbox: LocalSandbox, mode: str, **settings: Any) -> Iterator[Relay]:  # noqa: ANN401
    """Serve in a mode, with the company's own key for the vendor."""
    vendor = sandbox.account()
    people = vendor.sourced(limit=25)
    key = vendor.http.headers["Authorization"].removeprefix("Bearer ")
    options = {"mode": mode, "vendor_url": sandbox.base_url, "profile_limit": 30, **settings}
    with serving_cards(
        companies={"acme": Company(vendor_key=SecretStr(key))}, **options
    ) as service:
        ids = [person["profileId"] for person in people]
        service.people_named("acme", *ids[:12])
        yield Relay(vendor, service, service.account("acme"), ids)


def told(answer: httpx.Response) -> tuple[int, str, str | None]:
    """Return status, who made the cards, and why the vendor was not heard."""
    headers = answer.headers
    return answer.status_code, headers.get("X-Rendered-By", ""), headers.get("X-Vendor-Problem")


def outcomes(answer: httpx.Response) -> list[str]:
    """Return for each card whose it is, or its error."""
    return [
        ("here" if "Stored here" in card["htmlContent"] else "vendor")
        if card["success"]
        else card["errorCode"]
        for card in answer.json()["data"]
    ]


def test_the_vendor_is_asked_ten_ids_a_call(sandbox: LocalSandbox) -> None:
    """25 ids are three calls, with the company's key; the cards come in the order asked."""
    with relaying(sandbox, "proxy") as relay:
        before = relay.calls()
        answer = relay.ask(theme="light")
        assert relay.calls() - before == 3 + 1
        assert told(answer) == (200, "proxy", None)
        cards = answer.json()
        assert cards["renderedCount"] == 25
        assert [card["profileId"] for card in cards["data"]] == list(relay.people)
        assert all("background-color:#ffffff" in card["htmlContent"] for card in cards["data"])
        assert faults_of(cards["data"][0]["htmlContent"]) == []
        unknown = relay.account.render_html("nobody", relay.people[0])
        assert outcomes(unknown) == ["PROFILE_NOT_FOUND", "vendor"]
        assert unknown.json()["data"][0].keys() == {"profileId", "success", "errorCode"}


def test_more_ids_than_the_setting_are_refused(sandbox: LocalSandbox) -> None:
    """The limit of one call may be raised above the contract's ten, and then holds."""
    with relaying(sandbox, "proxy") as relay:
        refused = relay.account.render_html(*map(str, range(31)))
        assert (refused.status_code, error_code(refused)) == (400, "INVALID_PAYLOAD")
        assert "30" in refused.text


def test_strangers_keys_go_to_the_vendor_in_proxy_mode_alone(sandbox: LocalSandbox) -> None:
    """A key that only the vendor knows is the vendor's to judge; else it is 401."""
    vendor = sandbox.account()
    (person,) = vendor.sourced(limit=1)
    key = vendor.http.headers["Authorization"].removeprefix("Bearer ")
    for mode in ("local", "proxy", "fallback"):
        with serving_cards(mode=mode, vendor_url=sandbox.base_url) as service:
            body = {"profileIds": [person["profileId"]]}
            answer = service.client(key).post(PATH, json=body)
            if mode == "proxy":
                assert told(answer) == (200, "proxy", None)
                assert answer.json()["renderedCount"] == 1
                assert answer.headers["X-RateLimit-Limit-Minute"] == "60"  # of an unknown key
            else:
                assert (answer.status_code, error_code(answer)) == (401, "UNAUTHORIZED")
            for stranger in ("sk_live_nobody_knows_this_one", "x", "k\tk", "schl\xfcssel"):
                header = [(b"Authorization", f"Bearer {stranger}".encode("latin-1"))]
                refused = service.http.post(PATH, json=body, headers=header)
                assert (refused.status_code, error_code(refused)) == (401, "UNAUTHORIZED")


def test_a_callers_own_key_is_used_where_its_company_has_none(sandbox: LocalSandbox) -> None:
    """The store may know the vendor's key as its own, with scopes and limits of ours."""
    vendor = sandbox.account()
    (person,) = vendor.sourced(limit=1)
    key = SecretStr(vendor.http.headers["Authorization"].removeprefix("Bearer "))
    with serving_cards(mode="proxy", vendor_url=sandbox.base_url) as service:
        account = service.account("acme", secret=key, per_minute=2)
        assert told(account.render_html(person["profileId"])) == (200, "proxy", None)
        account.render_html("a")
        assert account.render_html("a").status_code == 429
        service.service.store.revoke_key(account.key_id, at=service.now())
        assert account.render_html(person["profileId"]).status_code == 401


REFUSALS: Final = {
    400: ("INVALID_PAYLOAD", "INVALID_PAYLOAD"),
    401: ("API_KEY_SUSPENDED", "API_KEY_SUSPENDED"),
    402: ("INSUFFICIENT_FUNDS", "INSUFFICIENT_FUNDS"),
    403: (None, "INSUFFICIENT_SCOPES"),
}


@pytest.mark.parametrize("mode", ["proxy", "fallback"])
@pytest.mark.parametrize("status", REFUSALS)
def test_what_the_vendor_refuses_is_refused(mode: str, status: int) -> None:
    """Status and code are the vendor's, in its nested shape; its words are not passed on."""
    code, expected = REFUSALS[status]
    error: dict[str, object] = {
        "code": code,
        "message": "Ada Novak has no credits",
        "details": {"who": "Ada Novak"},
    }
    if code is None:
        error = {"message": "Ada Novak has no credits", "error": "Forbidden", "statusCode": status}
    body: object = error if code is None else {"success": False, "data": None, "error": error}
    with (
        play.VendorServer(lambda _: play.reply(status, body)) as vendor,
        serving_cards(mode=mode, vendor_url=vendor.url) as service,
    ):
        refused = service.account("acme", secret=SecretStr(VENDOR_KEY)).render_html("prof_0")
    assert (refused.status_code, error_code(refused)) == (status, expected)
    assert "Ada Novak" not in refused.text
    assert "X-Rendered-By" not in refused.headers


@pytest.mark.parametrize("mode", ["proxy", "fallback"])
@pytest.mark.parametrize("status", [401, 403])
def test_a_key_of_the_settings_is_no_fault_of_the_caller(mode: str, status: int) -> None:
    """That the vendor refuses it is for who runs the service."""
    with (
        play.VendorServer(lambda _: play.reply(status, {})) as vendor,
        vendor_is(vendor, mode) as (_, account),
    ):
        refused = account.render_html("prof_0")
    assert (refused.status_code, error_code(refused)) == (502, LATER)
    assert "vendor_key" in refused.json()["error"]["message"]


def test_a_key_of_ours_is_never_shown_to_the_vendor() -> None:
    """One that was erased, or misspelt, is a stranger's, but not the vendor's."""
    with (
        play.VendorServer() as vendor,
        serving_cards(mode="proxy", vendor_url=vendor.url) as service,
    ):
        http = service.client(f"{KEY_PREFIX}{'x' * 40}")
        assert http.post(PATH, json={"profileIds": ["p"]}).status_code == 401
        assert vendor.requests == []


@contextmanager
def vendor_is(
    vendor: play.VendorServer,
    mode: str,
    **settings: Any,  # noqa: ANN401  of the service
) -> Iterator[tuple[LocalService, Account]]:
    """Serve in front of a vendor, with one person stored."""
    companies = {"acme": Company(vendor_key=SecretStr(VENDOR_KEY))}
    options = {"mode": mode, "vendor_url": vendor.url, "companies": companies, **settings}
    with serving_cards(**options) as service:
        service.people_named("acme", "prof_0")
        yield service, service.account("acme")


def test_the_vendors_429_says_how_long_to_wait() -> None:
    """In proxy mode it passes on, in the contract's shape; the wait is the vendor's."""
    body = {"statusCode": 429, "message": "slow down", "error": "Too Many Requests"}
    limited = play.reply(429, body, {"Retry-After": "77"})
    with (
        play.VendorServer(lambda _: limited) as vendor,
        vendor_is(vendor, "proxy") as (_, account),
    ):
        refused = account.render_html("prof_0")
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "77"
    assert refused.json()["retryAfter"] == 77
    assert refused.json().keys() == {
        "statusCode",
        "message",
        "error",
        "retryAfter",
        "limit",
        "remaining",
        "reset",
    }


def test_the_client_keeps_to_the_vendors_limit() -> None:
    """One key is asked with fifty times a minute at most, whoever asks; then it is 429 here."""
    with (
        play.VendorServer() as vendor,
        vendor_is(vendor, "proxy", render_per_minute=1_000, vendor_patience=10.0) as (
            service,
            account,
        ),
    ):
        colleague = service.account("acme")
        statuses = [
            (account if number % 2 else colleague).render_html("prof_0").status_code
            for number in range(51)
        ]
        assert statuses == [200] * 50 + [429]
        assert len(vendor.requests) == 50
        assert {asked.headers["authorization"] for asked in vendor.requests} == {
            f"Bearer {VENDOR_KEY}"
        }


#: What the vendor does, the status in proxy mode, and why in fallback mode.
TROUBLES: Final = {
    "unavailable": (play.reply(503, {"error": {"code": LATER}}), 503, "unavailable"),
    "internal error": (play.reply(500, {"error": {"code": "X"}}), 502, "unavailable"),
    "bad gateway": (play.reply(502, b"<html>"), 502, "unavailable"),
    "silence": (play.CLOSE, 503, "connection"),
    "reset": (play.RESET, 503, "connection"),
    "no HTTP": (play.NOT_HTTP, 503, "connection"),
    "cut off": (play.TRUNCATED, 503, "connection"),
    "stalled": (play.STALL, 504, "timeout"),
    "stalled in the body": (play.STALL_IN_BODY, 504, "timeout"),
    "dripping": (play.DRIP_BODY, 504, "timeout"),
    "dripping head": (play.DRIP_HEAD, 504, "timeout"),
    "no JSON": (play.reply(200, b"Ada Novak"), 502, "unavailable"),
    "another shape": (play.reply(200, {"success": True, "data": "Ada Novak"}), 502, "unavailable"),
    "deep JSON": (play.reply(200, b"[" * 100_000), 502, "unavailable"),
    "too large": (play.LARGE, 502, "unavailable"),
    "a redirect": (play.reply(302, b"", {"Location": "http://127.0.0.1:1/"}), 502, "unavailable"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_is_wrong_with_the_vendor(trouble: str) -> None:
    """It is 502, 503 or 504 in proxy mode; in fallback mode there are cards all the same."""
    act, status, reason = TROUBLES[trouble]
    # Short where it has to pass, and long where a busy machine must not make another trouble of it.
    patience = 0.5 if reason == "timeout" else 30.0
    with play.VendorServer(lambda _: act) as vendor:
        with vendor_is(vendor, "proxy", vendor_patience=patience) as (_, account):
            refused = account.render_html("prof_0", "prof_1")
            assert (refused.status_code, error_code(refused)) == (status, LATER)
            assert "Ada Novak" not in refused.text
            assert status != 503 or refused.headers["Retry-After"]
        with vendor_is(vendor, "fallback", vendor_patience=patience) as (_, account):
            answer = account.render_html("prof_0", "prof_1")
            assert told(answer) == (200, "local", reason)
            assert outcomes(answer) == ["here", LATER]


def test_no_vendor_at_all() -> None:
    """A port that nobody listens on is 503, and in fallback mode no trouble."""
    with play.VendorServer() as vendor:
        pass
    with vendor_is(vendor, "proxy") as (_, account):
        refused = account.render_html("prof_0")
        assert (refused.status_code, error_code(refused)) == (503, LATER)
    with vendor_is(vendor, "fallback") as (_, account):
        assert told(account.render_html("prof_0")) == (200, "local", "connection")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("rate-limit=3600", "rate limit"),
        ("unavailable", "unavailable"),
        ("truncated", "connection"),
        ("slow=3600", "timeout"),
    ],
)
def test_fallback_makes_what_the_vendor_has_not(
    sandbox: LocalSandbox, fault: str, reason: str
) -> None:
    """The second call of three fails: ten are the vendor's, two are ours, the rest is missing."""
    patience = 3.0 if reason == "timeout" else 30.0
    with relaying(sandbox, "fallback", vendor_patience=patience) as relay:
        healthy = relay.ask()
        assert told(healthy) == (200, "proxy", None)
        assert outcomes(healthy) == ["vendor"] * 25
        relay.plan(None, fault)
        answer = relay.ask()
        relay.plan()
        assert told(answer) == (200, "mixed", reason)
        assert outcomes(answer) == ["vendor"] * 10 + ["here"] * 2 + [LATER] * 13
        assert answer.json()["renderedCount"] == 12


def test_proxy_gives_what_came_before_the_failure(sandbox: LocalSandbox) -> None:
    """Cards that are here are not thrown away; the others have a reason."""
    with relaying(sandbox, "proxy", vendor_patience=30.0) as relay:
        relay.plan(None, "unavailable")
        answer = relay.ask()
        relay.plan()
        assert told(answer) == (200, "proxy", "unavailable")
        assert outcomes(answer) == ["vendor"] * 10 + [LATER] * 15


def test_nothing_comes_of_it_all(sandbox: LocalSandbox) -> None:
    """Where fallback has nobody either, the vendor's trouble is the answer."""
    with relaying(sandbox, "fallback", vendor_patience=30.0) as relay:
        relay.plan("unavailable")
        refused = relay.account.render_html(*relay.people[12:20])
        relay.plan()
    assert (refused.status_code, error_code(refused)) == (503, LATER)


def test_other_companies_people_are_nobodys_in_fallback(sandbox: LocalSandbox) -> None:
    """What another company has stored is no card when the vendor fails."""
    with relaying(sandbox, "fallback", vendor_patience=30.0) as relay:
        relay.service.people_named("other", relay.people[20])
        relay.plan("unavailable")
        answer = relay.account.render_html(relay.people[0], relay.people[20], "nobody")
        relay.plan()
    assert outcomes(answer) == ["here", LATER, LATER]
    _, foreign, unknown = answer.json()["data"]
    assert {**foreign, "profileId": ""} == {**unknown, "profileId": ""}


def test_the_vendors_html_arrives_inert() -> None:
    """Whatever it sends: no card has anything alive in it, nobody who was not asked for."""
    hostile = [f"<p>before</p>{payload.text}<p>after</p>" for payload in PAYLOADS]

    def lie(asked: play.Asked) -> play.Act:
        cards: list[dict[str, Any]] = [
            {
                "profileId": each,
                "success": True,
                "name": hostile[int(each)],
                "htmlContent": hostile[int(each)],
                "script": "<script>alert(1)</script>",
            }
            for each in asked.json["profileIds"]
        ]
        strangers = [{**cards[0], "profileId": "not-asked-for"}, {**cards[0], "name": "again"}]
        body = {"success": True, "renderedCount": 1_000, "data": [*cards, *strangers], "x": "y"}
        return play.reply(200, body)

    seen = 0
    with (
        play.VendorServer(lie) as vendor,
        vendor_is(vendor, "proxy", profile_limit=100, vendor_patience=30.0) as (_, account),
    ):
        for first in range(0, len(hostile), 100):
            asked = [str(number) for number in range(first, min(first + 100, len(hostile)))]
            answer = account.render_html(*asked)
            body = answer.json()
            assert [card["profileId"] for card in body["data"]] == asked
            assert body.keys() == {"success", "renderedCount", "data"}
            for card in body["data"]:
                assert card.keys() <= {
                    "profileId",
                    "success",
                    "name",
                    "htmlContent",
                    "errorCode",
                    "errorMessage",
                }
                if card["success"]:
                    assert faults_of(card["htmlContent"]) == []
                    seen += 1
            assert body["renderedCount"] == sum(card["success"] for card in body["data"])
    assert seen > len(hostile) * 0.9


def test_clients_of_many_strangers_are_closed() -> None:
    """Somebody who sends a new key each time opens no more clients than there may be."""
    unknown = play.reply(401, {"error": {"code": "UNAUTHORIZED", "message": "no", "details": {}}})
    with (
        play.VendorServer(lambda _: unknown) as vendor,
        serving_cards(mode="proxy", vendor_url=vendor.url) as service,
    ):
        for number in range(110):
            header = {"Authorization": f"Bearer sk_live_nobody_{number:04}"}
            refused = service.http.post(PATH, json={"profileIds": ["a"]}, headers=header)
            assert refused.status_code == 401
        assert len(vendor.requests) == 110
        assert len(service.service.vendors) == 100


def test_the_way_is_told_in_local_mode_too() -> None:
    """Without a vendor the answer says that cards are ours."""
    with serving_cards() as service:
        account = service.account()
        ids = service.people(account.company, 2)
        assert told(account.render_html(*ids)) == (200, "local", None)


def test_a_tag_tells_companies_and_contents_apart() -> None:
    """The same question has the same tag until a card changes, and no tag of another company."""
    with serving_cards() as service:
        first, second = service.account(), service.account()
        for account in (first, second):
            ids = service.people(account.company, 3, name="The same")

        def tag(account: Account, *asked: str, **fields: object) -> str:
            answer = account.render_html(*asked, **fields)
            assert answer.status_code == 200
            etag: str = answer.headers["ETag"]
            return etag

        one = tag(first, *ids)
        assert one.startswith('"')
        assert tag(first, *ids) == one
        others = {
            tag(second, *ids),
            tag(first, *ids, theme="light"),
            tag(first, *reversed(ids)),
            tag(first, *ids[:2]),
            tag(first, *ids, "nobody"),
        }
        service.save(first.company, person("prof_0", name="Another"))
        others.add(tag(first, *ids))
        assert len(others | {one}) == 7
        # A POST has no representation that a client could have (RFC 9110, 13.2.1).
        body = {"profileIds": ids}
        asked = first.http.post(PATH, json=body, headers={"If-None-Match": "*"})
        assert (asked.status_code, json.loads(asked.content)["renderedCount"]) == (200, 3)


@pytest.mark.parametrize("profile", ["client", "blind"])
def test_a_company_whose_cards_hide_something_never_gets_the_vendor_s(profile: str) -> None:
    """In the mode fallback its cards are made here, beside a company that gets the vendor's."""

    def make(asked: play.Asked) -> play.Act:
        cards = [
            {"profileId": each, "success": True, "htmlContent": "<p>Zqvendorx</p>"}
            for each in asked.json["profileIds"]
        ]
        return play.reply(200, {"success": True, "renderedCount": len(cards), "data": cards})

    key = SecretStr(VENDOR_KEY)
    companies = {
        "careful": Company(vendor_key=key, profile=profile, lang="fr"),
        "open": Company(vendor_key=key),
    }
    with (
        play.VendorServer(make) as vendor,
        serving_cards(
            mode="fallback", vendor_url=vendor.url, companies=companies, blind_secret="b" * 32
        ) as service,
    ):
        for company in companies:
            service.save(company, person("p1", name="Quillon Marwick", aiRedFlags=["Zqflagx"]))
        careful = service.account("careful")
        answer = careful.render_html("p1", "unknown")
        assert vendor.connections == 0
        assert told(answer) == (200, "local", None)
        (card, missing) = answer.json()["data"]
        assert missing["errorCode"] == "PROFILE_NOT_FOUND"
        assert 'lang="fr"' in card["htmlContent"]
        assert "Zqflagx" not in answer.text
        assert ("Marwick" in answer.text) == (profile == "client")
        assert "Zqvendorx" in service.account("open").render_html("p1").text
        assert vendor.connections == 1
