"""Rendering parts in other processes, which can be ended: a deadline and a memory limit for each.

Why processes: the PDF engine holds Python's lock, and nothing else stops a layout that never ends.
A worker that runs over is killed and replaced, and the next part is rendered as if nothing was.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, TypeVar

from candidate_cards.errors import ExportError, MissingDependencyError
from candidate_cards.exports._pdf.engine import render_pdf, start_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from pebble import ProcessPool

T = TypeVar("T")

_MIB: Final = 1024 * 1024
_PAGES: Final = ".pages"
_OUT_OF_MEMORY: Final = 86  # an exit code that nothing else uses
_SPARE: Final = 32 * _MIB  # what a process may have beyond its limit until it is looked at
_LOOK: Final = 0.02  # seconds that a process works between two looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one part may take.

    Attributes:
        seconds: By the clock on the wall, from when a part begins; not the engine's start.
        memory: Bytes of a worker's memory; only where the system can limit it (not on Windows).
    """

    seconds: float = 60.0
    memory: int = 2048 * _MIB


class Job(NamedTuple):
    """A part to render.

    Attributes:
        html: The document.
        stylesheet: Its style sheet.
        path: Where the PDF goes.
        name: What an error calls it; never a candidate's name.
    """

    html: str
    stylesheet: str
    path: Path
    name: str

    def pages(self) -> int:
        """Return how many pages the finished part has."""
        return int(self.path.with_suffix(_PAGES).read_text("ascii"))


class PdfPool:
    """Worker processes for PDF, kept warm from one dossier to the next.

    Use it as a context manager; without one, parts are rendered in the caller's own process and
    nothing limits them. Threads may share it, but their parts stand in one line.
    """

    def __init__(self, workers: int | None = None, limits: Limits | None = None) -> None:
        """Set up; processes start with the first part.

        Args:
            workers: How many; by default one per core.
            limits: For each part.
        """
        self.workers = workers or os.cpu_count() or 1
        self.limits = limits or Limits()
        self.is_closed = False
        self._pool: ProcessPool | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._lock = Lock()
        self._running: set[Future[Any]] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the workers, at once; whoever waits for a part in another thread is told."""
        with self._lock:
            self.is_closed = True
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]  # Pebble's types are partial
            pool.join()
        if self._folder is not None:
            self._folder.cleanup()
        # Last: who is told may remove the folder that a worker would have written to.
        for future in tuple(self._running):
            future.cancel()

    def render(self, jobs: Sequence[Job]) -> Iterator[None]:
        """Render parts, and yield once for each that is there, in their order.

        Raises:
            ExportError: A part took too long or too much memory, or the engine gave up on it; it
                says which, and the pool can be used again. Or the pool was closed.
        """
        with self._started(write_part, jobs) as results:
            for job in jobs:
                self._next(results, job.name)
                yield

    def call(self, name: str, function: Callable[..., T], *arguments: object) -> T:
        """Call a function in a worker, as one part.

        Args:
            name: What an error calls it; never a candidate's name.
            function: One that a module has under its name.
            arguments: What it takes, at least one; all that can be pickled.

        Raises:
            ExportError: As `render`.
        """
        with self._started(function, *([value] for value in arguments)) as results:
            value: T = self._next(results, name)
            return value

    @contextmanager
    def _started(
        self, function: Callable[..., Any], *arguments: Iterable[Any]
    ) -> Iterator[Iterator[Any]]:
        """Have a function called in the workers, and give the results as they come."""
        with self._lock:
            if self.is_closed:
                raise ExportError("the pool of processes is closed")
            if self._pool is None or not self._pool.active:
                self._pool = self._start()
            part = partial(_or_exit, function)
            future = self._pool.map(part, *arguments, timeout=self.limits.seconds)
            self._running.add(future)
        try:
            yield _results(future)
        except BaseException:
            future.cancel()
            raise
        finally:
            self._running.discard(future)

    def _next(self, results: Iterator[Any], name: str) -> Any:  # noqa: ANN401  any result
        from pebble import ProcessExpired  # noqa: PLC0415  with the pool

        try:
            return next(results)
        except (FutureTimeoutError, TimeoutError):
            message = f"{name} took longer than {self.limits.seconds:g} s and was ended"
        except ProcessExpired as error:
            message = f"the process that rendered {name} was ended, most likely for its memory"
            if error.exitcode == _OUT_OF_MEMORY:
                message = f"{name} needed more than {self.limits.memory // _MIB} MiB and was ended"
        except (CancelledError, BrokenProcessPool):
            why = "its pool of processes was closed" if self.is_closed else "its process is gone"
            message = f"{name} was ended, because {why}"
        raise ExportError(message) from None

    def _start(self) -> ProcessPool:
        from pebble import ProcessPool  # noqa: PLC0415  only where processes are wanted

        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="candidate-cards-fonts-")
        return ProcessPool(
            max_workers=self.workers,
            context=get_context("spawn"),
            initializer=_set_up,
            initargs=(self.limits.memory, self._folder.name),
        )


def _results(future: Future[Any]) -> Iterator[Any]:
    """Yield the results, the first of which is waited for without a limit: a worker may start."""
    yield from future.result()


def _or_exit(function: Callable[..., T], *arguments: object) -> T:
    """Call a function, and end this process at once where it asks for more memory than there is."""
    try:
        return function(*arguments)
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)


def write_part(job: Job) -> None:
    """Render a part into its file, which is there as a whole or not at all."""
    rendered = render_pdf(job.html, job.stylesheet)
    # The number of pages first: where the PDF is, it is.
    for path, content in (
        (job.path.with_suffix(_PAGES), str(rendered.pages).encode()),
        (job.path, rendered.data),
    ):
        unfinished = path.with_suffix(f"{path.suffix}.{os.getpid()}.tmp")
        unfinished.write_bytes(content)
        unfinished.replace(path)


def _set_up(memory: int, folder: str) -> None:
    """Prepare a worker, before the clock of its first part runs.

    Args:
        memory: Bytes that it may have.
        folder: Where it puts temporary files. Why: the engine keeps fonts in one, which a worker
            that is ended does not remove.
    """
    tempfile.tempdir = folder
    _limit_memory(memory)
    # What is missing is an error of each part, not of the worker.
    with suppress(MissingDependencyError):
        start_engine()


def _limit_memory(memory: int) -> None:
    """End this process once it has more than so many bytes of memory, where the system can.

    Why not by the system's limit alone: it fails what is asked for next, however small. Python 3.11
    then may never come out of a ``with``, which has no memory for the number of its line either.
    So a process that grows step by step is ended before, and the system's limit is for great leaps.
    """
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  not on Windows

    resource.setrlimit(resource.RLIMIT_AS, (memory + _SPARE, memory + _SPARE))
    pages = Path("/proc/self/statm")
    if not pages.exists():
        return
    most = memory // resource.getpagesize()

    def look(*_: object) -> None:
        if int(pages.read_bytes().split()[0]) > most:
            os._exit(_OUT_OF_MEMORY)

    signal.signal(signal.SIGVTALRM, look)
    signal.setitimer(signal.ITIMER_VIRTUAL, _LOOK, _LOOK)
