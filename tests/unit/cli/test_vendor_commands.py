"""``source``, ``refine``, ``enrich`` and ``results`` against a real server on this machine."""

from __future__ import annotations

import json
import math
import os
import re
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from clients import CANARY
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from leftovers import no_pauses_between_attempts, nothing_is_left  # noqa: F401
from vendor_server import ACCEPTED, CLOSE, RUN, Act, Asked, VendorServer, good_answer, reply, run

from candidate_cards import load_shortlist, parse_shortlist
from candidate_cards.cli.exit_codes import ExitCode
from candidate_cards.instaview._settings import BASE_URL
from command_line import candidate, enrichment, invoke, sourcing
from vendor_command_line import (
    COMMAND,
    DESCRIPTION,
    NOT_FOUND,
    SEARCH,
    answering,
    ask,
    asked_for,
    continuation,
    enriching,
    enrichment_server,
    lines,
    only_the_key_is_set,  # noqa: F401
)

if TYPE_CHECKING:
    from pathlib import Path


# What goes out


def test_a_search_sends_what_the_command_line_says(tmp_path: Path) -> None:
    """The body has every option under the contract's name, and the key is in its header only."""
    (tmp_path / "role.txt").write_text("\ufeffOwn our storage engine.\n", "utf-8")
    with VendorServer() as server:
        result = ask(
            server,
            *("source", "--title", "Rust engineer", "--description-file", tmp_path / "role.txt"),
            *("--location", "Brno", "--query", "databases", "--limit", "7"),
            *("--company-id", "c 1"),
        )
    assert result.exit_code == 0, result.stderr
    first, second = server.requests
    assert (first.method, first.path) == ("POST", "/sourcing?companyId=c+1")
    assert first.headers["authorization"] == f"Bearer {CANARY}"
    assert first.json == {
        "title": "Rust engineer",
        "jobDescription": "Own our storage engine.\n",
        "location": "Brno",
        "query": "databases",
        "limit": 7,
    }
    assert (second.method, second.path) == ("GET", f"/sourcing/{RUN}/results?companyId=c+1")


@pytest.mark.parametrize(
    ("arguments", "path", "body", "most"),
    [
        ((*SEARCH, "--limit", "7"), "/sourcing", {"limit": 7}, 7),
        (SEARCH, "/sourcing", {"limit": 20, "jobDescription": DESCRIPTION}, 20),
        ((*SEARCH, "--preview", "--limit", "41"), "/sourcing/preview", {"limit": 41}, 3),
        (("refine", "req/1", "--limit", "5"), "/sourcing/req%2F1", {"limit": 5}, 5),
        (("refine", "req_1", "--query", "more"), "/sourcing/req_1", {"query": "more"}, 10),
        (("enrich", "p1", "p2", "p1"), "/sourcing/enrich", {"profileIds": ["p1", "p2"]}, 2),
    ],
)
def test_a_dry_run_prints_what_would_be_sent_and_sends_nothing(
    arguments: tuple[str, ...], path: str, body: dict[str, Any], most: int
) -> None:
    """The printed request is the one that is sent without --dry-run; its cost is the contract's."""
    with VendorServer() as server:
        dry = ask(server, *arguments, "--dry-run")
        assert server.requests == []
        assert dry.exit_code == 0, dry.stderr
        plan = json.loads(dry.stdout)
        assert f"at most {most} credits" in dry.stderr
        quiet = ask(server, *arguments, "--dry-run", "--json")
        assert (quiet.stdout, quiet.stderr) == (dry.stdout, "")
        ask(server, *arguments)
    (request,) = plan["requests"]
    assert plan["mostCredits"] == most
    assert body.items() <= request["body"].items()
    sent = server.requests[0]
    assert (sent.method, sent.path, sent.json) == (
        request["method"],
        request["path"],
        request["body"],
    )
    assert sent.path == path


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(1, 100))
def test_a_preview_costs_a_credit_for_twenty(limit: int) -> None:
    """The most that a preview costs is what the vendor checks the balance for."""
    result = invoke(*SEARCH, "--preview", "--limit", limit, "--dry-run", stdin=DESCRIPTION)
    assert json.loads(result.stdout)["mostCredits"] == math.ceil(limit / 20)


def test_a_dry_run_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not sent needs nobody who sends it."""
    monkeypatch.delenv("INSTAVIEW_API_KEY")
    assert invoke("enrich", "p1", "--dry-run").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("source", "--title", " ", "--description-file", "-"), "--title: Input should not be"),
        (
            ("source", "--title", "x" * 201, "--description-file", "-"),
            "--title: String should have at most 200",
        ),
        ((*SEARCH, "--limit", "0"), "--limit"),
        ((*SEARCH, "--preview", "--limit", "101"), "--limit: Input should be less"),
        (("source", "--title", "x"), "--description-file"),
        (("refine", "req_1"), "a query, a limit or both"),
        (("refine", "req_1", "--query", "x" * 501), "--query: String should"),
        (("refine", "req_1", "--limit", "51"), "--limit"),
        (("enrich",), "PROFILE_ID"),
        (("enrich", "p1", "--top", "2"), "--top is for results"),
        (("enrich", "no-such-file.json"), "there is no file 'no-such-file.json'"),
        (("enrich", "./p1"), "there is no file './p1'"),
        (("enrich", "-", "-"), "only once"),
        (("results",), "REQUEST_ID"),
        (("results", "req_1", "--json"), "--json needs -o"),
        (("results", "req_1", "--timeout", "0"), "--timeout"),
        (("results", "req_1", "--base-url", "http://example.com"), "--base-url: must begin with"),
        (("results", "req_1", "--company-id", " "), "--company-id: must be a text"),
    ],
)
def test_a_wrong_command_line_is_a_usage_error(arguments: tuple[str, ...], said: str) -> None:
    """What could not succeed exits with 2, names the option, and nothing is sent."""
    with VendorServer() as server:
        base = () if "--base-url" in arguments else ("--base-url", server.url)
        result = invoke(*arguments, *base, stdin=DESCRIPTION)
    assert result.exit_code == ExitCode.USAGE, result.stderr
    assert said in result.stderr
    assert result.stdout == ""
    assert server.requests == []


def test_a_description_that_is_no_text_is_named() -> None:
    """Bytes that are not UTF-8 are an error of the file, and none of its bytes are shown."""
    with VendorServer() as server:
        result = ask(server, *SEARCH, stdin=b"caf\xe9")
    assert (result.exit_code, result.stderr) == (1, "Error: -: is not text in UTF-8\n")
    assert server.requests == []


def test_the_address_that_help_names_is_the_default() -> None:
    """The command line may not import the client to ask it."""
    assert f"{BASE_URL}." in " ".join(invoke("source", "--help").stdout.split())


# What comes back


def test_the_commands_are_a_pipeline(tmp_path: Path) -> None:
    """Search, enrich the best, render: a card has the reasons of the one and mail of the other."""
    people = [
        candidate("p1", rationale="Ran storage teams.", matchScore=91),
        candidate("p2", rationale="Knows queues.", matchScore=90),
        candidate("p3", rationale="Third.", matchScore=12),
    ]
    started: dict[str, list[str]] = {}

    def answer(asked: Asked) -> Act:
        if asked.path.startswith("/sourcing/enrich"):
            return enriching(asked, started, frozenset({"p2"}))
        if asked.method == "GET":
            return reply(200, run("completed", candidates=people))
        return good_answer(asked)

    page = tmp_path / "page.html"
    command = shlex.join(COMMAND)
    pipeline = (
        f"{command} {shlex.join(SEARCH)} --interval 0"
        f" | {command} enrich - --top 2 --interval 0"
        f" | {command} render - --emails -o {shlex.quote(str(page))}"
    )
    with VendorServer(answer) as server:
        done = subprocess.run(
            ["sh", "-c", pipeline],
            check=False,
            input=DESCRIPTION,
            capture_output=True,
            env={**os.environ, "INSTAVIEW_BASE_URL": server.url},
            encoding="utf-8",
        )
    assert done.returncode == ExitCode.PARTIAL, done.stderr
    assert started == {"enr_1": ["p1", "p2"]}
    html = page.read_text("utf-8")
    for text in (
        "Person p1",
        "Ran storage teams.",
        "p1@example.test",
        "Person p2",
        "Knows queues.",
    ):
        assert text in html
    assert "Person p3" not in html
    assert done.stderr.count("failed: p2: PROFILE_NOT_FOUND") == 2  # enrich and render
    assert "\r" not in done.stderr


_json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=()), max_size=8),  # lone surrogates too
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
_people = st.builds(
    lambda known, unknown: {**unknown, **known},
    st.fixed_dictionaries(
        {"profileId": st.text("abc-_0123", min_size=1, max_size=8)},
        optional={
            "name": st.text(st.characters(codec="utf-8"), max_size=20),
            "skills": st.lists(st.text(st.characters(codec="utf-8"), max_size=8), max_size=3),
            "matchScore": st.integers(0, 100) | st.none(),
        },
    ),
    st.dictionaries(st.sampled_from(["future", "x-1", "🦀"]), _json_values),
)


def test_what_the_vendor_says_is_what_comes_out() -> None:
    """The line is the vendor's own body, unknown fields included, and in ASCII."""
    body: dict[str, Any] = {}

    @settings(deadline=None, max_examples=40)
    @given(st.lists(_people, max_size=4))
    def check(people: list[dict[str, Any]]) -> None:
        body.update(run("completed", foundCount=4, candidates=people))
        result = ask(server, "results", RUN)
        assert result.exit_code == 0, result.stderr
        assert result.stdout.isascii()
        assert lines(result.stdout) == [body]
        read, said = parse_shortlist(result.stdout), parse_shortlist(json.dumps(body))
        assert read.candidates == said.candidates

    with VendorServer(lambda _: reply(200, body)) as server:
        check()


def test_a_file_is_written_whole_and_reported(tmp_path: Path) -> None:
    """With -o stdout is free, for a report in JSON if wanted."""
    out = tmp_path / "new" / "found.json"
    with VendorServer() as server:
        result = ask(server, *SEARCH, "-o", out, "--json")
    assert result.exit_code == 0, result.stderr
    assert [person.profile_id for person in load_shortlist(out).candidates] == ["p1"]
    assert json.loads(out.read_text("utf-8"))["requestId"] == RUN
    assert json.loads(result.stdout) == {
        "requestIds": [RUN],
        "output": str(out),
        "candidates": 1,
        "creditsConsumed": None,
        "failed": [],
        "problems": [],
        "errors": [],
        "unfinished": [],
        "continuation": None,
    }
    assert result.stderr == f"Started {RUN}\n"


def test_an_existing_file_is_found_before_anything_is_paid_for(tmp_path: Path) -> None:
    """Nothing is asked of the vendor if the result could not be written; --force writes it."""
    out = tmp_path / "found.json"
    out.write_text("mine", "utf-8")
    with VendorServer() as server:
        for arguments in (SEARCH, ("refine", RUN, "--limit", "1"), ("enrich", "p1")):
            result = ask(server, *arguments, "-o", out)
            assert result.exit_code == 1
            assert "--force" in result.stderr
        assert server.requests == []
        assert out.read_text("utf-8") == "mine"
        assert ask(server, *SEARCH, "-o", out, "--force").exit_code == 0
    assert out.read_text("utf-8") != "mine"


def test_a_preview_is_asked_for_where_previews_are() -> None:
    """Start and results are the preview's, and what comes out is read like any other result."""
    with VendorServer() as server:
        result = ask(server, *SEARCH, "--preview")
    assert asked_for(server) == ["POST /sourcing/preview", f"GET /sourcing/preview/{RUN}/results"]
    (person,) = parse_shortlist(result.stdout).candidates
    assert person.name == "Ada Novak"


def test_a_refined_run_goes_on_under_the_id_of_the_answer() -> None:
    """The contract does not say that the id stays the same."""
    accepted = reply(202, {**ACCEPTED, "requestId": "req_2"})
    with VendorServer(acts=[accepted]) as server:
        result = ask(server, "refine", "req_1", "--query", "more", "--limit", "3")
    assert result.exit_code == 0, result.stderr
    assert asked_for(server) == ["PATCH /sourcing/req_1", "GET /sourcing/req_2/results"]
    assert "Started req_2" in result.stderr


# Enrichment


def test_profiles_go_in_runs_of_ten_and_each_run_is_a_line(tmp_path: Path) -> None:
    """Any number of profiles, repeated ones once; who fails is told and makes the exit code 3."""
    out = tmp_path / "enriched.jsonl"
    ids = [f"p{number}" for number in range(23)]
    with enrichment_server("p3", "p22") as server:
        result = ask(server, "enrich", *ids, *ids[:5], "-o", out, "--json")
    assert result.exit_code == ExitCode.PARTIAL
    sent = [asked.json["profileIds"] for asked in server.requests if asked.method == "POST"]
    assert sent == [ids[:10], ids[10:20], ids[20:]]
    bodies = lines(out.read_text("utf-8"))
    assert [body["requestId"] for body in bodies] == ["enr_1", "enr_2", "enr_3"]
    shortlist = load_shortlist(out)
    assert len(shortlist.candidates) == 21
    report = json.loads(result.stdout)
    assert report["creditsConsumed"] == report["candidates"] == 21
    assert [each["profileId"] for each in report["failed"]] == ["p3", "p22"]
    assert result.stderr.splitlines() == [
        *(f"Started enr_{number}" for number in (1, 2, 3)),
        "failed: p3: PROFILE_NOT_FOUND",
        "failed: p22: PROFILE_NOT_FOUND",
    ]


@pytest.mark.parametrize("profile_id", ["x" * 5000, "prof_ab12-34", "ab\0", "é"])
def test_what_names_no_file_is_a_profile_id(profile_id: str) -> None:
    """However long or odd it is."""
    with enrichment_server() as server:
        result = ask(server, "enrich", profile_id)
    assert result.exit_code == 0, result.stderr
    assert server.requests[0].json["profileIds"] == [profile_id]


def test_a_pipe_is_a_file(tmp_path: Path) -> None:
    """A shell's <(...) gives results as well."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with enrichment_server() as server, ThreadPoolExecutor() as threads:
        threads.submit(path.write_text, sourcing(candidate("p1")), "utf-8")
        result = ask(server, "enrich", path)
    assert result.exit_code == 0, result.stderr
    assert server.requests[0].json["profileIds"] == ["p1"]


def test_nobody_enriched_is_a_failure() -> None:
    """The result is written all the same, since it says why."""
    with enrichment_server("p1", "p2") as server:
        result = ask(server, "enrich", "p1", "p2")
    assert result.exit_code == ExitCode.FAILURE
    assert len(lines(result.stdout)) == 1


def test_a_profile_that_the_answer_does_not_name_has_failed() -> None:
    """What was asked for is in the result or is told to be missing."""
    with VendorServer() as server:
        result = ask(server, "enrich", "p1", "p2")
    assert result.exit_code == ExitCode.PARTIAL
    assert "failed: p2: the answer does not name it" in result.stderr


def test_ids_and_results_may_be_mixed(tmp_path: Path) -> None:
    """Files and stdin give the ids of their candidates; --top counts these alone, best first."""
    (tmp_path / "found.json").write_text(sourcing(*map(candidate, ("p1", "p2", "p3"))), "utf-8")
    before = enrichment(
        {"profileId": "p2", "success": True, "candidate": candidate("p2")},
        {"profileId": "p8", "success": False, "errorCode": "PROFILE_NOT_FOUND"},
        {"profileId": "p9", "success": False, "errorCode": "PROFILE_NOT_FOUND"},
    )
    arguments = ("enrich", "p9", tmp_path / "found.json", "-", "--top", "2")
    with enrichment_server() as server:
        result = ask(server, *arguments, stdin=before)
    assert result.exit_code == 0, result.stderr
    assert server.requests[0].json["profileIds"] == ["p9", "p1", "p2"]
    ahead, body = lines(result.stdout)
    assert [person["profileId"] for person in ahead["candidates"]] == ["p1", "p2"]
    assert [item["profileId"] for item in body["data"]] == ["p9", "p1", "p2"]
    shortlist = parse_shortlist(result.stdout)
    # Who failed before, and was not asked for again, is still listed.
    assert [profile.profile_id for profile in shortlist.failed] == ["p8"]
    assert [bool(person.emails) for person in shortlist.candidates] == [True] * 3


@pytest.mark.parametrize("payload", ["", "{", sourcing(), json.dumps(run("processing"))])
def test_results_without_anybody_start_nothing(payload: str) -> None:
    """A pipe that brings nobody is an error here, with its reason, and costs nothing."""
    with VendorServer() as server:
        result = ask(server, "enrich", "-", stdin=payload)
    assert result.exit_code == ExitCode.FAILURE
    assert result.stderr.startswith("Error: -")
    assert server.requests == []


def test_unusable_records_are_told_and_the_rest_is_enriched() -> None:
    """A record without an id is named, makes the exit code 3, and spoils nobody else."""
    found = sourcing(candidate("p1"), {"name": "Xylophone Quartz"})
    with enrichment_server() as server:
        result = ask(server, "enrich", "-", stdin=found)
    assert result.exit_code == ExitCode.PARTIAL
    assert server.requests[0].json["profileIds"] == ["p1"]
    assert "candidates[1]" in result.stderr
    assert "Xylophone" not in result.stderr


_REFUSAL = reply(402, {"error": {"code": "INSUFFICIENT_FUNDS", "message": "empty"}})


@pytest.mark.parametrize(
    ("act", "advice", "reason"),
    [
        (_REFUSAL, "top up", "no run was started for it"),
        (CLOSE, "could be paid for twice", "nobody knows whether a run was started for it"),
    ],
    ids=repr,
)
def test_after_a_start_that_fails_none_is_tried_and_what_runs_is_waited_for(
    act: Act, advice: str, reason: str
) -> None:
    """The second of three runs is not started: the first is written, and the rest is listed."""
    started: dict[str, list[str]] = {}

    def answer(asked: Asked) -> Act:
        if asked.method == "POST" and started:
            return act
        return enriching(asked, started, frozenset())

    ids = [f"p{number}" for number in range(30)]
    with VendorServer(answer) as server:
        result = ask(server, "enrich", *ids)
    assert result.exit_code == ExitCode.PARTIAL
    assert [asked.method for asked in server.requests] == ["POST", "POST", "GET"]
    assert [body["requestId"] for body in lines(result.stdout)] == ["enr_1"]
    assert advice in result.stderr
    listed = re.findall(r"^failed: (\S+): (.+)$", result.stderr, re.MULTILINE)
    expected = [reason] * 10 + ["no run was started for it"] * 10
    assert listed == list(zip(ids[10:], expected, strict=True))


# What runs are found, and in what state


@pytest.mark.parametrize(
    ("request_id", "place"),
    [("req_7", ""), ("req_prev_7", "preview/"), ("enr_7", "enrich/")],
)
def test_the_usual_prefixes_lead_straight_to_a_run(request_id: str, place: str) -> None:
    """One call is enough for a run that has ended."""
    with VendorServer() as server:
        result = ask(server, "results", request_id)
    assert result.exit_code == 0, result.stderr
    assert asked_for(server) == [f"GET /sourcing/{place}{request_id}/results"]


@pytest.mark.parametrize("place", ["", "preview/", "enrich/"])
@pytest.mark.parametrize("request_id", ["req_7", "req_prev_7", "enr_7", "something-else"])
def test_a_run_is_found_whatever_its_id_looks_like(request_id: str, place: str) -> None:
    """Ids are opaque: a 404 in one place sends the question to the next."""

    def answer(asked: Asked) -> Act:
        here = asked.path == f"/sourcing/{place}{request_id}/results"
        return good_answer(asked) if here else NOT_FOUND

    with VendorServer(answer) as server:
        result = ask(server, "results", request_id)
    assert result.exit_code == 0, result.stderr
    assert len(lines(result.stdout)) == 1


def test_an_unknown_run_is_an_error_of_the_likeliest_place() -> None:
    """A key without a scope for other places does not hide that the run is unknown."""
    no_scope = reply(403, {"error": {"code": "INSUFFICIENT_SCOPES", "message": "no"}})
    answers = {"GET /sourcing/enrich/req_7/results": no_scope}

    def answer(asked: Asked) -> Act:
        return answers.get(f"{asked.method} {asked.path}", NOT_FOUND)

    with VendorServer(answer) as server:
        result = ask(server, "results", "req_7")
    assert result.exit_code == ExitCode.FAILURE
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: GET /sourcing/{}/results: 404 REQUEST_NOT_FOUND")
    assert "check the id" in line


@pytest.mark.parametrize("request_id", ["..", " ", "x" * 1001])
def test_what_can_be_no_id_is_not_asked_for(request_id: str) -> None:
    """One line says so; there is no command that goes on with it."""
    with VendorServer() as server:
        result = ask(server, "results", request_id)
    assert result.exit_code == ExitCode.FAILURE
    assert re.fullmatch(r"Error: id: .+\n", result.stderr)
    assert server.requests == []


def test_one_bad_run_spoils_no_other(tmp_path: Path) -> None:
    """What there is is written; what is missing makes the exit code 3 and is in the report."""
    out = tmp_path / "out.jsonl"
    failed = reply(200, run("failed", errorCode="AGENT_ERROR", errorMessage="crashed"))
    answers = {"GET /sourcing/req_2/results": failed} | {
        f"GET /sourcing/{place}req_3/results": NOT_FOUND for place in ("", "preview/", "enrich/")
    }
    with VendorServer(answering(answers)) as server:
        result = ask(server, "results", "req_1", "req_2", "req_3", "req_1", "-o", out, "--json")
    assert result.exit_code == ExitCode.PARTIAL
    assert len(lines(out.read_text("utf-8"))) == 1
    report = json.loads(result.stdout)
    assert report["requestIds"] == ["req_1", "req_2", "req_3"]
    assert {error["code"] for error in report["errors"]} == {"AGENT_ERROR", "REQUEST_NOT_FOUND"}
    assert report["unfinished"] == []
    assert result.stderr.count("Error: ") == 2


def test_a_failed_run_is_a_failure_with_nothing_to_go_on_with() -> None:
    """It is told in the client's words; on stdout there is nothing to mistake for a result."""
    failed = reply(200, run("failed", errorCode="AGENT_ERROR", errorMessage=f"{CANARY}\n\x1b[2J"))
    with VendorServer(answering({f"GET /sourcing/{RUN}/results": failed})) as server:
        for arguments in (SEARCH, ("results", RUN)):
            result = ask(server, *arguments)
            assert result.exit_code == ExitCode.FAILURE
            assert result.stdout == ""
            assert f"Error: the run {RUN} has failed: AGENT_ERROR" in result.stderr
            assert "Go on with" not in result.stderr
            assert CANARY not in result.stderr
            assert "\x1b" not in result.stderr


@pytest.mark.parametrize(
    ("status", "code"), [("processing", ExitCode.OK), ("failed", ExitCode.FAILURE)]
)
def test_without_waiting_the_present_state_is_written(status: str, code: ExitCode) -> None:
    """--no-wait prints the body as it is; only a failed run is a failure."""
    body = run(status)
    with VendorServer(answering({f"GET /sourcing/{RUN}/results": reply(200, body)})) as server:
        result = ask(server, "results", RUN, "--no-wait")
    assert result.exit_code == code, result.stderr
    assert lines(result.stdout) == [body]
    assert ("Go on with" in result.stderr) == (status == "processing")


def test_a_start_without_waiting_can_be_gone_on_with() -> None:
    """--no-wait starts, prints the answer and the command that gets the results."""
    with VendorServer() as server:
        for arguments in (SEARCH, (*SEARCH, "--preview"), ("enrich", "p1")):
            result = ask(server, *arguments, "--no-wait")
            assert result.exit_code == 0, result.stderr
            assert lines(result.stdout) == [ACCEPTED]
            gone_on = invoke(*continuation(result.stderr))
            assert gone_on.exit_code == 0, gone_on.stderr
        assert [asked.method for asked in server.requests] == ["POST", "GET"] * 3
