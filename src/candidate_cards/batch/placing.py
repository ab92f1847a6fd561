"""Files of this machine that are whole or absent, and never somebody else's."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

UNFINISHED: Final = ".unfinished"
"""The folder, below a destination, of files that are not yet in their place."""

#: What file systems say that have no links; FAT says EPERM.
_HAS_NO_LINKS: Final = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


def make_unfinished(folder: Path) -> None:
    """Make the folder of unfinished files anew: whoever left something there was killed."""
    clear_unfinished(folder)
    (folder / UNFINISHED).mkdir()


def clear_unfinished(folder: Path) -> None:
    """Remove the folder of unfinished files with what a worker that has ended left in it."""
    with suppress(FileNotFoundError):
        shutil.rmtree(folder / UNFINISHED)


class Placed(NamedTuple):
    """How a file was written.

    Attributes:
        held: The name of the finished file in the folder of unfinished ones, if there was a file
            in its place; ``""`` if it took its place.
    """

    held: str = ""


def place(folder: Path, path: str, data: bytes) -> Placed:
    """Write a file, unless there is one: then hold it until somebody decides that it is right.

    Why: of two records of one candidate the first counts, whichever a worker is done with first.
    The first file in a place stays there, and whoever knows the order of the input puts the right
    one over it; see `settle`.

    Args:
        folder: The destination; it has a folder of unfinished files.
        path: Below it, with slashes.
        data: The whole file.

    Raises:
        OSError: The system refused; nothing is in the file's place that was not before.
    """
    target = folder / path
    name = write_unfinished(folder, (data,))
    unfinished = folder / UNFINISHED / name
    try:
        try:
            _link(unfinished, target)
        except FileExistsError:
            return Placed(name)
        unfinished.unlink()
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise
    return Placed()


def write_unfinished(folder: Path, pieces: Iterable[bytes]) -> str:
    """Write a file into the folder of unfinished ones, and return its name there.

    Args:
        folder: The destination.
        pieces: What is in the file; whatever making them raises leaves no file either.

    Raises:
        OSError: The system refused; there is no such file.
    """
    name = secrets.token_hex(8)
    path = folder / UNFINISHED / name
    try:
        with open(path, "xb", buffering=0) as file:  # noqa: PTH123  a third faster than Path.open
            for piece in pieces:
                rest = memoryview(piece)
                while rest:
                    rest = rest[file.write(rest) :]
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
    return name


def _link(unfinished: Path, target: Path) -> None:
    try:
        try:
            os.link(unfinished, target)
        except FileNotFoundError:
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(unfinished, target)
    except OSError as error:
        if error.errno not in _HAS_NO_LINKS:
            raise
        # Held, to be moved into its place in the order of the input.
        raise FileExistsError from error


def settle(folder: Path, path: str, placed: Placed) -> None:
    """Put a file that is held into its place."""
    if placed.held:
        target = folder / path
        unfinished = folder / UNFINISHED / placed.held
        try:
            unfinished.replace(target)
        except FileNotFoundError:
            target.parent.mkdir(parents=True, exist_ok=True)
            unfinished.replace(target)


def discard(folder: Path, placed: Placed) -> None:
    """Remove a file that is held, since another one is right."""
    if placed.held:
        (folder / UNFINISHED / placed.held).unlink(missing_ok=True)
