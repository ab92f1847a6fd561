"""One file of results in place of a million files.

While a run goes on, lines are put into a folder beside it, ``.NAME.unfinished``. At the end all
lines of the input's candidates are in one file, in the order of the input: if that is what was
appended, it is renamed; else it is put together of it and of the file that was there. Under its
own name the file is always whole.
"""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import ExitStack, suppress
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from pydantic_core import from_json

from candidate_cards.batch.manifest import Kept, ManifestFile
from candidate_cards.batch.outputs import Outputs
from candidate_cards.batch.placing import (
    BLOCK,
    UNFINISHED,
    clear_unfinished,
    let_go,
    make_unfinished,
    write_all,
)
from candidate_cards.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from io import FileIO

    from candidate_cards.batch.manifest import Known
    from candidate_cards.batch.plan import Plan
    from candidate_cards.batch.work import Made
    from candidate_cards.batch.work import Results as Pieces

    Place = tuple[int, int, int]  # which file, where it starts there, bytes

EXTENSIONS: Final = (".jsonl", ".ndjson")
_LINE: Final = re.compile(rb'\{"record":"([0-9a-f]{32})","at":([0-9]{1,9}),')
FINISHED, UNFINISHED_LINES = 0, 1  # which file
NOTE: Final = "INSERT OR REPLACE INTO lines VALUES (?, ?, ?, ?, ?)"


class Results(Outputs):
    """A file of JSON Lines on this machine: one line per candidate, documents in it."""

    inline = True

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self._path = Path(address)
        self._folder = self._path.with_name(f".{self._path.name}.unfinished")
        self._unfinished = self._folder / "lines.jsonl"
        self._manifest = ManifestFile(self._path.with_name(f"{self._path.name}.manifest"))
        self._file: FileIO | None = None
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

    def open(self, plan: Plan) -> None:
        """Lock the manifest, and make ready."""
        del plan
        try:
            self._manifest.open()
            self._scan_finished()
            self._open_unfinished()
        except BaseException:
            self.close()
            raise

    def _open_unfinished(self) -> None:
        self._folder.mkdir(exist_ok=True)
        make_unfinished(self._folder)
        self._end = self._scan(self._unfinished, UNFINISHED_LINES)
        self._unfinished.touch()
        self._file = self._unfinished.open("rb+", buffering=0)
        self._file.truncate(self._end)
        self._file.seek(self._end)

    def look(self, plan: Plan) -> None:
        """Find what is there, also of a run that has not ended."""
        del plan
        self._manifest.look()
        self._scan_finished()
        self._scan(self._unfinished, UNFINISHED_LINES)

    @property
    def folder(self) -> str | None:
        """Where a worker that shares this disk writes lines itself."""
        return str(self._folder.absolute())

    def _scan_finished(self) -> None:
        """Take note of what is in the file that is there.

        Raises:
            InputError: It is no file of results.
        """
        self._scan(self._path, FINISHED)

    def _scan(self, path: Path, file: int) -> int:
        """Take note of the lines of a file; return where the whole ones end.

        Raises:
            InputError: It is no file of results.
        """
        start = 0
        try:
            lines = path.open("rb", buffering=BLOCK)
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
                self._places.execute(NOTE, row)
                start += len(line)
        return start

    def manifest_lines(self) -> Iterator[bytes]:
        """Yield the lines of the manifest."""
        return self._manifest.lines()

    def holds(self, record: bytes, known: Known, *, hashed: bool) -> bool:
        """Tell whether the outputs of a candidate are there."""
        row = self._row(record, known.at)
        return row is not None and (not hashed or self._is_as_written(row, known))

    def _is_as_written(self, row: Place, known: Known) -> bool:
        """Tell whether documents have the hashes that the manifest says."""
        path = self._unfinished if row[0] == UNFINISHED_LINES else self._path
        with path.open("rb") as file:
            file.seek(row[1])
            outputs = from_json(file.read(row[2]))["outputs"]
        # A document in base64 is not decoded: what was written is what was hashed.
        return all(
            "text" not in outputs[each["format"]]
            or sha256(outputs[each["format"]]["text"].encode()).hexdigest() == each["sha256"]
            for each in known.outputs
        )

    def _row(self, record: bytes, at: int) -> Place | None:
        statement = "SELECT file, start, size FROM lines WHERE record = ? AND at = ?"
        row: Place | None = self._places.execute(statement, (record, at)).fetchone()
        return row

    def write(
        self,
        sequence: Sequence[Made | Kept],
        left_out: Sequence[Made],
        pieces: Sequence[Pieces],
    ) -> None:
        """Put the lines of candidates behind those that are there."""
        assert self._file is not None  # noqa: S101  opened before
        out = {id(each) for each in left_out}
        starts: dict[int, int] = {}
        for piece in pieces:
            spool = self._folder / UNFINISHED / piece.spool if piece.spool else None
            with spool.open("rb") if spool else BytesIO(piece.text) as source:
                for start, size in self._take(piece, out, starts):
                    _copy(source, start, self._file, size)
            if spool:
                let_go(spool)
        wanted = [
            self._row(each.record, each.known.at)
            if isinstance(each, Kept)
            else (UNFINISHED_LINES, starts[id(each)], each.length)
            for each in sequence
            if isinstance(each, Kept) or each.length
        ]
        # Together, for what is made anew is one row then, not one a candidate.
        rows = _joined_places(filter(None, wanted))
        self._places.executemany("INSERT INTO wanted VALUES (NULL, ?, ?, ?)", rows)
        # Before the manifest says so.
        os.fsync(self._file.fileno())

    def _take(
        self, piece: Pieces, out: set[int], starts: dict[int, int]
    ) -> Iterator[tuple[int, int]]:
        """Take note where lines of a piece will be; yield where those are that are to be copied."""
        start = end = 0
        for each in (each for line in piece.lines for each in line.made):
            if id(each) in out:
                yield start, end - start
                start = end = end + each.length
                continue
            end += each.length
            starts[id(each)] = self._end
            self._end += each.length
        yield start, end - start

    def append(self, lines: bytes) -> None:
        """Add lines to the manifest, for good."""
        self._manifest.append(lines)

    def finish(self) -> None:
        """Put the lines that are wanted under the name that was asked for."""
        runs = [run for run, _ in zip(self._runs(), range(2), strict=False)]
        # Where nothing could be read, what was there before is not to go.
        if not self._path.exists() or runs not in ([], [(FINISHED, 0, self._finished_size())]):
            self._put_together(runs)
        self._unfinished.unlink(missing_ok=True)

    def _finished_size(self) -> int:
        """Return where in the file that is there the last line ends."""
        return self._path.stat().st_size

    def _put_together(self, runs: Sequence[Place]) -> None:
        """Put the file into its place.

        Args:
            runs: The first two of where wanted lines are.
        """
        if runs in ([], [(UNFINISHED_LINES, 0, self._end)]):
            self._unfinished.replace(self._path)
            return
        together = self._folder / UNFINISHED / "together"
        with ExitStack() as files:
            sources = [
                files.enter_context(path.open("rb")) if path.exists() else None
                for path in (self._path, self._unfinished)
            ]
            target = files.enter_context(together.open("wb", buffering=0))
            for file, start, size in self._runs():
                source = sources[file]
                assert source is not None  # noqa: S101  a line was found there
                _copy(source, start, target, size)
            os.fsync(target.fileno())
        together.replace(self._path)

    def _runs(self) -> Iterator[Place]:
        """Yield where wanted lines are, those together that stand one after another."""
        statement = "SELECT file, start, size FROM wanted ORDER BY number"
        return _joined_places(self._places.execute(statement))

    def close(self) -> None:
        """Let others use it."""
        if self._file is not None:  # else the folder may be another run's
            self._file.close()
            self._file = None
            with suppress(OSError):
                clear_unfinished(self._folder)
                if not self._end:
                    self._unfinished.unlink(missing_ok=True)
                self._folder.rmdir()
        self._places.close()
        self._manifest.close()


def _joined_places(places: Iterable[Place]) -> Iterator[Place]:
    """Yield places of lines, those together that stand one after another."""
    run: Place | None = None
    for file, start, size in places:
        if run is not None and run[0] == file and run[1] + run[2] == start:
            run = (file, run[1], run[2] + size)
            continue
        if run is not None:
            yield run
        run = (file, start, size)
    if run is not None:
        yield run


def _copy(source: IO[bytes], start: int, target: FileIO, size: int) -> None:
    """Copy a part of a file to where another is written."""
    source.seek(start)
    while size and (piece := source.read(min(size, BLOCK))):
        write_all(target, piece)
        size -= len(piece)
