"""The same tests on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from candidate_cards.store import Store, open_store
from databases import Place, PostgresqlServer, postgresql_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresqlServer]:
    """A PostgreSQL server for all tests."""
    with postgresql_server() as running:
        yield running


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Place:
    """A file that is not there yet."""
    folder = tmp_path / "sqlite"
    folder.mkdir()
    return Place("sqlite", f"sqlite:///{folder / 'cards.sqlite3'}", (folder,))


@pytest.fixture(scope="session")
def postgresql_database(server: PostgresqlServer) -> Iterator[Place]:
    """A database for all tests, since making one takes as long as most of them."""
    with server.place() as place:
        yield place


@pytest.fixture
def postgresql_place(postgresql_database: Place) -> Place:
    """The database without tables."""
    postgresql_database.clear()
    return postgresql_database


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest) -> Place:
    """Each database in turn, empty."""
    value: Place = request.getfixturevalue(f"{request.param}_place")
    return value


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    """A store in each database in turn."""
    with open_store(place.url) as opened:
        yield opened
