"""Files of this machine that are whole or absent, and never somebody else's."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

UNFINISHED: Final = ".unfinished"
"""The folder, below a destination, of files that are not yet in their place."""

BLOCK: Final = 1 << 18
"""Bytes that large files are written by. Pages that a file system is given one by one take it three
times as long; what is much more than this is out of the processor's cache by then."""

_FREE: Final = "free-"

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
    name = write_unfinished(folder, data)
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


def write_unfinished(folder: Path, data: bytes) -> str:
    """Write a file into the folder of unfinished ones, and return its name there.

    Args:
        folder: The destination.
        data: All that is in the file.

    Raises:
        OSError: The system refused; there is no such file.
    """
    name = secrets.token_hex(8)
    path = folder / UNFINISHED / name
    try:
        with open(path, "xb", buffering=0) as file:  # noqa: PTH123  a third faster than Path.open
            write_all(file, data)
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
    return name


def write_spool(folder: Path, pieces: Iterable[bytes]) -> str:
    """Write something for another process into the folder of unfinished files.

    It is written over what was there before, if a file was let go: for new pages a file system
    takes twice as long as for those it has. So behind the pieces there may be something else.

    Args:
        folder: The destination.
        pieces: To be written one after another; whatever making them raises leaves no file.

    Returns:
        The file's name in that folder.

    Raises:
        OSError: The system refused; there is no such file.
    """
    name = secrets.token_hex(8)
    path = folder / UNFINISHED / name
    _take_over(path)
    try:
        with open(path, "wb", BLOCK, opener=_keeping) as file:
            file.writelines(pieces)
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
    return name


def _take_over(path: Path) -> None:
    for free in path.parent.glob(f"{_FREE}*"):
        with suppress(FileNotFoundError):  # another process was faster
            free.rename(path)
            return


def _keeping(path: str, flags: int) -> int:
    """Open a file with what is in it."""
    return os.open(path, flags & ~os.O_TRUNC, 0o666)


def let_go(spool: Path) -> None:
    """Let a spool be written over."""
    spool.rename(spool.with_name(f"{_FREE}{spool.name}"))


def write_all(file: IO[bytes], data: bytes | memoryview) -> None:
    """Write all of something, also to a file without buffer, which may take a part of it.

    Raises:
        OSError: The system refused, maybe after a part.
    """
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


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
