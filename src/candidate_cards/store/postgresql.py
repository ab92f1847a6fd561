"""A store in a PostgreSQL database."""

from __future__ import annotations

from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import create_engine, event
from sqlalchemy.dialects.postgresql import insert

from candidate_cards.errors import MissingDependencyError, StoreError

from .database import PATIENCE, Database
from .tables import METADATA

if TYPE_CHECKING:
    from psycopg import Connection as DriverConnection
    from sqlalchemy import URL, Connection
    from sqlalchemy.pool import ConnectionPoolEntry

_CONNECT_SECONDS: Final = 10
_LOCKS: Final = 0x43617264  # "Card": advisory locks of a database are known by number

# Who began before the deletion may still see what was deleted, and VACUUM leaves it there for them.
_OLDER: Final = """
SELECT count(*) FROM (
    SELECT unnest(ARRAY[backend_xid, backend_xmin]) AS xid FROM pg_stat_activity
        WHERE pid <> pg_backend_pid() AND coalesce(datname, current_database()) = current_database()
    UNION ALL SELECT transaction FROM pg_prepared_xacts WHERE database = current_database()
    UNION ALL SELECT xmin FROM pg_replication_slots
) AS others WHERE age(xid) > age(CAST(%s AS xid))
"""


class PostgresqlDatabase(Database):
    """A database in UTF-8, whose tables belong to the user who opens it.

    After an erasure the store's tables are written anew (``VACUUM FULL``), since a plain ``VACUUM``
    leaves the bytes of most rows in their pages; nobody reads them meanwhile. The planner's
    statistics have no samples of ids and payloads. PostgreSQL still holds the bytes in its
    write-ahead log until it has reused or removed those segments (``max_wal_size``,
    ``wal_keep_size``, slots), in whatever was archived or replicated from that, and in its own log
    if that is told to show the parameters of statements; backups keep what they have.
    """

    begin = "BEGIN"
    insert = staticmethod(insert)

    def __init__(self, url: URL) -> None:
        name = url.set(drivername="postgresql", password=None, query={}).render_as_string()
        try:
            engine = create_engine(
                url.set(drivername="postgresql+psycopg"),
                isolation_level="AUTOCOMMIT",
                paramstyle="format",
                connect_args={"connect_timeout": _CONNECT_SECONDS},
                hide_parameters=True,
                json_serializer=str,
                pool_pre_ping=True,  # a server that was restarted costs nobody an error
            )
        except ModuleNotFoundError as error:
            message = "PostgreSQL needs: pip install 'candidate-cards[postgresql]'"
            raise MissingDependencyError(message) from error
        super().__init__(engine, name)
        event.listen(engine, "connect", _configure)

    def prepare(self) -> None:
        """Check the encoding, which a database cannot change.

        Raises:
            StoreError: It is another.
        """
        ((encoding,),) = self.rows("SHOW server_encoding", [])
        if encoding != "UTF8":
            message = f"{self.name}: is in {encoding}; the store needs a database in UTF8"
            raise StoreError(message)

    def reason(self, error: BaseException | None) -> str:
        """Return the first line of what it says; values are in those after."""
        primary = getattr(getattr(error, "diag", None), "message_primary", None)
        return str(primary or error).strip().partition("\n")[0]

    def tables(self) -> frozenset[str]:
        """Return the names of the tables in the schema that new ones would be in."""
        text = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        return frozenset(name for (name,) in self.rows(text, []))

    def lock(self, connection: Connection, owner: str | None) -> None:
        """Take an advisory lock: a shared one of all, and one's own."""
        if owner is None:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_LOCKS,))
        else:
            connection.exec_driver_sql(
                "SELECT pg_advisory_xact_lock_shared(%s), pg_advisory_xact_lock(%s, hashtext(%s))",
                (_LOCKS, _LOCKS, owner),
            )

    def purge(self) -> None:
        """Write the tables anew, once nobody sees what was deleted.

        Raises:
            StoreError: Somebody goes on seeing it.
        """
        ((now,),) = self.rows("SELECT CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text)", [])
        horizon = str(int(now) % (1 << 32))  # the other functions know its lower half
        until = monotonic() + PATIENCE
        while self.rows(_OLDER, [horizon]) != [(0,)]:
            self._wait(until)
        for table in METADATA.tables:
            while not self._rewrite(table):
                self._wait(until)

    def _wait(self, until: float) -> None:
        if monotonic() > until:
            message = f"{self.name}: another session still sees or uses an older state of it"
            raise StoreError(message)
        sleep(0.1)

    def _rewrite(self, table: str) -> bool:
        """Write a table anew, unless somebody goes on using it.

        Why only a moment: whoever wants to read it queues behind this.
        """
        from psycopg.errors import LockNotAvailable  # noqa: PLC0415  an extra

        with self.driver() as connection:
            connection.execute("SET lock_timeout = '200ms'")
            try:
                connection.execute(f"VACUUM (FULL) {table}")
            except LockNotAvailable:
                return False
            finally:
                _configure(connection)
        return True


def _configure(connection: DriverConnection[Any], _: ConnectionPoolEntry | None = None) -> None:
    connection.execute(f"SET lock_timeout = '{PATIENCE:.0f}s'")
