"""After an erasure no file of the database has a byte of it."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from candidate_cards.errors import StoreError
from candidate_cards.models import Candidate
from candidate_cards.store import Store, open_store, postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from candidate_cards.store.database import Database
    from databases import Place

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
SEEDS = (0, 8, 43)  # with these, SQLite 3.40 leaves somebody in the file by `secure_delete` alone


def marked(number: int, times: int = 1, *, note: object = "") -> Candidate:
    """Return somebody whose name is in no other text."""
    text = f"NAME-{number:04d}-x"
    return Candidate.model_validate(
        {
            "profileId": f"ID-{number:04d}-x",
            "name": text,
            "linkedinUrl": f"https://www.linkedin.com/in/{text}",
            "skills": [f"{text} {note}"] * times,
            "emails": [f"{text}@example.com"],
            "unknown": {text: text},
        }
    )


def found(place: Place, *numbers: int) -> list[str]:
    """Return where the files have what only these people have."""
    marks = [mark % number for number in numbers for mark in (b"NAME-%04d-x", b"ID-%04d-x")]
    contents = place.contents()
    assert sum(map(len, contents.values())) > 10_000
    return [
        f"{mark.decode()} in {path.name}"
        for path, content in contents.items()
        for mark in marks
        if mark in content
    ]


def test_an_erased_candidate_is_in_no_file(store: Store, place: Place) -> None:
    """Small or with many pages, changed before or not, its embeds included; others stay."""
    sizes = {1: 1, 2: 40, 3: 5_000, 4: 100_000}
    for number, times in sizes.items():
        store.save("acme", [marked(number, times)], at=NOW)
        store.save("acme", [marked(number, times, note="changed")], at=NOW)
        store.add_embed("acme", f"ID-{number:04d}-x", look={"theme": "dark"}, expires_at=LATER)
    store.save("globex", [marked(1)], at=NOW)
    store.save("acme", [marked(9)], at=NOW)
    for number in sizes:
        assert found(place, number)
        assert store.erase("acme", f"ID-{number:04d}-x") is True
    assert not found(place, 2, 3, 4)
    assert found(place, 1)  # the other company's
    assert store.erase("globex", "ID-0001-x") is True
    assert not found(place, 1)
    assert store.count() == 1
    assert found(place, 9)


@pytest.mark.parametrize("seed", SEEDS)
def test_pages_that_were_split_keep_no_copy(sqlite_place: Place, seed: int) -> None:
    """Where SQLite moves rows between pages, it leaves copies that no deletion finds."""
    chance = random.Random(seed)  # noqa: S311  no secret is made of it
    gone: set[int] = set()
    with open_store(sqlite_place.url) as store:
        for step in range(300):
            number = chance.randrange(60)
            company = f"co{number % 2}"
            if chance.random() < 0.8:
                if number not in gone:
                    times = chance.choice([1, 3, 10, 30, 60, 300])
                    store.save(company, [marked(number, times, note=step)], at=NOW)
            elif number not in gone and store.erase(company, f"ID-{number:04d}-x"):
                gone.add(number)
        assert len(gone) > 20
        assert not found(sqlite_place, *gone)


def test_a_company_is_erased_with_all_it_has(store: Store, place: Place) -> None:
    """Its candidates, embeds, keys, fetches and deliveries; another company keeps its own."""
    for company in ("ACME-company-x", "globex"):
        store.save(company, [marked(1), marked(2)], at=NOW)
        _, secret = store.add_key(company, name="KEYNAME-x" if company != "globex" else "", at=NOW)
        embed = store.add_embed(company, "ID-0001-x", look={}, expires_at=LATER)
        store.add_fetch(company, "sourcing", "r1", at=NOW)
        store.deliveries(company).claim("d1", NOW, timedelta(days=1))
    assert store.erase_company("ACME-company-x") == 2
    assert store.erase_company("ACME-company-x") == 0
    contents = b"".join(place.contents().values())
    assert b"ACME-company-x" not in contents
    assert b"KEYNAME-x" not in contents
    assert store.count() == 2
    assert store.find_embed(embed) is not None
    assert store.find_key(secret.get_secret_value()) is not None
    assert [fetch.company for fetch in store.due_fetches(NOW, 10)] == ["globex"]
    assert store.erase_company("globex") == 2
    assert not found(place, 1, 2)


def test_who_was_not_saved_for_long_is_erased(store: Store, place: Place) -> None:
    """Of one company or of all; whoever was saved since, changed or not, stays."""
    for number, days in ((1, 0), (2, 1), (3, 2)):
        for company in ("acme", "globex"):
            store.save(company, [marked(number)], at=NOW + timedelta(days=days))
    store.save("acme", [marked(1)], at=NOW + timedelta(days=3))
    limit = NOW + timedelta(days=2)
    assert store.count(older_than=limit) == 3
    assert store.erase_older(limit, "acme") == 1
    assert set(store.versions("acme", ["ID-0001-x", "ID-0002-x", "ID-0003-x"])) == {
        "ID-0001-x",
        "ID-0003-x",
    }
    assert store.erase_older(limit) == 2
    assert store.erase_older(limit) == 0
    assert not found(place, 2)
    assert store.count("globex") == 1


def test_an_older_name_goes_with_the_candidate(store: Store, place: Place) -> None:
    """What was merged over before is erased too."""
    store.save("acme", [marked(1), Candidate(profile_id="ID-0002-x", name="NAME-0003-x")], at=NOW)
    store.save("acme", [Candidate(profile_id="ID-0002-x", name="NAME-0004-x")], at=NOW)
    store.erase("acme", "ID-0002-x")
    assert not found(place, 2, 3, 4)
    assert found(place, 1)


@contextmanager
def another_process(place: Place) -> Iterator[subprocess.Popen[str]]:
    """Have the database open in another process, which reads and then does nothing."""
    code = (
        "import sys; from candidate_cards.store import open_store\n"
        "store = open_store(sys.argv[1]); print(store.load('acme', ['ID-0001-x']).keys(),"
        " flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, place.url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert "ID-0001-x" in process.stdout.readline()
        yield process
        process.communicate("")


def test_another_process_that_has_it_open_does_not_matter(store: Store, place: Place) -> None:
    """It need not close the database for the bytes to go."""
    store.save("acme", [marked(1, 5_000)], at=NOW)
    with another_process(place):
        assert store.erase("acme", "ID-0001-x") is True
        assert not found(place, 1)


# What keeps a database from letting go of what was deleted, as a backup or a report would.
HOLDS = (
    "sqlite: a reader",
    "postgresql: a snapshot",
    "postgresql: a reader of the table",
    "postgresql: a writer",
    "postgresql: a prepared transaction",
)


@contextmanager
def held(place: Place, how: str) -> Iterator[None]:
    """Go on using a state of the database that was before now."""
    if place.kind == "sqlite":
        path = place.url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            assert reader.execute("SELECT count(*) FROM cards_candidates").fetchone() == (1,)
            yield
        return
    with psycopg.connect(place.url) as session:
        if how.endswith("snapshot"):
            session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        session.execute("SELECT 1")
        if how.endswith("table"):
            session.execute("SELECT count(*) FROM cards_candidates")
        if how.endswith(("writer", "prepared transaction")):
            session.execute("CREATE TABLE of_another_application (name text)")
        if how.endswith("prepared transaction"):
            session.execute("PREPARE TRANSACTION 'another'")
        yield
        session.rollback()
        if how.endswith("prepared transaction"):
            session.autocommit = True
            session.execute("ROLLBACK PREPARED 'another'")


@pytest.fixture(params=HOLDS)
def how(request: pytest.FixtureRequest) -> str:
    """Each way to hold on to an older state."""
    value: str = request.param
    return value


@pytest.fixture
def held_place(request: pytest.FixtureRequest, how: str) -> Place:
    """The database of that way."""
    value: Place = request.getfixturevalue(f"{how.partition(':')[0]}_place")
    return value


def test_who_still_uses_an_older_state_is_waited_for(held_place: Place, how: str) -> None:
    """Erasing returns when the bytes are gone; meanwhile nobody has to wait for it."""
    with open_store(held_place.url) as store, ThreadPoolExecutor(1) as executor:
        store.save("acme", [marked(1)], at=NOW)
        with held(held_place, how):
            erasing = executor.submit(store.erase, "acme", "ID-0001-x")
            while store.versions("acme", ["ID-0001-x"]):
                pass
            for number in range(2, 12):
                store.save("acme", [marked(number)], at=NOW)
                assert len(store.load("acme", [f"ID-{number:04d}-x"])) == 1
            assert not erasing.done()
            assert found(held_place, 1)
        assert erasing.result() is True
        assert not found(held_place, 1)
        assert store.count() == 10


def test_who_goes_on_using_it_is_told_and_made_up_for(
    held_place: Place, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The candidate is gone for all who ask; what is left to do is said, and remembered."""
    for module in (sqlite, postgresql):
        monkeypatch.setattr(module, "PATIENCE", 1)
    with open_store(held_place.url) as store:
        store.save("acme", [marked(1)], at=NOW)
        with held(held_place, how):
            with pytest.raises(StoreError) as caught:
                store.erase("acme", "ID-0001-x")
            assert "an older state" in str(caught.value)
            assert "later run candidate-cards store sweep" in str(caught.value)
            assert store.count() == 0
            assert found(held_place, 1)
        store.sweep(NOW)
        assert not found(held_place, 1)


@pytest.mark.parametrize("later", ["erase", "sweep"])
def test_an_erasure_that_was_cut_short_is_finished_later(
    place: Place, later: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By erasing again, which finds nobody, or by the next sweep; and only once."""
    with open_store(place.url) as store:
        store.save("acme", [marked(1)], at=NOW)
        kind = type(store._database)
        purge = kind.purge
        with monkeypatch.context() as patch:
            patch.setattr(kind, "purge", lambda _: sys.exit("killed"))
            with pytest.raises(SystemExit):
                store.erase("acme", "ID-0001-x")
        assert found(place, 1)
        purges: list[Database] = []

        def counted(database: Database) -> None:
            purges.append(database)
            purge(database)

        monkeypatch.setattr(kind, "purge", counted)
        with open_store(place.url) as another:
            for _ in range(2):
                if later == "erase":
                    assert another.erase("acme", "ID-0001-x") is False
                else:
                    another.sweep(NOW)
        assert not found(place, 1)
        assert len(purges) == 1


def test_statistics_have_no_samples_of_people(postgresql_place: Place) -> None:
    """PostgreSQL's planner keeps values of columns, which an erasure would not reach."""
    with open_store(postgresql_place.url) as store:
        for start in range(0, 100, 50):
            store.save("acme", [marked(start + at) for at in range(50)], at=NOW)
        for number in range(100):
            store.add_embed("acme", f"ID-{number:04d}-x", look={"n": "N"}, expires_at=LATER)
        postgresql_place.execute("ANALYZE")
        sampled = {
            name
            for (name,) in postgresql_place.execute(
                "SELECT attname FROM pg_stats WHERE schemaname = 'public'"
            )
        }
        assert "saved_at" in sampled
        assert not sampled & {"profile_id", "payload", "look"}
        assert store.erase_older(LATER) == 100
    assert not found(postgresql_place, *range(100))


def test_erasing_waits_for_no_one_it_need_not(store: Store) -> None:
    """Who reads or writes meanwhile is served, and sees either all of a candidate or nothing."""
    store.save("acme", [marked(number, 20) for number in range(40)], at=NOW)
    ids = [f"ID-{number:04d}-x" for number in range(40)]

    def read() -> set[int]:
        return {len(store.load("acme", ids)) for _ in range(30)}

    def write(company: str) -> int:
        return sum(store.save(company, [marked(at)], at=NOW).added for at in range(15))

    with ThreadPoolExecutor(4) as executor:
        readers = [executor.submit(read) for _ in range(2)]
        writers = [executor.submit(write, f"company-{at}") for at in range(2)]
        erased = [store.erase("acme", profile_id) for profile_id in ids[:10]]
        assert all(erased)
        assert all(30 <= count <= 40 for reader in readers for count in reader.result())
        assert [writer.result() for writer in writers] == [15, 15]
    assert store.count("acme") == 30
