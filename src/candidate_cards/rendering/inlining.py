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
from html.parser import HTMLParser
from itertools import product
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from candidate_cards.rendering.source import FlatSource
    from candidate_cards.rendering.stylesheets import Rule

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_STYLESHEET = re.compile(r"\{\{-?\s*stylesheet\s*-?\}\}")
_STATEMENT = re.compile(r"\{%[-+]?\s*(\w+)")
_FIELD = re.compile(r"\{\{-?\s*([a-z_][\w.]*\.(\w+))\s*-?\}\}")
_ATTRIBUTE = re.compile(
    r"""[\s/]+([^\s"'<>/=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'=<>`]+))?""", re.DOTALL
)
_QUOTED = re.compile(r'"[^"]*"' + r"|'[^']*'")
_CASCADE_LOCK = Lock()
_NUMBER = "data-cc-number"
_BLOCK_ENDS = {"endfor": "for", "endif": "if", "endwith": "with"}
_MOST_CHOICES = 64
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr")
)
# Where data is text and nothing else. Addresses are apart: they take what `cards.links` made.
_TEXT_ATTRIBUTES = frozenset(
    ("alt", "aria-label", "class", "dir", "lang", "nonce", "stroke-dasharray", "title")
)
_ADDRESS_ATTRIBUTES = frozenset({("a", "href"), ("img", "src")})
_ADDRESS_FIELDS = frozenset({"href", "data_uri"})


class _StartTag:
    """A start tag of the source: where it stands and what surrounds it."""

    def __init__(self, start: int, text: str, line: int, parent: int | None) -> None:
        self.start = start
        self.text = text
        self.line = line
        self.parent = parent
        self.in_svg = False
        # Styles inside a declarative shadow root, and of its host, are the style element's.
        self.governed = False

    def attributes(self) -> Iterator[re.Match[str]]:
        """Yield each attribute; the name is group 1, the value with its quotes group 2."""
        name = re.match(r"<[^\s/>]+", self.text)
        return _ATTRIBUTE.finditer(self.text, name.end() if name else 0)


class _Hidden:
    """Source whose template tags are hidden behind words that occur nowhere else in it."""

    def __init__(self, text: str) -> None:
        word = "jinja"
        while word in text.lower():
            word += "x"
        self.tags: list[str] = []
        self.pattern = re.compile(rf"{word}(\d+)z")

        def hide(match: re.Match[str]) -> str:
            self.tags.append(match[0])
            # Line breaks stay, so that positions in the hidden text are lines of the source.
            return f"{word}{len(self.tags) - 1}z" + "\n" * match[0].count("\n")

        self.text = _TAG.sub(hide, text)

    def shown(self, text: str) -> str:
        """Put the template tags back, with their own line breaks in place of ours."""

        def show(match: re.Match[str]) -> str:
            tag = self.tags[int(match[1])]
            return tag + match[2][tag.count("\n") :]

        return re.sub(rf"{self.pattern.pattern}(\n*)", show, text)

    def fields(self, text: str) -> list[re.Match[str] | None]:
        """Return what each hidden tag in a text is: a plain view field, or ``None``."""
        return [_FIELD.fullmatch(self.tags[int(number)]) for number in self.pattern.findall(text)]


class _Reader(HTMLParser):
    """Finds the start tags of hidden source and refuses what could turn data into code."""

    def __init__(self, source: FlatSource, choices: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__(convert_charrefs=False)
        self.hidden = _Hidden(source.text)
        self.tags: list[_StartTag] = []
        # Each expression that stands in a class name, with its possible values.
        self.fields: dict[str, tuple[str, ...]] = {}
        self._source = source
        self._choices = choices
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", self.hidden.text))]
        # What is open, outermost first: an element and its number, or a block and None.
        self._open: list[tuple[str, int | None]] = []
        self.feed(self.hidden.text)
        self.close()
        if self._open:
            name, number = self._open[-1]
            line = len(source.origins) if number is None else self.tags[number].line
            self._refuse(f"{name} is never closed", line)

    def _refuse(self, message: str, line: int | None = None) -> None:
        raise self._source.error(message, self.getpos()[0] if line is None else line)

    def _is_inside(self, name: str) -> bool:
        return any(number is not None and open_name == name for open_name, number in self._open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        number = self._add(tag, attrs)
        if tag not in _VOID:
            self._open.append((tag, number))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID and tag != "svg" and not self._is_inside("svg"):
            self._refuse(f"<{tag}/> does not close itself in HTML; write <{tag}></{tag}>")
        self._add(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        name, number = self._open.pop() if self._open else ("", None)
        if number is None or name != tag:
            message = f"</{tag}> closes nothing that is open here; a branch or loop of a template"
            self._refuse(f"{message} must hold whole elements")

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][0] == "style":
            if data.strip() and not _STYLESHEET.fullmatch(self.hidden.shown(data).strip()):
                self._refuse("a style element takes {{ stylesheet }} and nothing else")
            return
        first = self.getpos()[0]
        for match in self.hidden.pattern.finditer(data):
            statement = _STATEMENT.match(self.hidden.tags[int(match[1])])
            if statement:
                self._block(statement[1], first + data.count("\n", 0, match.start()))

    def _block(self, keyword: str, line: int) -> None:
        top = self._open[-1] if self._open else ("", 0)
        if keyword in _BLOCK_ENDS.values():
            self._open.append((keyword, None))
        elif keyword in {"else", "elif"} or keyword in _BLOCK_ENDS:
            if top[1] is not None:
                message = (
                    f"{{% {keyword} %}} leaves <{top[0]}> open; a branch or loop of a template"
                )
                self._refuse(f"{message} must hold whole elements", line)
            if keyword in _BLOCK_ENDS:
                self._open.pop()

    def handle_comment(self, data: str) -> None:
        if self.hidden.pattern.search(data):
            self._refuse("a comment takes no template tags")

    def handle_decl(self, decl: str) -> None:
        self.handle_comment(decl)

    def unknown_decl(self, data: str) -> None:
        self.handle_comment(data)

    def handle_pi(self, data: str) -> None:
        self.handle_comment(data)

    def _add(self, tag: str, attrs: list[tuple[str, str | None]]) -> int:
        text = self.get_starttag_text() or ""
        pattern = self.hidden.pattern
        if tag == "script":
            self._refuse("<script> has no place in a card")
        if pattern.search(_QUOTED.sub("", text)):
            self._refuse("a template tag inside a start tag must sit in a quoted attribute value")
        if len(dict(attrs)) < len(attrs):
            self._refuse(f"<{tag}> repeats an attribute")
        for name, value in attrs:
            if name.startswith("on"):
                self._refuse(f"{name}: a card runs no script")
            if name == "style":
                self._refuse("style belongs into a style sheet; give the element a class")
            if value and pattern.search(value):
                self._check_value(tag, name, value)
        line, column = self.getpos()
        parents = [number for _, number in self._open if number is not None]
        made = _StartTag(
            self._line_starts[line - 1] + column, text, line, parents[-1] if parents else None
        )
        made.in_svg = self._is_inside("svg")
        made.governed = tag == "template" or self._is_inside("template")
        if tag == "template" and made.parent is not None:
            self.tags[made.parent].governed = True
        self.tags.append(made)
        return len(self.tags) - 1

    def _check_value(self, tag: str, name: str, value: str) -> None:
        fields = self.hidden.fields(value)
        if (tag, name) in _ADDRESS_ATTRIBUTES:
            whole = self.hidden.pattern.fullmatch(value)
            if not (whole and fields[0] and fields[0][2] in _ADDRESS_FIELDS):
                self._refuse(f"{name} takes one view field named href or data_uri, nothing else")
        elif name not in _TEXT_ATTRIBUTES:
            known = ", ".join(sorted(_TEXT_ATTRIBUTES))
            message = f"{name} of <{tag}> takes no data; what does: {known}, a's href and img's src"
            self._refuse(message)
        elif name == "class":
            for field in fields:
                if field is None or field[2] not in self._choices:
                    known = ", ".join(sorted(self._choices))
                    self._refuse(f"a class takes a view field of known values ({known}) only")
                else:
                    self.fields[field[1]] = self._choices[field[2]]


def check_markup(source: FlatSource, choices: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse markup in which a value could become code, or whose elements do not nest.

    Args:
        source: A flat template whose constants are already filled in.
        choices: Values of the view fields that may stand in a class name.

    Raises:
        RenderingError: With template, line and what to do instead.
    """
    _Reader(source, choices)


def inline_styles(
    source: FlatSource,
    rules: Sequence[Rule],
    choices: Mapping[str, tuple[str, ...]],
    reset: str = "",
) -> str:
    """Return the template's text with style attributes in place of classes.

    Args:
        source: A flat template whose constants are already filled in.
        rules: Literal rules; see `stylesheets.resolvable_rules`.
        choices: Values of the view fields that may stand in a class name.
        reset: A declaration to begin each element's style with, such as ``all:unset``.

    Raises:
        RenderingError: As `check_markup`; or an element that HTML would move; or a style that
            depends on two fields at once.
    """
    reader = _Reader(source, choices)
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
        parts += [reader.hidden.text[at : tag.start], _with_style(tag, style)]
        at = tag.start + len(tag.text)
    parts.append(reader.hidden.text[at:])
    return reader.hidden.shown("".join(parts))


def _with_style(tag: _StartTag, style: str) -> str:
    """Return the start tag with a style attribute in place of its class."""
    text = tag.text
    for attribute in tag.attributes():
        if attribute[1].lower() == "class":
            text = text[: attribute.start()] + text[attribute.end() :]
            break
    end = "/>" if text.endswith("/>") else ">"
    added = f' style="{style}"' if style else ""
    # Line breaks stay inside the tag: they mean nothing there, and later lines keep their number.
    breaks = "\n" * (tag.text.count("\n") - text.count("\n"))
    return f"{text[: -len(end)].rstrip(' ')}{breaks}{added}{end}"


class _Styles(NamedTuple):
    """The styles of one start tag, by the values of the fields in class names."""

    source: FlatSource
    tag: _StartTag
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
        # Drawings keep their attributes: `all:unset` would erase fill, r, cx and the like.
        first = "" if self.tag.in_svg or style.startswith("all:") else self.reset
        return ";".join(filter(None, (first, style)))


def _cascade(
    source: FlatSource,
    reader: _Reader,
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
        text = f"<html><body>{_numbered(reader, case)}</body></html>"
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


def _numbered(reader: _Reader, case: Mapping[str, str]) -> str:
    """Return the text with a number on each start tag and the class names of a case."""
    hidden = reader.hidden

    def value(match: re.Match[str]) -> str:
        field = _FIELD.fullmatch(hidden.tags[int(match[1])])
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


def _check_tree(source: FlatSource, reader: _Reader, root: Any) -> None:  # noqa: ANN401  lxml has no types
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
