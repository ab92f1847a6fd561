"""The two clients: the same protocol, over a wire that blocks or one that awaits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from candidate_cards._coroutines import finished
from candidate_cards.instaview._http import AwaitingWire, BlockingWire
from candidate_cards.instaview._protocol import Patience, Protocol
from candidate_cards.instaview._settings import BASE_URL, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydantic import SecretStr

    from candidate_cards.instaview._http import AsyncHttpClient, SyncHttpClient
    from candidate_cards.instaview._protocol import RunKind
    from candidate_cards.instaview.batches import Enrichment
    from candidate_cards.models import (
        EnrichmentCompleted,
        EnrichmentProcessing,
        EnrichmentRun,
        PatchRequest,
        PreviewCompleted,
        PreviewProcessing,
        PreviewRequest,
        PreviewRun,
        RenderHtmlResponse,
        RunAccepted,
        Shortlist,
        SourcingCompleted,
        SourcingProcessing,
        SourcingRequest,
        SourcingRun,
        WebhookConfig,
        WebhookCreated,
        WebhookCreateRequest,
        WebhookList,
        WebhookTestResult,
        WebhookUpdateRequest,
    )

# How long an operation may take is its caller's to say, not that of a scope around it.
# ruff: noqa: ASYNC109


class Client:
    """The vendor's API; every call blocks until it has its answer.

    A call is repeated by itself only where that cannot cost anything: after no connection came
    about, after 429 (as late as the vendor asks), and for reads also after 500, 502, 503, 504, a
    connection that broke, and 20 seconds of silence. The vendor's limits of calls a minute are kept
    by waiting. Whatever goes wrong is a :class:`candidate_cards.errors.VendorError`; its
    ``outcome_unknown`` tells of a call that may have taken effect all the same.

    It may be used by several threads.

    Args:
        api_key: Never shown: not in ``repr``, logs, errors or tracebacks.
        base_url: With the path prefix, if there is one. ``http://`` only for this machine.
        company_id: For keys that manage several companies.
        timeout: Seconds that one call may take, with its pauses and repetitions. Looking up a name
            is the system's; it can take longer.
        http_client: One of your own, for proxies, certificates or another transport. It speaks
            HTTP/1.1 and stays open; its redirects, logins and time limits are not used. Without it,
            the environment (``HTTPS_PROXY``, ``SSL_CERT_FILE``, ``~/.netrc``) is not read: give
            ``httpx.Client()`` for that.

    Raises:
        InputError: Settings that cannot be, or must not be; it lists all of them.
    """

    def __init__(
        self,
        api_key: SecretStr,
        *,
        base_url: str = BASE_URL,
        company_id: str | None = None,
        timeout: float = 60.0,
        http_client: SyncHttpClient | None = None,
    ) -> None:
        self._settings = Settings(api_key, base_url, company_id, timeout)
        self._protocol = Protocol(self._settings, BlockingWire(api_key, http_client))

    def __repr__(self) -> str:
        return f"Client(base_url={self._settings.base_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what this client has opened."""
        finished(self._protocol.close())

    def start_sourcing(self, request: SourcingRequest) -> RunAccepted:
        """Start a sourcing run, which is paid for.

        Returns:
            The run's ``request_id``, to wait for.
        """
        return finished(self._protocol.start_sourcing(request))

    def refine_sourcing(self, request_id: str, request: PatchRequest) -> RunAccepted:
        """Start another pass in an ended sourcing run: refined, with more candidates, or both.

        Go on with the ``request_id`` of the answer. Keep the results from before: the contract
        does not say that they stay readable.

        Raises:
            VendorConflictError: The run is still working.
        """
        return finished(self._protocol.refine_sourcing(request_id, request))

    def sourcing_results(self, request_id: str) -> SourcingRun:
        """Return a sourcing run in its present state, one of three classes.

        A failed one is returned, not raised; so is one that is still working.
        """
        return finished(self._protocol.sourcing_results(request_id))

    def wait_for_sourcing(
        self,
        request_id: str,
        *,
        timeout: float = 900.0,
        interval: float = 5.0,
        on_progress: Callable[[SourcingProcessing], object] | None = None,
    ) -> SourcingCompleted:
        """Poll a sourcing run until it has ended, and return its ranked candidates.

        Args:
            request_id: The run.
            timeout: Seconds to wait in all.
            interval: Seconds before each poll; the contract asks for 5.
            on_progress: Called with the run after each poll that finds it working.

        Raises:
            VendorRunError: The run has failed.
            VendorTimeoutError: It has not ended in time. It goes on, and can be waited for again.
        """
        return finished(
            self._protocol.wait_for_sourcing(request_id, Patience(timeout, interval), on_progress)
        )

    def wait_for_shortlist(
        self,
        request_id: str,
        *,
        timeout: float = 900.0,
        interval: float = 5.0,
        on_progress: Callable[[SourcingProcessing], object] | None = None,
    ) -> Shortlist:
        """Poll a sourcing run as :meth:`wait_for_sourcing` does, and return what can be read of it.

        Where that raises over a single field, this leaves the field or the person out and tells of
        it in ``problems``. Texts are cleaned; it is what cards and dossiers are made from.

        Raises:
            VendorAnswerError: Nobody in it could be read.
        """
        return finished(
            self._protocol.wait_for_shortlist(request_id, Patience(timeout, interval), on_progress)
        )

    def shortlist_results(
        self, request_id: str, kind: RunKind = "sourcing"
    ) -> Shortlist | SourcingRun | PreviewRun | EnrichmentRun:
        """Return a run of any kind in its present state; of a completed one, what can be read.

        Where :meth:`sourcing_results` and its like raise over a single field, this leaves the field
        or the person out and tells of it in ``problems``; texts are cleaned. A failed run is
        returned, not raised; so is one that is still working.

        Args:
            request_id: The run.
            kind: ``sourcing``, ``preview`` or ``enrichment``.

        Raises:
            VendorAnswerError: Nobody in it could be read.
        """
        return finished(self._protocol.shortlist_results(request_id, kind))

    def start_preview(self, request: PreviewRequest) -> RunAccepted:
        """Start a preview search: cheap, quick, without emails, history and scores."""
        return finished(self._protocol.start_preview(request))

    def preview_results(self, request_id: str) -> PreviewRun:
        """Return a preview search in its present state, one of three classes."""
        return finished(self._protocol.preview_results(request_id))

    def wait_for_preview(
        self,
        request_id: str,
        *,
        timeout: float = 300.0,
        interval: float = 10.0,
        on_progress: Callable[[PreviewProcessing], object] | None = None,
    ) -> PreviewCompleted:
        """Poll a preview as :meth:`wait_for_sourcing` does; the contract asks for 10 seconds."""
        return finished(
            self._protocol.wait_for_preview(request_id, Patience(timeout, interval), on_progress)
        )

    def start_enrichment(
        self, profile_ids: Sequence[str], *, webhook_id: str | None = None
    ) -> RunAccepted:
        """Start one run that enriches 1 to 10 profiles; each success is paid for.

        Raises:
            InputError: There are none, or more than 10: :meth:`enrich` takes any number.
        """
        return finished(self._protocol.start_enrichment(profile_ids, webhook_id))

    def enrichment_results(self, request_id: str) -> EnrichmentRun:
        """Return an enrichment run in its present state, one of three classes."""
        return finished(self._protocol.enrichment_results(request_id))

    def wait_for_enrichment(
        self,
        request_id: str,
        *,
        timeout: float = 600.0,
        interval: float = 5.0,
        on_progress: Callable[[EnrichmentProcessing], object] | None = None,
    ) -> EnrichmentCompleted:
        """Poll an enrichment run as :meth:`wait_for_sourcing` does.

        It completes even if every profile in it has failed; ``data`` tells of each.
        """
        return finished(
            self._protocol.wait_for_enrichment(request_id, Patience(timeout, interval), on_progress)
        )

    def enrich(
        self,
        profile_ids: Sequence[str],
        *,
        webhook_id: str | None = None,
        timeout: float = 900.0,
        interval: float = 5.0,
        on_progress: Callable[[EnrichmentProcessing], object] | None = None,
    ) -> Enrichment:
        """Enrich any number of profiles, in runs of ten, and wait for all of them.

        Repeated ids are enriched once. If a run cannot be started, no further one is; what was
        started is waited for, and every profile that was not enriched is listed with its reason.

        Args:
            profile_ids: From sourcing runs of the same company.
            webhook_id: Told of the end of every run.
            timeout: Seconds for all of it.
            interval: Seconds before each poll.
            on_progress: Called with a run after each poll that finds it working.

        Raises:
            VendorError: Not even the first run could be started.
        """
        return finished(
            self._protocol.enrich(profile_ids, webhook_id, Patience(timeout, interval), on_progress)
        )

    def render_html(
        self,
        profile_ids: Sequence[str],
        *,
        theme: Literal["dark", "light"] = "dark",
        timeout: float | None = None,
        repeat: bool = True,
    ) -> RenderHtmlResponse:
        """Have the vendor make HTML cards of any number of profiles, ten a call.

        Cards come in the order of the ids, repeated ones once. A profile without a card has
        ``success`` false and a reason. The HTML is the vendor's, and so not to be trusted:
        `candidate_cards.relay` makes it safe.

        Args:
            profile_ids: Any number.
            theme: One of the vendor's two.
            timeout: Seconds for all of it; without it each call has the client's own.
            repeat: Whether a call that failed is made again where that cannot cost anything.

        Raises:
            VendorError: Not even the first ten could be asked for.
        """
        return finished(self._protocol.render_html(profile_ids, theme, timeout, repeat=repeat))

    def create_webhook(self, request: WebhookCreateRequest) -> WebhookCreated:
        """Create a webhook; keep its ``signing_secret``, which is never shown again."""
        return finished(self._protocol.create_webhook(request))

    def list_webhooks(self) -> WebhookList:
        """Return the webhooks that the key can see; with ``company_id``, that company's only."""
        return finished(self._protocol.list_webhooks())

    def get_webhook(self, webhook_id: str) -> WebhookConfig:
        """Return one webhook."""
        return finished(self._protocol.get_webhook(webhook_id))

    def update_webhook(self, webhook_id: str, request: WebhookUpdateRequest) -> WebhookConfig:
        """Change a webhook."""
        return finished(self._protocol.update_webhook(webhook_id, request))

    def delete_webhook(self, webhook_id: str) -> None:
        """Delete a webhook; deliveries that wait are dropped."""
        finished(self._protocol.delete_webhook(webhook_id))

    def test_webhook(self, webhook_id: str) -> WebhookTestResult:
        """Have a ping delivered; ``success`` is the verdict, and a failed one no error."""
        return finished(self._protocol.test_webhook(webhook_id))

    def reset_webhook(self, webhook_id: str) -> WebhookConfig:
        """Let deliveries begin again that were stopped after too many failures."""
        return finished(self._protocol.reset_webhook(webhook_id))


class AsyncClient:
    """The vendor's API for an event loop of asyncio; everything else is as in :class:`Client`.

    A call that is cancelled closes its connection. If it was to start something, that may have
    happened.

    Args:
        api_key: Never shown: not in ``repr``, logs, errors or tracebacks.
        base_url: With the path prefix, if there is one. ``http://`` only for this machine.
        company_id: For keys that manage several companies.
        timeout: Seconds that one call may take, with its pauses and repetitions. Looking up a name
            is the system's; it can take longer.
        http_client: One of your own, for proxies, certificates or another transport. It speaks
            HTTP/1.1 and stays open; its redirects, logins and time limits are not used. Without it,
            the environment (``HTTPS_PROXY``, ``SSL_CERT_FILE``, ``~/.netrc``) is not read: give
            ``httpx.AsyncClient()`` for that.

    Raises:
        InputError: Settings that cannot be, or must not be; it lists all of them.
    """

    def __init__(
        self,
        api_key: SecretStr,
        *,
        base_url: str = BASE_URL,
        company_id: str | None = None,
        timeout: float = 60.0,
        http_client: AsyncHttpClient | None = None,
    ) -> None:
        self._settings = Settings(api_key, base_url, company_id, timeout)
        self._protocol = Protocol(self._settings, AwaitingWire(api_key, http_client))

    def __repr__(self) -> str:
        return f"AsyncClient(base_url={self._settings.base_url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close what this client has opened."""
        await self._protocol.close()

    async def start_sourcing(self, request: SourcingRequest) -> RunAccepted:
        """Like :meth:`Client.start_sourcing`."""
        return await self._protocol.start_sourcing(request)

    async def refine_sourcing(self, request_id: str, request: PatchRequest) -> RunAccepted:
        """Like :meth:`Client.refine_sourcing`."""
        return await self._protocol.refine_sourcing(request_id, request)

    async def sourcing_results(self, request_id: str) -> SourcingRun:
        """Like :meth:`Client.sourcing_results`."""
        return await self._protocol.sourcing_results(request_id)

    async def wait_for_sourcing(
        self,
        request_id: str,
        *,
        timeout: float = 900.0,
        interval: float = 5.0,
        on_progress: Callable[[SourcingProcessing], object] | None = None,
    ) -> SourcingCompleted:
        """Like :meth:`Client.wait_for_sourcing`."""
        return await self._protocol.wait_for_sourcing(
            request_id, Patience(timeout, interval), on_progress
        )

    async def wait_for_shortlist(
        self,
        request_id: str,
        *,
        timeout: float = 900.0,
        interval: float = 5.0,
        on_progress: Callable[[SourcingProcessing], object] | None = None,
    ) -> Shortlist:
        """Like :meth:`Client.wait_for_shortlist`."""
        return await self._protocol.wait_for_shortlist(
            request_id, Patience(timeout, interval), on_progress
        )

    async def shortlist_results(
        self, request_id: str, kind: RunKind = "sourcing"
    ) -> Shortlist | SourcingRun | PreviewRun | EnrichmentRun:
        """Like :meth:`Client.shortlist_results`."""
        return await self._protocol.shortlist_results(request_id, kind)

    async def start_preview(self, request: PreviewRequest) -> RunAccepted:
        """Like :meth:`Client.start_preview`."""
        return await self._protocol.start_preview(request)

    async def preview_results(self, request_id: str) -> PreviewRun:
        """Like :meth:`Client.preview_results`."""
        return await self._protocol.preview_results(request_id)

    async def wait_for_preview(
        self,
        request_id: str,
        *,
        timeout: float = 300.0,
        interval: float = 10.0,
        on_progress: Callable[[PreviewProcessing], object] | None = None,
    ) -> PreviewCompleted:
        """Like :meth:`Client.wait_for_preview`."""
        return await self._protocol.wait_for_preview(
            request_id, Patience(timeout, interval), on_progress
        )

    async def start_enrichment(
        self, profile_ids: Sequence[str], *, webhook_id: str | None = None
    ) -> RunAccepted:
        """Like :meth:`Client.start_enrichment`."""
        return await self._protocol.start_enrichment(profile_ids, webhook_id)

    async def enrichment_results(self, request_id: str) -> EnrichmentRun:
        """Like :meth:`Client.enrichment_results`."""
        return await self._protocol.enrichment_results(request_id)

    async def wait_for_enrichment(
        self,
        request_id: str,
        *,
        timeout: float = 600.0,
        interval: float = 5.0,
        on_progress: Callable[[EnrichmentProcessing], object] | None = None,
    ) -> EnrichmentCompleted:
        """Like :meth:`Client.wait_for_enrichment`."""
        return await self._protocol.wait_for_enrichment(
            request_id, Patience(timeout, interval), on_progress
        )

    async def enrich(
        self,
        profile_ids: Sequence[str],
        *,
        webhook_id: str | None = None,
        timeout: float = 900.0,
        interval: float = 5.0,
        on_progress: Callable[[EnrichmentProcessing], object] | None = None,
    ) -> Enrichment:
        """Like :meth:`Client.enrich`."""
        return await self._protocol.enrich(
            profile_ids, webhook_id, Patience(timeout, interval), on_progress
        )

    async def render_html(
        self,
        profile_ids: Sequence[str],
        *,
        theme: Literal["dark", "light"] = "dark",
        timeout: float | None = None,
        repeat: bool = True,
    ) -> RenderHtmlResponse:
        """Like :meth:`Client.render_html`."""
        return await self._protocol.render_html(profile_ids, theme, timeout, repeat=repeat)

    async def create_webhook(self, request: WebhookCreateRequest) -> WebhookCreated:
        """Like :meth:`Client.create_webhook`."""
        return await self._protocol.create_webhook(request)

    async def list_webhooks(self) -> WebhookList:
        """Like :meth:`Client.list_webhooks`."""
        return await self._protocol.list_webhooks()

    async def get_webhook(self, webhook_id: str) -> WebhookConfig:
        """Like :meth:`Client.get_webhook`."""
        return await self._protocol.get_webhook(webhook_id)

    async def update_webhook(self, webhook_id: str, request: WebhookUpdateRequest) -> WebhookConfig:
        """Like :meth:`Client.update_webhook`."""
        return await self._protocol.update_webhook(webhook_id, request)

    async def delete_webhook(self, webhook_id: str) -> None:
        """Like :meth:`Client.delete_webhook`."""
        await self._protocol.delete_webhook(webhook_id)

    async def test_webhook(self, webhook_id: str) -> WebhookTestResult:
        """Like :meth:`Client.test_webhook`."""
        return await self._protocol.test_webhook(webhook_id)

    async def reset_webhook(self, webhook_id: str) -> WebhookConfig:
        """Like :meth:`Client.reset_webhook`."""
        return await self._protocol.reset_webhook(webhook_id)
