"""Child processes: modules of this folder, and what starting a command costs."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PACKAGE = __package__ or ""
_ABOVE_PACKAGE = Path(__file__).parents[_PACKAGE.count(".") + 1]


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


def peak_memory() -> int:
    """Return the most memory that this process has had resident, in KiB."""
    status = Path("/proc/self/status")
    if status.exists():  # elsewhere a child's own figure starts at its parent's
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
