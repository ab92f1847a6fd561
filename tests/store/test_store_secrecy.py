"""No person and no key is in a log or an error, whatever the level and whatever goes wrong."""

from __future__ import annotations

import logging
import traceback
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from candidate_cards.errors import CandidateCardsError
from candidate_cards.models import Candidate
from candidate_cards.store import Store, open_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from databases import Place, PostgresqlServer

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
MARKS = ("NAME-x", "ID-x", "LOOK-x")


def _use(store: Store) -> str:
    """Use all there is; return the secret of a key."""
    candidate = Candidate(profile_id="ID-x", name="NAME-x")
    for _ in range(7):  # PostgreSQL's driver prepares what it is asked often
        store.save("acme", [candidate], at=NOW)
        store.load("acme", ["ID-x"])
        store.versions("acme", ["ID-x"])
    _, secret = store.add_key("acme", name="NAME-x", at=NOW)
    store.find_key(secret.get_secret_value())
    embed_id = store.add_embed("acme", "ID-x", look={"a": "LOOK-x"}, expires_at=NOW)
    store.find_embed(embed_id)
    store.add_fetch("acme", "sourcing", "r1", at=NOW)
    for fetch in store.due_fetches(NOW, 10):
        store.end_fetch(fetch)
    store.deliveries("acme").claim("d1", NOW, timedelta(minutes=1))
    store.keys("acme")
    store.erase("acme", "ID-x")
    return secret.get_secret_value()


def test_logs_hold_nobody(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    """At the lowest level, with every library's logger on."""
    caplog.set_level(logging.DEBUG)
    for name in ("sqlalchemy.engine", "sqlalchemy.pool", "alembic", "psycopg"):
        caplog.set_level(logging.DEBUG, name)
    with open_store(place.url) as store:
        secret = _use(store)
    logged = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    assert "INSERT INTO cards_candidates" in logged
    assert not [mark for mark in (*MARKS, secret) if mark in logged]


def _break(store: Store) -> None:
    """Take the tables away, so that every statement fails."""
    with store._database.writing() as connection:
        for table in ("candidates", "keys", "embeds"):
            connection.execute(text(f"ALTER TABLE cards_{table} RENAME TO lost_{table}"))


NAME, ID, LOOK = MARKS  # a traceback shows lines of this file
PERSON = Candidate(profile_id=ID, name=NAME)
NOT_STORABLE = Candidate(profile_id=ID, name=f"{NAME}\0")
USES: dict[str, Callable[[Store], object]] = {
    "save": lambda store: store.save("acme", [PERSON], at=NOW),
    "load": lambda store: store.load("acme", [ID]),
    "find_key": lambda store: store.find_key(NAME * 10),
    "add_key": lambda store: store.add_key("acme", name=NAME, at=NOW),
    "add_embed": lambda store: store.add_embed("acme", ID, look={"a": LOOK}, expires_at=NOW),
    "erase": lambda store: store.erase("acme", ID),
    "refused": lambda store: store.save("acme", [NOT_STORABLE], at=NOW),
    "refused look": lambda store: store.add_embed(
        "acme", ID, look={"a": f"{LOOK}\0"}, expires_at=NOW
    ),
}


@pytest.mark.parametrize("use", USES)
def test_errors_hold_nobody(store: Store, use: str, caplog: pytest.LogCaptureFixture) -> None:
    """Neither their text, nor their causes, nor a traceback as it is printed."""
    caplog.set_level(logging.DEBUG)
    _break(store)
    with pytest.raises(CandidateCardsError) as caught:
        USES[use](store)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caplog.text
    assert not [mark for mark in MARKS if mark in shown]


def test_the_variables_of_a_failure_hold_no_key(store: Store) -> None:
    """Reporters of errors show the variables of each frame of ours."""
    _break(store)
    with pytest.raises(CandidateCardsError) as caught:
        store.find_key("SECRET-" * 5)
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack
    ours = [frame for frame in frames if "candidate_cards" in frame.filename]
    assert len(ours) > 2
    assert not [frame.name for frame in ours if "SECRET-" in str(frame.locals)]


def test_the_servers_log_holds_nobody(postgresql_place: Place, server: PostgresqlServer) -> None:
    """What PostgreSQL logs of a statement that fails has no values, as it comes."""
    with open_store(postgresql_place.url) as store:
        _break(store)
        for use in ("save", "load", "find_key", "add_embed"):
            with pytest.raises(CandidateCardsError):
                USES[use](store)
    logged = (server.folder / "log").read_text("utf-8")
    assert "does not exist" in logged
    assert not [mark for mark in MARKS if mark in logged]
