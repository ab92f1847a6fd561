"""The parts of a service, put together, without HTTP."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from candidate_cards.contract.rate_limits import RateLimits
from candidate_cards.store import open_store

from .embeds import Embeds
from .settings import Settings

if TYPE_CHECKING:
    from types import TracebackType


class Service:
    """State and behaviour of a service; `app.create_app` speaks it over HTTP.

    Args:
        settings: By default the environment's.

    Raises:
        StoreError: The database cannot be used.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.store = open_store(self.settings.store.get_secret_value())
        self.embeds = Embeds(self.settings, self.store)
        self.rate_limits = RateLimits()
        self.is_stopping = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def now(self) -> int:
        """Return the time in milliseconds since 1970."""
        return time.time_ns() // 1_000_000

    def close(self) -> None:
        """Close the database and end every process."""
        self.store.close()
