"""Every endpoint of the contract does what its table says, over a socket."""

from __future__ import annotations

import re

import pytest

from candidate_cards.models import (
    EnrichmentCompleted,
    PreviewCompleted,
    RunAccepted,
    SourcingCompleted,
    parse_enrichment_run,
    parse_preview_run,
    parse_sourcing_run,
)
from sandboxes import BRIEF, LocalSandbox

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def test_sourcing_is_accepted_works_and_completes(sandbox: LocalSandbox) -> None:
    """A run answers 202 until it ends, then 200 with the ranked candidates."""
    account = sandbox.account()
    answer = account.http.post("/sourcing", json={**BRIEF, "limit": 7, "query": "PostgreSQL"})
    accepted = answer.json()
    assert answer.status_code == 202
    assert set(accepted) == {
        "success",
        "requestId",
        "status",
        "message",
        "createdAt",
        "updatedAt",
    }
    assert RunAccepted.model_validate(accepted).request_id.startswith("req_")
    assert _TIME.fullmatch(accepted["createdAt"])

    polled = account.results(accepted["requestId"])
    assert polled.status_code == 202
    assert set(polled.json()) == {
        "success",
        "requestId",
        "status",
        "createdAt",
        "candidatesSourcedCount",
        "message",
    }

    body = account.finished(accepted["requestId"])
    run = parse_sourcing_run(body)
    assert isinstance(run, SourcingCompleted)
    assert body["success"] is True
    assert _TIME.fullmatch(body["completedAt"])
    assert run.scored_count == len(run.candidates) == 7
    assert run.found_count is not None
    assert run.found_count > 7
    scores = [candidate["matchScore"] for candidate in body["candidates"]]
    assert scores == sorted(scores, reverse=True)
    assert "Rust" in body["candidates"][0]["currentRole"]
    for candidate in run.candidates:
        assert candidate.rationale
        assert not candidate.emails
        assert "emails" not in candidate.model_fields_set


def test_a_search_without_words_completes_with_nobody(sandbox: LocalSandbox) -> None:
    """No match is a completed run with an empty list, and it costs nothing."""
    account = sandbox.account()
    body = account.finished(account.start(title="qqqq", jobDescription="zzzz", location=None))
    assert body["candidates"] == []
    assert (body["foundCount"], body["scoredCount"]) == (0, 0)
    assert account.usage()["charged"] == 0


def test_patch_adds_people_who_were_not_scored_before(sandbox: LocalSandbox) -> None:
    """A second pass keeps the id and the first candidates, and adds others in rank."""
    account = sandbox.account()
    request_id = account.start(limit=5)
    first = {c["profileId"] for c in account.finished(request_id)["candidates"]}
    patched = account.http.patch(
        f"/sourcing/{request_id}", json={"query": "German speakers", "limit": 3}
    )
    assert patched.status_code == 202
    assert patched.json()["requestId"] == request_id
    assert account.results(request_id).status_code == 202
    body = account.finished(request_id)
    second = [c["profileId"] for c in body["candidates"]]
    assert len(second) == len(set(second)) == body["scoredCount"] == 8
    assert first < set(second)
    scores = [candidate["matchScore"] for candidate in body["candidates"]]
    assert scores == sorted(scores, reverse=True)


def test_patch_with_a_query_alone_scores_ten_more(sandbox: LocalSandbox) -> None:
    """Without a limit, a pass evaluates 10."""
    account = sandbox.account()
    request_id = account.start(limit=1)
    account.finished(request_id)
    account.http.patch(f"/sourcing/{request_id}", json={"query": "Kubernetes"})
    assert account.finished(request_id)["scoredCount"] == 11


def test_patch_mends_a_failed_run(sandbox: LocalSandbox) -> None:
    """A run that failed may be patched, and then completes."""
    account = sandbox.account()
    answer = account.http.post(
        "/sourcing", json=BRIEF, headers={"X-Sandbox-Fault": "provider-outage"}
    )
    request_id = answer.json()["requestId"]
    failed = account.finished(request_id)
    assert (failed["status"], failed["success"]) == ("failed", True)
    account.http.patch(f"/sourcing/{request_id}", json={"limit": 2})
    assert account.finished(request_id)["scoredCount"] == 2


@pytest.mark.parametrize(("limit", "pages"), [(1, 1), (20, 1), (21, 2), (100, 5)])
def test_previews_cost_a_credit_a_page(sandbox: LocalSandbox, limit: int, pages: int) -> None:
    """A preview has nine fields a person, no scores, and costs each page that was asked for."""
    account = sandbox.account()
    request_id = account.start("preview", limit=limit)
    assert account.usage()["held"] == pages
    assert account.results(request_id, "preview").status_code == 202
    body = account.finished(request_id, "preview")
    run = parse_preview_run(body)
    assert isinstance(run, PreviewCompleted)
    assert len(run.candidates) == limit
    nine = {
        "profileId",
        "fullName",
        "profileUrl",
        "title",
        "headline",
        "location",
        "country",
        "companyName",
        "companyUrl",
    }
    assert all(set(candidate) <= nine for candidate in body["candidates"])
    assert any(set(candidate) == nine for candidate in body["candidates"])
    assert account.usage()["charged"] == pages


def test_a_preview_asks_for_no_page_after_the_last(sandbox: LocalSandbox) -> None:
    """A page that is not full is the last, and what was held for others is free again."""
    account = sandbox.account()
    request_id = account.start(
        "preview", title="qqqq", jobDescription="zzzz", location=None, limit=100
    )
    assert account.usage()["held"] == 5
    assert account.finished(request_id, "preview")["candidates"] == []
    usage = account.usage()
    assert (usage["held"], usage["charged"]) == (0, 1)


def test_enrichment_adds_addresses(sandbox: LocalSandbox) -> None:
    """Each profile succeeds or fails by itself; only successes cost."""
    account = sandbox.account()
    people = account.sourced(limit=6)
    before = account.usage()["charged"]
    ids = [person["profileId"] for person in people]
    request_id = account.start("enrichment", profileIds=[*ids, "prof_unknown"])
    assert request_id.startswith("enr_")
    polled = account.results(request_id, "enrichment")
    assert polled.status_code == 202
    assert set(polled.json()) == {"success", "requestId", "status", "message", "createdAt"}
    body = account.finished(request_id, "enrichment")
    run = parse_enrichment_run(body)
    assert isinstance(run, EnrichmentCompleted)
    assert (run.enriched_count, run.failure_count, run.credits_consumed) == (6, 1, 6)
    assert [item.profile_id for item in run.data] == [*ids, "prof_unknown"]
    assert body["data"][-1]["errorCode"] == "PROFILE_NOT_FOUND"
    assert set(body["data"][-1]) == {"profileId", "success", "errorCode", "errorMessage"}
    for person, item in zip(people, body["data"], strict=False):
        candidate = item["candidate"]
        assert candidate["matchScore"] == person["matchScore"]
        assert "rationale" not in candidate
        assert all(email.endswith((".example", "@example.org")) for email in candidate["emails"])
    assert any(item["candidate"]["emails"] for item in body["data"][:-1])
    assert account.usage()["charged"] == before + 6


def test_enrichment_knows_people_of_previews(sandbox: LocalSandbox) -> None:
    """A profile that only a preview showed can be enriched; it has no score."""
    account = sandbox.account()
    person = account.finished(account.start("preview", limit=1), "preview")["candidates"][0]
    request_id = account.start("enrichment", profileIds=[person["profileId"]])
    (item,) = account.finished(request_id, "enrichment")["data"]
    assert item["candidate"]["name"] == person["fullName"]
    assert "matchScore" not in item["candidate"]


def test_repeated_ids_are_answered_and_paid_once(sandbox: LocalSandbox) -> None:
    """One entry for each distinct id."""
    account = sandbox.account()
    (person,) = account.sourced(limit=1)
    request_id = account.start("enrichment", profileIds=[person["profileId"]] * 3)
    assert account.usage()["held"] == 1
    assert len(account.finished(request_id, "enrichment")["data"]) == 1


@pytest.mark.parametrize("asked", ["sourcing", "preview", "enrichment"])
@pytest.mark.parametrize("kind", ["sourcing", "preview", "enrichment"])
def test_a_run_is_read_where_its_kind_is(sandbox: LocalSandbox, kind: str, asked: str) -> None:
    """The id of a run of another kind is unknown."""
    account = sandbox.account()
    fields = {"profileIds": ["a"]} if kind == "enrichment" else {}
    request_id = account.start(kind, **fields)
    assert account.results(request_id, asked).status_code == (202 if kind == asked else 404)


def test_null_is_absent(sandbox: LocalSandbox) -> None:
    """An optional field may be null: the default counts."""
    account = sandbox.account()
    nothing = {"location": None, "query": None, "limit": None, "webhookId": None}
    for kind, held in (("sourcing", 20), ("preview", 1)):
        before = account.usage()["held"]
        account.start(kind, **nothing)
        assert account.usage()["held"] == before + held
    account.start("enrichment", profileIds=["a"], webhookId=None)
    fields = dict.fromkeys(("name", "description", "companyId", "headers"))
    assert account.webhook("https://receiver.example/", "PING", **fields)["headers"] == []
