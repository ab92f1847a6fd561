"""Notices for the command line: what is said in them, or that they are left out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import click

from candidate_cards.cards import NoticeFacts
from candidate_cards.cli.option_groups import OptionGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeOptions(OptionGroup):
    """What the command line says of a notice.

    Attributes:
        data_source: Where the data came from, or ``None`` for what is usual.
        contact: Whom to ask, or ``None``.
        keep_until: An ISO 8601 day, or ``None``.
        no_notice: Leave it out.
    """

    data_source: str | None = None
    contact: str | None = None
    keep_until: str | None = None
    no_notice: bool = False

    def facts(self) -> NoticeFacts:
        """Return what a notice says.

        Raises:
            BadParameter: The day is none.
        """
        return NoticeFacts(
            source=self.data_source or "",
            contact=self.contact or "",
            keep_until=day(self.keep_until, "--keep-until"),
            shown=not self.no_notice,
        )

    def to_report(self) -> dict[str, Any]:
        """Return what a JSON report says; ``None`` stands for what is usual."""
        return {
            "shown": not self.no_notice,
            "dataSource": self.data_source,
            "contact": self.contact,
            "keepUntil": self.keep_until,
        }

    def named(self) -> dict[str, object]:
        """Return the options by their names on the command line."""
        return {
            "--data-source": self.data_source,
            "--contact": self.contact,
            "--keep-until": self.keep_until,
            "--no-notice": self.no_notice,
        }


def day(text: str | None, option: str) -> date | None:
    """Read a day, or the day of a time.

    Args:
        text: ISO 8601.
        option: Where it comes from.

    Raises:
        BadParameter: It is none.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        message = "must be a day such as 2026-03-02"
        raise click.BadParameter(message, param_hint=option) from None
