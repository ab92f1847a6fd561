"""From a URL to a store, and what is said where that fails."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from candidate_cards.errors import InputError, StoreError
from candidate_cards.models import Candidate
from candidate_cards.store import open_store, store_status, upgrade_store
from databases import PASSWORD, Place, PostgresqlServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
SECRETS = ("hunter2", "sesame", "s%C3%A9same", PASSWORD)

NO_STORE = (
    "",
    "hunter2",
    "cards.sqlite3",
    "mysql://u:hunter2@localhost/db",
    "postgresql+asyncpg://u:hunter2@localhost/db",
    "postgresql://u:hunter2@localhost:port/db",
    "postgresql://u:hunter2@localhost:99999999/db",
    "postgresql://u:hun@ter2:x@[::1/db",
    "sqlite://",
    "sqlite:///:memory:",
    "sqlite:///file:cards?mode=memory&uri=true",
    "sqlite:///cards.sqlite3?key=hunter2",
    "sqlite://hunter2@host/cards",
)
"""URLs that name no database of the two kinds."""


@pytest.mark.parametrize("url", NO_STORE)
@pytest.mark.parametrize("use", [open_store, store_status, upgrade_store])
def test_a_url_that_cannot_be_is_told(
    use: Callable[[str], object], url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the URL, which may hold a password; and no file is made."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises((InputError, StoreError)) as caught:
        use(url)
    assert "hunter2" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_for_its_owner_only(sqlite_place: Place) -> None:
    """So are the two that SQLite keeps beside it, whatever the process's mask is."""
    mask = os.umask(0)
    try:
        with open_store(sqlite_place.url) as store:
            store.save("acme", [Candidate(profile_id="p1")], at=NOW)
            files = [path for path in sqlite_place.contents() if path.is_file()]
            assert len(files) == 3
            assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    finally:
        os.umask(mask)


def test_a_relative_path_stays_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that changes its folder keeps its store."""
    monkeypatch.chdir(tmp_path)
    with open_store("sqlite:///cards.sqlite3") as store:
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        store.save("acme", [Candidate(profile_id="p1")], at=NOW)
    assert [path.name for path in tmp_path.iterdir()] != ["elsewhere"]
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_what_is_stored_outlives_the_store(place: Place) -> None:
    """Another opening finds it; a closed store says so."""
    with open_store(place.url) as store:
        store.save("acme", [Candidate(profile_id="p1")], at=NOW)
        store.ping()
    with pytest.raises(StoreError, match="is closed"):
        store.ping()
    with pytest.raises(StoreError, match="is closed"):
        store.versions("acme", ["p1"])
    with open_store(place.url) as again:
        assert again.count() == 1


def test_many_may_open_a_new_database_at_once(place: Place) -> None:
    """Its tables are made once, and everybody gets a store that works."""
    threads = 6

    def use(number: int) -> None:
        with open_store(place.url) as store:
            store.save("acme", [Candidate(profile_id=f"p{number}")], at=NOW)

    with ThreadPoolExecutor(threads) as executor:
        list(executor.map(use, range(threads)))
    with open_store(place.url) as store:
        assert store.count() == threads


UNUSABLE = {
    "a folder": ("sqlite:///{}/folder", "Is a directory"),
    "no such folder": ("sqlite:///{}/no/cards", "No such file"),
    "a text": ("sqlite:///{}/text", "not a database"),
    "a NUL": ("sqlite:///{}/a\0b", "is no path"),
    "nobody there": ("postgresql://u:hunter2@127.0.0.1:1/db", "refused"),
    "no socket": ("postgresql://u:hunter2@/db?host={}", "No such file"),
    "a wrong option": ("postgresql://u:hunter2@127.0.0.1/db?passwrd=hunter2", "invalid"),
}


@pytest.mark.parametrize("what", UNUSABLE)
def test_a_database_that_cannot_be_used_is_told(what: str, tmp_path: Path) -> None:
    """With the reason, and without the password."""
    (tmp_path / "text").write_text("no database " * 100)
    (tmp_path / "folder").mkdir()
    url, reason = UNUSABLE[what]
    with pytest.raises(StoreError) as caught:
        open_store(url.format(tmp_path))
    assert reason in str(caught.value)
    assert "hunter2" not in f"{caught.value}{caught.value!r}{caught.value.__cause__}"
    assert "\n" not in str(caught.value)


def test_a_wrong_password_is_told_without_it(postgresql_place: Place) -> None:
    """PostgreSQL's reason comes through."""
    with pytest.raises(StoreError, match="password authentication failed") as caught:
        open_store(postgresql_place.url.replace("//cards:s", "//cards:hunter2-s"))
    assert not any(secret in str(caught.value) for secret in SECRETS)


def test_a_password_is_in_no_text(postgresql_place: Place) -> None:
    """Nor is what the URL says beside it."""
    url = postgresql_place.url
    with open_store(f"{url}&application_name=sesame") as store:
        texts = [repr(store), store_status(url).name, upgrade_store(url).name]
    with pytest.raises(StoreError) as caught:
        store.ping()
    for text in (*texts, str(caught.value)):
        assert "postgresql://cards" in text
        assert not any(secret in text for secret in SECRETS)


def test_a_database_of_another_encoding_is_refused(server: PostgresqlServer) -> None:
    """One that could not hold every name."""
    options = "ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
    with server.place(options) as place, pytest.raises(StoreError, match="is in LATIN1"):
        open_store(place.url)


def test_lost_connections_are_renewed(postgresql_place: Place) -> None:
    """A server that was restarted, or cut everybody off, costs nobody an error."""
    with open_store(postgresql_place.url) as store:
        store.save("acme", [Candidate(profile_id="p1")], at=NOW)
        for use in (
            lambda: store.versions("acme", ["p1"]),
            lambda: store.save("acme", [Candidate(profile_id="p2")], at=NOW),
        ):
            postgresql_place.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE usename = 'cards' AND pid <> pg_backend_pid()",
                user="postgres",
            )
            use()


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    """A missing library is no traceback, and importing the package needs none."""
    code = (
        "import sys; sys.modules['{}'] = None; import candidate_cards.store as s\n"
        "try: s.open_store('{}')\n"
        "except ImportError as error: print(error)"
    )
    store = "the store needs: pip install 'candidate-cards[store]'"
    for module, url, extra in (
        ("sqlalchemy", "sqlite:///x", store),
        ("alembic", f"sqlite:///{tmp_path}/x", store),
        (
            "psycopg",
            "postgresql://u@h/d",
            "PostgreSQL needs: pip install 'candidate-cards[postgresql]'",
        ),
    ):
        command = [sys.executable, "-c", code.format(module, url)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == extra


def test_importing_the_names_loads_no_library() -> None:
    """What only mentions a store pays for none."""
    code = (
        "import sys; from candidate_cards.store import ApiKey, Saved, open_store, SCOPES;"
        "print({'sqlalchemy', 'alembic', 'psycopg', 'pydantic'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_opening_a_store_does_not_load_alembic(place: Place) -> None:
    """Only making or upgrading one does."""
    open_store(place.url).close()
    code = (
        "import sys; from candidate_cards.store import open_store; open_store(sys.argv[1]).close();"
        "print('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", code, place.url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
