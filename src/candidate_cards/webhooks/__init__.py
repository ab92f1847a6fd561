"""Webhooks: is a request authentic, is it new, and which event does it bring.

A :class:`Scheme` signs and verifies raw bytes and knows no clock. A :class:`WebhookReceiver` adds
what a public endpoint needs: a window of time, each delivery handled once, typed events.
"""

from __future__ import annotations

from candidate_cards.errors import (
    WebhookBodyError,
    WebhookDuplicateError,
    WebhookError,
    WebhookSignatureError,
    WebhookStoreError,
    WebhookTimestampError,
)
from candidate_cards.models.webhooks import WebhookEvent, WebhookEventName
from candidate_cards.webhooks.headers import Headers
from candidate_cards.webhooks.hmac_scheme import HmacScheme
from candidate_cards.webhooks.receiving import Delivery, WebhookReceiver
from candidate_cards.webhooks.schemes import Scheme, Signed
from candidate_cards.webhooks.standard import StandardWebhooks
from candidate_cards.webhooks.stores import (
    Claim,
    DeliveryStore,
    MemoryDeliveryStore,
    SqliteDeliveryStore,
)

__all__ = [
    "Claim",
    "Delivery",
    "DeliveryStore",
    "Headers",
    "HmacScheme",
    "MemoryDeliveryStore",
    "Scheme",
    "Signed",
    "SqliteDeliveryStore",
    "StandardWebhooks",
    "WebhookBodyError",
    "WebhookDuplicateError",
    "WebhookError",
    "WebhookEvent",
    "WebhookEventName",
    "WebhookReceiver",
    "WebhookSignatureError",
    "WebhookStoreError",
    "WebhookTimestampError",
]
