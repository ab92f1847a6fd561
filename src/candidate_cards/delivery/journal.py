"""A file that remembers what was sent, so that nothing is sent twice.

JSON Lines, one object per event, only ever appended to. Before the content of a message leaves, a
line with the status ``sending`` is on the disk; afterwards comes a line with the outcome. So
whatever ends the process, a message that may have left is known to be one::

    {"key": "9f…", "recipient": "ada@example.com", "messageId": "<1@…>", "status": "sending", …}
    {"key": "9f…", "recipient": "ada@example.com", "messageId": "<1@…>", "status": "sent", …}
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

from candidate_cards._private_files import lock_file, open_for_owner, sync_folder
from candidate_cards.delivery.messages import Status
from candidate_cards.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from io import FileIO
    from os import PathLike

Event = Literal["sending", Status]

_EVENTS: Final = frozenset({"sending", *get_args(Status)})
_MOST_PROBLEMS: Final = 20
_NOT_A_LINE: Final = (
    "is no line of a journal; mend it, or take it out if it is certain what became of its message"
)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Journal:
    """Where a run writes down what it sends, and reads what runs before it have sent.

    A message whose key was sent is skipped. One that was begun and has no outcome, or whose
    outcome is ``unknown``, is skipped as well: it may have arrived. All others are sent.

    The file holds addresses, so a new one is for its owner only (mode 0600). While a run uses it,
    no other can.

    Attributes:
        path: The file; made if it is not there.
        retry_unknown: Send also what may have arrived before.
        clock: Tells the time that a line is stamped with; with its zone.
    """

    path: str | PathLike[str]
    retry_unknown: bool = field(default=False, kw_only=True)
    clock: Callable[[], datetime] = field(default=_now, kw_only=True, repr=False)

    def keys_not_sent_again(self) -> frozenset[str]:
        """Return the keys that a run would leave alone; a file that is not there has none.

        Raises:
            InputError: It is in use, or not a journal.
            OSError: The system refused.
        """
        if not Path(self.path).exists():
            return frozenset()
        opened = OpenJournal(self)
        try:
            entries = opened.load()
        finally:
            opened.close()
        done = (key for key, entry in entries.items() if entry.event == "sent")
        return frozenset((*done, *(key for key, e in entries.items() if e.may_have_arrived)))


@dataclass(frozen=True, slots=True)
class Entry:
    """The last that is known of a key.

    Attributes:
        event: As in the file.
        at: When, in UTC; ``None`` in the run that reads this.
    """

    event: Event
    at: datetime | None = None

    @property
    def may_have_arrived(self) -> bool:
        """Whether nobody knows if the message was taken."""
        return self.event in {"sending", "unknown"}


class OpenJournal:
    """A journal in use: :meth:`load`, any number of :meth:`append`, :meth:`close`."""

    def __init__(self, journal: Journal) -> None:
        self.path = Path(journal.path)
        self._retry_unknown = journal.retry_unknown
        self._clock = journal.clock
        self._file: FileIO | None = None

    def load(self) -> dict[str, Entry]:
        """Open and lock the file, mend its end, and return what stands in the way of sending.

        Returns:
            The last entry of each key; without those to try again if that was asked for.

        Raises:
            InputError: It is in use, or not a journal; bad lines are listed.
            OSError: The system refused.
        """
        is_new = not self.path.exists()
        if not is_new and not self.path.is_file():
            raise InputError([Problem("must be a regular file", source=str(self.path))])
        # Appending: whatever happens, no line is overwritten.
        file = open(self.path, "ab+", buffering=0, opener=open_for_owner)  # noqa: SIM115
        self._file = file
        try:
            lock_file(file)
        except (BlockingIOError, PermissionError):
            message = "is in use by another run; wait for its end, or give another journal"
            raise InputError([Problem(message, source=str(self.path))]) from None
        entries = _entries(file, str(self.path))
        if is_new:
            sync_folder(self.path.parent)
        if self._retry_unknown:
            return {key: entry for key, entry in entries.items() if not entry.may_have_arrived}
        return entries

    def append(self, record: Mapping[str, object], *, durable: bool) -> None:
        """Write a line, stamped with the time.

        Args:
            record: What to say, its ``status`` included.
            durable: Return only when the line is on the disk; a later one that is brings all
                before it there too.

        Raises:
            OSError: The system refused. The line may be there in part, so no other may follow.
        """
        file = self._in_use()
        at = self._clock().astimezone(UTC).isoformat(timespec="milliseconds")
        line = {**record, "at": at.removesuffix("+00:00") + "Z"}
        _write(file, json.dumps(line).encode() + b"\n")
        if durable:
            os.fsync(file.fileno())

    def close(self) -> None:
        """Bring every line to the disk as far as possible, and let others use the file."""
        if self._file is not None:
            # A disk that fails now must not hide what became of the messages.
            with self._file as file, suppress(OSError):
                os.fsync(file.fileno())
            self._file = None

    def _in_use(self) -> FileIO:
        if self._file is None:
            message = "the journal is not open"
            raise ValueError(message)
        return self._file


def _write(file: FileIO, line: bytes) -> None:
    rest = memoryview(line)
    while rest:
        rest = rest[file.write(rest) :]


def _entries(file: FileIO, source: str) -> dict[str, Entry]:
    """Read all lines; a last one that a crash has cut in two is cut off.

    Why: what it would have said is said by the line before it. A ``sending`` that is not whole was
    never followed by its message; an outcome that is not whole leaves its ``sending``.

    Raises:
        InputError: A line that was written whole says nothing.
    """
    entries: dict[str, Entry] = {}
    problems: list[Problem] = []
    whole = 0  # bytes of the lines that are
    file.seek(0)
    with open(file.fileno(), "rb", closefd=False) as lines:
        for number, line in enumerate(lines, start=1):
            if (entry := _entry(line)) is not None:
                entries.update([entry])
            elif line.endswith(b"\n") and line.strip():
                problems.append(Problem(_NOT_A_LINE, source=source, line=number))
            if line.endswith(b"\n"):
                whole += len(line)
            elif entry is not None:
                _write(file, b"\n")  # an editor may have dropped it
            else:
                file.truncate(whole)
    if problems:
        raise InputError(problems[:_MOST_PROBLEMS])
    return entries


def _entry(line: bytes) -> tuple[str, Entry] | None:
    """Return a key and what a line says of it, or ``None`` if it is no line of a journal."""
    try:
        record = json.loads(line)
        key, event, at = record["key"], record["status"], datetime.fromisoformat(record["at"])
        if isinstance(key, str) and event in _EVENTS and at.tzinfo is not None:
            return key, Entry(event, at.astimezone(UTC))
    except (ValueError, LookupError, TypeError, OverflowError, RecursionError):
        pass
    return None
