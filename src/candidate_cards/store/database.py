"""What the store needs of a database, whichever it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from candidate_cards.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy import BindParameter, Column, Connection, Engine, Select
    from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
    from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
    from sqlalchemy.schema import Table

    Insert = PostgresqlInsert | SqliteInsert

#: How long a writer waits for others, in seconds. Longest takes writing a file anew: SQLite needs
#: about 15 ms for each MB.
PATIENCE: Final = 60.0

_IDS_AT_ONCE: Final = (1, 10, 100)


class Database(ABC):
    """One database and its connections.

    Drivers are in autocommit mode: a read is a statement of its own, a write begins its own
    transaction.

    Attributes:
        engine: Of SQLAlchemy.
        name: The URL without password, for messages.
    """

    begin: str
    insert: Callable[[Table], Insert]

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine = engine
        self.name = name
        self._closed = False
        event.listen(engine, "begin", self._begin)

    def _begin(self, connection: Connection) -> None:
        connection.exec_driver_sql(self.begin)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction: all that is done in it is kept, or nothing.

        Raises:
            StoreError: The database failed.
        """
        with self.failing(), self.engine.begin() as connection:
            yield connection

    def rows(self, text: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        """Return what a query finds, by the driver alone.

        Why: SQLAlchemy's own way takes eight times as long as the query, and logs rows, which are
        people, at the level DEBUG.

        Raises:
            StoreError: The database failed.
        """
        with self.driver() as connection:
            return driver_rows(connection, text, values)

    @contextmanager
    def driver(self) -> Iterator[Any]:
        """Lend a driver's connection.

        Raises:
            StoreError: The database failed.
        """
        with self.failing():
            connection = self.engine.raw_connection()
            try:
                yield connection.driver_connection
            finally:
                connection.close()

    @contextmanager
    def failing(self) -> Iterator[None]:
        """Turn a driver's errors into ours, which repeat no value.

        Raises:
            StoreError: The database failed.
        """
        if self._closed:
            message = f"{self.name} is closed"
            raise StoreError(message)
        try:
            yield
        except PoolTimeoutError:
            message = f"{self.name}: every connection is in use"
            raise StoreError(message) from None
        except (DBAPIError, self.engine.dialect.loaded_dbapi.Error) as error:
            # Not `from error`: PostgreSQL's own repeat the values of a row.
            cause = error.orig if isinstance(error, DBAPIError) else error
            if self.has_spoilt(cause):
                self.engine.dispose()  # whoever comes next gets a new connection
            message = f"{self.name}: {self.reason(cause)}"
            raise StoreError(message) from None

    def close(self) -> None:
        """Close the connections; what is asked later is an error."""
        self._closed = True
        self.engine.dispose()

    def has_spoilt(self, error: BaseException | None) -> bool:  # noqa: ARG002  for SQLite
        """Tell whether a connection fails from now on, whatever becomes of the database."""
        return False  # the pool finds it out

    @abstractmethod
    def reason(self, error: BaseException | None) -> str:
        """Say why the driver failed, without any value."""

    @abstractmethod
    def prepare(self) -> None:
        """Make the database fit for a store, before it gets tables.

        Raises:
            StoreError: It cannot be.
        """

    @abstractmethod
    def tables(self) -> frozenset[str]:
        """Return the names of all tables, of the store and of others."""

    @abstractmethod
    def lock(self, connection: Connection, owner: str | None) -> None:
        """Let nobody else write for a company or a receiver, or for any, in this transaction."""

    @abstractmethod
    def purge(self) -> None:
        """Leave in the files no byte of what was deleted before.

        Raises:
            StoreError: Something still uses it.
        """


def driver_rows(connection: Any, text: str, values: Sequence[object]) -> list[tuple[Any, ...]]:  # noqa: ANN401  of either driver
    """Run a query on a driver's connection."""
    rows: list[tuple[Any, ...]] = connection.execute(text, values).fetchall()
    return rows


class Query:
    """A query that is compiled once."""

    def __init__(self, database: Database, statement: Select[Any]) -> None:
        self._database = database
        compiled = statement.compile(dialect=database.engine.dialect)
        self._text = str(compiled)
        self._names = compiled.positiontup or ()
        self._defaults = compiled.params

    def rows(self, **values: object) -> list[tuple[Any, ...]]:
        """Return what it finds.

        Raises:
            StoreError: The database failed.
        """
        values = {**self._defaults, **values}
        return self._database.rows(self._text, [values[name] for name in self._names])


class QueryByIds:
    """A query for rows of any number of ids, compiled once for each of a few numbers.

    Why not a list of just as many placeholders: each is another statement to compile, for
    SQLAlchemy and for the database.
    """

    def __init__(self, database: Database, statement: Select[Any], ids: Column[str]) -> None:
        self._database = database
        self._texts = {}
        for count in _IDS_AT_ONCE:
            places: list[BindParameter[str]] = [bindparam(f"id_{at}") for at in range(count)]
            compiled = statement.where(ids.in_(places)).compile(dialect=database.engine.dialect)
            self._texts[count] = str(compiled)

    def rows(
        self, company: str, ids: Iterable[str], connection: Connection | None = None
    ) -> Iterator[tuple[Any, ...]]:
        """Yield what it finds.

        Args:
            company: The query's first value.
            ids: Each once.
            connection: Of a transaction to read in.

        Raises:
            StoreError: The database failed.
        """
        left = iter(ids)
        while some := [*islice(left, _IDS_AT_ONCE[-1])]:
            count = next(count for count in _IDS_AT_ONCE if count >= len(some))
            some += some[-1:] * (count - len(some))
            if connection is None:
                yield from self._database.rows(self._texts[count], [company, *some])
            else:
                driver = connection.connection.driver_connection
                yield from driver_rows(driver, self._texts[count], [company, *some])
