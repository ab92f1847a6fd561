"""The contract's limits of calls a minute, kept on this side of the line."""

from __future__ import annotations

from threading import Lock
from time import monotonic_ns
from typing import TYPE_CHECKING

from pyrate_limiter import Duration, InMemoryBucket, Rate, RateItem

if TYPE_CHECKING:
    from candidate_cards.instaview._endpoints import Endpoint


class Limits:
    """Counts calls in sliding windows, one an endpoint; safe to use from several threads.

    Why: buckets without the library's ``Limiter``, which sleeps by itself, with no regard to a
    deadline, and starts a thread for each.
    """

    def __init__(self) -> None:
        self._buckets: dict[Endpoint, InMemoryBucket] = {}
        self._lock = Lock()

    def take(self, endpoint: Endpoint) -> float:
        """Count a call and return 0, or return the seconds until there is room for it."""
        with self._lock:
            bucket = self._buckets.get(endpoint)
            if bucket is None:
                rate = Rate(endpoint.per_minute, Duration.MINUTE)
                bucket = self._buckets[endpoint] = InMemoryBucket([rate])
            now = monotonic_ns() // 1_000_000
            bucket.leak(now)
            call = RateItem(endpoint.path, now)
            if bucket.put(call):
                return 0.0
            # At least a millisecond: 0 means that there was room.
            return max(int(bucket.waiting(call)), 1) / 1000  # type: ignore[arg-type]
