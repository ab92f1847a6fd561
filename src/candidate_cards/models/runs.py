"""Runs of the vendor's pipelines; ``status`` alone decides which state a body is.

A failed run answers with HTTP 200 and ``success: true``. Fields of another state, as in the
vendor's sample that shows every field at once, are kept as unknown fields.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, TypeAdapter, model_validator

from ._base import PARSER_CONFIG, ChosenBy, Identifier, Many, Timestamp, WireModel
from .candidate import Candidate, PreviewCandidate  # noqa: TC001  # pydantic reads them
from .envelope import unwrap_envelope


class RunAccepted(WireModel):
    """The 202 answer to a start or a patch: poll with ``request_id``."""

    model_config = ConfigDict(defer_build=True)

    success: Literal[True] = True
    request_id: Identifier
    status: Literal["processing"]
    message: str | None = None
    webhook_id: str | None = None
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None


class _Run(WireModel):
    model_config = ConfigDict(defer_build=True)

    # A refusal ("success": false) is no state of a run: parse_error_body reads it.
    success: Literal[True] = True
    request_id: Identifier
    created_at: Timestamp | None = None


class _Processing(_Run):
    status: Literal["processing"]
    message: str | None = None


class _Completed(_Run):
    status: Literal["completed"]
    completed_at: Timestamp | None = None


class _Failed(_Run):
    status: Literal["failed"]
    completed_at: Timestamp | None = None
    error_code: str | None = None
    error_message: str | None = None


class SourcingProcessing(_Processing):
    """A sourcing run that is still searching."""

    candidates_sourced_count: int | None = None


class SourcingCompleted(_Completed):
    """A finished sourcing run; ``candidates`` are ranked, and may be none."""

    found_count: int | None = None
    scored_count: int | None = None
    candidates: Many[Candidate] = ()


class SourcingFailed(_Failed):
    """A sourcing run that ended with an error."""


class PreviewProcessing(_Processing):
    """A preview search that is still running."""

    candidates_sourced_count: int | None = None


class PreviewCompleted(_Completed):
    """A finished preview search; nothing is scored, whatever ``scored_count`` says."""

    found_count: int | None = None
    scored_count: int | None = None
    candidates: Many[PreviewCandidate] = ()


class PreviewFailed(_Failed):
    """A preview search that ended with an error."""


class EnrichedProfile(WireModel):
    """An enrichment item that succeeded."""

    model_config = ConfigDict(defer_build=True)

    profile_id: Identifier
    success: Literal[True]
    candidate: Candidate

    @model_validator(mode="before")
    @classmethod
    def _complete_candidate(cls, item: Any) -> Any:  # noqa: ANN401  # the input, unread
        """Give the candidate the item's profile id where it has none."""
        profile_id = (
            item.get("profileId", item.get("profile_id")) if isinstance(item, dict) else None
        )
        match item:
            case {"candidate": dict(candidate)} if profile_id is not None and all(
                candidate.get(key) is None for key in ("profileId", "profile_id")
            ):
                return {**item, "candidate": {**candidate, "profileId": profile_id}}
            case _:
                return item


class UnenrichedProfile(WireModel):
    """An enrichment item that failed; ``error_code`` is an open set."""

    model_config = ConfigDict(defer_build=True)

    profile_id: Identifier
    success: Literal[False]
    error_code: str | None = None
    error_message: str | None = None


EnrichmentItem = Annotated[
    EnrichedProfile | UnenrichedProfile,
    ChosenBy("success", ((True, EnrichedProfile), (False, UnenrichedProfile))),
]
"""One profile of an enrichment run, succeeded or failed."""


class EnrichmentProcessing(_Processing):
    """An enrichment run that is still working."""


class EnrichmentCompleted(_Completed):
    """A finished enrichment run, even if some or all of its profiles failed."""

    enriched_count: int | None = None
    failure_count: int | None = None
    credits_consumed: int | None = None
    data: Many[EnrichmentItem] = ()


class EnrichmentFailed(_Failed):
    """An enrichment run that ended before any profile was handled."""


SourcingRun = Annotated[
    SourcingProcessing | SourcingCompleted | SourcingFailed,
    ChosenBy(
        "status",
        (
            ("processing", SourcingProcessing),
            ("completed", SourcingCompleted),
            ("failed", SourcingFailed),
        ),
    ),
]
"""A sourcing run in one of its three states."""

PreviewRun = Annotated[
    PreviewProcessing | PreviewCompleted | PreviewFailed,
    ChosenBy(
        "status",
        (
            ("processing", PreviewProcessing),
            ("completed", PreviewCompleted),
            ("failed", PreviewFailed),
        ),
    ),
]
"""A preview search in one of its three states."""

EnrichmentRun = Annotated[
    EnrichmentProcessing | EnrichmentCompleted | EnrichmentFailed,
    ChosenBy(
        "status",
        (
            ("processing", EnrichmentProcessing),
            ("completed", EnrichmentCompleted),
            ("failed", EnrichmentFailed),
        ),
    ),
]
"""An enrichment run in one of its three states."""


@cache
def _sourcing_runs() -> TypeAdapter[SourcingRun]:
    return TypeAdapter(SourcingRun, config=PARSER_CONFIG)


@cache
def _preview_runs() -> TypeAdapter[PreviewRun]:
    return TypeAdapter(PreviewRun, config=PARSER_CONFIG)


@cache
def _enrichment_runs() -> TypeAdapter[EnrichmentRun]:
    return TypeAdapter(EnrichmentRun, config=PARSER_CONFIG)


def parse_sourcing_run(answer: object) -> SourcingRun:
    """Read the decoded body of sourcing results, wrapped or not.

    Raises:
        pydantic.ValidationError: It is no such body; the error holds the place of every problem.
    """
    return _sourcing_runs().validate_python(unwrap_envelope(answer))


def parse_preview_run(answer: object) -> PreviewRun:
    """Read the decoded body of preview results, wrapped or not.

    Raises:
        pydantic.ValidationError: It is no such body; the error holds the place of every problem.
    """
    return _preview_runs().validate_python(unwrap_envelope(answer))


def parse_enrichment_run(answer: object) -> EnrichmentRun:
    """Read the decoded body of enrichment results, wrapped or not.

    Raises:
        pydantic.ValidationError: It is no such body; the error holds the place of every problem.
    """
    return _enrichment_runs().validate_python(unwrap_envelope(answer))
