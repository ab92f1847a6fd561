"""Webhook configurations: who owns them, which run may use them, and what is delivered to them."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any, Final

from candidate_cards.contract.refusals import RefusedError, no_resource
from candidate_cards.contract.times import as_datetime
from candidate_cards.models import (
    ErrorCode,
    WebhookConfig,
    WebhookCreated,
    WebhookList,
    normalise_event_name,
)

from .signing import new_secret

if TYPE_CHECKING:
    from sqlite3 import Row

    from candidate_cards.contract.callers import Caller

    from .accounts import Accounts
    from .bodies import WebhookCreateBody, WebhookUpdateBody
    from .clock import Clock
    from .settings import Settings
    from .store import Store

#: Events of a kind of run, by its last status.
EVENTS: Final = {
    ("sourcing", "completed"): "sourcing.completed",
    ("sourcing", "failed"): "sourcing.failed",
    ("preview", "completed"): "sourcing.completed",
    ("preview", "failed"): "sourcing.failed",
    ("enrichment", "completed"): "enrich.completed",
    ("enrichment", "failed"): "enrich.failed",
}


class Webhooks:
    """The configurations in a store."""

    def __init__(self, store: Store, accounts: Accounts, clock: Clock, settings: Settings) -> None:
        self._store = store
        self._accounts = accounts
        self._clock = clock
        self._settings = settings

    def create(self, caller: Caller, body: WebhookCreateBody) -> WebhookCreated:
        """Add a configuration; its secret is told only in this answer.

        Raises:
            RefusedError: The key does not act for the company that it is to belong to.
        """
        self._check_company(caller, body.company_id)
        webhook_id, secret, now = str(uuid.uuid4()), new_secret(), self._clock.now()
        self._store.execute(
            "INSERT INTO webhooks (id, key_id, company_id, url, name, description, headers, events,"
            " secret, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            webhook_id,
            caller.key_id,
            body.company_id,
            body.url,
            body.name,
            body.description,
            json.dumps([header.to_wire() for header in body.headers]),
            json.dumps(body.events),
            secret,
            now,
            now,
        )
        config = self._config(self._row(webhook_id))
        return WebhookCreated.model_validate({**config.to_wire(), "signingSecret": secret})

    def list(self, caller: Caller, company_id: str | None) -> WebhookList:
        """Return the key's configurations; of one company, without the global ones.

        Raises:
            RefusedError: The key does not act for that company.
        """
        self._check_company(caller, company_id)
        rows = self._store.rows(
            "SELECT * FROM webhooks WHERE key_id = ? AND company_id IS coalesce(?, company_id)"
            " ORDER BY created_at, id",
            caller.key_id,
            company_id,
        )
        return WebhookList(data=tuple(map(self._config, rows)), total=len(rows))

    def get(self, caller: Caller, webhook_id: str) -> WebhookConfig:
        """Return one configuration.

        Raises:
            RefusedError: 404, or 403 if it is another key's.
        """
        return self._config(self.owned(caller, webhook_id))

    def update(self, caller: Caller, webhook_id: str, body: WebhookUpdateBody) -> WebhookConfig:
        """Change what is given.

        Raises:
            RefusedError: As in `get`.
        """
        with self._store.transaction():
            row = self.owned(caller, webhook_id)
            headers = None if body.headers is None else [item.to_wire() for item in body.headers]
            self._store.execute(
                "UPDATE webhooks SET url = :url, name = :name, description = :description,"
                " headers = :headers, events = :events, is_active = :active, updated_at = :now"
                " WHERE id = :id",
                url=body.url or row["url"],
                name=row["name"] if body.name is None else body.name,
                description=row["description"] if body.description is None else body.description,
                headers=row["headers"] if headers is None else json.dumps(headers),
                events=json.dumps(body.events) if body.events else row["events"],
                active=row["is_active"] if body.is_active is None else body.is_active,
                now=self._clock.now(),
                id=webhook_id,
            )
            return self._config(self._row(webhook_id))

    def delete(self, caller: Caller, webhook_id: str) -> None:
        """Remove a configuration, with the deliveries that wait.

        Raises:
            RefusedError: As in `get`.
        """
        with self._store.transaction():
            self.owned(caller, webhook_id)
            self._store.execute("DELETE FROM webhooks WHERE id = ?", webhook_id)

    def reset_circuit(self, caller: Caller, webhook_id: str) -> WebhookConfig:
        """Switch a configuration on again that failures have switched off.

        Raises:
            RefusedError: As in `get`.
        """
        with self._store.transaction():
            self.owned(caller, webhook_id)
            self._store.execute(
                "UPDATE webhooks SET consecutive_failures = 0, circuit_opened_at = NULL,"
                " is_active = 1, updated_at = ? WHERE id = ?",
                self._clock.now(),
                webhook_id,
            )
            return self._config(self._row(webhook_id))

    def owned(self, caller: Caller, webhook_id: str) -> Row:
        """Return the row of a configuration of this key.

        Raises:
            RefusedError: As in `get`. This family tells foreign from unknown, as the vendor's does.
        """
        row = self._store.row("SELECT * FROM webhooks WHERE id = ?", webhook_id)
        if row is None:
            raise no_resource("WebhookConfig", webhook_id)
        if row["key_id"] != caller.key_id:
            raise RefusedError(
                403,
                ErrorCode.RESOURCE_ACCESS_DENIED,
                "this webhook belongs to another key",
                {"resourceType": "WebhookConfig", "resourceId": webhook_id},
            )
        return row

    def check_usable(self, caller: Caller, webhook_id: str, kind: str) -> None:
        """Refuse a webhook that a run cannot have.

        Raises:
            RefusedError: 404 if there is none, 403 if it is another company's, 422 if it has no
                event of this kind of run; in this order.
        """
        row = self._store.row("SELECT * FROM webhooks WHERE id = ?", webhook_id)
        if row is None:
            raise RefusedError(404, ErrorCode.WEBHOOK_NOT_FOUND, "there is no webhook with this id")
        is_global = row["company_id"] is None and row["key_id"] == caller.key_id
        if not is_global and row["company_id"] != caller.company_id:
            raise RefusedError(
                403,
                ErrorCode.WEBHOOK_COMPANY_MISMATCH,
                "this webhook belongs to another company",
            )
        family = {normalise_event_name(EVENTS[kind, end]) for end in ("completed", "failed")}
        if not family & set(json.loads(row["events"])):
            raise RefusedError(
                422,
                ErrorCode.WEBHOOK_EVENT_NOT_SUBSCRIBED,
                "the webhook has none of the events of this run",
                {"events": sorted(family)},
            )

    def _check_company(self, caller: Caller, company_id: str | None) -> None:
        if company_id is not None and company_id not in self._accounts.companies_of(caller.key_id):
            raise RefusedError(
                403, ErrorCode.RESOURCE_ACCESS_DENIED, "the key does not act for this company"
            )

    def _row(self, webhook_id: str) -> Row:
        row = self._store.row("SELECT * FROM webhooks WHERE id = ?", webhook_id)
        assert row is not None  # noqa: S101  in the same transaction it was there
        return row

    def _config(self, row: Row) -> WebhookConfig:
        opened = row["circuit_opened_at"]
        fields: dict[str, Any] = {
            "id": row["id"],
            "apiKeyId": row["key_id"],
            "companyId": row["company_id"],
            "url": row["url"],
            "name": row["name"],
            "description": row["description"],
            "headers": [
                {"name": header["name"], "isMasked": True} for header in json.loads(row["headers"])
            ],
            "events": [event.replace("_", ".").lower() for event in json.loads(row["events"])],
            "isActive": bool(row["is_active"]),
            "maxRetries": len(self._settings.retry_delays),
            "timeoutMs": round(self._settings.delivery_timeout * 1000),
            "consecutiveFailures": row["consecutive_failures"],
            "circuitOpenedAt": None if opened is None else as_datetime(opened),
            "createdAt": as_datetime(row["created_at"]),
            "updatedAt": as_datetime(row["updated_at"]),
        }
        return WebhookConfig.model_validate(fields)
