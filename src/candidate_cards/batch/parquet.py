"""One Parquet file of results: a row per candidate, for whoever queries them.

A Parquet file cannot be added to, so while a run goes on there are lines, as for JSON Lines. At the
end they become rows, in the order of the input, by groups of bounded size. Rows of the file that
was there, if they are to be kept, become lines again first: so all comes from one place in any
order, with one group in memory.

Columns, none of which is ever null but ``warnings``:

- ``profile_id`` string; ``record`` string, the hash that manifests have; ``at`` and ``of`` int32.
- ``warning_count`` int32; ``warnings`` list of strings, null where people are coded: only their
  number is said then.
- For each format, in the order of their names: ``page`` string (``pdf`` and ``png`` binary),
  ``page_sha256`` string in hexadecimal digits, ``page_size`` int64 in bytes.

The file's metadata has the plan's name, the toolkit's version and the formats. This is the one
module that knows pyarrow, and is imported when a Parquet file is asked for.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from bisect import bisect_right
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from pyarrow import parquet as pq
from pydantic_core import from_json, to_json

from candidate_cards.batch.placing import BLOCK, UNFINISHED, write_all
from candidate_cards.batch.results import FINISHED, NOTE, UNFINISHED_LINES, Results
from candidate_cards.batch.work import BINARY
from candidate_cards.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from candidate_cards.batch.manifest import Known
    from candidate_cards.batch.plan import Plan
    from candidate_cards.batch.results import Place

_MOST_ROWS: Final = 1_000  # of a group
_MOST_BYTES: Final = 1 << 25  # of documents in a group, but for the last one's
_PLAN: Final = b"candidate-cards.plan"
_TOOLKIT: Final = b"candidate-cards.toolkit"
_FORMATS: Final = b"candidate-cards.formats"


class ParquetResults(Results):
    """A Parquet file on this machine."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self._formats: list[str] = []
        self._schema: Any = None
        self._groups: list[int] = []  # the first row of each
        self._rows = 0
        self._hashed: set[int] = set()  # groups
        self._places.executescript(
            """
            CREATE TABLE hashes (row INTEGER PRIMARY KEY, hashes TEXT);
            CREATE TABLE kept (start INTEGER PRIMARY KEY, size INT, number INT);
            """
        )

    def open(self, plan: Plan) -> None:
        """Lock the manifest, and make ready."""
        self._expect(plan)
        super().open(plan)

    def look(self, plan: Plan) -> None:
        """Find what is there, also of a run that has not ended."""
        self._expect(plan)
        super().look(plan)

    def _expect(self, plan: Plan) -> None:
        """Take the columns from a plan, and see that a file that is there has them."""
        self._formats = sorted(look.format for look in plan.looks)
        self._schema = _schema(plan, self._formats)
        if self._path.exists():
            # Before anything is put beside what may be somebody else's.
            with self._reading():
                pass

    @contextmanager
    def _reading(self, advice: str = "move it away, or name another") -> Iterator[Any]:
        """Read the file that is there.

        Args:
            advice: What to do if it is damaged.

        Raises:
            InputError: It is damaged, somebody else's, or of other columns.
            OSError: The system refused.
        """
        try:
            with pq.ParquetFile(
                self._path, pre_buffer=False, page_checksum_verification=True
            ) as file:
                self._check(file.schema_arrow)
                yield file
        except InputError:
            raise
        except (pa.ArrowException, OSError, ValueError) as error:
            # What pyarrow finds in a file is an OSError too, without a number.
            if isinstance(error, OSError) and error.errno is not None:
                raise
            message = f"is damaged, or no Parquet file; {advice}"
            raise InputError([Problem(message, str(self._path))]) from error

    def _check(self, schema: Any) -> None:  # noqa: ANN401  pyarrow has no types
        said = schema.metadata or {}
        if _PLAN not in said:
            message = "is no file of results; move it away, or name another"
        elif schema.equals(self._schema):
            return
        elif said.get(_FORMATS) != self._schema.metadata[_FORMATS]:
            formats = said.get(_FORMATS, b"").decode(errors="replace")
            message = (
                f"has the formats {formats}; ask for these, name another file, or move it away"
            )
        else:
            message = "has other columns than this version writes; move it away, or name another"
        raise InputError([Problem(message, str(self._path))])

    def _scan_finished(self) -> None:
        """Take note of the rows of the file that is there."""
        if not self._path.exists():
            return
        with self._reading() as file:
            for group in range(file.num_row_groups):
                self._groups.append(self._rows)
                read = file.read_row_group(group, columns=["record", "at"], use_threads=False)
                rows = [
                    (bytes.fromhex(record), at, FINISHED, number, 1)
                    for number, (record, at) in enumerate(
                        zip(read["record"].to_pylist(), read["at"].to_pylist(), strict=True),
                        self._rows,
                    )
                ]
                self._places.executemany(NOTE, rows)
                self._rows += len(rows)

    def _is_as_written(self, row: Place, known: Known) -> bool:
        """Tell whether documents have the hashes that the manifest says."""
        file, number, _ = row
        if file == UNFINISHED_LINES:
            return super()._is_as_written(row, known)
        group = bisect_right(self._groups, number) - 1
        if group not in self._hashed:
            self._hashed.add(group)
            self._hash(group)
        found = self._places.execute("SELECT hashes FROM hashes WHERE row = ?", (number,))
        said = {output["format"]: output["sha256"] for output in known.outputs}
        return bool(found.fetchone() == (" ".join(said.get(name, "") for name in self._formats),))

    def _hash(self, group: int) -> None:
        """Note the hashes of the documents in a group; none if they cannot be read."""
        try:
            with self._reading() as file:
                read = file.read_row_group(group, columns=self._formats, use_threads=False)
        except InputError:
            return
        columns = [
            [sha256(value.as_buffer()).hexdigest() for value in read[name]]
            for name in self._formats
        ]
        rows = enumerate(map(" ".join, zip(*columns, strict=True)), self._groups[group])
        self._places.executemany("INSERT INTO hashes VALUES (?, ?)", rows)

    def _finished_size(self) -> int:
        """Return how many rows there are in the file that is there."""
        return self._rows

    def _put_together(self, runs: Sequence[Place]) -> None:
        """Put the file into its place."""
        del runs
        self._unpack()
        together = self._folder / UNFINISHED / "together"
        with together.open("wb", buffering=BLOCK) as target:
            with pq.ParquetWriter(
                target,
                self._schema,
                compression="zstd",
                use_dictionary=False,  # no two documents are the same
                write_statistics=["profile_id", "record"],
                write_page_checksum=True,
            ) as writer:
                for table in self._tables():
                    writer.write_table(table)
            target.flush()
            os.fsync(target.fileno())
        together.replace(self._path)

    def _unpack(self) -> None:
        """Make lines of the rows that are kept, and let them be wanted in place of these."""
        kept = self._places.execute(
            "INSERT INTO kept SELECT start, size, number FROM wanted WHERE file = ?", (FINISHED,)
        )
        if not kept.rowcount:
            return
        assert self._file is not None  # noqa: S101  opened before
        with self._reading("run again with --check-hashes, or move it away") as file:
            group = -1
            rows: list[dict[str, Any]] = []
            runs = self._places.execute("SELECT start, size, number FROM kept ORDER BY start")
            for start, size, number in runs:
                place = self._end
                for row in range(start, start + size):
                    if group != (now := bisect_right(self._groups, row) - 1):
                        group, rows = now, []  # never two in memory
                        rows = file.read_row_group(group, use_threads=False).to_pylist()
                    line = _line(rows[row - self._groups[group]], self._formats)
                    write_all(self._file, line)
                    self._end += len(line)
                self._places.execute(
                    "UPDATE wanted SET file = ?, start = ?, size = ? WHERE number = ?",
                    (UNFINISHED_LINES, place, self._end - place, number),
                )
        os.fsync(self._file.fileno())

    def _tables(self) -> Iterator[Any]:
        """Yield the groups of rows; what is in one follows from rows alone."""
        rows: list[dict[str, Any]] = []
        size = 0
        with self._unfinished.open("rb") as lines:
            for _, start, length in self._runs():
                lines.seek(start)
                while lines.tell() < start + length:
                    row = _row(lines.readline())
                    rows.append(row)
                    size += sum(row[f"{name}_size"] for name in self._formats)
                    if len(rows) == _MOST_ROWS or size >= _MOST_BYTES:
                        yield pa.Table.from_pylist(rows, schema=self._schema)
                        rows, size = [], 0
        if rows:
            yield pa.Table.from_pylist(rows, schema=self._schema)


def _schema(plan: Plan, formats: Sequence[str]) -> Any:  # noqa: ANN401  pyarrow has no types
    columns = [
        ("profile_id", pa.string()),
        ("record", pa.string()),
        ("at", pa.int32()),
        ("of", pa.int32()),
        ("warning_count", pa.int32()),
        ("warnings", pa.list_(pa.string())),
    ]
    for name in formats:
        columns += [
            (name, pa.binary() if name in BINARY else pa.string()),
            (f"{name}_sha256", pa.string()),
            (f"{name}_size", pa.int64()),
        ]
    fields = [pa.field(name, kind, nullable=name == "warnings") for name, kind in columns]
    said = {_PLAN: plan.name, _TOOLKIT: plan.header["toolkit"], _FORMATS: ",".join(formats)}
    return pa.schema(fields, metadata=said)


def _row(line: bytes) -> dict[str, Any]:
    """Return a line of results as a row."""
    said = from_json(line)
    warnings = said.get("warnings", [])
    is_number = isinstance(warnings, int)
    row = {
        "profile_id": said["profileId"],
        "record": said["record"],
        "at": said["at"],
        "of": said["of"],
        "warning_count": warnings if is_number else len(warnings),
        "warnings": None if is_number else warnings,
    }
    for name, output in said["outputs"].items():
        row[name] = output["text"] if "text" in output else b64decode(output["base64"])
        row[f"{name}_sha256"] = output["sha256"]
        row[f"{name}_size"] = output["size"]
    return row


def _line(row: dict[str, Any], formats: Sequence[str]) -> bytes:
    """Return a row as the line of results that it was."""
    said: dict[str, Any] = {"record": row["record"], "at": row["at"], "of": row["of"]}
    if row["warning_count"]:
        said["warnings"] = row["warning_count"] if row["warnings"] is None else row["warnings"]
    said["profileId"] = row["profile_id"]
    said["outputs"] = {
        name: {
            "sha256": row[f"{name}_sha256"],
            "size": row[f"{name}_size"],
            **({"base64": b64encode(row[name])} if name in BINARY else {"text": row[name]}),
        }
        for name in formats
    }
    return to_json(said) + b"\n"
