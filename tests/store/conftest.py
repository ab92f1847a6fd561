"""The same tests on both databases."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from candidate_cards.store import Store, open_store
from databases import Place, PostgresqlServer, find_programs, postgresql_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresqlServer]:
    """A PostgreSQL server; where its programs are missing, its tests are skipped aloud."""
    programs = find_programs()
    if programs is None:
        reason = "MISSING PART: a PostgreSQL server; run: apt-get install postgresql"
        if os.environ.get("CI", "").lower() not in {"", "0", "false"}:
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    with postgresql_server(programs) as running:
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
