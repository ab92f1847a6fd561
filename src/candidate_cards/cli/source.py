"""``source`` and ``refine``: a search by the vendor, and another pass in one that has ended."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Final

import click

from candidate_cards.cli.runs import PREVIEW, SOURCING, Outcome, Run, finish
from candidate_cards.cli.vendor import Plan, made
from candidate_cards.errors import InputError, Problem
from candidate_cards.instaview import _endpoints as endpoints
from candidate_cards.models import PatchRequest, PreviewRequest, SourcingRequest

if TYPE_CHECKING:
    from candidate_cards.cli.exit_codes import ExitCode
    from candidate_cards.cli.runs import RunOptions
    from candidate_cards.cli.vendor import VendorOptions

#: Candidates that a credit pays for in a preview search.
_PREVIEW_PAGE: Final = 20

#: Candidates by which a search is extended where nobody says how many.
_REFINED_BY: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOptions:
    """The command line of ``source``, checked by click.

    Attributes:
        title: Of the role.
        description_file: Path of its description, or ``-``.
        location: Where, or ``None``.
        query: What else matters, or ``None``.
        limit: Candidates.
        preview: Whether the quick search will do.
        dry_run: Send nothing.
        vendor: Where to send it.
        run: How to wait and where to write.
    """

    title: str
    description_file: str
    location: str | None
    query: str | None
    limit: int
    preview: bool
    dry_run: bool
    vendor: VendorOptions
    run: RunOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class RefineOptions:
    """The command line of ``refine``, checked by click.

    Attributes:
        request_id: Of the run.
        query: What to change, or ``None``.
        limit: Candidates to add, or ``None``.
        dry_run: Send nothing.
        vendor: Where to send it.
        run: How to wait and where to write.
    """

    request_id: str
    query: str | None
    limit: int | None
    dry_run: bool
    vendor: VendorOptions
    run: RunOptions


def source(options: SourceOptions) -> ExitCode:
    """Start a search, wait for it, and write what it has found.

    Raises:
        UsageError: A request that could not succeed.
        CandidateCardsError: Nothing was started, or nobody knows whether it was.
        OSError: A file could not be read or written.
    """
    request = _search(options)
    is_preview = isinstance(request, PreviewRequest)
    if options.dry_run:
        plan = Plan(
            endpoint=endpoints.PREVIEW if is_preview else endpoints.SOURCING,
            bodies=[request],
            most_credits=ceil(request.limit / _PREVIEW_PAGE) if is_preview else request.limit,
        )
        return plan.print(as_json=options.run.as_json)
    options.run.check()
    outcome = Outcome(options.vendor)
    with options.vendor.client() as client:
        with outcome.starting():
            if isinstance(request, PreviewRequest):
                accepted = client.start_preview(request)
            else:
                accepted = client.start_sourcing(request)
            outcome.start(accepted)
        kind = PREVIEW if is_preview else SOURCING
        run = Run(kind, accepted.request_id, accepted, most=request.limit)
        return finish(client, [run], outcome, options.run)


def refine(options: RefineOptions) -> ExitCode:
    """Start another pass, wait for it, and write what it has found.

    Raises:
        UsageError: A request that could not succeed.
        CandidateCardsError: Nothing was started, or nobody knows whether it was.
        OSError: A file could not be written.
    """
    request = made(PatchRequest, query=options.query, limit=options.limit)
    if options.dry_run:
        plan = Plan(
            endpoint=endpoints.PATCH,
            request_id=options.request_id,
            bodies=[request],
            most_credits=request.limit or _REFINED_BY,
            note=", if refining costs what a search does, of which the contract says nothing",
        )
        return plan.print(as_json=options.run.as_json)
    options.run.check()
    outcome = Outcome(options.vendor)
    with options.vendor.client() as client:
        with outcome.starting():
            accepted = client.refine_sourcing(options.request_id, request)
            outcome.start(accepted)
        return finish(client, [Run(SOURCING, accepted.request_id, accepted)], outcome, options.run)


def _search(options: SourceOptions) -> SourcingRequest | PreviewRequest:
    values = {
        "title": options.title,
        "job_description": _text(options.description_file),
        "location": options.location,
        "query": options.query,
        "limit": options.limit,
    }
    return made(PreviewRequest, **values) if options.preview else made(SourcingRequest, **values)


def _text(path: str) -> str:
    try:
        with click.open_file(path, encoding="utf-8-sig") as file:
            return str(file.read())
    except UnicodeDecodeError:
        raise InputError([Problem("is not text in UTF-8", source=path)]) from None
