"""JSON or JSON Lines, in any of Unicode's encodings, to decoded values and their lines.

What decides is the content: a document is tried first, then one value a line. A line that is no
JSON is reported with its position and spoils no other line.
"""

from __future__ import annotations

import codecs
import io
import json
import re
from collections import Counter
from itertools import chain
from typing import IO, TYPE_CHECKING, Final, Protocol

from pydantic_core import from_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Place = tuple[str | int, ...]
"""Keys and indexes that lead to a value, outermost first."""

_CHUNK: Final = 1 << 16  # bytes
_MOST_DIGITS: Final = 4300  # what Python converts by default; the fast decoder refuses more too

# It steps over strings, so that what it finds is outside of them.
_REFUSED_TOKEN: Final = re.compile(
    r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|(-?(?:NaN|Infinity))'
    rf"|(-?[0-9]{{{_MOST_DIGITS + 1},}})",
    re.DOTALL,
)


class Report(Protocol):
    """Takes note of a problem; ``line`` and ``column`` count from 1."""

    def __call__(
        self, message: str, *, line: int | None = None, column: int | None = None
    ) -> None: ...


class NotJsonError(ValueError):
    """Text is not one JSON value; the message holds nothing of the text."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        self.message = message
        self.line = line
        self.column = column
        super().__init__(message)


class Record:
    """One decoded JSON value.

    Attributes:
        value: What the text stands for; under a repeated key, the last value.
        line: The line that holds all of it, from 1; ``None`` for a document that was decoded as a
            whole.
        plain: No string in it has a control character.
    """

    __slots__ = ("_repeated", "_text", "line", "plain", "value")

    def __init__(self, value: object, text: bytes, repeated: Sequence[Place] | None = None) -> None:
        self.value = value
        self.line: int | None = None
        # JSON text has none but DEL unless it is escaped.
        self.plain = b"\\" not in text and b"\x7f" not in text
        self._text = text
        self._repeated = repeated

    def repeated_keys(self, quotes: int) -> Sequence[Place]:
        """Return the places of keys that their object has more than once.

        Why: a decoder that looks for them takes three times as long. But a repeated key leaves
        more quotation marks in the text than in the value, and counting them is nearly free. A
        wrong count only costs that slow decoding.

        Args:
            quotes: How many quotation marks the keys and strings of ``value`` take to write.
        """
        if self._repeated is None and _count_quotes(self._text) != quotes:
            self._repeated = _decode_strictly(self._text).repeated_keys(quotes)
        return self._repeated or ()


def _count_quotes(text: bytes) -> int:
    """Return how many quotation marks begin or end a string, or -1 if that is not clear."""
    count = text.count(b'"')
    if b"\\" in text:
        if b"\\\\" in text:
            return -1
        count -= text.count(b'\\"')
    return count


def parse_records(payload: bytes | str, report: Report) -> Iterator[Record]:
    """Yield the value of a JSON document, or the values of JSON Lines.

    Args:
        payload: Text, or its UTF-8, UTF-16 or UTF-32 bytes, with or without byte order mark.
        report: Called for what is no JSON.
    """
    if isinstance(payload, str):
        payload = payload.encode("utf-8", "surrogatepass")
    elif encoding := other_encoding(payload):
        try:
            payload = payload.decode(encoding).encode()
        except UnicodeDecodeError as error:
            report(not_valid(error))
            return
    payload = payload.removeprefix(codecs.BOM_UTF8)
    try:
        value = from_json(payload, allow_inf_nan=False, cache_strings="keys")
    except ValueError:
        yield from read_records(io.BytesIO(payload), report)
    else:
        yield Record(value, payload)


def stream_lines(stream: IO[bytes] | IO[str]) -> Iterator[bytes]:
    """Yield the lines of a stream with their ends, in UTF-8 without byte order mark.

    Raises:
        UnicodeDecodeError: The stream is not in the encoding that it begins with.
    """
    first = stream.readline()
    if isinstance(first, bytes) and (encoding := other_encoding(first)):
        lines: Iterable[bytes | str] = _decoded_lines(first, stream, encoding)
    else:
        lines = chain([first], stream)
    for line in lines:
        text = line.encode("utf-8", "surrogatepass") if isinstance(line, str) else line
        yield text.removeprefix(codecs.BOM_UTF8)


def read_records(lines: Iterable[bytes], report: Report) -> Iterator[Record]:
    """Yield the records of lines; of JSON Lines one at a time is in memory.

    Args:
        lines: Every line with its end, in UTF-8.
        report: Called for what is no JSON.
    """
    remaining = iter(lines)
    seen: list[bytes] = []
    for line in remaining:
        seen.append(line)
        if line.strip():
            break
    else:
        report("is empty")
        return
    try:
        first = decode(seen[-1])
    except NotJsonError:
        yield from _read_whole([*seen, *remaining], report)
        return
    first.line = len(seen)
    yield first
    yield from _read_lines(_numbered(remaining, start=len(seen) + 1), report)


def not_valid(error: UnicodeDecodeError) -> str:
    """Say that bytes are not in the encoding they seem to be in."""
    return f"is not valid {error.encoding.upper()}, see byte {error.start + 1:,}; save it as UTF-8"


def other_encoding(head: bytes) -> str | None:
    """Return the encoding of JSON text that begins so, or ``None`` for UTF-8."""
    if head[:1] in b"\xff\xfe" or b"\0" in head[:4]:
        encoding = json.detect_encoding(head[:4])
        return None if encoding.startswith("utf-8") else encoding
    return None


def _decoded_lines(head: bytes, stream: IO[bytes] | IO[str], encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    rest = ""
    for chunk in chain([head], iter(lambda: stream.read(_CHUNK), b"")):
        *lines, rest = (rest + decoder.decode(chunk)).split("\n")  # type: ignore[arg-type]
        for line in lines:
            yield line + "\n"
    yield rest + decoder.decode(b"", final=True)


def _numbered(lines: Iterable[bytes], start: int) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank, with their numbers."""
    return ((number, line) for number, line in enumerate(lines, start) if line.strip())


def _read_lines(lines: Iterable[tuple[int, bytes]], report: Report) -> Iterator[Record]:
    for number, line in lines:
        try:
            record = decode(line)
        except NotJsonError as error:
            report(error.message, line=number, column=error.column)
        else:
            record.line = number
            yield record


def _read_whole(lines: list[bytes], report: Report) -> Iterator[Record]:
    """Yield the document that spans the lines, or the lines if that is what they look like."""
    if look_like_records(lines):
        yield from _read_lines(_numbered(lines, start=1), report)
        return
    try:
        yield decode(b"".join(lines))
    except NotJsonError as error:
        report(error.message, line=error.line, column=error.column)


def look_like_records(lines: list[bytes]) -> bool:
    """Tell JSON Lines whose first line is broken from a broken document.

    Of a document printed for people, few lines both begin and end an object; one printed for
    machines has a single line.
    """
    texts = [text for line in lines if (text := line.strip())]
    whole = sum(text[:1] + text[-1:] in {b"{}", b"[]"} for text in texts)
    return len(texts) > 1 and whole * 2 >= len(texts)


def decode(text: bytes) -> Record:
    """Decode one JSON value in UTF-8.

    Raises:
        NotJsonError: It is none, or one that Python cannot hold.
    """
    try:
        return Record(from_json(text, allow_inf_nan=False, cache_strings="keys"), text)
    except ValueError:
        # The fast decoder refuses lone surrogates and moderate depth, and its messages repeat text.
        return _decode_strictly(text)


def _decode_strictly(text: bytes) -> Record:
    try:
        # Not "strict": text that came in as a string may hold lone surrogates.
        string = text.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        before = text[: error.start].decode("utf-8", "surrogatepass")
        raise NotJsonError(not_valid(error), *_position(before, len(before))) from None
    repeating: list[tuple[dict[str, object], list[str]]] = []

    def read_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
        value = dict(pairs)
        if len(value) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            repeating.append((value, [key for key, count in counts.items() if count > 1]))
        return value

    try:
        value = json.loads(
            string, object_pairs_hook=read_object, parse_constant=_refuse, parse_int=_read_integer
        )
    except json.JSONDecodeError as error:
        raise NotJsonError(_explained(error), error.lineno, error.colno) from None
    except _RefusedTokenError:
        raise _refused_token(string) from None
    except RecursionError:
        message = "is nested too deeply"
        raise NotJsonError(message) from None
    return Record(value, text, list(_places(value, repeating)) if repeating else ())


class _RefusedTokenError(ValueError):
    """Python's decoder met a token that is no JSON, or no number for Python."""


def _refuse(token: str) -> object:
    raise _RefusedTokenError(token)


def _read_integer(digits: str) -> int:
    if len(digits.lstrip("-")) > _MOST_DIGITS:
        raise _RefusedTokenError
    return int(digits)


def _refused_token(text: str) -> NotJsonError:
    for match in _REFUSED_TOKEN.finditer(text):
        if match[1]:
            return NotJsonError(
                f"is not valid JSON: {match[1]} is no JSON number", *_position(text, match.start())
            )
        if match[2]:
            return NotJsonError(
                f"has a number of more than {_MOST_DIGITS:,} digits",
                *_position(text, match.start()),
            )
    return NotJsonError("is not valid JSON")


def _explained(error: json.JSONDecodeError) -> str:
    if error.msg.startswith("Unterminated") or not error.doc[error.pos :].strip():
        return "ends too early: the JSON is cut off"
    if error.msg.startswith("Extra data"):
        return "goes on after its JSON value; of several, put each on one line (JSON Lines)"
    return f"is not valid JSON: {error.msg[:1].lower()}{error.msg[1:]}"


def _position(text: str, index: int) -> tuple[int, int]:
    """Return line and column, from 1."""
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def _places(root: object, repeating: list[tuple[dict[str, object], list[str]]]) -> Iterator[Place]:
    """Yield the places of repeated keys, without recursion: a value may be deep."""
    keys = {id(value): repeated for value, repeated in repeating}
    stack: list[tuple[Place, object]] = [((), root)]
    while stack:
        place, value = stack.pop()
        yield from ((*place, key) for key in keys.get(id(value), ()))
        if isinstance(value, dict):
            stack.extend(((*place, key), part) for key, part in reversed(value.items()))
        elif isinstance(value, list):
            stack.extend(((*place, at), part) for at, part in reversed([*enumerate(value)]))
