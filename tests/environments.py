"""Building the tree, and running what was built in an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

TREE = Path(__file__).parents[1]


class Environment(NamedTuple):
    """A virtual environment with the dependencies of this one, but without this package."""

    folder: Path

    def script(self, name: str) -> str:
        """Return the path of a command."""
        return os.fspath(Path(sysconfig.get_path("scripts", "venv", self._base())) / name)

    def site_packages(self) -> Path:
        """Return the folder that packages are installed to."""
        return Path(sysconfig.get_path("purelib", "venv", self._base()))

    def install(self, wheel: Path) -> None:
        """Install a wheel and nothing else, from no index."""
        install = ["install", "-q", "--no-index", "--no-deps", os.fspath(wheel)]
        run(sys.executable, "-m", "pip", "--python", self.script("python"), *install)

    def _base(self) -> dict[str, str]:
        return {"base": os.fspath(self.folder), "platbase": os.fspath(self.folder)}


def run(*command: str, stdin: str = "", cwd: Path | None = None) -> str:
    """Return what a command prints; fail the test with its stderr if it fails."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        check=False,
        cwd=cwd,
        encoding="utf-8",
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def build(hook: str, folder: Path) -> Path:
    """Build the tree with a hook of its backend, without a network."""
    code = f"import hatchling.build, sys; print(hatchling.build.{hook}(sys.argv[1]))"
    name = run(sys.executable, "-c", code, os.fspath(folder), cwd=TREE).splitlines()[-1]
    return folder / name
