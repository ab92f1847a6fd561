"""Finished messages out over SMTP, one recipient each, and what became of every one of them.

:func:`deliver` blocks, :func:`deliver_async` awaits; both run the same protocol code. What loads a
network library loads when something is sent.
"""

from __future__ import annotations

from candidate_cards.delivery.journal import Journal
from candidate_cards.delivery.messages import Outcome, Outgoing, Status
from candidate_cards.delivery.sending import deliver, deliver_async
from candidate_cards.delivery.server import Security, SmtpServer
from candidate_cards.errors import DeliveryError

__all__ = [
    "DeliveryError",
    "Journal",
    "Outcome",
    "Outgoing",
    "Security",
    "SmtpServer",
    "Status",
    "deliver",
    "deliver_async",
]
