"""Every decision on what a server answers, over a wire without a network."""

from __future__ import annotations

import json
import os
from collections import Counter
from itertools import chain, repeat
from typing import TYPE_CHECKING, Literal, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from candidate_cards._coroutines import finished
from candidate_cards.delivery import DeliveryError, Journal, Outcome, Outgoing, SmtpServer
from candidate_cards.delivery._conversation import converse
from candidate_cards.delivery._wire import BrokenError, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

T = TypeVar("T")

Mood = Literal["yes", "no", "later", "closing", "lost", "nonsense"]
_SAID: dict[Mood, Reply] = {
    "no": Reply(550, "no"),
    "later": Reply(451, "later"),
    "closing": Reply(421, "closing"),
    "nonsense": Reply(199, "what"),
}
_STATES = {  # where a command may be said, and where it leads
    "RSET": ({"ready", "mail", "rcpt"}, "ready"),
    "MAIL": ({"ready"}, "mail"),
    "RCPT": ({"mail"}, "rcpt"),
    "DATA": ({"rcpt"}, "data"),
}


class _StrictServer:
    """A wire to a server of moods that fails the test if anybody speaks out of turn.

    Attributes:
        mailboxes: How many copies each recipient has.
        said: Commands that it was given.
        pauses: Seconds that were waited.
    """

    encrypted = False

    def __init__(self, moods: Iterable[Mood]) -> None:
        self.mailboxes: Counter[str] = Counter()
        self.said: list[str] = []
        self.pauses: list[float] = []
        self._moods: Iterator[Mood] = chain(moods, repeat("yes"))
        self._state = "closed"
        self._recipient = ""

    async def connect(self, our_name: str) -> Reply:
        assert self._state == "closed"
        assert our_name == "example.com"
        self._state = "ready"
        return self._answer(220)

    async def ehlo(self) -> Reply:
        assert self._state == "ready"
        return Reply(250, "fake\nSIZE 1000")

    async def start_tls(self) -> Reply:
        raise AssertionError

    async def command(self, line: str) -> Reply:
        self.said.append(line)
        verb = line[:4]
        before, after = _STATES[verb]
        assert self._state in before, f"{line} in state {self._state}"
        if verb == "RCPT":
            self._recipient = line.removeprefix("RCPT TO:<").removesuffix(">")
        reply = self._answer(354 if verb == "DATA" else 250)
        if reply.kind in {2, 3}:
            self._state = after
        return reply

    async def payload(self, content: bytes) -> Reply:
        assert self._state == "data"
        assert content.endswith(b"\r\n.\r\n")
        self._state = "ready"
        mood = next(self._moods)
        if mood in {"yes", "nonsense"}:
            self.mailboxes[self._recipient] += 1
        if mood == "lost":
            self._lose()
        return _SAID.get(mood, Reply(250, "ok"))

    async def quit(self) -> None:
        await self.abandon()

    async def abandon(self) -> None:
        self._state = "closed"

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    async def off_loop(self, function: Callable[[], T]) -> T:
        return function()

    def _answer(self, code: int) -> Reply:
        mood = next(self._moods)
        if mood == "lost":
            self._lose()
        if mood == "closing":
            self._state = "deaf"
        return _SAID.get(mood, Reply(code, "ok"))

    def _lose(self) -> None:
        self._state = "closed"
        raise BrokenError("the connection was lost")


SERVER = SmtpServer("localhost", 25, "none", pause=7)


def messages(number: int) -> list[Outgoing]:
    """Return messages to as many people."""
    content = b"Subject: Cards\r\n\r\nHello\r\n"
    return [
        Outgoing(f"{at}@mail.test", "me@example.com", content, key=str(at)) for at in range(number)
    ]


def yes(times: int) -> list[Mood]:
    """Return so many good moods."""
    return ["yes"] * times


def run(
    wire: _StrictServer, number: int = 1, journal: Journal | None = None
) -> tuple[Outcome, ...]:
    """Send to as many people; what a run without a session has told is its result too."""
    try:
        return finished(converse(messages(number), SERVER, wire, journal, None))
    except DeliveryError as error:
        outcomes: tuple[Outcome, ...] = tuple(error.outcomes)
        return outcomes


@pytest.mark.parametrize("stage", range(3))
@pytest.mark.parametrize(
    ("moods", "expected"),
    [
        (["no"], ("refused", 550, 1)),
        (["later"], ("deferred", 451, 1)),
        (["lost"], ("sent", 250, 2)),
        (["closing"], ("sent", 250, 2)),
        (["nonsense"], ("sent", 250, 2)),
    ],
)
def test_what_happens_before_the_content_is_certain(
    stage: int, moods: list[Mood], expected: tuple[str, int, int]
) -> None:
    """At MAIL, RCPT and DATA alike: a refusal is final, a lost connection is made anew."""
    wire = _StrictServer([*yes(1 + stage), *moods])
    (outcome,) = run(wire)
    assert (outcome.status, outcome.code, outcome.attempts) == expected
    assert wire.mailboxes["0@mail.test"] == (outcome.status == "sent")
    assert not wire.pauses


@pytest.mark.parametrize(
    ("mood", "status", "code"),
    [
        ("no", "refused", 550),
        ("later", "deferred", 451),
        ("closing", "deferred", 421),
        ("lost", "unknown", None),
        ("nonsense", "unknown", None),
    ],
)
def test_what_happens_after_the_content_is_never_repeated(
    mood: Mood, status: str, code: int | None
) -> None:
    """One attempt, whatever comes back, and the next message goes on."""
    wire = _StrictServer([*yes(4), mood])
    outcome, following = run(wire, 2)
    assert (outcome.status, outcome.code, outcome.attempts) == (status, code, 1)
    assert following.status == "sent"
    assert wire.said.count("RCPT TO:<0@mail.test>") == 1


@pytest.mark.parametrize(("mood", "status"), [("lost", "failed"), ("closing", "deferred")])
def test_a_message_gets_three_attempts_and_a_pause_before_the_last(mood: Mood, status: str) -> None:
    """The pause is that of the settings."""
    wire = _StrictServer(["yes", mood] * 3)
    first, second = run(wire, 2)
    assert (first.status, first.attempts) == (status, 3)
    assert second.status == "sent"
    assert wire.pauses == [7]


def test_a_first_connection_is_tried_once() -> None:
    """Whoever waits for it hears at once that it cannot be had."""
    wire = _StrictServer(["lost"])
    with pytest.raises(DeliveryError, match=r"localhost:25: the connection was lost"):
        finished(converse(messages(2), SERVER, wire, None, None))
    assert not wire.said


def test_no_connection_later_leaves_the_rest_failed() -> None:
    """Three attempts, then nothing more is tried."""
    wire = _StrictServer([*yes(5), "lost", "lost", "lost"])
    outcomes = run(wire, 4)
    assert [outcome.status for outcome in outcomes] == ["sent", "failed", "failed", "failed"]
    assert [outcome.attempts for outcome in outcomes] == [1, 3, 0, 0]
    assert outcomes[3].detail == "not tried: the connection was lost"


def test_a_greeting_that_refuses_later_ends_the_attempts() -> None:
    """5xx in place of a greeting does not change within a second."""
    wire = _StrictServer(["yes", "lost", "no"])
    outcomes = run(wire, 2)
    assert [(outcome.status, outcome.attempts) for outcome in outcomes] == [
        ("failed", 2),
        ("failed", 0),
    ]
    assert "550 no" in outcomes[1].detail


def test_giving_up_needs_losses_in_a_row() -> None:
    """A message that is answered, even by no, starts the count again."""
    lost: list[Mood] = ["lost", "yes"] * 3
    four = [*lost * 4]
    wire = _StrictServer(["yes", *four, "no", "yes", *four, "no", "yes", *lost])
    outcomes = run(wire, 11)
    assert [outcome.status for outcome in outcomes[:5]] == ["failed"] * 4 + ["refused"]
    assert "not tried" not in "".join(outcome.detail for outcome in outcomes)


def test_a_reset_that_is_refused_costs_the_connection_not_the_message() -> None:
    """It says nothing of the message that follows."""
    wire = _StrictServer(["yes", "no", "no"])
    first, second = run(wire, 2)
    assert (first.status, second.status, second.attempts) == ("refused", "sent", 2)


def test_a_message_leaves_when_it_is_on_the_disk_that_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line that says so is written and synced before the content, the outcome after it."""
    path = tmp_path / "journal"
    events: list[str] = []
    sync = os.fsync

    def synced(descriptor: int) -> None:
        sync(descriptor)
        events.append("synced")

    class Watched(_StrictServer):
        async def payload(self, content: bytes) -> Reply:
            lines = path.read_text("utf-8").splitlines()
            events.append(f"sent after {len(lines)}, {json.loads(lines[-1])['status']}")
            return await super().payload(content)

    monkeypatch.setattr(os, "fsync", synced)
    run(Watched([]), 2, Journal(path))
    assert events[-5:] == [
        "synced",
        "sent after 1, sending",
        "synced",
        "sent after 3, sending",
        "synced",
    ]


MOODS = st.lists(
    st.sampled_from(("yes", "yes", "yes", "no", "later", "closing", "lost", "nonsense")),
    max_size=60,
)


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(runs=st.lists(MOODS, min_size=1, max_size=4))
def test_whatever_the_server_does_nobody_gets_two_and_outcomes_are_true(
    tmp_path: Path, runs: Sequence[Sequence[Mood]]
) -> None:
    """Run after run with one journal, then one without trouble: each has one, or is uncertain."""
    number = 5
    path = tmp_path / "journal"
    path.unlink(missing_ok=True)
    copies: Counter[str] = Counter()
    uncertain: set[str] = set()
    for moods in [*runs, ()]:
        wire = _StrictServer(moods)
        outcomes = run(wire, number, Journal(path))
        for outcome in outcomes:
            arrived = wire.mailboxes[outcome.recipient]
            match outcome.status:
                case "sent":
                    assert arrived == 1
                case "unknown":
                    assert arrived <= 1
                    uncertain.add(outcome.recipient)
                case _:
                    assert arrived == 0
        copies += wire.mailboxes
    assert set(copies.values()) <= {1}
    assert [outcome.key for outcome in outcomes] == [str(at) for at in range(number)]
    assert {f"{at}@mail.test" for at in range(number)} - copies.keys() <= uncertain


@settings(max_examples=100, deadline=None)
@given(moods=MOODS)
def test_without_a_journal_the_same_holds_within_a_run(moods: Sequence[Mood]) -> None:
    """Nothing that may have left is sent again."""
    wire = _StrictServer(moods)
    outcomes = run(wire, 8)
    assert set(wire.mailboxes.values()) <= {0, 1}
    for outcome in outcomes:
        if outcome.status != "unknown":
            assert wire.mailboxes[outcome.recipient] == (outcome.status == "sent")
