"""``store`` and ``keys`` on the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from candidate_cards.models import Candidate
from candidate_cards.store import open_store, schema
from command_line import candidate, enrichment, invoke, sourcing
from environments import TREE

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from databases import Place

NOW = datetime.now(UTC)
NEWEST = schema.SCHEMAS[-1]


@pytest.fixture
def url(sqlite_place: Place, monkeypatch: pytest.MonkeyPatch) -> str:
    """A new file, which the environment names."""
    monkeypatch.setenv("CANDIDATE_CARDS_STORE", sqlite_place.url)
    return sqlite_place.url


def told(result: Result) -> Any:  # noqa: ANN401  JSON
    """Return what a command that went well has said as JSON."""
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_whole_way(place: Place, tmp_path: Path) -> None:
    """From nothing to a key, candidates, and none again, on both databases."""
    store = ("--store", place.url, "--json")
    assert told(invoke("store", "upgrade", *store))["before"] is None
    found = tmp_path / "found.json"
    found.write_text(sourcing(candidate("p1", matchScore=91), candidate("p2")), "utf-8")
    enriched = candidate("p1", emails=["a@b.c"])
    more = enrichment({"profileId": "p1", "success": True, "candidate": enriched})
    saved = told(invoke("store", "import", found, "-", "--company", "acme", *store, stdin=more))
    assert (saved["added"], saved["changed"], saved["unchanged"]) == (2, 1, 0)
    assert saved["problems"] == []
    status = told(invoke("store", "status", *store))
    assert (status["schema"], status["newest"], status["candidates"]) == (NEWEST, NEWEST, 2)
    assert "sésame" not in json.dumps(status, ensure_ascii=False)
    key = told(invoke("keys", "add", "--company", "acme", *store))
    with open_store(place.url) as opened:
        merged = opened.load("acme", ["p1"])["p1"].candidate
        assert (merged.match_score, merged.emails) == (91, ("a@b.c",))
        found_key = opened.find_key(key["key"])
        assert found_key is not None
        assert found_key.id == key["id"]
    erase = ("store", "erase", "--company", "acme", *store)
    assert told(invoke(*erase, "p1", "--yes")) == {"dryRun": False, "candidates": 1, "unknown": 0}
    assert told(invoke(*erase, "--everything", "--yes"))["candidates"] == 1
    assert told(invoke("keys", "list", "--company", "acme", *store)) == []
    assert told(invoke("store", "sweep", *store)) == {"embeds": 0, "deliveries": 0}


def test_people_read_sentences(url: str) -> None:
    """Without --json each command says in a line what it did."""
    sample = TREE / "examples/payloads/sourcing-completed.json"
    result = invoke("store", "import", sample, "--company", "acme")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "Added " in result.stderr
    status = invoke("store", "status", "--company", "acme").stdout
    assert status.startswith(f"{url}: schema {NEWEST}, ")
    assert invoke("store", "status", "--company", "globex").stdout.endswith(", 0 candidates\n")
    assert invoke("store", "upgrade").stdout == f"{url}: has schema {NEWEST} already\n"
    assert invoke("store", "sweep").stderr == "Swept 0 embeds and 0 delivery records\n"


def test_a_store_that_is_not_ready_is_a_failure(place: Place) -> None:
    """Status tells a script so, and people what to do."""
    options = ("--store", place.url)
    result = invoke("store", "status", *options)
    assert result.exit_code == 1
    if place.kind == "sqlite":
        assert result.stderr.startswith(f"Error: {place.url}: No such file")
    else:
        assert "is empty" in result.stdout
        assert "candidate-cards store upgrade" in result.stdout


def test_a_record_that_cannot_be_used_spoils_no_other(url: str) -> None:
    """It is listed with its place, and the exit code says that something is missing."""
    long_id = "ü" * 1025
    payload = "\n".join(
        json.dumps(record)
        for record in (
            candidate("p1"),
            {"name": "Nobody"},
            candidate(long_id, name=""),
            candidate("p2"),
        )
    )
    result = invoke("store", "import", "-", "--company", "acme", "--json", stdin=payload)
    assert result.exit_code == 3
    report = json.loads(result.stdout)
    assert report["added"] == 3
    assert [(one["line"], one["field"], one["severity"]) for one in report["problems"]] == [
        (2, "profileId", "error"),
        (3, "profileId", "notice"),
    ]
    assert "Nobody" not in result.output
    with open_store(url) as store:
        assert set(store.versions("acme", ["p1", "p2", long_id])) == {"p1", "p2"}


def test_nothing_usable_is_a_failure(url: str) -> None:
    """And a company that cannot be is told before anything is read twice."""
    result = invoke("store", "import", "-", "--company", "acme", stdin="no JSON")
    assert result.exit_code == 1
    assert "error: -:1" in result.stderr
    good = json.dumps(candidate("p1"))
    result = invoke("store", "import", "-", "--company", "x" * 300, stdin=good)
    assert result.exit_code == 1
    assert "company: must be at most 255 bytes" in result.stderr
    with open_store(url) as store:
        assert store.count() == 0


def test_a_long_stream_is_saved_in_parts(url: str) -> None:
    """All of it arrives, whatever the size of a part."""
    lines = "\n".join(json.dumps(candidate(f"p{at}")) for at in range(1234))
    result = invoke("store", "import", "-", "--company", "acme", "--json", stdin=lines)
    assert told(result)["added"] == 1234
    with open_store(url) as store:
        assert store.count("acme") == 1234


def _fill(url: str) -> None:
    with open_store(url) as store:
        for days, number in enumerate(range(4)):
            one = Candidate(profile_id=f"p{number}")
            store.save("acme", [one], at=NOW - timedelta(days=10 * days + 1))
            store.save("globex", [one], at=NOW - timedelta(days=10 * days + 1))


ERASURES = {
    "ids": (["p0", "p1", "p0", "--company", "acme"], 2, 6),
    "everything": (["--everything", "--company", "acme"], 4, 4),
    "old": (["--older-than", "15"], 4, 4),
    "old of one": (["--older-than", "15", "--company", "globex"], 2, 6),
    "all": (["--older-than", "0"], 8, 0),
}


@pytest.mark.parametrize("what", ERASURES)
def test_erasing_takes_a_yes(url: str, what: str) -> None:
    """Without it the same number is told, and nothing is erased."""
    _fill(url)
    arguments, erased, left = ERASURES[what]
    expected = {"dryRun": True, "candidates": erased, "unknown": 0}
    assert told(invoke("store", "erase", *arguments, "--json")) == expected
    spoken = invoke("store", "erase", *arguments).stderr
    assert spoken.startswith(f"Would erase {erased} candidates")
    assert spoken.endswith("Nothing was erased: add --yes to erase\n")
    with open_store(url) as store:
        assert store.count() == 8
    result = told(invoke("store", "erase", *arguments, "--yes", "--json"))
    assert result == {**expected, "dryRun": False}
    with open_store(url) as store:
        assert store.count() == left


@pytest.mark.parametrize("yes", [[], ["--yes"]])
def test_who_is_not_there_is_told(url: str, yes: list[str]) -> None:
    """Some of the named is a part of the work, none of them is a failure."""
    _fill(url)
    some = invoke("store", "erase", "p1", "nobody", "--company", "acme", *yes)
    assert some.exit_code == 3
    assert "Not in the store: 1 profile\n" in some.stderr
    none = invoke("store", "erase", "nobody", "--company", "acme", *yes)
    assert none.exit_code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--company", "acme"],
        ["p1"],
        ["--everything"],
        ["p1", "--everything", "--company", "acme"],
        ["--everything", "--older-than", "3", "--company", "acme"],
    ],
)
def test_an_unclear_erasure_is_wrong_usage(url: str, arguments: list[str]) -> None:
    """Nothing is opened, let alone erased."""
    _fill(url)
    result = invoke("store", "erase", *arguments, "--yes")
    assert result.exit_code in ({0, 2} if not arguments else {2})
    with open_store(url) as store:
        assert store.count() == 8


def test_a_key_is_printed_once(url: str) -> None:
    """Alone on stdout, so that a script can take it; lists have all but the secret."""
    added = invoke(
        "keys", "add", "--company", "acme", "--name", "The \x1b[31mATS", "--valid-days", 30,
        "--scope", "enrich:write", "--per-minute", 10, "--per-hour", 100,
    )  # fmt: skip
    assert added.exit_code == 0
    secret = added.stdout.strip()
    with open_store(url) as store:
        key = store.find_key(secret)
    assert key is not None
    assert key.expires_at is not None
    assert timedelta(days=29) < key.expires_at - key.created_at <= timedelta(days=30)
    assert (set(key.scopes), key.per_minute, key.per_hour) == ({"enrich:write"}, 10, 100)
    for result in (
        invoke("keys", "list", "--company", "acme"),
        invoke("keys", "list", "--company", "acme", "--json"),
    ):
        assert key.id in result.stdout
        assert secret not in result.output
        assert "\x1b" not in result.output
    assert invoke("keys", "list", "--company", "globex").stdout == ""


@pytest.mark.usefixtures("url")
def test_a_key_can_be_revoked() -> None:
    """It is listed so; one that is not there is a failure."""
    key = told(invoke("keys", "add", "--company", "acme", "--json"))
    other = told(invoke("keys", "add", "--company", "acme", "--json"))
    assert invoke("keys", "revoke", key["id"]).exit_code == 0
    listed = invoke("keys", "list", "--company", "acme").stdout.splitlines()
    assert {line.split()[0]: line.split()[1] for line in listed} == {
        key["id"]: "revoked",
        other["id"]: "valid",
    }
    assert invoke("keys", "revoke", "nothing").exit_code == 1
    assert told(invoke("keys", "revoke", key["id"], "--json")) == {
        "id": key["id"],
        "revoked": True,
    }


def test_an_existing_key_comes_from_a_file(url: str, tmp_path: Path) -> None:
    """And is not printed, since whoever has the file has it."""
    secret = "sk_live_0123456789abcdef"  # noqa: S105  an example
    path = tmp_path / "key"
    path.write_text(f"{secret}\n")
    path.chmod(0o600)
    for options in ([], ["--json"]):
        result = invoke("keys", "add", "--company", "acme", "--key-file", path, *options)
        assert secret not in result.output
        assert result.exit_code == (1 if options else 0)  # the second time it is there already
    with open_store(url) as store:
        assert store.find_key(secret) is not None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--scope", "everything"], "scopes[0]: is unknown; known are sourcing:write"),
        (["--key-file", "{}/short"], "secret: must be 20 to 1,000"),
        (["--key-file", "{}/bytes"], "is not text in UTF-8"),
    ],
)
def test_a_key_that_cannot_be_is_told(
    url: str, options: list[str], message: str, tmp_path: Path
) -> None:
    """With its reason, and without the key."""
    (tmp_path / "short").write_text("hunter2")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\xfahunter2")
    result = invoke("keys", "add", "--company", "acme", *(one.format(tmp_path) for one in options))
    assert result.exit_code == 1
    assert message in result.stderr
    assert "hunter2" not in result.output
    with open_store(url) as store:
        assert store.keys("acme") == ()


def test_without_the_extra_it_says_what_to_install() -> None:
    """A missing SQLAlchemy is no traceback."""
    code = (
        "import sys; sys.modules['sqlalchemy'] = None; sys.argv[1:] = ['store', 'sweep'];"
        "import candidate_cards.cli as c; c.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "Error: the store needs: pip install 'candidate-cards[store]'\n"
