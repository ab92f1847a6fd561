"""The state of a sandbox: one SQLite database, one connection.

Only the event loop's thread uses it, and nothing awaits inside a transaction, so transactions never
mix. A file is written with ``synchronous=FULL``: what was answered survives a power cut.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from threading import get_ident
from typing import TYPE_CHECKING, Any, Final

from candidate_cards.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

_APPLICATION_ID: Final = 0x43435362  # "CCSb"
_VERSION: Final = 1

# Times are milliseconds since 1970. A balance is not stored: it is what was granted, less the
# charges, less what open runs hold, so no crash can leave it wrong.
_SCHEMA: Final = """
CREATE TABLE clock (skipped INTEGER NOT NULL) STRICT;
INSERT INTO clock VALUES (0);

CREATE TABLE companies (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    billing TEXT NOT NULL CHECK (billing IN ('prepaid', 'postpaid')),
    granted INTEGER NOT NULL
) STRICT;

CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    suspended_at INTEGER,
    per_minute INTEGER NOT NULL,
    per_hour INTEGER NOT NULL
) STRICT;

CREATE TABLE key_companies (
    key_id TEXT NOT NULL REFERENCES keys (id),
    company_id TEXT NOT NULL REFERENCES companies (id),
    PRIMARY KEY (key_id, company_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE webhooks (
    id TEXT PRIMARY KEY,
    key_id TEXT NOT NULL REFERENCES keys (id),
    company_id TEXT REFERENCES companies (id),
    url TEXT NOT NULL,
    name TEXT,
    description TEXT,
    headers TEXT NOT NULL,
    events TEXT NOT NULL,
    secret TEXT NOT NULL,
    is_active INTEGER NOT NULL DEFAULT 1,
    consecutive_failures INTEGER NOT NULL DEFAULT 0,
    circuit_opened_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    company_id TEXT NOT NULL REFERENCES companies (id),
    kind TEXT NOT NULL CHECK (kind IN ('sourcing', 'preview', 'enrichment')),
    status TEXT NOT NULL CHECK (status IN ('processing', 'completed', 'failed')),
    request TEXT NOT NULL,
    webhook_id TEXT,
    pass INTEGER NOT NULL DEFAULT 1,
    wanted INTEGER NOT NULL,
    held INTEGER NOT NULL,
    fault TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    completed_at INTEGER,
    found_count INTEGER NOT NULL DEFAULT 0,
    error_code TEXT,
    error_message TEXT,
    items TEXT
) STRICT;
CREATE INDEX runs_due ON runs (due_at) WHERE status = 'processing';
CREATE INDEX runs_company ON runs (company_id);

CREATE TABLE charges (
    run_id TEXT NOT NULL REFERENCES runs (id),
    pass INTEGER NOT NULL,
    company_id TEXT NOT NULL REFERENCES companies (id),
    credits INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (run_id, pass)
) STRICT, WITHOUT ROWID;
CREATE INDEX charges_company ON charges (company_id);

CREATE TABLE finds (
    run_id TEXT NOT NULL REFERENCES runs (id),
    profile_id TEXT NOT NULL,
    person INTEGER NOT NULL,
    position INTEGER NOT NULL,
    score INTEGER,
    candidate TEXT NOT NULL,
    PRIMARY KEY (run_id, profile_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX finds_profile ON finds (profile_id);

CREATE TABLE deliveries (
    id TEXT PRIMARY KEY,
    webhook_id TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    event TEXT NOT NULL,
    body BLOB NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'failed', 'skipped')),
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL,
    http_status INTEGER,
    problem TEXT
) STRICT;
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE status = 'pending';
CREATE INDEX deliveries_webhook ON deliveries (webhook_id);
"""


class Store:
    """An open database.

    Args:
        path: The file, made for its owner only if it is not there; ``None`` means memory.

    Raises:
        InputError: Another process uses the file, or it is no sandbox's.
        OSError: The system refused.
    """

    def __init__(self, path: str | PathLike[str] | None = None) -> None:
        if path is not None:
            # It holds the secrets of webhooks.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._connection = sqlite3.connect(
            ":memory:" if path is None else Path(path),
            isolation_level=None,
            timeout=0,
            check_same_thread=False,  # opened before the loop has its thread; see above
        )
        self._connection.row_factory = sqlite3.Row
        self._thread: int | None = None
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            self.close()
            locked = isinstance(error, sqlite3.OperationalError) and "locked" in str(error)
            message = (
                "is in use by another sandbox; stop that one, or choose another file"
                if locked
                else "is not the data of a sandbox of this version; choose another file"
            )
            raise InputError([Problem(message, source=str(path))]) from error

    def _prepare(self) -> None:
        connection = self._connection
        # The file is this process's alone until it ends, however it ends.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("BEGIN EXCLUSIVE")
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        marks = tuple(
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("application_id", "user_version")
        )
        if tables == 0:
            for statement in _SCHEMA.split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {_VERSION}")
        elif marks != (_APPLICATION_ID, _VERSION):
            message = "another schema"
            raise sqlite3.DatabaseError(message)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    def keep_to_this_thread(self) -> None:
        """Refuse other threads from now on: their statements would end up in our transactions."""
        self._thread = get_ident()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all that is done inside, or nothing of it. Never ``await`` in one."""
        self._run("BEGIN IMMEDIATE", ())
        try:
            yield
            self._run("COMMIT", ())
        except BaseException:
            if self._connection.in_transaction:  # SQLite itself ends it when the disk is full
                self._connection.execute("ROLLBACK")
            raise

    def execute(self, statement: str, *parameters: object, **named: object) -> int:
        """Run a statement; return how many rows it changed."""
        return self._run(statement, named or parameters).rowcount

    def row(self, statement: str, *parameters: object) -> sqlite3.Row | None:
        """Return the first row, if there is one."""
        row: sqlite3.Row | None = self._run(statement, parameters).fetchone()
        return row

    def rows(self, statement: str, *parameters: object) -> list[sqlite3.Row]:
        """Return every row."""
        return self._run(statement, parameters).fetchall()

    def value(self, statement: str, *parameters: object) -> Any:  # noqa: ANN401  SQLite's
        """Return the first column of the first row, or ``None``."""
        row = self.row(statement, *parameters)
        return None if row is None else row[0]

    def _run(
        self, statement: str, parameters: tuple[object, ...] | dict[str, object]
    ) -> sqlite3.Cursor:
        if self._thread not in {None, get_ident()}:
            message = "only the thread of the event loop may use the store"
            raise RuntimeError(message)
        return self._connection.execute(statement, parameters)

    def close(self) -> None:
        """Close the file; open transactions are undone."""
        self._connection.close()
