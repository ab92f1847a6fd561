"""``batch``: many records to many files, with progress and a way to go on."""

from __future__ import annotations

import json
import shlex
import sys
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Literal

import click
from pydantic.alias_generators import to_camel

from candidate_cards.batch import Batch, Summary, dask_crew, local_crew, make_plan, verify
from candidate_cards.batch.coding import CodedJournal
from candidate_cards.batch.destinations import open_destination
from candidate_cards.batch.reading import find_sources
from candidate_cards.batch.storage import is_url
from candidate_cards.cli.blind import BlindOptions
from candidate_cards.cli.exit_codes import ExitCode
from candidate_cards.cli.notice import NoticeOptions
from candidate_cards.cli.report import NOTICE_LEFT_OUT, counted, told, visible
from candidate_cards.errors import InputError, Problem
from candidate_cards.privacy import load_profile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from candidate_cards.batch import Plan
    from candidate_cards.batch.crews import Crew
    from candidate_cards.cards import Density
    from candidate_cards.cli.blind import Blinding
    from candidate_cards.privacy import Profile

_ON_TERMINAL: Final = 0.2  # seconds between two updates of the line
_ELSEWHERE: Final = 60.0
_FOR_PROGRAMS: Final = 5.0
_MOST_LISTED: Final = 1000  # problems on stderr; the manifest has them all
_MINUTE: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """The command line of ``batch``, checked by click.

    Attributes:
        inputs: Paths, URLs, patterns, or ``-`` once.
        output: A folder, the URL of one, or a file of results.
        formats: Names of formats, by commas.
        theme: A theme's name, or a path; ``None`` for the format's own.
        density: How much of each candidate is shown; ``None`` for what is usual.
        profile: A profile's name, or a path; ``None`` for the format's own.
        emails: Whether e-mail addresses are shown; ``None`` for as the profile says.
        lang: The language of our own words, or the path of a catalogue.
        templates: A folder of own templates, or ``None``.
        workers: How many processes; ``None`` for one per core.
        dask: The address of a scheduler, ``local``, or ``None`` for processes of this machine.
        timeout: Seconds for each candidate, of processes of this machine; 0 for no end.
        check_hashes: Read what is there before it is left alone.
        blind: The files of codes.
        notice: What is said of the data, beside scores and AI-written texts.
        as_json: Events as JSON.
        dry_run: Write nothing.
    """

    inputs: tuple[str, ...]
    output: str
    formats: str = "page"
    theme: str | None = None
    density: Density | None = None
    profile: str | None = None
    emails: bool | None = None
    lang: str = "en"
    templates: str | None = None
    workers: int | None = None
    dask: str | None = None
    timeout: float = 120.0
    check_hashes: bool = False
    blind: BlindOptions = field(default_factory=BlindOptions)
    notice: NoticeOptions = field(default_factory=NoticeOptions)
    as_json: bool = False
    dry_run: bool = False

    def plan(self, profile: Profile | None) -> Plan:
        """Return what is made of each record.

        Raises:
            CandidateCardsError: Something cannot be used.
        """
        names = tuple(filter(None, (name.strip() for name in self.formats.split(","))))
        return make_plan(
            names,
            theme=self.theme,
            density=self.density or "card",
            profile=profile,
            show_emails=self.emails,
            lang=self.lang,
            notice=self.notice.facts(),
            templates=self.templates,
        )

    def crew(self, plan: Plan) -> AbstractContextManager[Crew]:
        """Return who does the work."""
        if self.dask is not None:
            return dask_crew(self.dask, self.workers)
        return local_crew(plan.packed(), self.workers, timeout=self.timeout)


def run(options: BatchOptions) -> ExitCode:
    """Make everything that is not there yet, and tell how it goes.

    Returns:
        ``PARTIAL`` if something failed or could not be used; ``FAILURE`` if nothing came of it;
        ``INTERRUPTED`` if somebody stopped it.

    Raises:
        CandidateCardsError: Nothing could be begun, or it cannot go on.
        OSError: Something could not be written; what was written before is whole.
    """
    if not is_url(options.output):
        options.blind.check_apart_from(options.output)
    plan, blinding = _plan(options)
    sources, problems = find_sources(options.inputs)
    telling = _Telling(as_json=options.as_json)
    for problem in problems:
        telling.problem(problem)
    if not sources:
        raise InputError(problems)
    batch = Batch(
        plan=plan,
        sources=sources,
        outputs=open_destination(options.output),
        check_hashes=options.check_hashes,
        on_problem=telling.problem,
        on_progress=telling.progress,
    )
    if options.dry_run:
        summary = batch.estimate()
    else:
        try:
            with _kept(batch, blinding), options.crew(plan) as crew:
                summary = batch.run(crew)
        except KeyboardInterrupt:
            telling.end(batch.summary, "interrupted")
            _say_how_to_go_on()
            return ExitCode.INTERRUPTED
        except OSError:
            telling.end(batch.summary, "failed")
            _say_how_to_go_on()
            raise
    telling.end(summary, "would be" if options.dry_run else "done")
    if options.notice.no_notice:
        click.echo(NOTICE_LEFT_OUT, err=True)
    if not (summary.rendered or summary.kept):
        return ExitCode.FAILURE
    return ExitCode.OK if summary.is_whole and not problems else ExitCode.PARTIAL


def run_verification(options: BatchOptions, sample: int | None, seed: int) -> ExitCode:
    """Compare a sample with what it is when made anew.

    Returns:
        ``FAILURE`` if something is not as the manifest says.

    Raises:
        CandidateCardsError: There is nothing to compare with.
        OSError: Something cannot be read.
    """
    if not is_url(options.output) and not Path(options.output).exists():
        raise InputError([Problem("does not exist", options.output)])
    plan, _ = _plan(options)
    sources, problems = find_sources(options.inputs)
    if problems:
        raise InputError(problems)
    with options.crew(plan) as crew:
        verdict = verify(
            plan,
            sources,
            open_destination(options.output),
            crew,
            sample=sample,
            seed=seed,
        )
    if options.as_json:
        value = {
            "checked": verdict.checked,
            "missing": verdict.missing,
            "wrong": [told(problem) for problem in verdict.wrong],
        }
        click.echo(json.dumps(value, indent=2))
    else:
        for problem in verdict.wrong:
            click.echo(f"wrong: {visible(str(problem))}", err=True)
        line = f"Compared {counted(verdict.checked, 'candidate')}: {len(verdict.wrong)} wrong"
        if verdict.missing:
            line += f"; {counted(verdict.missing, 'record')} of the input not in the manifest"
        click.echo(line, err=True)
    if not verdict.is_true or not verdict.checked:
        return ExitCode.FAILURE
    return ExitCode.PARTIAL if verdict.missing else ExitCode.OK


def _plan(options: BatchOptions) -> tuple[Plan, Blinding | None]:
    """Return what is made of each record, and the files of its codes, if it has any."""
    if options.profile is None:
        options.blind.open("the format's own", coded=False)
        return options.plan(None), None
    profile = load_profile(options.profile)
    coded = profile.identity == "coded"
    blinding = options.blind.open(profile.name, coded=coded, dry_run=options.dry_run)
    if blinding is not None:
        profile = load_profile(profile, key=blinding.key, decisions=blinding.decisions)
    return options.plan(profile), blinding


@contextmanager
def _kept(batch: Batch, blinding: Blinding | None) -> Iterator[None]:
    """Keep what leads back from codes, also if the run is ended."""
    if blinding is None or blinding.options.key_file is None:
        yield
        return
    with CodedJournal(blinding.options.key_file, batch.plan.name) as journal:
        batch.on_coded = journal.add
        try:
            yield
        finally:
            if journal.people:
                blinding.keep([*journal.people.values()], journal.finds, journal.certain)


def _say_how_to_go_on() -> None:
    words = shlex.join(["candidate-cards", *sys.argv[1:]])
    click.echo(f"What is done stays done. To go on: {words}", err=True)


class _Telling:
    """Progress and problems, for a terminal, a log or a program."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._terminal = sys.stderr.isatty() and not as_json
        self._every = _FOR_PROGRAMS if as_json else _ON_TERMINAL if self._terminal else _ELSEWHERE
        self._started = self._told = monotonic()
        self._listed = 0
        self._width = 0

    def problem(self, problem: Problem) -> None:
        """Tell of a record that cannot be used; of one that was changed only to programs."""
        if self._as_json:
            self._event("problem", **told(problem))
        elif problem.severity == "error":
            self._listed += 1
            if self._listed <= _MOST_LISTED:
                self._clear()
                click.echo(f"error: {visible(str(problem))}", err=True)

    def progress(self, summary: Summary) -> None:
        """Tell how far it is, if the last time is long enough ago."""
        now = monotonic()
        if now - self._told < self._every:
            return
        self._told = now
        if self._as_json:
            self._event("progress", **self._figures(summary))
            return
        line = self._line(summary)
        if self._terminal:
            self._clear()
            self._width = len(line)
            click.echo(line, nl=False, err=True)
        else:
            click.echo(line, err=True)

    def end(
        self, summary: Summary, how: Literal["done", "failed", "interrupted", "would be"]
    ) -> None:
        """Tell what came of it."""
        if self._as_json:
            self._event(how.replace("would be", "estimate"), **self._figures(summary))
            return
        self._clear()
        if self._listed > _MOST_LISTED:
            more = self._listed - _MOST_LISTED
            click.echo(f"{more:,} more errors are in the manifest", err=True)
        line = _told_of(summary, "Would render" if how == "would be" else "Rendered")
        if how != "would be":
            seconds = max(monotonic() - self._started, 1e-6)
            rate = (summary.rendered + summary.kept) / seconds
            line += f" in {_time(seconds)}, {rate:,.0f} a second"
        click.echo(line, err=True)

    def _line(self, summary: Summary) -> str:
        seconds = max(monotonic() - self._started, 1e-6)
        done = summary.rendered + summary.kept
        parts = [f"{done:,} candidates", f"{done / seconds:,.0f} a second"]
        if summary.total:
            share = min(summary.bytes_read / summary.total, 1.0)
            parts.insert(0, f"{share:.0%}")
            if share:
                parts.append(f"{_time(seconds / share - seconds)} left")
        if bad := summary.failed + summary.unusable:
            parts.append(f"{bad:,} failed")
        return ", ".join(parts)

    def _figures(self, summary: Summary) -> dict[str, Any]:
        seconds = monotonic() - self._started
        figures = {to_camel(name): value for name, value in asdict(summary).items()}
        share = summary.bytes_read / summary.total if summary.total else None
        left = seconds / share - seconds if share else None
        rate = (summary.rendered + summary.kept) / max(seconds, 1e-6)
        timing = {"seconds": round(seconds, 3), "rate": round(rate, 1)}
        return {**figures, **timing, "secondsLeft": None if left is None else round(left, 1)}

    def _event(self, kind: str, **fields: object) -> None:
        click.echo(json.dumps({"event": kind, **fields}))

    def _clear(self) -> None:
        if self._width:
            click.echo(f"\r{' ' * self._width}\r", nl=False, err=True)
            self._width = 0


def _told_of(summary: Summary, verb: str) -> str:
    """Return what came of a batch, or would."""
    parts = [f"{verb} {_counted(summary.rendered, 'candidate')}"]
    if summary.size:
        parts[0] += f" ({summary.size:,} bytes)"
    if summary.kept:
        parts.append(f"{summary.kept:,} unchanged")
    if summary.failed:
        parts.append(f"{summary.failed:,} failed")
    if summary.unusable:
        parts.append(f"{summary.unusable:,} could not be used")
        if summary.duplicates:
            parts[-1] += f" ({_counted(summary.duplicates, 'duplicate')})"
    if summary.notices:
        parts.append(f"{_counted(summary.notices, 'text')} changed")
    if summary.losses:
        parts.append(f"{_counted(summary.losses, 'worker')} lost")
    return ", ".join(parts)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _time(seconds: float) -> str:
    """Return ``48 s``, ``7 min`` or ``2 h 5 min``."""
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"  # noqa: PLR2004  two digits
    minutes = round(seconds / _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
