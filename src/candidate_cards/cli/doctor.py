"""``doctor``: what this installation can do, and what to install for the rest."""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Literal

import click

from candidate_cards import __version__, list_formats, list_themes, render_card
from candidate_cards._resources import resource_root
from candidate_cards.cli.exit_codes import ExitCode
from candidate_cards.errors import CandidateCardsError, MissingDependencyError
from candidate_cards.exports._pdf.engine import load_weasyprint, render_pdf
from candidate_cards.exports._pdf.pango import pango_command
from candidate_cards.models import Candidate

if TYPE_CHECKING:
    from collections.abc import Iterator

Status = Literal["ok", "warning", "failed"]

_COLOURS: dict[Status, str] = {"ok": "green", "warning": "yellow", "failed": "red"}

_OLDEST_PYTHON = (3, 11)

#: Longest wait for fontconfig, which builds its cache on first use; seconds.
_FONT_LIST_TIMEOUT = 60

#: What the cards' texts need, as fontconfig patterns.
_SCRIPTS = {
    "Latin": (":lang=en", "fonts-noto-core"),
    "Chinese, Japanese, Korean": (":lang=ja", "fonts-noto-cjk"),
    "Arabic": (":lang=ar", "fonts-noto-core"),
    "Hebrew": (":lang=he", "fonts-noto-core"),
    "Thai": (":lang=th", "fonts-noto-core"),
    "emoji": (":charset=1f600", "fonts-noto-color-emoji"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the diagnosis.

    Attributes:
        name: What was looked at.
        status: ``failed`` if no card can be rendered because of it.
        detail: What was found.
        advice: What to do about it; empty if nothing.
    """

    name: str
    status: Status
    detail: str
    advice: str = ""


def print_diagnosis(*, as_json: bool) -> ExitCode:
    """Print every finding on stdout.

    Returns:
        ``FAILURE`` if one of them failed.
    """
    findings = list(_findings())
    healthy = all(finding.status != "failed" for finding in findings)
    if as_json:
        report = {"healthy": healthy, "checks": [asdict(finding) for finding in findings]}
        click.echo(json.dumps(report, indent=2))
    else:
        for finding in findings:
            status = click.style(f"{finding.status:8}", fg=_COLOURS[finding.status])
            click.echo(f"{status} {finding.name}: {finding.detail}")
            if finding.advice:
                click.echo(f"{'':8} {finding.advice}")
    return ExitCode.OK if healthy else ExitCode.FAILURE


def _findings() -> Iterator[Finding]:
    yield _python()
    yield Finding("candidate-cards", "ok", __version__)
    yield from _dependencies()
    yield from _folders()
    yield from _themes()
    yield from _formats()
    yield _pdf_engine()
    yield from _fonts()
    yield _stdout()


def _python() -> Finding:
    version = platform.python_version()
    if sys.version_info < _OLDEST_PYTHON:
        return Finding("Python", "failed", version, "install Python 3.11 or later")
    return Finding("Python", "ok", f"{version} ({sys.executable})")


def _dependencies() -> Iterator[Finding]:
    try:
        requirements = metadata.requires("candidate-cards") or []
    except metadata.PackageNotFoundError:
        detail = "unknown: running from a folder that was not installed"
        yield Finding("dependencies", "warning", detail, "pip install candidate-cards")
        return
    told = {"candidate-cards"}  # some extras hold others
    for requirement in requirements:
        needed, _, marker = requirement.partition(";")
        name = re.split(r"[^\w.-]", needed, maxsplit=1)[0]
        if name in told:
            continue
        try:
            finding = Finding(name, "ok", metadata.version(name))
        except metadata.PackageNotFoundError:
            if "extra" in marker:
                continue
            finding = Finding(name, "failed", "not installed", f"pip install '{needed.strip()}'")
        told.add(name)
        yield finding


def _folders() -> Iterator[Finding]:
    for name in ("locales", "templates", "themes"):
        try:
            root = resource_root(name)
        except FileNotFoundError as error:
            yield Finding(name, "failed", str(error), "reinstall candidate-cards")
        else:
            yield Finding(name, "ok", str(root))


def _themes() -> Iterator[Finding]:
    for info in list_themes():
        # Without a bundled theme this installation is broken; another's is its own matter.
        status: Status = "failed" if info.origin == "bundled" else "warning"
        yield _card(f"theme {info.name}", status, info.name, "element")


def _formats() -> Iterator[Finding]:
    for name in list_formats():
        yield _card(f"format {name}", "failed", "dark", name)


def _card(name: str, status: Status, theme: str, output_format: str) -> Finding:
    candidate = Candidate(profile_id="doctor", name="Sample Person", match_score=80)
    try:
        card = render_card(candidate, format=output_format, theme=theme)
    except CandidateCardsError as error:
        return Finding(name, status, str(error))
    return Finding(name, "ok", f"renders a card ({len(card.encode())} bytes)")


def _pdf_engine() -> Finding:
    name = "PDF engine"
    try:
        load_weasyprint()
        pages = render_pdf('<html lang="en"><title>Sample</title><p>Sample', "").pages
    except MissingDependencyError as error:
        return Finding(name, "warning", str(error), pango_command())
    return Finding(name, "ok", f"WeasyPrint {metadata.version('weasyprint')} ({pages} page)")


def _fonts() -> Iterator[Finding]:
    fontconfig = shutil.which("fc-list")
    if fontconfig is None:
        return
    for script, (pattern, package) in _SCRIPTS.items():
        name = f"font for {script}"
        try:
            listing = subprocess.run(  # noqa: S603  every argument is ours
                [fontconfig, pattern, "family"],
                capture_output=True,
                check=True,
                encoding="utf-8",
                errors="replace",
                timeout=_FONT_LIST_TIMEOUT,
            ).stdout
        except (OSError, subprocess.SubprocessError) as error:
            yield Finding(name, "warning", f"fc-list failed: {type(error).__name__}")
            continue
        families = sorted({line.split(",")[0] for line in listing.splitlines() if line})
        if families:
            yield Finding(name, "ok", f"{families[0]} and {len(families) - 1} more")
        else:
            advice = f"a font such as {package}; only PDF and browsers on this machine need it"
            yield Finding(name, "warning", "none found", advice)


def _stdout() -> Finding:
    encoding = getattr(sys.stdout, "encoding", None) or "none"
    if encoding.lower().replace("-", "") == "utf8":
        return Finding("stdout", "ok", encoding)
    advice = "set PYTHONUTF8=1; HTML is UTF-8 in any case"
    return Finding("stdout", "warning", f"encoding is {encoding}", advice)
