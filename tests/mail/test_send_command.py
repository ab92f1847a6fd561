"""``candidate-cards send`` against a real mail server on the loopback address."""

from __future__ import annotations

import email
import email.policy
import json
import logging
import os
import ssl
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import trustme
from smtp_servers import LOOPBACK, PASSWORD, USERNAME, MailServer

from candidate_cards.cli.exit_codes import ExitCode
from command_line import candidate, enrichment, invoke, sourcing

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

SENDER = "Ana Müller <ana@acme.example>"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A private certificate authority."""
    return trustme.CA()


@pytest.fixture(scope="module")
def starttls(authority: trustme.CA) -> ssl.SSLContext:
    """What the server encrypts with."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(LOOPBACK).configure_cert(context)
    return context


@pytest.fixture
def settings(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The server's settings, from the environment as a service would have them."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    for name, value in {
        "HOST": LOOPBACK,
        "USERNAME": USERNAME,
        "PASSWORD": PASSWORD,
        "CA_FILE": str(tmp_path / "ca.pem"),
    }.items():
        monkeypatch.setenv(f"CANDIDATE_CARDS_SMTP_{name}", value)
    path = tmp_path / "in.json"
    path.write_text(sourcing(candidate("p1"), candidate("p2")), "utf-8")
    return ["send", str(path), "--from", SENDER, "--title", "Engineer"]


def to_people(count: int, folder: Path) -> tuple[list[str], list[str]]:
    """Write an address list; return the option for it, and the bare addresses."""
    people = [f"person{number}@client.example" for number in range(count)]
    lines = [f'"Přítel, {number}" <{address}>' for number, address in enumerate(people)]
    (folder / "people.txt").write_text("# the panel\n\n" + "\n".join(lines), "utf-8")
    return ["--to-file", str(folder / "people.txt")], people


def send(settings: list[str], server: MailServer, *arguments: str) -> Result:
    """Run the command on a server."""
    return invoke(*settings, "--smtp-port", server.port, *arguments)


def test_nothing_leaves_without_yes(
    settings: list[str], starttls: ssl.SSLContext, tmp_path: Path
) -> None:
    """A dry run names messages, recipients and server, and does not even connect."""
    option, people = to_people(3, tmp_path)
    with MailServer(starttls=starttls) as server:
        told = send(settings, server, *option)
        asked = send(settings, server, *option, "--json")
    assert told.exit_code == asked.exit_code == 0
    assert server.desk.connections == 0
    assert told.stdout == ""
    for words in (*people, "Shortlist for Engineer: 2 candidates", f"{LOOPBACK}:{server.port}"):
        assert words in told.stderr
    assert "add --yes" in told.stderr
    plan = json.loads(asked.stdout)
    assert plan["dryRun"] is True
    assert plan["recipients"] == people
    assert [message["subject"] for message in plan["messages"]] == [
        "Shortlist for Engineer: 2 candidates"
    ]


def test_each_recipient_gets_a_message_of_their_own(
    settings: list[str], starttls: ssl.SSLContext, tmp_path: Path
) -> None:
    """Nobody sees another's address; names with commas and accents arrive; progress is told."""
    option, people = to_people(5, tmp_path)
    with MailServer(starttls=starttls) as server:
        result = send(settings, server, *option, "--to", people[0], "--yes", "--json")
    assert result.exit_code == 0, result.stderr
    assert server.desk.counts() == dict.fromkeys(people, 1)
    for number, person in enumerate(people):
        (data,) = server.desk.mailboxes[person]
        message = email.message_from_bytes(data, policy=email.policy.default)
        (recipient,) = message["To"].addresses
        assert recipient.addr_spec == person
        # The address that is also given by --to comes first there, without a name.
        assert recipient.display_name == (f"Přítel, {number}" if number else "")
        assert not [other for other in people if other != person and other.encode() in data]
    report = json.loads(result.stdout)
    assert [outcome["status"] for outcome in report["outcomes"]] == ["sent"] * 5
    assert (report["notTried"], report["error"]) == (0, None)
    assert result.stderr.count("sent     person") == 5


def test_a_rerun_with_the_journal_sends_what_is_missing(
    settings: list[str], starttls: ssl.SSLContext, tmp_path: Path
) -> None:
    """Refused and deferred are told and tried again, on another day too; nobody gets two."""
    option, people = to_people(6, tmp_path)
    journal = ["--journal", str(tmp_path / "sent.jsonl"), "--yes", "--json"]
    faults = {people[1]: ("refused", 1), people[3]: ("deferred", 1), people[4]: ("cut-rcpt", 1)}
    with MailServer(faults, starttls=starttls) as server:  # type: ignore[arg-type]
        first = send(settings, server, *option, *journal, "--date", "2026-03-02T10:00:00Z")
        second = send(settings, server, *option, *journal, "--date", "2026-03-03T10:00:00Z")
    assert first.exit_code == ExitCode.PARTIAL
    statuses = [outcome["status"] for outcome in json.loads(first.stdout)["outcomes"]]
    assert statuses == ["sent", "refused", "sent", "deferred", "sent", "sent"]
    assert second.exit_code == 0, second.stderr
    statuses = [outcome["status"] for outcome in json.loads(second.stdout)["outcomes"]]
    assert statuses == ["skipped", "sent", "skipped", "sent", "skipped", "skipped"]
    assert server.desk.counts() == dict.fromkeys(people, 1)


def test_another_shortlist_is_another_message(
    settings: list[str], starttls: ssl.SSLContext, tmp_path: Path
) -> None:
    """One journal serves many sendings: what is new goes out to the same people."""
    option, people = to_people(2, tmp_path)
    journal = ["--journal", str(tmp_path / "sent.jsonl"), "--yes"]
    with MailServer(starttls=starttls) as server:
        assert send(settings, server, *option, *journal).exit_code == 0
        assert send(settings, server, *option, *journal, "--density", "row").exit_code == 0
    assert server.desk.counts() == dict.fromkeys(people, 2)


def test_a_long_shortlist_goes_out_in_parts(
    settings: list[str], starttls: ssl.SSLContext, tmp_path: Path
) -> None:
    """With --split everybody gets every part, in order; without it nothing is sent at all."""
    full = [
        candidate(f"p{number}", rationale="Because. " * 40, aiFitPoints=["Point " * 30] * 4)
        for number in range(60)
    ]
    (tmp_path / "in.json").write_text(sourcing(*full), "utf-8")
    with MailServer(starttls=starttls) as server:
        refused = send(settings, server, "--to", "a@client.example", "--yes")
        assert refused.exit_code == ExitCode.FAILURE
        assert "--split" in refused.stderr
        assert server.desk.connections == 0
        result = send(settings, server, "--to", "a@client.example", "--yes", "--split")
    assert result.exit_code == 0, result.stderr
    subjects = [
        str(email.message_from_bytes(data, policy=email.policy.default)["Subject"])
        for data in server.desk.mailboxes["a@client.example"]
    ]
    total = len(subjects)
    assert total > 1
    assert subjects == [
        f"Shortlist for Engineer: 60 candidates (part {number} of {total})"
        for number in range(1, total + 1)
    ]


def test_a_password_is_in_no_output(
    settings: list[str],
    starttls: ssl.SSLContext,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """From a file or the environment, right or wrong, it is neither printed nor logged."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.delenv("CANDIDATE_CARDS_SMTP_PASSWORD")
    (tmp_path / "password").write_text(f"{PASSWORD}\n", "utf-8")
    (tmp_path / "wrong").write_text("wr0ng-secret", "utf-8")
    to = ["--to", "a@client.example", "--yes"]
    with MailServer(starttls=starttls) as server:
        good = send(settings, server, *to, "--smtp-password-file", str(tmp_path / "password"))
        bad = send(settings, server, *to, "--smtp-password-file", str(tmp_path / "wrong"))
    assert good.exit_code == 0, good.stderr
    assert bad.exit_code == ExitCode.FAILURE
    assert server.desk.logins == [True, False]
    said = good.output + good.stderr + bad.output + bad.stderr + caplog.text
    for secret in (PASSWORD, PASSWORD.split()[0], "wr0ng-secret"):
        assert secret not in said


def test_an_unknown_certificate_stops_everything(
    settings: list[str],
    starttls: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without the authority nothing is handed over, and the report says that nothing was tried."""
    monkeypatch.delenv("CANDIDATE_CARDS_SMTP_CA_FILE")
    with MailServer(starttls=starttls) as server:
        result = send(settings, server, "--to", "a@client.example", "--yes", "--json")
    assert result.exit_code == ExitCode.FAILURE
    assert "certificate" in result.stderr
    assert not {"AUTH", "MAIL"} & set(server.desk.commands)
    report = json.loads(result.stdout)
    assert (report["outcomes"], report["notTried"]) == ([], 1)
    assert report["error"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--yes"], "name a recipient"),
        (["--to", "a@client.example", "--yes"], "name the server"),
    ],
)
def test_a_missing_part_is_named(
    settings: list[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    """Without recipients, or a server to send by, the line is wrong and says what is missing."""
    monkeypatch.delenv("CANDIDATE_CARDS_SMTP_HOST")
    result = invoke(*settings, *arguments)
    assert result.exit_code == ExitCode.USAGE
    assert words in " ".join(result.stderr.split())


def test_a_bad_line_of_a_list_is_counted_and_not_repeated(
    settings: list[str], tmp_path: Path
) -> None:
    """The error says which line of which list; nobody's address is printed."""
    (tmp_path / "list.txt").write_text("a@client.example\n  # a note\n\nnot an address\n")
    result = invoke(*settings, "--to-file", tmp_path / "list.txt")
    assert result.exit_code == ExitCode.FAILURE
    assert "list.txt:4" in result.stderr
    assert "not an address" not in result.stderr.replace("is not an address", "")
    assert "client.example" not in result.stderr


def test_the_installed_command_sends(
    settings: list[str], starttls: ssl.SSLContext, tmp_path: Path
) -> None:
    """The same in a process of its own, with the records from standard input."""
    payload = (tmp_path / "in.json").read_text("utf-8")
    with MailServer(starttls=starttls) as server:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "candidate_cards", "send", "-", *settings[2:]),
                *("--smtp-port", str(server.port), "--to", "a@client.example", "--yes"),
            ],
            input=payload,
            capture_output=True,
            check=False,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
    assert done.returncode == 0, done.stderr
    assert "sent     a@client.example" in done.stderr
    assert server.desk.counts() == {"a@client.example": 1}


def test_what_may_have_arrived_is_no_success(
    settings: list[str], starttls: ssl.SSLContext, tmp_path: Path
) -> None:
    """A rerun that leaves an uncertain message alone says so in its exit code, or resends it."""
    to = ["--to", "a@client.example", "--to", "b@client.example", "--yes"]
    journal = ["--journal", str(tmp_path / "sent.jsonl")]
    with MailServer({"a@client.example": ("cut-before-storing", 1)}, starttls=starttls) as server:
        first = send(settings, server, *to, *journal)
        plan = send(settings, server, *to[:-1], *journal)
        second = send(settings, server, *to, *journal)
        third = send(settings, server, *to, *journal, "--retry-unknown")
    assert [run.exit_code for run in (first, second, third)] == [3, 3, 0]
    assert "2 of 2 messages" in plan.stderr
    assert "Would send 0 messages" in plan.stderr
    assert "unknown  a@client.example" in second.stderr
    assert server.desk.counts() == {"a@client.example": 1, "b@client.example": 1}


def test_a_dry_run_reports_bad_records_as_a_run_does(
    settings: list[str], starttls: ssl.SSLContext, tmp_path: Path
) -> None:
    """Exit code 3 where a record could not be used, sent or not."""
    (tmp_path / "in.json").write_text(sourcing(candidate("p1"), {"name": "nobody"}), "utf-8")
    with MailServer(starttls=starttls) as server:
        assert send(settings, server, "--to", "a@client.example").exit_code == 3
        assert send(settings, server, "--to", "a@client.example", "--yes").exit_code == 3


@pytest.mark.parametrize("yes", [(), ("--yes",)], ids=["planned", "sent"])
def test_who_is_missing_is_told(
    settings: list[str], starttls: ssl.SSLContext, tmp_path: Path, yes: tuple[str, ...]
) -> None:
    """Whoever cannot be in the message is named in both reports, before and after sending."""
    failed = {"profileId": "p9", "success": False, "errorCode": "PROFILE_NOT_FOUND"}
    done = {"profileId": "p1", "success": True, "candidate": candidate("p1")}
    (tmp_path / "in.json").write_text(enrichment(done, failed), "utf-8")
    with MailServer(starttls=starttls) as server:
        text = send(settings, server, "--to", "a@client.example", *yes)
        data = send(settings, server, "--to", "b@client.example", *yes, "--json")
    assert text.exit_code == data.exit_code == 3
    assert "failed: p9: PROFILE_NOT_FOUND" in text.stderr
    report = json.loads(data.stdout)
    assert [profile["profileId"] for profile in report["failed"]] == ["p9"]
    assert report["problems"] == []


@pytest.mark.parametrize("option", ["--to-file", "--smtp-password-file"])
def test_a_file_in_another_encoding_is_an_error(
    settings: list[str], tmp_path: Path, option: str
) -> None:
    """It is named, and nothing of it is printed."""
    (tmp_path / "latin").write_bytes("geheim-äöü".encode("latin-1"))
    arguments = ["--to", "a@client.example", option, str(tmp_path / "latin")]
    result = invoke(*settings, *arguments)
    assert result.exit_code == ExitCode.FAILURE
    assert "latin: is not text in UTF-8" in result.stderr
    assert "geheim" not in result.stderr


def test_retrying_needs_to_know_what(settings: list[str]) -> None:
    """--retry-unknown without a journal is a wrong line."""
    result = invoke(*settings, "--to", "a@client.example", "--retry-unknown")
    assert result.exit_code == ExitCode.USAGE
