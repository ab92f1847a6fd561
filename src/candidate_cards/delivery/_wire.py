"""What the conversation needs of a connection. One implementation blocks, the other awaits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

SECONDS_TO_LEAVE: Final = 5.0  # to wait for the answer to QUIT, which changes nothing

NO_ANSWER: Final = "no answer within {:g} seconds"
LOST: Final = "the connection was lost"
NOT_SMTP: Final = "the answer was not SMTP, or longer than any"


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer.

    Attributes:
        code: What the server says; 200 to 599 if it keeps to the protocol.
        text: Its words, lines joined by newlines. They can hold anything.
    """

    code: int
    text: str = ""

    @property
    def kind(self) -> int:
        """First digit: 2 done, 3 go on, 4 not now, 5 no."""
        return self.code // 100


class BrokenError(Exception):
    """There is no usable connection; a new one may be.

    Attributes:
        reason: Why, in words of ours or clean ones of the server.
        advice: What its user can do about it.
        code: What the server said to it, if it did.
    """

    def __init__(self, reason: str, advice: str = "", code: int | None = None) -> None:
        self.reason = reason
        self.advice = advice
        self.code = code
        super().__init__(reason)


class UnusableError(BrokenError):
    """No connection to this server with these settings can work."""


class Wire(Protocol):
    """A connection to an SMTP server, or none.

    Every method but ``quit``, ``abandon`` and ``pause`` may raise ``BrokenError``. What it raises
    holds no word of the server's and nothing that was sent.
    """

    @property
    def encrypted(self) -> bool:
        """Whether there is a connection that nobody else reads."""

    async def connect(self, our_name: str) -> Reply:
        """Connect, encrypted at once if the settings say so, and return the greeting."""

    async def ehlo(self) -> Reply:
        """Ask what the server offers."""

    async def start_tls(self) -> Reply:
        """Ask to encrypt, and if the server agrees (220), do so."""

    async def command(self, line: str) -> Reply:
        """Send one ASCII line, without its end."""

    async def payload(self, content: bytes) -> Reply:
        """Send a message, dots doubled and the last one there; return what became of it."""

    async def quit(self) -> None:
        """Take leave and close; never raises."""

    async def abandon(self) -> None:
        """Close without a word; never raises."""

    async def pause(self, seconds: float) -> None:
        """Let time pass."""

    async def off_loop(self, function: Callable[[], T]) -> T:
        """Call what waits for a disk."""
