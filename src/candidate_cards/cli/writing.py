"""Files: names that data cannot steer, and writes that are whole or absent."""

from __future__ import annotations

import os
import secrets
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from candidate_cards._file_names import slug
from candidate_cards.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Names of files that the output itself needs.
_TAKEN = frozenset(["index"])


def file_stems(profile_ids: Iterable[str]) -> Iterator[str]:
    """Name one file per profile.

    A stem is the `slug` of an id, which is safe on any file system. Later profiles whose ids have
    a stem in use get a number. The same ids in the same order get the same stems.

    Args:
        profile_ids: Any text, in ranking order.

    Yields:
        As many stems, without extension, no two of them equal.
    """
    used = set(_TAKEN)
    following: dict[str, int] = {}
    for profile_id in profile_ids:
        stem = wanted = slug(profile_id)
        while stem in used:
            number = following.get(wanted, 2)
            following[wanted] = number + 1
            stem = f"{wanted}-{number}"
        used.add(stem)
        yield stem


def refuse_existing(paths: Iterable[Path]) -> None:
    """Raise if a write would replace a file.

    Devices and pipes pass: writing to them replaces nothing.

    Raises:
        ExportError: Some paths hold files; it names the first and counts the rest.
    """
    existing = [path for path in paths if path.is_file() or path.is_dir()]
    if existing:
        others = f" and {len(existing) - 1} more" if len(existing) > 1 else ""
        message = f"would overwrite {existing[0]}{others}; pass --force to allow it"
        raise ExportError(message)


def write_output(path: Path | None, content: bytes) -> None:
    """Write a file as ``write_file`` does, or to standard output where there is no path."""
    if path is not None:
        write_file(path, content)
        return
    # With PYTHONUNBUFFERED this is a raw stream, which may take less than it was given.
    rest = memoryview(content)
    while rest:
        rest = rest[sys.stdout.buffer.write(rest) :]
    sys.stdout.buffer.flush()


def write_file(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees all of it or nothing, and make its folder.

    Args:
        path: Where to; a device or a pipe is written to, a link is followed.
        content: The whole file.

    Raises:
        OSError: The system refused; an existing file is as before.
    """
    if path.exists() and not path.is_file():
        # Renaming onto /dev/null or a pipe would replace it by a file.
        path.write_bytes(content)
        return
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        # Not tempfile: its files are for one user only, whatever the umask allows.
        with unfinished.open("xb") as file:
            file.write(content)
        unfinished.replace(target)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise
