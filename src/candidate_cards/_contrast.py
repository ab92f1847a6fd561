"""Contrast of a theme's colour pairs, by the WCAG 2 formula.

Needed are 4.5:1 for text and 3:1 for the button's shape, on each ground that the cards put them
on. Hairlines and the score ring's unfilled track say nothing by themselves and are not measured.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import floor
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from coloraide import Color

_COLOR: Final = "color-"
_DARK: Final = "dark-"

TEXT: Final = 4.5
GRAPHIC: Final = 3.0

_ON_SURFACE: Final = (
    *("text", "muted", "heading", "heading-from", "heading-to", "link"),
    *("fit", "check", "strong", "good", "partial", "low"),
)

PAIRS: Final[tuple[tuple[str, str, float], ...]] = (
    *((f"color-{name}", "color-surface", TEXT) for name in _ON_SURFACE),
    *((f"color-{name}", "color-page", TEXT) for name in ("text", "muted", "heading", "link")),
    *((f"color-{name}", "color-raised", TEXT) for name in ("text", "muted", "fit", "check")),
    ("color-button", "color-surface", GRAPHIC),
    ("color-button-text", "color-button", TEXT),
)
"""Foreground token, background token, contrast needed."""

_GRADIENT: Final = ("color-heading-from", "color-heading-to")
_GROUND: Final = "color-surface"
_STEPS: Final = 16
_LIGHTNESS_STEP: Final = 1 / 256


@dataclass(frozen=True, slots=True)
class ContrastProblem:
    """Two colours that are too alike.

    Attributes:
        foreground: Token to change, such as ``color-muted``; for colours between the two ends of
            the name's gradient, both tokens, separated by ``", "``.
        background: Token that it stands on.
        ratio: Contrast measured, to one.
        needed: Contrast needed, to one.
        suggestion: The nearest ``#rrggbb`` of the same hue that passes wherever the token stands,
            or, if there is none, on this ground; for a gradient, its far end. Taking all
            suggestions of one check together leaves nothing to report, or little.
        ground: Colour of the background once its own suggestion is taken.
    """

    foreground: str
    background: str
    ratio: float
    needed: float
    suggestion: str
    ground: str

    @property
    def message(self) -> str:
        """What is wrong and what to do, in one line."""
        first, *rest = (name.removeprefix("color-") for name in self.foreground.split(", "))
        what = f"the gradient from {first} to {rest[0]}" if rest else first
        offer = f"{self.suggestion} for {rest[0]}" if rest else self.suggestion
        # Rounded down: 4.499 fails and must not read as 4.50.
        return (
            f"{what} on {self.background.removeprefix('color-')} has a contrast of "
            f"{floor(self.ratio * 100) / 100:.2f}:1 and needs {self.needed}:1; "
            f"{offer} would pass on {self.ground}"
        )

    def __str__(self) -> str:
        return self.message


def check_contrast(tokens: Mapping[str, str]) -> tuple[ContrastProblem, ...]:
    """Measure every pair.

    Args:
        tokens: Colours as ``#rrggbb`` by token; pairs with a missing end are left out.

    Returns:
        The pairs that fall short, in the order of :data:`PAIRS`; those of the colours for dark
        follow.
    """
    colors, dark = _colors(tokens, _COLOR), _colors(tokens, _DARK)
    # A dark theme is its own dark: the same faults would be told twice.
    return (*_check(colors), *map(_in_dark, _check(dark) if dark != colors else ()))


def _colors(tokens: Mapping[str, str], prefix: str) -> frozenset[tuple[str, str]]:
    """Return the colours of a group under the names that :data:`PAIRS` has."""
    return frozenset(
        (_COLOR + token.removeprefix(prefix), value)
        for token, value in tokens.items()
        if token.startswith(prefix)
    )


def _in_dark(problem: ContrastProblem) -> ContrastProblem:
    return replace(
        problem,
        foreground=problem.foreground.replace(_COLOR, _DARK),
        background=problem.background.replace(_COLOR, _DARK),
    )


@lru_cache(maxsize=64)
def _check(tokens: frozenset[tuple[str, str]]) -> tuple[ContrastProblem, ...]:
    return tuple(_problems(dict(tokens)))


def _problems(tokens: Mapping[str, str]) -> Iterator[ContrastProblem]:
    # Suggestions build on each other, so that taking all of them gives a theme that passes.
    mended = dict(tokens)
    for foreground, background, needed in PAIRS:
        if foreground in tokens and background in tokens:
            ratio = contrast(tokens[foreground], tokens[background])
            if ratio < needed:
                mended[foreground] = _suggest(mended, foreground, background, needed)
                yield ContrastProblem(
                    foreground, background, ratio, needed, mended[foreground], mended[background]
                )
    if tokens.keys() >= {*_GRADIENT, _GROUND}:
        first, last = _GRADIENT
        if _least_of_gradient(mended) < TEXT:
            mended[last] = _suggest(mended, last, _GROUND, TEXT)
            yield ContrastProblem(
                f"{first}, {last}",
                _GROUND,
                _least_of_gradient(tokens),
                TEXT,
                mended[last],
                mended[_GROUND],
            )


def contrast(first: str, second: str) -> float:
    """Return the WCAG 2 contrast of two colours, from 1 to 21."""
    return float(_color(first).contrast(_color(second), method="wcag21"))


def _suggest(tokens: Mapping[str, str], token: str, ground: str, needed: float) -> str:
    """Move one colour's lightness by the least that passes; hue stays, chroma as far as it can.

    Tried first is to pass wherever the token stands and to spoil nothing that passes on it; then
    only the former; then only this ground.
    """
    known = [pair for pair in PAIRS if tokens.keys() >= {*pair[:2]}]
    under = [(tokens[back], least) for front, back, least in known if front == token]
    over = [
        (tokens[front], least)
        for front, back, least in known
        if back == token and contrast(tokens[front], tokens[back]) >= least
    ]
    here = [(tokens[ground], needed)]
    # From the strictest wish to the one that always comes true: on any ground, either black or
    # white has a contrast of more than 4.58.
    wishes = [under + over, under, here]
    granted: dict[int, str] = {}
    for candidate in _by_lightness(tokens[token]):
        if token == _GRADIENT[1] and _least_of_gradient({**tokens, token: candidate}) < TEXT:
            continue
        for rank, wish in enumerate(wishes):
            if rank not in granted and all(
                contrast(candidate, other) >= least for other, least in wish
            ):
                granted[rank] = candidate
        if 0 in granted:
            break
    return granted[min(granted)]


def _by_lightness(start: str) -> Iterator[str]:
    """Yield the same hue lighter and darker, nearest first, ending with white and black."""
    lightness, chroma, hue = _color(start).convert("oklch").coords(nans=False)
    yield start
    for step in range(1, round(1 / _LIGHTNESS_STEP)):
        for level in (lightness + step * _LIGHTNESS_STEP, lightness - step * _LIGHTNESS_STEP):
            if 0 < level < 1:
                yield _oklch(level, chroma, hue)
    yield "#ffffff"
    yield "#000000"


def _least_of_gradient(tokens: Mapping[str, str]) -> float:
    """Return the least contrast along the name's gradient, its ends included.

    A CSS gradient mixes gamma-encoded channels, so on a dark ground its middle can be darker than
    both ends. A token that is not there cannot fail.
    """
    if not tokens.keys() >= {*_GRADIENT, _GROUND}:
        return 21.0
    first, last = (bytes.fromhex(tokens[name][1:]) for name in _GRADIENT)
    mixes = (
        bytes(round(a + (b - a) * step / _STEPS) for a, b in zip(first, last, strict=True))
        for step in range(_STEPS + 1)
    )
    return min(contrast(f"#{mix.hex()}", tokens[_GROUND]) for mix in mixes)


@lru_cache(maxsize=4096)
def _color(text: str) -> Color:
    from coloraide import Color  # noqa: PLC0415 - takes 0.1 s; bundled themes do without

    return Color(text)


def _oklch(lightness: float, chroma: float, hue: float) -> str:
    from coloraide import Color  # noqa: PLC0415

    color = Color("oklch", [lightness, chroma, hue]).convert("srgb")
    # This way into the gamut keeps lightness and hue, and gives up chroma only.
    return str(color.fit(method="raytrace").to_string(hex=True))
