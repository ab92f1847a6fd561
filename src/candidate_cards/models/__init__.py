"""Frozen types of the vendor's API, and the shortlist made from them.

Names are imported on first use: a card needs two of these modules, and building the classes of
all of them costs every command about 15 ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from candidate_cards._lazy import load

if TYPE_CHECKING:
    from .candidate import (
        WITHHELD_SCORE,
        Candidate,
        ExperienceItem,
        PreviewCandidate,
        RationaleItem,
    )
    from .envelope import unwrap_envelope
    from .problems import ApiError, ErrorCode, parse_error_body
    from .render_html import RenderedCard, RenderHtmlResponse
    from .requests import (
        EnrichRequest,
        PatchRequest,
        PreviewRequest,
        RenderHtmlRequest,
        SourcingRequest,
    )
    from .runs import (
        EnrichedProfile,
        EnrichmentCompleted,
        EnrichmentFailed,
        EnrichmentItem,
        EnrichmentProcessing,
        EnrichmentRun,
        PreviewCompleted,
        PreviewFailed,
        PreviewProcessing,
        PreviewRun,
        RunAccepted,
        SourcingCompleted,
        SourcingFailed,
        SourcingProcessing,
        SourcingRun,
        UnenrichedProfile,
        parse_enrichment_run,
        parse_preview_run,
        parse_sourcing_run,
    )
    from .shortlist import FailedProfile, Shortlist
    from .webhooks import (
        WebhookConfig,
        WebhookCreated,
        WebhookCreateRequest,
        WebhookEvent,
        WebhookEventData,
        WebhookEventName,
        WebhookHeader,
        WebhookHeaderInfo,
        WebhookList,
        WebhookTestResult,
        WebhookUpdateRequest,
        normalise_event_name,
        unwrap_webhook_answer,
    )

__all__ = [
    "WITHHELD_SCORE",
    "ApiError",
    "Candidate",
    "EnrichRequest",
    "EnrichedProfile",
    "EnrichmentCompleted",
    "EnrichmentFailed",
    "EnrichmentItem",
    "EnrichmentProcessing",
    "EnrichmentRun",
    "ErrorCode",
    "ExperienceItem",
    "FailedProfile",
    "PatchRequest",
    "PreviewCandidate",
    "PreviewCompleted",
    "PreviewFailed",
    "PreviewProcessing",
    "PreviewRequest",
    "PreviewRun",
    "RationaleItem",
    "RenderHtmlRequest",
    "RenderHtmlResponse",
    "RenderedCard",
    "RunAccepted",
    "Shortlist",
    "SourcingCompleted",
    "SourcingFailed",
    "SourcingProcessing",
    "SourcingRequest",
    "SourcingRun",
    "UnenrichedProfile",
    "WebhookConfig",
    "WebhookCreateRequest",
    "WebhookCreated",
    "WebhookEvent",
    "WebhookEventData",
    "WebhookEventName",
    "WebhookHeader",
    "WebhookHeaderInfo",
    "WebhookList",
    "WebhookTestResult",
    "WebhookUpdateRequest",
    "normalise_event_name",
    "parse_enrichment_run",
    "parse_error_body",
    "parse_preview_run",
    "parse_sourcing_run",
    "unwrap_envelope",
    "unwrap_webhook_answer",
]

_HOMES: Final = {
    name: module
    for module, names in {
        "candidate": (
            "WITHHELD_SCORE",
            "Candidate",
            "ExperienceItem",
            "PreviewCandidate",
            "RationaleItem",
        ),
        "envelope": ("unwrap_envelope",),
        "problems": ("ApiError", "ErrorCode", "parse_error_body"),
        "render_html": ("RenderedCard", "RenderHtmlResponse"),
        "requests": (
            "EnrichRequest",
            "PatchRequest",
            "PreviewRequest",
            "RenderHtmlRequest",
            "SourcingRequest",
        ),
        "runs": (
            "EnrichedProfile",
            "EnrichmentCompleted",
            "EnrichmentFailed",
            "EnrichmentItem",
            "EnrichmentProcessing",
            "EnrichmentRun",
            "PreviewCompleted",
            "PreviewFailed",
            "PreviewProcessing",
            "PreviewRun",
            "RunAccepted",
            "SourcingCompleted",
            "SourcingFailed",
            "SourcingProcessing",
            "SourcingRun",
            "UnenrichedProfile",
            "parse_enrichment_run",
            "parse_preview_run",
            "parse_sourcing_run",
        ),
        "shortlist": ("FailedProfile", "Shortlist"),
        "webhooks": (
            "WebhookConfig",
            "WebhookCreated",
            "WebhookCreateRequest",
            "WebhookEvent",
            "WebhookEventData",
            "WebhookEventName",
            "WebhookHeader",
            "WebhookHeaderInfo",
            "WebhookList",
            "WebhookTestResult",
            "WebhookUpdateRequest",
            "normalise_event_name",
            "unwrap_webhook_answer",
        ),
    }.items()
    for name in names
}


if not TYPE_CHECKING:  # seen by a type checker, it would make every misspelt name a valid one

    def __getattr__(name: str) -> object:
        return load(__name__, globals(), _HOMES, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
