"""Messages for the command line: what ``render`` and ``send`` ask of them is the same."""

from __future__ import annotations

import mimetypes
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from candidate_cards import Attachment, Envelope, render_email, split_email
from candidate_cards.cli.option_groups import OptionGroup
from candidate_cards.cli.usage import usage_error
from candidate_cards.errors import InputError, Problem
from candidate_cards.exports import parse_address
from candidate_cards.models import Shortlist

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from candidate_cards import Candidate, Email, Theme
    from candidate_cards.cards import Density, Labels, NoticeFacts

#: The reproducible-builds convention: seconds since 1970 that stand for now.
_EPOCH = "SOURCE_DATE_EPOCH"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailOptions(OptionGroup):
    """What the command line says of a message.

    Attributes:
        sender: Who it is from; ``None`` makes drafts.
        to: Who it is to.
        reply_to: Who is answered, if not the sender.
        subject: ``None`` for role and count.
        unsubscribe: An https address, or ``None``.
        attach: Paths of files.
        split: Whether a long shortlist becomes several messages.
    """

    sender: str | None = None
    to: tuple[str, ...] = ()
    reply_to: str | None = None
    subject: str | None = None
    unsubscribe: str | None = None
    attach: tuple[str, ...] = ()
    split: bool = False

    def emails(  # noqa: PLR0913  what a message is made of
        self,
        content: Candidate | Shortlist,
        *,
        theme: Theme,
        density: Density,
        labels: Labels,
        notice: NoticeFacts,
        templates: str | None,
    ) -> tuple[Email, ...]:
        """Return the message, or with ``--split`` as many as it takes.

        The content is shown as it is: its profile was applied before.
        """
        look: dict[str, Any] = {
            "theme": theme,
            "density": density,
            "profile": "internal",
            "labels": labels,
            "subject": self.subject or "",
            "reply_to": self._answered(),
            "notice": notice,
            "templates": templates,
        }
        if self.split and isinstance(content, Shortlist):
            emails = split_email(content, **look)
        else:
            emails = (render_email(content, **look),)
        files = tuple(map(_attachment, self.attach))
        return tuple(replace(email, attachments=files) for email in emails)

    def disclosed(self, disclose: Callable[[str], str]) -> MailOptions:
        """Return the options as they may be told.

        Args:
            disclose: Returns what may be shown of a text.

        Raises:
            UsageError: The name of a file to attach tells what may not be shown.
        """
        for number, path in enumerate(self.attach, 1):
            name = Path(path).name
            if disclose(name) != name:
                message = f"the name of attached file {number} tells who somebody is; rename it"
                raise usage_error(message)
        return replace(self, subject=disclose(self.subject)) if self.subject else self

    def _answered(self) -> str:
        """Return the bare address that readers answer, ``""`` for none."""
        if self.reply_to is not None:
            return parse_address(self.reply_to, field="--reply-to").address
        return "" if self.sender is None else parse_address(self.sender, field="--from").address

    def envelope(self, to: tuple[str, ...], date: str | None, now: datetime) -> Envelope | None:
        """Return who a message is from and to; ``None`` without a sender.

        Args:
            to: Who it is to.
            date: An ISO 8601 time with its zone, or ``None``.
            now: Its date where none is given.

        Raises:
            UsageError: Options that make no sense without ``--from``, or a date without a zone.
            InputError: An address or another header cannot be used.
        """
        if self.sender is None:
            if to or self.reply_to or date or self.unsubscribe:
                message = "--to, --reply-to, --date and --unsubscribe need --from"
                raise usage_error(message)
            return None
        return Envelope(
            sender=self.sender,
            to=to,
            reply_to=self.reply_to,
            date=now if date is None else _date(date),
            unsubscribe=self.unsubscribe,
        )


def read_addresses(paths: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield the addresses of lists, one a line, each with its place: ``panel.txt:3``.

    Blank lines and those that begin with ``#`` are none.

    Raises:
        InputError: A list is not text in UTF-8.
    """
    for path in paths:
        try:
            with click.open_file(path, encoding="utf-8-sig") as lines:
                for number, line in enumerate(lines, 1):
                    address = line.strip()
                    if address and not address.startswith("#"):
                        yield f"{path}:{number}", address
        except UnicodeDecodeError:
            raise InputError([Problem("is not text in UTF-8", source=path)]) from None


def reproducible_now() -> datetime:
    """Return now, or what SOURCE_DATE_EPOCH says instead: seconds since 1970.

    Raises:
        UsageError: The variable is no such number.
    """
    epoch = os.environ.get(_EPOCH)
    if not epoch:
        return datetime.now().astimezone()
    try:
        return datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError):
        message = f"{_EPOCH} must be seconds since 1970"
        raise usage_error(message) from None


def _date(text: str) -> datetime:
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        date = None
    if date is None or date.tzinfo is None:
        message = "must be a time with its zone, such as 2026-03-02T10:00:00+01:00"
        raise click.BadParameter(message, param_hint="--date")
    return date


def _attachment(path: str) -> Attachment:
    # A table of its own: the system's would make other bytes on other machines.
    media_type, coding = mimetypes.MimeTypes().guess_type(path)
    if media_type is None or coding or media_type.startswith(("message/", "multipart/")):
        media_type = "application/octet-stream"
    return Attachment(Path(path).name, Path(path).read_bytes(), media_type)
