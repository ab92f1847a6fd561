"""``results``: what runs have found that were started before, of whatever kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from candidate_cards.cli.runs import ENRICHMENT, PREVIEW, SOURCING, Outcome, Run, finish
from candidate_cards.errors import (
    VendorAnswerError,
    VendorError,
    VendorNotFoundError,
    VendorPermissionError,
)

if TYPE_CHECKING:
    from candidate_cards.cli.exit_codes import ExitCode
    from candidate_cards.cli.runs import RunOptions
    from candidate_cards.cli.vendor import VendorOptions
    from candidate_cards.instaview import Client


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsOptions:
    """The command line of ``results``, checked by click.

    Attributes:
        request_ids: Of the runs.
        vendor: Where to ask.
        run: How to wait and where to write.
    """

    request_ids: tuple[str, ...]
    vendor: VendorOptions
    run: RunOptions


def run(options: ResultsOptions) -> ExitCode:
    """Wait for runs, unless their present state is enough, and write what they answer.

    Raises:
        CandidateCardsError: A setting or an id cannot be.
        OSError: A file could not be read or written.
    """
    options.run.check()
    outcome = Outcome(options.vendor)
    outcome.started += dict.fromkeys(options.request_ids)
    runs = []
    with options.vendor.client() as client:
        with outcome.resumable():
            for request_id in outcome.started:
                try:
                    runs.append(found(client, request_id))
                except VendorError as error:
                    outcome.fail(request_id, error)
        return finish(client, runs, outcome, options.run)


def found(client: Client, request_id: str) -> Run:
    """Return a run with its state, from where the vendor keeps such runs.

    Why: nothing in an id promises what it is the id of, and reading costs nothing. The prefixes
    that are usual only save calls.

    Raises:
        VendorError: It is nowhere to be found, or cannot be read; what the likeliest place said.
    """
    kinds = [SOURCING, PREVIEW, ENRICHMENT]
    if request_id.startswith("enr_"):
        kinds = [ENRICHMENT, SOURCING, PREVIEW]
    elif request_id.startswith("req_prev_"):
        kinds = [PREVIEW, SOURCING, ENRICHMENT]
    errors: list[VendorError] = []
    for kind in kinds:
        try:
            return Run(kind, request_id, kind.read(client, request_id))
        except VendorAnswerError:
            return Run(kind, request_id)  # It is here; whoever waits for it sees what can be read.
        except (VendorNotFoundError, VendorPermissionError) as error:
            errors.append(error)
    raise errors[0]
