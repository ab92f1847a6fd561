"""Versions of the schema: forward only, one migration each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from candidate_cards.errors import MissingDependencyError, StoreError

from .tables import VERSION_TABLE

if TYPE_CHECKING:
    from .database import Database

#: From the first to the one that this code needs. They are named here because opening a store
#: only compares, and alembic takes longer to import than that.
SCHEMAS: Final = ("0001",)

MIGRATIONS: Final = "candidate_cards.store:migrations"


def schema_of(database: Database, *, beside_others: bool = False) -> str | None:
    """Return the version that a database has; ``None`` if it has none yet.

    Args:
        database: To look at.
        beside_others: Tables of something else are no error.

    Raises:
        StoreError: It is not empty, but without a store.
    """
    tables = database.tables()
    if VERSION_TABLE in tables:
        found = database.rows(f"SELECT version_num FROM {VERSION_TABLE}", [])  # noqa: S608  ours
        return str(found[0][0])
    if tables and not beside_others:
        message = (
            f"{database.name}: holds tables of something else; to add the store's beside them,"
            " run: candidate-cards store upgrade"
        )
        raise StoreError(message)
    return None


def check_schema(database: Database, schema: str) -> None:
    """Refuse a version that is not the one that this code needs.

    Raises:
        StoreError: It is older, or newer.
    """
    if schema not in SCHEMAS:
        message = (
            f"{database.name}: was made by a newer candidate-cards (schema {schema}, this one"
            f" knows {SCHEMAS[-1]}); install that one"
        )
        raise StoreError(message)
    if schema != SCHEMAS[-1]:
        message = (
            f"{database.name}: has schema {schema} and needs {SCHEMAS[-1]};"
            " make a backup, then run: candidate-cards store upgrade"
        )
        raise StoreError(message)


def migrate(database: Database) -> None:
    """Bring a database to the newest schema, in one transaction.

    Processes that do it at the same time wait for each other.

    Raises:
        StoreError: The database failed, and has no other tables than before.
        MissingDependencyError: The extra is not installed.
    """
    try:
        from alembic import command  # noqa: PLC0415  see SCHEMAS
        from alembic.config import Config  # noqa: PLC0415
    except ModuleNotFoundError as error:
        message = "the store needs: pip install 'candidate-cards[store]'"
        raise MissingDependencyError(message) from error
    database.prepare()
    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    with database.writing() as connection:
        database.lock(connection, None)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
