"""Both ways of sending, against real servers on the loopback address that break on purpose."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
import traceback
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import chain, cycle, repeat
from typing import TYPE_CHECKING, Literal, Protocol

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from smtp_servers import LOOPBACK, PASSWORD, USERNAME, MailServer, RawServer

import asynchronous
from candidate_cards.delivery import (
    DeliveryError,
    Journal,
    Outcome,
    Outgoing,
    SmtpServer,
    deliver,
    deliver_async,
)
from candidate_cards.delivery._server_text import base64_of, plain_token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from smtp_servers import Fault, Say

    from candidate_cards.delivery import Security, Status

# aiosmtpd 1.4.6 asks asyncio.iscoroutinefunction, which Python 3.14 deprecates.
pytestmark = pytest.mark.filterwarnings(
    "ignore:'asyncio.iscoroutinefunction' is deprecated:DeprecationWarning"
)

SENDER = "sender@example.com"
SECRETS = (PASSWORD, base64_of(PASSWORD), plain_token(USERNAME, PASSWORD))


class Send(Protocol):
    """What both drivers are to their callers here."""

    def __call__(  # noqa: D102
        self,
        messages: Iterable[Outgoing],
        server: SmtpServer,
        *,
        journal: Journal | None = None,
        on_outcome: Callable[[Outcome], object] | None = None,
    ) -> tuple[Outcome, ...]: ...


def awaited(
    messages: Iterable[Outgoing],
    server: SmtpServer,
    *,
    journal: Journal | None = None,
    on_outcome: Callable[[Outcome], object] | None = None,
) -> tuple[Outcome, ...]:
    """Run the one that awaits, in a loop that looks after itself."""
    sending = deliver_async(messages, server, journal=journal, on_outcome=on_outcome)
    return asynchronous.run(sending, debug=True)


DRIVERS: dict[str, Send] = {"deliver": deliver, "deliver_async": awaited}


@pytest.fixture(params=DRIVERS)
def send(request: pytest.FixtureRequest) -> Send:
    """Each of the two drivers in turn."""
    return DRIVERS[request.param]


def message(recipient: str, text: str = "Hello", key: str = "") -> Outgoing:
    """Return a small message."""
    content = f"From: {SENDER}\r\nTo: {recipient}\r\nSubject: Cards\r\n\r\n{text}\r\n"
    return Outgoing(recipient, SENDER, content.encode(), key=key or f"key-of-{recipient}")


def loopback(port: int, timeout: float = 20.0, host: str = LOOPBACK) -> SmtpServer:
    """Return the settings of a server without encryption."""
    return SmtpServer(host, port, "none", timeout=timeout, pause=0)


def statuses(outcomes: Iterable[Outcome]) -> dict[str, Status]:
    """Return what became of each recipient's message."""
    return {outcome.recipient: outcome.status for outcome in outcomes}


# What goes wrong, how often, what comes out of it, and how many copies the mailbox has.
ONCE, ALWAYS = 1, 1000
TABLE: tuple[tuple[Fault, int, Status, int], ...] = (
    ("refused", ONCE, "refused", 0),
    ("deferred", ONCE, "deferred", 0),
    ("spam", ONCE, "refused", 0),
    ("full", ONCE, "deferred", 0),
    ("closing", ONCE, "sent", 1),
    ("closing", 3, "deferred", 0),
    ("cut-rcpt", ONCE, "sent", 1),
    ("cut-rcpt", 3, "failed", 0),
    ("cut-data", ONCE, "sent", 1),
    ("cut-data", 3, "failed", 0),
    ("cut-middle", ONCE, "unknown", 0),
    ("cut-before-storing", ONCE, "unknown", 0),
    ("cut-after-storing", ONCE, "unknown", 1),
)


def people(number: int) -> tuple[list[str], dict[str, tuple[Fault, int]], dict[str, Status]]:
    """Return recipients, what goes wrong with every fifth, and what has to become of each."""
    recipients = [f"person-{at}@mail.test" for at in range(number)]
    unlucky = dict(zip(recipients[3::5], cycle(TABLE), strict=False))
    faults = {recipient: (fault, times) for recipient, (fault, times, _, _) in unlucky.items()}
    expected: dict[str, Status] = dict.fromkeys(recipients, "sent")
    expected |= {recipient: status for recipient, (_, _, status, _) in unlucky.items()}
    return recipients, faults, expected


def stored(recipients: Iterable[str], faults: dict[str, tuple[Fault, int]]) -> set[str]:
    """Return who must have a message after one run."""
    copies = {(fault, times): copies for fault, times, _, copies in TABLE}
    return {each for each in recipients if copies.get(faults.get(each, ("refused", 0)), 1)}


def test_outcomes_say_who_got_what_and_a_rerun_sends_the_rest_once(
    send: Send, tmp_path: Path
) -> None:
    """200 messages through every fault: outcomes agree with mailboxes, run after run."""
    recipients, faults, expected = people(200)
    assert {fault for fault, _ in faults.values()} == {row[0] for row in TABLE}
    journal = Journal(tmp_path / "sent.jsonl")
    told: list[Outcome] = []
    with MailServer(faults) as running:
        desk, server = running.desk, loopback(running.port)

        first = send(map(message, recipients), server, journal=journal, on_outcome=told.append)
        assert [outcome.recipient for outcome in first] == recipients
        assert tuple(told) == first
        assert statuses(first) == expected
        arrived = stored(recipients, faults)
        assert desk.counts() == dict.fromkeys(arrived, 1)
        assert {who for who, status in expected.items() if status == "sent"} <= arrived
        uncertain = {who for who, status in expected.items() if status == "unknown"}
        assert {who for who, status in expected.items() if status != "sent"} & arrived <= uncertain

        second = send(map(message, recipients), server, journal=journal)
        missing = {
            who for who, status in expected.items() if status in {"refused", "deferred", "failed"}
        }
        assert {outcome.recipient for outcome in second if outcome.status == "sent"} == missing
        unknown = {outcome.recipient for outcome in second if outcome.status == "unknown"}
        assert unknown == uncertain
        assert {outcome.status for outcome in second} == {"sent", "skipped", "unknown"}
        assert desk.counts() == dict.fromkeys(arrived | missing, 1)
        for outcome in second:
            if outcome.recipient in uncertain:
                assert outcome.detail.startswith("it may have been sent before (")
            elif outcome.status == "skipped":
                assert outcome.detail.startswith("it was sent before (")

        connections = desk.connections
        third = send(map(message, recipients), server, journal=journal)
        assert {outcome.status for outcome in third} == {"skipped", "unknown"}
        assert {outcome.attempts for outcome in third} == {0}
        assert desk.connections == connections, "nothing to send needs no connection"

        again = Journal(journal.path, retry_unknown=True)
        fourth = send(map(message, recipients), server, journal=again)
        assert {outcome.recipient for outcome in fourth if outcome.status == "sent"} == uncertain
        assert {who for who, copies in desk.counts().items() if copies == 2} == uncertain & arrived
        assert set(desk.counts()) == set(recipients)


def test_both_drivers_tell_the_same(tmp_path: Path) -> None:
    """Over the same server, the outcomes are equal in every field, and so are the journals."""
    recipients, faults, _ = people(130)
    results: list[tuple[tuple[Outcome, ...], list[str], list[dict[str, object]]]] = []
    for name, driver in DRIVERS.items():
        path = tmp_path / f"{name}.jsonl"
        journal = Journal(path, clock=lambda: datetime(2026, 3, 1, 9, tzinfo=UTC))
        with MailServer(faults) as running:
            outcomes = driver(map(message, recipients), loopback(running.port), journal=journal)
            lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
            results.append((outcomes, running.desk.commands, lines))
    assert results[0] == results[1]


def test_one_connection_serves_all_and_is_named_after_the_sender(send: Send) -> None:
    """Without faults there is one connection, one EHLO with the sender's domain, and no RSET."""
    with MailServer() as running:
        send(map(message, people(20)[0]), loopback(running.port))
        assert running.desk.connections == 1
        assert running.desk.names == ["example.com"]
        assert Counter(running.desk.commands) == {"EHLO": 1, "MAIL": 20, "RCPT": 20, "DATA": 20}


def test_a_refused_message_is_forgotten_before_the_next(send: Send) -> None:
    """After a refusal comes RSET, over the same connection."""
    with MailServer({"b@mail.test": ("refused", ONCE)}) as running:
        send(map(message, ("a@mail.test", "b@mail.test", "c@mail.test")), loopback(running.port))
        verbs = "EHLO MAIL RCPT DATA MAIL RCPT RSET MAIL RCPT DATA"
        assert running.desk.commands == verbs.split()


def test_the_same_key_is_sent_once_within_a_run(send: Send) -> None:
    """Without a journal too, a second message with a key that was sent is skipped."""
    with MailServer() as running:
        twice = [message("a@mail.test", key="k"), message("a@mail.test", key="k")]
        outcomes = send(twice, loopback(running.port))
        assert [outcome.status for outcome in outcomes] == ["sent", "skipped"]
        assert running.desk.counts() == {"a@mail.test": 1}


def test_an_unknown_key_is_not_sent_again_within_a_run(send: Send, tmp_path: Path) -> None:
    """Not even with retry_unknown: that is about runs before."""
    with MailServer({"a@mail.test": ("cut-after-storing", ONCE)}) as running:
        twice = [message("a@mail.test", key="k"), message("a@mail.test", key="k")]
        journal = Journal(tmp_path / "j", retry_unknown=True)
        outcomes = send(twice, loopback(running.port), journal=journal)
        assert [outcome.status for outcome in outcomes] == ["unknown", "unknown"]
        assert [outcome.attempts for outcome in outcomes] == [1, 0]
        assert running.desk.counts() == {"a@mail.test": 1}


def test_when_the_server_goes_away_the_rest_have_failed_and_are_sent_by_a_rerun(
    send: Send, tmp_path: Path
) -> None:
    """A run whose reconnecting fails returns an outcome for everybody."""
    recipients = people(30)[0]
    journal = Journal(tmp_path / "j")
    with MailServer({recipients[10]: ("cut-rcpt", ALWAYS)}) as running:

        def go_away(event: str, recipient: str) -> None:
            if (event, recipient) == ("rcpt", recipients[10]) and running.server is not None:
                running.server.close()

        running.desk.on_event = go_away
        outcomes = send(map(message, recipients), loopback(running.port), journal=journal)
        boxes = running.desk.counts()
    assert [outcome.status for outcome in outcomes] == ["sent"] * 10 + ["failed"] * 20
    assert outcomes[10].attempts == 3
    assert {outcome.attempts for outcome in outcomes[11:]} == {0}
    assert {outcome.detail for outcome in outcomes[11:]} == {"not tried: connection refused"}
    with MailServer() as running:
        send(map(message, recipients), loopback(running.port), journal=journal)
        assert boxes | running.desk.counts() == dict.fromkeys(recipients, 1)
        assert not boxes.keys() & running.desk.counts().keys()


@pytest.mark.parametrize("fault", ["cut-rcpt", "closing", "cut-before-storing"])
def test_a_server_that_drops_everybody_is_not_asked_for_ever(send: Send, fault: Fault) -> None:
    """After five messages in a row that lost their connection, the rest have failed."""
    recipients = people(12)[0]
    with MailServer(dict.fromkeys(recipients[1:], (fault, ALWAYS))) as running:
        outcomes = send(map(message, recipients), loopback(running.port))
        lost = {"cut-rcpt": "failed", "closing": "deferred"}.get(fault, "unknown")
        expected = ["sent"] + [lost] * 5 + ["failed"] * 6
        assert [outcome.status for outcome in outcomes] == expected
        assert outcomes[-1].detail.startswith("not tried: the connection was lost with 5 messages")


def test_a_blocking_delivery_works_inside_a_running_loop() -> None:
    """A notebook runs a loop; `deliver` neither needs nor disturbs it."""

    async def inside(server: SmtpServer) -> tuple[Outcome, ...]:
        return deliver([message("a@mail.test")], server)

    with MailServer() as running:
        (outcome,) = asynchronous.run(inside(loopback(running.port)))
        assert outcome.status == "sent"


def test_nothing_to_send_connects_to_nobody(send: Send) -> None:
    """An empty run succeeds even where there is no server."""
    assert send([], loopback(1)) == ()


def test_a_failing_composer_stops_the_run_and_leaves_the_journal_right(
    send: Send, tmp_path: Path
) -> None:
    """An error of the caller's own iterable passes through; what was sent stays known."""

    def composed() -> Iterator[Outgoing]:
        yield message("a@mail.test")
        raise KeyError("no template")

    journal = Journal(tmp_path / "j")
    with MailServer() as running:
        with pytest.raises(KeyError):
            send(composed(), loopback(running.port), journal=journal)
        (outcome,) = send([message("a@mail.test")], loopback(running.port), journal=journal)
        assert outcome.status == "skipped"
        assert running.desk.counts() == {"a@mail.test": 1}


def test_a_cancelled_delivery_knows_what_was_in_flight(tmp_path: Path) -> None:
    """Cancelling closes the connection; the message then being sent counts as unknown."""
    journal = Journal(tmp_path / "j")
    held = threading.Event()

    async def cancel_midway(running: MailServer) -> None:
        loop = asyncio.get_running_loop()
        sending = asyncio.ensure_future(
            deliver_async(
                map(message, people(5)[0]), loopback(running.port, timeout=60), journal=journal
            )
        )

        def cancel(event: str, recipient: str) -> None:
            if (event, recipient) == ("dot", people(5)[0][2]):
                loop.call_soon_threadsafe(sending.cancel)
                held.wait(30)

        running.desk.on_event = cancel
        with pytest.raises(asyncio.CancelledError):
            await sending
        held.set()

    with MailServer() as running:
        asynchronous.run(cancel_midway(running))
        running.desk.on_event = lambda _event, _recipient: None
        outcomes = deliver(map(message, people(5)[0]), loopback(running.port), journal=journal)
    assert [outcome.status for outcome in outcomes] == [
        *("skipped", "skipped", "unknown", "sent", "sent")
    ]
    assert "may have been sent" in outcomes[2].detail
    assert set(running.desk.counts().values()) == {1}


# Killed: the process that sends is another one.

_SENDING = """
import asyncio, sys
from candidate_cards.delivery import *

driver, port, journal, number, largest_file = sys.argv[1:]
if int(largest_file):
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(largest_file), resource.RLIM_INFINITY))
journal = Journal(journal)
server = SmtpServer("127.0.0.1", int(port), "none", timeout=20, pause=0)
people = [f"person-{at}@mail.test" for at in range(int(number))]
messages = [
    Outgoing(person, "sender@example.com", b"Subject: Cards\\r\\n\\r\\nHello\\r\\n", key=person)
    for person in people
]
try:
    if driver == "deliver":
        deliver(messages, server, journal=journal)
    else:
        asyncio.run(deliver_async(messages, server, journal=journal))
except DeliveryError as error:
    print(error)
    sys.exit(f"{len(error.outcomes)} outcomes")
"""


def start_sending(
    driver: str, port: int, journal: Path, number: int, largest_file: int = 0
) -> subprocess.Popen[str]:
    """Send to so many people in a process of its own."""
    arguments = [driver, str(port), str(journal), str(number), str(largest_file)]
    # -B: under a limit on file sizes, Python 3.11 leaves compiled modules that are cut off.
    command = [sys.executable, "-B", "-c", _SENDING, *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("moment", ["rcpt", "354", "dot", "stored", "any"])
def test_after_a_kill_a_rerun_sends_the_rest_and_nothing_twice(
    driver: str, moment: str, tmp_path: Path
) -> None:
    """Killed at every stage of a message: at most that one is missing, none is there twice."""
    number, unlucky, latest = 60, "person-25@mail.test", "person-50@mail.test"
    journal = tmp_path / "sent.jsonl"
    with MailServer() as running:
        started: list[subprocess.Popen[str]] = []
        enough, dead = threading.Event(), threading.Event()

        def kill(event: str, recipient: str) -> None:
            if recipient == unlucky and event in {moment, "stored"}:
                enough.set()
                if moment != "any":
                    os.kill(started[0].pid, signal.SIGKILL)
            elif recipient == latest:  # before this one, however late the kill comes
                dead.wait(60)

        running.desk.on_event = kill
        started.append(start_sending(driver, running.port, journal, number))
        assert enough.wait(60)
        started[0].kill()
        started[0].communicate()
        dead.set()
        assert started[0].returncode == -signal.SIGKILL
        before = running.desk.counts()
        assert len(before) < number

        running.desk.on_event = lambda _event, _recipient: None
        rerun = start_sending(driver, running.port, journal, number)
        output, _ = rerun.communicate(timeout=60)
        assert rerun.returncode == 0, output
        counts = running.desk.counts()
    assert set(counts.values()) == {1}
    missing = {f"person-{at}@mail.test" for at in range(number)} - counts.keys()
    assert len(missing) <= 1
    if moment in {"rcpt", "354"}:
        assert not missing, "what was certainly not sent is sent by the rerun"


def test_a_journal_in_use_excludes_another_run(send: Send, tmp_path: Path) -> None:
    """While a run has it, a second one is told so and sends nothing."""
    journal = Journal(tmp_path / "j")
    refusals: list[str] = []
    with MailServer() as running:

        def try_again(_outcome: Outcome) -> None:
            if not refusals:
                # Another process is kept out by the same lock on the file.
                other = start_sending("deliver", running.port, tmp_path / "j", 3)
                output, _ = other.communicate(timeout=60)
                assert other.returncode != 0
                refusals.append(output)

        send(
            [message("a@mail.test"), message("b@mail.test")],
            loopback(running.port),
            journal=journal,
            on_outcome=try_again,
        )
        assert "is in use by another run" in refusals[0]
        assert running.desk.counts() == {"a@mail.test": 1, "b@mail.test": 1}


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on file sizes")
@pytest.mark.parametrize("driver", DRIVERS)
def test_a_full_disk_stops_the_run_before_a_message_that_could_not_be_remembered(
    driver: str, tmp_path: Path
) -> None:
    """If the journal cannot be written, nothing more is sent, and a rerun goes on from there."""
    number = 20
    with MailServer() as running:
        full = start_sending(driver, running.port, tmp_path / "j", number, largest_file=2000)
        output, _ = full.communicate(timeout=60)
        assert f"{tmp_path / 'j'}: cannot be written: File too large; nothing more" in output
        before = running.desk.counts()
        assert f"{len(before)} outcomes" in output
        assert 0 < len(before) < number

        rerun = start_sending(driver, running.port, tmp_path / "j", number)
        output, _ = rerun.communicate(timeout=60)
        assert rerun.returncode == 0, output
        counts = running.desk.counts()
    assert set(counts.values()) == {1}
    assert len(counts) >= number - 1


# What arrives.

LINES = st.lists(st.text(st.characters(codec="ascii", exclude_characters="\0\r\n"), max_size=60))


@pytest.fixture(scope="module")
def quiet_server() -> Iterator[MailServer]:
    """A server without faults, for all examples of a test."""
    with MailServer() as running:
        yield running


@settings(max_examples=30, deadline=None)
@given(lines=LINES, end=st.sampled_from([b"", b"\r\n"]))
def test_a_message_arrives_byte_for_byte(
    quiet_server: MailServer, lines: list[str], end: bytes
) -> None:
    """Also lines of dots, empty lines, and a last line with or without its end."""
    body = "\r\n".join([*chain.from_iterable((line, f".{line}", "..", ".") for line in lines), "."])
    content = b"Subject: Cards\r\n\r\n" + body.encode() + end
    for name, driver in DRIVERS.items():
        outgoing = Outgoing("dots@mail.test", SENDER, content, key=name)
        (outcome,) = driver([outgoing], loopback(quiet_server.port))
        assert outcome.status == "sent"
        arrived = quiet_server.desk.mailboxes["dots@mail.test"].pop()
        assert arrived == content.removesuffix(b"\r\n") + b"\r\n"


def test_a_large_message_arrives_whole(send: Send) -> None:
    """Megabytes pass through buffers that hold less, with a dot at every line."""
    text = "\r\n".join(f".{at} {'x' * 900}" for at in range(3000))
    with MailServer() as running:
        (outcome,) = send([message("a@mail.test", text)], loopback(running.port))
        assert outcome.status == "sent"
        assert running.desk.mailboxes["a@mail.test"] == [message("a@mail.test", text).content]


# TLS.


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A private certificate authority."""
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its certificate in a file."""
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def context_of(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """Return what a server encrypts with."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    return context


def encrypted_server(
    security: Security, certificate: trustme.LeafCert, without: Sequence[str] = ()
) -> MailServer:
    """Return a server that encrypts either way."""
    context = context_of(certificate)
    if security == "tls":
        return MailServer(tls=context, without=without)
    return MailServer(starttls=context, without=without)


def logging_in(
    port: int,
    security: Security,
    ca_file: Path | None = None,
    *,
    host: str = LOOPBACK,
    password: str = PASSWORD,
) -> SmtpServer:
    """Return the settings of a server to log in to."""
    secret = SecretStr(password)
    return SmtpServer(host, port, security, USERNAME, secret, 20, ca_file, pause=0)


@pytest.fixture(params=["starttls", "tls"])
def security(request: pytest.FixtureRequest) -> Security:
    """Each way to encrypt."""
    value: Security = request.param
    return value


@pytest.mark.parametrize("without", [["LOGIN"], ["PLAIN"]], ids=["PLAIN", "LOGIN"])
@pytest.mark.parametrize("host", [LOOPBACK, "localhost"])
def test_mail_goes_out_encrypted_and_logged_in(  # noqa: PLR0913, PLR0917  fixtures
    send: Send,
    security: Security,
    host: str,
    without: list[str],
    authority: trustme.CA,
    ca_file: Path,
) -> None:
    """With a private authority in ca_file, either way to encrypt and to log in works."""
    certificate = authority.issue_cert("localhost", LOOPBACK)
    with encrypted_server(security, certificate, without) as running:
        server = logging_in(running.port, security, ca_file, host=host)
        outcomes = send(map(message, people(3)[0]), server)
        assert {outcome.status for outcome in outcomes} == {"sent"}
        assert running.desk.logins == [True]
        assert len(running.desk.counts()) == 3


def test_the_environment_can_name_the_authority(
    send: Send,
    security: Security,
    authority: trustme.CA,
    ca_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """SSL_CERT_FILE works as it does everywhere."""
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))
    with encrypted_server(security, authority.issue_cert(LOOPBACK)) as running:
        (outcome,) = send([message("a@mail.test")], SmtpServer(LOOPBACK, running.port, security))
        assert outcome.status == "sent"


def test_an_encrypted_connection_is_made_anew(
    send: Send, security: Security, authority: trustme.CA, ca_file: Path
) -> None:
    """A cut connection is replaced by another that is encrypted and logged in."""
    recipients, faults, expected = people(70)
    running = encrypted_server(security, authority.issue_cert(LOOPBACK))
    running.desk.faults = dict(faults)
    with running:
        server = logging_in(running.port, security, ca_file)
        assert statuses(send(map(message, recipients), server)) == expected
        assert len(running.desk.logins) == running.desk.connections > 1


Trouble = Literal["unknown authority", "another host", "expired"]
ADVICE: dict[Trouble, str] = {
    "unknown authority": "ca_file",
    "another host": "use the host name that is in the certificate",
    "expired": "the server's administrator has to renew it",
}


@pytest.mark.parametrize("trouble", ADVICE)
def test_a_bad_certificate_ends_everything_before_login_and_mail(
    send: Send, security: Security, trouble: Trouble, authority: trustme.CA, ca_file: Path
) -> None:
    """Nothing is said to a server that cannot prove who it is."""
    issuer = trustme.CA() if trouble == "unknown authority" else authority
    certificate = issuer.issue_cert(
        "mail.elsewhere.test" if trouble == "another host" else LOOPBACK,
        not_after=datetime.now(UTC) - timedelta(days=1) if trouble == "expired" else None,
    )
    with encrypted_server(security, certificate) as running:
        server = logging_in(running.port, security, ca_file)
        with pytest.raises(DeliveryError, match=ADVICE[trouble]) as caught:
            send([message("a@mail.test")], server)
        assert f"{LOOPBACK}:{running.port}: its certificate is not accepted" in str(caught.value)
        assert set(running.desk.commands) <= {"EHLO"}
    check_discretion(caught.value)


def test_a_server_without_starttls_gets_no_mail_and_no_login(send: Send) -> None:
    """There is no silent downgrade."""
    with MailServer() as running:
        server = logging_in(running.port, "starttls")
        with pytest.raises(DeliveryError, match="offers no encryption") as caught:
            send([message("a@mail.test")], server)
        assert running.desk.commands == ["EHLO"]
    check_discretion(caught.value)


@pytest.mark.parametrize("answer", [b"250 fine\r\n", b"454 not now\r\n", b"501 no\r\n"])
def test_an_answer_that_is_not_encryption_gets_no_mail_and_no_login(
    send: Send, answer: bytes
) -> None:
    """Only 220 starts TLS; a server that says another yes is not believed."""
    replies: dict[str, Say] = {
        "EHLO": b"250-raw\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n",
        "STARTTLS": answer,
    }
    with RawServer(replies) as running:
        server = logging_in(running.port, "starttls")
        with pytest.raises(DeliveryError, match="does not encrypt"):
            send([message("a@mail.test")], server)
        assert {line.split()[0].upper() for line in running.commands} <= {
            "EHLO",
            "STARTTLS",
            "QUIT",
        }


def test_what_is_said_before_the_encryption_is_not_believed(
    send: Send, authority: trustme.CA, ca_file: Path
) -> None:
    """Anybody can put words behind the answer to STARTTLS; they do not pass for encrypted ones."""
    offers = chain([b"250-raw\r\n250 STARTTLS\r\n"], repeat(b"250 raw\r\n"))
    replies: dict[str, Say] = {
        "EHLO": lambda _line: [next(offers)],
        "STARTTLS": b"220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n235 welcome\r\n",
    }
    with RawServer(replies, starttls=context_of(authority.issue_cert(LOOPBACK))) as running:
        server = logging_in(running.port, "starttls", ca_file)
        with pytest.raises(DeliveryError, match=r"neither PLAIN nor LOGIN .* \(it has none\)"):
            send([message("a@mail.test")], server)
        assert [line.split()[0].upper() for line in running.commands] == [
            "EHLO",
            "STARTTLS",
            "EHLO",
        ]


def test_a_port_without_tls_is_told_from_one_with(send: Send) -> None:
    """TLS from the first byte, asked of a server that greets in the clear."""
    with MailServer() as running:
        server = logging_in(running.port, "tls")
        with pytest.raises(DeliveryError, match="check that port and security belong together"):
            send([message("a@mail.test")], server)
        assert running.desk.commands == []


def test_a_ca_file_without_certificates_is_named(send: Send, tmp_path: Path) -> None:
    """The error names the setting."""
    path = tmp_path / "ca.pem"
    path.write_text("no certificate", "utf-8")
    with MailServer() as running:
        for security in ("starttls", "tls"):
            server = SmtpServer(LOOPBACK, running.port, security, ca_file=path, timeout=20)
            with pytest.raises(DeliveryError, match="ca_file"):
                send([message("a@mail.test")], server)


# Logins and secrets.


def check_discretion(error: DeliveryError) -> None:
    """No form of the password is in an error, and no recipient in its text."""
    told = "".join([*traceback.format_exception(error), repr(error), str(error.args)])
    assert not [secret for secret in SECRETS if secret in told]
    assert "@mail.test" not in f"{error} {error!r}"


@pytest.mark.parametrize("without", [["LOGIN"], ["PLAIN"]], ids=["PLAIN", "LOGIN"])
def test_a_wrong_password_is_tried_once_and_shown_nowhere(  # noqa: PLR0913, PLR0917  fixtures
    send: Send,
    security: Security,
    without: list[str],
    authority: trustme.CA,
    ca_file: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The error says what to check; no log at any level holds the password."""
    for name in ("", "asyncio", "aiosmtplib", "mail.log", "candidate_cards"):
        caplog.set_level(logging.DEBUG, name)
    wrong = f"wr0ng-{PASSWORD}"
    with encrypted_server(security, authority.issue_cert(LOOPBACK), without) as running:
        server = logging_in(running.port, security, ca_file, password=wrong)
        with pytest.raises(DeliveryError, match=r"refused \(535.*app password") as caught:
            send([message("a@mail.test")], server)
        assert running.desk.logins == [False]
        assert "MAIL" not in running.desk.commands
    assert f"{LOOPBACK}:{running.port}" in str(caught.value)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(server)
    for secret in (wrong, PASSWORD, base64_of(wrong), plain_token(USERNAME, wrong)):
        assert secret not in told
        assert secret not in caplog.text
    assert caplog.records, "the server at least has logged"


@pytest.mark.parametrize("method", ["PLAIN", "LOGIN"])
def test_a_server_that_repeats_what_it_was_told_does_not_make_us_do_so(
    send: Send, method: str, authority: trustme.CA, ca_file: Path
) -> None:
    """Credentials are taken out of a server's words, encoded or not."""
    heard: list[str] = []

    def echo(line: str) -> list[bytes]:
        heard.append(line.strip())
        if len(heard) < (3 if method == "LOGIN" else 1):
            return [b"334 \r\n"]
        return [f"535 no: {' '.join(heard)} {PASSWORD} {USERNAME}\r\n".encode()]

    replies: dict[str, Say] = {"EHLO": f"250-raw\r\n250 AUTH {method}\r\n".encode(), "AUTH": echo}
    replies |= {base64_of(text).upper(): echo for text in (USERNAME, PASSWORD)}
    with RawServer(replies, tls=context_of(authority.issue_cert(LOOPBACK))) as running:
        server = logging_in(running.port, "tls", ca_file)
        with pytest.raises(DeliveryError, match=r"535 no: AUTH .*\[removed\]") as caught:
            send([message("a@mail.test")], server)
    check_discretion(caught.value)
    assert USERNAME not in str(caught.value)
    assert len(heard) == (3 if method == "LOGIN" else 1)


@pytest.mark.parametrize("offer", [b"250 raw\r\n", b"250-raw\r\n250 AUTH CRAM-MD5 XOAUTH2\r\n"])
def test_a_server_without_a_usable_login_is_an_error(
    send: Send, offer: bytes, authority: trustme.CA, ca_file: Path
) -> None:
    """Credentials that cannot be used are not left out silently."""
    context = context_of(authority.issue_cert(LOOPBACK))
    with RawServer({"EHLO": offer}, tls=context) as running:
        server = logging_in(running.port, "tls", ca_file)
        with pytest.raises(DeliveryError, match="neither PLAIN nor LOGIN"):
            send([message("a@mail.test")], server)
        assert not [line for line in running.commands if line.startswith(("AUTH", "MAIL"))]


def test_a_login_refused_on_the_way_back_is_not_tried_again(
    send: Send, authority: trustme.CA, ca_file: Path
) -> None:
    """Midway a refused login leaves the rest failed, after one try: more could lock the account."""
    logins = chain([b"235 ok\r\n"], repeat(b"535 no more\r\n"))
    replies: dict[str, Say] = {
        "EHLO": b"250-raw\r\n250 AUTH PLAIN\r\n",
        "AUTH": lambda _line: [next(logins)],
        "RCPT": b"421 closing\r\n",
    }
    with RawServer(replies, tls=context_of(authority.issue_cert(LOOPBACK))) as running:
        server = logging_in(running.port, "tls", ca_file)
        outcomes = send(map(message, people(4)[0]), server)
        assert [outcome.status for outcome in outcomes] == ["failed"] * 4
        assert outcomes[0].attempts == 2
        assert "the login was refused (535 no more)" in outcomes[3].detail
        assert len([line for line in running.commands if line.startswith("AUTH")]) == 2


def test_no_connection_is_an_error_with_advice_and_what_was_done_before(
    send: Send, tmp_path: Path
) -> None:
    """Nobody listens: host, port, what to check, and the outcomes so far."""
    journal = Journal(tmp_path / "j")
    with MailServer() as running:
        send([message("a@mail.test")], loopback(running.port), journal=journal)
    both = [message("a@mail.test"), message("b@mail.test")]
    with pytest.raises(DeliveryError, match="connection refused; check host and port") as caught:
        send(both, loopback(running.port), journal=journal)
    assert str(caught.value).startswith(f"{LOOPBACK}:{running.port}: ")
    assert [outcome.status for outcome in caught.value.outcomes] == ["skipped"]
    check_discretion(caught.value)


def test_a_greeting_that_refuses_is_an_error(send: Send) -> None:
    """A server that does not want to talk is quoted."""
    for greeting in (b"554 go away\r\n", b"421 busy\r\n", b"554-go\r\n554 away\r\n"):
        with RawServer({"": greeting}) as running:
            with pytest.raises(DeliveryError, match=r"want to talk \((554 go away|421 busy)\)"):
                send([message("a@mail.test")], loopback(running.port))
            assert running.commands == []


# Servers that misbehave.

SHORT = 0.6  # seconds; a busy machine needs some to answer at all

HOSTILE = "\x1b[2J\x07\u202eevil\u2066 \u2028 \ud83d\ude00 a\u0301\u0301 \x9b31m \u200b"


@pytest.mark.parametrize("code", [b"550", b"451", b"250"])
def test_a_servers_words_are_cleaned_and_bounded(send: Send, code: bytes) -> None:
    """Control characters, directions, bytes that are no text, and 30 kB in 400 lines."""
    words = HOSTILE.encode("utf-8", "surrogatepass") + b"\xff\xfe" + b"z" * 50
    lines = b"".join(code + b"-" + words + b"\r\n" for _ in range(200)) + code + b" end\r\n"
    replies: dict[str, Say] = {"." if code == b"250" else "RCPT": lines}
    with RawServer(replies) as running:
        (outcome,) = send([message("a@mail.test")], loopback(running.port))
    assert outcome.code == int(code)
    assert outcome.status == {b"550": "refused", b"451": "deferred", b"250": "sent"}[code]
    assert len(outcome.detail) <= 300
    assert outcome.detail.isprintable()
    assert "evil" in outcome.detail
    assert not set(outcome.detail) & set("\u202e\u2066\u200b\x1b\x9b")


@pytest.mark.parametrize(
    "answer",
    [
        b"550 " + b"x" * 100_000 + b"\r\n",
        b"hello there\r\n",
        b"\r\n",
        b"999 what\r\n",
        b"150 hm\r\n",
        b"550-" + b"\r\n550-".join([b"more"] * 10_000) + b"\r\n",
    ],
    ids=["100 kB", "words", "nothing", "999", "150", "endless"],
)
def test_an_answer_that_is_not_smtp_ends_the_connection_not_the_run(
    send: Send, answer: bytes
) -> None:
    """Before the message it has failed after three attempts; after it, nothing is known."""
    with RawServer({"RCPT": answer}) as running:
        (outcome,) = send([message("a@mail.test")], loopback(running.port))
        assert (outcome.status, outcome.attempts) == ("failed", 3)
    with RawServer({".": answer}) as running:
        (outcome,) = send([message("a@mail.test")], loopback(running.port))
        assert (outcome.status, outcome.attempts) == ("unknown", 1)
    assert len(outcome.detail) <= 300


def test_closing_after_the_message_is_no_delivery(send: Send) -> None:
    """421 in place of the last answer: the server has not taken it; the next one reconnects."""
    answers = chain([b"421 shutting down\r\n"], repeat(b"250 ok\r\n"))
    with RawServer({".": lambda _line: [next(answers)]}) as running:
        outcomes = send(map(message, people(2)[0]), loopback(running.port))
        assert running.connections == 2
    assert [(each.status, each.attempts) for each in outcomes] == [("deferred", 1), ("sent", 1)]


@pytest.mark.parametrize("stage", ["", "EHLO", "RCPT", "."])
def test_a_server_that_never_answers_ends_in_the_timeout(send: Send, stage: str) -> None:
    """At every stage; before the first message it is an error, later an outcome."""
    with RawServer({stage: None}) as running:
        server = loopback(running.port, timeout=SHORT)
        if stage in {"", "EHLO"}:
            with pytest.raises(DeliveryError, match=f"no answer within {SHORT} seconds"):
                send([message("a@mail.test")], server)
        else:
            (outcome,) = send([message("a@mail.test")], server)
            assert outcome.status == ("unknown" if stage == "." else "failed")
            assert f"no answer within {SHORT} seconds" in outcome.detail


@pytest.mark.parametrize("stage", ["", "RCPT"])
def test_the_timeout_is_for_the_whole_of_an_answer(send: Send, stage: str) -> None:
    """A byte now and then does not keep the connection for ever."""

    def drip(_line: str) -> Iterator[bytes]:
        for _ in range(500):  # longer by far than the timeout, and not for ever
            yield b"2"
            time.sleep(0.02)

    with RawServer({stage: drip}) as running:
        server = loopback(running.port, timeout=SHORT)
        if stage:
            (outcome,) = send([message("a@mail.test")], server)
            assert outcome.status == "failed"
            assert f"no answer within {SHORT} seconds" in outcome.detail
        else:
            with pytest.raises(DeliveryError, match=f"no answer within {SHORT} seconds"):
                send([message("a@mail.test")], server)


def test_a_server_that_does_not_say_goodbye_holds_nobody_up(send: Send) -> None:
    """Whatever follows QUIT, the outcomes are there."""
    for farewell in (None, b"nonsense\r\n", b"550 stay\r\n"):
        with RawServer({"QUIT": farewell}) as running:
            (outcome,) = send([message("a@mail.test")], loopback(running.port, timeout=SHORT))
            assert outcome.status == "sent"
            assert running.commands[-1].upper() == "QUIT"


@pytest.mark.skipif(sys.platform == "win32", reason="another kind of loop")
def test_nothing_is_left_in_the_loop(authority: trustme.CA, ca_file: Path) -> None:
    """Also an encrypted connection, to a server that does not say goodbye, is closed at once."""

    async def watched(server: SmtpServer) -> int:
        await deliver_async([message("a@mail.test")], server)
        # What the loop still watches; one is its own.
        return len(asyncio.get_running_loop()._selector.get_map())  # type: ignore[attr-defined]

    with RawServer({"QUIT": None}, tls=context_of(authority.issue_cert(LOOPBACK))) as running:
        server = SmtpServer(LOOPBACK, running.port, "tls", timeout=2, ca_file=ca_file)
        assert asynchronous.run(watched(server)) == 1


def test_a_size_is_announced_where_the_server_asks_for_it(send: Send) -> None:
    """So that it can refuse a message before it is sent."""
    outgoing = message("a@mail.test")
    with RawServer({"MAIL": b"552 too big\r\n"}) as running:
        (outcome,) = send([outgoing], loopback(running.port))
        assert outcome.status == "refused"
        wanted = f"MAIL FROM:<{SENDER}> SIZE={len(outgoing.content)}"
        assert wanted in running.commands
    with RawServer({"EHLO": b"250 raw\r\n"}) as running:
        send([outgoing], loopback(running.port))
        assert f"MAIL FROM:<{SENDER}>" in running.commands
