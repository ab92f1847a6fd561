"""A temporary folder for one run; if the run is killed, the next one on this machine removes it."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from candidate_cards._private_files import lock_file

_PREFIX: Final = "candidate-cards-batch-"
_LOCK: Final = "in-use"
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class OwnFolder:
    """A folder that nobody else may enter. It holds a lock, which ends with the process.

    Attributes:
        path: Where it is.
    """

    def __init__(self) -> None:
        """Make it, and remove those that killed runs have left.

        Raises:
            OSError: The system refused.
        """
        _remove_left_behind()
        while not self._make():
            self.close()

    def _make(self) -> bool:
        """Make and lock a folder; return whether nobody took it for left behind before that."""
        self._folder = tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True)
        self.path = Path(self._folder.name)
        self._lock = (self.path / _LOCK).open("xb")
        try:
            lock_file(self._lock)
        except (BlockingIOError, PermissionError):
            return False
        except OSError:  # there are no locks here, so nobody can take it for left behind
            return True
        return (self.path / _LOCK).exists()

    def close(self) -> None:
        """Remove it with all that is in it."""
        self._lock.close()
        self._folder.cleanup()


def _remove_left_behind() -> None:
    """Remove this user's folders that no process has locked."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):  # in use, or being removed by another
            if _is_own(path):
                with (path / _LOCK).open("rb+") as file:
                    lock_file(file)
                    shutil.rmtree(path, ignore_errors=True)
                shutil.rmtree(path, ignore_errors=True)  # Windows keeps what is open


def _is_own(path: Path) -> bool:
    """Tell whether it is a folder that this user has made, and nobody else can have changed."""
    if os.name != "posix":
        return True  # everybody has a folder of temporary files there
    status = path.lstat()
    return (
        stat.S_ISDIR(status.st_mode)
        and status.st_uid == os.geteuid()
        and not status.st_mode & _OTHERS
    )
