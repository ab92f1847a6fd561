"""Sources to chunks of raw lines: a stream of any size, of which little is in memory.

Lines are not parsed here: that is half of the work on a card, and is done by whoever renders it.
"""

from __future__ import annotations

import glob
import io
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from candidate_cards._records import (
    NotJsonError,
    decode,
    look_like_records,
    not_valid,
    other_encoding,
)
from candidate_cards._text import clean_text
from candidate_cards.batch.storage import asking, is_url, open_url
from candidate_cards.errors import CandidateCardsError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from _typeshed import WriteableBuffer

STANDARD_INPUT: Final = "-"
MOST_OF_RECORD: Final = 32 * 1024 * 1024  # bytes of a line, or of a document of several lines
_BUFFER: Final = 1 << 20
_MOST_OF_LABEL: Final = 1000
_TOO_LONG: Final = (
    f"is longer than {MOST_OF_RECORD // 1024 // 1024} MiB; put each candidate on a line of its own"
)
_TOO_LONG_DOCUMENT: Final = (
    f"is one JSON document of more than {MOST_OF_RECORD // 1024 // 1024} MiB; "
    "put each candidate on a line of its own (JSON Lines)"
)


class Line(NamedTuple):
    """One record, not yet parsed.

    Attributes:
        number: From 1; ``None`` for a document of several lines.
        text: UTF-8.
        record: What a plan hashes it to.
    """

    number: int | None
    text: bytes
    record: bytes


@dataclass(slots=True)
class Chunk:
    """Lines that are worked on together.

    Attributes:
        source: How problems call their source.
        ordinal: Which of the sources it is, from 1.
        lines: In their order.
        done: Hashes of those that need not be made anew.
        problems: What reading found among them.
        bytes_read: Of the source, up to here.
    """

    source: str
    ordinal: int
    lines: list[Line] = field(default_factory=list)
    done: set[bytes] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    bytes_read: int = 0

    @property
    def todo(self) -> list[Line]:
        """The lines to work on."""
        if not self.done:
            return self.lines
        return [line for line in self.lines if line.record not in self.done]


@dataclass(frozen=True, slots=True)
class Source:
    """Something to read.

    Attributes:
        address: A path, a URL or ``-``.
        size: Bytes, or ``None`` where that is not known.
    """

    address: str
    size: int | None = None

    @property
    def label(self) -> str:
        """How problems call it."""
        return clean_text(self.address, limit=_MOST_OF_LABEL)[0]


def find_sources(addresses: Iterable[str]) -> tuple[list[Source], list[Problem]]:
    """Return what addresses stand for, patterns in the order of their names.

    Args:
        addresses: Paths, URLs, patterns of either, and ``-`` for standard input.

    Returns:
        The sources, and a problem for each address that stands for nothing.
    """
    sources: list[Source] = []
    problems: list[Problem] = []
    for address in addresses:
        try:
            found = list(_sources_of(address))
        except (CandidateCardsError, OSError) as error:
            problems.append(Problem(_reason(error), Source(address).label))
            continue
        if not found:
            problems.append(Problem("matches no file", Source(address).label))
        sources += found
    return sources, problems


def _sources_of(address: str) -> Iterator[Source]:
    if address == STANDARD_INPUT:
        yield Source(address)
    elif is_url(address):
        system, path = open_url(address)
        if not glob.has_magic(path):
            yield Source(address, asking(system.info, path).get("size"))
            return
        for name, info in sorted(asking(system.glob, path, detail=True).items()):
            if info["type"] == "file":
                yield Source(str(system.unstrip_protocol(name)), info.get("size"))
    elif Path(address).exists() or not glob.has_magic(address):
        yield Source(address, _size(Path(address)))
    else:
        for name in sorted(glob.glob(address, recursive=True)):  # noqa: PTH207  keeps ./ and ~
            if Path(name).is_file():
                yield Source(name, _size(Path(name)))


def _size(path: Path) -> int | None:
    """Return the size of a file; a pipe has none.

    Raises:
        OSError: There is no file, or it is a folder.
    """
    if path.is_dir():
        raise IsADirectoryError
    status = path.stat()
    return status.st_size if path.is_file() else None


def read_chunks(
    sources: Sequence[Source],
    hash_of: Callable[[bytes], bytes],
    *,
    most_lines: int,
    most_bytes: int,
) -> Iterator[Chunk]:
    """Yield the lines of all sources in chunks, each of one source.

    What cannot be read is among the problems of the chunk in whose place it would have been.

    Args:
        sources: To read one after another.
        hash_of: What stands for a record.
        most_lines: Of a chunk.
        most_bytes: Of a chunk, unless a single line has more.
    """
    for ordinal, source in enumerate(sources, 1):
        chunk = Chunk(source.label, ordinal)
        size = 0
        read = _Read()
        for number, text in _records(source, read):
            if isinstance(text, str):
                chunk.problems.append(Problem(text, source.label, line=number))
                continue
            if chunk.lines and size + len(text) > most_bytes:
                yield chunk
                chunk, size = Chunk(source.label, ordinal), 0
            chunk.lines.append(Line(number, text, hash_of(text)))
            chunk.bytes_read = read.bytes
            size += len(text)
            if len(chunk.lines) == most_lines:
                yield chunk
                chunk, size = Chunk(source.label, ordinal), 0
        chunk.bytes_read = read.bytes
        if chunk.lines or chunk.problems:
            yield chunk


class _Readable(Protocol):
    """What is used of a file of a store."""

    def read(self, size: int, /) -> bytes: ...


class _Stream(_Readable, Protocol):
    """What is used of an open file."""

    def readline(self, size: int, /) -> bytes: ...


@dataclass(slots=True)
class _Read:
    """How far a source is read."""

    bytes: int = 0


def _records(source: Source, read: _Read) -> Iterator[tuple[int | None, bytes | str]]:
    """Yield numbered lines, or a whole document without number; a text says what is wrong."""
    try:
        with _opened(source) as stream:
            yield from _told_apart(_lines(stream, read))
    except (CandidateCardsError, OSError, ValueError) as error:
        yield None, _reason(error)


def _told_apart(
    lines: Iterator[tuple[int, bytes | None]],
) -> Iterator[tuple[int | None, bytes | str]]:
    """Tell JSON Lines from a document, as `loading` does, but with an end to what is kept."""
    first = next(lines, None)
    if first is None:
        yield None, "is empty"
        return
    if first[1] is not None and not _is_json(first[1]):
        head, is_whole = _head(first, lines)
        texts = [text for _, text in head if text is not None]
        if look_like_records(texts):
            yield from _numbered(chain(head, lines))
        elif is_whole:
            yield None, b"".join(texts)
        else:
            yield None, _TOO_LONG_DOCUMENT
        return
    yield from _numbered(chain([first], lines))


def _head(
    first: tuple[int, bytes | None], lines: Iterator[tuple[int, bytes | None]]
) -> tuple[list[tuple[int, bytes | None]], bool]:
    """Return as many lines as a document may have, and whether those are all."""
    head = [first]
    size = len(first[1] or b"")
    for line in lines:
        head.append(line)
        size += len(line[1] or b"")
        if line[1] is None or size > MOST_OF_RECORD:
            return head, False
    return head, True


def _numbered(
    lines: Iterable[tuple[int, bytes | None]],
) -> Iterator[tuple[int | None, bytes | str]]:
    for number, text in lines:
        yield number, _TOO_LONG if text is None else text


def _is_json(text: bytes) -> bool:
    try:
        decode(text)
    except NotJsonError:
        return False
    return True


def _lines(stream: _Stream, read: _Read) -> Iterator[tuple[int, bytes | None]]:
    """Yield the lines that are not blank, in UTF-8 without byte order mark.

    One that is too long is ``None``: it is read past, and never in memory.
    """
    number = 0
    start = stream.readline(4)  # before the first line feed may be all there is to tell by
    take: Callable[[int], bytes]
    if encoding := other_encoding(start):
        text = io.TextIOWrapper(
            io.BufferedReader(_Rest(start, stream), _BUFFER), encoding=encoding, newline="\n"
        )

        def take(most: int) -> bytes:
            return text.readline(most).encode("utf-8", "surrogatepass")
    else:
        rest = start.removeprefix(b"\xef\xbb\xbf")

        def take(most: int) -> bytes:
            nonlocal rest
            if rest.endswith(b"\n"):
                line, rest = rest, b""
                return line
            line, rest = rest + stream.readline(most - len(rest)), b""
            return line

    while line := take(MOST_OF_RECORD + 1):
        number += 1
        read.bytes += len(line)
        if len(line) > MOST_OF_RECORD and not line.endswith(b"\n"):
            while (more := take(_BUFFER)) and not more.endswith(b"\n"):
                read.bytes += len(more)
            read.bytes += len(more)
            yield number, None
        elif line.strip(b" \t\r\n\xef\xbb\xbf"):
            yield number, line


class _Rest(io.RawIOBase):
    """A stream, with what was taken from its beginning put back."""

    def __init__(self, start: bytes, stream: _Readable) -> None:
        self._start = start
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        data = self._start[: len(view)] or self._stream.read(len(view))
        self._start = self._start[len(data) :]
        view[: len(data)] = data
        return len(data)


@contextmanager
def _opened(source: Source) -> Iterator[_Stream]:
    if source.address == STANDARD_INPUT:
        yield sys.stdin.buffer
    elif is_url(source.address):
        system, path = open_url(source.address)
        with asking(system.open, path, "rb") as stream:
            # Not its own lines: fsspec reads them to their ends, however far those are.
            yield io.BufferedReader(_Rest(b"", _Asking(stream)), _BUFFER)
    else:
        with Path(source.address).open("rb", buffering=_BUFFER) as stream:
            yield stream


class _Asking:
    """A file of a store, whose driver may raise anything while it is read."""

    def __init__(self, stream: Any) -> None:  # noqa: ANN401  fsspec types none of its files
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        return bytes(asking(self._stream.read, size))


def _reason(error: Exception) -> str:
    """Return why a source cannot be read."""
    match error:
        case FileNotFoundError():
            return "does not exist"
        case IsADirectoryError():
            return f"is a directory; name a file in it, or a pattern such as {os.sep}*.jsonl"
        case UnicodeDecodeError():
            return not_valid(error)
        case OSError(strerror=str(reason)):
            return f"cannot be read: {reason[:1].lower()}{reason[1:]}"
        case OSError() | CandidateCardsError() if str(error):
            return f"cannot be read: {error}"
        case _:
            return "cannot be read"
