"""Versions of the schema: what migrations make is what the code expects."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from candidate_cards.errors import StoreError
from candidate_cards.models import Candidate
from candidate_cards.store import Status, open_store, schema, store_status, upgrade_store
from candidate_cards.store.tables import METADATA, VERSION_TABLE

if TYPE_CHECKING:
    from databases import Place

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
NEWEST = schema.SCHEMAS[-1]


def _execute(place: Place, *statements: str) -> None:
    """Run statements by the driver alone."""
    if place.kind == "postgresql":
        with psycopg.connect(place.url, autocommit=True) as database:
            for statement in statements:
                database.execute(statement.encode())
    else:
        path = place.url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            for statement in statements:
                database.execute(statement)


def _engine_url(place: Place) -> str:
    return place.url.replace("postgresql:", "postgresql+psycopg:")


def test_migrations_make_exactly_the_tables_of_the_code(place: Place) -> None:
    """Alembic's comparison, types included, finds no difference in either direction."""
    open_store(place.url).close()
    engine = create_engine(_engine_url(place))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "version_table": VERSION_TABLE}
        )
        assert compare_metadata(context, METADATA) == []
        found = inspect(connection)
        assert set(found.get_table_names()) == {VERSION_TABLE, *METADATA.tables}
        assert len(METADATA.tables) == 7
        # What a comparison leaves out: the names of keys, which later migrations go by.
        for name, table in METADATA.tables.items():
            assert found.get_pk_constraint(name)["name"] == f"pk_{name}"
            assert found.get_pk_constraint(name)["constrained_columns"] == [
                column.name for column in table.primary_key
            ]
    engine.dispose()


def test_a_difference_would_be_found(place: Place) -> None:
    """The comparison above sees a missing column and a missing index."""
    open_store(place.url).close()
    _execute(
        place,
        "ALTER TABLE cards_fetches DROP COLUMN postponed",
        "DROP INDEX ix_cards_keys_company",
    )
    engine = create_engine(_engine_url(place))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        found = {difference[0] for difference in compare_metadata(context, METADATA)}
    engine.dispose()
    assert found == {"add_column", "add_index"}


def test_the_versions_in_the_code_are_the_migrations() -> None:
    """In one line from the first to the newest."""
    config = Config()
    config.set_main_option("script_location", schema.MIGRATIONS)
    scripts = ScriptDirectory.from_config(config)
    line = [script.revision for script in scripts.walk_revisions()]
    assert tuple(reversed(line)) == schema.SCHEMAS
    assert scripts.get_heads() == [NEWEST]


def test_every_table_is_named_as_ours() -> None:
    """An application's own tables may be beside them."""
    assert all(name.startswith("cards_") for name in (VERSION_TABLE, *METADATA.tables))


NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = {before!r}


def upgrade():
    with op.batch_alter_table("cards_candidates") as batch:
        batch.add_column(sa.Column("seen_at", sa.BigInteger))
        batch.alter_column("saved_at", new_column_name="stored_at")
"""


def test_an_older_schema_is_refused_until_it_is_upgraded(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the command, which then runs what is missing and keeps the data."""
    with open_store(place.url) as store:
        store.save("acme", [Candidate(profile_id="p1")], at=NOW)
    folder = tmp_path / "migrations"
    shutil.copytree(Path(schema.__file__).with_name("migrations"), folder)
    (folder / "versions/v9999_next.py").write_text(NEXT.format(before=NEWEST))
    monkeypatch.setattr(schema, "MIGRATIONS", str(folder))
    monkeypatch.setattr(schema, "SCHEMAS", (*schema.SCHEMAS, "9999"))
    with pytest.raises(StoreError, match="make a backup, then run: candidate-cards store upgrade"):
        open_store(place.url)
    assert store_status(place.url).schema == NEWEST
    assert upgrade_store(place.url).schema == NEWEST
    assert store_status(place.url).schema == "9999"
    _execute(place, "UPDATE cards_candidates SET seen_at = stored_at")
    with open_store(place.url) as store:
        assert len(store.versions("acme", ["p1"])) == 1


def test_a_newer_schema_is_refused(place: Place) -> None:
    """By opening and by upgrading; the database stays as it was."""
    open_store(place.url).close()
    _execute(place, "UPDATE cards_schema SET version_num = '9999'")
    for use in (open_store, upgrade_store):
        with pytest.raises(StoreError, match="was made by a newer candidate-cards"):
            use(place.url)
    assert store_status(place.url).schema == "9999"


def test_other_tables_are_left_alone(place: Place) -> None:
    """Opening refuses a database of something else; upgrading adds the store beside it."""
    _execute(place, "CREATE TABLE candidates (name text)", "INSERT INTO candidates VALUES ('mine')")
    for use in (open_store, store_status):
        with pytest.raises(StoreError, match="holds tables of something else"):
            use(place.url)
    if place.kind == "sqlite":  # not even how it is written has changed
        assert {path.suffix for path in place.contents()} == {".sqlite3"}
        assert all(content[18:20] == b"\1\1" for content in place.contents().values())
    before = upgrade_store(place.url)
    assert (before.schema, before.newest) == (None, NEWEST)
    with open_store(place.url) as store:
        store.save("acme", [Candidate(profile_id="p1")], at=NOW)
        assert store.erase("acme", "p1") is True
    _execute(place, "UPDATE candidates SET name = 'still mine' WHERE name = 'mine'")


def test_upgrading_twice_is_upgrading_once(place: Place) -> None:
    """The state before is told; of a new one that there was nothing."""
    name = upgrade_store(place.url).name
    assert upgrade_store(place.url) == Status(name, NEWEST, NEWEST)
    assert store_status(place.url) == Status(name, NEWEST, NEWEST)


def test_looking_makes_nothing(sqlite_place: Place, postgresql_place: Place) -> None:
    """The state of a file that is not there is an error, that of an empty database is nothing."""
    with pytest.raises(StoreError, match="No such file"):
        store_status(sqlite_place.url)
    assert sqlite_place.contents() == {}
    assert store_status(postgresql_place.url).schema is None


def test_a_migration_that_fails_leaves_nothing(place: Place) -> None:
    """All of it is one transaction."""
    _execute(place, "CREATE TABLE cards_embeds (mine text)")
    with pytest.raises(StoreError, match="already exists"):
        upgrade_store(place.url)
    with pytest.raises(StoreError, match="holds tables of something else"):
        store_status(place.url)
    _execute(place, "DROP TABLE cards_embeds")
    assert store_status(place.url).schema is None
    open_store(place.url).close()
