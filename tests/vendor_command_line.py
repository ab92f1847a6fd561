"""What the tests of the vendor's commands share: a way to run them, and answers."""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING, Any

import pytest
from clients import CANARY
from vendor_server import ACCEPTED, Act, Asked, VendorServer, good_answer, reply, run

from command_line import invoke

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from click.testing import Result

#: ``python -m`` rather than the script: the tests also run on trees that are not installed.
COMMAND = (sys.executable, "-m", "candidate_cards")
SEARCH = ("source", "--title", "Rust engineer", "--description-file", "-")
DESCRIPTION = "Own our storage engine."
PROCESSING = reply(202, run("processing", candidatesSourcedCount=3), name="processing")
NOT_FOUND = reply(404, {"success": False, "error": {"code": "REQUEST_NOT_FOUND", "message": "no"}})
QUICK = ("--interval", "0")


@pytest.fixture(autouse=True)
def only_the_key_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else of the vendor is in the environment."""
    monkeypatch.setenv("INSTAVIEW_API_KEY", CANARY)
    monkeypatch.delenv("INSTAVIEW_BASE_URL", raising=False)
    monkeypatch.delenv("INSTAVIEW_COMPANY_ID", raising=False)


def described(folder: Path) -> str:
    """Write a job description, and return its path."""
    path = folder / "description.txt"
    path.write_text(DESCRIPTION, "utf-8")
    return str(path)


def ask(
    server: VendorServer, *arguments: object, stdin: str | bytes | None = DESCRIPTION
) -> Result:
    """Run a command on a server, without pauses between looks."""
    quick = () if "--interval" in arguments else QUICK
    return invoke(*arguments, *quick, "--base-url", server.url, stdin=stdin)


def answering(answers: Mapping[str, Act]) -> Callable[[Asked], Act]:
    """Answer some request lines like this, all others as the contract says."""

    def answer(asked: Asked) -> Act:
        return answers.get(f"{asked.method} {asked.path}") or good_answer(asked)

    return answer


def asked_for(server: VendorServer) -> list[str]:
    """Return the request lines that a server has read."""
    return [f"{asked.method} {asked.path}" for asked in server.requests]


def enriching(asked: Asked, started: dict[str, list[str]], missing: frozenset[str]) -> Act:
    """Enrich what is asked for, in as many runs as it takes, but for who is missing."""
    if asked.method == "POST":
        request_id = f"enr_{len(started) + 1}"
        started[request_id] = asked.json["profileIds"]
        return reply(202, {**ACCEPTED, "requestId": request_id})
    request_id = asked.path.split("/")[3]
    items = [
        {"profileId": each, "success": False, "errorCode": "PROFILE_NOT_FOUND"}
        if each in missing
        else {
            "profileId": each,
            "success": True,
            "candidate": {"profileId": each, "emails": [f"{each}@example.test"]},
        }
        for each in started[request_id]
    ]
    charged = sum(bool(item["success"]) for item in items)
    body = run("completed", data=items, creditsConsumed=charged)
    return reply(200, {**body, "requestId": request_id})


def enrichment_server(*missing: str) -> VendorServer:
    """Return a server that enriches everybody but some."""
    started: dict[str, list[str]] = {}
    return VendorServer(lambda asked: enriching(asked, started, frozenset(missing)))


def lines(text: str) -> list[Any]:
    """Read JSON Lines."""
    return [json.loads(line) for line in text.splitlines()]


def continuation(stderr: str) -> list[str]:
    """Return the arguments of the command that the last line tells to go on with."""
    last = stderr.splitlines()[-1]
    assert last.startswith("Go on with: candidate-cards results ")
    return shlex.split(last.removeprefix("Go on with: candidate-cards "))
