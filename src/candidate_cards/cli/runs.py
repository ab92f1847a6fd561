"""Runs of the vendor: waited for, written, reported on, and never lost.

Once a run has been started it goes on, and is paid for, whatever happens here. So its id is printed
at once, and whatever ends the wait before its results are written also says how to get them.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import click

from candidate_cards.cli.exit_codes import ExitCode
from candidate_cards.cli.option_groups import OptionGroup
from candidate_cards.cli.report import counted, lost, print_lost, visible
from candidate_cards.cli.usage import usage_error
from candidate_cards.cli.writing import refuse_existing, write_output
from candidate_cards.errors import (
    InputError,
    VendorAnswerError,
    VendorError,
    VendorNotFoundError,
    VendorRunError,
    VendorTimeoutError,
)
from candidate_cards.instaview import Client
from candidate_cards.models import EnrichedProfile, EnrichmentCompleted, FailedProfile, Shortlist

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from candidate_cards.cli.vendor import VendorOptions
    from candidate_cards.errors import Problem
    from candidate_cards.instaview._protocol import RunKind
    from candidate_cards.models import (
        EnrichmentRun,
        PreviewCompleted,
        PreviewRun,
        RunAccepted,
        SourcingCompleted,
        SourcingRun,
    )

    Completed = SourcingCompleted | PreviewCompleted | EnrichmentCompleted
    State = SourcingRun | PreviewRun | EnrichmentRun

_STDOUT: Final = "-"


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the vendor's three kinds of run.

    Attributes:
        name: What people call it.
        interval: Seconds between two polls that the contract asks for.
        read: Returns a run's present state.
        wait: Returns a run that has completed.
    """

    name: RunKind
    interval: float
    read: Callable[[Client, str], State]
    wait: Callable[..., Completed]


SOURCING: Final = Kind("sourcing", 5.0, Client.sourcing_results, Client.wait_for_sourcing)
PREVIEW: Final = Kind("preview", 10.0, Client.preview_results, Client.wait_for_preview)
ENRICHMENT: Final = Kind("enrichment", 5.0, Client.enrichment_results, Client.wait_for_enrichment)


@dataclass(frozen=True, slots=True)
class Run:
    """A run that the vendor knows of.

    Attributes:
        kind: Where to ask for it.
        request_id: Its id.
        state: What was last heard of it, or ``None``.
        asked: Profiles that it should enrich, as far as is known here.
        most: Candidates that it should find, as far as is known here.
    """

    kind: Kind
    request_id: str
    state: State | RunAccepted | None = None
    asked: tuple[str, ...] = ()
    most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions(OptionGroup):
    """What the command line says of waiting and writing.

    Attributes:
        output: A path, or ``-``.
        no_wait: Whether the present state is enough.
        timeout: Seconds to wait for all runs.
        interval: Seconds between two polls, or ``None`` for what the contract asks for.
        as_json: Report as JSON.
        force: Overwrite.
    """

    output: str = _STDOUT
    no_wait: bool = False
    timeout: float = 900.0
    interval: float | None = None
    as_json: bool = False
    force: bool = False

    def check(self) -> None:
        """Find out before anything is paid for that its result could not be written.

        Raises:
            UsageError: The report would go where the result goes.
            ExportError: There is a file already.
        """
        if self.as_json and self.output == _STDOUT:
            raise usage_error("--json needs -o FILE: on stdout there is the result, JSON as well")
        if self.output != _STDOUT and not self.force:
            refuse_existing([Path(self.output)])


@dataclass(slots=True)
class Outcome:
    """What became of the runs of one command.

    Attributes:
        vendor: To say how to go on.
        problems: What was found in what the command has read.
        ahead: A result to be written before those of the runs, or ``None``.
        started: Ids of all runs.
        bodies: What they answered, as the wire has it.
        useful: How many of these are not of a failed run.
        open: Ids of runs of which there may be more to hear.
        candidates: How many there are.
        failed: Profiles without a candidate.
        credits: What the vendor says that it has charged, or ``None``.
        errors: What went wrong, of a run each.
    """

    vendor: VendorOptions
    problems: Sequence[Problem] = ()
    ahead: dict[str, Any] | None = None
    started: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    useful: int = 0
    open: list[str] = field(default_factory=list)
    candidates: int = 0
    failed: list[FailedProfile] = field(default_factory=list)
    credits: int | None = None
    errors: list[VendorError] = field(default_factory=list)

    @contextmanager
    def starting(self) -> Iterator[None]:
        """Say of a start that is interrupted that it may have taken effect."""
        try:
            yield
        except KeyboardInterrupt:
            click.echo(
                "Interrupted before the vendor's answer: the run may have started all the same. "
                "Look before you start it again, it could be paid for twice.",
                err=True,
            )
            self.print_continuation(self.started)
            raise

    @contextmanager
    def resumable(self) -> Iterator[None]:
        """Say how to go on with all runs if what is inside is broken off."""
        try:
            yield
        except InputError:
            raise  # No run can have such an id.
        except BaseException:
            self.print_continuation(self.started)
            raise

    def start(self, accepted: RunAccepted) -> None:
        """Take note of a run, and tell its id."""
        self.started.append(accepted.request_id)
        click.echo(f"Started {visible(accepted.request_id)}", err=True)

    def fail(self, request_id: str, error: VendorError, asked: Sequence[str] = ()) -> None:
        """Take note of what went wrong with a run, and with the profiles that it was asked for."""
        self.errors.append(error)
        print_error(error)
        if isinstance(error, VendorRunError | VendorNotFoundError):
            self.miss(asked, "its run has no result")
        else:
            self.open.append(request_id)

    def miss(self, profile_ids: Sequence[str], reason: str) -> None:
        """Take note of profiles of which the vendor says nothing."""
        for profile_id in profile_ids:
            self.failed.append(FailedProfile(profile_id=profile_id, error_message=reason))
            click.echo(f"failed: {visible(profile_id)}: {reason}", err=True)

    def add(self, run: Run, state: State | RunAccepted | Shortlist) -> None:
        """Take over what a run has answered."""
        if isinstance(state, Shortlist):
            self._add_readable(run, state)
            return
        self.bodies.append(state.to_wire())
        self.useful += state.status != "failed"
        if state.status == "processing":
            self.open.append(run.request_id)
        if isinstance(state, EnrichmentCompleted):
            self._add_enrichment(run, state)
        else:
            self.candidates += len(getattr(state, "candidates", ()))

    def _add_readable(self, run: Run, people: Shortlist) -> None:
        print_lost(people.problems, people.failed)
        self.problems = (*self.problems, *people.problems)
        self.bodies.append(saved(people))
        self.useful += 1
        self.failed += people.failed
        self.candidates += len(people.candidates)
        named = {each.profile_id for each in people.candidates}
        named |= {each.profile_id for each in people.failed}
        missing = [each for each in run.asked if each not in named]
        self.miss(missing, "the answer has nothing of it that can be read")

    def _add_enrichment(self, run: Run, completed: EnrichmentCompleted) -> None:
        if completed.credits_consumed is not None:
            self.credits = (self.credits or 0) + completed.credits_consumed
        failed = [
            FailedProfile(
                profile_id=item.profile_id,
                error_code=item.error_code,
                error_message=item.error_message,
            )
            for item in completed.data
            if not isinstance(item, EnrichedProfile)
        ]
        print_lost((), failed)
        self.failed += failed
        self.candidates += len(completed.data) - len(failed)
        named = {item.profile_id for item in completed.data}
        self.miss([each for each in run.asked if each not in named], "the answer does not name it")

    @property
    def exit_code(self) -> ExitCode:
        """``FAILURE`` if there is nothing, ``PARTIAL`` if something is missing."""
        if not self.useful or (self.failed and not self.candidates):
            return ExitCode.FAILURE
        unusable = any(problem.severity == "error" for problem in self.problems)
        return ExitCode.PARTIAL if self.failed or self.errors or unusable else ExitCode.OK

    def print_continuation(self, request_ids: Sequence[str]) -> None:
        """Print the command that goes on with runs, if there are any."""
        if request_ids:
            click.echo(f"Go on with: {self._continuation(request_ids)}", err=True)

    def _continuation(self, request_ids: Sequence[str]) -> str:
        return self.vendor.command("results", [visible(each) for each in request_ids])

    def print_json(self, output: str | None) -> None:
        """Print one JSON object on stdout."""
        report = {
            "requestIds": self.started,
            "output": output,
            "candidates": self.candidates,
            "creditsConsumed": self.credits,
            **lost(self.problems, self.failed),
            "errors": [
                {
                    "requestId": error.request_id,
                    "code": getattr(error, "code", None),
                    "message": str(error),
                }
                for error in self.errors
            ],
            "unfinished": self.open,
            "continuation": self._continuation(self.open) if self.open else None,
        }
        click.echo(json.dumps(report, indent=2))


def finish(client: Client, runs: Sequence[Run], outcome: Outcome, options: RunOptions) -> ExitCode:
    """Wait for runs, write what they answer as one JSON object a line, and report.

    Returns:
        ``FAILURE`` if no run had a result, or none of its profiles; ``PARTIAL`` if something is
        missing.

    Raises:
        KeyboardInterrupt: After it was said how to go on; so with everything else.
    """
    path = None if options.output == _STDOUT else Path(options.output)
    with outcome.resumable():
        for run, state in _states(client, runs, outcome, options):
            outcome.add(run, state)
        lines = outcome.bodies
        if lines and outcome.ahead is not None:
            lines = [outcome.ahead, *lines]
        content = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
        if lines:
            write_output(path, content)
    if options.as_json:
        outcome.print_json(options.output if lines else None)
    elif lines and not options.no_wait:
        place = "stdout" if path is None else path
        told = "" if outcome.credits is None else f"; {counted(outcome.credits, 'credit')} consumed"
        found = counted(outcome.candidates, "candidate")
        click.echo(f"Wrote {found} to {place} ({len(content)} bytes{told})", err=True)
    outcome.print_continuation(outcome.open)
    return outcome.exit_code


def _states(
    client: Client, runs: Sequence[Run], outcome: Outcome, options: RunOptions
) -> Iterator[tuple[Run, State | RunAccepted | Shortlist]]:
    """Yield runs with what they have answered, and take note of what went wrong with the others."""
    end = time.monotonic() + options.timeout
    with _StatusLine() as line:
        for number, run in enumerate(runs):
            status = getattr(run.state, "status", None)
            if run.state is not None and (status == "completed" or options.no_wait):
                yield run, run.state
                if status != "failed":
                    continue
            before = f"{number} of {len(runs)} runs done; " if len(runs) > 1 else ""
            try:
                completed = _completed(client, run, end, options, _Counter(line, before, run))
            except VendorError as error:
                line.clear()
                outcome.fail(run.request_id, error, run.asked)
            else:
                line.clear()
                yield run, completed


def _completed(
    client: Client, run: Run, end: float, options: RunOptions, counter: _Counter
) -> Completed | Shortlist:
    """Wait for a run; what it answers may be readable in part only.

    Raises:
        VendorError: It has not completed, or nothing in it can be read.
    """
    interval = run.kind.interval if options.interval is None else options.interval
    if getattr(run.state, "status", None) == "failed":
        interval = 0.0  # There is nothing to wait for but the client's words for it.
    seconds = round(end - time.monotonic(), 1)  # as the client will say it
    if seconds <= 0:
        raise VendorTimeoutError(
            f"the run {visible(run.request_id)} has not ended within {options.timeout:g} seconds",
            request_id=run.request_id,
        )
    counter(None)
    with suppress(VendorAnswerError):  # It is here; what can be read of it comes next.
        return run.kind.wait(
            client, run.request_id, timeout=seconds, interval=interval, on_progress=counter
        )
    return readable(client, run)


def readable(client: Client, run: Run) -> Shortlist:
    """Return what can be read of a run that has completed.

    Raises:
        VendorError: Nobody in it can be read, or it is at work again.
    """
    people = client.shortlist_results(run.request_id, run.kind.name)
    if isinstance(people, Shortlist):
        return people
    message = f"the run {visible(run.request_id)} was started again meanwhile"
    raise VendorTimeoutError(message, request_id=run.request_id, retryable=True)


def saved(shortlist: Shortlist) -> dict[str, Any]:
    """Return what `render` reads, without the problems, which are told on stderr."""
    wire = shortlist.model_copy(update={"problems": ()}).to_wire()
    return {key: value for key, value in wire.items() if value}


class _Counter:
    """Shows how far a run is."""

    def __init__(self, line: _StatusLine, before: str, run: Run) -> None:
        self._line = line
        self._before = before
        self._run = run
        self._start = time.monotonic()

    def __call__(self, state: State | None) -> None:
        count = getattr(state, "candidates_sourced_count", None)
        most = "" if self._run.most is None else f" of {self._run.most}"
        told = "" if count is None else f", {count}{most} candidates so far"
        if self._run.asked:
            told = f" of {counted(len(self._run.asked), 'profile')}"
        minutes, seconds = divmod(int(time.monotonic() - self._start), 60)
        name = self._run.kind.name
        self._line.show(f"{self._before}{name}{told} ({minutes}:{seconds:02})")


class _StatusLine:
    """A line on a terminal that is written over; elsewhere there is none."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr.isatty()
        self._length = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def show(self, text: str) -> None:
        """Show a text in place of the last one."""
        if self._is_shown:
            # Spaces, not an escape: these erase on every terminal.
            click.echo(f"\r{text.ljust(self._length)}", nl=False, err=True)
            self._length = len(text)

    def clear(self) -> None:
        """Leave an empty line."""
        if self._length:
            self.show("")
            click.echo("\r", nl=False, err=True)
            self._length = 0


def print_error(error: Exception) -> None:
    """Print what went wrong as one line on stderr."""
    click.echo(f"Error: {visible(str(error))}", err=True)
