"""What the protocol needs of a connection. One implementation blocks, the other awaits."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    import stamina

LARGEST_ANSWER: Final = 10 * 2**20  # bytes; the contract's largest is under 1 % of it


class Deadline:
    """A point in time, on a clock that nobody sets."""

    __slots__ = ("_at", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._at = monotonic() + seconds

    @property
    def remaining(self) -> float:
        """Seconds until then; not positive once it has passed."""
        return self._at - monotonic()


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent; neither the key nor a body is in ``repr``."""

    method: str
    url: str
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        status: Of HTTP.
        reason: Phrase of the status line; it can hold anything.
        headers: By lower-case names.
        body: As far as it came.
        flaw: Why the body is not all of it, or empty.
        timed_out: Whether the time was up before the rest of it came.
        unusable: Whether the flaw is the body's own, and another try ends the same.
    """

    status: int
    reason: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    flaw: str = ""
    timed_out: bool = False
    unusable: bool = False


class NoAnswerError(Exception):
    """Not even a status came back.

    Attributes:
        reason: Why, in words of ours.
        sent: Whether the server may have got the request.
        timed_out: Whether the time was up.
        hopeless: Whether another try cannot end differently.
    """

    def __init__(
        self, reason: str, *, sent: bool, timed_out: bool = False, hopeless: bool = False
    ) -> None:
        self.reason = reason
        self.sent = sent
        self.timed_out = timed_out
        self.hopeless = hopeless
        super().__init__(reason)


class Wire(Protocol):
    """A way to the vendor. Nothing it raises holds what was sent or received, or the key."""

    def attempts(
        self, on: Callable[[Exception], bool | float], most: int
    ) -> AsyncIterator[stamina.Attempt]:
        """Yield attempts until one succeeds, ``on`` refuses another, or there were ``most``.

        Args:
            on: Told what went wrong; says how many seconds to pause, or ``False`` to give up.
            most: Attempts in all.
        """

    async def send(self, request: Request, seconds: float) -> Answer:
        """Send a request and read its answer, in that time and at most ``LARGEST_ANSWER`` bytes.

        Raises:
            NoAnswerError: There is none.
        """

    async def pause(self, seconds: float) -> None:
        """Let time pass."""

    async def close(self) -> None:
        """Close what was opened here."""
