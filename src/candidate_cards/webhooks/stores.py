"""Which deliveries were received before: the interface, in memory, and in SQLite."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from enum import Enum
from threading import Lock
from typing import TYPE_CHECKING, Final, Protocol

from candidate_cards.errors import InputError, Problem, WebhookStoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta
    from os import PathLike

_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS webhook_deliveries (
        id TEXT PRIMARY KEY,
        handled INTEGER NOT NULL,
        expires_at REAL NOT NULL
    ) WITHOUT ROWID""",
    """CREATE INDEX IF NOT EXISTS webhook_deliveries_by_expiry
        ON webhook_deliveries (expires_at)""",
)


class Claim(Enum):
    """What a store knows of a delivery that comes in."""

    NEW = "new"
    IN_PROGRESS = "in progress"
    HANDLED = "handled"


class DeliveryStore(Protocol):
    """Remembers deliveries, for all threads and processes that receive for one webhook.

    Back it with a database of yours where events must be handled by several hosts; then ``claim``
    and what you do with the event may share a transaction.
    """

    def claim(self, delivery_id: str, now: datetime, lease: timedelta) -> Claim:
        """Return what is known of a delivery, and if that is nothing, remember it as in progress.

        That must be one step: of two claims at the same time, one gets ``Claim.NEW``.

        Args:
            delivery_id: At most 255 visible ASCII characters.
            now: In UTC. What has expired by then counts as unknown, and may be deleted.
            lease: Until when it is in progress: ``now + lease``.
        """

    def confirm(self, delivery_id: str, now: datetime, keep: timedelta) -> None:
        """Remember until ``now + keep`` that a delivery was handled."""

    def release(self, delivery_id: str) -> None:
        """Forget a delivery, since handling it failed; unknown ids are no error."""


@dataclass(frozen=True, slots=True)
class MemoryDeliveryStore:
    """For a receiver that is one process; a restart forgets.

    Attributes:
        capacity: How many deliveries are remembered; beyond, the oldest is forgotten early.
    """

    capacity: int = 10_000
    _entries: OrderedDict[str, tuple[Claim, datetime]] = field(
        default_factory=OrderedDict, init=False, repr=False, compare=False
    )
    _lock: Lock = field(default_factory=Lock, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.capacity < 1:
            raise InputError([Problem("must be at least 1", path=("capacity",))])

    def claim(self, delivery_id: str, now: datetime, lease: timedelta) -> Claim:
        """See :class:`DeliveryStore`."""
        with self._lock:
            known, expires_at = self._entries.get(delivery_id, (Claim.NEW, now))
            if expires_at > now:
                return known
            self._put(delivery_id, Claim.IN_PROGRESS, now + lease)
            return Claim.NEW

    def confirm(self, delivery_id: str, now: datetime, keep: timedelta) -> None:
        """See :class:`DeliveryStore`."""
        with self._lock:
            self._put(delivery_id, Claim.HANDLED, now + keep)

    def release(self, delivery_id: str) -> None:
        """See :class:`DeliveryStore`."""
        with self._lock:
            self._entries.pop(delivery_id, None)

    def _put(self, delivery_id: str, claim: Claim, expires_at: datetime) -> None:
        self._entries[delivery_id] = (claim, expires_at)
        self._entries.move_to_end(delivery_id)
        if len(self._entries) > self.capacity:
            self._entries.popitem(last=False)


@dataclass(frozen=True, slots=True)
class SqliteDeliveryStore:
    """For the processes of one host; a restart remembers. The table holds ids and times only.

    Attributes:
        path: The database, made if it is not there; it may be one that has other tables.
        timeout: Seconds to wait while another process writes.
    """

    path: str | PathLike[str]
    timeout: float = 5.0

    def __post_init__(self) -> None:
        if str(self.path) in {"", ":memory:"}:
            message = "must be a file; without one use MemoryDeliveryStore"
            raise InputError([Problem(message, path=("path",))])

    def claim(self, delivery_id: str, now: datetime, lease: timedelta) -> Claim:
        """See :class:`DeliveryStore`.

        Raises:
            WebhookStoreError: The database cannot be used.
        """
        with self._transaction() as database:
            for statement in _SCHEMA:
                database.execute(statement)
            database.execute(
                "DELETE FROM webhook_deliveries WHERE expires_at <= ?", [now.timestamp()]
            )
            row = database.execute(
                "SELECT handled FROM webhook_deliveries WHERE id = ?", [delivery_id]
            ).fetchone()
            if row is not None:
                return Claim.HANDLED if row[0] else Claim.IN_PROGRESS
            database.execute(
                "INSERT INTO webhook_deliveries VALUES (?, 0, ?)",
                [delivery_id, (now + lease).timestamp()],
            )
            return Claim.NEW

    def confirm(self, delivery_id: str, now: datetime, keep: timedelta) -> None:
        """See :class:`DeliveryStore`.

        Raises:
            WebhookStoreError: The database cannot be used.
        """
        with self._transaction() as database:
            database.execute(
                "INSERT INTO webhook_deliveries VALUES (?, 1, ?) ON CONFLICT (id) DO UPDATE"
                " SET handled = excluded.handled, expires_at = excluded.expires_at",
                [delivery_id, (now + keep).timestamp()],
            )

    def release(self, delivery_id: str) -> None:
        """See :class:`DeliveryStore`.

        Raises:
            WebhookStoreError: The database cannot be used.
        """
        with self._transaction() as database:
            database.execute("DELETE FROM webhook_deliveries WHERE id = ?", [delivery_id])

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Open the database and change it in one step.

        Why a connection each time: it takes a fraction of a millisecond, and none is shared by
        threads or inherited by a forked process.
        """
        try:
            with closing(
                sqlite3.connect(self.path, timeout=self.timeout, isolation_level=None)
            ) as database:
                database.execute("BEGIN IMMEDIATE")
                with database:
                    yield database
        except sqlite3.Error as error:
            message = f"the store of deliveries failed: {error}"
            raise WebhookStoreError(message) from error
