"""Messages for the command line: what ``render`` and ``send`` ask of them is the same."""

from __future__ import annotations

import mimetypes
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import click

from candidate_cards import Attachment, Envelope, render_email, split_email
from candidate_cards.exports import parse_address
from candidate_cards.models import Shortlist

if TYPE_CHECKING:
    from collections.abc import Iterator

    from candidate_cards import Candidate, Email, Theme
    from candidate_cards.cards import Density

#: The reproducible-builds convention: seconds since 1970 that stand for now.
_EPOCH = "SOURCE_DATE_EPOCH"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailOptions:
    """What the command line says of a message.

    Attributes:
        sender: Who it is from; ``None`` makes drafts.
        to: Who it is to.
        reply_to: Who is answered, if not the sender.
        subject: ``None`` for role and count.
        date: An ISO 8601 time with its zone; ``None`` for now.
        unsubscribe: An https address, or ``None``.
        attach: Paths of files.
        split: Whether a long shortlist becomes several messages.
    """

    sender: str | None = None
    to: tuple[str, ...] = ()
    reply_to: str | None = None
    subject: str | None = None
    date: str | None = None
    unsubscribe: str | None = None
    attach: tuple[str, ...] = ()
    split: bool = False

    @classmethod
    def taken_from(cls, options: dict[str, Any]) -> Self:
        """Take a command's message options out of all its options."""
        return cls(**{name: options.pop(name) for name in cls.__dataclass_fields__})

    @property
    def given(self) -> bool:
        """Whether any of them is on the command line."""
        return self != type(self)()

    def emails(
        self,
        content: Candidate | Shortlist,
        *,
        theme: Theme,
        density: Density,
        show_emails: bool,
        templates: str | None,
    ) -> tuple[Email, ...]:
        """Return the message, or with ``--split`` as many as it takes."""
        look: dict[str, Any] = {
            "theme": theme,
            "density": density,
            "show_emails": show_emails,
            "subject": self.subject or "",
            "reply_to": self._answered(),
            "templates": templates,
        }
        if self.split and isinstance(content, Shortlist):
            return split_email(content, **look)
        return (render_email(content, **look),)

    def _answered(self) -> str:
        """Return the bare address that readers answer, ``""`` for none."""
        if self.reply_to is not None:
            return parse_address(self.reply_to, field="--reply-to").address
        return "" if self.sender is None else parse_address(self.sender, field="--from").address

    def envelope(self, to: tuple[str, ...]) -> Envelope | None:
        """Return who a message is from and to; ``None`` without a sender.

        Raises:
            UsageError: Options that make no sense without ``--from``, or a date without a zone.
            InputError: An address or another header cannot be used.
        """
        if self.sender is None:
            if to or self.reply_to or self.date or self.unsubscribe:
                message = "--to, --reply-to, --date and --unsubscribe need --from"
                raise click.UsageError(message, click.get_current_context(silent=True))
            return None
        return Envelope(
            sender=self.sender,
            to=to,
            reply_to=self.reply_to,
            date=_date(self.date),
            unsubscribe=self.unsubscribe,
        )

    def attachments(self) -> list[Attachment]:
        """Read the files to go along."""
        return list(map(_attachment, self.attach))


def read_addresses(paths: tuple[str, ...]) -> Iterator[str]:
    """Yield the lines of address lists; blank lines and those that begin with ``#`` are none."""
    for path in paths:
        with click.open_file(path, encoding="utf-8-sig") as lines:
            for line in lines:
                if line.strip() and not line.startswith("#"):
                    yield line.strip()


def _date(text: str | None) -> datetime:
    if text is None:
        epoch = os.environ.get(_EPOCH)
        return datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now().astimezone()
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        date = None
    if date is None or date.tzinfo is None:
        message = "must be a time with its zone, such as 2026-03-02T10:00:00+01:00"
        raise click.BadParameter(message, param_hint="--date")
    return date


def _attachment(path: str) -> Attachment:
    media_type = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return Attachment(Path(path).name, Path(path).read_bytes(), media_type)
