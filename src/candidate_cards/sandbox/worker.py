"""What goes on between requests: runs end and deliveries leave when their time has come."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

import httpx

if TYPE_CHECKING:
    from .clock import Clock
    from .deliveries import Deliveries
    from .runs import Runs

_log = logging.getLogger(__name__)

_MOST_AT_ONCE: Final = 20
_LONGEST_SLEEP: Final = 1.0  # seconds; the system's clock may be set


class Worker:
    """One task of the event loop; what it has to do is in the store, so it can die at any time."""

    def __init__(self, runs: Runs, deliveries: Deliveries, clock: Clock) -> None:
        self._runs = runs
        self._deliveries = deliveries
        self._clock = clock
        self._woken = asyncio.Event()
        self._under_way: dict[str, asyncio.Task[None]] = {}

    def wake(self) -> None:
        """Look again at once: there is something new, or time was skipped."""
        self._woken.set()

    async def work(self, client: httpx.AsyncClient) -> None:
        """Go on until cancelled; deliveries under way are given up and stay pending."""
        try:
            while True:
                self._woken.clear()
                try:
                    for run_id in self._runs.due():
                        self._finish(run_id)
                        await asyncio.sleep(0)  # requests come in between
                    self._send(client)
                except sqlite3.Error:  # such as a full disk, which may have room again
                    _log.exception("the data cannot be written")
                    await asyncio.sleep(_LONGEST_SLEEP)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), self._until_next())
        finally:
            under_way = tuple(self._under_way.values())
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    def _finish(self, run_id: str) -> None:
        try:
            self._runs.finish(run_id)
        except sqlite3.Error:
            raise
        except Exception:  # noqa: BLE001  it is logged
            # Every accepted run ends, whatever is wrong here.
            _log.exception("a run could not be finished")
            self._runs.fail(run_id)

    def _send(self, client: httpx.AsyncClient) -> None:
        for delivery_id in self._deliveries.due():
            if len(self._under_way) >= _MOST_AT_ONCE:
                return
            if delivery_id not in self._under_way:
                task = asyncio.create_task(self._deliveries.attempt(client, delivery_id))
                self._under_way[delivery_id] = task
                task.add_done_callback(partial(self._done, delivery_id))

    def _done(self, delivery_id: str, task: asyncio.Task[None]) -> None:
        del self._under_way[delivery_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            # It stays due, and is tried again when the worker looks next.
            _log.error("a delivery could not be attempted", exc_info=error)
            return
        self._woken.set()

    def _until_next(self) -> float:
        """Return seconds until something is due."""
        times = (self._runs.next_due(), self._deliveries.next_due())
        waits = [(time - self._clock.now()) / 1000 for time in times if time is not None]
        return max(0.0, min((*waits, _LONGEST_SLEEP)))


def new_client(timeout: float) -> httpx.AsyncClient:
    """Return a client that goes where it is told and nowhere else."""
    return httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=False)
