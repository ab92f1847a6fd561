"""Files for their owner's eyes: seen by nobody else, whole or as before, one writer at a time."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import contextmanager, suppress
from time import monotonic, sleep
from typing import IO, TYPE_CHECKING, Final

from candidate_cards.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_PATIENCE: Final = 10.0  # seconds; who has the lock needs milliseconds
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def open_for_owner(path: str, flags: int) -> int:
    """Open a file, as the ``opener`` of :func:`open` does; a new one has mode 0600."""
    return os.open(path, flags, 0o600)


def lock_file(file: IO[bytes]) -> None:
    """Lock a file until it is closed, also by the end of the process.

    Raises:
        BlockingIOError: Another one has it.
        PermissionError: The same on Windows.
    """
    if sys.platform == "win32":
        # Windows locks bytes against reading too, so one that the file will never have.
        file.seek(1 << 40)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def sync_folder(folder: Path) -> None:
    """Bring the name of a new file to the disk; Windows has no such call and needs none."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def changing(path: Path, *, patience: float = _PATIENCE) -> Iterator[None]:
    """Keep others from changing a file: whoever reads and rewrites it does both in here.

    Why a file beside it: the file itself is replaced, and with it a lock on it. It stays, since
    whoever removed it could remove the lock of the next one.

    Args:
        path: The file, with links followed; it need not be there.
        patience: Seconds to wait for another one.

    Raises:
        InputError: Another process goes on changing it.
        OSError: The system refused.
    """
    until = monotonic() + patience
    lock = path.with_name(f".{path.name}.lock")
    with open(lock, "ab", buffering=0, opener=open_for_owner) as file:
        while True:
            try:
                lock_file(file)
            except (BlockingIOError, PermissionError):
                if monotonic() > until:
                    message = "is being changed by another process; try again when that has ended"
                    raise InputError([Problem(message, source=str(path))]) from None
                sleep(0.01)
            else:
                break
        yield


def read_private(path: Path) -> bytes:
    """Return what is in a file that nobody else may open.

    Raises:
        InputError: It is not a file, or others may read or write it.
        OSError: The system refused, or there is none.
    """
    with open(path, "rb", opener=_open_at_once) as file:
        mode = os.fstat(file.fileno()).st_mode
        problem = ""
        if not stat.S_ISREG(mode):
            problem = "must be a regular file"
        elif os.name == "posix" and mode & _OTHERS:
            problem = f"may be opened by others on this machine; run: chmod 600 {path.name}"
        if problem:
            raise InputError([Problem(problem, source=str(path))])
        return file.read()


def _open_at_once(path: str, flags: int) -> int:
    """Open a file; a pipe without waiting for somebody who writes to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def write_private(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 so that whatever happens all of it is there, or what was before.

    Only within :func:`changing`: what a killed process has left behind is replaced.

    Args:
        path: Where to, with links followed; the folder has to be there.
        content: The whole file.

    Raises:
        OSError: The system refused; an existing file is as before.
    """
    unfinished = path.with_name(f".{path.name}.tmp")
    with suppress(FileNotFoundError):
        unfinished.unlink()
    try:
        with open(unfinished, "xb", opener=open_for_owner) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise
    sync_folder(path.parent)
