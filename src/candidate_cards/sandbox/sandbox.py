"""The parts of a sandbox, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from candidate_cards.contract.rate_limits import RateLimits
from candidate_cards.contract.refusals import invalid

from .accounts import Accounts
from .clock import MOST_SKIPPED, Clock
from .deliveries import Deliveries
from .faults import Faults
from .runs import Runs
from .search import Index
from .settings import Settings
from .store import Store
from .webhooks import Webhooks
from .worker import Worker, new_client

if TYPE_CHECKING:
    import httpx


class Sandbox:
    """State and behaviour of a sandbox, without HTTP; `app.create_app` speaks it.

    Args:
        settings: Its options.

    Raises:
        InputError: The file of ``settings.data`` cannot be used.
        OSError: The system refused.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.store = Store(self.settings.data)
        self.clock = Clock(self.store.value("SELECT skipped FROM clock"))
        self.accounts = Accounts(self.store)
        self.accounts.add_ready_made(self.clock.now())
        self.webhooks = Webhooks(self.store, self.accounts, self.clock, self.settings)
        self.deliveries = Deliveries(self.store, self.clock, self.settings)
        self.index = Index()
        self.runs = Runs(
            self.store,
            accounts=self.accounts,
            webhooks=self.webhooks,
            deliveries=self.deliveries,
            index=self.index,
            clock=self.clock,
            settings=self.settings,
        )
        self.rate_limits = RateLimits()
        self.faults = Faults()
        self.worker = Worker(self.runs, self.deliveries, self.clock)

    def skip(self, seconds: float) -> None:
        """Let time pass at once; what it makes due is done next.

        Raises:
            RefusedError: It would be more than `MOST_SKIPPED` in all.
        """
        skipped = self.clock.skipped + round(seconds * 1000)
        if skipped > MOST_SKIPPED:
            raise invalid("no more than a thousand years can be skipped")
        self.clock.skipped = skipped
        self.store.execute("UPDATE clock SET skipped = ?", self.clock.skipped)
        self.worker.wake()

    def new_client(self) -> httpx.AsyncClient:
        """Return a client for deliveries."""
        return new_client(self.settings.delivery_timeout)

    def close(self) -> None:
        """Close the file and free the memory."""
        self.index.close()
        self.store.close()
