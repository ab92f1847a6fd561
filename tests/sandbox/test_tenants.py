"""One company never learns of another: by tables, and by random walks of two companies."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule

from sandboxes import BRIEF, PATHS, LocalSandbox, error_code, serving

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

UNKNOWN: Final = "unknown-id"


def _told(answer: httpx.Response, *ids: str) -> tuple[int, str, dict[str, str]]:
    """Return all that an answer tells, without the time and the ids that were asked for."""
    text = re.sub(r'"timestamp": "[^"]*"', "", answer.text)
    for name in ids:
        text = text.replace(name, "ID")
    untold = ("date", "content-length", "x-ratelimit")
    headers = {k: v for k, v in answer.headers.items() if not k.startswith(untold)}
    return answer.status_code, text, headers


RUN_CALLS: Final[dict[str, Callable[[httpx.Client, str], httpx.Response]]] = {
    "sourcing": lambda http, name: http.get(f"/sourcing/{name}/results"),
    "preview": lambda http, name: http.get(f"/sourcing/preview/{name}/results"),
    "enrichment": lambda http, name: http.get(f"/sourcing/enrich/{name}/results"),
    "patch": lambda http, name: http.patch(f"/sourcing/{name}", json={"limit": 1}),
    "bad patch": lambda http, name: http.patch(f"/sourcing/{name}", json={}),
}


@pytest.mark.parametrize("call", RUN_CALLS)
@pytest.mark.parametrize("ended", [False, True])
def test_a_foreign_run_is_an_unknown_run(sandbox: LocalSandbox, call: str, ended: bool) -> None:  # noqa: FBT001
    """The answers are the same to the byte, apart from the time; ended or not."""
    owner, stranger = sandbox.account(), sandbox.account()
    kind = call if call in PATHS else "sourcing"
    request_id = owner.start(kind, **({"profileIds": ["a"]} if kind == "enrichment" else {}))
    if ended:
        owner.finished(request_id, kind)
    foreign = RUN_CALLS[call](stranger.http, request_id)
    unknown = RUN_CALLS[call](stranger.http, UNKNOWN)
    assert (foreign.status_code, error_code(foreign)) == (404, "REQUEST_NOT_FOUND")
    assert _told(foreign) == _told(unknown)
    assert RUN_CALLS[call](owner.http, request_id).status_code != 404


def test_another_key_of_the_company_reads_its_runs(sandbox: LocalSandbox) -> None:
    """Runs belong to the company, not to the key."""
    owner = sandbox.account()
    colleague = sandbox.account(owner.company_id)
    assert colleague.results(owner.start(limit=1)).status_code == 202


def test_foreign_profiles_are_unknown_profiles(sandbox: LocalSandbox) -> None:
    """Ids of another company fail by themselves, even where both found the same person."""
    owner, stranger = sandbox.account(), sandbox.account()
    theirs, ours = owner.sourced(limit=1)[0], stranger.sourced(limit=1)[0]
    assert theirs["linkedinUrl"] == ours["linkedinUrl"]
    assert theirs["profileId"] != ours["profileId"]
    ids = [theirs["profileId"], UNKNOWN, ours["profileId"]]
    charged = stranger.usage()["charged"]
    body = stranger.finished(stranger.start("enrichment", profileIds=ids), "enrichment")
    foreign, unknown, own = body["data"]
    assert {**foreign, "profileId": ""} == {**unknown, "profileId": ""}
    assert (foreign["errorCode"], own["success"]) == ("PROFILE_NOT_FOUND", True)
    assert stranger.usage()["charged"] == charged + 1


@pytest.mark.parametrize("kind", ["sourcing", "preview", "enrichment"])
def test_webhooks_of_others_on_a_run(sandbox: LocalSandbox, kind: str) -> None:
    """Unknown is 404, foreign 403, without an event of the family 422; all before 402."""
    owner, stranger = sandbox.account(), sandbox.account(credits=0)
    path = PATHS[kind]
    body: dict[str, Any] = {"profileIds": ["a"]} if kind == "enrichment" else dict(BRIEF)
    right = "ENRICH_FAILED" if kind == "enrichment" else "SOURCING_FAILED"
    wrong = "SOURCING_COMPLETED" if kind == "enrichment" else "ENRICH_COMPLETED"
    url = "https://receiver.example/"

    def start(webhook_id: str) -> tuple[int, str]:
        answer = stranger.http.post(path, json={**body, "webhookId": webhook_id})
        return answer.status_code, error_code(answer)

    bound = owner.webhook(url, wrong, companyId=owner.company_id)
    everywhere = owner.webhook(url, wrong)
    unrelated = stranger.webhook(url, wrong, "PING")
    subscribed = stranger.webhook(url, right, companyId=stranger.company_id)
    assert start(UNKNOWN) == (404, "WEBHOOK_NOT_FOUND")
    assert start(bound["id"]) == (403, "WEBHOOK_COMPANY_MISMATCH")
    assert start(everywhere["id"]) == (403, "WEBHOOK_COMPANY_MISMATCH")
    assert start(unrelated["id"]) == (422, "WEBHOOK_EVENT_NOT_SUBSCRIBED")
    assert start(subscribed["id"]) == (402, "INSUFFICIENT_FUNDS")
    colleague = sandbox.account(owner.company_id)
    theirs = owner.webhook(url, right, companyId=owner.company_id)
    accepted = colleague.http.post(path, json={**body, "webhookId": theirs["id"]})
    assert (accepted.status_code, accepted.json()["webhookId"]) == (202, theirs["id"])


@pytest.mark.parametrize(
    ("method", "suffix"),
    [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/test"), ("POST", "/reset-circuit")],
)
def test_webhook_configs_of_others(sandbox: LocalSandbox, method: str, suffix: str) -> None:
    """Another key's config is 403 and an unknown one 404, and neither does anything."""
    owner = sandbox.account()
    config = owner.webhook("https://receiver.example/", "PING", companyId=owner.company_id)
    body = {"name": "taken"} if method == "PATCH" else None
    for stranger in (sandbox.account(), sandbox.account(owner.company_id)):
        foreign = stranger.http.request(method, f"/webhooks/{config['id']}{suffix}", json=body)
        assert (foreign.status_code, error_code(foreign)) == (403, "RESOURCE_ACCESS_DENIED")
        unknown = stranger.http.request(method, f"/webhooks/{UNKNOWN}{suffix}", json=body)
        assert (unknown.status_code, error_code(unknown)) == (404, "RESOURCE_NOT_FOUND")
        assert unknown.json()["error"]["details"]["resourceType"] == "WebhookConfig"
        assert stranger.http.get("/webhooks").json()["data"] == {"data": [], "total": 0}
    assert owner.http.get(f"/webhooks/{config['id']}").json()["data"]["name"] is None


def test_a_key_of_several_companies_says_which(sandbox: LocalSandbox) -> None:
    """Such a key needs `companyId`, and reaches its own companies only."""
    companies = (sandbox.company(), sandbox.company())
    agency, stranger = sandbox.account(*companies), sandbox.account()
    refused = agency.http.post("/sourcing", json=BRIEF)
    assert (refused.status_code, error_code(refused)) == (400, "INVALID_PAYLOAD")
    for company in (stranger.company_id, UNKNOWN):
        refused = agency.http.post("/sourcing", json=BRIEF, params={"companyId": company})
        assert (refused.status_code, error_code(refused)) == (403, "RESOURCE_ACCESS_DENIED")
    first, second = ({"companyId": company} for company in companies)
    request_id = agency.http.post("/sourcing", json=BRIEF, params=first).json()["requestId"]
    url = f"/sourcing/{request_id}/results"
    assert agency.http.get(url, params=first).status_code == 202
    assert agency.http.get(url, params=second).status_code == 404
    # A key of one company may send the parameter; it means nothing.
    assert stranger.http.get("/webhooks/x", params=first).status_code == 404


def test_webhooks_of_a_key_of_several_companies(sandbox: LocalSandbox) -> None:
    """They belong to the key, so no company is named; a named one chooses its own of them."""
    first, second = sandbox.company(), sandbox.company()
    agency = sandbox.account(first, second)
    url = "https://receiver.example/"
    everywhere = agency.webhook(url, "SOURCING_FAILED")
    bound = agency.webhook(url, "SOURCING_FAILED", companyId=second)

    def listed(**params: str) -> list[str]:
        answer = agency.http.get("/webhooks", params=params)
        return [config["id"] for config in answer.json()["data"]["data"]]

    assert listed() == [everywhere["id"], bound["id"]]
    assert listed(companyId=first) == []
    assert listed(companyId=second) == [bound["id"]]
    assert agency.http.get(f"/webhooks/{bound['id']}").status_code == 200
    for webhook, company, status in (
        (everywhere, first, 202),
        (everywhere, second, 202),
        (bound, second, 202),
        (bound, first, 403),
    ):
        body = {**BRIEF, "webhookId": webhook["id"]}
        answer = agency.http.post("/sourcing", json=body, params={"companyId": company})
        assert answer.status_code == status


class TwoCompanies(RuleBasedStateMachine):
    """Two companies start, end, enrich and render what they like, with all ids there are.

    Every answer to one of them is compared with what its own deeds allow; whatever is not its own
    has to look like an id that does not exist.
    """

    sandbox: LocalSandbox

    runs = Bundle("runs")
    profiles = Bundle("profiles")
    companies = st.sampled_from([0, 1])

    @initialize()
    def open_accounts(self) -> None:
        """Begin with two companies."""
        self.accounts = [self.sandbox.account(), self.sandbox.account(billing="postpaid")]

    @rule(
        target=runs,
        company=companies,
        kind=st.sampled_from(["sourcing", "preview"]),
        title=st.sampled_from(["Rust engineer", "Nurse", "Head of Sales", "qqqq"]),
        limit=st.integers(1, 5),
    )
    def search(self, company: int, kind: str, title: str, limit: int) -> tuple[int, str, str]:
        """Start a search."""
        request_id = self.accounts[company].start(kind, title=title, limit=limit)
        return company, kind, request_id

    @rule(target=profiles, company=companies, run=runs)
    def read(self, company: int, run: tuple[int, str, str]) -> tuple[int, tuple[str, ...]]:
        """Read a run, perhaps the other's."""
        owner, kind, request_id = run
        account = self.accounts[company]
        if owner != company:
            foreign = account.results(request_id, kind)
            assert _told(foreign) == _told(account.results(UNKNOWN, kind))
            return owner, ()
        body = account.finished(request_id, kind)
        return owner, tuple(candidate["profileId"] for candidate in body["candidates"])

    @rule(company=companies, run=runs, limit=st.integers(1, 3))
    def patch(self, company: int, run: tuple[int, str, str], limit: int) -> None:
        """Patch a run, perhaps the other's."""
        owner, kind, request_id = run
        http = self.accounts[company].http
        answer = http.patch(f"/sourcing/{request_id}", json={"limit": limit})
        if owner != company or kind != "sourcing":
            unknown = http.patch(f"/sourcing/{UNKNOWN}", json={"limit": limit})
            assert _told(answer) == _told(unknown)
        else:
            assert answer.status_code in {202, 409}

    @rule(company=companies, found=profiles, enrich=st.booleans())
    def use_profiles(self, company: int, found: tuple[int, tuple[str, ...]], enrich: bool) -> None:  # noqa: FBT001
        """Enrich or render people, perhaps the other's."""
        owner, ids = found
        account = self.accounts[company]
        asked = (*ids[:5], UNKNOWN)
        if enrich:
            request_id = account.start("enrichment", profileIds=asked)
            items = account.finished(request_id, "enrichment")["data"]
        else:
            body = {"profileIds": asked}
            items = account.http.post("/sourcing/render-html", json=body).json()["data"]
        *known, unknown = items
        for item in known:
            if owner == company:
                assert item["success"]
            else:
                assert {**item, "profileId": ""} == {**unknown, "profileId": ""}

    def teardown(self) -> None:
        """Look whether the books are right."""
        for account, billing in zip(
            getattr(self, "accounts", ()), ("prepaid", "postpaid"), strict=False
        ):
            usage = account.usage()
            assert usage["billing"] == billing
            assert usage["available"] == usage["granted"] - usage["charged"] - usage["held"]


def test_two_companies_never_meet() -> None:
    """Random walks of two companies never show one the other's runs, people or charges."""
    with serving() as sandbox:
        TwoCompanies.sandbox = sandbox
        case = TwoCompanies.TestCase
        case.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
        case("runTest").runTest()


def test_nothing_of_a_person_is_in_a_refusal(sandbox: LocalSandbox) -> None:
    """Refusals and unknown ids name no candidate, company or key."""
    owner, stranger = sandbox.account(), sandbox.account()
    people = owner.sourced(limit=3)
    answers = [
        stranger.http.post(
            "/sourcing/render-html", json={"profileIds": [p["profileId"] for p in people]}
        ),
        stranger.results(owner.start(limit=1)),
    ]
    text = json.dumps([answer.json() for answer in answers])
    for person in people:
        assert person["name"] not in text
    assert owner.company_id not in text
