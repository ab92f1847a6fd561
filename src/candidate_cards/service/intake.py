"""What goes on between requests: the results of runs that deliveries have told of are fetched.

All that there is to do is in the store. So the process can die at any time: candidates are saved
and their fetch is ended in one step.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from candidate_cards.errors import (
    InputError,
    StoreError,
    VendorError,
    VendorNotFoundError,
)
from candidate_cards.instaview import AsyncClient
from candidate_cards.models import Shortlist

from .logs import company_hash, described

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from candidate_cards.models import EnrichmentRun, PreviewRun, SourcingRun
    from candidate_cards.store import Fetch, FetchKind, Store

    from .metrics import Metrics
    from .settings import Company

    Found = Shortlist | SourcingRun | PreviewRun | EnrichmentRun

_log = logging.getLogger(__name__)

_MOST_AT_ONCE: Final = 8
_LONGEST_SLEEP: Final = 1.0  # seconds; another process, or a clock that was set, wakes nobody
_CALL_SECONDS: Final = 30.0
_FIRST_PAUSE: Final = timedelta(seconds=10)  # the contract's longest between two polls
_LONGEST_PAUSE: Final = timedelta(minutes=15)
_PATIENCE: Final = timedelta(days=1)
#: An event tells of a run that there is. So if it is unknown, the vendor is behind, or the key is
#: another company's by mistake; or it has expired, which is for good.
_PATIENCE_UNKNOWN: Final = timedelta(hours=1)

#: Where a run may be found. The event of a preview is that of a search.
_PLACES: Final[Mapping[FetchKind, Sequence[FetchKind]]] = {
    "sourcing": ("sourcing", "preview"),
    "preview": ("preview", "sourcing"),
    "enrichment": ("enrichment",),
}


class Intake:
    """One task of an event loop that does nothing else, since the store blocks it.

    Args:
        store: What is to be fetched, and where it goes.
        companies: By their ids; their keys of the vendor's API are used.
        vendor_url: Where that is.
        metrics: Count what is fetched.
        now: Tells the time, with its zone.

    Raises:
        InputError: A key or the address cannot be.
    """

    def __init__(
        self,
        store: Store,
        companies: Mapping[str, Company],
        vendor_url: str,
        metrics: Metrics,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._now = now
        self._clients = {
            name: AsyncClient(company.vendor_key, base_url=vendor_url, timeout=_CALL_SECONDS)
            for name, company in companies.items()
            if company.vendor_key is not None
        }
        self._under_way: set[tuple[str, FetchKind, str]] = set()
        self._woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def wake(self) -> None:
        """Look at once whether something is due; from any thread."""
        if (loop := self._loop) is not None:
            with suppress(RuntimeError):  # it was closed just now
                loop.call_soon_threadsafe(self._woken.set)

    async def work(self) -> None:
        """Go on until cancelled; what is under way is given up and stays due."""
        self._loop = asyncio.get_running_loop()
        async with AsyncExitStack() as stack:
            for client in self._clients.values():
                await stack.enter_async_context(client)
            async with asyncio.TaskGroup() as group:
                while True:
                    self._woken.clear()
                    try:
                        self._begin(group)
                    except StoreError as error:
                        _log.error("what is due is not known: %s", error)
                    except Exception as error:  # noqa: BLE001  nothing would be fetched any more
                        _log.error("a bug", extra={"raised": described(error)})
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._woken.wait(), _LONGEST_SLEEP)

    def _begin(self, group: asyncio.TaskGroup) -> None:
        """Begin what is due.

        Raises:
            StoreError: The database failed.
        """
        free = _MOST_AT_ONCE - len(self._under_way)
        if not free:
            return
        for fetch in self._store.due_fetches(self._now(), _MOST_AT_ONCE + len(self._under_way)):
            key = fetch.company, fetch.kind, fetch.request_id
            if free and key not in self._under_way:
                free -= 1
                self._under_way.add(key)
                group.create_task(self._attempt(fetch)).add_done_callback(partial(self._done, key))

    def _done(self, key: tuple[str, FetchKind, str], _task: asyncio.Task[None]) -> None:
        self._under_way.remove(key)
        self._woken.set()

    async def _attempt(self, fetch: Fetch) -> None:
        """Fetch results once, and put down what became of it."""
        try:
            try:
                await self._take(fetch)
            except StoreError:
                raise
            except Exception as error:  # noqa: BLE001  it costs this fetch, not all of them
                _log.error("a bug", extra={"raised": described(error)})
                self._postpone(fetch, "a bug")
        except StoreError as error:
            # It stays due: saved or not, it is fetched again.
            _log.error("results cannot be put down: %s", error)
            await asyncio.sleep(_LONGEST_SLEEP)

    async def _take(self, fetch: Fetch) -> None:
        """See `_attempt`.

        Raises:
            StoreError: The database failed.
        """
        client = self._clients.get(fetch.company)
        if client is None:
            self._postpone(fetch, "the company has no vendor_key")
            return
        try:
            found = await _found(client, fetch)
        except InputError:
            self._end(fetch, "failed", "no run has such an id")
        except VendorNotFoundError:
            self._postpone(fetch, "the vendor knows no such run", patience=_PATIENCE_UNKNOWN)
        except VendorError as error:
            # What it says are the vendor's words, so the log has its class alone.
            status = getattr(error, "status", "")
            self._postpone(fetch, f"{type(error).__name__} {status}".rstrip(), error.retry_after)
        else:
            if isinstance(found, Shortlist):
                self._save(fetch, found)
            elif found.status == "failed":
                self._end(fetch, "failed", "the run has failed")
            else:
                self._postpone(fetch, "the run is still processing")

    def _save(self, fetch: Fetch, found: Shortlist) -> None:
        """Save who was found.

        Raises:
            StoreError: The database failed.
        """
        saved = self._store.save_fetched(fetch, found.candidates, at=self._now())
        if saved is None:
            self._metrics.tried("superfluous")
            _log.info("results not stored: nobody asks for them any more", extra=_named(fetch))
            return
        counts = {
            "stored": len(saved.outcomes),
            "failed": len(found.failed),
            "withheld": len(found.candidates) - len(saved.outcomes),
        }
        self._metrics.tried("stored")
        for outcome, count in counts.items():
            self._metrics.fetched(outcome, count)
        _log.info(
            "results stored", extra={**_named(fetch), **counts, "problems": len(found.problems)}
        )

    def _end(self, fetch: Fetch, outcome: str, reason: str) -> None:
        self._store.end_fetch(fetch)
        self._metrics.tried(outcome)
        _log.warning("no results: %s", reason, extra=_named(fetch))

    def _postpone(
        self,
        fetch: Fetch,
        reason: str,
        least: float | None = None,
        patience: timedelta = _PATIENCE,
    ) -> None:
        """Have it fetched later, unless that was tried for long enough.

        Args:
            fetch: What.
            reason: Why.
            least: Seconds that the vendor asks to wait.
            patience: How long is long enough.

        Raises:
            StoreError: The database failed.
        """
        now, last = self._now(), fetch.added_at + patience
        if now >= last:
            self._end(fetch, "given up", f"{reason}; given up")
            return
        pause = min(_FIRST_PAUSE * 2 ** min(fetch.postponed, 20), _LONGEST_PAUSE)
        wanted = max(pause, timedelta(seconds=min(least or 0.0, patience.total_seconds())))
        self._store.postpone_fetch(fetch, min(now + wanted, last))
        self._metrics.tried("postponed")
        _log.info("no results yet: %s", reason, extra=_named(fetch))


def _named(fetch: Fetch) -> dict[str, str]:
    """Return what a log says of a fetch: enough for ``candidate-cards store fetch``."""
    return {"company": company_hash(fetch.company), "run": fetch.request_id}


async def _found(client: AsyncClient, fetch: Fetch) -> Found:
    """Return a run from where the vendor keeps such runs.

    Raises:
        VendorError: It is nowhere, or cannot be had now.
        InputError: No run has such an id.
    """
    *places, last = _PLACES[fetch.kind]
    for kind in places:
        with suppress(VendorNotFoundError):
            return await client.shortlist_results(fetch.request_id, kind)
    return await client.shortlist_results(fetch.request_id, last)
