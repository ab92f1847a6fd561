"""What a rendering did, for people and for programs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

import click

from candidate_cards.cli.exit_codes import ExitCode
from candidate_cards.cli.notice import NoticeOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from candidate_cards.cli.via import Via
    from candidate_cards.errors import Problem
    from candidate_cards.models import FailedProfile


NOTICE_LEFT_OUT: Final = "The notice about scores and AI-written texts was left out (--no-notice)."


@dataclass(frozen=True, slots=True)
class Output:
    """One file.

    Attributes:
        profile_id: Whose card it is; ``None`` if it holds the shortlist.
        path: Where it is, or ``-``.
        size: Bytes.
    """

    profile_id: str | None
    path: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The outcome of one ``render``.

    Attributes:
        outputs: In ranking order.
        candidates: How many were rendered.
        failed: Profiles without a candidate.
        problems: What reading the inputs found.
        format: Name of the format.
        theme: Name of the theme.
        density: Name of the density.
        profile: Name of what was shown.
        dry_run: Whether the files were only measured.
        notice: What was said of the notice.
        via: Who made the cards, if that was asked for.
    """

    outputs: Sequence[Output]
    candidates: int
    failed: Sequence[FailedProfile]
    problems: Sequence[Problem]
    format: str
    theme: str
    density: str
    profile: str
    dry_run: bool = False
    notice: NoticeOptions = field(default_factory=NoticeOptions)
    via: Via | None = None

    @classmethod
    def of_nothing(
        cls, problems: Sequence[Problem], format_name: str, theme: str, density: str, profile: str
    ) -> Self:
        """Return the report on inputs that gave no shortlist."""
        return cls(
            outputs=(),
            candidates=0,
            failed=(),
            problems=problems,
            format=format_name,
            theme=theme,
            density=density,
            profile=profile,
        )

    @property
    def exit_code(self) -> ExitCode:
        """``PARTIAL`` if a profile failed or a record could not be used."""
        return exit_code(self.problems, self.failed)

    def print_json(self, *, to_stderr: bool) -> None:
        """Print one JSON object: on stdout, or on stderr where stdout is the output."""
        value = {
            "outputs": [
                {"profileId": output.profile_id, "path": output.path, "bytes": output.size}
                for output in self.outputs
            ],
            "candidates": self.candidates,
            **lost(self.problems, self.failed),
            "format": self.format,
            "theme": self.theme,
            "density": self.density,
            "profile": self.profile,
            "dryRun": self.dry_run,
            "notice": self.notice.to_report(),
        }
        if self.via is not None:
            value["via"] = self.via.to_report()
        click.echo(json.dumps(value, indent=2), err=to_stderr)

    def print_text(self) -> None:
        """Print problems, failed profiles and counts on stderr, one per line."""
        print_lost(self.problems, self.failed)
        size = sum(output.size for output in self.outputs)
        done = "Would write" if self.dry_run else "Wrote"
        place = self.outputs[0].path if len(self.outputs) == 1 else f"{len(self.outputs)} files"
        if place == "-":
            place = "stdout"
        click.echo(
            f"{done} {counted(self.candidates, 'candidate')} to {place} ({size} bytes; "
            f"format {self.format}, theme {self.theme}, density {self.density}, "
            f"profile {self.profile})",
            err=True,
        )
        if self.notice.no_notice:
            click.echo(NOTICE_LEFT_OUT, err=True)
        if self.via is not None:
            click.echo(f"Via {self.via.mode}: {self.via}", err=True)
        if self.failed:
            click.echo(f"{counted(len(self.failed), 'profile')} failed", err=True)


def exit_code(problems: Sequence[Problem], failed: Sequence[FailedProfile]) -> ExitCode:
    """Return ``PARTIAL`` if a profile failed or a record could not be used."""
    unusable = any(problem.severity == "error" for problem in problems)
    return ExitCode.PARTIAL if failed or unusable else ExitCode.OK


def lost(problems: Sequence[Problem], failed: Sequence[FailedProfile]) -> dict[str, Any]:
    """Return the members of a JSON report that say what of the inputs is missing or was mended."""
    return {
        "failed": [profile.to_wire() for profile in failed],
        "problems": [told(problem) for problem in problems],
    }


def told(problem: Problem) -> dict[str, object]:
    """Return a problem as JSON says it."""
    return {
        "severity": problem.severity,
        "source": problem.source,
        "line": problem.line,
        "field": problem.field,
        "message": problem.message,
    }


def print_lost(problems: Sequence[Problem], failed: Sequence[FailedProfile]) -> None:
    """Print problems and failed profiles on stderr, one per line."""
    for problem in problems:
        click.echo(f"{problem.severity}: {visible(str(problem))}", err=True)
    for profile in failed:
        code = profile.error_code or "no reason given"
        click.echo(f"failed: {visible(profile.profile_id)}: {visible(code)}", err=True)


def counted(number: int, noun: str) -> str:
    """Return ``1 card`` or ``2 cards``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def visible(text: str) -> str:
    """Return text that cannot move a terminal's cursor: escapes for what does not print."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
