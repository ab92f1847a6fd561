"""``render``: load, export, write, report."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from candidate_cards import (
    export_candidates,
    list_formats,
    load_shortlist,
    load_theme,
    render_card,
)
from candidate_cards.cli.report import Output, Report
from candidate_cards.cli.writing import file_stems, refuse_existing, write_file
from candidate_cards.errors import InputError
from candidate_cards.exports import get_exporter
from candidate_cards.models import Shortlist

if TYPE_CHECKING:
    from collections.abc import Iterator

    from candidate_cards.cards import Density
    from candidate_cards.cli.exit_codes import ExitCode
    from candidate_cards.exports import Exporter
    from candidate_cards.models import Candidate
    from candidate_cards.themes import Theme

_STDOUT = "-"

#: Formats share ``.html``; a file of that name is opened in a browser, so it is a page.
_DEFAULT_FORMAT = "page"

#: Files from which a terminal shows progress; fewer are done before anybody wonders.
_MANY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderOptions:
    """The command line of ``render``, checked by click.

    Attributes:
        inputs: Paths, or ``-`` once.
        output: A path, or ``-``; a folder if it is one or ends in a separator.
        format_name: ``None`` to go by the output's extension.
        theme: A theme's name, or a path.
        density: How much of each candidate is shown.
        heading_level: 1 to 6, or ``None`` for the format's own.
        emails: Whether e-mail addresses are shown.
        no_fallback: Whether an element goes without the fragment inside.
        title: The role, or ``None`` to keep what the inputs say; so ``brief`` and the others.
        brief: What was asked for.
        client: Who it is for.
        author: Who made it.
        as_json: Report as JSON.
        force: Overwrite.
        dry_run: Write nothing.
    """

    inputs: tuple[str, ...]
    output: str
    format_name: str | None = None
    theme: str = "dark"
    density: Density = "card"
    heading_level: int | None = None
    emails: bool = False
    no_fallback: bool = False
    title: str | None = None
    brief: str | None = None
    client: str | None = None
    author: str | None = None
    as_json: bool = False
    force: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """What becomes one file.

    Attributes:
        path: Where it goes; ``None`` for standard output.
        content: One candidate alone, or all of them.
        density: How much of each is shown.
    """

    path: Path | None
    content: Candidate | Shortlist
    density: Density


def run(options: RenderOptions) -> ExitCode:
    """Render what the options say, and report on it.

    Returns:
        ``PARTIAL`` if a record failed or could not be used.

    Raises:
        CandidateCardsError: Nothing was written.
        OSError: A file could not be read or written; files before it are complete.
    """
    exporter = _exporter(options)
    theme = load_theme(options.theme)
    try:
        shortlist = load_shortlist(
            *options.inputs,
            title=options.title,
            brief=options.brief,
            client=options.client,
            author=options.author,
        )
    except InputError as error:
        if options.as_json:
            report = Report.of_nothing(error.problems, exporter.name, theme.name, options.density)
            report.print_json(to_stderr=options.output == _STDOUT)
        raise

    parts = _parts(shortlist, options, exporter)
    if not (options.force or options.dry_run):
        refuse_existing(part.path for part in parts if part.path is not None)

    outputs = []
    for part in _with_progress(parts):
        content = _export(part, exporter, theme, options)
        if not options.dry_run:
            _write(part.path, content)
        profile_id = None if isinstance(part.content, Shortlist) else part.content.profile_id
        outputs.append(Output(profile_id, str(part.path or _STDOUT), len(content)))

    report = Report(
        outputs=outputs,
        candidates=len(shortlist.candidates),
        failed=shortlist.failed,
        problems=shortlist.problems,
        format=exporter.name,
        theme=theme.name,
        density=options.density,
        dry_run=options.dry_run,
    )
    if options.as_json:
        report.print_json(to_stderr=options.output == _STDOUT)
    else:
        report.print_text()
    return report.exit_code


def _exporter(options: RenderOptions) -> Exporter:
    if options.format_name is not None:
        return get_exporter(options.format_name)
    extension = Path(options.output).suffix.lower()
    if options.output == _STDOUT or _is_folder(options.output) or extension in {".html", ".htm"}:
        return get_exporter(_DEFAULT_FORMAT)
    exporters = [get_exporter(name) for name in list_formats()]
    for exporter in exporters:
        if exporter.file_extension == extension:
            return exporter
    names = ", ".join(exporter.name for exporter in exporters)
    message = f"the name of OUT does not tell the format; pass --format with one of: {names}"
    raise click.UsageError(message, click.get_current_context(silent=True))


def _is_folder(output: str) -> bool:
    separators = tuple(filter(None, (os.sep, os.altsep)))
    return output.endswith(separators) or Path(output).is_dir()


def _parts(shortlist: Shortlist, options: RenderOptions, exporter: Exporter) -> list[_Part]:
    if options.output == _STDOUT or not _is_folder(options.output):
        path = None if options.output == _STDOUT else Path(options.output)
        return [_Part(path, _alone(shortlist) or shortlist, options.density)]
    folder = Path(options.output)
    stems = file_stems(candidate.profile_id for candidate in shortlist.candidates)
    parts = [
        _Part(folder / f"{stem}{exporter.file_extension}", candidate, options.density)
        for stem, candidate in zip(stems, shortlist.candidates, strict=True)
    ]
    if exporter.name == _DEFAULT_FORMAT:
        parts.append(_Part(folder / f"index{exporter.file_extension}", shortlist, "row"))
    return parts


def _alone(shortlist: Shortlist) -> Candidate | None:
    """Return the candidate of a shortlist that says nothing else."""
    frame = (shortlist.title, shortlist.brief, shortlist.client, shortlist.author, shortlist.failed)
    if len(shortlist.candidates) != 1 or any(frame):
        return None
    return shortlist.candidates[0]


def _export(part: _Part, exporter: Exporter, theme: Theme, options: RenderOptions) -> bytes:
    heading_level = options.heading_level
    if isinstance(part.content, Shortlist):
        return export_candidates(
            part.content,
            format=exporter.name,
            theme=theme,
            density=part.density,
            heading_level=2 if heading_level is None else heading_level,
            show_emails=options.emails,
            fallback=not options.no_fallback,
        )
    document = render_card(
        part.content,
        format=exporter.name,
        theme=theme,
        density=part.density,
        heading_level=heading_level,
        show_emails=options.emails,
        fallback=not options.no_fallback,
    )
    return exporter.export(document)


def _with_progress(parts: list[_Part]) -> Iterator[_Part]:
    if len(parts) < _MANY or not sys.stderr.isatty():
        yield from parts
        return
    with click.progressbar(parts, label="Rendering", file=sys.stderr) as shown:
        yield from shown


def _write(path: Path | None, content: bytes) -> None:
    if path is not None:
        write_file(path, content)
        return
    # With PYTHONUNBUFFERED this is a raw stream, which may take less than it was given.
    rest = memoryview(content)
    while rest:
        rest = rest[sys.stdout.buffer.write(rest) :]
    sys.stdout.buffer.flush()
