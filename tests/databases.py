"""Databases to test the store with: SQLite files, and a PostgreSQL server of Debian's package."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "sésame: /@?#%"  # noqa: S105  of a server that lives for seconds

_OWNER = "cards"
_NUMBERS = count(1)
_SETTINGS = {
    "fsync": "off",  # its clients are killed, the server is not
    "listen_addresses": "",
    "max_connections": "60",
    "max_prepared_transactions": "2",
    "shared_buffers": "32MB",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A database of its own, empty.

    Attributes:
        kind: Which database.
        url: For ``open_store``.
        files: What may hold its data: folders, and files.
    """

    kind: Literal["sqlite", "postgresql"]
    url: str
    files: tuple[Path, ...]

    def contents(self) -> dict[Path, bytes]:
        """Return every byte of the files, with what PostgreSQL still has in memory."""
        if self.kind == "postgresql":
            self.execute("CHECKPOINT", user="postgres")
        found = [path for root in self.files for path in (root, *root.rglob("*"))]
        return {path: path.read_bytes() for path in found if path.is_file()}

    def clear(self) -> None:
        """Take every table out of PostgreSQL."""
        self.execute(f"DROP OWNED BY {_OWNER}")

    def execute(self, text: str, *, user: str = _OWNER) -> list[tuple[Any, ...]]:
        """Run a statement in PostgreSQL by its driver alone."""
        return _execute(self.url.replace(f"//{_OWNER}:", f"//{user}:"), text)


@dataclass(frozen=True, slots=True)
class PostgresqlServer:
    """A server.

    Attributes:
        folder: Its data and its socket.
        programs: Where its programs are.
        user: Whom it runs as, if not as ourselves.
    """

    folder: Path
    programs: Path
    user: str | None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = " ".join(f"--{name}='{value}'" for name, value in _SETTINGS.items())
        self._control("start", "-l", self.folder / "log", "-o", f"-k {self.folder} {settings}")

    def stop(self) -> None:
        """End every connection, and it."""
        self._control("stop", "-m", "fast")

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop it for a while."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def _control(self, *words: object) -> None:
        _run([self.programs / "pg_ctl", "-D", self.folder / "data", "-w", *words], user=self.user)

    @contextmanager
    def place(self, options: str = "") -> Iterator[Place]:
        """Make a database whose owner may do nothing special."""
        name = f"cards_{next(_NUMBERS)}"
        maintenance = self._url("postgres", "postgres")
        _execute(maintenance, f"CREATE DATABASE {name} OWNER {_OWNER} {options}")
        try:
            url = self._url(_OWNER, name)
            ((oid,),) = _execute(
                url, "SELECT oid FROM pg_database WHERE datname = current_database()"
            )
            data = self.folder / "data"
            # Without the write-ahead log, and without other tests' databases.
            shared = [path for path in data.iterdir() if path.name not in {"base", "pg_wal"}]
            files = (data / "base" / str(oid), *shared)
            yield Place("postgresql", url, files)
        finally:
            _execute(maintenance, f"DROP DATABASE {name} WITH (FORCE)")

    def _url(self, user: str, database: str) -> str:
        password = quote(PASSWORD, safe="")
        return f"postgresql://{user}:{password}@/{database}?host={self.folder}"


def _execute(url: str, text: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(text.encode())
        return cursor.fetchall() if cursor.description else []


def _programs() -> Path:
    """Return the folder of initdb and postgres, which Debian keeps off the PATH."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if not folders:
        reason = "MISSING PART: a PostgreSQL server; run: apt-get install postgresql"
        if os.environ.get("CI", "").lower() not in {"", "0", "false"}:
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return max(folders, key=lambda folder: int(folder.parent.name))


@contextmanager
def postgresql_server() -> Iterator[PostgresqlServer]:
    """Run a server in a folder that goes with it; without its programs, skip the test aloud."""
    programs = _programs()
    # Not in pytest's folder: root's is closed to the user below, and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="cards-"))
    user = _user()
    try:
        password = folder / "password"
        password.write_text(PASSWORD, "utf-8")
        if user is not None:
            shutil.chown(folder, user)
            shutil.chown(password, user)
        _run(
            [
                *(programs / "initdb", "--no-sync", "-D", folder / "data", "-U", "postgres"),
                *("--auth=scram-sha-256", f"--pwfile={password}", "--locale=C.UTF-8"),
            ],
            user=user,
        )
        server = PostgresqlServer(folder, programs, user)
        server.start()
        try:
            role = f"CREATE ROLE {_OWNER} LOGIN PASSWORD '{PASSWORD}'"
            _execute(server._url("postgres", "postgres"), role)
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def _user() -> str | None:
    """Return whom the server is to run as, if not as ourselves: it refuses to be root's."""
    if os.geteuid() != 0:
        return None
    return "postgres"  # comes with the package


def _run(command: list[Any], user: str | None) -> None:
    subprocess.run(command, check=True, capture_output=True, user=user, cwd="/")
