"""The manifest: what was made of each candidate, one line of JSON each, only ever appended to.

A line about a plan stands before the first candidate that was made by it::

    {"kind": "candidate-cards batch", "version": 1, "plan": "5b…", "toolkit": "0.1.0", …}
    {"id": "prof_1", "record": "9f…", "at": 0, "of": 1, "source": "people.jsonl", "line": 1,
     "plan": "5b…", "outputs": [{"format": "page", "sha256": "…", "size": 15480, "path": "…"}]}

``record`` is a hash of the record and of all that bears on what is made of it, so a record that
has the hash of an entry, with its files there, need not be made anew. Of several entries of an id
the last counts. A record that cannot be used has an entry without ``id``, with an ``error``.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from candidate_cards._private_files import lock_file
from candidate_cards.batch.names import key_of
from candidate_cards.batch.placing import write_all
from candidate_cards.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from io import FileIO
    from pathlib import Path

KIND: Final = "candidate-cards batch"
VERSION: Final = 1
_NOT_A_LINE: Final = "is no line of a manifest; take it out, and what it is about is made anew"
_MOST_PROBLEMS: Final = 20


class Entry(NamedTuple):
    """What a manifest says of one candidate.

    Attributes:
        key: What stands for its id.
        record: The hash.
        at: Which candidate of the record it is, from 0.
        of: How many candidates the record has.
        outputs: ``format``, ``sha256``, ``size`` and, of a file of its own, ``path``.
        failed: Whether it has an error.
        warnings: What was changed in it, or, where people are coded, how much.
    """

    key: str
    record: bytes
    at: int
    of: int
    outputs: tuple[Mapping[str, Any], ...]
    failed: bool
    warnings: list[str] | int


def entry_of(line: bytes) -> Entry | Unusable | str | None:
    """Return what a line says; of a plan its name; ``None`` if it is no line of a manifest."""
    try:
        value = json.loads(line)
        if value.get("kind") == KIND:
            return str(value["plan"]) if value["version"] == VERSION else None
        record = bytes.fromhex(value["record"])
        if value.get("id") is None:
            return Unusable(record, str(value["error"]), bool(value.get("duplicate")))
        outputs = tuple(value["outputs"])
        sizes = [int(output["size"]) for output in outputs]
        if not all(size >= 0 for size in sizes) or not all(
            isinstance(output["sha256"], str) for output in outputs
        ):
            return None
        warnings = value.get("warnings", [])
        if not (
            all(isinstance(each, str) for each in warnings)
            if isinstance(warnings, list)
            else isinstance(warnings, int) and warnings >= 0
        ):
            return None
        failed = bool(value.get("error"))
        at, of = int(value["at"]), int(value["of"])
        return Entry(key_of(value["id"]), record, at, of, outputs, failed, warnings)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


class Unusable(NamedTuple):
    """What a manifest says of a record, or of a part of it, of which nothing was made.

    Attributes:
        record: The hash.
        error: Why.
        is_duplicate: Whether it is only because of another record.
    """

    record: bytes
    error: str
    is_duplicate: bool = False


class Known(NamedTuple):
    """One candidate of a record that is complete."""

    key: str
    at: int
    outputs: list[dict[str, Any]]
    warnings: list[str] | int


class Kept(NamedTuple):
    """A candidate of whom nothing is made anew.

    Attributes:
        record: The hash.
        known: What the manifest says.
    """

    record: bytes
    known: Known


class ManifestFile:
    """A manifest on this machine's disk, in use by one run alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: FileIO | None = None

    def open(self) -> None:
        """Open and lock the file; make it if it is not there.

        Raises:
            InputError: Another run is using it.
            OSError: The system refused.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = open(self.path, "ab+", buffering=0)  # noqa: PTH123, SIM115  closed by `close`
        self._file = file
        try:
            lock_file(file)
        except (BlockingIOError, PermissionError):
            self.close()
            message = "is in use by another run; wait for its end"
            raise InputError([Problem(message, str(self.path))]) from None

    def look(self) -> None:
        """Open the file to read it only, whoever else is using it; it need not be there.

        Raises:
            OSError: The system refused.
        """
        with suppress(FileNotFoundError):
            self._file = open(self.path, "rb", buffering=0)  # noqa: PTH123, SIM115  as above

    def lines(self) -> Iterator[bytes]:
        """Yield the whole lines; one at the end that a crash has cut in two is cut off."""
        if self._file is None:  # looked for, and not there
            return
        whole = 0
        self._file.seek(0)
        with open(self._file.fileno(), "rb", closefd=False) as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    if self._file.writable():
                        self._file.truncate(whole)
                    return
                whole += len(line)
                yield line

    def append(self, lines: bytes) -> None:
        """Write lines, and return when they are on the disk.

        Raises:
            OSError: The system refused. What is there in part is taken back, or cut off by the
                next run.
        """
        assert self._file is not None  # noqa: S101  opened before
        before = os.fstat(self._file.fileno()).st_size
        try:
            write_all(self._file, lines)
            os.fsync(self._file.fileno())
        except OSError:
            with suppress(OSError):
                self._file.truncate(before)
            raise

    def close(self) -> None:
        """Let others use the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


class Index:
    """What manifest and run know of candidates, by id and by record; on disk, for it may be large.

    It is a private file of SQLite's, gone when it is closed.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        # 16 MiB of pages: ids come in no order, and of more than these each is a page to fetch.
        self._database.executescript(
            """
            PRAGMA journal_mode = OFF;
            PRAGMA synchronous = OFF;
            PRAGMA cache_size = -16384;
            CREATE TABLE entries (
                key TEXT PRIMARY KEY, record BLOB, at INT, of INT, outputs TEXT, warnings TEXT
            ) WITHOUT ROWID;
            CREATE INDEX by_record ON entries (record);
            CREATE TABLE unusable (
                record BLOB, error TEXT, duplicate INT, PRIMARY KEY (record, error)
            ) WITHOUT ROWID;
            CREATE TABLE seen (key TEXT PRIMARY KEY, place TEXT, claim INT) WITHOUT ROWID;
            BEGIN;
            """
        )
        self.is_empty = True
        self._claims = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Forget everything."""
        self._database.close()

    def load(self, lines: Iterable[bytes], source: str) -> set[str]:
        """Take in a manifest.

        Returns:
            The names of the plans in it.

        Raises:
            InputError: A line of it is none; the first ones are listed.
        """
        problems: list[Problem] = []
        plans: set[str] = set()
        for number, line in enumerate(lines, 1):
            match entry_of(line):
                case Entry() as entry:
                    self._add(entry)
                case Unusable() as unusable:
                    self.note_unusable(unusable)
                case str(plan):
                    plans.add(plan)
                case None:
                    problems.append(Problem(_NOT_A_LINE, source, line=number))
                    if len(problems) == _MOST_PROBLEMS:
                        break
        if problems:
            raise InputError(problems)
        return plans

    def _add(self, entry: Entry) -> None:
        self.is_empty = False
        record = b"" if entry.failed else entry.record  # a failure is tried again
        outputs, warnings = json.dumps(entry.outputs), json.dumps(entry.warnings)
        self._database.execute(
            "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?)",
            (entry.key, record, entry.at, entry.of, outputs, warnings),
        )

    def complete(self, record: bytes) -> list[Known]:
        """Return what is known of the candidates of a record; nothing unless all are known."""
        rows = self._database.execute(
            "SELECT of, key, at, outputs, warnings FROM entries WHERE record = ? ORDER BY at",
            (record,),
        ).fetchall()
        if not rows or len(rows) != rows[0][0]:
            return []
        return [
            Known(key, at, json.loads(outputs), json.loads(warnings))
            for _, key, at, outputs, warnings in rows
        ]

    def note_unusable(self, unusable: Unusable) -> bool:
        """Remember that of a record nothing is made; return whether that is new."""
        statement = "INSERT OR IGNORE INTO unusable VALUES (?, ?, ?)"
        return self._database.execute(statement, unusable).rowcount == 1

    def is_unusable(self, record: bytes) -> bool:
        """Tell whether of a record, or of a part of it, nothing is made."""
        statement = "SELECT 1 FROM unusable WHERE record = ?"
        return self._database.execute(statement, (record,)).fetchone() is not None

    def errors_of(self, record: bytes) -> list[str]:
        """Return what was wrong with parts of a record whose other parts are done."""
        statement = "SELECT error FROM unusable WHERE record = ? AND NOT duplicate"
        return [error for (error,) in self._database.execute(statement, (record,))]

    def claim_all(self, keys: list[str], place: Callable[[int], str]) -> bool:
        """Claim ids for the candidates of a chunk, if nobody has claimed any.

        Args:
            keys: What stands for the ids.
            place: Where in the input each of them is.

        Returns:
            Whether all are claimed; otherwise none is.
        """
        self._claims += 1
        rows = [(key, place(at), self._claims) for at, key in enumerate(keys)]
        # To put them in and take them out again is half of the work of a look before: hardly ever
        # does anybody come twice.
        statement = "INSERT OR IGNORE INTO seen VALUES (?, ?, ?)"
        if self._database.executemany(statement, rows).rowcount == len(rows):
            return True
        mine = [(key, claim) for key, _, claim in rows]
        self._database.executemany("DELETE FROM seen WHERE key = ? AND claim = ?", mine)
        return False

    def claim(self, key: str, place: str) -> str | None:
        """Claim an id for a candidate; return where the one is that has it, if there is one."""
        with closing(self._database.cursor()) as cursor:
            cursor.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, 0)", (key, place))
            if cursor.rowcount == 1:
                return None
            (other,) = cursor.execute("SELECT place FROM seen WHERE key = ?", (key,)).fetchone()
            return str(other)
