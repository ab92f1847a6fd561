"""Every operation, once: it runs over a wire that blocks or one that awaits.

A call goes through these steps:

1. Its arguments become a request; what cannot succeed is refused here.
2. It waits for its turn under the endpoint's limit of calls a minute.
3. It is sent, and its answer read, in what is left of the deadline.
4. What failed in a way that had no effect is tried again after a pause.
5. The answer becomes a model.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from pydantic import ValidationError

from candidate_cards._validation import problems_in
from candidate_cards.errors import (
    InputError,
    Problem,
    VendorError,
    VendorRunError,
    VendorTimeoutError,
)
from candidate_cards.instaview import _endpoints as endpoints
from candidate_cards.instaview._answers import Reader
from candidate_cards.instaview._limits import Limits
from candidate_cards.instaview._settings import id_fault, seconds_fault
from candidate_cards.instaview._wire import Answer, Deadline, NoAnswerError, Request
from candidate_cards.instaview.batches import (
    CardBatch,
    EnrichedRun,
    Enrichment,
    EnrichmentBatch,
    checked_ids,
)
from candidate_cards.loading import parse_shortlist
from candidate_cards.models import (
    EnrichmentCompleted,
    EnrichmentProcessing,
    EnrichmentRun,
    EnrichRequest,
    PatchRequest,
    PreviewCompleted,
    PreviewProcessing,
    PreviewRequest,
    PreviewRun,
    RenderHtmlRequest,
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
    parse_enrichment_run,
    parse_preview_run,
    parse_sourcing_run,
    unwrap_envelope,
    unwrap_webhook_answer,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from candidate_cards.instaview._endpoints import Endpoint
    from candidate_cards.instaview._settings import Settings
    from candidate_cards.instaview._wire import Wire
    from candidate_cards.models._base import RequestModel, WireModel

RunKind = Literal["sourcing", "preview", "enrichment"]
AnyRun = SourcingRun | PreviewRun | EnrichmentRun

T = TypeVar("T")
Model = TypeVar("Model", bound="WireModel")
Processing = TypeVar("Processing")
Completed = TypeVar("Completed")

#: Where the results of each kind of run are, and how they are read.
_RESULTS: Final[Mapping[RunKind, tuple[Endpoint, Callable[[object], AnyRun]]]] = {
    "sourcing": (endpoints.RESULTS, parse_sourcing_run),
    "preview": (endpoints.PREVIEW_RESULTS, parse_preview_run),
    "enrichment": (endpoints.ENRICH_RESULTS, parse_enrichment_run),
}
_ATTEMPTS: Final = 6
_LONGEST_READ: Final = 20.0  # seconds until a read, which costs nothing, is tried again
_FIRST_PAUSE: Final = 0.5  # seconds at most; doubled from attempt to attempt
_LONGEST_PAUSE: Final = 8.0


class Patience:
    """How long to wait for the end of a run, and how long between two polls.

    Raises:
        InputError: One of the two is no number of seconds that makes sense.
    """

    def __init__(self, timeout: float, interval: float) -> None:
        faults = (
            ("timeout", seconds_fault(timeout)),
            ("interval", seconds_fault(interval, zero=True)),
        )
        if problems := [Problem(message, path=(name,)) for name, message in faults if message]:
            raise InputError(problems)
        self.interval = interval
        self.deadline = Deadline(timeout)


class _Policy:
    """Says whether a failed attempt is made again, and when."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._failed = 0

    def __call__(self, error: Exception) -> bool | float:
        """Return seconds to pause, or ``False``."""
        if not isinstance(error, VendorError) or not error.retryable:
            return False
        longest = min(_FIRST_PAUSE * 2**self._failed, _LONGEST_PAUSE)
        self._failed += 1
        pause = random.uniform(0, longest)  # noqa: S311  spreads clients that failed together
        if error.retry_after is not None:
            pause = error.retry_after
        return pause if pause < self._deadline.remaining else False


class Protocol:
    """The vendor's API over a wire."""

    def __init__(self, settings: Settings, wire: Wire) -> None:
        self._settings = settings
        self._wire = wire
        self._limits = Limits()
        self._reader = Reader(settings.api_key)

    async def start_sourcing(self, request: SourcingRequest) -> RunAccepted:
        return await self._call(endpoints.SOURCING, _accepted, body=request)

    async def refine_sourcing(self, request_id: str, request: PatchRequest) -> RunAccepted:
        return await self._call(endpoints.PATCH, _accepted, request_id, body=request)

    async def sourcing_results(
        self, request_id: str, deadline: Deadline | None = None
    ) -> SourcingRun:
        return await self._call(
            endpoints.RESULTS, parse_sourcing_run, request_id, deadline=deadline
        )

    async def wait_for_sourcing(
        self,
        request_id: str,
        patience: Patience,
        on_progress: Callable[[SourcingProcessing], object] | None,
    ) -> SourcingCompleted:
        return await self._ended(
            self.sourcing_results,
            (SourcingCompleted, SourcingProcessing),
            request_id,
            patience,
            on_progress,
        )

    async def wait_for_shortlist(
        self,
        request_id: str,
        patience: Patience,
        on_progress: Callable[[SourcingProcessing], object] | None,
    ) -> Shortlist:
        return await self._ended(
            lambda run_id, deadline: self._call(
                endpoints.RESULTS, _sourced_run, run_id, deadline=deadline
            ),
            (Shortlist, SourcingProcessing),
            request_id,
            patience,
            on_progress,
        )

    async def shortlist_results(self, request_id: str, kind: RunKind) -> Shortlist | AnyRun:
        endpoint, parse = _RESULTS[kind]
        return await self._call(endpoint, lambda body: _people(body) or parse(body), request_id)

    async def start_preview(self, request: PreviewRequest) -> RunAccepted:
        return await self._call(endpoints.PREVIEW, _accepted, body=request)

    async def preview_results(
        self, request_id: str, deadline: Deadline | None = None
    ) -> PreviewRun:
        return await self._call(
            endpoints.PREVIEW_RESULTS, parse_preview_run, request_id, deadline=deadline
        )

    async def wait_for_preview(
        self,
        request_id: str,
        patience: Patience,
        on_progress: Callable[[PreviewProcessing], object] | None,
    ) -> PreviewCompleted:
        return await self._ended(
            self.preview_results,
            (PreviewCompleted, PreviewProcessing),
            request_id,
            patience,
            on_progress,
        )

    async def start_enrichment(
        self,
        profile_ids: Sequence[str],
        webhook_id: str | None,
        deadline: Deadline | None = None,
    ) -> RunAccepted:
        request = _made(EnrichRequest, profile_ids=checked_ids(profile_ids), webhook_id=webhook_id)
        return await self._call(endpoints.ENRICH, _accepted, body=request, deadline=deadline)

    async def enrichment_results(
        self, request_id: str, deadline: Deadline | None = None
    ) -> EnrichmentRun:
        return await self._call(
            endpoints.ENRICH_RESULTS, parse_enrichment_run, request_id, deadline=deadline
        )

    async def wait_for_enrichment(
        self,
        request_id: str,
        patience: Patience,
        on_progress: Callable[[EnrichmentProcessing], object] | None,
    ) -> EnrichmentCompleted:
        return await self._ended(
            self.enrichment_results,
            (EnrichmentCompleted, EnrichmentProcessing),
            request_id,
            patience,
            on_progress,
        )

    async def enrich(
        self,
        profile_ids: Sequence[str],
        webhook_id: str | None,
        patience: Patience,
        on_progress: Callable[[EnrichmentProcessing], object] | None,
    ) -> Enrichment:
        batch = EnrichmentBatch(profile_ids)
        for chunk in batch.chunks():
            try:
                run = await self.start_enrichment(chunk, webhook_id, patience.deadline)
            except VendorError as error:
                if not batch.started:
                    raise
                batch.stop(chunk, error)
            else:
                batch.started.append((run.request_id, chunk))
        for run_id, chunk in batch.started:
            try:
                batch.add(chunk, await self._enriched(run_id, patience, on_progress))
            except VendorError as error:
                batch.fail(chunk, error)
                if not isinstance(error, VendorRunError):
                    batch.unfinished.append(run_id)
        return batch.result()

    async def _enriched(
        self,
        request_id: str,
        patience: Patience,
        on_progress: Callable[[EnrichmentProcessing], object] | None,
    ) -> EnrichedRun:
        return await self._ended(
            lambda run_id, deadline: self._call(
                endpoints.ENRICH_RESULTS, _enriched_run, run_id, deadline=deadline
            ),
            (EnrichedRun, EnrichmentProcessing),
            request_id,
            patience,
            on_progress,
        )

    async def render_html(
        self,
        profile_ids: Sequence[str],
        theme: Literal["dark", "light"],
        seconds: float | None,
        *,
        repeat: bool,
    ) -> RenderHtmlResponse:
        batch = CardBatch(profile_ids)
        deadline = None if seconds is None else Patience(seconds, 0).deadline
        is_first = True
        for chunk in batch.chunks():
            request = _made(RenderHtmlRequest, profile_ids=chunk, theme=theme)
            try:
                answer = await self._call(
                    endpoints.RENDER_HTML,
                    _rendered,
                    body=request,
                    deadline=deadline,
                    attempts=_ATTEMPTS if repeat else 1,
                )
            except VendorError as error:
                if is_first:
                    raise
                batch.stop(chunk, error)
            else:
                batch.add(chunk, answer)
            is_first = False
        return batch.result()

    async def create_webhook(self, request: WebhookCreateRequest) -> WebhookCreated:
        return await self._call(endpoints.CREATE_WEBHOOK, _unwrapped(WebhookCreated), body=request)

    async def list_webhooks(self) -> WebhookList:
        return await self._call(endpoints.LIST_WEBHOOKS, _unwrapped(WebhookList))

    async def get_webhook(self, webhook_id: str) -> WebhookConfig:
        return await self._call(endpoints.GET_WEBHOOK, _unwrapped(WebhookConfig), webhook_id)

    async def update_webhook(self, webhook_id: str, request: WebhookUpdateRequest) -> WebhookConfig:
        return await self._call(
            endpoints.UPDATE_WEBHOOK, _unwrapped(WebhookConfig), webhook_id, body=request
        )

    async def delete_webhook(self, webhook_id: str) -> None:
        await self._call(endpoints.DELETE_WEBHOOK, _nothing, webhook_id)

    async def test_webhook(self, webhook_id: str) -> WebhookTestResult:
        return await self._call(endpoints.TEST_WEBHOOK, _unwrapped(WebhookTestResult), webhook_id)

    async def reset_webhook(self, webhook_id: str) -> WebhookConfig:
        return await self._call(endpoints.RESET_WEBHOOK, _unwrapped(WebhookConfig), webhook_id)

    async def close(self) -> None:
        await self._wire.close()

    async def _ended(
        self,
        read: Callable[[str, Deadline], Awaitable[object]],
        kinds: tuple[type[Completed], type[Processing]],
        request_id: str,
        patience: Patience,
        on_progress: Callable[[Processing], object] | None,
    ) -> Completed:
        """Poll until a run has ended; pause before the first poll too, since none ends at once."""
        completed, processing = kinds
        deadline = patience.deadline
        while patience.interval < deadline.remaining:
            await self._wire.pause(patience.interval)
            try:
                run = self._reader.ended(await read(request_id, deadline))
            except VendorTimeoutError:
                if deadline.remaining > 0:
                    raise
                break
            if isinstance(run, VendorRunError):
                raise run
            if isinstance(run, completed):
                return run
            if on_progress is not None and isinstance(run, processing):
                on_progress(run)
        raise VendorTimeoutError(
            f"the run {request_id} has not ended within {deadline.seconds:g} seconds",
            request_id=request_id,
            advice="it goes on; wait for it again",
            retryable=True,
        )

    async def _call(
        self,
        endpoint: Endpoint,
        parse: Callable[[object], T],
        *ids: str,
        body: RequestModel | None = None,
        deadline: Deadline | None = None,
        attempts: int = _ATTEMPTS,
    ) -> T:
        """Make one call and return what ``parse`` makes of its answer.

        Args:
            endpoint: What is called.
            parse: Makes the model, or raises Pydantic's error or ``InputError``.
            ids: For the path.
            body: Sent as JSON.
            deadline: Of the operation that this call is a part of; else the client's timeout. An
                attempt has never more than that timeout.
            attempts: Most of them.
        """
        if problems := [Problem(fault, path=("id",)) for part in ids if (fault := id_fault(part))]:
            raise InputError(problems)
        within = deadline or Deadline(self._settings.timeout)
        request = Request(
            endpoint.method,
            self._settings.url(endpoint.path, *ids),
            None if body is None else json.dumps(body.to_wire()).encode(),
        )
        request_id = ids[0] if ids else None
        async for attempt in self._wire.attempts(_Policy(within), attempts):
            with attempt:
                answer = await self._attempt(endpoint, request, within, request_id)
        return self._reader.parsed(endpoint, answer, parse, request_id)

    async def _attempt(
        self, endpoint: Endpoint, request: Request, deadline: Deadline, request_id: str | None
    ) -> Answer:
        await self._take_turn(endpoint, deadline)
        seconds = min(deadline.remaining, self._settings.timeout)
        if endpoint.only_reads:
            seconds = min(seconds, _LONGEST_READ)
        seconds = max(seconds, 0.001)  # httpx takes 0 for no limit at all
        try:
            answer = await self._wire.send(request, seconds)
        except NoAnswerError as fault:
            error: VendorError | None = self._reader.silence(endpoint, fault, request_id)
        else:
            error = self._reader.refusal(endpoint, answer, request_id)
        if error is not None:
            raise error
        return answer

    async def _take_turn(self, endpoint: Endpoint, deadline: Deadline) -> None:
        if deadline.remaining <= 0:
            raise VendorTimeoutError(
                f"{endpoint.method} {endpoint.path}: not sent, the {deadline.seconds:g} seconds "
                "for it and those before it are over",
                advice="make it again, with more time",
                retryable=True,
            )
        while seconds := self._limits.take(endpoint):
            if seconds >= deadline.remaining:
                raise VendorTimeoutError(
                    f"{endpoint.method} {endpoint.path}: not sent, {endpoint.per_minute} calls a "
                    "minute are allowed and this one has no turn before the deadline",
                    advice=f"make it again in {seconds:.0f} seconds",
                    retryable=True,
                    retry_after=seconds,
                )
            await self._wire.pause(seconds)


def _made(kind: type[Model], **values: Any) -> Model:  # noqa: ANN401  the fields of the model
    """Make a request.

    Raises:
        InputError: It could not succeed.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        problems = problems_in(error)
    raise InputError(problems)


def _people(body: object) -> Shortlist | None:
    """Return the people of a run that has completed, without what cannot be read of them."""
    run = unwrap_envelope(body)
    if not isinstance(run, dict) or run.get("status") != "completed":
        return None
    return parse_shortlist(json.dumps(run), source="the answer")


def _sourced_run(body: object) -> Shortlist | SourcingRun:
    people = _people(body)
    return parse_sourcing_run(body) if people is None else people


def _enriched_run(body: object) -> EnrichedRun | EnrichmentRun:
    people = _people(body)
    if people is None:
        return parse_enrichment_run(body)
    run: Any = unwrap_envelope(body)
    count = run.get("creditsConsumed")
    return EnrichedRun(people, count if isinstance(count, int) else 0)


def _accepted(body: object) -> RunAccepted:
    return RunAccepted.model_validate(unwrap_envelope(body))


def _rendered(body: object) -> RenderHtmlResponse:
    return RenderHtmlResponse.model_validate(unwrap_envelope(body))


def _unwrapped(kind: type[Model]) -> Callable[[object], Model]:
    return lambda body: kind.model_validate(unwrap_webhook_answer(body))


def _nothing(body: object) -> None:
    """Accept any body; the status has said all."""
