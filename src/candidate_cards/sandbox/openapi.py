"""What the sandbox's OpenAPI document is made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from candidate_cards.contract.bodies import RenderHtmlBody
from candidate_cards.models import (
    EnrichmentCompleted,
    EnrichmentFailed,
    EnrichmentProcessing,
    PreviewCompleted,
    PreviewFailed,
    PreviewProcessing,
    RenderHtmlResponse,
    RunAccepted,
    SourcingCompleted,
    SourcingFailed,
    SourcingProcessing,
    WebhookConfig,
    WebhookCreated,
    WebhookList,
    WebhookTestResult,
)

from . import bodies

if TYPE_CHECKING:
    from pydantic import BaseModel

BANNER: Final = (
    "A sandbox for development, not the vendor's service: people, companies and credits are made "
    "up, and keys are public."
)

#: What routes refer to, beside the refusals.
MODELS: Final[tuple[type[BaseModel], ...]] = (
    EnrichmentCompleted,
    EnrichmentFailed,
    EnrichmentProcessing,
    PreviewCompleted,
    PreviewFailed,
    PreviewProcessing,
    RenderHtmlResponse,
    RunAccepted,
    SourcingCompleted,
    SourcingFailed,
    SourcingProcessing,
    WebhookConfig,
    WebhookCreated,
    WebhookList,
    WebhookTestResult,
    bodies.ClockBody,
    bodies.CompanyBody,
    bodies.CreditsBody,
    bodies.EnrichBody,
    bodies.FaultsBody,
    bodies.KeyBody,
    bodies.PatchBody,
    bodies.PreviewBody,
    RenderHtmlBody,
    bodies.SourcingBody,
    bodies.WebhookCreateBody,
    bodies.WebhookUpdateBody,
)
