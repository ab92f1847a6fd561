"""Styles resolved into a template before it is compiled, so that rendering costs no CSS work.

How: template tags are hidden behind plain words, each start tag gets a number, premailer does
the cascade on that text once, and the styles that it found are put into the *original* start
tags. The template's markup is never re-serialised, and its lines keep their numbers.

premailer decides which declarations apply to an element and in what order; their values never
pass through it. Why: it overwrites a property in the place that it had first, so that a
shorthand in between wins, and it drops or rewrites values that are newer than its parser.

A class name may hold one view field of known values, ``class="cc-score--{{ card.score.tone }}"``:
the cascade is run for each value, and where a style differs the template gets a branch.
"""

from __future__ import annotations

import re
from itertools import product
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from candidate_cards.rendering.markup import FIELD, MarkupReader, StartTag

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from candidate_cards.rendering.source import FlatSource
    from candidate_cards.rendering.stylesheets import Rule

_CASCADE_LOCK = Lock()
_NUMBER = "data-cc-number"
_MOST_CHOICES = 64


def inline_styles(  # noqa: PLR0913  each is a part of what is compiled
    source: FlatSource,
    rules: Sequence[Rule],
    choices: Mapping[str, tuple[str, ...]],
    *,
    reset: str = "",
    kept_classes: frozenset[str] = frozenset(),
    constants: Collection[str] = (),
) -> str:
    """Return the template's text with style attributes in place of classes.

    Args:
        source: A flat template whose constants are already filled in.
        rules: Literal rules; see `stylesheets.resolvable_rules`.
        choices: Values of the view fields that may stand in a class name.
        reset: A declaration to begin each element's style with, such as ``all:unset``.
        kept_classes: Names that stay in class attributes, for a style element to refer to.
        constants: As in `check_markup`.

    Raises:
        RenderingError: As `check_markup`; or an element that HTML would move; or a style that
            depends on two fields at once.
    """
    reader = MarkupReader(source, choices, constants)
    names = list(reader.fields)
    cases = [dict(zip(names, values, strict=True)) for values in product(*reader.fields.values())]
    if len(cases) > _MOST_CHOICES:
        raise source.error(f"too many fields in class names: {', '.join(names)}", 1)
    styles = _cascade(source, reader, rules, cases)
    parts: list[str] = []
    at = 0
    for number, tag in enumerate(reader.tags):
        if tag.governed:
            continue
        found = [(case, by_case[number]) for case, by_case in zip(cases, styles, strict=True)]
        style = _Styles(source, tag, reset, found).template(reader.fields)
        classes = _kept(reader, tag, kept_classes)
        parts += [reader.hidden.text[at : tag.start], _with_style(tag, classes, style)]
        at = tag.start + len(tag.text)
    parts.append(reader.hidden.text[at:])
    return reader.hidden.shown("".join(parts))


def _kept(reader: MarkupReader, tag: StartTag, names: frozenset[str]) -> str:
    """Return what stays of a tag's class attribute; a field's class if any value's name does."""
    if not names:
        return ""
    kept: list[str] = []
    for word in tag.class_value().split():
        fields = reader.hidden.fields(word)
        values = reader.fields[fields[0][1]] if fields and fields[0] else ("",)
        if any(reader.hidden.pattern.sub(value, word) in names for value in values):
            kept.append(word)
    return " ".join(kept)


def _with_style(tag: StartTag, classes: str, style: str) -> str:
    """Return the start tag with a style attribute in place of its class."""
    text = tag.text
    attribute = tag.class_attribute()
    if attribute is not None:
        text = text[: attribute.start()] + text[attribute.end() :]
    end = "/>" if text.endswith("/>") else ">"
    added = (f' class="{classes}"' if classes else "") + (f' style="{style}"' if style else "")
    # Line breaks stay inside the tag: they mean nothing there, and later lines keep their number.
    breaks = "\n" * (tag.text.count("\n") - text.count("\n"))
    return f"{text[: -len(end)].rstrip(' ')}{breaks}{added}{end}"


class _Styles(NamedTuple):
    """The styles of one start tag, by the values of the fields in class names."""

    source: FlatSource
    tag: StartTag
    reset: str
    found: Sequence[tuple[Mapping[str, str], str]]

    def template(self, fields: Mapping[str, tuple[str, ...]]) -> str:
        """Return the attribute's value, with a branch where a field decides."""
        decides = [name for name in fields if self._varies_with(name)]
        if not decides:
            return self._whole(self.found[0][1])
        if len(decides) > 1:
            message = f"the style depends on {' and '.join(decides)} at once"
            raise self.source.error(message, self.tag.line)
        (name,) = decides
        by_value = {case[name]: self._whole(style) for case, style in self.found}
        *others, last = by_value.items()
        branches = [
            f"{{% {'elif' if position else 'if'} {name} == '{value}' %}}{style}"
            for position, (value, style) in enumerate(others)
        ]
        return "".join((*branches, f"{{% else %}}{last[1]}{{% endif %}}"))

    def _varies_with(self, name: str) -> bool:
        groups: dict[tuple[str, ...], set[str]] = {}
        for case, style in self.found:
            rest = tuple(value for key, value in case.items() if key != name)
            groups.setdefault(rest, set()).add(style)
        return any(len(styles) > 1 for styles in groups.values())

    def _whole(self, style: str) -> str:
        # Drawings keep their attributes: `all:unset` would erase fill, r, cx and the like. And
        # what a <meta> says is not seen.
        plain = self.tag.in_svg or self.tag.name == "meta" or style.startswith("all:")
        first = "" if plain else self.reset
        return ";".join(filter(None, (first, style)))


def _cascade(
    source: FlatSource,
    reader: MarkupReader,
    rules: Sequence[Rule],
    cases: Sequence[Mapping[str, str]],
) -> list[list[str]]:
    """Return the style of each start tag, for each case of the fields in class names.

    All cases go through one run of premailer, side by side in one tree. Each declaration goes
    through it under a number of its own, so that none is merged with another.
    """
    # Heavy (cssutils, lxml) and needed only while a template is compiled.
    import logging  # noqa: PLC0415

    import cssutils  # noqa: PLC0415
    from lxml import etree  # noqa: PLC0415
    from premailer import Premailer  # noqa: PLC0415

    tree = etree.Element("html")
    body = etree.SubElement(tree, "body")
    for case in cases:
        text = _numbered(reader, case)
        if not any(tag.name == "html" for tag in reader.tags):  # a piece, not a document
            text = f"<html><body>{text}</body></html>"
        root = etree.fromstring(text, etree.HTMLParser())
        _check_tree(source, reader, root)
        body.append(root)
    for element in tree.xpath("//template | //style"):  # they have a style sheet of their own
        element.getparent().remove(element)
    declarations: list[tuple[int, str, str]] = []
    sheet: list[str] = []
    # A rule counts once for each of its selectors: they differ in weight.
    single = [(one, rule) for rule in rules for one in rule.selector.split(",")]
    for order, (selector, rule) in enumerate(single):
        first = len(declarations)
        declarations += [(order, name, value) for name, value in rule.declarations]
        numbers = ";".join(f"d{number}:{number}" for number in range(first, len(declarations)))
        sheet.append(f"{selector}{{{numbers}}}")
    premailer = Premailer(
        css_text=["\n".join(sheet)],
        disable_validation=True,
        disable_leftover_css=True,
        allow_network=False,
        disable_link_rewrites=True,
        align_floating_images=False,
        capitalize_float_margin=False,
        cssutils_logging_level=logging.CRITICAL,
    )
    # cssutils is not made for threads, and its log level is the whole process's.
    with _CASCADE_LOCK:
        level = cssutils.log.getEffectiveLevel()
        try:
            premailer.transform(tree)
        finally:
            cssutils.log.setLevel(level)
    found: list[list[str]] = []
    for root in body:
        styles = [""] * len(reader.tags)
        for element in root.iter(etree.Element):
            number = element.get(_NUMBER)
            if number is not None:
                applied = map(int, re.findall(r"d(\d+)", element.get("style", "")))
                styles[int(number)] = _merged(declarations[n] for n in applied)
        found.append(styles)
    return found


def _merged(applied: Iterator[tuple[int, str, str]]) -> str:
    """Write declarations in the order of the cascade; a later rule takes a property's place.

    Two values of one property in the same rule both stay: the older is for readers that lack
    the newer.
    """
    merged: dict[str, tuple[int, list[str]]] = {}
    for order, name, value in applied:
        before = merged.pop(name, (order, []))
        values = before[1] if before[0] == order else []
        merged[name] = (order, [*values, value])
    return ";".join(f"{name}:{value}" for name, (_, values) in merged.items() for value in values)


def _numbered(reader: MarkupReader, case: Mapping[str, str]) -> str:
    """Return the text with a number on each start tag and the class names of a case."""
    hidden = reader.hidden

    def value(match: re.Match[str]) -> str:
        field = FIELD.fullmatch(hidden.tags[int(match[1])])
        return case.get(field[1], "") if field else ""

    parts: list[str] = []
    at = 0
    for number, tag in enumerate(reader.tags):
        cut = len(tag.text) - (2 if tag.text.endswith("/>") else 1)
        parts.append(hidden.text[at : tag.start])
        parts.append(
            f'{hidden.pattern.sub(value, tag.text[:cut])} {_NUMBER}="{number}"{tag.text[cut:]}'
        )
        at = tag.start + len(tag.text)
    parts.append(hidden.text[at:])
    # Hidden tags between elements would be text in places where HTML allows none.
    return hidden.pattern.sub("", "".join(parts))


def _check_tree(source: FlatSource, reader: MarkupReader, root: Any) -> None:  # noqa: ANN401  lxml has no types
    """Refuse markup that HTML's own rules would turn into another tree than it seems to be."""
    parents: dict[int, int | None] = {}
    for element in root.iter():
        number = element.get(_NUMBER) if isinstance(element.tag, str) else None
        if number is None:
            continue
        above = element.getparent()
        while above is not None and above.get(_NUMBER) is None:
            above = above.getparent()
        parents[int(number)] = None if above is None else int(above.get(_NUMBER))
    for number, tag in enumerate(reader.tags):
        if parents.get(number, -1) != tag.parent:
            message = "HTML closes or moves this element by itself; check what may stand in what"
            raise source.error(message, tag.line)
