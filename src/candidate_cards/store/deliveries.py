"""Which webhook deliveries were received before."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from candidate_cards.errors import StoreError, WebhookStoreError
from candidate_cards.webhooks import Claim

from .tables import DELIVERIES
from .times import as_number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from .database import Database, Insert


@dataclass(frozen=True, slots=True)
class StoredDeliveries:
    """A ``candidate_cards.webhooks.DeliveryStore`` for all processes that use the database.

    Attributes:
        receiver: Which webhook's.
    """

    _database: Database = field(repr=False)
    receiver: str

    def claim(self, delivery_id: str, now: datetime, lease: timedelta) -> Claim:
        """See ``candidate_cards.webhooks.DeliveryStore``.

        Raises:
            WebhookStoreError: The database failed.
        """
        with self._transaction() as connection:
            self._database.lock(connection, self.receiver)
            connection.execute(
                delete(DELIVERIES).where(
                    DELIVERIES.c.receiver == self.receiver,
                    DELIVERIES.c.expires_at <= as_number(now),
                )
            )
            insert = self._insert(delivery_id, now + lease, handled=False)
            claim = insert.on_conflict_do_nothing().returning(DELIVERIES.c.id)
            if connection.execute(claim).first() is not None:
                return Claim.NEW
            is_handled = connection.scalar(
                select(DELIVERIES.c.handled).where(
                    DELIVERIES.c.receiver == self.receiver, DELIVERIES.c.id == delivery_id
                )
            )
        return Claim.HANDLED if is_handled else Claim.IN_PROGRESS

    def confirm(self, delivery_id: str, now: datetime, keep: timedelta) -> None:
        """See ``candidate_cards.webhooks.DeliveryStore``.

        Raises:
            WebhookStoreError: The database failed.
        """
        insert = self._insert(delivery_id, now + keep, handled=True)
        with self._transaction() as connection:
            connection.execute(
                insert.on_conflict_do_update(
                    index_elements=DELIVERIES.primary_key.columns,
                    set_={name: insert.excluded[name] for name in ("handled", "expires_at")},
                )
            )

    def release(self, delivery_id: str) -> None:
        """See ``candidate_cards.webhooks.DeliveryStore``.

        Raises:
            WebhookStoreError: The database failed.
        """
        with self._transaction() as connection:
            connection.execute(
                delete(DELIVERIES).where(
                    DELIVERIES.c.receiver == self.receiver, DELIVERIES.c.id == delivery_id
                )
            )

    def _insert(self, delivery_id: str, expires_at: datetime, *, handled: bool) -> Insert:
        return self._database.insert(DELIVERIES).values(
            receiver=self.receiver,
            id=delivery_id,
            handled=handled,
            expires_at=as_number(expires_at),
        )

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._database.writing() as connection:
                yield connection
        except StoreError as error:
            message = f"the store of deliveries failed: {error}"
            raise WebhookStoreError(message) from error
