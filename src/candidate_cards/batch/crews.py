"""Who does the work: processes of this machine, or a Dask cluster; both are executors."""

from __future__ import annotations

import gc
import os
import pickle
import secrets
import shutil
import signal
import tempfile
import threading
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from candidate_cards.batch.own_folder import OwnFolder
from candidate_cards.batch.watching import PRESENT
from candidate_cards.batch.work import LineResult, render_lines, warm
from candidate_cards.errors import ExportError, MissingDependencyError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Executor, Future

    from candidate_cards.batch.reading import Line
    from candidate_cards.batch.work import Job, Origin, Results

_LOCAL: Final = "local"
_PERIOD: Final = 0.2  # seconds between two looks of a worker at whether it is still wanted
_PATIENCE: Final = 120.0  # seconds
_LATE: Final = "late-"


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

    def submit(self, job: Job, origin: Origin, lines: Sequence[Line]) -> Future[Any]:
        """Have lines worked on."""

    def take(self, answer: Any) -> Results:  # noqa: ANN401  what the future had
        """Return what became of them."""

    def is_loss(self, error: BaseException) -> bool:
        """Tell the loss of a worker from an error of the work."""

    def renew(self) -> None:
        """Have an executor again after a loss."""

    def close(self) -> None:
        """End: nothing is begun, and what has begun is given up."""


class _LocalCrew:
    """Processes of this machine. A process that ends takes its pool with it: there is a new one.

    Results come back in files. Why: all workers answer through one pipe. One that is killed amid an
    answer leaves a half of it there, and its pool waits for the other half for ever. The name of a
    file is written at once or not at all.

    A process that is at one candidate for too long ends itself, and leaves the record's hash there:
    when its chunk is tried again, that record is left out.
    """

    shares_disk = True

    def __init__(self, plan: bytes, workers: int | None, timeout: float) -> None:
        self.workers = workers or os.cpu_count() or 1
        self.generation = 0
        self._plan = plan
        self._timeout = timeout
        self._answers = OwnFolder()
        self._pool = self._start()

    def _start(self) -> Executor:
        self._leash = self._answers.path / f"leash-{self.generation}"
        self._leash.touch()
        return ProcessPoolExecutor(
            self.workers,
            get_context("spawn"),
            initializer=_set_up,
            initargs=(self._plan, str(self._leash), self._timeout),
        )

    def submit(self, job: Job, origin: Origin, lines: Sequence[Line]) -> Future[Any]:
        work = partial(_answer, str(self._answers.path), self._timeout)
        try:
            return self._pool.submit(work, job, origin, lines)
        except (BrokenExecutor, OSError):  # OSError while it is about to find that it is broken
            self.renew()
            return self._pool.submit(work, job, origin, lines)

    def take(self, answer: Any) -> Results:  # noqa: ANN401  the name of a file
        path = self._answers.path / answer
        with path.open("rb") as file:
            results = cast("Results", pickle.load(file))  # noqa: S301  written by `_answer`
        path.unlink()
        return results

    def is_loss(self, error: BaseException) -> bool:
        return isinstance(error, BrokenExecutor)

    def renew(self) -> None:
        self._end()
        self.generation += 1
        self._pool = self._start()

    def close(self) -> None:
        self._end()
        self._answers.close()

    def _end(self) -> None:
        # A pool that breaks while it starts a worker forgets to end this one, and waits for it.
        self._leash.unlink()
        try:
            self._pool.shutdown(wait=True, cancel_futures=True)
        except OSError:  # as above; then it knows
            self._pool.shutdown(wait=True, cancel_futures=True)


class _DaskCrew:
    """Workers of a cluster, which replaces them itself, and tries a task again before it tells."""

    def __init__(self, client: Any, *, shares_disk: bool) -> None:  # noqa: ANN401  untyped
        self.shares_disk = shares_disk
        self.generation = 0
        self.workers = sum(client.nthreads().values()) or 1
        self._executor: Executor = client.get_executor(pure=False)

    def submit(self, job: Job, origin: Origin, lines: Sequence[Line]) -> Future[Any]:
        return self._executor.submit(render_lines, job, origin, lines)

    def take(self, answer: Any) -> Results:  # noqa: ANN401  as the protocol has it
        return cast("Results", answer)

    def is_loss(self, error: BaseException) -> bool:
        from distributed.scheduler import KilledWorker  # noqa: PLC0415  loaded with the client

        return isinstance(error, KilledWorker)

    def renew(self) -> None:
        self.generation += 1

    def close(self) -> None:
        # Not to wait for what a cluster may never finish.
        self._executor.shutdown(wait=False)


@contextmanager
def local_crew(
    plan: bytes, workers: int | None = None, *, timeout: float = _PATIENCE
) -> Iterator[Crew]:
    """Give processes of this machine.

    Args:
        plan: Packed; compiled by each process once.
        workers: How many; by default one per core.
        timeout: Seconds that reading a record may take, or making all documents of a candidate;
            a record with one that takes longer is left out. 0 for no end.
    """
    crew = _LocalCrew(plan, workers, timeout)
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
        timeout: Seconds to wait for a scheduler's answer. For a candidate there is no end.

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


def _answer(folder: str, timeout: float, job: Job, origin: Origin, lines: Sequence[Line]) -> str:
    """Work on lines, and return the name of the file that says what became of them."""
    late = {name.removeprefix(_LATE) for name in os.listdir(folder) if name.startswith(_LATE)}  # noqa: PTH208  names are all
    in_time = [line for line in lines if line.record.hex() not in late] if late else lines
    results = render_lines(job, origin, in_time)
    if len(in_time) < len(lines):
        message = f"took longer than {timeout:g} s; left out"
        rest = iter(results.lines)
        every = [
            LineResult(
                line.number,
                line.record,
                (),
                (Problem(message, origin.source, line=line.number),),
            )
            if line.record.hex() in late
            else next(rest)
            for line in lines
        ]
        results = results._replace(lines=every)
    name = secrets.token_hex(8)
    with Path(folder, name).open("xb") as file:
        pickle.dump(results, file, pickle.HIGHEST_PROTOCOL)
    return name


def _set_up(plan: bytes, leash: str, timeout: float) -> None:
    """Prepare a worker of this machine, which ends when the file ``leash`` is gone.

    It ends too when it is at something for longer than ``timeout`` seconds, unless that is 0.
    """
    # Ctrl-C reaches the whole group; whoever started it decides what is still done.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A pool's workers wait for ever if whoever started them is killed.
    threading.Thread(target=_end_in_time, args=(Path(leash), timeout), daemon=True).start()
    # The PDF engine keeps fonts in a folder that a worker does not remove when it ends.
    tempfile.tempdir = str(Path(leash).parent)
    # What fails here fails again in a chunk, and is told there.
    with suppress(Exception):
        warm(plan)
    gc.freeze()


def _end_in_time(leash: Path, timeout: float) -> None:
    parent = parent_process()
    assert parent is not None  # noqa: S101  only what was started by another comes here
    while parent.is_alive() and leash.exists():
        record, times = PRESENT.look()
        if timeout and times * _PERIOD > timeout:
            with suppress(OSError):  # then what ends processes is looked for without
                leash.with_name(f"{_LATE}{record.hex()}").touch()
            break
        parent.join(_PERIOD)
    if not parent.is_alive():
        # There is nobody else to do so, and it may hold what was made of people.
        shutil.rmtree(leash.parent, ignore_errors=True)
    os._exit(1)
