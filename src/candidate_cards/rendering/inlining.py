"""Styles resolved into a template before it is compiled, so that rendering costs no CSS work.

How: template tags are hidden behind plain words, each start tag gets a number, premailer does
the cascade on that text once, and the styles that it found are put into the *original* start
tags. The template's markup is never re-serialised, and its lines keep their numbers.

A class name may hold one view field of known values, ``class="cc-score--{{ card.score.tone }}"``:
the cascade is run for each value, and where a style differs the template gets a branch.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from candidate_cards.rendering.source import FlatSource

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_HIDDEN = re.compile(r"jinja(\d+)x")
_QUOTED = re.compile(r'"[^"]*"' + r"|'[^']*'")
_CLASS = re.compile(r"""\s+class=("[^"]*"|'[^']*')""")
_EXPRESSION = re.compile(r"\{\{-?\s*([a-z_][\w.]*\.(\w+))\s*-?\}\}")
_ATTRIBUTE = re.compile(r"""([^\s"'=<>/]+)\s*=\s*("[^"]*"|'[^']*')""")
_NUMBER = "data-cc-number"
_VOID = frozenset(
    "area base br col embed hr img input link meta source track wbr".split()  # noqa: SIM905
)
# Fields made by the one function that decides what may be an address.
_ADDRESS_FIELDS = frozenset({"href", "data_uri"})
_ADDRESS_ATTRIBUTES = frozenset({"href", "src", "action", "formaction", "srcdoc", "data", "poster"})


class _StartTag(NamedTuple):
    start: int
    text: str
    in_svg: bool


class _Reader(HTMLParser):
    """Finds the start tags of hidden source, checks nesting and contexts."""

    def __init__(self, source: FlatSource, hidden: str) -> None:
        super().__init__(convert_charrefs=False)
        self._source = source
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", hidden))]
        self._open: list[str] = []
        self.tags: list[_StartTag] = []
        self.feed(hidden)
        self.close()
        if self._open:
            raise source.error(f"<{self._open[-1]}> is never closed", len(source.origins))

    def _line(self) -> int:
        return self.getpos()[0]

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        self._add(tag)
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        self._add(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            raise self._source.error(
                f"</{tag}> closes nothing that is open here; each branch and loop of a template "
                "must hold whole elements",
                self._line(),
            )

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "style" and _HIDDEN.search(data):
            raise self._source.error("a style element takes no template tags", self._line())

    def _add(self, tag: str) -> None:
        text = self.get_starttag_text() or ""
        if tag == "script":
            raise self._source.error("<script> has no place in a card", self._line())
        if _HIDDEN.search(_QUOTED.sub("", text)):
            message = "a template tag inside a start tag must sit in a quoted attribute value"
            raise self._source.error(message, self._line())
        if tag == "template" and self.tags:
            # Its parent is the host of a shadow root and is styled from inside, by :host.
            self.tags.pop()
        # Inside a declarative shadow root the style element governs: classes stay.
        if "template" in self._open or tag == "template":
            return
        line, column = self.getpos()
        start = self._line_starts[line - 1] + column
        self.tags.append(_StartTag(start, text, "svg" in self._open))


class _Hidden(NamedTuple):
    text: str
    tags: Sequence[str]

    def shown(self, text: str) -> str:
        return _HIDDEN.sub(lambda match: self.tags[int(match[1])], text)


def _hide(source: FlatSource) -> _Hidden:
    tags: list[str] = []

    def hide(match: re.Match[str]) -> str:
        tags.append(match[0])
        # Line breaks stay, so that positions in the hidden text are lines of the source.
        return f"jinja{len(tags) - 1}x" + "\n" * match[0].count("\n")

    return _Hidden(_TAG.sub(hide, source.text), tags)


def check_contexts(source: FlatSource) -> None:
    """Refuse markup in which a value could become code, or whose elements do not nest.

    Raises:
        RenderingError: With template, line and what to do instead.
    """
    hidden = _hide(source)
    reader = _Reader(source, hidden.text)
    for tag in reader.tags:
        for name, value in _ATTRIBUTE.findall(tag.text):
            line = hidden.text.count("\n", 0, tag.start) + 1
            fields = [_EXPRESSION.fullmatch(hidden.tags[int(n)]) for n in _HIDDEN.findall(value)]
            if name.lower().startswith("on"):
                raise source.error(f"{name}: a card runs no script", line)
            if name.lower() == "style" and fields:
                raise source.error("style takes no data; use a class or an SVG attribute", line)
            if name.lower() in _ADDRESS_ATTRIBUTES and fields:
                whole = len(fields) == 1 and _HIDDEN.fullmatch(value[1:-1])
                if not (whole and fields[0] and fields[0][2] in _ADDRESS_FIELDS):
                    message = f"{name} takes one view field named href or data_uri, nothing else"
                    raise source.error(message, line)


def inline_styles(
    source: FlatSource, css: str, choices: Mapping[str, tuple[str, ...]], reset: str = ""
) -> str:
    """Return the template's text with style attributes in place of classes.

    Args:
        source: A flat template whose constants are already filled in.
        css: Literal rules; see `stylesheets.resolvable_css`.
        choices: Values of the view fields that may stand in a class name.
        reset: A declaration to begin each element's style with, such as ``all:unset``.

    Raises:
        RenderingError: A class name made of anything else, or a style that depends on two
            fields at once.
    """
    hidden = _hide(source)
    tags = _Reader(source, hidden.text).tags
    fields = _class_fields(source, hidden, tags, choices)
    first = {name: values[0] for name, values in fields.items()}
    chosen = [first, *({**first, name: v} for name, values in fields.items() for v in values)]
    styles = iter(_cascade(hidden, tags, css, chosen))
    base = next(styles)
    variants = {name: {v: next(styles) for v in values} for name, values in fields.items()}
    parts: list[str] = []
    at = 0
    for number, tag in enumerate(tags):
        style = _style(source, hidden, tag, number, base, variants, reset)
        parts.append(hidden.text[at : tag.start])
        bare = _CLASS.sub("", tag.text)
        if style:
            end = "/>" if bare.endswith("/>") else ">"
            bare = f'{bare[: -len(end)].rstrip()} style="{style}"{end}'
        # Line breaks of a start tag stay where they were counted.
        parts.append(bare + "\n" * (tag.text.count("\n") - bare.count("\n")))
        at = tag.start + len(tag.text)
    parts.append(hidden.text[at:])
    return hidden.shown("".join(parts))


def _class_fields(
    source: FlatSource,
    hidden: _Hidden,
    tags: Sequence[_StartTag],
    choices: Mapping[str, tuple[str, ...]],
) -> dict[str, tuple[str, ...]]:
    """Return each expression that stands in a class name, with its possible values."""
    fields: dict[str, tuple[str, ...]] = {}
    for tag in tags:
        for value in _CLASS.findall(tag.text):
            for number in _HIDDEN.findall(value):
                match = _EXPRESSION.fullmatch(hidden.tags[int(number)])
                if match is None or match[2] not in choices:
                    known = ", ".join(sorted(choices))
                    line = hidden.text.count("\n", 0, tag.start) + 1
                    message = f"a class name takes a view field of known values ({known}) only"
                    raise source.error(message, line)
                fields[match[1]] = choices[match[2]]
    return fields


def _cascade(
    hidden: _Hidden,
    tags: Sequence[_StartTag],
    css: str,
    chosen: Sequence[Mapping[str, str]],
) -> list[list[str]]:
    """Let premailer find the style of each start tag, once per choice of class names.

    All choices go through one run, side by side in one tree: parsing the sheet is what costs.
    """
    # Heavy (cssutils, lxml) and needed only while a template is compiled.
    import logging  # noqa: PLC0415

    from lxml import etree  # noqa: PLC0415
    from premailer import Premailer  # noqa: PLC0415

    tree = etree.Element("html")
    body = etree.SubElement(tree, "body")
    for values in chosen:
        text = f"<html><body>{_numbered(hidden, tags, values)}</body></html>"
        body.append(etree.fromstring(text, etree.HTMLParser()))
    for element in tree.xpath("//template | //style"):  # they have a style sheet of their own
        element.getparent().remove(element)
    Premailer(
        css_text=[css],
        disable_validation=True,
        disable_leftover_css=True,
        strip_important=False,
        allow_network=False,
        disable_link_rewrites=True,
        include_star_selectors=True,
        align_floating_images=False,
        capitalize_float_margin=False,
        cssutils_logging_level=logging.CRITICAL,
        disable_basic_attributes=["width", "height", "bgcolor", "align", "valign"],
    ).transform(tree)
    found: list[list[str]] = []
    for variant in body:
        styles = [""] * len(tags)
        for element in variant.iter(etree.Element):
            number = element.get(_NUMBER)
            if number is not None:
                styles[int(number)] = _compact(element.get("style", ""))
        found.append(styles)
    return found


def _numbered(hidden: _Hidden, tags: Sequence[_StartTag], values: Mapping[str, str]) -> str:
    """Return the text with a number on each start tag and the chosen class names."""

    def value(match: re.Match[str]) -> str:
        field = _EXPRESSION.fullmatch(hidden.tags[int(match[1])])
        return values.get(field[1], "") if field else ""

    parts: list[str] = []
    at = 0
    for number, tag in enumerate(tags):
        parts.append(hidden.text[at : tag.start])
        end = re.search(r"\s*/?>$", tag.text)
        cut = end.start() if end else len(tag.text)
        # An own style attribute wins over every rule and is put back as it is.
        head = re.sub(r"""\s+style=("[^"]*"|'[^']*')""", "", tag.text[:cut])
        parts.append(f'{_HIDDEN.sub(value, head)} {_NUMBER}="{number}"{tag.text[cut:]}')
        at = tag.start + len(tag.text)
    parts.append(hidden.text[at:])
    # Hidden tags between elements would be text in places where HTML allows none.
    return _HIDDEN.sub("", "".join(parts))


def _compact(style: str) -> str:
    return re.sub(r"\s*([;,])\s*", r"\1", style).strip().replace('"', "'")


def _style(  # noqa: PLR0913, PLR0917  the pieces of one start tag
    source: FlatSource,
    hidden: _Hidden,
    tag: _StartTag,
    number: int,
    base: Sequence[str],
    variants: Mapping[str, Mapping[str, Sequence[str]]],
    reset: str,
) -> str:
    own = "".join(
        value[1:-1] for name, value in _ATTRIBUTE.findall(tag.text) if name.lower() == "style"
    )

    def finished(style: str) -> str:
        # Drawings keep their attributes: `all:unset` would erase fill, r, cx and the like.
        first = "" if tag.in_svg or style.startswith("all:") else reset
        return ";".join(filter(None, (first, style, own)))

    depends = [
        name
        for name, by_value in variants.items()
        if len({styles[number] for styles in by_value.values()}) > 1
    ]
    if not depends:
        return finished(base[number])
    if len(depends) > 1:
        line = hidden.text.count("\n", 0, tag.start) + 1
        raise source.error(f"the style depends on {' and '.join(depends)} at once", line)
    name = depends[0]
    by_value = {value: finished(styles[number]) for value, styles in variants[name].items()}
    return "".join(_branches(name, by_value))


def _branches(name: str, styles: Mapping[str, str]) -> Iterator[str]:
    *others, last = styles.items()
    for position, (value, style) in enumerate(others):
        yield f"{{% {'elif' if position else 'if'} {name} == '{value}' %}}{style}"
    yield f"{{% else %}}{last[1]}{{% endif %}}"
