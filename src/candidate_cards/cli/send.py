"""``send``: a shortlist to each recipient by SMTP; nothing leaves without ``--yes``."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from pydantic import SecretStr

from candidate_cards import DeliveryError, load_shortlist, load_theme, message_bytes
from candidate_cards.cli.exit_codes import ExitCode
from candidate_cards.cli.mail import MailOptions, read_addresses
from candidate_cards.cli.report import counted, visible
from candidate_cards.delivery import Journal, Outcome, Outgoing, SmtpServer, Status, deliver
from candidate_cards.exports import get_exporter, parse_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from candidate_cards import Email
    from candidate_cards.cards import Density
    from candidate_cards.delivery import Security
    from candidate_cards.models import Shortlist

_PASSWORD = "CANDIDATE_CARDS_SMTP_PASSWORD"  # noqa: S105  the name of a variable

#: What a message became that its recipient has or will get.
_ARRIVED: tuple[Status, ...] = ("sent", "skipped")


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOptions:
    """The command line of ``send``, checked by click.

    Attributes:
        inputs: Paths, or ``-`` once.
        mail: What is said of the messages.
        to_file: Paths of address lists.
        theme: A theme's name, or a path; ``None`` for the format's own.
        density: How much of each candidate is shown.
        emails: Whether candidates' e-mail addresses are shown.
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
    to_file: tuple[str, ...] = ()
    theme: str | None = None
    density: Density = "card"
    emails: bool = False
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
    emails = options.mail.emails(
        shortlist,
        theme=load_theme(options.theme or get_exporter("email").theme),
        density=options.density,
        show_emails=options.emails,
        templates=options.templates,
    )
    outgoing = _outgoing(emails, options)
    server = _server(options)
    for problem in shortlist.problems:
        click.echo(f"{problem.severity}: {visible(str(problem))}", err=True)
    if not options.yes:
        _print_plan(shortlist, emails, outgoing, server, options)
        return ExitCode.OK
    if server is None:
        message = "name the server: --smtp-host, or CANDIDATE_CARDS_SMTP_HOST"
        raise click.UsageError(message, click.get_current_context(silent=True))
    journal = None
    if options.journal is not None:
        journal = Journal(options.journal, retry_unknown=options.retry_unknown)
    error = ""
    try:
        outcomes: Sequence[Outcome] = deliver(
            outgoing, server, journal=journal, on_outcome=_print_outcome
        )
    except DeliveryError as failure:
        outcomes, error = failure.outcomes, str(failure)
        click.echo(f"Error: {error}", err=True)
    return _report(outcomes, len(outgoing), error, shortlist, options)


def _outgoing(emails: Sequence[Email], options: SendOptions) -> list[Outgoing]:
    """Return every message to every recipient, each address once, in the order given."""
    mail = options.mail
    if mail.sender is None:
        message = "--from is missing"
        raise click.UsageError(message, click.get_current_context(silent=True))
    sender = parse_address(mail.sender, field="--from").address
    named = [("--to", text) for text in mail.to]
    named += [("--to-file", text) for text in read_addresses(options.to_file)]
    recipients: dict[str, str] = {}
    for number, (option, text) in enumerate(named, 1):
        # An address list is a long one: the number finds the line.
        recipients.setdefault(parse_address(text, field=f"{option} {number}").address, text)
    if not recipients:
        message = "name a recipient: --to, or a list of them: --to-file"
        raise click.UsageError(message, click.get_current_context(silent=True))
    attachments = mail.attachments()
    outgoing: list[Outgoing] = []
    for address, text in recipients.items():
        envelope = mail.envelope((text,))
        for email in emails:
            mailed = email.message(envelope, attachments=attachments)
            content = message_bytes(mailed)
            key = _key(address, email.subject, content)
            outgoing.append(Outgoing(address, sender, content, key, str(mailed["Message-ID"])))
    return outgoing


def _key(address: str, subject: str, content: bytes) -> str:
    """Return what is the same when the same is sent to the same person another day."""
    body = content.partition(b"\r\n\r\n")[2]
    return sha256(b"\0".join((address.encode(), subject.encode(), body))).hexdigest()


def _server(options: SendOptions) -> SmtpServer | None:
    if options.smtp_host is None:
        return None
    if options.smtp_password_file is not None:
        password: str | None = Path(options.smtp_password_file).read_text("utf-8").rstrip("\r\n")
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


def _print_plan(
    shortlist: Shortlist,
    emails: Sequence[Email],
    outgoing: Sequence[Outgoing],
    server: SmtpServer | None,
    options: SendOptions,
) -> None:
    recipients = list(dict.fromkeys(message.recipient for message in outgoing))
    if options.as_json:
        plan = {
            "dryRun": True,
            "candidates": len(shortlist.candidates),
            "messages": [{"subject": email.subject, "htmlBytes": email.size} for email in emails],
            "recipients": recipients,
            "server": None if server is None else server.address,
        }
        click.echo(json.dumps(plan, indent=2, ensure_ascii=False))
        return
    for email in emails:
        click.echo(f"Subject: {email.subject} ({email.size:,} bytes of HTML)", err=True)
    for recipient in recipients:
        click.echo(f"To: {recipient}", err=True)
    where = "a server to be named with --smtp-host" if server is None else server.address
    click.echo(
        f"Would send {counted(len(outgoing), 'message')} by way of {where}. "
        "Nothing was sent: add --yes to send.",
        err=True,
    )


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
    unusable = any(problem.severity == "error" for problem in shortlist.problems)
    whole = arrived == asked and not unusable and not shortlist.failed
    return ExitCode.OK if whole else ExitCode.PARTIAL
