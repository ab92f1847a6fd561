"""Candidates of a company over HTTP: saved, read, shown, changed with care; and whose they are."""

from __future__ import annotations

import json
import re
import threading
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from uvicorn.protocols.http.h11_impl import H11Protocol

from candidate_cards import Candidate, export_candidates, list_formats
from candidate_cards.exports.pdf import render_dossier
from candidate_cards.service.formats import FORMATS
from sandboxes import error_code
from services import Account, LocalService, person, serving_cards

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

PLANTED: Final = "Xylophone Quartz"


@pytest.fixture(scope="module")
def running() -> Iterator[LocalService]:
    """A service with a database."""
    with serving_cards(pdf_workers=1) as service:
        yield service


@pytest.fixture
def account(running: LocalService) -> Account:
    """A key of a new company."""
    return running.account()


def _path(profile_id: str, suffix: str = "") -> str:
    """Return the path of a candidate; a client takes two mere dots for the folder above."""
    segment = quote(profile_id, safe="").replace(".", "%2E")
    return f"/candidates/{segment}{suffix}"


def _upload(account: Account, *records: object) -> httpx.Response:
    return account.http.post("/candidates", json=list(records))


def _outcomes(answer: httpx.Response) -> dict[str, str]:
    return {each["profileId"]: each["outcome"] for each in answer.json()["saved"]}


# Saving


def test_an_upload_says_what_became_of_each(account: Account) -> None:
    """Added, changed, unchanged; merged by the toolkit's rule, so that gaps take nothing away."""
    first = _upload(account, {"profileId": "a", "name": "A", "matchScore": 9}, {"profileId": "b"})
    assert (first.status_code, _outcomes(first)) == (200, {"a": "added", "b": "added"})
    second = _upload(
        account,
        {"profileId": "c"},
        {"profileId": "a", "matchScore": None, "location": "Brno"},
        {"profileId": "b"},
    )
    assert _outcomes(second) == {"c": "added", "a": "changed", "b": "unchanged"}
    stored = account.http.get(_path("a")).json()
    assert stored == {"profileId": "a", "name": "A", "matchScore": 9, "location": "Brno"}


def test_what_cannot_be_saved_spoils_nothing_else(account: Account) -> None:
    """Good records are saved; every other one is told with its place, without the data."""
    too_long = "ř" * 1025  # its hash stands for it
    answer = _upload(
        account,
        {"profileId": "a", "name": PLANTED},
        {"name": PLANTED},
        {"profileId": too_long, "name": PLANTED},
        {"profileId": "b", "skills": PLANTED},
        {"profileId": "c", "success": False, "errorCode": "PROFILE_TIMEOUT"},
    )
    assert answer.status_code == 200
    body = answer.json()
    assert [each[:7] for each in _outcomes(answer)] == ["a", "sha256:", "b"]
    assert [profile["profileId"] for profile in body["failed"]] == ["c"]
    told = {(problem["severity"], problem["field"]) for problem in body["problems"]}
    assert told == {
        ("error", "[1].profileId"),
        ("error", "[3].skills"),
        ("notice", "[2].profileId"),
    }
    assert PLANTED not in json.dumps(body["problems"])
    assert account.http.get(_path("c")).status_code == 404


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b"[1]", b"nothing", b'{"requestId": "r", "status": "failed"}']
)
def test_an_upload_of_nobody(account: Account, body: bytes) -> None:
    """What has no record at all is a mistake, and an empty list is an upload of nobody."""
    headers = {"Content-Type": "application/json"}
    answer = account.http.post("/candidates", content=body, headers=headers)
    if body == b"[]":
        assert (answer.status_code, answer.json()["saved"]) == (200, [])
    else:
        assert (answer.status_code, error_code(answer)) == (400, "INVALID_PAYLOAD")


def test_put_saves_the_candidate_of_its_path(account: Account) -> None:
    """201 for a new one, then 200; another id, several people or a failure are refused."""
    added = account.http.put(_path("a/1"), json={"profileId": "a/1", "name": "A"})
    assert (added.status_code, _outcomes(added)) == (201, {"a/1": "added"})
    changed = account.http.put(_path("a/1"), json={"profileId": "a/1", "name": "B"})
    assert (changed.status_code, _outcomes(changed)) == (200, {"a/1": "changed"})
    assert "ETag" not in changed.headers  # what is stored is not what was sent (RFC 9110, 9.3.4)
    for body in (
        {"profileId": "a/2"},
        [{"profileId": "a/1"}, {"profileId": "a/2"}],
        [{"profileId": "a/1"}, {"profileId": "x", "success": False, "errorCode": "E"}],
        {"profileId": "a/1", "success": False, "errorCode": "E"},
        [],
    ):
        answer = account.http.put(_path("a/1"), json=body)
        assert (answer.status_code, error_code(answer)) == (400, "INVALID_PAYLOAD")
    assert account.http.get(_path("a/1")).json() == {"profileId": "a/1", "name": "B"}
    long = "ř" * 1025
    refused = account.http.put(_path(long), json={"profileId": long})
    assert (refused.status_code, error_code(refused)) == (400, "INVALID_PAYLOAD")


@given(profile_id=st.text(min_size=1, max_size=30) | st.text("./\\%?#+ é\x00", min_size=1))
@settings(max_examples=150, deadline=None)
def test_any_id_that_is_stored_is_found(running: LocalService, profile_id: str) -> None:
    """Slashes, dots, percent signs: the id in the path is the one in the record, and no other."""
    account = running.account()
    saved = _upload(account, {"profileId": profile_id})
    if saved.status_code == 400:  # nothing of it is visible
        assert account.http.get(_path(profile_id)).status_code == 404
        return
    (stored,) = _outcomes(saved)
    path = _path(stored)
    assert account.http.get(path).json() == {"profileId": stored}
    assert account.http.get(f"{path}/fragment").status_code == 200
    assert account.http.get(f"{path}%2Ffragment").status_code == 404
    assert account.http.put(path, json={"profileId": stored}).status_code == 200
    if profile_id != stored:  # a control character, say
        assert account.http.get(_path(profile_id)).status_code == 404
    assert account.http.delete(path).status_code == 204
    assert account.http.get(path).status_code == 404


@pytest.mark.parametrize(
    "target", ["%2Fcandidates%2Fp", "%2Fcandidates/p", "/candidates%2Fp", "/%63andidates/p"]
)
def test_a_slash_that_is_encoded_is_no_bug(target: str) -> None:
    """Even a path without any other is answered."""
    with serving_cards(protocol=H11Protocol) as service:
        key = service.account().key.get_secret_value()
        connection = HTTPConnection(service.base_url.removeprefix("http://"))
        connection.request("GET", target, headers={"Authorization": f"Bearer {key}"})
        assert connection.getresponse().status == 404
        connection.close()


@pytest.mark.parametrize(
    "segment",
    [
        *("nobody", "%00", "a%00b", "%FF", "%C3%28", "%ED%A0%80", "%zz", "%", "%2e%2e", "..%2f"),
        *("%2F", "a" * 3000, "%F0%9F%92%A9" * 700),
    ],
)
def test_an_id_that_nothing_has(running: LocalService, account: Account, segment: str) -> None:
    """Unknown, malformed and impossible ids get the same 404, byte for byte, by every way."""
    running.people(account.company, 1)
    for method, suffix in (
        ("GET", ""),
        ("DELETE", ""),
        *(("GET", f"/{name}") for name in list_formats()),
    ):
        answer = account.http.request(method, f"/candidates/{segment}{suffix}")
        unknown = account.http.request(method, f"/candidates/unknown{suffix}")
        assert (answer.status_code, error_code(answer)) == (404, "PROFILE_NOT_FOUND")
        assert _told(answer) == _told(unknown)


def test_a_query_that_means_nothing_is_a_mistake(account: Account) -> None:
    """Nobody is erased by a request that was meant as a rehearsal."""
    _upload(account, {"profileId": "a"})
    for method in ("GET", "DELETE"):
        answer = account.http.request(method, _path("a"), params={"dryRun": "true"})
        assert (answer.status_code, error_code(answer)) == (400, "INVALID_PAYLOAD")
    assert account.http.get(_path("a")).status_code == 200


# Showing


@pytest.mark.parametrize("name", list_formats())
def test_a_stored_candidate_in_every_format(account: Account, name: str) -> None:
    """The bytes are the library's, of the record as it is stored."""
    candidate = person("p1", emails=["a@b.example"])
    _upload(account, candidate.to_wire())
    answer = account.http.get(_path("p1", f"/{name}"))
    assert answer.status_code == 200, answer.text
    assert answer.content == export_candidates(candidate, format=name)
    assert answer.headers["Content-Type"].partition(";")[0] == FORMATS[name].exporter.media_type
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Authorization" in answer.headers["Vary"]
    assert "Person" not in answer.headers["Content-Disposition"]


def test_a_stored_candidate_with_options(account: Account) -> None:
    """They are those of a rendered body, without what is said of a shortlist."""
    candidate = person("p1", emails=["a@b.example"])
    _upload(account, candidate.to_wire())
    page = account.http.get(
        _path("p1", "/page"), params={"theme": "light", "density": "detail", "showEmails": "true"}
    )
    assert page.content == export_candidates(
        candidate, format="page", theme="light", density="detail", show_emails=True
    )
    paper = account.http.get(_path("p1", "/pdf"), params={"pageSize": "Letter"})
    assert paper.content == render_dossier(candidate, page_size="Letter")
    refused = account.http.get(_path("p1", "/page"), params={"title": "Engineer"})
    assert (refused.status_code, error_code(refused)) == (400, "INVALID_PAYLOAD")
    other = account.http.get(_path("p1", "/page"), headers={"Accept": "application/pdf"})
    assert (other.status_code, error_code(other)) == (406, "NOT_ACCEPTABLE")
    record = account.http.get(_path("p1"), headers={"Accept": "text/html"})
    assert (record.status_code, error_code(record)) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize("suffix", ["", *(f"/{name}" for name in list_formats())])
def test_what_a_client_has_is_not_sent_again(account: Account, suffix: str) -> None:
    """304 while the record is the same; another look or another record is another tag."""
    _upload(account, person("p1").to_wire())
    path = _path("p1", suffix)
    first = account.http.get(path)
    tag = first.headers["ETag"]
    for asked in (tag, f'"other", {tag}', "*", tag.removeprefix("W/"), f"W/{tag.lstrip('W/')}"):
        again = account.http.get(path, headers={"If-None-Match": asked})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == tag
        assert again.headers["Cache-Control"] == "private, no-cache"
    assert account.http.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    missed = account.http.get(path, headers={"If-Match": '"other"'})
    assert (missed.status_code, error_code(missed)) == (412, "PRECONDITION_FAILED")
    if suffix:
        look = account.http.get(path, params={"theme": "harbour"}, headers={"If-None-Match": tag})
        assert (look.status_code, look.headers["ETag"] != tag) == (200, True)
    _upload(account, {"profileId": "p1", "name": "Somebody Else"})
    fresh = account.http.get(path, headers={"If-None-Match": tag})
    assert (fresh.status_code, fresh.headers["ETag"] != tag) == (200, True)


# Changing with care


def test_a_change_of_what_has_changed_meanwhile_is_refused(account: Account) -> None:
    """If-Match and If-None-Match of PUT and DELETE: 412, and nothing is done."""
    path = _path("p1")

    def put(name: str, **headers: str) -> int:
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        body = {"profileId": "p1", "name": name}
        return account.http.put(path, json=body, headers=named).status_code

    assert put("A", If_Match="*") == 412
    assert put("A", If_None_Match="*") == 201
    assert put("B", If_None_Match="*") == 412
    tag = account.http.get(path).headers["ETag"]
    assert put("B", If_Match=f"W/{tag}") == 412  # weak ones never match here
    assert put("B", If_Match='"x", nonsense') == 412
    assert put("B", If_Match=f'"x", {tag}') == 200
    assert put("C", If_Match=tag) == 412
    assert account.http.get(path).json()["name"] == "B"
    assert account.http.delete(path, headers={"If-Match": tag}).status_code == 412
    assert account.http.delete(_path("nobody"), headers={"If-Match": tag}).status_code == 404
    tag = account.http.get(path).headers["ETag"]
    assert account.http.delete(path, headers={"If-Match": tag}).status_code == 204


@pytest.mark.parametrize("create", [True, False])
def test_of_many_at_once_one_changes(running: LocalService, create: bool) -> None:  # noqa: FBT001
    """Whether the record is as a client thinks is looked at when it is written, not before."""
    account = running.account()
    headers = {"If-None-Match": "*"}
    if not create:
        _upload(account, {"profileId": "p1", "name": "first"})
        headers = {"If-Match": account.http.get(_path("p1")).headers["ETag"]}
    statuses: list[int] = []
    clients = [running.client(account.key.get_secret_value()) for _ in range(12)]

    def put(number: int) -> None:
        body = {"profileId": "p1", "name": f"Name {number}"}
        answer = clients[number].put(_path("p1"), json=body, headers=headers)
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=put, args=(number,)) for number in range(len(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201 if create else 200, *[412] * (len(clients) - 1)]


# Who may


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "/candidates", "cards:write"),
        ("PUT", "/candidates/a", "cards:write"),
        ("GET", "/candidates/a", "cards:write"),
        ("DELETE", "/candidates/a", "cards:write"),
        ("DELETE", "/candidates", "cards:write"),
        *(("GET", f"/candidates/a/{name}", "enrich:write") for name in list_formats()),
    ],
)
def test_each_route_has_its_scope(
    running: LocalService, method: str, path: str, scope: str
) -> None:
    """Every other scope together is not enough; no key is 401."""
    others = {"enrich:write", "cards:write", "cards:render", "sourcing:read"} - {scope}
    answer = running.account(scopes=sorted(others)).http.request(method, path)
    assert (answer.status_code, error_code(answer)) == (403, "INSUFFICIENT_SCOPES")
    assert answer.json()["error"]["details"] == {"required": [scope]}
    assert running.http.request(method, path).status_code == 401


def test_a_company_is_erased_only_by_its_name(running: LocalService) -> None:
    """Without the company's own id nothing is; with it all is, its keys too, and nobody else's."""
    account, other = running.account(), running.account()
    running.people(account.company, 3)
    running.people(other.company, 2)
    for params in ({}, {"confirm": ""}, {"confirm": other.company}, {"confirm": "yes"}):
        refused = account.http.delete("/candidates", params=params)
        assert (refused.status_code, error_code(refused)) == (400, "INVALID_PAYLOAD")
        assert account.company not in refused.text
    done = account.http.delete("/candidates", params={"confirm": account.company})
    assert (done.status_code, done.json()) == (200, {"candidates": 3})
    assert account.http.get("/candidates/prof_0").status_code == 401
    assert running.service.store.keys(account.company) == ()
    assert other.http.get("/candidates/prof_0").status_code == 200


# Companies


def _told(answer: httpx.Response, *names: str) -> tuple[int, str, dict[str, str]]:
    """Return all that an answer tells, without time, ids that were asked for, and counts."""
    text = re.sub(r'"timestamp": "[^"]*"', "", answer.text)
    for name in names:
        text = text.replace(name, "ID")
    untold = ("date", "content-length", "x-ratelimit", "x-request-id")
    headers = {k: v for k, v in answer.headers.items() if not k.startswith(untold)}
    return answer.status_code, text, headers


class Deed(NamedTuple):
    """A request that takes an id."""

    method: str
    suffix: str = ""


DEEDS: Final = (
    Deed("GET"),
    Deed("PUT"),
    Deed("DELETE"),
    *(Deed("GET", f"/{name}") for name in ("fragment", "element", "page", "email")),
)
UNKNOWN: Final = "nobody-has-this"
IDS: Final = ("p1", "p/2", "p.3", "p%4")


class ThreeCompanies(RuleBasedStateMachine):
    """Three companies upload, read, show, change, render and erase people with the same ids.

    Each answer is compared with what the company itself has done. A name says whose it is, so that
    one in a wrong answer is seen.
    """

    running: LocalService
    steps = 0

    companies = st.integers(0, 2)
    ids = st.sampled_from(IDS)

    @initialize()
    def open_accounts(self) -> None:
        """Begin with three new companies."""
        self.accounts = [self.running.account() for _ in range(3)]
        self.people: list[dict[str, str]] = [{}, {}, {}]
        self.tags: dict[str, set[tuple[int, str]]] = {}
        self.number = 0

    def _seen(self, company: int, answer: httpx.Response) -> httpx.Response:
        """Look for anything of another company."""
        type(self).steps += 1
        assert answer.status_code < 500, answer.text
        names = re.findall(rb"Zq([0-9])x", answer.content)
        assert set(names) <= {b"%d" % company}
        for other, account in enumerate(self.accounts):
            if other != company:
                assert account.company not in answer.text
        if tag := answer.headers.get("ETag"):
            tags = self.tags.setdefault(str(answer.request.url), set())
            tags.add((company, tag))
            owners = [owner for owner, known in tags if known == tag]
            assert owners == [company]
            assert answer.headers["Cache-Control"].startswith("private")
        return answer

    def _ask(self, company: int, deed: Deed, profile_id: str, **more: Any) -> httpx.Response:  # noqa: ANN401
        http = self.accounts[company].http
        path = _path(profile_id, deed.suffix)
        return self._seen(company, http.request(deed.method, path, **more))

    def _name(self, company: int) -> str:
        self.number += 1
        return f"Zq{company}x{self.number}"

    @rule(company=companies, ids=st.sets(ids, min_size=1))
    def upload(self, company: int, ids: set[str]) -> None:
        """Save some, in one request."""
        names = {each: self._name(company) for each in sorted(ids)}
        records = [{"profileId": each, "name": name} for each, name in names.items()]
        answer = self._seen(company, _upload(self.accounts[company], *records))
        known = self.people[company]
        assert _outcomes(answer) == {
            each: "changed" if each in known else "added" for each in names
        }
        known |= names

    @rule(profile_id=ids)
    def upload_the_same_everywhere(self, profile_id: str) -> None:
        """Let all three have an equal record: what is told of it still differs."""
        for company, account in enumerate(self.accounts):
            self._ask(company, Deed("DELETE"), profile_id)
            self._seen(company, _upload(account, {"profileId": profile_id, "name": "Same"}))
            self.people[company][profile_id] = "Same"
            for suffix in ("", "/page"):
                self._ask(company, Deed("GET", suffix), profile_id)

    @rule(company=companies, profile_id=ids)
    def read(self, company: int, profile_id: str) -> None:
        """Read one, which another may have."""
        answer = self._ask(company, Deed("GET"), profile_id)
        if profile_id in self.people[company]:
            name = self.people[company][profile_id]
            assert answer.json() == {"profileId": profile_id, "name": name}
        else:
            assert _told(answer) == _told(self._ask(company, Deed("GET"), UNKNOWN))

    @rule(company=companies, profile_id=ids, deed=st.sampled_from(DEEDS), other=companies)
    def use_what_another_has(self, company: int, profile_id: str, deed: Deed, other: int) -> None:
        """Ask with a tag that another company was given for the same address."""
        url = str(
            self.accounts[other].http.build_request("GET", _path(profile_id, deed.suffix)).url
        )
        tags = [tag for owner, tag in self.tags.get(url, ()) if owner == other]
        if other == company or not tags:
            return
        if deed.method == "GET":
            answer = self._ask(company, deed, profile_id, headers={"If-None-Match": tags[-1]})
            assert answer.status_code in {200, 404}
            return
        body = {"profileId": profile_id, "name": self._name(company)}
        more: dict[str, Any] = {"json": body} if deed.method == "PUT" else {}
        answer = self._ask(company, deed, profile_id, headers={"If-Match": tags[-1]}, **more)
        missing = deed.method == "DELETE" and profile_id not in self.people[company]
        assert answer.status_code == (404 if missing else 412)

    @rule(company=companies, profile_id=ids, deed=st.sampled_from(DEEDS[3:]))
    def show(self, company: int, profile_id: str, deed: Deed) -> None:
        """Show one, which another may have."""
        answer = self._ask(company, deed, profile_id)
        if name := self.people[company].get(profile_id):
            candidate = Candidate(profile_id=profile_id, name=name)
            assert answer.content == export_candidates(candidate, format=deed.suffix[1:])
        else:
            assert _told(answer) == _told(self._ask(company, deed, UNKNOWN))

    @rule(company=companies, ids=st.sets(ids, min_size=1))
    def render_html(self, company: int, ids: set[str]) -> None:
        """Ask for several as the vendor's route does."""
        asked = [*sorted(ids), UNKNOWN]
        answer = self._seen(company, self.accounts[company].render_html(*asked))
        *cards, unknown = answer.json()["data"]
        for card in cards:
            if name := self.people[company].get(card["profileId"]):
                assert name in card["htmlContent"]
            else:
                assert {**card, "profileId": ""} == {**unknown, "profileId": ""}

    @rule(company=companies, profile_id=ids)
    def put(self, company: int, profile_id: str) -> None:
        """Change one, or add it."""
        name = self._name(company)
        body = {"profileId": profile_id, "name": name}
        answer = self._ask(company, Deed("PUT"), profile_id, json=body)
        assert answer.status_code == (200 if profile_id in self.people[company] else 201)
        self.people[company][profile_id] = name

    @rule(company=companies, profile_id=ids)
    def erase(self, company: int, profile_id: str) -> None:
        """Erase one, which another may have."""
        answer = self._ask(company, Deed("DELETE"), profile_id)
        if profile_id in self.people[company]:
            assert (answer.status_code, answer.content) == (204, b"")
            del self.people[company][profile_id]
        else:
            assert _told(answer) == _told(self._ask(company, Deed("DELETE"), UNKNOWN))

    @rule(company=companies)
    def erase_company(self, company: int) -> None:
        """Leave for good, and come back as somebody new; or fail to erase another."""
        mine, another = self.accounts[company], self.accounts[company - 1]
        refused = mine.http.delete("/candidates", params={"confirm": another.company})
        assert self._seen(company, refused).status_code == 400
        done = mine.http.delete("/candidates", params={"confirm": mine.company})
        assert self._seen(company, done).json() == {"candidates": len(self.people[company])}
        self.accounts[company] = self.running.account(mine.company)
        self.people[company] = {}


def test_three_companies_never_meet(running: LocalService) -> None:
    """Thousands of steps of three companies with the same ids show nobody anything of another."""
    ThreeCompanies.running = running
    case = ThreeCompanies.TestCase
    case.settings = settings(max_examples=45, stateful_step_count=40, deadline=None)
    case("runTest").runTest()
    assert ThreeCompanies.steps > 2000
