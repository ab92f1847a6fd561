"""What is stored no longer than it should be."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from candidate_cards.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from candidate_cards.store import Store

_log = logging.getLogger(__name__)

_SECONDS_BETWEEN: Final = 3600.0


class Retention:
    """Erases candidates that were saved too long ago, and what has expired.

    Args:
        store: What is swept.
        days: How long a candidate is kept since it was last saved; ``None`` keeps it.
        now: Tells the time, with its zone.
        pause: Sleeps for seconds.
    """

    def __init__(
        self,
        store: Store,
        days: int | None,
        *,
        now: Callable[[], datetime],
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._age = None if days is None else timedelta(days=days)
        self._now = now
        self._pause = pause

    async def work(self) -> None:
        """Sweep at once and then every hour, until cancelled."""
        while True:
            await asyncio.to_thread(self.sweep)
            await self._pause(_SECONDS_BETWEEN)

    def sweep(self) -> None:
        """Sweep once; what the database refuses is left for the next time."""
        now = self._now()
        try:
            old = 0 if self._age is None else self._store.erase_older(now - self._age)
            swept = self._store.sweep(now)
        except StoreError as error:
            _log.error("the store cannot be swept: %s", error)
            return
        _log.info(
            "swept: %d candidates, %d embeds, %d deliveries", old, swept.embeds, swept.deliveries
        )
