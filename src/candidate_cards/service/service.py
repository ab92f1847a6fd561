"""The parts of a service, put together, without HTTP."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Final, ParamSpec, Self, TypeVar

from candidate_cards.contract.bodies import render_html_body
from candidate_cards.contract.rate_limits import ENDPOINTS, RateLimits
from candidate_cards.contract.times import as_datetime
from candidate_cards.store import open_store

from .background import in_background
from .cards import CardCache
from .embeds import Embeds
from .gallery import Gallery
from .gate import UnderWay
from .inbox import Inbox
from .intake import Intake
from .lookups import Lookups
from .manners import Manners
from .metrics import Metrics
from .papers import Papers
from .retention import Retention
from .settings import Settings, read_settings
from .vendors import Vendors

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

P = ParamSpec("P")
T = TypeVar("T")

_THREADS: Final = 4
_NETWORK_THREADS: Final = 4  # that wait for a database on a network
_LONGEST_SLEEP: Final = 30.0  # seconds


def _system_time() -> int:
    return time.time_ns() // 1_000_000


class Service:
    """State and behaviour of a service; `app.create_app` speaks it over HTTP.

    Args:
        settings: By default the environment's.
        now: Returns the time in milliseconds since 1970.

    Raises:
        InputError: A setting cannot be.
        StoreError: The database cannot be used.

    Attributes:
        store: The database. It blocks: what takes some microseconds is asked by way of `lookups`,
            anything else by `run`.
        lookups: Short questions to the database.
        renderings: Questions for cards that are not kept, which take longer.
        manners: To whom it shows what.
        under_way: The requests that are being answered.
        is_stopping: Whether to ask that no more requests are sent here.
    """

    def __init__(
        self, settings: Settings | None = None, *, now: Callable[[], int] = _system_time
    ) -> None:
        self.settings = settings or read_settings()
        self.now = now
        self.manners = Manners(self.settings)
        url = self.settings.store.get_secret_value()
        self.store = open_store(url)
        threads = 1 if url.startswith("sqlite:") else _NETWORK_THREADS
        self.lookups = Lookups(threads)
        self.renderings = Lookups(threads)
        render_html = {"POST /sourcing/render-html": self.settings.render_per_minute}
        self.rate_limits = RateLimits({**ENDPOINTS, **render_html})
        self.metrics = Metrics()
        self.cards = CardCache(
            self.settings.cache_bytes, round(self.settings.cache_seconds * 1000), now
        )
        self.vendors = Vendors(self.settings)
        self.embeds = Embeds(self.settings, self.store, self.manners)
        self.gallery = Gallery() if self.settings.development else None
        self.papers = Papers(
            self.settings.pdf_workers,
            self.settings.pdf_waiting,
            # So that a part that runs away is told by its name, before the answer is late.
            self.settings.request_seconds / 2,
        )
        self.render_html_body = render_html_body(self.settings.profile_limit)
        self.under_way = UnderWay()
        companies, vendor_url = self.settings.companies, self.settings.vendor_url
        self.intake = Intake(self.store, companies, vendor_url, self.metrics, now=self.time)
        self.inbox = Inbox(
            self.store, companies, self.metrics, now=self.time, on_fetch=self.intake.wake
        )
        self.retention = Retention(
            self.store,
            self.settings.retention_days,
            self.metrics,
            now=self.time,
            on_erasure=self.cards.clear,
        )
        self.is_stopping = False
        self._threads = ThreadPoolExecutor(_THREADS, "candidate-cards")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run what blocks in a thread; who is cancelled does not wait for its end."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(function, *args, **kwargs))

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Do what is to be done between requests."""
        chores = (self.under_way.watch, self._sweep, self.retention.work)
        tasks = [asyncio.create_task(chore()) for chore in chores]
        try:
            with in_background(self.intake.work):
                yield
        finally:
            for task in tasks:
                task.cancel()
            await self.vendors.close()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(min(self.settings.cache_seconds, _LONGEST_SLEEP))
            self.cards.expire()
            self.rate_limits.forget(self.now())

    def time(self) -> datetime:
        """Return the time in UTC."""
        return as_datetime(self.now())

    def stop(self) -> None:
        """Ask that no more requests are sent here; those that come are answered."""
        self.is_stopping = True

    def close(self) -> None:
        """Close the database and end every process."""
        self.papers.close()
        self.lookups.close()
        self.renderings.close()
        self._threads.shutdown(cancel_futures=True)
        self.store.close()
