"""Match scores: one number, one word, one tone."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple, get_args

Tone = Literal["strong", "good", "partial", "low", "none"]
TONES: tuple[str, ...] = get_args(Tone)


class Bands(NamedTuple):
    """The lowest score, 0 to 100, of each band; below ``partial`` is low.

    The defaults are ours: the vendor documents a score and no bands.
    """

    strong: float = 80
    good: float = 60
    partial: float = 40

    def tone(self, score: float) -> Tone:
        """Return the band of a score that is on the scale."""
        if score >= self.strong:
            return "strong"
        if score >= self.good:
            return "good"
        if score >= self.partial:
            return "partial"
        return "low"


DEFAULT_BANDS = Bands()


def shown_score(score: float | None) -> int | None:
    """Return the whole number to show, or ``None`` where there is no score on the 0-100 scale.

    Half rounds up. The band is taken from the shown number, so that number and word agree:
    79.6 is shown as 80 and is strong.
    """
    if score is None or not 0 <= score <= 100:  # noqa: PLR2004  the scale itself; NaN fails too
        return None
    whole = math.floor(score)
    return whole + (score - whole >= 0.5)  # noqa: PLR2004  adding a half first would round twice
