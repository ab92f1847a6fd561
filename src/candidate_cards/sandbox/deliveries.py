"""Deliveries: signed, retried, and at least once: a crash after the last byte sends it again."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import httpx

from candidate_cards.models import WebhookEvent, normalise_event_name

from .signing import sign

if TYPE_CHECKING:
    from collections.abc import Mapping
    from sqlite3 import Row

    from .clock import Clock
    from .settings import Settings
    from .store import Store

_MOST_SHOWN: Final = 1_000


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one request to a receiver.

    Attributes:
        http_status: Of its answer, if one came.
        problem: Why none came.
        milliseconds: How long it took.
    """

    http_status: int | None
    problem: str | None
    milliseconds: int

    @property
    def is_acknowledged(self) -> bool:
        """Whether the receiver took it: any 2xx."""
        return self.http_status is not None and httpx.codes.is_success(self.http_status)


class Deliveries:
    """What is to be delivered, in a store."""

    def __init__(self, store: Store, clock: Clock, settings: Settings) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings

    def add(self, webhook_id: str, event: str, data: Mapping[str, Any]) -> None:
        """Lay out a delivery, if the webhook still is there and has subscribed to the event."""
        row = self._store.row("SELECT * FROM webhooks WHERE id = ?", webhook_id)
        if row is None or normalise_event_name(event) not in json.loads(row["events"]):
            return
        delivery_id, body = _compose(event, data)
        self._store.execute(
            "INSERT INTO deliveries (id, webhook_id, event, body, status, due_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            delivery_id,
            webhook_id,
            event,
            body,
            "pending" if _is_on(row) else "skipped",
            self._clock.now(),
        )

    def due(self) -> list[str]:
        """Return the ids of deliveries whose time has come, oldest first."""
        rows = self._store.rows(
            "SELECT id FROM deliveries WHERE status = 'pending' AND due_at <= ? ORDER BY due_at",
            self._clock.now(),
        )
        return [row[0] for row in rows]

    def next_due(self) -> int | None:
        """Return when the next one that is not yet due will be, in milliseconds since 1970."""
        value: int | None = self._store.value(
            "SELECT min(due_at) FROM deliveries WHERE status = 'pending' AND due_at > ?",
            self._clock.now(),
        )
        return value

    async def attempt(self, client: httpx.AsyncClient, delivery_id: str) -> None:
        """Send a delivery once, and write down what became of it."""
        row = self._store.row(
            "SELECT deliveries.body, webhooks.* FROM deliveries"
            " JOIN webhooks ON webhooks.id = webhook_id WHERE deliveries.id = ?",
            delivery_id,
        )
        if row is None:  # deleted since
            return
        if not _is_on(row):
            self._store.execute(
                "UPDATE deliveries SET status = 'skipped' WHERE id = ?", delivery_id
            )
            return
        attempt = await self._send(client, row, row["body"])
        with self._store.transaction():
            self._record(delivery_id, attempt)

    async def ping(self, client: httpx.AsyncClient, webhook: Row) -> dict[str, Any]:
        """Send a test event once and return the verdict."""
        if normalise_event_name("ping") not in json.loads(webhook["events"]):
            return {"success": False, "message": "the webhook has not subscribed to ping"}
        if webhook["circuit_opened_at"] is not None:
            return {"success": False, "message": "the circuit breaker is open"}
        if not webhook["is_active"]:
            return {"success": False, "message": "the webhook is switched off"}
        delivery_id, body = _compose("ping", {})
        attempt = await self._send(client, webhook, body)
        if not attempt.is_acknowledged:
            answer = f"HTTP {attempt.http_status}" if attempt.http_status else attempt.problem
            return {"success": False, "message": f"not acknowledged: {answer}"}
        return {
            "success": True,
            "deliveryId": delivery_id,
            "httpStatus": attempt.http_status,
            "durationMs": attempt.milliseconds,
            "message": "delivered",
        }

    def shown(self) -> list[dict[str, Any]]:
        """Return the latest deliveries, for people who look for theirs."""
        rows = self._store.rows("SELECT * FROM deliveries ORDER BY rowid DESC LIMIT ?", _MOST_SHOWN)
        return [
            {
                "deliveryId": row["id"],
                "webhookId": row["webhook_id"],
                "event": row["event"],
                "status": row["status"],
                "attempts": row["attempts"],
                "httpStatus": row["http_status"],
                "problem": row["problem"],
            }
            for row in rows
        ]

    async def _send(self, client: httpx.AsyncClient, webhook: Row, body: bytes) -> Attempt:
        headers = {item["name"]: item["value"] for item in json.loads(webhook["headers"])}
        own = {
            "Content-Type": "application/json",
            self._settings.signature_header: sign(webhook["secret"], body),
        }
        headers = {
            name: value
            for name, value in headers.items()
            if name.lower() not in {own_name.lower() for own_name in own}
        } | own
        started = time.monotonic()
        status: int | None = None
        problem: str | None = None
        try:
            # The answer's body means nothing, so it is not read.
            async with (
                asyncio.timeout(self._settings.delivery_timeout),
                client.stream("POST", webhook["url"], content=body, headers=headers) as answer,
            ):
                status = answer.status_code
        except TimeoutError:
            problem = "timeout"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            problem = type(error).__name__
        return Attempt(status, problem, round((time.monotonic() - started) * 1000))

    def _record(self, delivery_id: str, attempt: Attempt) -> None:
        row = self._store.row(
            "SELECT webhook_id, attempts FROM deliveries WHERE id = ? AND status = 'pending'",
            delivery_id,
        )
        if row is None:  # deleted, or skipped because the breaker opened meanwhile
            return
        retries = row["attempts"]
        delays = self._settings.retry_delays
        now = self._clock.now()
        if attempt.is_acknowledged:
            status, due = "delivered", now
            self._store.execute(
                "UPDATE webhooks SET consecutive_failures = 0 WHERE id = ?", row["webhook_id"]
            )
        elif retries < len(delays):
            status, due = "pending", now + round(delays[retries] * 1000 / self._settings.speed)
        else:
            status, due = "failed", now
        self._store.execute(
            "UPDATE deliveries SET status = ?, due_at = ?, attempts = attempts + 1,"
            " http_status = ?, problem = ? WHERE id = ?",
            status,
            due,
            attempt.http_status,
            attempt.problem,
            delivery_id,
        )
        if status == "failed":
            self._count_failure(row["webhook_id"], now)

    def _count_failure(self, webhook_id: str, now: int) -> None:
        self._store.execute(
            "UPDATE webhooks SET consecutive_failures = consecutive_failures + 1 WHERE id = ?",
            webhook_id,
        )
        if self._store.execute(
            "UPDATE webhooks SET is_active = 0, circuit_opened_at = ?"
            " WHERE id = ? AND circuit_opened_at IS NULL AND consecutive_failures >= ?",
            now,
            webhook_id,
            self._settings.breaker_threshold,
        ):
            self._store.execute(
                "UPDATE deliveries SET status = 'skipped'"
                " WHERE webhook_id = ? AND status = 'pending'",
                webhook_id,
            )


def _is_on(webhook: Row) -> bool:
    """Tell whether deliveries leave: switched on, and its breaker closed."""
    return bool(webhook["is_active"]) and webhook["circuit_opened_at"] is None


def _compose(event: str, data: Mapping[str, Any]) -> tuple[str, bytes]:
    """Return the id and the bytes of a delivery, which every retry repeats.

    Why the system's time, not the sandbox's: receivers refuse what looks old or from the future.
    """
    now = datetime.now(UTC)
    delivery_id = str(uuid.uuid4())
    message = WebhookEvent.model_validate(
        {
            "event": event,
            "timestamp": now.replace(microsecond=now.microsecond // 1000 * 1000),
            "deliveryId": delivery_id,
            "data": data,
        }
    )
    return delivery_id, json.dumps(message.to_wire()).encode()
