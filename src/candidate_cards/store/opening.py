"""From a URL to a store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from candidate_cards.errors import InputError, MissingDependencyError, Problem

if TYPE_CHECKING:
    from .database import Database
    from .store import Store

DEFAULT_URL: Final = "sqlite:///candidate-cards.sqlite3"


@dataclass(frozen=True, slots=True)
class Status:
    """The state of a database.

    Attributes:
        name: Its URL, without password.
        schema: Version of its tables; ``None`` if it is empty.
        newest: Version that this code needs.
    """

    name: str
    schema: str | None
    newest: str


def open_store(url: str = DEFAULT_URL) -> Store:
    """Open a store; an empty database gets its tables.

    Args:
        url: ``sqlite:///FILE`` (with a fourth ``/`` if the path is absolute), or
            ``postgresql://USER:PASSWORD@HOST/DATABASE``.

    Raises:
        InputError: The URL names no database of these two kinds.
        StoreError: It cannot be reached, or its tables are of an older or a newer version, or it
            holds something else.
        MissingDependencyError: The extra is not installed.
    """
    database = _connect(url)
    try:
        from .schema import check_schema, migrate, schema_of  # noqa: PLC0415  an extra
        from .store import Store  # noqa: PLC0415

        schema = schema_of(database)
        if schema is None:
            migrate(database)
        else:
            check_schema(database, schema)
        return Store(database)
    except BaseException:
        database.close()
        raise


def store_status(url: str = DEFAULT_URL) -> Status:
    """Return the state of a database; nothing is made or changed.

    Raises:
        InputError: The URL names no database of these two kinds.
        StoreError: It cannot be reached, or holds something else.
        MissingDependencyError: The extra is not installed.
    """
    database = _connect(url, create=False)
    try:
        from .schema import SCHEMAS, schema_of  # noqa: PLC0415  an extra

        return Status(database.name, schema_of(database), SCHEMAS[-1])
    finally:
        database.close()


def upgrade_store(url: str = DEFAULT_URL) -> Status:
    """Bring a database to the newest schema; one without a store gets its tables.

    Returns:
        The state before.

    Raises:
        InputError: The URL names no database of these two kinds.
        StoreError: It cannot be reached, or was made by a newer version.
        MissingDependencyError: The extra is not installed.
    """
    database = _connect(url)
    try:
        from .schema import SCHEMAS, check_schema, migrate, schema_of  # noqa: PLC0415  an extra

        schema = schema_of(database, beside_others=True)
        if schema is None or schema in SCHEMAS[:-1]:
            migrate(database)
        else:
            check_schema(database, schema)
        return Status(database.name, schema, SCHEMAS[-1])
    finally:
        database.close()


def _connect(url: str, *, create: bool = True) -> Database:
    try:
        from sqlalchemy import make_url  # noqa: PLC0415  an extra
        from sqlalchemy.exc import ArgumentError  # noqa: PLC0415
    except ModuleNotFoundError as error:
        message = "the store needs: pip install 'candidate-cards[store]'"
        raise MissingDependencyError(message) from error
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # their messages may hold the password
        raise _no_url() from None
    match parsed.drivername:
        case "sqlite":
            from .sqlite import SqliteDatabase  # noqa: PLC0415

            return SqliteDatabase(parsed, create=create)
        case "postgresql" | "postgres":
            from .postgresql import PostgresqlDatabase  # noqa: PLC0415

            return PostgresqlDatabase(parsed)
        case _:
            raise _no_url()


def _no_url() -> InputError:
    message = "must begin with sqlite:/// or postgresql://"
    return InputError([Problem(message, path=("url",))])
