"""Sliding windows: what a key may call in any minute, per endpoint and in all, and in any hour.

They live in memory: a restart forgets them.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .refusals import rate_limited

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .callers import Caller

_MINUTE, _HOUR = 60_000, 3_600_000

#: Calls per minute of one key to one endpoint.
ENDPOINTS: Final[Mapping[str, int]] = {
    "POST /sourcing": 10,
    "PATCH /sourcing/{run_id}": 30,
    "GET /sourcing/{run_id}/results": 120,
    "POST /sourcing/preview": 10,
    "GET /sourcing/preview/{run_id}/results": 120,
    "POST /sourcing/enrich": 50,
    "GET /sourcing/enrich/{run_id}/results": 120,
    "POST /sourcing/render-html": 50,
}

#: Shown where no key is known: the vendor's limits of a key without a plan.
UNKNOWN_KEY: Final = (60, 2_000)


@dataclass(frozen=True, slots=True)
class Window:
    """Calls of the last ``span`` milliseconds, as they were after a call.

    Attributes:
        limit: Calls allowed.
        used: Calls made.
        reset: Unix seconds at which the first of them leaves it.
    """

    limit: int
    used: int
    reset: int

    @property
    def remaining(self) -> int:
        """Calls left."""
        return max(0, self.limit - self.used)


@dataclass(frozen=True, slots=True)
class Quota:
    """The strictest minute and the hour of a call; becomes six headers."""

    minute: Window
    hour: Window

    def to_raw_headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers that every answer has, as ASGI has them."""
        minute, hour = self.minute, self.hour
        return [
            (b"x-ratelimit-limit-minute", b"%d" % minute.limit),
            (b"x-ratelimit-remaining-minute", b"%d" % minute.remaining),
            (b"x-ratelimit-reset-minute", b"%d" % minute.reset),
            (b"x-ratelimit-limit-hour", b"%d" % hour.limit),
            (b"x-ratelimit-remaining-hour", b"%d" % hour.remaining),
            (b"x-ratelimit-reset-hour", b"%d" % hour.reset),
        ]


def unused(now: int) -> Quota:
    """Return what an answer shows that no key was counted for."""
    minute, hour = UNKNOWN_KEY
    return Quota(Window(minute, 0, _seconds(now + _MINUTE)), Window(hour, 0, _seconds(now + _HOUR)))


class RateLimits:
    """The calls of every key.

    Args:
        endpoints: Calls per minute of one key to one endpoint.
    """

    def __init__(self, endpoints: Mapping[str, int] = ENDPOINTS) -> None:
        self._endpoints = endpoints
        self._calls: dict[tuple[str, str], deque[int]] = defaultdict(deque)

    def _count(self, caller: Caller, endpoint: str, now: int) -> tuple[Quota, int]:
        """Count a call, unless it is one too many.

        Args:
            caller: Whose key it is.
            endpoint: One that has a limit of its own, or another.
            now: Milliseconds since 1970.

        Returns:
            What the headers show, and the milliseconds to wait: 0 if the call was counted.
        """
        spans = [
            ("minute", caller.per_minute, _MINUTE),
            ("hour", caller.per_hour, _HOUR),
        ]
        if endpoint in self._endpoints:
            spans.append((endpoint, self._endpoints[endpoint], _MINUTE))
        windows = []
        wait = 0
        for name, limit, span in spans:
            calls = self._calls[caller.key_id, name]
            while calls and calls[0] <= now - span:
                calls.popleft()
            windows.append((calls, limit, span))
            if len(calls) >= limit:
                wait = max(wait, calls[len(calls) - limit] + span - now)
        if not wait:
            for calls, _, _ in windows:
                calls.append(now)
        shown = [
            Window(limit, len(calls), _seconds((calls[0] if calls else now) + span))
            for calls, limit, span in windows
        ]
        minute, hour, *own = shown
        return Quota(min((minute, *own), key=lambda window: window.remaining), hour), wait

    def forget(self, now: int) -> None:
        """Forget keys that have not called for an hour; some of them are no keys any more."""
        for name, calls in list(self._calls.items()):
            if not calls or calls[-1] <= now - _HOUR:
                del self._calls[name]

    def check(self, caller: Caller, endpoint: str, now: int) -> tuple[Quota, Exception | None]:
        """Count a call; return what the headers show, and the refusal if it is one too many."""
        quota, wait = self._count(caller, endpoint, now)
        if not wait:
            return quota, None
        spent = quota.hour if quota.hour.remaining == 0 else quota.minute
        return quota, rate_limited(spent.limit, -(-wait // 1000), _seconds(now + wait))


def _seconds(milliseconds: int) -> int:
    """Return whole seconds, never too early."""
    return -(-milliseconds // 1000)
