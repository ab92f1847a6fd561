"""PDF and PNG: made in processes that can be ended, so many at work, so many waiting.

Each request that is at work has a process of its own. Why not one pool for all: the parts of a
long dossier would stand before everybody else's, whose limits would run meanwhile; and what is
ended for one request would be ended for others.

What is on its way from a process to an answer is in files, in a folder per request that goes with
the answer. A service that is killed leaves its folders behind; the next one to start removes them.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Lock
from typing import IO, TYPE_CHECKING, Final, NamedTuple

from candidate_cards._private_files import lock_file
from candidate_cards.contract.refusals import RefusedError
from candidate_cards.exports.pdf import Limits, PdfPool
from candidate_cards.models import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Callable

_FOLDER: Final = "candidate-cards-papers-"
_LOCK: Final = "lock"
_RETRY_AFTER: Final = 5  # seconds; a dossier of ten takes about two


class Press(NamedTuple):
    """What a document is made with: a pool of one process, and a folder for its parts."""

    pool: PdfPool
    folder: Path


class Papers:
    """Makes papers; used on one event loop.

    Args:
        workers: Most at work, each with a process; ``None`` for one per core.
        waiting: Most that wait for one of them.
        seconds: How long one part of a document may take, such as one candidate's.
    """

    def __init__(self, workers: int | None, waiting: int, seconds: float) -> None:
        workers = workers or os.cpu_count() or 1
        self._limits = Limits(seconds=seconds)
        self._most = workers + waiting
        self._admitted = 0
        self._threads = ThreadPoolExecutor(workers, "candidate-cards-papers")
        self._folder, self._lock = _own_folder()
        self._making_folder = Lock()
        self._pools: set[PdfPool] = set()
        self._free: asyncio.Queue[PdfPool] = asyncio.Queue()
        for _ in range(workers):
            self._add_pool()

    @property
    def admitted(self) -> int:
        """How many are at work or waiting."""
        return self._admitted

    async def make(self, work: Callable[[Press], bytes]) -> bytes:
        """Return what a function makes; it is called in a thread.

        If this is cancelled, the process is ended.

        Raises:
            RefusedError: 503: too many wait, or files cannot be written.
            CandidateCardsError: As from the function.
        """
        if self._admitted >= self._most:
            raise _unavailable("as many documents are being made and waited for as there may be")
        self._admitted += 1
        try:
            return await self._made(work, await self._free.get())
        finally:
            self._admitted -= 1

    def close(self) -> None:
        """End every process, and remove what they have left."""
        for pool in tuple(self._pools):
            pool.close()
        self._threads.shutdown()
        if self._lock is not None:
            self._lock.close()
        with suppress(FileNotFoundError):
            shutil.rmtree(self._folder)

    async def _made(self, work: Callable[[Press], bytes], pool: PdfPool) -> bytes:
        loop = asyncio.get_running_loop()
        working = loop.run_in_executor(self._threads, self._work, work, pool)
        try:
            return await asyncio.shield(working)
        finally:
            if working.done():
                self._give_back(pool)
            else:
                # Not by a task: at the end of a loop nobody would wait for it.
                working.add_done_callback(partial(self._given_up, pool))
                loop.run_in_executor(None, pool.close)

    def _work(self, work: Callable[[Press], bytes], pool: PdfPool) -> bytes:
        try:
            folder = self._new_folder()
            try:
                return work(Press(pool, folder))
            finally:
                shutil.rmtree(folder)
        except OSError:
            pool.close()
            raise _unavailable("files for the document cannot be written here now") from None
        except BaseException:
            # Other parts of it may be in line, and would be begun one after the other.
            pool.close()
            raise

    def _new_folder(self) -> Path:
        """Return a folder for one request.

        Why ours may be gone: systems remove what has lain in their temporary folder for long.
        """
        with self._making_folder:
            try:
                return Path(tempfile.mkdtemp(dir=self._folder))
            except FileNotFoundError:
                if self._lock is not None:
                    self._lock.close()
                self._folder, self._lock = _own_folder()
                return Path(tempfile.mkdtemp(dir=self._folder))

    def _given_up(self, pool: PdfPool, working: asyncio.Future[bytes]) -> None:
        """Go on when the thread that waited for an ended process is free."""
        working.exception()  # nobody is left to be told
        self._give_back(pool)

    def _give_back(self, pool: PdfPool) -> None:
        if pool.is_closed:
            self._pools.discard(pool)
            self._add_pool()
        else:
            self._free.put_nowait(pool)

    def _add_pool(self) -> None:
        pool = PdfPool(1, self._limits)
        self._pools.add(pool)
        self._free.put_nowait(pool)


def _unavailable(message: str) -> RefusedError:
    return RefusedError(
        503,
        ErrorCode.PROVIDER_TEMPORARILY_UNAVAILABLE,
        message,
        headers={"Retry-After": str(_RETRY_AFTER)},
    )


def _own_folder() -> tuple[Path, IO[bytes] | None]:
    """Return a new folder with a lock that ends with this process; remove those without one."""
    root = Path(tempfile.gettempdir())
    folder = Path(tempfile.mkdtemp(prefix=_FOLDER, dir=root))
    if sys.platform == "win32":  # what is open cannot be removed there, nor be locked this way
        return folder, None
    for other in root.glob(f"{_FOLDER}*"):
        _remove_if_left(other)
    lock = (folder / "new").open("wb")
    lock_file(lock)
    # It has its name when it is locked: nobody takes it for one that was left.
    (folder / "new").rename(folder / _LOCK)
    return folder, lock


def _remove_if_left(folder: Path) -> None:
    """Remove a folder of ours whose process has ended; leave anybody else's alone."""
    try:
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            return
        with (folder / _LOCK).open("r+b") as lock:
            lock_file(lock)
            shutil.rmtree(folder)
    except OSError:  # it is locked, or has no lock yet, or another service was quicker
        return
