"""One file of results in place of a million files.

While a run goes on, lines are appended to a file beside it, ``.NAME.unfinished``. At the end all
lines of the input's candidates are in one file, in the order of the input: if that is what was
appended, it is renamed; else it is put together of it and of the file that was there. Under its
own name the file is always whole.
"""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from pydantic_core import from_json

from candidate_cards.batch.manifest import ManifestFile
from candidate_cards.batch.outputs import Outputs
from candidate_cards.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from candidate_cards.batch.manifest import Known
    from candidate_cards.batch.work import Made

EXTENSIONS: Final = (".jsonl", ".ndjson")
_LINE: Final = re.compile(rb'\{"record":"([0-9a-f]{32})","at":([0-9]{1,9}),')
_FINISHED, _UNFINISHED = 0, 1
_PIECE: Final = 1 << 24  # bytes that are copied at a time


class Results(Outputs):
    """A file of JSON Lines on this machine: one line per candidate, documents in it."""

    inline = True

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self._path = Path(address)
        self._unfinished = self._path.with_name(f".{self._path.name}.unfinished")
        self._manifest = ManifestFile(self._path.with_name(f"{self._path.name}.manifest"))
        self._file: IO[bytes] | None = None
        self._end = 0
        self._places = sqlite3.connect("", isolation_level=None)
        self._places.executescript(
            """
            PRAGMA journal_mode = OFF;
            PRAGMA synchronous = OFF;
            CREATE TABLE lines (
                record BLOB, at INT, file INT, start INT, size INT, PRIMARY KEY (record, at)
            ) WITHOUT ROWID;
            CREATE TABLE wanted (number INTEGER PRIMARY KEY, file INT, start INT, size INT);
            BEGIN;
            """
        )

    def open(self) -> None:
        """Lock the manifest, and make ready."""
        self._manifest.open()
        self._scan(self._path, _FINISHED)
        self._file = open(self._unfinished, "ab+", buffering=0)  # noqa: PTH123, SIM115  closed by `close`
        self._end = self._scan(self._unfinished, _UNFINISHED)
        self._file.truncate(self._end)

    def _scan(self, path: Path, file: int) -> int:
        """Take note of the lines of a file; return where the whole ones end.

        Raises:
            InputError: It is no file of results.
        """
        start = 0
        try:
            lines = path.open("rb", buffering=_PIECE)
        except FileNotFoundError:
            return 0
        with lines:
            for number, line in enumerate(lines, 1):
                if not line.endswith(b"\n"):
                    break
                head = _LINE.match(line)
                if head is None:
                    message = "is no line of results; move the file away, or name another"
                    raise InputError([Problem(message, str(path), line=number)])
                row = (bytes.fromhex(head[1].decode()), int(head[2]), file, start, len(line))
                self._places.execute("INSERT OR REPLACE INTO lines VALUES (?, ?, ?, ?, ?)", row)
                start += len(line)
        return start

    def manifest_lines(self) -> Iterator[bytes]:
        """Yield the lines of the manifest."""
        return self._manifest.lines()

    def holds(self, record: bytes, known: Known, *, hashed: bool) -> bool:
        """Tell whether the outputs of a candidate are there."""
        row = self._row(record, known.at)
        if row is None:
            return False
        if not hashed:
            return True
        path = self._unfinished if row[0] == _UNFINISHED else self._path
        with path.open("rb") as file:
            file.seek(row[1])
            outputs = from_json(file.read(row[2]))["outputs"]
        # A document in base64 is not decoded: what was written is what was hashed.
        return all(
            "text" not in outputs[each["format"]]
            or sha256(outputs[each["format"]]["text"].encode()).hexdigest() == each["sha256"]
            for each in known.outputs
        )

    def _row(self, record: bytes, at: int) -> tuple[int, int, int] | None:
        statement = "SELECT file, start, size FROM lines WHERE record = ? AND at = ?"
        row: tuple[int, int, int] | None = self._places.execute(statement, (record, at)).fetchone()
        return row

    def keep(self, record: bytes, known: Known) -> None:
        """Take note that a candidate is kept as it is."""
        row = self._row(record, known.at)
        self._places.execute("INSERT INTO wanted VALUES (NULL, ?, ?, ?)", row or (0, 0, 0))

    def write(self, made: Sequence[Made], left_out: Sequence[Made]) -> None:
        """Put the documents of candidates into their places."""
        del left_out  # nothing of them was written
        assert self._file is not None  # noqa: S101  opened before
        lines = [each.line for each in made if each.line]
        for line in lines:
            row = (_UNFINISHED, self._end, len(line))
            self._places.execute("INSERT INTO wanted VALUES (NULL, ?, ?, ?)", row)
            self._end += len(line)
        rest = memoryview(b"".join(lines))
        while rest:
            rest = rest[self._file.write(rest) :]
        # Before the manifest says so.
        os.fsync(self._file.fileno())

    def append(self, lines: bytes) -> None:
        """Add lines to the manifest, for good."""
        self._manifest.append(lines)

    def finish(self) -> None:
        """Put the lines that are wanted under the name that was asked for."""
        assert self._file is not None  # noqa: S101  opened before
        runs = [run for run, _ in zip(self._runs(), range(2), strict=False)]
        is_there = self._path.exists()
        # Where nothing could be read, what was there before is not to go.
        if is_there and runs in ([], [(_FINISHED, 0, self._path.stat().st_size)]):
            self._unfinished.unlink()
            return
        if runs in ([], [(_UNFINISHED, 0, self._end)]):
            self._unfinished.replace(self._path)
            return
        together = self._path.with_name(f".{self._path.name}.together")
        with ExitStack() as files:
            sources = [
                files.enter_context(path.open("rb")) if path.exists() else None
                for path in (self._path, self._unfinished)
            ]
            target = files.enter_context(together.open("wb", buffering=_PIECE))
            for file, start, size in self._runs():
                source = sources[file]
                assert source is not None  # noqa: S101  a line was found there
                source.seek(start)
                left = size
                while left and (piece := source.read(min(left, _PIECE))):
                    target.write(piece)
                    left -= len(piece)
            target.flush()
            os.fsync(target.fileno())
        together.replace(self._path)
        self._unfinished.unlink()

    def _runs(self) -> Iterator[tuple[int, int, int]]:
        """Yield where wanted lines are that stand one after another."""
        run: tuple[int, int, int] | None = None
        statement = "SELECT file, start, size FROM wanted ORDER BY number"
        for file, start, size in self._places.execute(statement):
            if run is not None and run[0] == file and run[1] + run[2] == start:
                run = (file, run[1], run[2] + size)
                continue
            if run is not None:
                yield run
            run = (file, start, size)
        if run is not None:
            yield run

    def close(self) -> None:
        """Let others use it."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._places.close()
        self._manifest.close()
