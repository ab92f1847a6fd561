"""A store in one SQLite file."""

from __future__ import annotations

import os
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final

from sqlalchemy import create_engine, event
from sqlalchemy.dialects.sqlite import insert

from candidate_cards.errors import InputError, Problem, StoreError

from .database import PATIENCE, Database, driver_rows

if TYPE_CHECKING:
    import sqlite3

    from sqlalchemy import URL, Connection
    from sqlalchemy.pool import ConnectionPoolEntry

_PRAGMAS: Final = (
    "synchronous = FULL",  # what was acknowledged survives a power cut
    "foreign_keys = ON",
    "secure_delete = ON",  # builds differ in what they do unasked
)
_BROKEN: Final = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


class SqliteDatabase(Database):
    """A file in WAL mode: readers and one writer at a time, of any thread or process.

    After an erasure the file is written anew (``VACUUM``) and the log is emptied. ``secure_delete``
    alone is not enough: where SQLite moves rows from a page to its neighbour, copies of them stay
    behind in the gap, and later deletions do not find these. Meanwhile others can read, not write.
    What the file system keeps of blocks that it has freed, and what backups hold, is beyond this.
    """

    begin = "BEGIN IMMEDIATE"  # a transaction that reads first could not go on to write
    insert = staticmethod(insert)

    def __init__(self, url: URL, *, create: bool) -> None:
        path = url.database or ""
        if path in {"", ":memory:"} or path.startswith("file:") or url.query or url.host:
            message = "must name a file: sqlite:///candidate-cards.sqlite3, with a fourth / if its"
            raise InputError([Problem(f"{message} path is absolute", path=("url",))])
        name = f"sqlite:///{path}"
        try:
            # It holds people's data: for its owner only. SQLite makes the files beside it alike.
            os.close(os.open(path, os.O_RDWR | (os.O_CREAT if create else 0), 0o600))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "is no path"
            message = f"{name}: {reason}"
            raise StoreError(message) from None
        engine = create_engine(
            url.set(drivername="sqlite+pysqlite", database=os.fspath(Path(path).absolute())),
            isolation_level="AUTOCOMMIT",
            connect_args={"timeout": PATIENCE},
            hide_parameters=True,
            json_serializer=str,
        )
        super().__init__(engine, name)
        event.listen(engine, "connect", _configure)

    def prepare(self) -> None:
        """Switch the file to a write-ahead log, which it then stays with.

        Why a loop: for this SQLite does not wait while another process does the same.

        Raises:
            StoreError: It cannot be.
        """
        until = monotonic() + PATIENCE
        while True:
            try:
                ((mode,),) = self.rows("PRAGMA journal_mode = WAL", [])
            except StoreError as error:
                if "locked" not in str(error) or monotonic() > until:
                    raise
                sleep(0.01)
            else:
                break
        if mode != "wal":
            message = f"{self.name}: cannot have a write-ahead log where it is; is that a network?"
            raise StoreError(message)

    def has_spoilt(self, error: BaseException | None) -> bool:
        """A connection that has read a broken page goes on with it when the file is whole again."""
        return getattr(error, "sqlite_errorname", "").startswith(_BROKEN)

    def reason(self, error: BaseException | None) -> str:
        """SQLite's messages name tables and columns, and no values."""
        return str(error)

    def tables(self) -> frozenset[str]:
        """Return the names of all tables."""
        found = self.rows("SELECT name FROM sqlite_schema WHERE type = 'table'", [])
        return frozenset(name for (name,) in found)

    def lock(self, connection: Connection, owner: str | None) -> None:
        """Nothing to do: a transaction has the whole file."""

    def purge(self) -> None:
        """Write the file anew, and empty the log.

        Raises:
            StoreError: Somebody goes on reading what was there before.
        """
        until = monotonic() + PATIENCE
        with self.driver() as connection:
            connection.execute("VACUUM")
            # While it waits for readers nobody can write, so it tries again instead of waiting.
            connection.execute("PRAGMA busy_timeout = 200")
            try:
                while driver_rows(connection, "PRAGMA wal_checkpoint(TRUNCATE)", [])[0][0]:
                    if monotonic() > until:
                        message = f"{self.name}: somebody still reads an older state of it"
                        raise StoreError(message)
                    sleep(0.1)
            finally:
                connection.execute(f"PRAGMA busy_timeout = {PATIENCE * 1000:.0f}")


def _configure(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
