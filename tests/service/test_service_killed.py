"""A service killed amid deliveries: what it has acknowledged ends in its store all the same."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import httpx

from candidate_cards.sandbox import Settings
from candidate_cards.store import open_store
from sandboxes import Account, eventually, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DEATHS: Final = 10
_SKILLS: Final = ("Python", "Java", "Kafka", "React", "Kubernetes", "Go", "SQL", "Linux", "AWS")
_RUNS: Final = 6  # in each life; the contract allows ten a minute
_LONGEST_LIFE: Final = 0.6  # seconds from the first delivery on
_FAR: Final = datetime(9000, 1, 1, tzinfo=UTC)
_SERVE: Final = """
import sys
from candidate_cards.service import open_server
with open_server(port=int(sys.argv[1])) as server:
    print(server.base_url, flush=True)
    server.run()
"""


@dataclass
class Killable:
    """A service in a process of its own, which comes back at the same address.

    Attributes:
        port: Where it is.
        folder: Of its database.
        environment: Its settings.
    """

    port: int
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def living(self) -> Iterator[subprocess.Popen[str]]:
        """Serve until it is killed."""
        with subprocess.Popen(
            [sys.executable, "-c", _SERVE, str(self.port)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env={**os.environ, **self.environment},
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("http")
            try:
                yield process
            finally:
                process.send_signal(signal.SIGKILL)


def test_ten_deaths_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    """In the end every delivery is acknowledged, and its candidates are there once and render."""
    delays = (4.0,) * 1000  # at this speed five times a second
    with closing(socket.create_server(("127.0.0.1", 0))) as reserved:
        port = reserved.getsockname()[1]
    with serving(Settings(speed=20, retry_delays=delays)) as sandbox:
        account = sandbox.account(credits=100_000)
        hook = account.webhook(
            f"http://127.0.0.1:{port}/webhooks/acme", "SOURCING_COMPLETED", "ENRICH_COMPLETED"
        )
        company = {
            "vendor_key": account.http.headers["Authorization"].removeprefix("Bearer "),
            "webhook_secrets": [hook["signingSecret"]],
            "webhook_scheme": {"signature_header": "X-InstaView-Signature", "prefix": ""},
        }
        service = Killable(
            port,
            tmp_path,
            {
                "CANDIDATE_CARDS_SERVE_STORE": f"sqlite:///{tmp_path / 'cards.sqlite3'}",
                "CANDIDATE_CARDS_SERVE_VENDOR_URL": sandbox.base_url,
                "CANDIDATE_CARDS_SERVE_COMPANIES": json.dumps({"acme": company}),
            },
        )
        _live_and_die(service, account, hook["id"])


def _live_and_die(service: Killable, account: Account, hook: str) -> None:
    dice = random.Random(6)  # noqa: S311  repeats itself on purpose
    sandbox = account.sandbox
    searches: list[str] = []
    enrichments: list[str] = []
    with service.living():
        searches.append(account.start(limit=10, webhookId=hook))
        people = [each["profileId"] for each in account.finished(searches[0])["candidates"]]
    for death in range(_DEATHS):
        with service.living():
            searches += [
                account.start(title=f"{skill} engineer", query=skill, limit=limit, webhookId=hook)
                for limit, skill in enumerate(dice.sample(_SKILLS, _RUNS), start=1)
            ]
            enrichments.append(
                account.start("enrichment", profileIds=[people[death]], webhookId=hook)
            )
            sandbox.skip(100)
            time.sleep(dice.uniform(0, _LONGEST_LIFE))
    with service.living(), open_store(service.environment["CANDIDATE_CARDS_SERVE_STORE"]) as store:
        sent = eventually(
            lambda: sandbox.admin("GET", "/deliveries")["deliveries"],
            lambda found: all(each["status"] == "delivered" for each in found),
        )
        assert len(sent) == len(searches) + len(enrichments) == 1 + _DEATHS * (_RUNS + 1)
        attempts = [each["attempts"] for each in sent]
        assert max(attempts) > 1, "no death has met a delivery"
        eventually(lambda: store.due_fetches(_FAR, 1000), lambda left: not left)
        expected = _expected(account, searches, enrichments)
        assert len(expected) > 20
        found = store.load("acme", list(expected))
        assert {each: stored.candidate.name for each, stored in found.items()} == {
            each: person["name"] for each, person in expected.items()
        }
        assert {each: list(stored.candidate.emails) for each, stored in found.items()} == {
            each: person.get("emails", []) for each, person in expected.items()
        }
        assert store.count("acme") == len(expected)
        _, key = store.add_key("acme", at=datetime.now(UTC), per_minute=1000)
        _assert_all_render(service.port, key.get_secret_value(), expected)
    with closing(sqlite3.connect(service.folder / "cards.sqlite3")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def _expected(
    account: Account, searches: list[str], enrichments: list[str]
) -> dict[str, dict[str, Any]]:
    """Return what the vendor says that all runs have found, by profile id."""
    people: dict[str, dict[str, Any]] = {}
    for run_id in searches:
        people |= {each["profileId"]: each for each in account.results(run_id).json()["candidates"]}
    for run_id in enrichments:
        (item,) = account.results(run_id, "enrichment").json()["data"]
        people[item["profileId"]] = people[item["profileId"]] | item["candidate"]
    return people


def _assert_all_render(port: int, key: str, people: dict[str, dict[str, Any]]) -> None:
    ids = list(people)
    with httpx.Client(trust_env=False, headers={"Authorization": f"Bearer {key}"}) as client:
        for start in range(0, len(ids), 10):
            answer = client.post(
                f"http://127.0.0.1:{port}/sourcing/render-html",
                json={"profileIds": ids[start : start + 10]},
            )
            assert answer.status_code == 200, answer.text
            for card in answer.json()["data"]:
                assert people[card["profileId"]]["name"] in card["htmlContent"]
