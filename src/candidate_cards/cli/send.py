"""``send``: a shortlist to each recipient by SMTP; nothing leaves without ``--yes``."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from pydantic import SecretStr

from candidate_cards import DeliveryError, load_labels, load_shortlist, load_theme
from candidate_cards.cli.exit_codes import ExitCode
from candidate_cards.cli.mail import MailOptions, read_addresses
from candidate_cards.cli.notice import NoticeOptions
from candidate_cards.cli.profiles import chosen_profile, disclosed
from candidate_cards.cli.report import (
    NOTICE_LEFT_OUT,
    counted,
    exit_code,
    lost,
    print_lost,
    visible,
)
from candidate_cards.cli.usage import usage_error
from candidate_cards.delivery import Journal, Outcome, Outgoing, SmtpServer, Status, deliver
from candidate_cards.errors import InputError, Problem
from candidate_cards.exports import get_exporter, notice_with, parse_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from candidate_cards import Email, Envelope
    from candidate_cards.cards import Density
    from candidate_cards.cli.blind import BlindOptions
    from candidate_cards.delivery import Security
    from candidate_cards.models import Shortlist

_PASSWORD = "CANDIDATE_CARDS_SMTP_PASSWORD"  # noqa: S105  the name of a variable

#: What became of a message that its recipient certainly has.
_ARRIVED: tuple[Status, ...] = ("sent", "skipped")


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOptions:
    """The command line of ``send``, checked by click.

    Attributes:
        inputs: Paths, or ``-`` once.
        mail: What is said of the messages.
        blind: The files of codes.
        notice: What is said of the data in them.
        to_file: Paths of address lists.
        date: An ISO 8601 time with its zone; ``None`` for now.
        theme: A theme's name, or a path; ``None`` for the format's own.
        density: How much of each candidate is shown; ``None`` for what is usual.
        profile: A profile's name, or a path; ``None`` for ``client``.
        emails: Whether candidates' e-mail addresses are shown; ``None`` for as the profile says.
        lang: The language of our own words, or the path of a catalogue.
        title: The role, or ``None`` to keep what the inputs say; so ``brief`` and the others.
        brief: What was asked for.
        client: Who it is for.
        author: Who made it.
        templates: A folder of own templates, or ``None``.
        smtp_host: Name of the server; ``None`` is fine until something is sent.
        smtp_port: ``None`` for the usual one.
        smtp_security: ``starttls``, ``tls`` or ``none``.
        smtp_username: ``None`` to send without a login.
        smtp_password_file: Path, or ``None`` for the variable.
        smtp_ca_file: Path of further authorities, or ``None``.
        smtp_timeout: Seconds to wait for each answer.
        journal: Path of the file that keeps a rerun from sending twice, or ``None``.
        retry_unknown: Send also what may have arrived before.
        yes: Send.
        as_json: Report as JSON.
    """

    inputs: tuple[str, ...]
    mail: MailOptions
    blind: BlindOptions
    notice: NoticeOptions = field(default_factory=NoticeOptions)
    to_file: tuple[str, ...] = ()
    date: str | None = None
    theme: str | None = None
    density: Density | None = None
    profile: str | None = None
    emails: bool | None = None
    lang: str = "en"
    title: str | None = None
    brief: str | None = None
    client: str | None = None
    author: str | None = None
    templates: str | None = None
    smtp_host: str | None = None
    smtp_port: int | None = None
    smtp_security: Security = "starttls"
    smtp_username: str | None = None
    smtp_password_file: str | None = None
    smtp_ca_file: str | None = None
    smtp_timeout: float = 60.0
    journal: str | None = None
    retry_unknown: bool = False
    yes: bool = False
    as_json: bool = False


def run(options: SendOptions) -> ExitCode:
    """Send what the options say, or without ``--yes`` say what would be sent.

    Returns:
        ``PARTIAL`` if a recipient did not get a message, or a record could not be used;
        ``FAILURE`` if nobody got one.

    Raises:
        CandidateCardsError: Nothing was sent.
        OSError: A file could not be read.
    """
    shortlist = load_shortlist(
        *options.inputs,
        title=options.title,
        brief=options.brief,
        client=options.client,
        author=options.author,
    )
    exporter = get_exporter("email")
    profile = chosen_profile(options.profile, exporter, emails=options.emails)
    labels = load_labels(options.lang)
    shortlist, mail = disclosed(
        shortlist, profile, options.blind, options.mail, labels=labels, dry_run=not options.yes
    )
    emails = mail.emails(
        shortlist,
        theme=load_theme(options.theme or exporter.theme),
        density=options.density or "card",
        labels=labels,
        notice=notice_with(options.notice.facts(), profile),
        templates=options.templates,
    )
    # A bad address or header is an error before anything is sent.
    recipients = _recipients(options)
    messages = [
        _Message(_key(recipient, email), recipient, envelope, email)
        for recipient, envelope in recipients.items()
        for email in emails
    ]
    server = _server(options)
    print_lost(shortlist.problems, shortlist.failed)
    if options.notice.no_notice:
        click.echo(NOTICE_LEFT_OUT, err=True)
    if not options.yes:
        return _print_plan(shortlist, emails, messages, server, options)
    if server is None:
        raise usage_error("name the server: --smtp-host, or CANDIDATE_CARDS_SMTP_HOST")
    error = ""
    try:
        outcomes: Sequence[Outcome] = deliver(
            # One at a time: with files a message may be large, and there is one per recipient.
            (
                Outgoing.from_message(email.message(envelope), key=key)
                for key, _, envelope, email in messages
            ),
            server,
            journal=_journal(options),
            on_outcome=_print_outcome,
        )
    except DeliveryError as failure:
        outcomes, error = failure.outcomes, str(failure)
        click.echo(f"Error: {error}", err=True)
    return _report(outcomes, len(messages), error, shortlist, options)


class _Message(NamedTuple):
    """What goes to whom; ``key`` is the same on another day."""

    key: str
    recipient: str
    envelope: Envelope
    email: Email


def _recipients(options: SendOptions) -> dict[str, Envelope]:
    """Return an envelope for each address, each once, in the order given."""
    mail = options.mail
    if mail.sender is None:
        raise usage_error("--from is missing")
    if options.retry_unknown and options.journal is None:
        raise usage_error("--retry-unknown needs the --journal that knows of them")
    named = [(f"--to {number}", text) for number, text in enumerate(mail.to, 1)]
    named += read_addresses(options.to_file)
    now = datetime.now().astimezone()
    recipients: dict[str, Envelope] = {}
    for place, text in named:
        address = parse_address(text, field=place).address
        envelope = mail.envelope((text,), options.date, now)
        if envelope is not None:
            recipients.setdefault(address, envelope)
    if not recipients:
        raise usage_error("name a recipient: --to, or a list of them: --to-file")
    return recipients


def _journal(options: SendOptions) -> Journal | None:
    if options.journal is None:
        return None
    return Journal(options.journal, retry_unknown=options.retry_unknown)


def _key(address: str, email: Email) -> str:
    return sha256(f"{address}\0{email.digest}".encode()).hexdigest()


def _server(options: SendOptions) -> SmtpServer | None:
    if options.smtp_host is None:
        return None
    if options.smtp_password_file is not None:
        password: str | None = _password(options.smtp_password_file)
    else:
        password = os.environ.get(_PASSWORD)
    return SmtpServer(
        options.smtp_host,
        options.smtp_port,
        options.smtp_security,
        options.smtp_username,
        None if password is None else SecretStr(password),
        timeout=options.smtp_timeout,
        ca_file=options.smtp_ca_file,
    )


def _password(path: str) -> str:
    try:
        return Path(path).read_text("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:  # it holds what it could not decode
        raise InputError([Problem("is not text in UTF-8", source=path)]) from None


def _print_plan(
    shortlist: Shortlist,
    emails: Sequence[Email],
    messages: Sequence[_Message],
    server: SmtpServer | None,
    options: SendOptions,
) -> ExitCode:
    journal = _journal(options)
    known = journal.keys_not_sent_again() if journal else frozenset()
    left = [message for message in messages if message.key not in known]
    recipients = list(dict.fromkeys(message.recipient for message in messages))
    if options.as_json:
        plan = {
            "dryRun": True,
            "candidates": len(shortlist.candidates),
            "notice": options.notice.to_report(),
            **lost(shortlist.problems, shortlist.failed),
            "messages": [{"subject": email.subject, "htmlBytes": email.size} for email in emails],
            "recipients": recipients,
            "toSend": len(left),
            "server": None if server is None else server.address,
        }
        click.echo(json.dumps(plan, indent=2, ensure_ascii=False))
    else:
        for email in emails:
            click.echo(
                f"Subject: {visible(email.subject)} ({email.size:,} bytes of HTML)", err=True
            )
        for recipient in recipients:
            click.echo(f"To: {recipient}", err=True)
        if len(left) < len(messages):
            before = f"{len(messages) - len(left)} of {counted(len(messages), 'message')}"
            click.echo(f"The journal knows of {before}, which would not be sent again.", err=True)
        where = "a server to be named with --smtp-host" if server is None else server.address
        click.echo(
            f"Would send {counted(len(left), 'message')} by way of {where}. "
            "Nothing was sent: add --yes to send.",
            err=True,
        )
    return exit_code(shortlist.problems, shortlist.failed)


def _print_outcome(outcome: Outcome) -> None:
    why = f": {outcome.detail}" if outcome.detail and outcome.status != "sent" else ""
    click.echo(f"{outcome.status:8} {outcome.recipient}{why}", err=True)


def _report(
    outcomes: Sequence[Outcome],
    asked: int,
    error: str,
    shortlist: Shortlist,
    options: SendOptions,
) -> ExitCode:
    counts = Counter(outcome.status for outcome in outcomes)
    if options.as_json:
        report: dict[str, Any] = {
            "dryRun": False,
            "candidates": len(shortlist.candidates),
            "notice": options.notice.to_report(),
            **lost(shortlist.problems, shortlist.failed),
            "outcomes": [
                {
                    "recipient": outcome.recipient,
                    "status": outcome.status,
                    "code": outcome.code,
                    "detail": outcome.detail,
                    "attempts": outcome.attempts,
                    "messageId": outcome.message_id,
                }
                for outcome in outcomes
            ],
            "notTried": asked - len(outcomes),
            "error": error or None,
        }
        click.echo(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        what = ", ".join(f"{count} {status}" for status, count in counts.items()) or "nothing sent"
        click.echo(f"Of {counted(asked, 'message')}: {what}", err=True)
    arrived = sum(counts[status] for status in _ARRIVED)
    if not arrived:
        return ExitCode.FAILURE
    if arrived < asked:
        return ExitCode.PARTIAL
    return exit_code(shortlist.problems, shortlist.failed)
