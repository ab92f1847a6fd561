"""Files that people write for us, themes and profiles: bounds of reading, places for errors."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Final, NamedTuple, TypeGuard

from candidate_cards.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from importlib.resources.abc import Traversable

_MOST_BYTES: Final = 256 * 1024
_MOST_OF_KEY: Final = 40
_MOST_OF_FILE_NAME: Final = 100


class TomlFile(NamedTuple):
    """What a file holds, and the line of each key, from 1, where the format gives it away."""

    content: Mapping[str, object]
    lines: Mapping[tuple[str, ...], int]


def read_bounded(file: Traversable, limit: int = _MOST_BYTES) -> bytes:
    """Return what a file holds.

    Raises:
        OSError: It cannot be read.
        ValueError: It holds more than ``limit`` bytes, or its name cannot be one.
    """
    with file.open("rb") as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        message = f"the file is larger than {limit // 1024} KiB"
        raise ValueError(message)
    return data


def why_unread(error: OSError | ValueError) -> str:
    """Return why `read_bounded` failed."""
    if isinstance(error, OSError):
        return f"the file cannot be read: {error.strerror or type(error).__name__}"
    return str(error)


def decode_text(data: bytes, source: str) -> str:
    """Return a file's text.

    Raises:
        InputError: It is not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:  # it holds what it could not decode
        raise InputError([Problem("the file is not UTF-8 text", source=source)]) from None


def parse_toml(text: str, source: str) -> TomlFile:
    """Read TOML.

    Args:
        text: The whole file.
        source: How messages call it.

    Raises:
        InputError: It is none.
    """
    try:
        return TomlFile(tomllib.loads(text), _lines(text))
    except tomllib.TOMLDecodeError as error:
        what, _, place = str(error).partition(" (at ")
        numbers = [int(digits) for digits in re.findall(r"\d+", place)]
        line, column = numbers[:2] if len(numbers) > 1 else (None, None)
        message = f"this is not TOML: {ascii(what[:120])[1:-1]}"
        problem = Problem(message, source=source, line=line, column=column)
    except (ValueError, RecursionError):  # a number of 5,000 digits; a thousand brackets
        problem = Problem("this cannot be read: a number too long, or nested too deep", source)
    raise InputError([problem])


def is_line(text: object, limit: int) -> TypeGuard[str]:
    """Tell whether a value is one line of at most so many characters."""
    return isinstance(text, str) and len(text) <= limit and text.isprintable()


def is_file_name(name: object) -> TypeGuard[str]:
    """Tell whether a name can only mean something in the folder that it is joined to."""
    return (
        isinstance(name, str)
        and 1 <= len(name) <= _MOST_OF_FILE_NAME
        and name.isprintable()
        and not name.startswith(".")
        and not any(char in name for char in "/\\:")
    )


def printable(key: str) -> str:
    """Return a key as messages may show it."""
    return key if key.isprintable() and len(key) <= _MOST_OF_KEY else ascii(key[:40])[1:-1]


def nearest(name: str, known: Sequence[str]) -> str:
    """Return what somebody may have meant, to end a message with."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for a message

    close = get_close_matches(name[:_MOST_OF_KEY].lower(), known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(known)}"


def _lines(text: str) -> dict[tuple[str, ...], int]:
    """Find the line of each key; the standard library's reader does not tell.

    A key that seems to stand in two lines, one of them perhaps in a text, is left out.
    """
    found: dict[tuple[str, ...], int] = {}
    twice: set[tuple[str, ...]] = set()
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped.startswith("[") and not stripped.startswith("[["):
            table = _key(stripped[1:].partition("]")[0])
            key = table
        elif "=" in stripped and not stripped.startswith("#"):
            key = table + _key(stripped.partition("=")[0])
        else:
            continue
        if key in found:
            twice.add(key)
        found[key] = number
    return {key: number for key, number in found.items() if key not in twice}


def _key(text: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in text.split("."))
