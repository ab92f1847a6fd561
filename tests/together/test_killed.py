"""The sandbox's command, killed amid the runs of our client, and started again on the same data."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest
from pydantic import SecretStr

from candidate_cards.models import (
    EnrichmentCompleted,
    PreviewCompleted,
    SourcingCompleted,
    WebhookCreateRequest,
)
from candidate_cards.webhooks import HmacScheme, WebhookDuplicateError, WebhookReceiver
from sandboxes import LocalSandbox, Receiver, eventually, receiving
from talking import KINDS, Kind, key_of, preview, search, talking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from candidate_cards.models import WebhookEvent

_RUNS: Final = 50
_KILLED_AFTER: Final = (14, 33, 50)
_KINDS_OF_RUN: Final = ("sourcing", "preview", "enrichment")


@contextmanager
def _command(data: Path) -> Iterator[tuple[LocalSandbox, subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "candidate_cards", "sandbox", "--port", "0", "--json"]
    options = ["--data", str(data), "--speed", "20"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        sandbox = LocalSandbox(json.loads(process.stdout.readline())["baseUrl"])
        try:
            yield sandbox, process
        finally:
            sandbox.close()
            process.kill()


@pytest.mark.parametrize("kind", KINDS)
def test_fifty_runs_survive_three_deaths(kind: Kind, tmp_path: Path) -> None:
    """Each accepted run ends, is paid for once, and its event arrives and is handled once."""
    data = tmp_path / "sandbox.db"
    with receiving() as receiver:
        _live_and_die(kind, data, receiver)


def _live_and_die(kind: Kind, data: Path, receiver: Receiver) -> None:
    accepted: dict[str, str] = {}
    owed = 0
    with _command(data) as (sandbox, process):
        account = sandbox.account(credits=1_000)
        key = key_of(account)
        company = account.company_id
        with talking(kind, sandbox, key) as client:
            webhook = client.create_webhook(
                WebhookCreateRequest(
                    name="Inbox",
                    url=receiver.url,
                    events=("SOURCING_COMPLETED", "ENRICH_COMPLETED"),
                )
            )
            first = client.start_sourcing(search(10))
            found = client.wait_for_sourcing(first.request_id, interval=0)
            people = [person.profile_id for person in found.candidates]
            owed += len(people)
        process.kill()
        process.wait()
    while len(accepted) < _RUNS:
        deaths = [count for count in _KILLED_AFTER if count > len(accepted)]
        with _command(data) as (sandbox, process):
            while len(accepted) < deaths[0]:
                number = len(accepted)
                # A client each: their limits of calls a minute are not what is looked at.
                with talking(kind, sandbox, key) as client:
                    what = _KINDS_OF_RUN[number % 3]
                    if what == "sourcing":
                        run = client.start_sourcing(search(1 + number % 4, webhook_id=webhook.id))
                        owed += 1 + number % 4
                    elif what == "preview":
                        run = client.start_preview(preview(5))
                        owed += 1
                    else:
                        run = client.start_enrichment(
                            people[number % 8 :][:2], webhook_id=webhook.id
                        )
                        owed += 2
                accepted[run.request_id] = what
            process.kill()
            process.wait()
    with _command(data) as (sandbox, _):
        for run_id, what in accepted.items():
            with talking(kind, sandbox, key) as client:
                _assert_complete(client, run_id, what)
        usage = sandbox.admin("GET", f"/companies/{company}")
        assert (usage["charged"], usage["held"]) == (owed, 0)
        eventually(
            lambda: sandbox.admin("GET", "/deliveries")["deliveries"],
            lambda sent: all(one["status"] == "delivered" for one in sent),
        )
    _assert_handled_once(receiver, webhook.signing_secret, accepted)


def _assert_complete(client: Any, run_id: str, what: str) -> None:  # noqa: ANN401  of either kind
    if what == "sourcing":
        assert isinstance(client.wait_for_sourcing(run_id, interval=0), SourcingCompleted)
    elif what == "preview":
        assert isinstance(client.wait_for_preview(run_id, interval=0), PreviewCompleted)
    else:
        assert isinstance(client.wait_for_enrichment(run_id, interval=0), EnrichmentCompleted)


def _assert_handled_once(receiver: Receiver, secret: SecretStr, accepted: dict[str, str]) -> None:
    """What arrived is authentic, and of each run that tells somebody there is one new event."""
    judge = WebhookReceiver(
        HmacScheme("X-InstaView-Signature", prefix=""), [secret], now=lambda: datetime.now(UTC)
    )
    handled: list[str] = []
    for request in receiver.received:
        try:
            with judge.receive(request.body, request.headers) as event:
                handled.append(str(event.data.request_id))
        except WebhookDuplicateError:  # sent again, since its sender died before it knew
            continue
    told = [run_id for run_id, what in accepted.items() if what != "preview"]
    assert sorted(handled) == sorted(told)
    stranger = WebhookReceiver(judge.scheme, [SecretStr("0" * 64)])
    sample = receiver.received[0]
    more: list[WebhookEvent] = []
    assert stranger.answer(sample.body, sample.headers, more.append) == 401
    assert judge.answer(sample.body, sample.headers, more.append) == 204
    assert not more  # a replay is answered well, and not handled
