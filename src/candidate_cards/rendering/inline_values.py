"""Style attributes of somebody else: each declaration is judged by its property and its value.

What stays is written anew from the parsed values, so that no escape, comment or quote in it can
mean to a browser what it did not mean here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import tinycss2

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LONGEST_STYLE: Final = 5000  # characters
_MOST_LEVELS: Final = 6  # of functions
_LARGEST: Final = 10_000.0

# Whole families, since no value can load anything, whichever of them it belongs to.
_PLAIN: Final = re.compile(
    r"""
    (?:-webkit-)? (?: background (?:-[a-z]+)? | print-color-adjust )
    | -webkit- (?: box-orient | font-smoothing | line-clamp | text-fill-color )
    | -moz-osx-font-smoothing
    | (?: border | columns? | flex | fill | font | gap | grid | outline | padding | stroke
        | text ) (?:-[a-z]+)*
    | (?: align | justify | place ) -(?: content | items | self )
    | (?: max- | min- )? (?: height | width )
    | (?: break | page-break ) -(?: after | before | inside )
    | (?: letter | word | border ) -spacing
    | all | aspect-ratio | box-decoration-break | box-shadow | box-sizing | caption-side | clear
    | clip-path | color | color-scheme | contain | direction | display | empty-cells | float
    | hyphens | isolation | line-height | list-style (?: -position | -type )? | opacity | order
    | orphans | overflow (?: -wrap | -x | -y )? | row-gap | tab-size | table-layout
    | transform-origin | unicode-bidi | vertical-align | visibility | white-space | widows
    | word-break | word-wrap
    """,
    re.VERBOSE,
)
# Where a negative length would take an element over its neighbours.
_PLACES: Final = re.compile(r"bottom|left|right|top|inset|margin(?:-[a-z]+)*")
_WORDS: Final = {
    "cursor": frozenset({"auto", "default", "help", "pointer", "text"}),
    # A card is its own page for what is placed in it; the window is the host's.
    "position": frozenset({"absolute", "relative", "static"}),
}
# As rings of scores have it; anything else could move an element off its place.
_ROTATION: Final = re.compile(r"rotate\(-?[\d.]+(?:deg|rad|turn)\)")
_NAMES_OF_FONTS: Final = frozenset({"font", "font-family"})
_FUNCTIONS: Final = re.compile(
    r"""
    color (?:-mix)? | light-dark | (?: rgb | hsl ) a? | hwb | (?: ok )? (?: lab | lch )
    | (?: repeating- )? (?: conic | linear | radial ) -gradient
    | rotate | calc | clamp | max | min | minmax | fit-content | repeat
    | circle | ellipse | inset | polygon
    """,
    re.VERBOSE,
)
_UNITS: Final = re.compile(
    r"%|ch|cm|deg|em|ex|fr|grad|in|lh|mm|pc|pt|px|q|rad|rem|rlh|turn|[dsl]?v(?:h|w|min|max)"
)
_WORD: Final = re.compile(r"-?[^\W\d_][\w-]{0,60}")
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{3,4}){1,2}")
_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,8}(?:\.\d{0,8})?|\.\d{1,8})")
_FONT: Final = re.compile(r"[\w .-]{1,60}")


class _RefusedError(Exception):
    """A value that is not on the list."""


@lru_cache(maxsize=1024)  # styles of a vendor repeat themselves
def safe_style(text: str) -> str | None:
    """Return the declarations of a style attribute that are harmless, or ``None``."""
    if len(text) > _LONGEST_STYLE:
        return None
    # With comments: without them, two words would become one.
    nodes = tinycss2.parse_blocks_contents(text, skip_comments=False, skip_whitespace=True)
    kept = [
        f"{node.lower_name}:{value}{'!important' if node.important else ''}"
        for node in nodes
        if node.type == "declaration" and (value := _value_of(node.lower_name, node.value))
    ]
    return ";".join(kept) or None


@lru_cache(maxsize=1024)
def safe_colour(text: str) -> str | None:
    """Return a colour as drawings have it, or ``None``."""
    if len(text) > _LONGEST_STYLE:
        return None
    return _value_of("fill", tinycss2.parse_component_value_list(text)) or None


def _value_of(name: str, nodes: Iterable[Any]) -> str:
    """Return the value of a declaration, ``""`` if it is refused."""
    try:
        value = "".join(_written(name, nodes, 0)).strip()
    except _RefusedError:
        return ""
    if name in _WORDS:
        return value.lower() if value.lower() in _WORDS[name] else ""
    if name == "transform":
        return value if _ROTATION.fullmatch(value) else ""
    if _PLACES.fullmatch(name):
        return "" if "-" in value or "(" in value else value
    return value if _PLAIN.fullmatch(name) else ""


def _written(name: str, nodes: Iterable[Any], level: int) -> Iterator[str]:
    """Yield component values as they are written.

    Raises:
        _RefusedError: One of them is not listed.
    """
    if level > _MOST_LEVELS:
        raise _RefusedError
    before = ""
    for node in nodes:
        part = _part(name, node, level)
        # White space separates, but not beside a comma, itself or an end.
        if part == " " and before in {"", " ", ","}:
            continue
        yield part
        before = part


def _part(name: str, node: Any, level: int) -> str:  # noqa: ANN401, PLR0911  tinycss2 has no types
    kind = node.type
    if kind in {"whitespace", "comment"}:
        return " "
    if kind == "ident" and _WORD.fullmatch(node.value):
        return str(node.value)
    if kind in {"number", "dimension", "percentage"}:
        return _number(node)
    if kind == "literal" and node.value in {",", "/", "+", "-", "*"}:
        return str(node.value)
    if kind == "hash" and _HEX.fullmatch(node.value):
        return f"#{node.value}"
    if kind == "string" and name in _NAMES_OF_FONTS and _FONT.fullmatch(node.value):
        return f"'{node.value}'"
    if kind == "function" and _FUNCTIONS.fullmatch(node.lower_name):
        inner = "".join(_written(name, node.arguments, level + 1)).strip()
        return f"{node.lower_name}({inner})"
    if kind == "() block" and level:  # arithmetic
        return f"({''.join(_written(name, node.content, level + 1)).strip()})"
    raise _RefusedError


def _number(node: Any) -> str:  # noqa: ANN401
    unit = {"dimension": getattr(node, "lower_unit", ""), "percentage": "%"}.get(node.type, "")
    written = str(node.representation)
    known = not unit or bool(_UNITS.fullmatch(unit))
    if not known or not _NUMBER.fullmatch(written) or abs(node.value) > _LARGEST:
        raise _RefusedError
    return written + unit
