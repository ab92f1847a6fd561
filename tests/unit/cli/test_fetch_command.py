"""``store fetch``: what runs have found is saved, and what is missing is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from clients import CANARY
from leftovers import no_pauses_between_attempts, nothing_is_left  # noqa: F401
from vendor_server import PERSON, VendorServer, reply, run

from candidate_cards.cli.exit_codes import ExitCode
from candidate_cards.store import open_store
from vendor_command_line import NOT_FOUND, PROCESSING, ask, only_the_key_is_set  # noqa: F401

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from click.testing import Result
    from vendor_server import Act, Asked

FAILED = reply(200, run("failed", errorCode="AGENT_ERROR", errorMessage="no luck"))
RUNS: Mapping[str, Act] = {
    "/sourcing/req_a/results": reply(200, run("completed", candidates=[PERSON, 7])),
    "/sourcing/preview/req_b/results": reply(
        200, run("completed", candidates=[{"profileId": "p2", "fullName": "Grace"}])
    ),
    "/sourcing/enrich/enr_c/results": reply(
        200,
        run(
            "completed",
            data=[
                {"profileId": "p1", "success": True, "candidate": {"emails": ["a@example.test"]}},
                {"profileId": "p3", "success": False, "errorCode": "PROFILE_NOT_FOUND"},
            ],
        ),
    ),
    "/sourcing/req_empty/results": reply(200, run("completed")),
    "/sourcing/req_failed/results": FAILED,
}


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Where the store is."""
    return f"sqlite:///{tmp_path / 'cards.sqlite3'}"


def fetch(url: str, *arguments: str, runs: Mapping[str, Act] = RUNS) -> Result:
    """Run the command on a vendor that has these runs."""
    with VendorServer(lambda asked: runs.get(asked.path, NOT_FOUND)) as server:
        return ask(server, "store", "fetch", "--company", "acme", "--store", url, *arguments)


def stored(url: str) -> dict[str, Any]:
    """Return who is in the store."""
    with open_store(url) as store:
        found = store.load("acme", ["p1", "p2", "p3"])
    return {profile_id: each.candidate.to_wire() for profile_id, each in found.items()}


def test_runs_of_every_kind_are_saved(url: str) -> None:
    """Who is in several is merged; failed profiles and unusable records are told (exit code 3)."""
    done = fetch(url, "req_a", "req_b", "enr_c", "req_a")
    assert (done.exit_code, done.stdout) == (ExitCode.PARTIAL, "")
    assert stored(url) == {
        "p1": {**PERSON, "emails": ["a@example.test"]},
        "p2": {"profileId": "p2", "name": "Grace"},
    }
    assert done.stderr.splitlines()[-1] == "Added 2, changed 1, as before 0"
    assert "failed: p3: PROFILE_NOT_FOUND" in done.stderr
    assert "candidates[1]" in done.stderr
    assert CANARY not in done.output
    assert "Ada" not in done.output
    again = fetch(url, "req_b")
    assert (again.exit_code, again.stderr) == (ExitCode.OK, "Added 0, changed 0, as before 1\n")


def test_a_run_that_found_nobody_is_no_failure(url: str) -> None:
    """There was nothing to save, and it is."""
    done = fetch(url, "req_empty")
    assert (done.exit_code, done.stderr) == (ExitCode.OK, "Added 0, changed 0, as before 0\n")


def test_one_run_that_cannot_be_had_costs_no_other(url: str) -> None:
    """The others are saved; which ones are missing, and why, is in the report."""
    done = fetch(url, "req_failed", "req_unknown", "req_b", "--json")
    report = json.loads(done.stdout)
    assert done.exit_code == ExitCode.PARTIAL
    assert (report["added"], report["unfinished"]) == (1, [])
    assert [error["requestId"] for error in report["errors"]] == ["req_failed", "req_unknown"]
    assert "AGENT_ERROR" in report["errors"][0]["message"]
    assert set(stored(url)) == {"p2"}
    nothing = fetch(url, "req_failed", "req_unknown")
    assert nothing.exit_code == ExitCode.FAILURE


def test_a_run_that_works_is_waited_for(url: str) -> None:
    """Until it has ended, or until the time is over."""
    acts = [PROCESSING, PROCESSING, *[RUNS["/sourcing/req_a/results"]] * 2]
    arguments = ("store", "fetch", "req_a", "--company", "acme", "--store", url)
    with VendorServer(acts=acts) as server:
        done = ask(server, *arguments)
    assert done.exit_code == ExitCode.PARTIAL  # for one record that is none
    assert set(stored(url)) == {"p1"}

    def never(asked: Asked) -> Act:
        return PROCESSING if "/req_a/" in asked.path else NOT_FOUND

    with VendorServer(never) as server:
        late = ask(server, *arguments, "--timeout", "0.3", "--interval", "0.1")
    assert late.exit_code == ExitCode.FAILURE
    assert "has not ended" in late.stderr
    assert late.stderr.splitlines()[-1] == "Run the same command again later for: req_a"
