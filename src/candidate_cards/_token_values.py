"""The vocabulary of design tokens, and the only spellings of a value that pass.

A token's value is pasted into style sheets, so nothing gets through by not being forbidden: each
kind has a grammar, the whole value must match it, and what comes out is written anew. A colour
leaves as ``#rrggbb`` whatever it came as, a length as a number and ``px``, a font list as plain
words and commas. None of those can hold a quote, bracket, brace, semicolon, backslash or ``@``.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal
from unicodedata import category

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Kind = Literal["color", "dark", "font", "length"]

_COLORS: Final = (
    "page",  # ground behind the cards
    "surface",  # the card
    "raised",  # chips, quiet panels
    "border",  # hairlines; decoration
    "track",  # the unfilled part of the score ring; decoration
    "text",
    "muted",
    "heading",  # the name, where gradients are not drawn
    "heading-from",
    "heading-to",
    "link",
    "button",
    "button-text",
    "fit",
    "check",  # points to check
    "strong",  # score bands
    "good",
    "partial",
    "low",
)
_FONT_SIZE: Final = (10, 40)
_RADIUS: Final = (0, 40)
_LENGTHS: Final[Mapping[str, tuple[int, int]]] = {
    "text": _FONT_SIZE,
    "name": _FONT_SIZE,
    "card-radius": _RADIUS,
    "control-radius": _RADIUS,
}

VOCABULARY: Final[Mapping[Kind, tuple[str, ...]]] = MappingProxyType(
    {"color": _COLORS, "dark": _COLORS, "font": ("family",), "length": tuple(_LENGTHS)}
)
"""Every token, by group; the flat name is ``<group>-<token>``, such as ``color-text``.

``dark`` holds the colours for readers who asked for dark, where one document serves both: e-mail.
"""

COLOR_KINDS: Final[frozenset[str]] = frozenset({"color", "dark"})

TOKENS: Final = tuple(f"{kind}-{name}" for kind, names in VOCABULARY.items() for name in names)

_MAX_FAMILIES: Final = 10
_MAX_FAMILY_CHARACTERS: Final = 60
_MAX_COLOR_CHARACTERS: Final = 64
_GAMUT_TOLERANCE: Final = 0.005
"""Out of 1: colours that people round to three digits miss the edge of sRGB by less than this."""

_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.ASCII | re.IGNORECASE)
_COLOR_ALPHABET = re.compile(r"[a-z0-9#.,%/()+ -]+", re.ASCII | re.IGNORECASE)
_LENGTH = re.compile(r"(\d{1,4}(?:\.\d{1,3})?)px", re.ASCII)
_CSS_WIDE: Final = frozenset(
    {"inherit", "initial", "unset", "revert", "revert-layer", "default", "none"}
)


def parse_value(kind: Kind, name: str, raw: object) -> str:
    """Return a token's value as it may stand in a style sheet.

    Args:
        kind: Group of the token.
        name: Token in that group, such as ``text``.
        raw: What the theme's file holds.

    Returns:
        ``#rrggbb`` in lower case, ``<number>px``, or font names separated by ``", "``.

    Raises:
        ValueError: It is none of these; the message completes a sentence that begins with the
            token's name, and never repeats the value.
    """
    if kind in COLOR_KINDS:
        return _parse_color(raw)
    if kind == "length":
        return _parse_length(raw, *_LENGTHS[name])
    return _parse_font_family(raw)


def is_canonical(token: str, value: object) -> bool:
    """Tell whether a value is one that :func:`parse_value` returns for that token."""
    kind, _, name = token.partition("-")
    if not isinstance(value, str):
        return False
    try:
        if kind in COLOR_KINDS:
            return value == _parse_hex(value)
        if kind == "length":
            return value == _parse_length(value, *_LENGTHS[name])
        return value == _parse_font_family(value.split(", "))
    except ValueError:
        return False


def _parse_hex(text: str) -> str | None:
    if not _HEX.fullmatch(text):
        return None
    digits = text[1:].lower()
    return "#" + (digits if len(digits) > 3 else "".join(digit * 2 for digit in digits))  # noqa: PLR2004


def _parse_color(raw: object) -> str:
    expected = 'must be one opaque colour, such as "#0f172a", "navy" or "oklch(0.5 0.1 250)"'
    if not isinstance(raw, str):
        raise ValueError(expected)  # noqa: TRY004 - the input is wrong, not the caller
    if short := _parse_hex(raw):
        return short
    if len(raw) > _MAX_COLOR_CHARACTERS or not _COLOR_ALPHABET.fullmatch(raw):
        raise ValueError(expected)
    from coloraide import Color  # noqa: PLC0415 - takes 0.1 s; themes in hex do without

    try:
        color = Color(raw)
        rgb = color.convert("srgb")
        alpha = rgb.alpha(nans=False)
        inside = rgb.in_gamut(tolerance=_GAMUT_TOLERANCE)
        nearest = rgb.clone().fit(method="clip" if inside else "oklch-chroma")
        written = nearest.to_string(hex=True, alpha=False)
    except (ValueError, ArithmeticError):
        raise ValueError(expected) from None
    if not alpha >= 1:
        message = "must be opaque: contrast on an unknown ground cannot be promised"
        raise ValueError(message)
    clean = _parse_hex(written)
    if clean is None:  # not-a-number in, not a hex colour out
        raise ValueError(expected)
    if not inside:
        message = f"lies outside sRGB, the colours that every screen shows; nearest is {clean}"
        raise ValueError(message)
    return clean


def _parse_length(raw: object, low: int, high: int) -> str:
    match = _LENGTH.fullmatch(raw) if isinstance(raw, str) else None
    if match is None or not low <= float(match[1]) <= high:
        message = f'must be from {low} to {high} CSS pixels, written as "{max(low, 12)}px"'
        raise ValueError(message)
    return f"{float(match[1]):.3f}".rstrip("0").rstrip(".") + "px"


def _parse_font_family(raw: object) -> str:
    names: Sequence[object] = raw if isinstance(raw, list) else [raw]
    if not 1 <= len(names) <= _MAX_FAMILIES:
        message = (
            f"must be a list of 1 to {_MAX_FAMILIES} font names, "
            'such as ["Inter", "Segoe UI", "sans-serif"]'
        )
        raise ValueError(message)
    return ", ".join(map(_parse_family_name, names))


def _parse_family_name(raw: object) -> str:
    if not isinstance(raw, str) or not 1 <= len(raw) <= _MAX_FAMILY_CHARACTERS:
        message = f"holds a name that is not text of 1 to {_MAX_FAMILY_CHARACTERS} characters"
        raise ValueError(message)
    words = raw.split(" ")
    if not all(map(_is_identifier, words)):
        message = (
            "holds a name with a word that does not begin with a letter, or that has anything but "
            "letters, digits and hyphens; names are written without quotes, which "
            'cannot spell those (give a face such as "Source Sans 3" another name)'
        )
        raise ValueError(message)
    if len(words) == 1 and raw.lower() in _CSS_WIDE:
        message = "holds a word that CSS keeps for itself, such as inherit"
        raise ValueError(message)
    return raw


def _is_identifier(word: str) -> bool:
    """Tell whether a word is a CSS identifier made of letters, marks, digits and hyphens."""
    body = word.removeprefix("-")
    return (
        bool(body)
        and category(body[0])[0] == "L"
        and all(char == "-" or category(char)[0] in "LM" or category(char) == "Nd" for char in body)
    )
