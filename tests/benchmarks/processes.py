"""Child processes: modules of this folder, and what starting a command costs."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_PACKAGE = __package__ or ""
_ABOVE_PACKAGE = Path(__file__).parents[_PACKAGE.count(".") + 1]
_LOOPS: Final = 5_000_000


def run_module(
    name: str, *arguments: str, stdin: str = "", without: Sequence[str] = (), **variables: str
) -> str:
    """Run a module of this package in a new interpreter and return what it printed.

    Args:
        name: Its ``__name__`` here.
        arguments: Its command line.
        stdin: What it reads.
        without: Environment variables to leave out.
        variables: Environment variables to set.

    Raises:
        subprocess.CalledProcessError: It failed; its traceback is on standard error.
    """
    return subprocess.run(
        [sys.executable, "-m", name, *arguments],
        env=environment(without, variables),
        input=stdin,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


def environment(without: Sequence[str] = (), variables: Mapping[str, str] = {}) -> dict[str, str]:
    """Return the environment of a process that can import this package."""
    kept = {key: value for key, value in os.environ.items() if key not in without}
    path = os.pathsep.join(filter(None, (str(_ABOVE_PACKAGE), kept.get("PYTHONPATH"))))
    return kept | {"PYTHONPATH": path, **variables}


def cpu_seconds(arguments: Sequence[str]) -> float:
    """Return the CPU that a new interpreter takes with these arguments, start and end included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class Used(NamedTuple):
    """What a command took, with all processes that it started.

    Attributes:
        seconds: By the clock on the wall.
        cpu: Seconds.
        memory: The most that one of the processes had resident, in KiB.
    """

    seconds: float
    cpu: float
    memory: int


def used_by(*arguments: str) -> Used:
    """Run Python with these arguments and return what that took.

    A small process stands between, as on Linux a child's peak begins at that of its parent:
    ``python -m tests.benchmarks.processes ARGUMENT...``.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    return Used(*json.loads(run_module(f"{_PACKAGE}.processes", *arguments)))


@contextmanager
def two_loops() -> Iterator[Callable[[], float]]:
    """Hold two processes ready, and yield what tells how much faster they count than one.

    It is what the machine has to give at the moment: two, where two cores are really free.
    """
    with get_context("spawn").Pool(2) as pool:

        def seconds(loops: int) -> float:
            begun = time.perf_counter()
            pool.map(_count, [_LOOPS] * loops, chunksize=1)
            return time.perf_counter() - begun

        seconds(2)
        yield lambda: 2 * seconds(1) / seconds(2)


def _count(most: int) -> int:
    total = 0
    for number in range(most):
        total += number
    return total


def peak_memory() -> int:
    """Return the most memory that this process has had resident, in KiB."""
    status = Path("/proc/self/status")
    if status.exists():  # elsewhere a child's own figure starts at its parent's
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _main() -> None:
    begun = time.perf_counter()
    subprocess.run([sys.executable, *sys.argv[1:]], stdout=subprocess.DEVNULL, check=True)
    seconds = time.perf_counter() - begun
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    json.dump(Used(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss), sys.stdout)


if __name__ == "__main__":
    _main()
