"""What is stored no longer than it should be."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from candidate_cards.errors import StoreError

from .logs import described

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from candidate_cards.store import Store

    from .metrics import Metrics

_log = logging.getLogger(__name__)

_SECONDS_BETWEEN: Final = 3600.0


class Retention:
    """Erases candidates that were saved too long ago, and what has expired.

    Args:
        store: What is swept.
        days: How long a candidate is kept since it was last saved; ``None`` keeps it.
        metrics: Count what goes.
        now: Tells the time, with its zone.
        on_erasure: Called in the loop after candidates were erased.
        pause: Sleeps for seconds.
    """

    def __init__(  # noqa: PLR0913  what it works on
        self,
        store: Store,
        days: int | None,
        metrics: Metrics,
        *,
        now: Callable[[], datetime],
        on_erasure: Callable[[], object],
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._age = None if days is None else timedelta(days=days)
        self._metrics = metrics
        self._now = now
        self._on_erasure = on_erasure
        self._pause = pause

    async def work(self) -> None:
        """Sweep at once and then every hour, until cancelled; what fails is left for the next."""
        while True:
            has_erased = True  # as far as is known of a sweep that fails
            try:
                has_erased = bool(await asyncio.to_thread(self.sweep))
            except StoreError as error:
                _log.error("the store cannot be swept: %s", error)
            except Exception as error:  # noqa: BLE001  data must not be kept for a bug
                _log.error("a bug", extra={"raised": described(error)})
            if has_erased:
                self._on_erasure()
            await self._pause(_SECONDS_BETWEEN)

    def sweep(self) -> int:
        """Sweep once; return how many candidates were erased.

        Raises:
            StoreError: The database failed.
        """
        now = self._now()
        old = 0 if self._age is None else self._store.erase_older(now - self._age)
        swept = self._store.sweep(now)
        counts = {"candidates": old, "embeds": swept.embeds, "deliveries": swept.deliveries}
        for kind, count in counts.items():
            self._metrics.swept(kind, count)
        _log.info("swept", extra=counts)
        return old
