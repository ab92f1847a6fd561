"""Both clients behind one call, and every operation they have."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import SecretStr

from asynchronous import run
from candidate_cards.instaview import AsyncClient, Client, Enrichment
from candidate_cards.models import (
    EnrichmentCompleted,
    PatchRequest,
    PreviewCompleted,
    PreviewRequest,
    RenderHtmlResponse,
    RunAccepted,
    Shortlist,
    SourcingCompleted,
    SourcingRequest,
    WebhookConfig,
    WebhookCreated,
    WebhookCreateRequest,
    WebhookList,
    WebhookTestResult,
    WebhookUpdateRequest,
)

if TYPE_CHECKING:
    from collections.abc import Callable

Kind = Literal["blocking", "awaiting"]
KINDS: Final[tuple[Kind, ...]] = ("blocking", "awaiting")

#: Nothing but the server may see it.
CANARY: Final = "sk_live_Canary8Canary8Canary8Canary8Can"
KEY: Final = SecretStr(CANARY)

SEARCH: Final = SourcingRequest(title="Rust engineer", job_description="Own our storage engine.")
HOOK: Final = WebhookCreateRequest(url="https://example.com/hook", events=("sourcing.failed",))


def call(kind: Kind, url: str, operation: Callable[[Any], Any], **options: Any) -> Any:  # noqa: ANN401
    """Call an operation of a client that is closed afterwards."""
    if kind == "blocking":
        with Client(KEY, base_url=url, **options) as client:
            return operation(client)

    async def main() -> object:
        async with AsyncClient(KEY, base_url=url, **options) as client:
            try:
                return await operation(client)
            finally:
                assert asyncio.all_tasks() == {asyncio.current_task()}

    return run(main())


@dataclass(frozen=True)
class Operation:
    """One method of the clients.

    Attributes:
        line: What it sends.
        make: Calls it.
        kind: What it returns.
    """

    line: str
    make: Callable[[Any], Any]
    kind: type[object]

    @property
    def name(self) -> str:
        """For test ids."""
        return self.line

    @property
    def only_reads(self) -> bool:
        """Whether it may be sent again after any fault."""
        return self.line.startswith("GET ")


OPERATIONS: Final = (
    Operation("POST /sourcing", lambda client: client.start_sourcing(SEARCH), RunAccepted),
    Operation(
        "PATCH /sourcing/req_1",
        lambda client: client.refine_sourcing("req_1", PatchRequest(limit=5)),
        RunAccepted,
    ),
    Operation(
        "GET /sourcing/req_1/results",
        lambda client: client.sourcing_results("req_1"),
        SourcingCompleted,
    ),
    Operation(
        "POST /sourcing/preview",
        lambda client: client.start_preview(PreviewRequest(title="a", job_description="b")),
        RunAccepted,
    ),
    Operation(
        "GET /sourcing/preview/req_1/results",
        lambda client: client.preview_results("req_1"),
        PreviewCompleted,
    ),
    Operation("POST /sourcing/enrich", lambda client: client.start_enrichment(["p1"]), RunAccepted),
    Operation(
        "GET /sourcing/enrich/req_1/results",
        lambda client: client.enrichment_results("req_1"),
        EnrichmentCompleted,
    ),
    Operation(
        "GET /sourcing/enrich/req_2/results",
        lambda client: client.shortlist_results("req_2", "enrichment"),
        Shortlist,
    ),
    Operation(
        "POST /sourcing/render-html", lambda client: client.render_html(["p1"]), RenderHtmlResponse
    ),
    Operation("POST /webhooks", lambda client: client.create_webhook(HOOK), WebhookCreated),
    Operation("GET /webhooks", lambda client: client.list_webhooks(), WebhookList),
    Operation("GET /webhooks/w1", lambda client: client.get_webhook("w1"), WebhookConfig),
    Operation(
        "PATCH /webhooks/w1",
        lambda client: client.update_webhook("w1", WebhookUpdateRequest(name="new")),
        WebhookConfig,
    ),
    Operation("DELETE /webhooks/w1", lambda client: client.delete_webhook("w1"), type(None)),
    Operation(
        "POST /webhooks/w1/test", lambda client: client.test_webhook("w1"), WebhookTestResult
    ),
    Operation(
        "POST /webhooks/w1/reset-circuit",
        lambda client: client.reset_webhook("w1"),
        WebhookConfig,
    ),
)

#: Operations that make several calls; each begins with the line of the first.
WAITS: Final = (
    Operation(
        "GET /sourcing/req_1/results",
        lambda client: client.wait_for_sourcing("req_1", interval=0),
        SourcingCompleted,
    ),
    Operation(
        "GET /sourcing/req_1/results",
        lambda client: client.wait_for_shortlist("req_1", interval=0),
        Shortlist,
    ),
    Operation(
        "GET /sourcing/preview/req_1/results",
        lambda client: client.wait_for_preview("req_1", interval=0),
        PreviewCompleted,
    ),
    Operation(
        "GET /sourcing/enrich/req_1/results",
        lambda client: client.wait_for_enrichment("req_1", interval=0),
        EnrichmentCompleted,
    ),
    Operation(
        "POST /sourcing/enrich", lambda client: client.enrich(["p1"], interval=0), Enrichment
    ),
)
