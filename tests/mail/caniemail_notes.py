"""Which of caniemail's notes concern a use.

A note says where support ends: "Only supported on table cells". Below stands, for each one that a
mail like ours can run into, when a use is on the wrong side of it. A note that is not below
concerns every use of its feature.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from mail_cascade import (
    CELLS,
    box_sides,
    declarations,
    own_style,
    paragraphs,
    value_of,
    word_gives_the_padding,
)
from mail_css import color_of, media_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mail_css import Node
    from mail_uses import Use

Test: TypeAlias = "Callable[[Use], bool]"
_LARGEST_STYLE: Final = 16 * 1024
_ANY: Final = "?"


class Note(NamedTuple):
    """Where a feature's support ends.

    Attributes:
        feature: Slug; ``""`` for every feature.
        phrase: What the note's text has in it.
        test: Whether a use lies beyond.
    """

    feature: str
    phrase: str
    test: Test


def concerns(text: str, use: Use) -> bool:
    """Tell whether a note says anything about a use."""
    note = _find(text, use.feature)
    return note is None or note.test(use)


def is_bounded(text: str, use: Use) -> bool:
    """Tell whether a note is one of those below, and a use lies beyond it for every reader."""
    note = _find(text, use.feature)
    return note is not None and note.phrase not in _ACCOUNTS and note.test(use)


def _find(text: str, feature: str) -> Note | None:
    for note in NOTES:
        if note.feature in {"", feature} and note.phrase in text:
            return note
    return None


# What a use is about.


def _tags(use: Use) -> set[str]:
    """Return the names of the elements that a use concerns, ``?`` if that cannot be told."""
    if use.elements:
        return {element.tag for element in use.elements}
    tag = use.compound.tag if use.compound else ""
    return {tag if tag not in {"", "*"} else _ANY}


def _on(*tags: str) -> Test:
    return lambda use: bool(_tags(use) & {*tags, _ANY})


def _not_on(*tags: str) -> Test:
    return lambda use: bool(_tags(use) - {*tags})


def _words(use: Use) -> tuple[str, ...]:
    return use.declaration.words() if use.declaration else ()


def _says(*words: str) -> Test:
    return lambda use: bool({*_words(use)} & {*words})


def _tokens(use: Use) -> Iterator[Node]:
    if use.declaration:
        yield from use.declaration.every_token()


def _units(use: Use) -> set[str]:
    return {token.lower_unit for token in _tokens(use) if token.type == "dimension"}


def _percentage(use: Use) -> bool:
    return any(token.type == "percentage" for token in _tokens(use))


def _numbers(use: Use) -> list[float]:
    kinds = {"number", "dimension", "percentage"}
    return [token.value for token in _tokens(use) if token.type in kinds]


def _negative(use: Use) -> bool:
    return any(number < 0 for number in _numbers(use))


def _nothing(use: Use) -> bool:
    """Tell whether a value is ``0`` or ``none``, which is what a client without it shows."""
    return not any(_numbers(use)) and {*_words(use)} <= {"0", "0px", "none"}


def _literal(sign: str) -> Test:
    return lambda use: any(
        token.type == "literal" and token.value == sign for token in _tokens(use)
    )


def _has_url(use: Use) -> bool:
    return any("url" in (token.type, getattr(token, "lower_name", "")) for token in _tokens(use))


def _attribute(*names: str) -> Test:
    return lambda use: any(name in element.attributes for element in use.elements for name in names)


def _never(_: Use) -> bool:
    return False


def _in_sheet(use: Use) -> bool:
    return use.in_sheet


# Tests of one note each.


def _not_one_color(use: Use) -> bool:
    tokens = use.declaration.tokens if use.declaration else ()
    return len(tokens) != 1 or color_of(tokens[0]) is None


def _border_of_text(use: Use) -> bool:
    return _on("p", "div")(use) and not _nothing(use)


def _thick(use: Use) -> bool:
    return any(number > 8 for number in _numbers(use))


def _padded_other_than_cells(use: Use) -> bool:
    """Zero is what Word makes of it anyway."""
    if _nothing(use):
        return False
    if not use.elements:
        return _not_on("td", "th")(use)
    return any(
        element.tag not in CELLS and not word_gives_the_padding(use.view, element)
        for element in use.elements
    )


def _padded_unlike_its_row(use: Use) -> bool:
    """A cell with nothing in it may be higher than it asked for."""
    return any(
        box_sides(declarations(use.view, cell))[::2]
        != box_sides(declarations(use.view, other))[::2]
        for cell in use.elements
        if cell.tag in CELLS and cell.parent is not None
        for other in cell.parent.children
        if other.tag in CELLS and (other.text() or other.find("img"))
    )


def _margin_in_color(use: Use) -> bool:
    return not _nothing(use) and any(
        "bgcolor" in element.attributes
        or value_of(use.view, element, "background-color", "background")
        for element in use.elements
    )


def _needed_width(use: Use) -> bool:
    """A block is as wide as there is room; an image may have the same width as attribute."""
    words = {*_words(use)}
    for element in use.elements:
        if element.tag in {"div", "p", "body"} and not words <= {"100%", "auto"}:
            return True
        if element.tag == "img" and words != {f"{element.attributes.get('width')}px"}:
            return True
    return _on("span")(use)


def _hides_tables(use: Use) -> bool:
    return "none" in _words(use) and any(
        len(element.find("table")) > (element.tag == "table") for element in use.elements
    )


def _shown_otherwise(use: Use) -> bool:
    return _words(use) != ("none",) or _on("img")(use)


def _odd_weight(use: Use) -> bool:
    """Weights of 600 and more are bold, 400 is normal; whatever else is meant gets lost."""
    return any(number < 600 and number != 400 for number in _numbers(use))


def _between_the_hundreds(use: Use) -> bool:
    return any(number % 100 or not 100 <= number <= 900 for number in _numbers(use))


def _free_line_height(use: Use) -> bool:
    """The rule is a paragraph's or a cell's: it counts where the height comes to hold."""
    return not use.elements or any(
        value_of(use.view, part, "mso-line-height-rule") != "exactly"
        for element in use.elements
        for part in paragraphs(element)
    )


def _functions(use: Use, *names: str) -> Iterator[Node]:
    return (t for t in _tokens(use) if t.type == "function" and t.lower_name in names)


def _spaced_color(use: Use) -> bool:
    return any(
        not any(part.type == "literal" and part.value == "," for part in token.arguments)
        for token in _functions(use, "rgb", "rgba")
    )


def _alpha(use: Use) -> bool:
    kinds = {"number", "percentage"}
    return any(
        len([part for part in token.arguments if part.type in kinds]) > 3
        for token in _functions(use, "rgb")
    )


def _written(pattern: str) -> Test:
    return lambda use: bool(use.declaration and re.search(pattern, use.declaration.written))


def _close_important_on_image(use: Use) -> bool:
    declaration = use.declaration
    return bool(declaration and declaration.name == "background-image" and _CLOSE_IMPORTANT(use))


_CLOSE_IMPORTANT: Final = _written(r"(?i)\S!\s*important")


def _not_only_a_type(use: Use) -> bool:
    compound = use.compound
    return not compound or not compound.tag or bool(compound.classes or compound.ids)


def _operators(use: Use) -> set[str]:
    return {operator for _, operator, _ in use.compound.attributes} if use.compound else set()


def _attribute_names(use: Use) -> set[str]:
    return {name for name, _, _ in use.compound.attributes} if use.compound else set()


def _nested_media(use: Use) -> bool:
    return use.at_rule is not None and any(rule.name == "media" for rule in use.at_rule.around)


def _media_names(use: Use) -> set[str]:
    return {*media_names(use.at_rule.tokens)} if use.at_rule else set()


def _media_beyond_sizes(use: Use) -> bool:
    sizes = {f"{end}-{side}" for end in ("min", "max") for side in ("width", "height")}
    return not _media_names(use) <= {"screen", "all", "only", "and", *sizes}


def _media_of_height(use: Use) -> bool:
    return any("height" in name for name in _media_names(use))


def _in_body(use: Use) -> bool:
    return any(around.tag == "body" for element in use.elements for around in element.above())


def _too_much_style(use: Use) -> bool:
    return sum(len(style.text.encode()) for style in use.view.styles) > _LARGEST_STYLE


def _without_pixels_per_inch(use: Use) -> bool:
    settings = [part for part in use.view.elements if part.tag == "o:pixelsperinch"]
    return not any(part.text() == "96" for part in settings)


def _image_in_percent(use: Use) -> bool:
    return _on("img")(use) and "%" in use.value


def _image_by_cid(use: Use) -> bool:
    """The same width in its style makes up for the attribute."""
    return any(
        element.tag == "img"
        and element.attributes.get("src", "").lower().startswith("cid:")
        and all(d.value != f"{use.value}px" for d in own_style(element) if d.name == "width")
        for element in use.elements
    )


def _not_the_root(use: Use) -> bool:
    return _not_on("html")(use)


_GMAIL_DISPLAYS: Final = (
    *("flex", "grid", "flow-root", "contents", "inline-flex", "inline-grid"),
    *("initial", "revert", "unset"),
)
_YAHOO_DISPLAYS: Final = ("flow-root", "inline-flex", "inline-grid", "contents", "revert")
_UI_FONTS: Final = ("ui-serif", "ui-sans-serif", "ui-rounded", "ui-monospace")

# Readers with a Google account have the feature.
_ACCOUNTS: Final = (
    "Not supported with non Google accounts.",
    "Doesn't work with non Google accounts.",
)

_BY_FEATURE: Final[Mapping[str, Mapping[str, Test]]] = {
    "": {
        # Told once, of the style element itself; in a style attribute it says something new.
        **dict.fromkeys(_ACCOUNTS, lambda use: not use.in_sheet),
        "Only supported on type selectors.": _not_only_a_type,
    },
    "css-at-media": {
        "Does not support nested media queries.": _nested_media,
        "Nested media queries are removed.": _nested_media,
        "Only supports `screen`, `min-width`": _media_beyond_sizes,
        "Does not support height based media queries.": _media_of_height,
    },
    "css-at-media-prefers-color-scheme": {"Additional custom `data` attributes": _never},
    "css-background": {
        "Only `background-color` values are supported.": _not_one_color,
        "Does not support multiple values.": _literal(","),
        "Does not support the `/ value` shorthand": _literal("/"),
    },
    "css-background-image": {"Does not support multiple values.": _literal(",")},
    "css-background-position": {"Does not support multiple values.": _literal(",")},
    "css-background-repeat": {"Does not support multiple values.": _literal(",")},
    "css-border": {
        "A border can not be bigger than 8px.": _thick,
        "Unreliable if used on a `<p>` or a `<div>`.": _border_of_text,
    },
    "css-border-radius": {"elliptical borders with the slash `/`": _literal("/")},
    "css-clear": {"Logical property values": _says("inline-start", "inline-end")},
    "css-color-scheme": {"Works only the html/root element": _not_the_root},
    "css-comments": {
        # Told of the style element itself.
        "`<style>` tag not supported with non-google account.": _never,
        "`<style>` tag not supported. Comment inside": _never,
        "The first <head> in the HTML is removed": _in_sheet,
    },
    "css-display": {
        "are not supported with non Google accounts.": _says(*_GMAIL_DISPLAYS),
        "`display:none` does not inherit to inner tables.": _hides_tables,
        "Only supports `display:none` (but not on `<img>`).": _shown_otherwise,
        "`flow-root`, `inline-flex`, `inline-grid`": _says(*_YAHOO_DISPLAYS),
    },
    "css-display-flex": {"`display:inline-flex` is not supported.": _says("inline-flex")},
    "css-display-none": {
        "Does not inherit onto nested `<table>` elements.": _hides_tables,
        "Does not work when applied directly to an `<img>`": _on("img"),
    },
    "css-float": {"Logical property values": _says("inline-start", "inline-end")},
    "css-font-size": {
        "`rem` values are not supported.": lambda use: "rem" in _units(use),
        "`relative` and `percentage` size values": lambda use: (
            _percentage(use) or _says("smaller", "larger")(use)
        ),
    },
    "css-font-weight": {
        "`<number>` values between 0 and 599": _odd_weight,
        "`<number>` values are not supported as per CSS Fonts Level 4": _between_the_hundreds,
    },
    "css-height": {"Not supported on `<body>`, `<span>`": _on("body", "span", "div", "p")},
    "css-important": {
        "Only supported in lowercase.": _written(r"!\s*(?!important)(?i:important)"),
        "Only supported inline when using a Non Gmail Account": _never,  # told of <style>
        "Only supported with a space before.": _CLOSE_IMPORTANT,
        "Not supported inline.": lambda use: not use.in_sheet,
        "when used with a `background-image` property.": _close_important_on_image,
    },
    "css-intrinsic-size": {"`width: min-content` acts": _says("min-content")},
    "css-left-right-top-bottom": {"Percentages values": _percentage},
    "css-letter-spacing": {
        "Big negative values": _negative,
        "Values set in `em`": lambda use: "em" in _units(use),
    },
    "css-line-height": {"Use `mso-line-height-rule:exactly`.": _free_line_height},
    "css-list-style": {
        "`list-style-image` values are not supported": _has_url,
        "Only `list-style-type` values are supported.": lambda use: len(_words(use)) > 1,
    },
    "css-margin": {
        "Negative values are not supported.": _negative,
        "Not supported on `<span>` and `<body>` elements.": _on("span", "body"),
        "`background-color` is included inside the `margin`.": _margin_in_color,
        "`auto` value is not supported.": _says("auto"),
    },
    "css-max-width": {"Only works on `<table>` elements.": _not_on("table")},
    "css-overflow": {
        "Cannot scroll through to hidden content.": _says("scroll", "auto"),
        "`overflow-block` & `overflow-inline` not supported.": lambda use: bool(
            use.declaration and use.declaration.name.endswith(("-block", "-inline"))
        ),
    },
    "css-padding": {
        "Only supported on table cells.": _padded_other_than_cells,
        "Vertical padding will be the same for all cells": _padded_unlike_its_row,
    },
    "css-position": {
        "Supports `relative`, `absolute` but not": _says("sticky", "fixed"),
        "Supports `sticky` but not": _says("relative", "absolute", "fixed"),
        "Supports `relative` but not": _says("absolute", "sticky", "fixed"),
    },
    "css-rgb": {
        "Whitespace syntax is not supported": _spaced_color,
        "Alpha value is not supported": _alpha,
        "whitespace syntax (`rgb(": _spaced_color,
    },
    "css-rgba": {
        "Whitespace syntax is not supported": _spaced_color,
        "whitespace syntax (`rgba(": _spaced_color,
    },
    "css-selector-attribute": {
        "Can not be used with a class selector": lambda use: bool(
            use.compound and use.compound.classes
        ),
        "Only supports `[attr]`, `[attr=value]`": lambda use: (
            not (_operators(use) <= {"", "=", "~=", "|="})
        ),
        "an attribute selector stays unprefixed": lambda use: "class" in _attribute_names(use),
        "Only supports `[attr=value]` syntax.": lambda use: _operators(use) != {"="},
        "Only supports `[attr~=value]` syntax.": lambda use: (
            _operators(use) != {"~="} or _attribute_names(use) != {"class"}
        ),
    },
    "css-sytem-ui": {
        "Supports `system-ui` only.": _says(*_UI_FONTS),
        "`system-ui` works in all browsers.": _says(*_UI_FONTS),
    },
    "css-text-align": {
        "Flow-relative values `start` and `end`": _says("start", "end"),
        "Doesn't support the `match-parent` value.": _says("match-parent"),
        "Support of the `match-parent` value": _says("match-parent"),
        "value `-webkit-match-parent`.": _says("match-parent"),
    },
    "css-text-decoration": {
        "Not supported with multiple values.": lambda use: len(_words(use)) > 1,
        "`overline` is not supported.": _says("overline"),
    },
    "css-text-indent": {"Negative values are not supported.": _negative},
    "css-text-transform": {"`lowercase` value is not supported.": _says("lowercase")},
    "css-visibility": {"`visibility:collapse` applied": _says("collapse")},
    "css-white-space": {"`pre` value is not supported.": _says("pre")},
    "css-width": {"Not supported on `<body>`, `<span>`": _needed_width},
    "css-word-spacing": {
        "Does not support `rem` and `ch` values.": lambda use: bool(_units(use) & {"rem", "ch"})
    },
    "html-dir": {"Buggy on anchor `<a>` tags.": _on("a")},
    "html-height": {
        "Percentage width on `<img>` elements": _image_in_percent,
        "don't scale in 120 dpi mode.": _without_pixels_per_inch,
    },
    "html-lang": {"Not supported on `<td>` elements.": _on("td")},
    "html-lists": {
        "The `reversed` attribute on `<ol>`": _attribute("reversed"),
        "Setting the `value` attribute to an `<li>`": lambda use: (
            _on("li")(use) and _attribute("value")(use)
        ),
    },
    "html-mailto-links": {"`bcc` is not supported.": lambda use: "bcc=" in use.value.lower()},
    "html-role": {
        "Not live tested": _never,
        "Only works on the `<table>` tag.": _not_on("table"),
    },
    "html-semantics": {
        "Only `<time>` is supported.": _not_on("time"),
        "`<details>`, `<main>`, `<nav>`": _on("details", "main", "nav", "summary"),
        "Unsupported opening and closing tags are stripped.": _not_on("time"),
    },
    "html-style": {
        "Not supported inside the `<body>`.": _in_body,
        "need to be declared before their rules are used.": _in_body,
        "is limited to 16 KB": _too_much_style,
    },
    "html-width": {
        "Percentage width on `<img>` elements": _image_in_percent,
        "don't scale in 120 dpi mode.": _without_pixels_per_inch,
        "is ignored on CID embedded images.": _image_by_cid,
    },
}

NOTES: Final = tuple(
    Note(feature, phrase, test)
    for feature, notes in sorted(_BY_FEATURE.items(), reverse=True)
    for phrase, test in notes.items()
)
"""Every note that has a test; those of one feature stand before those of all."""
