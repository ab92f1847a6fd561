"""Dossiers for the command line: facts, processes, and progress."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

import click

from candidate_cards.cards import DossierFacts
from candidate_cards.cli.notice import day
from candidate_cards.cli.option_groups import OptionGroup
from candidate_cards.exports.pdf import Limits, PdfPool, render_dossier

if TYPE_CHECKING:
    from pydantic import SecretStr

    from candidate_cards import Candidate, Labels, Shortlist, Theme
    from candidate_cards.cards import NoticeFacts
    from candidate_cards.exports.pdf import PageSize

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierOptions(OptionGroup):
    """What the command line says of a dossier.

    Attributes:
        page_size: Of the paper; ``None`` for A4.
        not_confidential: Leave the line out that says it is.
        recipient: Whom the copy is for, or ``None``.
        recipient_id: What the copy is called, or ``None``.
        password: What opens it, or ``None``.
        jobs: How many processes render; ``None`` for one per core.
        cache: A folder that keeps finished parts, or ``None``.
        part_seconds: Longest time for one candidate; ``None`` for the default.
        part_memory: Most memory for one candidate, in MiB; ``None`` for the default.
    """

    page_size: PageSize | None = None
    not_confidential: bool = False
    recipient: str | None = None
    recipient_id: str | None = None
    password: SecretStr | None = None
    jobs: int | None = None
    cache: str | None = None
    part_seconds: float | None = None
    part_memory: int | None = None

    def pool(self) -> PdfPool:
        """Return the processes to render in; they start with the first part."""
        usual = Limits()
        if self.part_seconds is not None and not isfinite(self.part_seconds):
            message = "must be a number of seconds"
            raise click.BadParameter(message, param_hint="--part-seconds")
        limits = Limits(
            seconds=self.part_seconds or usual.seconds,
            memory=self.part_memory * _MIB if self.part_memory else usual.memory,
        )
        return PdfPool(self.jobs, limits)

    def pdf(  # noqa: PLR0913  what a dossier is made of
        self,
        content: Candidate | Shortlist,
        *,
        theme: Theme,
        given_date: str | None,
        labels: Labels,
        notice: NoticeFacts,
        templates: str | None,
        pool: PdfPool,
    ) -> bytes:
        """Return the dossier; on a terminal with progress on stderr.

        The content is shown as it is: its profile was applied before.
        """
        facts = DossierFacts(
            issued=day(given_date, "--date"),
            confidential=not self.not_confidential,
            recipient=self.recipient or "",
            recipient_id=self.recipient_id or "",
        )
        return render_dossier(
            content,
            theme=theme,
            page_size=self.page_size or "A4",
            facts=facts,
            labels=labels,
            profile="internal",
            notice=notice,
            templates=templates,
            pool=pool,
            cache=self.cache,
            on_progress=_print_progress if sys.stderr.isatty() else None,
            password=self.password,
        )


def _print_progress(done: int, total: int) -> None:
    end = "\n" if done == total else ""
    click.echo(f"\rRendered {done} of {total} parts{end}", nl=False, err=True)
