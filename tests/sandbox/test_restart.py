"""A sandbox that is killed loses nothing that it has answered, and pays for nothing twice."""

from __future__ import annotations

import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from candidate_cards.errors import InputError
from candidate_cards.sandbox import READY_MADE, Settings, open_server
from candidate_cards.sandbox.bodies import (
    EnrichBody,
    PreviewBody,
    SourcingBody,
    WebhookCreateBody,
)
from candidate_cards.sandbox.sandbox import Sandbox
from sandboxes import BRIEF, LocalSandbox, Receiver, error_code, eventually, receiving, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx


@dataclass
class _Process:
    sandbox: LocalSandbox
    process: subprocess.Popen[str]

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def _running(data: Path, *options: str) -> Iterator[_Process]:
    command = [sys.executable, "-m", "candidate_cards", "sandbox", "--port", "0", "--json"]
    process = subprocess.Popen(
        [*command, "--data", str(data), *options], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        sandbox = LocalSandbox(json.loads(process.stdout.readline())["baseUrl"])
        try:
            yield _Process(sandbox, process)
        finally:
            sandbox.close()
            process.kill()


def _sum_of_the_rest(data: Path) -> dict[str, int]:
    """Return what the file itself says, apart from the code that wrote it."""
    with sqlite3.connect(data) as connection:
        numbers = {
            name: connection.execute(statement).fetchone()[0]
            for name, statement in {
                "processing": "SELECT count(*) FROM runs WHERE status = 'processing'",
                "runs": "SELECT count(*) FROM runs",
                "charged": "SELECT coalesce(sum(credits), 0) FROM charges",
                "charges": "SELECT count(*) FROM charges",
                "finds": "SELECT count(*) FROM finds",
                "deliveries": "SELECT count(*) FROM deliveries",
                "delivered": "SELECT count(*) FROM deliveries WHERE status = 'delivered'",
            }.items()
        }
    connection.close()
    return numbers


def test_killed_again_and_again_every_run_ends_once(tmp_path: Path, receiver: Receiver) -> None:
    """Through three SIGKILLs every accepted run completes, is paid once, and is delivered."""
    data = tmp_path / "sandbox.db"
    dice = random.Random(7)  # noqa: S311  moments of death, no secret
    accepted: dict[str, int] = {}
    webhook_id = None
    for _ in range(3):
        with _running(data, "--speed", "50") as running:
            client = running.sandbox.client(READY_MADE[0].api_key)
            if webhook_id is None:
                body = {"url": receiver.url, "events": ["SOURCING_COMPLETED"]}
                webhook_id = client.post("/webhooks", json=body).json()["data"]["id"]
            for _ in range(dice.randrange(3, 8)):
                limit = dice.randrange(1, 6)
                answer = client.post(
                    "/sourcing", json={**BRIEF, "limit": limit, "webhookId": webhook_id}
                )
                assert answer.status_code == 202, answer.text
                accepted[answer.json()["requestId"]] = limit
            # Some die while runs are under way, some while they end.
            last = [*accepted][-1]
            if dice.random() < 0.5:
                eventually(
                    lambda c=client, r=last: c.get(f"/sourcing/{r}/results"),
                    lambda a: a.status_code == 200,
                )
            running.kill()
    with _running(data, "--speed", "50") as running:
        client = running.sandbox.client(READY_MADE[0].api_key)
        for request_id, limit in accepted.items():
            answer = eventually(
                lambda r=request_id: client.get(f"/sourcing/{r}/results"),
                lambda a: a.status_code == 200,
            )
            assert answer.json()["status"] == "completed"
            assert len(answer.json()["candidates"]) == limit
        usage = running.sandbox.admin("GET", "/companies/company-acme")
        assert usage["held"] == 0
        assert usage["charged"] == sum(accepted.values())
        eventually(
            lambda: running.sandbox.admin("GET", "/deliveries")["deliveries"],
            lambda found: all(one["status"] == "delivered" for one in found),
        )
        running.kill()
    numbers = _sum_of_the_rest(data)
    total = sum(accepted.values())
    assert numbers == {
        "processing": 0,
        "runs": len(accepted),
        "charged": total,
        "charges": len(accepted),
        "finds": total,
        "deliveries": len(accepted),
        "delivered": len(accepted),
    }
    # At least once each: a crash after the last byte repeats a delivery under the same id.
    told = [json.loads(one.body) for one in receiver.received]
    assert {event["data"]["requestId"] for event in told} == set(accepted)
    assert len({event["deliveryId"] for event in told}) == len(accepted)


def _snapshots(sandbox: Sandbox, data: Path, act: Callable[[], object]) -> list[Path]:
    """Return copies of the file as a SIGKILL before each statement of an action would leave it."""
    copies: list[Path] = []

    def copy(_statement: str) -> None:
        target = data.with_name(f"killed-{len(list(data.parent.iterdir()))}.db")
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{data}{suffix}", f"{target}{suffix}")
        copies.append(target)

    connection = sandbox.store._connection
    connection.set_trace_callback(copy)
    act()
    connection.set_trace_callback(None)
    return copies


@pytest.mark.parametrize("kind", ["sourcing", "preview", "enrichment"])
def test_no_moment_of_death_matters(tmp_path: Path, kind: str) -> None:
    """Killed before any statement, a run is accepted whole or not at all, and ends once."""
    data = tmp_path / "sandbox.db"
    with closing(Sandbox(Settings(data=data, speed=1e6))) as sandbox:
        caller = sandbox.accounts.authenticate(f"Bearer {READY_MADE[0].api_key}", None, 0)
        hook = sandbox.webhooks.create(
            caller,
            WebhookCreateBody.model_validate(
                {"url": "https://a.example/", "events": ["SOURCING_COMPLETED", "ENRICH_COMPLETED"]}
            ),
        )
        search = {**BRIEF, "limit": 2, "webhookId": hook.id}

        def start() -> str:
            runs = sandbox.runs
            if kind == "sourcing":
                accepted = runs.start_sourcing(caller, SourcingBody.model_validate(search), None)
            elif kind == "preview":
                accepted = runs.start_preview(caller, PreviewBody.model_validate(search), None)
            else:
                body = {"profileIds": ["unknown"], "webhookId": hook.id}
                accepted = runs.start_enrichment(caller, EnrichBody.model_validate(body), None)
            run_id: str = accepted["requestId"]
            return run_id

        before = _snapshots(sandbox, data, start)
        (run_id,) = [row["id"] for row in sandbox.store.rows("SELECT id FROM runs")]
        during = _snapshots(sandbox, data, lambda: sandbox.runs.finish(run_id))
    assert len(before) > 5
    assert len(during) > 5
    cost = {"sourcing": 2, "preview": 1, "enrichment": 0}[kind]
    outcomes = set()
    for copy in (*before, *during):
        with closing(Sandbox(Settings(data=copy))) as again:
            again.skip(3600)
            for due in again.runs.due():
                again.runs.finish(due)
            count = again.store.value("SELECT count(*) FROM runs WHERE status = 'completed'")
            outcomes.add(count)
            usage = again.accounts.usage(caller.company_id)
            assert (usage["charged"], usage["held"]) == (cost * count, 0)
            assert again.store.value("SELECT count(*) FROM runs") == count
            assert again.store.value("SELECT count(*) FROM charges") == count
            assert again.store.value("SELECT count(*) FROM deliveries") == count
    assert outcomes == {0, 1}


def test_retries_resume(tmp_path: Path) -> None:
    """A delivery that waits for its retry is made by the next process."""
    settings = Settings(data=tmp_path / "sandbox.db", speed=0.01)
    with receiving() as receiver:
        receiver.statuses = [500]
        with serving(settings) as sandbox:
            account = sandbox.account()
            config = account.webhook(receiver.url, "SOURCING_COMPLETED")
            account.finished(account.start(limit=1, webhookId=config["id"]))
            receiver.wait_for(1)
        with serving(settings) as sandbox:
            sandbox.skip()
            first, second = receiver.wait_for(2)
            assert first.body == second.body


def test_all_is_there_after_a_stop(tmp_path: Path) -> None:
    """Results, keys, companies and skipped time outlive the process."""
    settings = Settings(data=tmp_path / "sandbox.db", speed=0.01)
    with serving(settings) as sandbox:
        account = sandbox.account()
        request_id = account.start(limit=2)
        body = account.finished(request_id)
        api_key = account.http.headers["Authorization"].removeprefix("Bearer ")
        usage = account.usage()
    with serving(settings) as sandbox:
        client = sandbox.client(api_key)
        answer = client.get(f"/sourcing/{request_id}/results")
        assert answer.json() == body
        assert sandbox.admin("GET", f"/companies/{account.company_id}") == usage


def test_damaged_data_ends_in_a_state_and_in_the_documented_shape(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A run that cannot be finished fails, a row that cannot be read is a 500; neither tells more.

    Both stand for bugs: what is logged names no key and nobody's brief.
    """
    settings = Settings(data=tmp_path / "sandbox.db", speed=0.01)
    with serving(settings) as sandbox:
        account = sandbox.account()
        unfinished, unreadable = account.start(title="Marker title"), account.start()
        api_key = account.http.headers["Authorization"].removeprefix("Bearer ")
    with closing(sqlite3.connect(tmp_path / "sandbox.db")) as connection, connection:
        connection.execute("UPDATE runs SET request = '{' WHERE id = ?", (unfinished,))
        connection.execute("UPDATE runs SET created_at = 1 << 60 WHERE id = ?", (unreadable,))
    with serving(settings) as sandbox:
        client = sandbox.client(api_key)
        broken = client.get(f"/sourcing/{unreadable}/results")
        assert (broken.status_code, error_code(broken)) == (500, "INTERNAL_ERROR")
        sandbox.skip()
        ended = eventually(
            lambda: client.get(f"/sourcing/{unfinished}/results"), lambda a: a.status_code == 200
        ).json()
        assert (ended["status"], ended["errorCode"]) == ("failed", "AGENT_ERROR")
        usage = sandbox.admin("GET", f"/companies/{account.company_id}")
        assert usage["held"] == 0
        assert usage["charged"] == 20  # the other one ended all the same
    assert "the sandbox has a bug" in caplog.text
    assert "a run could not be finished" in caplog.text
    for secret in (api_key, "Marker title", unreadable):
        assert secret not in caplog.text + broken.text


def test_runs_can_expire(tmp_path: Path) -> None:
    """With a lifetime, a run that has ended is unknown after it."""
    del tmp_path
    with serving(Settings(speed=0.01, run_lifetime=3600)) as sandbox:
        account = sandbox.account()
        request_id = account.start(limit=1)
        account.finished(request_id)
        sandbox.skip(3601)
        assert account.results(request_id).status_code == 404
        assert account.http.patch(f"/sourcing/{request_id}", json={"limit": 1}).status_code == 404


def test_two_processes_never_share_a_file(tmp_path: Path) -> None:
    """The second one is refused, with the reason."""
    settings = Settings(data=tmp_path / "sandbox.db")
    with (
        serving(settings),
        pytest.raises(InputError, match="in use by another sandbox"),
        open_server(settings),
    ):
        pass


@pytest.mark.parametrize("content", [b"not a database", b"x" * 5000, "sqlite"])
def test_a_file_of_somebody_else_is_left_alone(tmp_path: Path, content: bytes | str) -> None:
    """What is no sandbox's is refused and not changed."""
    data = tmp_path / "other.db"
    if isinstance(content, bytes):
        data.write_bytes(content)
    else:
        connection = sqlite3.connect(data)
        connection.execute("CREATE TABLE theirs (a)")
        connection.commit()
        connection.close()
    before = data.read_bytes()
    with (
        pytest.raises(InputError, match=r"other\.db: is not the data of a sandbox"),
        open_server(Settings(data=data)),
    ):
        pass
    assert data.read_bytes() == before


def test_the_file_is_its_owners(tmp_path: Path) -> None:
    """It holds secrets of webhooks, so nobody else may read it."""
    data = tmp_path / "sandbox.db"
    with open_server(Settings(data=data)):
        assert data.stat().st_mode & 0o077 == 0


def test_no_key_is_in_the_file(tmp_path: Path) -> None:
    """Keys are kept as hashes."""
    data = tmp_path / "sandbox.db"
    with serving(Settings(data=data)) as sandbox:
        account = sandbox.account()
        api_key = account.http.headers["Authorization"].removeprefix("Bearer ")
    content = data.read_bytes()
    for key in (api_key, *(key.api_key for key in READY_MADE)):
        assert key.encode() not in content


def test_the_pool_of_two_processes_is_one(tmp_path: Path) -> None:
    """The same search finds the same people, scores and reasons in another process."""

    def found(sandbox: LocalSandbox) -> list[dict[str, Any]]:
        client = sandbox.client(READY_MADE[0].api_key)
        request_id = client.post("/sourcing", json=BRIEF).json()["requestId"]
        sandbox.skip()

        def poll() -> httpx.Response:
            return client.get(f"/sourcing/{request_id}/results")

        body = eventually(poll, lambda answer: answer.status_code == 200).json()
        candidates: list[dict[str, Any]] = body["candidates"]
        return candidates

    with _running(tmp_path / "sandbox.db") as other, serving() as own:
        assert found(other.sandbox) == found(own)
