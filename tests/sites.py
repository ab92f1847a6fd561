"""The examples of integrations, started as their own first lines say."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sysconfig
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = ROOT / "examples" / "integrations"

_ADDRESS: Final = re.compile(r"http://127\.0\.0\.1:[0-9]+")


@dataclass(frozen=True)
class Site:
    """One integration.

    Attributes:
        name: Its folder.
        file: What explains it and how to run it, below its folder.
        free_port: What to add to its command, so that it listens on a port that is free.
        index: Path of the page of everybody.
        detail: Path of the page of one person, who is ``{}``, from 1.
    """

    name: str
    file: str
    free_port: tuple[str, ...]
    index: str = "/"
    detail: str = "/candidates/{}"

    @property
    def explanation(self) -> str:
        """What its first lines say."""
        source = (FOLDER / self.name / self.file).read_text("utf-8")
        return ast.get_docstring(ast.parse(source)) or ""

    @property
    def command(self) -> list[str]:
        """How those lines say that it is run: the last command among them."""
        lines = re.findall(r"^    ((?:python|flask|uvicorn) .*)$", self.explanation, re.MULTILINE)
        return shlex.split(lines[-1])


DJANGO: Final = Site("django", "manage.py", ("--noreload", "127.0.0.1:0"))
FASTAPI: Final = Site("fastapi", "main.py", ("--port", "0"))
FLASK: Final = Site("flask", "app.py", ("--port", "0"))
PLAIN: Final = Site(
    "plain",
    "build.py",
    ("0",),
    index="/plain/pages/index.html",
    detail="/plain/pages/candidate-{}.html",
)
APPLICATIONS: Final = (DJANGO, FASTAPI, FLASK)
SITES: Final = (*APPLICATIONS, PLAIN)


@contextmanager
def running(site: Site, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run an integration and return its origin.

    Args:
        site: Which.
        environment: Variables for it, beside those of this process.
    """
    scripts = sysconfig.get_path("scripts")
    surroundings = {
        **os.environ,
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",
        "NO_COLOR": "1",
        **(environment or {}),
    }
    surroundings.pop("PYTHONPATH", None)
    with subprocess.Popen(
        [*site.command, *site.free_port],
        cwd=ROOT,
        env=surroundings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout is not None
        try:
            yield _origin(process.stdout)
        finally:
            process.terminate()


def _origin(output: IO[str]) -> str:
    lines = []
    for line in output:
        lines.append(line)
        if found := _ADDRESS.search(line):
            # A pipe that nobody reads would stop the site one day.
            threading.Thread(target=output.read, daemon=True).start()
            return found[0]
    message = f"it ended: {''.join(lines)}"
    raise AssertionError(message)
