"""What a watermark may look like, so that every text over it stays legible."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from candidate_cards._contrast import PAIRS, contrast

if TYPE_CHECKING:
    from candidate_cards.themes import Theme

_GROUND: Final = "color-surface"
_INK: Final = "color-muted"
_STEPS: Final = 128
_FAINTEST: Final = 1.1  # contrast to the ground below which print loses it
_STRONGEST: Final = 1.25  # above which it is in the way of reading, whatever the numbers say


class Ink(NamedTuple):
    """How a watermark is drawn over a page.

    Attributes:
        color: ``#rrggbb``.
        blend: Of the pixels below it only those change that are lighter (or darker) than it: the
            ground, never the letters.
    """

    color: str
    blend: Literal["Darken", "Lighten"]


@cache
def ink(theme: Theme) -> Ink:
    """Return the strongest colour on which every text of a theme keeps the contrast it needs.

    A theme without contrast to spare gets the faintest that can be seen.
    """
    tokens = theme.tokens
    ground = tokens[_GROUND]
    # As on the ground itself: what misses its contrast there is the theme's own fault.
    texts = [
        (tokens[name], needed)
        for name, back, needed in PAIRS
        if back == _GROUND and contrast(tokens[name], ground) >= needed
    ]
    chosen = ground
    for step in range(1, _STEPS):
        color = _mixed(ground, tokens[_INK], step / _STEPS)
        seen = contrast(color, ground)
        hides = any(contrast(text, color) < needed for text, needed in texts)
        if seen > _STRONGEST or (hides and contrast(chosen, ground) >= _FAINTEST):
            break
        chosen = color
    darker = sum(bytes.fromhex(tokens[_INK][1:])) < sum(bytes.fromhex(ground[1:]))
    return Ink(chosen, "Darken" if darker else "Lighten")


def _mixed(first: str, second: str, share: float) -> str:
    pairs = zip(bytes.fromhex(first[1:]), bytes.fromhex(second[1:]), strict=True)
    return f"#{bytes(round(a + (b - a) * share) for a, b in pairs).hex()}"
