"""The vendor's deliveries: judged, and what they tell of put down to be fetched."""

from __future__ import annotations

import secrets
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from candidate_cards.errors import (
    Problem,
    StoreError,
    WebhookBodyError,
    WebhookStoreError,
)
from candidate_cards.models import WebhookEventName
from candidate_cards.webhooks import HmacScheme, WebhookReceiver
from candidate_cards.webhooks.schemes import DELIVERY_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from candidate_cards.models import WebhookEvent
    from candidate_cards.store import FetchKind, Store
    from candidate_cards.webhooks import Headers

    from .metrics import Metrics
    from .settings import Company

#: Handling is one row. If the process dies meanwhile, the vendor's retries come soon, and there are
#: three of them: the delivery has to be new again by the last.
_LEASE: Final = timedelta(seconds=5)

_NAMES: Final = frozenset(map(str, WebhookEventName))

#: Events after which there is something to fetch. Failed runs have found nobody.
_KINDS: Final[Mapping[str, FetchKind]] = {
    WebhookEventName.SOURCING_COMPLETED: "sourcing",  # or a preview, which has no event of its own
    WebhookEventName.ENRICH_COMPLETED: "enrichment",
}


class Inbox:
    """Receives for every company that has secrets of webhooks.

    Args:
        store: Where deliveries and fetches are remembered.
        companies: By their ids.
        metrics: Count what comes.
        now: Tells the time, with its zone.
        on_fetch: Called when there is something to fetch.

    Attributes:
        arriving: How many deliveries are on their way in, before anybody knows whose they are.
    """

    def __init__(
        self,
        store: Store,
        companies: Mapping[str, Company],
        metrics: Metrics,
        *,
        now: Callable[[], datetime],
        on_fetch: Callable[[], object],
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._now = now
        self._on_fetch = on_fetch
        self.arriving = 0
        self._receivers = {
            name: WebhookReceiver(
                company.scheme,
                company.webhook_secrets,
                store=store.deliveries(name),
                tolerance=company.tolerance,
                lease=_LEASE,
                now=now,
            )
            for name, company in companies.items()
            if company.scheme is not None and company.webhook_secrets
        }
        # What is for nobody is judged like the rest, or the time that it takes would tell which
        # companies there are.
        scheme = next(
            (receiver.scheme for receiver in self._receivers.values()), HmacScheme("X-Signature")
        )
        self._nobodys = WebhookReceiver(scheme, [SecretStr(secrets.token_hex(32))])

    def receive(self, company: str, body: bytes, headers: Headers) -> int:
        """Judge a delivery, and put down what it tells of; return the status to answer with.

        Args:
            company: Whose webhook was called, whether there is such a company or not.
            body: As it came.
            headers: As the framework has them.
        """
        receiver = self._receivers.get(company, self._nobodys)
        status = receiver.answer(body, headers, partial(self._take, company))
        self._metrics.delivered(status)
        return status

    def _take(self, company: str, event: WebhookEvent) -> None:
        """Put down what is to be fetched; everything else is heard, and that is all.

        Raises:
            WebhookBodyError: The event is of a run without an id.
            WebhookStoreError: It cannot be put down.
        """
        name = event.event_name
        self._metrics.heard(name if name in _NAMES else "other")
        kind = _KINDS.get(name)
        if kind is None:
            return
        request_id = event.data.request_id or ""
        if not DELIVERY_ID.fullmatch(request_id):
            message = "must be 1 to 255 visible ASCII characters"
            raise WebhookBodyError([Problem(message, path=("data", "requestId"))])
        try:
            self._store.add_fetch(company, kind, request_id, at=self._now())
        except StoreError as error:
            raise WebhookStoreError(str(error)) from error
        self._on_fetch()
