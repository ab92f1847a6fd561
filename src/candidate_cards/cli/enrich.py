"""``enrich``: e-mail addresses and history for profiles that a search has found."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from candidate_cards import load_shortlist
from candidate_cards.cli.report import print_lost
from candidate_cards.cli.runs import ENRICHMENT, Outcome, Run, finish, print_error, saved
from candidate_cards.cli.usage import usage_error
from candidate_cards.cli.vendor import Plan, made
from candidate_cards.errors import InputError, Problem, VendorError
from candidate_cards.instaview import _endpoints as endpoints
from candidate_cards.models import EnrichRequest, Shortlist
from candidate_cards.models.requests import MAX_PROFILES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from candidate_cards.cli.exit_codes import ExitCode
    from candidate_cards.cli.runs import RunOptions
    from candidate_cards.cli.vendor import VendorOptions
    from candidate_cards.instaview import Client

_STDIN = "-"
_RESULT_EXTENSIONS = frozenset([".json", ".jsonl", ".ndjson"])


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrichOptions:
    """The command line of ``enrich``, checked by click.

    Attributes:
        inputs: Profile ids, paths of results, or ``-`` once.
        top: How many of the results' candidates, best first; ``None`` for all.
        dry_run: Send nothing.
        vendor: Where to send it.
        run: How to wait and where to write.
    """

    inputs: tuple[str, ...]
    top: int | None
    dry_run: bool
    vendor: VendorOptions
    run: RunOptions


def run(options: EnrichOptions) -> ExitCode:
    """Enrich profiles in runs of ten, wait for them, and write what they answer.

    What was read of the profiles is written ahead of that, since an enrichment result repeats
    neither scores nor reasons.

    Raises:
        UsageError: A file that is not there.
        CandidateCardsError: Nothing was started, or nobody knows whether it was.
        OSError: A file could not be read or written.
    """
    shortlist, profile_ids = _wanted(options)
    chunks = [
        profile_ids[start : start + MAX_PROFILES]
        for start in range(0, len(profile_ids), MAX_PROFILES)
    ]
    requests = [made(EnrichRequest, profile_ids=chunk) for chunk in chunks]
    if options.dry_run:
        plan = Plan(endpoint=endpoints.ENRICH, bodies=requests, most_credits=len(profile_ids))
        return plan.print(as_json=options.run.as_json)
    options.run.check()
    outcome = Outcome(options.vendor, shortlist.problems, _known(shortlist, profile_ids))
    with options.vendor.client() as client:
        runs = _start(client, chunks, outcome)
        return finish(client, runs, outcome, options.run)


def _wanted(options: EnrichOptions) -> tuple[Shortlist, tuple[str, ...]]:
    """Return what is known of the profiles, and the distinct ids of all of them."""
    files = [each for each in options.inputs if _is_file(each)]
    for each in files:
        # A pipe is a file too: shells make one of <(...).
        if each != _STDIN and (Path(each).is_dir() or not Path(each).exists()):
            raise usage_error(f"there is no file {each!r}")
    if options.top is not None and not files:
        raise usage_error("--top is for results, from a file or stdin (-)")
    shortlist = load_shortlist(*files) if files else Shortlist()
    print_lost(shortlist.problems, ())
    shortlist = shortlist.model_copy(update={"candidates": shortlist.candidates[: options.top]})
    given = [each for each in options.inputs if each not in files]
    found = [candidate.profile_id for candidate in shortlist.candidates]
    profile_ids = tuple(dict.fromkeys([*given, *found]))
    if not profile_ids:
        raise InputError([Problem("names nobody to enrich", source=", ".join(files))])
    return shortlist, profile_ids


def _is_file(text: str) -> bool:
    """Tell results from a profile id: they are ``-``, exist, or look like the path of a file."""
    return (
        text == _STDIN
        or Path(text).suffix.lower() in _RESULT_EXTENSIONS
        or any(separator in text for separator in (os.sep, os.altsep) if separator)
        or os.path.isfile(text)  # noqa: PTH113  pathlib raises for what is too long
    )


def _known(shortlist: Shortlist, profile_ids: Sequence[str]) -> dict[str, Any] | None:
    """Return what was read, but for what is told on stderr or asked for again."""
    if not shortlist.candidates:
        return None
    failed = tuple(each for each in shortlist.failed if each.profile_id not in profile_ids)
    return saved(shortlist.model_copy(update={"failed": failed}))


def _start(client: Client, chunks: Sequence[tuple[str, ...]], outcome: Outcome) -> list[Run]:
    """Start a run a chunk, up to the first that cannot be.

    Why not further: the next one would fail as well, or would cost again what may be paid for.

    Raises:
        VendorError: Not even the first one could be started.
    """
    runs: list[Run] = []
    for number, chunk in enumerate(chunks):
        try:
            with outcome.starting():
                accepted = client.start_enrichment(chunk)
                outcome.start(accepted)
        except VendorError as error:
            if not runs:
                raise
            outcome.errors.append(error)
            print_error(error)
            not_started = "no run was started for it"
            unknown = "nobody knows whether a run was started for it"
            outcome.miss(chunk, unknown if error.outcome_unknown else not_started)
            for later in chunks[number + 1 :]:
                outcome.miss(later, not_started)
            break
        runs.append(Run(ENRICHMENT, accepted.request_id, accepted, asked=chunk))
    return runs
