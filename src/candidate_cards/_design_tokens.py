"""The two file formats of a theme.

**TOML is for people.** A theme is mostly written, reviewed and diffed by hand: TOML takes comments
beside a value, a colour is one short string, and Python reads it without a library::

    name = "acme"
    extends = "light"            # tokens that are not here come from there

    [color]
    link = "#0f766e"

    [dark]                       # colours of a light theme's e-mail where dark is asked for
    link = "#5eead4"

    [font]
    family = ["Source Serif", "Georgia", "serif"]

    [length]
    card-radius = "6px"

    [logo]
    file = "acme.svg"            # beside this file
    alt = "Acme Recruiting"

**Design token JSON is for design tools.** The W3C community group's Format and Color modules,
2025.10, are what Figma, Penpot, Tokens Studio and Style Dictionary export, so a brand's file is
read as it comes: groups and inherited ``$type``, aliases as ``{palette.teal}`` and as ``$ref``
pointers, ``$extends``, ``$root``, colour objects in any of the fourteen spaces, dimensions, font
families. It is no format to write by hand: no comments, and eight lines for one colour. Our tokens
are the groups ``color``, ``dark``, ``font`` and ``length``, where deeper groups are joined by
hyphens (``color.button.text`` is ``button-text``); groups of any other name are palettes to refer
to. What the format has no word for stands at the top under ``$extensions``::

    "$extensions": {"candidate-cards": {
        "name": "acme", "extends": "light", "color-scheme": "light",
        "logo": {"file": "acme.svg", "alt": "Acme Recruiting"}}}

Both end as one :class:`TokenFile` in the shape of the TOML, so every later rule exists once.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Never

from candidate_cards._data_files import decode_text, parse_toml
from candidate_cards._token_values import VOCABULARY, Kind
from candidate_cards.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

TOML_EXTENSIONS: Final = (".toml",)
JSON_EXTENSIONS: Final = (".json", ".tokens")
EXTENSION_KEY: Final = "candidate-cards"

_TYPES: Final[Mapping[Kind, str]] = {
    "color": "color",
    "dark": "color",
    "font": "fontFamily",
    "length": "dimension",
}
_ALIAS = re.compile(r"\{([^{}]{1,400})\}")
_MAX_STEPS: Final = 5_000
_MAX_DEPTH: Final = 40


@dataclass(frozen=True, slots=True)
class TokenFile:
    """A theme's file, read but not yet judged.

    Attributes:
        source: The file as messages name it.
        content: Keys and tables in the shape of the TOML format.
        lines: Line of a key, from 1, where the format gives it away.
        problems: What could not be read, for example an alias that leads nowhere.
    """

    source: str
    content: Mapping[str, object]
    lines: Mapping[tuple[str, ...], int]
    problems: tuple[Problem, ...] = ()


def parse_token_file(data: bytes, *, source: str) -> TokenFile:
    """Read a theme's file.

    Args:
        data: The whole file, in UTF-8.
        source: Its name, which tells the format by its end.

    Raises:
        InputError: It is neither of the two formats.
    """
    if not source.lower().endswith((*TOML_EXTENSIONS, *JSON_EXTENSIONS)):
        ends = ", ".join((*TOML_EXTENSIONS, *JSON_EXTENSIONS))
        _refuse(source, f"a theme's file name ends in one of {ends}")
    text = decode_text(data, source)
    if source.lower().endswith(TOML_EXTENSIONS):
        return TokenFile(source, *parse_toml(text, source))
    return _parse_json(text, source)


def _refuse(source: str, message: str, line: int | None = None, column: int | None = None) -> Never:
    raise InputError([Problem(message, source=source, line=line, column=column)]) from None


def _parse_json(text: str, source: str) -> TokenFile:
    try:
        document = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        _refuse(source, f"this is not JSON: {error.msg}", error.lineno, error.colno)
    except RecursionError:
        _refuse(source, "this is not a theme: nested too deep")
    except ValueError as error:
        _refuse(source, f"this is not JSON: {error}")
    if not isinstance(document, dict):
        _refuse(source, "a design token file holds one object")
    return _Translator(document, source).translate()


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        message = "an object holds the same name twice"
        raise ValueError(message)
    return result


def _no_constant(_: str) -> Never:
    message = "NaN and Infinity are no numbers"
    raise ValueError(message)


def _one_line(text: str) -> str:
    return ascii(text[:120])[1:-1]


class _TokenError(ValueError):
    """Part of a design token document cannot be understood."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A node of the document with what it inherits."""

    node: object
    path: tuple[str, ...]
    type: str | None


class _Translator:
    """Rewrites a design token document in the shape of the TOML format."""

    def __init__(self, document: Mapping[str, object], source: str) -> None:
        self._document = document
        self._source = source
        self._problems: list[Problem] = []
        self._steps = 0

    def translate(self) -> TokenFile:
        content: dict[str, object] = {}
        extensions = self._document.get("$extensions")
        ours = extensions.get(EXTENSION_KEY) if isinstance(extensions, dict) else None
        if isinstance(ours, dict):
            for key, value in ours.items():
                if key in VOCABULARY:
                    misplaced = _TokenError("is a group of tokens, and belongs at the top")
                    self._report(misplaced, ("$extensions", EXTENSION_KEY, key))
                else:
                    content[key] = value
        elif ours is not None:
            self._report(_TokenError("must be an object"), ("$extensions", EXTENSION_KEY))
        if "$description" in self._document:
            content.setdefault("description", self._document["$description"])
        for kind in VOCABULARY:
            if kind in self._document:
                content[kind] = dict(self._tokens(kind))
        return TokenFile(self._source, content, {}, tuple(self._problems))

    def _report(self, error: _TokenError, path: Iterable[str]) -> None:
        self._problems.append(Problem(str(error), source=self._source, path=tuple(path)))

    def _tokens(self, kind: Kind) -> Iterator[tuple[str, object]]:
        seen: set[str] = set()
        try:
            group = self._step(_Place(self._document, (), None), kind)
        except _TokenError as error:
            self._report(error, (kind,))
            return
        for place in self._leaves(group):
            name = "-".join(part for part in place.path[1:] if part != "$root")
            if name in seen:
                twice = _TokenError("is given twice: another path also comes to this name")
                self._report(twice, place.path)
                continue
            seen.add(name)
            try:
                yield name, self._value(place, _TYPES[kind])
            except _TokenError as error:
                self._report(error, place.path)

    def _leaves(self, place: _Place) -> Iterator[_Place]:
        """Yield every token at or below a place, in the order of the file."""
        if _is_token(place.node):
            yield place
            return
        if not isinstance(place.node, dict):
            self._report(_TokenError("is neither a token nor a group"), place.path)
            return
        for key in place.node:
            if key == "$root" or not key.startswith("$"):
                try:
                    below = self._step(place, key)
                except _TokenError as error:
                    self._report(error, (*place.path, key))
                else:
                    yield from self._leaves(below)

    def _step(self, place: _Place, key: str, active: tuple[str, ...] = ()) -> _Place:
        """Go one level down, into a group whose ``$extends`` is already followed."""
        node = place.node
        if isinstance(node, list) and key.isdecimal() and int(key) < len(node):
            return _Place(node[int(key)], (*place.path, key), place.type)
        if not isinstance(node, dict) or key not in node:
            message = f"refers to {_one_line('.'.join((*place.path, key)))}, which does not exist"
            raise _TokenError(message)
        path = (*place.path, key)
        self._steps += 1
        if self._steps > _MAX_STEPS or len(path) > _MAX_DEPTH:
            message = "is part of a group that extends itself, or is nested too deep"
            raise _TokenError(message)
        below = self._extended(node[key], path, active)
        kind = below.get("$type") if isinstance(below, dict) else None
        return _Place(below, path, kind if isinstance(kind, str) else place.type)

    def _extended(self, node: object, path: tuple[str, ...], active: tuple[str, ...]) -> object:
        """Return a node merged over the group, or token, that it refers to."""
        if not isinstance(node, dict) or "$value" in node:
            return node
        reference = node.get("$extends", node.get("$ref"))
        if reference is None:
            return node
        target = self._find(reference, active)
        if path[: len(target.path)] == target.path:
            message = "extends a group that it is part of"
            raise _TokenError(message)
        own = {key: value for key, value in node.items() if key not in {"$extends", "$ref"}}
        if "$extends" in node and (not isinstance(target.node, dict) or _is_token(target.node)):
            message = "extends something that is not a group"
            raise _TokenError(message)
        if not isinstance(target.node, dict) or "$value" in target.path:
            # A pointer at a bare value, such as #/palette/teal/$value, makes this a token.
            return {"$type": target.type, "$value": target.node} | own
        if target.type is not None:
            own.setdefault("$type", target.type)
        return _merge(target.node, own)

    def _find(self, reference: object, active: tuple[str, ...]) -> _Place:
        """Follow ``{a.b}`` or ``#/a/b``."""
        if not isinstance(reference, str):
            message = "has a reference that is not text"
            raise _TokenError(message)
        if reference in active:
            message = "refers to itself in a circle"
            raise _TokenError(message)
        if alias := _ALIAS.fullmatch(reference):
            keys = alias[1].split(".")
        elif reference.startswith("#/"):
            keys = [key.replace("~1", "/").replace("~0", "~") for key in reference[2:].split("/")]
        else:
            message = "has a reference that is neither {group.token} nor #/group/token"
            raise _TokenError(message)
        place = _Place(self._document, (), None)
        for key in keys:
            place = self._step(place, key, (*active, reference))
        return place

    def _value(self, place: _Place, wanted: str) -> object:
        value, kind = self._resolve(place, ())
        if kind is None:
            message = f'has no type; give it, or a group around it, "$type": "{wanted}"'
            raise _TokenError(message)
        if kind != wanted:
            message = f'must be of "$type": "{wanted}"'
            raise _TokenError(message)
        if wanted == "color":
            return _css_color(value)
        if wanted == "dimension":
            return _css_length(value)
        return _flat(value)

    def _resolve(self, place: _Place, active: tuple[str, ...]) -> tuple[object, str | None]:
        """Return a token's plain value and its type."""
        node = place.node
        if not isinstance(node, dict) or "$value" not in node:
            message = "refers to a group, where a token is needed"
            raise _TokenError(message)
        value = node["$value"]
        if isinstance(value, str) and _ALIAS.fullmatch(value):
            found, kind = self._resolve(self._find(value, active), (*active, value))
            own = node.get("$type")
            return found, own if isinstance(own, str) else kind
        return self._plain(value, active), place.type

    def _plain(self, value: object, active: tuple[str, ...]) -> object:
        """Replace the references inside a value."""
        if isinstance(value, dict):
            if "$ref" in value:
                reference = value["$ref"]
                found = self._find(reference, active)
                here = (*active, str(reference))
                if _is_token(found.node):
                    return self._resolve(found, here)[0]
                return self._plain(found.node, here)
            return {key: self._plain(part, active) for key, part in value.items()}
        if isinstance(value, list):
            return [self._plain(part, active) for part in value]
        if isinstance(value, str) and _ALIAS.fullmatch(value):
            return self._resolve(self._find(value, active), (*active, value))[0]
        return value


def _flat(names: object) -> object:
    """Return a font list whose aliases to lists are spread out."""
    if not isinstance(names, list):
        return names
    return [name for part in names for name in (part if isinstance(part, list) else [part])]


def _is_token(node: object) -> bool:
    return isinstance(node, dict) and "$value" in node


def _merge(base: Mapping[str, object], own: Mapping[str, object]) -> dict[str, object]:
    """Lay a group over another: groups merge, tokens replace."""
    merged = dict(base)
    for key, value in own.items():
        under = merged.get(key)
        if (
            isinstance(value, dict)
            and isinstance(under, dict)
            and not _is_token(value)
            and not _is_token(under)
            and not key.startswith("$")
        ):
            merged[key] = _merge(under, value)
        else:
            merged[key] = value
    return merged


def _css_length(value: object) -> object:
    """Return a dimension as text; values that are no dimension come back for the value's rule."""
    if not isinstance(value, dict):
        return value
    number, unit = value.get("value"), value.get("unit")
    if unit == "rem":
        message = "is in rem, which changes with the page around a card; give pixels (16 to 1rem)"
        raise _TokenError(message)
    if not isinstance(number, int | float) or not _is_number(number) or unit != "px":
        message = 'must be {"value": <number>, "unit": "px"}'
        raise _TokenError(message)
    return f"{_digits(number)}px"


_FUNCTIONS: Final = frozenset({"hsl", "hwb", "lab", "lch", "oklab", "oklch"})
_SPACES: Final = frozenset(
    {
        *("srgb", "srgb-linear", "display-p3", "a98-rgb", "prophoto-rgb", "rec2020"),
        *("xyz-d65", "xyz-d50"),
    }
)
_PERCENT: Final = frozenset({"hsl", "hwb"})


def _css_color(value: object) -> object:
    """Return a colour object as CSS text; texts, which drafts of the format had, stay."""
    if not isinstance(value, dict):
        return value
    space, parts = value.get("colorSpace"), value.get("components")
    alpha, fallback = value.get("alpha", 1), value.get("hex")
    if not isinstance(space, str) or space not in _FUNCTIONS | _SPACES:
        message = f"must have a colorSpace out of {', '.join(sorted(_FUNCTIONS | _SPACES))}"
        raise _TokenError(message)
    if (
        not isinstance(parts, list)
        or len(parts) != 3  # noqa: PLR2004
        or not all(part == "none" or _is_number(part) for part in parts)
        or not _is_number(alpha)
    ):
        message = 'must have three components, each a number or "none", and alpha, if any, a number'
        raise _TokenError(message)
    if space not in {"srgb", *_PERCENT} and alpha == 1 and isinstance(fallback, str):
        # The tool's own rendering in sRGB, which is what cards are painted in.
        return fallback
    if space == "srgb" and alpha == 1:
        levels = [0 if part == "none" else part for part in parts]
        if all(0 <= level <= 1 for level in levels):
            return "#" + "".join(f"{round(level * 255):02x}" for level in levels)
    texts = [part if part == "none" else _digits(part) for part in parts]
    if space in _PERCENT:
        texts[1:] = [text if text == "none" else f"{text}%" for text in texts[1:]]
    opacity = "" if alpha == 1 else f" / {_digits(alpha)}"
    if space in _FUNCTIONS:
        return f"{space}({' '.join(texts)}{opacity})"
    return f"color({space} {' '.join(texts)}{opacity})"


def _is_number(value: object) -> bool:
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e4  # noqa: PLR2004 - more than any component or length; not of NaN
    )


def _digits(number: float) -> str:
    return f"{number:.5f}".rstrip("0").rstrip(".")
