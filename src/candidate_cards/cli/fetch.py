"""``store fetch``: what runs have found goes into the store."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from candidate_cards.cli.exit_codes import ExitCode
from candidate_cards.cli.report import lost, print_lost, visible
from candidate_cards.cli.results import found
from candidate_cards.cli.runs import print_error, readable
from candidate_cards.errors import VendorAnswerError, VendorError
from candidate_cards.store import open_store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from candidate_cards.cli.vendor import VendorOptions
    from candidate_cards.errors import Problem
    from candidate_cards.instaview import Client
    from candidate_cards.models import FailedProfile, Shortlist
    from candidate_cards.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOptions:
    """The command line of ``store fetch``, checked by click.

    Attributes:
        url: Of the store.
        company: Whose candidates they become.
        request_ids: Of the runs.
        timeout: Seconds to wait for all of them.
        interval: Seconds between two looks, or ``None`` for what the contract asks for.
        vendor: Where to ask.
        as_json: Report as JSON.
    """

    url: str
    company: str
    request_ids: Sequence[str]
    timeout: float
    interval: float | None
    vendor: VendorOptions
    as_json: bool


def run(options: FetchOptions) -> ExitCode:
    """Wait for runs and save what each has found as soon as it is there.

    Returns:
        ``PARTIAL`` if a run, a profile or a record is missing, ``FAILURE`` if every run is.

    Raises:
        CandidateCardsError: A setting or an id cannot be, or the database failed.
        OSError: A file could not be read.
    """
    outcome = _Outcome()
    end = time.monotonic() + options.timeout
    with options.vendor.client() as client, open_store(options.url) as store:
        for request_id in dict.fromkeys(options.request_ids):
            try:
                shortlist = _people(client, request_id, end, options.interval)
            except VendorError as error:
                print_error(error)
                outcome.errors.append((request_id, error))
            else:
                outcome.add(store, options.company, shortlist)
    outcome.print(options)
    return outcome.exit_code


@dataclass(slots=True)
class _Outcome:
    """What became of the runs."""

    runs: int = 0
    saved: list[int] = field(default_factory=lambda: [0, 0, 0])
    failed: list[FailedProfile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    errors: list[tuple[str, VendorError]] = field(default_factory=list)

    def add(self, store: Store, company: str, shortlist: Shortlist) -> None:
        """Save who was found.

        Raises:
            CandidateCardsError: The company cannot be, or the database failed.
        """
        self.runs += 1
        self.failed += shortlist.failed
        self.problems += shortlist.problems
        saved = store.save(company, shortlist.candidates, at=datetime.now(UTC))
        for at, count in enumerate((saved.added, saved.changed, saved.unchanged)):
            self.saved[at] += count

    def print(self, options: FetchOptions) -> None:
        """Print what became of them."""
        added, changed, unchanged = self.saved
        open_ones = [request_id for request_id, error in self.errors if error.retryable]
        if options.as_json:
            errors = [{"requestId": name, "message": str(error)} for name, error in self.errors]
            report = {
                "company": options.company,
                "added": added,
                "changed": changed,
                "unchanged": unchanged,
                **lost(self.problems, self.failed),
                "errors": errors,
                "unfinished": open_ones,
            }
            click.echo(json.dumps(report, indent=2))
            return
        print_lost(self.problems, self.failed)
        click.echo(f"Added {added}, changed {changed}, as before {unchanged}", err=True)
        if open_ones:
            again = visible(" ".join(open_ones))
            click.echo(f"Run the same command again later for: {again}", err=True)

    @property
    def exit_code(self) -> ExitCode:
        if self.errors and not self.runs:
            return ExitCode.FAILURE
        unusable = any(problem.severity == "error" for problem in self.problems)
        return ExitCode.PARTIAL if self.errors or self.failed or unusable else ExitCode.OK


def _people(client: Client, request_id: str, end: float, interval: float | None) -> Shortlist:
    """Wait for a run, and return what can be read of it.

    Raises:
        VendorError: It has not completed, or nobody in it can be read.
    """
    run = found(client, request_id)
    status = getattr(run.state, "status", "completed")
    if status != "completed":
        pause = run.kind.interval if interval is None else interval
        patience = {
            "timeout": max(round(end - time.monotonic(), 1), 0.1),
            # There is nothing to wait for but the client's words for a failure.
            "interval": 0.0 if status == "failed" else pause,
        }
        with suppress(VendorAnswerError):  # It has ended; what can be read of it comes next.
            run.kind.wait(client, request_id, **patience)
    return readable(client, run)
