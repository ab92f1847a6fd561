"""The sandbox's time: the system's, plus what a developer skipped."""

from __future__ import annotations

import time
from typing import Final

#: Milliseconds: a thousand years. The wire's times have four digits of a year.
MOST_SKIPPED: Final = 1_000 * 365 * 86_400_000


class Clock:
    """Milliseconds since 1970. It never goes back by itself, and goes ahead when told to."""

    def __init__(self, skipped: int = 0) -> None:
        self.skipped = skipped

    def now(self) -> int:
        """Return the time in milliseconds."""
        return time.time_ns() // 1_000_000 + self.skipped
