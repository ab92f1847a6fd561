"""``render``: load, export, write, report."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from candidate_cards import (
    export_candidates,
    list_formats,
    load_labels,
    load_shortlist,
    load_theme,
    message_bytes,
)
from candidate_cards.cli.blind import BlindOptions
from candidate_cards.cli.dossier import DossierOptions
from candidate_cards.cli.exit_codes import ExitCode
from candidate_cards.cli.mail import MailOptions, reproducible_now
from candidate_cards.cli.notice import NoticeOptions
from candidate_cards.cli.profiles import chosen_profile, disclosed, print_explanation
from candidate_cards.cli.report import Output, Report
from candidate_cards.cli.usage import usage_error
from candidate_cards.cli.vendor import VendorOptions
from candidate_cards.cli.writing import file_stems, refuse_existing, write_output
from candidate_cards.errors import InputError
from candidate_cards.exports import get_exporter, notice_with
from candidate_cards.exports.png import render_picture
from candidate_cards.models import Shortlist

if TYPE_CHECKING:
    from collections.abc import Iterator

    from candidate_cards.cards import Density, NoticeFacts
    from candidate_cards.cli.via import Via
    from candidate_cards.exports import Exporter
    from candidate_cards.exports.pdf import PdfPool
    from candidate_cards.models import Candidate
    from candidate_cards.relay import Mode
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
        theme: A theme's name, or a path; ``None`` for the format's own.
        density: How much of each candidate is shown; ``None`` for what is usual.
        heading_level: 1 to 6, or ``None`` for the format's own.
        profile: A profile's name, or a path; ``None`` for the format's own.
        emails: Whether e-mail addresses are shown; ``None`` for as the profile says.
        lang: The language of our own words, or the path of a catalogue.
        no_fallback: Whether an element goes without the fragment inside.
        title: The role, or ``None`` to keep what the inputs say; so ``brief`` and the others.
        brief: What was asked for.
        client: Who it is for.
        author: Who made it.
        templates: A folder of own templates, or ``None``.
        date: When a message is sent, or what a dossier says; ISO 8601.
        scale: Device pixels of a picture per CSS pixel, or ``None``.
        blind: The files of codes.
        mail: What is said of a message.
        dossier: What is said of a dossier.
        notice: What is said of the data, beside scores and AI-written texts.
        via: Who makes the cards.
        vendor: Where the vendor is, and who asks.
        as_json: Report as JSON.
        force: Overwrite.
        dry_run: Write nothing.
        explain: Print what the profile shows, and render nothing.
    """

    inputs: tuple[str, ...]
    output: str
    format_name: str | None = None
    theme: str | None = None
    density: Density | None = None
    heading_level: int | None = None
    profile: str | None = None
    emails: bool | None = None
    lang: str = "en"
    no_fallback: bool = False
    title: str | None = None
    brief: str | None = None
    client: str | None = None
    author: str | None = None
    templates: str | None = None
    date: str | None = None
    scale: int | None = None
    blind: BlindOptions = field(default_factory=BlindOptions)
    mail: MailOptions = field(default_factory=MailOptions)
    dossier: DossierOptions = field(default_factory=DossierOptions)
    notice: NoticeOptions = field(default_factory=NoticeOptions)
    via: Mode = "local"
    vendor: VendorOptions = field(default_factory=VendorOptions)
    as_json: bool = False
    force: bool = False
    dry_run: bool = False
    explain: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """What becomes one file.

    Attributes:
        path: Where it goes; ``None`` for standard output.
        content: One candidate alone, or all of them.
        density: How much of each is shown.
        notice: What a notice on it says.
    """

    path: Path | None
    content: Candidate | Shortlist
    density: Density
    notice: NoticeFacts


def run(options: RenderOptions) -> ExitCode:
    """Render what the options say, and report on it.

    Returns:
        ``PARTIAL`` if a record failed or could not be used.

    Raises:
        CandidateCardsError: Nothing was written.
        OSError: A file could not be read or written; files before it are complete.
    """
    exporter = _exporter(options)
    profile = chosen_profile(options.profile, exporter, emails=options.emails)
    if options.explain:
        print_explanation(profile, as_json=options.as_json)
        return ExitCode.OK
    options.blind.check_apart_from(options.output)
    theme = load_theme(options.theme or exporter.theme)
    load_labels(options.lang)  # a wrong name is told before anything is read
    density = exporter.density or options.density or "card"
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
            report = Report.of_nothing(
                error.problems, exporter.name, theme.name, density, profile.name
            )
            report.print_json(to_stderr=options.output == _STDOUT)
        raise
    if options.via == "local":
        # Once, before anything has a name: files and reports hold codes too.
        shortlist, mail = disclosed(
            shortlist,
            profile,
            options.blind,
            options.mail,
            labels=load_labels(options.lang),
            dry_run=options.dry_run,
        )
        options = replace(options, mail=mail)

    notice = notice_with(options.notice.facts(), profile)
    parts = _parts(shortlist, options, exporter, density, notice)
    if not (options.force or options.dry_run):
        # Which files a shortlist in several messages becomes is known when they are rendered.
        refuse_existing(
            part.path
            for part in parts
            if part.path is not None
            and not (options.mail.split and isinstance(part.content, Shortlist))
        )

    via = _via(shortlist, options)
    outputs = []
    with options.dossier.pool() as pool:
        for part in _with_progress(parts):
            for path, content in (
                _files(part, exporter, theme, options, pool)
                if via is None
                else _relayed_files(part, via)
            ):
                if not options.dry_run:
                    write_output(path, content)
                alone = None if isinstance(part.content, Shortlist) else part.content.profile_id
                outputs.append(Output(alone, str(path or _STDOUT), len(content)))

    report = Report(
        outputs=outputs,
        candidates=len(shortlist.candidates if via is None else via.cards),
        failed=(*shortlist.failed, *(() if via is None else via.failed)),
        problems=shortlist.problems,
        format=exporter.name,
        theme=theme.name,
        density=density,
        profile=profile.name,
        dry_run=options.dry_run,
        notice=options.notice,
        via=via,
    )
    if options.as_json:
        report.print_json(to_stderr=options.output == _STDOUT)
    else:
        report.print_text()
    return report.exit_code if outputs else ExitCode.FAILURE


def _exporter(options: RenderOptions) -> Exporter:
    exporter = _chosen_exporter(options)
    message = ""
    if options.mail.given and not exporter.message:
        message = "options of a message need a message: name OUT .eml, or pass --format email"
    elif options.dossier.given and not exporter.dossier:
        message = "options of a dossier need a dossier: name OUT .pdf, or pass --format pdf"
    elif options.date and not (exporter.message or exporter.dossier):
        message = "--date is for messages (.eml) and dossiers (.pdf)"
    elif options.heading_level and (exporter.message or exporter.dossier):
        message = f"--heading-level is for cards in a page; {exporter.name} has its own outline"
    elif options.density and exporter.density:
        message = f"--density is for cards and messages; {exporter.name} knows only one"
    elif options.scale and exporter.name != "png":
        message = "--scale is for pictures (.png)"
    elif options.via == "local" and options.vendor.named():
        message = f"{options.vendor.named()[0][0]} is for --via proxy and --via fallback"
    if message:
        raise usage_error(message)
    if options.via != "local":
        from candidate_cards.cli import via  # noqa: PLC0415  few ask for it

        ours = {
            "--density": options.density,
            "--heading-level": options.heading_level,
            "--emails": options.emails,
            "--lang": options.lang != "en",
            "--no-emails": options.emails is False,
            "--templates": options.templates,
            **options.notice.named(),
        }
        profiled = options.profile is not None or options.blind.given
        via.check(options.via, exporter.name, options.theme, ours, profiled=profiled)
    return exporter


def _chosen_exporter(options: RenderOptions) -> Exporter:
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
    raise usage_error(message)


def _is_folder(output: str) -> bool:
    separators = tuple(filter(None, (os.sep, os.altsep)))
    return output.endswith(separators) or Path(output).is_dir()


def _parts(
    shortlist: Shortlist,
    options: RenderOptions,
    exporter: Exporter,
    density: Density,
    notice: NoticeFacts,
) -> list[_Part]:
    if options.output == _STDOUT or not _is_folder(options.output):
        path = None if options.output == _STDOUT else Path(options.output)
        return [_Part(path, shortlist.alone or shortlist, density, notice)]
    folder = Path(options.output)
    stems = file_stems(candidate.profile_id for candidate in shortlist.candidates)
    parts = [
        _Part(folder / f"{stem}{exporter.file_extension}", candidate, density, notice)
        for stem, candidate in zip(stems, shortlist.candidates, strict=True)
    ]
    if exporter.name == _DEFAULT_FORMAT:
        index = folder / f"index{exporter.file_extension}"
        parts.append(_Part(index, shortlist, "row", notice))
    return parts


def _files(
    part: _Part, exporter: Exporter, theme: Theme, options: RenderOptions, pool: PdfPool
) -> list[tuple[Path | None, bytes]]:
    """Return what a part becomes: one file, or several messages."""
    if exporter.message:
        return _messages(part, theme, options)
    if exporter.dossier:
        content = options.dossier.pdf(
            part.content,
            theme=theme,
            given_date=options.date,
            labels=load_labels(options.lang),
            notice=part.notice,
            templates=options.templates,
            pool=pool,
        )
        return [(part.path, content)]
    if exporter.name == "png":
        scale = options.scale or 1
        picture = render_picture(
            part.content,
            theme=theme,
            scale=scale,
            labels=load_labels(options.lang),
            profile="internal",
            notice=part.notice,
            templates=options.templates,
        )
        return [(part.path, picture)]
    content = export_candidates(
        part.content,
        format=exporter.name,
        theme=theme,
        density=part.density,
        heading_level=options.heading_level,
        profile="internal",
        fallback=not options.no_fallback,
        labels=load_labels(options.lang),
        notice=part.notice,
        templates=options.templates,
    )
    return [(part.path, content)]


def _via(shortlist: Shortlist, options: RenderOptions) -> Via | None:
    """Return what a relay makes of a shortlist, if one was asked for."""
    if options.via == "local":
        return None
    from candidate_cards.cli import via  # noqa: PLC0415  few ask for it

    look = {
        "density": options.density or "card",
        "heading_level": options.heading_level,
        "show_emails": options.emails,
        "labels": load_labels(options.lang),
        "notice": options.notice.facts(),
        "templates": options.templates,
    }
    return via.relayed(shortlist, options.via, options.vendor, options.theme, look)


def _relayed_files(part: _Part, via: Via) -> list[tuple[Path | None, bytes]]:
    people = part.content.candidates if isinstance(part.content, Shortlist) else (part.content,)
    cards = [via.cards[each.profile_id] for each in people if each.profile_id in via.cards]
    return [(part.path, "".join(f"{card}\n" for card in cards).encode())] if cards else []


def _messages(part: _Part, theme: Theme, options: RenderOptions) -> list[tuple[Path | None, bytes]]:
    mail = options.mail
    emails = mail.emails(
        part.content,
        theme=theme,
        density=part.density,
        labels=load_labels(options.lang),
        notice=part.notice,
        templates=options.templates,
    )
    envelope = mail.envelope(mail.to, options.date, reproducible_now())
    contents = [message_bytes(email.message(envelope)) for email in emails]
    if part.path is None and len(contents) == 1:
        return [(None, contents[0])]
    if part.path is None:
        message = f"{len(contents)} messages do not go into one stdout; give OUT a name"
        raise usage_error(message)
    stem = part.path.stem
    paths = [part.path]
    if len(contents) > 1:
        paths = [part.path.with_stem(f"{stem}-{number}") for number in range(1, len(contents) + 1)]
    if mail.split and not (options.force or options.dry_run):
        refuse_existing(paths)
    return list(zip(paths, contents, strict=True))


def _with_progress(parts: list[_Part]) -> Iterator[_Part]:
    if len(parts) < _MANY or not sys.stderr.isatty():
        yield from parts
        return
    with click.progressbar(parts, label="Rendering", file=sys.stderr) as shown:
        yield from shown
