"""Who does the work: processes of this machine, or a Dask cluster; both are executors."""

from __future__ import annotations

import gc
import os
import signal
import threading
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import get_context, parent_process
from typing import TYPE_CHECKING, Any, Final, Protocol

from candidate_cards.batch.work import render_lines, warm
from candidate_cards.errors import ExportError, MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Executor, Future

    from candidate_cards.batch.reading import Line
    from candidate_cards.batch.work import Job, Origin, Results

_LOCAL: Final = "local"


class Crew(Protocol):
    """An executor, and what to do when it loses a worker.

    Attributes:
        workers: How many processes there are, or were when it was asked.
        shares_disk: Whether they see this machine's files.
        generation: Counts the executors it has had.
    """

    workers: int
    shares_disk: bool
    generation: int

    def submit(self, job: Job, origin: Origin, lines: Sequence[Line]) -> Future[Results]:
        """Have lines worked on."""

    def is_loss(self, error: BaseException) -> bool:
        """Tell the loss of a worker from an error of the work."""

    def renew(self) -> None:
        """Have an executor again after a loss."""

    def close(self) -> None:
        """Begin nothing more, and wait for what has begun."""


class _LocalCrew:
    """Processes of this machine. A process that ends takes its pool with it: there is a new one."""

    shares_disk = True

    def __init__(self, plan: bytes, workers: int | None) -> None:
        self.workers = workers or os.cpu_count() or 1
        self.generation = 0
        self._plan = plan
        self._pool = self._start()

    def _start(self) -> Executor:
        return ProcessPoolExecutor(
            self.workers, get_context("spawn"), initializer=_set_up, initargs=(self._plan,)
        )

    def submit(self, job: Job, origin: Origin, lines: Sequence[Line]) -> Future[Results]:
        try:
            return self._pool.submit(render_lines, job, origin, lines)
        except BrokenExecutor:
            self.renew()
            return self._pool.submit(render_lines, job, origin, lines)

    def is_loss(self, error: BaseException) -> bool:
        return isinstance(error, BrokenExecutor)

    def renew(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = self._start()
        self.generation += 1

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


class _DaskCrew:
    """Workers of a cluster, which replaces them itself, and tries a task again before it tells."""

    def __init__(self, client: Any, *, shares_disk: bool) -> None:  # noqa: ANN401  untyped
        self.shares_disk = shares_disk
        self.generation = 0
        self.workers = sum(client.nthreads().values()) or 1
        self._executor: Executor = client.get_executor(pure=False)

    def submit(self, job: Job, origin: Origin, lines: Sequence[Line]) -> Future[Results]:
        return self._executor.submit(render_lines, job, origin, lines)

    def is_loss(self, error: BaseException) -> bool:
        from distributed.scheduler import KilledWorker  # noqa: PLC0415  loaded with the client

        return isinstance(error, KilledWorker)

    def renew(self) -> None:
        self.generation += 1

    def close(self) -> None:
        # Not to wait for what a cluster may never finish.
        self._executor.shutdown(wait=False)


@contextmanager
def local_crew(plan: bytes, workers: int | None = None) -> Iterator[Crew]:
    """Give processes of this machine.

    Args:
        plan: Packed; compiled by each process once.
        workers: How many; by default one per core.
    """
    crew = _LocalCrew(plan, workers)
    try:
        yield crew
    finally:
        crew.close()


@contextmanager
def dask_crew(address: str, workers: int | None = None, *, timeout: float = 10.0) -> Iterator[Crew]:
    """Give the workers of a Dask cluster.

    Documents come back over the network, unless the cluster is on this machine. So do records, and
    where people are coded the key, on their way to it: use an encrypted one (``tls://``).

    Args:
        address: Of its scheduler, or ``local`` for a cluster made here and ended with the run.
        workers: Of a local one; by default one per core.
        timeout: Seconds to wait for a scheduler's answer.

    Raises:
        MissingDependencyError: Dask is not there.
        ExportError: Nobody answers at the address.
    """
    try:
        from distributed import Client, LocalCluster  # noqa: PLC0415  few have it
    except ModuleNotFoundError:
        message = "--dask needs Dask: pip install 'candidate-cards[dask]'"
        raise MissingDependencyError(message) from None
    if address == _LOCAL:
        with (
            LocalCluster(  # type: ignore[no-untyped-call]  # Dask has few types
                n_workers=workers or os.cpu_count() or 1,
                threads_per_worker=1,
                dashboard_address=None,
            ) as cluster,
            Client(cluster) as client,  # type: ignore[no-untyped-call]  # the same
        ):
            yield from _with_client(client, shares_disk=True)
        return
    try:
        client = Client(address, timeout=timeout)  # type: ignore[no-untyped-call]  # the same
    except (OSError, ValueError) as error:
        raise ExportError(f"no Dask scheduler answers at {address}") from error
    with client:
        yield from _with_client(client, shares_disk=False)


def _with_client(client: Any, *, shares_disk: bool) -> Iterator[Crew]:  # noqa: ANN401  untyped
    crew = _DaskCrew(client, shares_disk=shares_disk)
    try:
        yield crew
    finally:
        crew.close()


def _set_up(plan: bytes) -> None:
    """Prepare a worker of this machine."""
    # Ctrl-C reaches the whole group; whoever started it decides what is still done.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A pool's workers wait for ever if whoever started them is killed.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # What fails here fails again in a chunk, and is told there.
    with suppress(Exception):
        warm(plan)
    gc.freeze()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
