"""A service killed amid deliveries: what it has acknowledged ends in its store all the same."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import httpx
from leftovers import no_pauses_between_attempts  # noqa: F401
from pydantic import SecretStr
from sqlalchemy import event
from vendor_server import PERSON, VendorServer, reply, run

from candidate_cards.sandbox import Settings
from candidate_cards.service import Company
from candidate_cards.service.background import in_background
from candidate_cards.service.inbox import Inbox
from candidate_cards.service.intake import Intake
from candidate_cards.service.metrics import Metrics
from candidate_cards.store import open_store
from candidate_cards.webhooks import HmacScheme
from sandboxes import Account, eventually, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from candidate_cards.store import Store

_DEATHS: Final = 10
_SKILLS: Final = ("Python", "Java", "Kafka", "React", "Kubernetes", "Go", "SQL", "Linux", "AWS")
_RUNS: Final = 6  # in each life; the contract allows ten a minute
_LONGEST_LIFE: Final = 0.6  # seconds from the first delivery on
_FAR: Final = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass
class Killable:
    """The command in a process of its own, which comes back at the same address.

    Attributes:
        port: Where it is.
        folder: Of its database and its log.
        settings: In its environment.
    """

    port: int
    folder: Path
    settings: dict[str, str]

    @property
    def store(self) -> str:
        """The URL of its database."""
        return f"sqlite:///{self.folder / 'cards.sqlite3'}"

    @property
    def log(self) -> Path:
        """What all its lives have logged."""
        return self.folder / "log"

    @contextmanager
    def living(self) -> Iterator[subprocess.Popen[str]]:
        """Serve until it is killed."""
        command = [sys.executable, "-m", "candidate_cards", "serve", "--json"]
        with (
            self.log.open("a") as log,
            subprocess.Popen(
                [*command, "--port", str(self.port), "--store", self.store],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=self.folder,
                env={**os.environ, **self.settings},
            ) as process,
        ):
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["baseUrl"].endswith(f":{self.port}")
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
                "CANDIDATE_CARDS_SERVE_VENDOR_URL": sandbox.base_url,
                "CANDIDATE_CARDS_SERVE_COMPANIES": json.dumps({"acme": company}),
            },
        )
        people = _live_and_die(service, account, hook["id"])
    told = service.log.read_text("utf-8")
    assert told.count("results stored") > _DEATHS
    for secret in (company["vendor_key"], hook["signingSecret"], *people):
        assert secret not in told


def _live_and_die(service: Killable, account: Account, hook: str) -> list[str]:
    """Return the names of all who were found."""
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
    with service.living(), open_store(service.store) as store:
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
    return [person["name"] for person in expected.values()]


def _snapshots(store: Store, path: Path, act: Callable[[], object]) -> list[Path]:
    """Return copies of a database as a SIGKILL before each statement of an action leaves it."""
    copies: list[Path] = []

    def copy(*_: object) -> None:
        target = path.with_name(f"killed-{len(list(path.parent.iterdir()))}.sqlite3")
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{path}{suffix}", f"{target}{suffix}")
        copies.append(target)

    engine = store._database.engine
    for name in ("before_cursor_execute", "commit"):
        event.listen(engine, name, copy)
    act()
    for name in ("before_cursor_execute", "commit"):
        event.remove(engine, name, copy)
    return copies


def test_no_moment_of_death_matters(tmp_path: Path) -> None:
    """Killed before any statement, the vendor's next try and the next process do the rest."""
    path = tmp_path / "cards.sqlite3"
    company = Company(
        vendor_key=SecretStr("sk_live_x"),
        webhook_secrets=(SecretStr("a" * 64),),
        webhook_scheme=HmacScheme("X-Signature"),
    )
    companies = {"acme": company}
    body = json.dumps(
        {
            "event": "sourcing.completed",
            "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "data": {"requestId": "req_1"},
        }
    ).encode()
    headers = HmacScheme("X-Signature").sign(
        body, company.webhook_secrets[0], delivery_id="-", timestamp=datetime.now(UTC)
    )
    later = datetime.now(UTC) + timedelta(seconds=6)  # the last of the vendor's retries is later

    def deliver(store: Store, now: datetime) -> int:
        inbox = Inbox(store, companies, Metrics(), now=lambda: now, on_fetch=lambda: None)
        return inbox.receive("acme", body, headers)

    def fetch(store: Store, url: str) -> None:
        intake = Intake(store, companies, url, Metrics(), now=lambda: later)
        with in_background(intake.work):
            eventually(lambda: store.due_fetches(_FAR, 9), lambda left: not left)

    answer = reply(200, run("completed", candidates=[PERSON, {"profileId": "p2"}]))
    with VendorServer(lambda _: answer) as vendor:
        with open_store(f"sqlite:///{path}") as store:
            before = _snapshots(store, path, lambda: deliver(store, datetime.now(UTC)))
            during = _snapshots(store, path, lambda: fetch(store, vendor.url))
            versions = store.versions("acme", ["p1", "p2"])
            assert len(versions) == 2
        assert len(before) > 5
        assert len(during) > 4
        for copy in (*before, *during):
            with open_store(f"sqlite:///{copy}") as store:
                if copy in before:
                    assert deliver(store, later) == 204
                fetch(store, vendor.url)
                assert store.versions("acme", ["p1", "p2"]) == versions


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
