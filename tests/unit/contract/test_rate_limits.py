"""Windows of calls, and the memory that they take."""

from __future__ import annotations

from typing import Final

from candidate_cards.contract.callers import Caller
from candidate_cards.contract.rate_limits import RateLimits

HOUR: Final = 3_600_000  # milliseconds
START: Final = 1_800_000_000_000


def _caller(name: str) -> Caller:
    return Caller(name, "acme", frozenset(), per_minute=5, per_hour=8)


def test_keys_that_do_not_call_any_more_take_no_memory() -> None:
    """After an hour nothing of them counts, so nothing is kept; a key that still calls is."""
    limits = RateLimits({"POST /one": 3})
    early, late = _caller("early"), _caller("late")
    for _ in range(7):
        limits.check(early, "POST /one", START)
        limits.check(late, "POST /two", START + HOUR - 1)
    limits.forget(START + HOUR)
    assert {key for key, _ in limits._calls} == {"late"}
    quota, refusal = limits.check(late, "POST /two", START + HOUR)
    assert (quota.minute.remaining, refusal is None) == (0, False)
    quota, refusal = limits.check(early, "POST /one", START + HOUR)
    assert (quota.hour.remaining, refusal) == (7, None)
