"""Without Pango there are no dossiers, one command to get them, and everything else still works."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from candidate_cards.exports._pdf.pango import pango_command
from command_line import candidate, sourcing

if TYPE_CHECKING:
    from pathlib import Path

#: What cffi says on a Debian without libpango; WeasyPrint prints advice on stdout first.
_WITHOUT_PANGO: Final = """
print("WeasyPrint could not import some external libraries. Please follow the steps ...")
raise OSError(
    "cannot load library 'libpango-1.0-0': libpango-1.0-0: cannot open shared object file: "
    "No such file or directory.  Additionally, ctypes.util.find_library() did not manage to "
    "locate a library called 'libpango-1.0-0'"
)
"""
_WITHOUT_WEASYPRINT: Final = "raise ModuleNotFoundError(\"No module named 'weasyprint'\")"

_RENDER: Final = """
from candidate_cards import Candidate, MissingDependencyError, export_candidates, render_email
person = Candidate(profile_id="p", name="Ada Example")
for name in ("fragment", "element", "page"):
    assert b"Ada Example" in export_candidates(person, format=name)
assert "Ada Example" in render_email(person).html
for name in ("pdf", "png"):
    try:
        export_candidates(person, format=name)
    except MissingDependencyError as error:
        assert isinstance(error, ImportError)
        assert error.__cause__ is None
        print(error)
"""


class Machine:
    """A machine on which importing WeasyPrint fails as it is told."""

    def __init__(self, folder: Path, module: str) -> None:
        self.folder = folder
        (folder / "weasyprint").mkdir()
        (folder / "weasyprint" / "__init__.py").write_text(module)
        (folder / "in.json").write_text(sourcing(candidate("p1"), candidate("p2")))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run Python in the machine's folder."""
        path = os.pathsep.join([os.fspath(self.folder), *filter(None, sys.path)])
        return subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            check=False,
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": path},
        )

    def command(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run the command."""
        return self.run("-m", "candidate_cards", *arguments)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """One without Pango."""
    return Machine(tmp_path, _WITHOUT_PANGO)


def test_the_error_names_the_library_and_the_command(machine: Machine) -> None:
    """Both PDF and pictures say what to install; HTML and e-mail are rendered all the same."""
    done = machine.run("-c", _RENDER)
    assert done.returncode == 0, done.stderr.decode()
    lines = done.stdout.decode().splitlines()
    assert len(lines) == 2  # no advice of the engine's among them
    for line in lines:
        assert "pango" in line
        assert "HTML and e-mail work without it" in line
        assert line.endswith(pango_command())


def test_without_weasyprint_itself_the_error_says_so(tmp_path: Path) -> None:
    """The command then is pip's."""
    done = Machine(tmp_path, _WITHOUT_WEASYPRINT).run("-c", _RENDER)
    assert done.returncode == 0, done.stderr.decode()
    assert (
        done.stdout.decode().splitlines()
        == ["PDF needs WeasyPrint; install it: pip install weasyprint"] * 2
    )


@pytest.mark.parametrize("output", ["out.pdf", "-"])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_the_command_fails_in_a_line(machine: Machine, output: str, jobs: str) -> None:
    """Exit code 1, no traceback, nothing on stdout, no file, also where processes render."""
    done = machine.command(
        "render", "in.json", "-o", output, "--format", "pdf", "--jobs", jobs, "--theme", "light"
    )
    assert done.returncode == 1
    assert done.stdout == b""
    message = done.stderr.decode()
    assert "Traceback" not in message
    assert pango_command() in message
    # One line is ours; workers may each pass on the engine's own advice before it.
    assert message.splitlines()[-1].startswith("Error: PDF needs")
    assert not (machine.folder / "out.pdf").exists()


def test_pictures_fail_in_a_line_too(machine: Machine) -> None:
    """The same for PNG."""
    done = machine.command("render", "in.json", "-o", "out.png")
    assert (done.returncode, done.stdout) == (1, b"")
    assert "Traceback" not in done.stderr.decode()
    assert pango_command() in done.stderr.decode()


@pytest.mark.parametrize("output", ["out.html", "out.eml"])
def test_other_formats_are_written(machine: Machine, output: str) -> None:
    """Pages and messages need no PDF engine."""
    done = machine.command("render", "in.json", "-o", output)
    assert done.returncode == 0, done.stderr.decode()
    assert (machine.folder / output).stat().st_size > 1000


def test_doctor_warns(machine: Machine) -> None:
    """The installation is healthy; the PDF engine is a warning with the command as advice."""
    done = machine.command("doctor", "--json")
    assert done.returncode == 0, done.stdout.decode()
    report = json.loads(done.stdout)
    checks = {check["name"]: check for check in report["checks"]}
    assert report["healthy"] is True
    assert checks["PDF engine"]["status"] == "warning"
    assert checks["PDF engine"]["advice"] == pango_command()
    assert "pango" in checks["PDF engine"]["detail"]
    assert {check["status"] for check in checks.values()} <= {"ok", "warning"}


@pytest.mark.parametrize(
    ("release", "command"),
    [
        ({"ID": "debian"}, "apt-get"),
        ({"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}, "apt-get"),
        ({"ID": "rocky", "ID_LIKE": "rhel centos fedora"}, "dnf"),
        ({"ID": "alpine"}, "apk"),
        ({"ID": "opensuse-leap", "ID_LIKE": "suse opensuse"}, "zypper"),
        ({"ID": "manjaro", "ID_LIKE": "arch"}, "pacman"),
        ({"ID": "plan9"}, "package manager"),
        ({}, "package manager"),
    ],
)
def test_each_system_has_its_command(
    release: dict[str, str], command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The distribution, or the one that it is like, decides."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: release)
    assert command in pango_command()


@pytest.mark.parametrize(("system", "command"), [("darwin", "brew"), ("win32", "pacman")])
def test_other_systems_have_theirs(
    system: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MacOS and Windows are told by the platform's name."""
    monkeypatch.setattr(sys, "platform", system)
    assert command in pango_command()


def test_a_system_that_does_not_say_what_it_is_gets_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without os-release there is no command to give."""

    def missing() -> dict[str, str]:
        raise OSError

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "freedesktop_os_release", missing)
    assert "package manager" in pango_command()
