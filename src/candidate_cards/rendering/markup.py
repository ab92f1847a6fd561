"""Template markup, read before it is compiled: what could turn data into code is refused.

Autoescaping makes data text in content and in quoted attributes, and nowhere else. So data may
stand there only, in attributes that are text, and in addresses that one function has made.
Elements must be whole in each branch and loop: styles are resolved on the text as it stands.
"""

# ruff: noqa: D102  the handlers of HTMLParser do what the standard library says

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from candidate_cards.rendering.source import FlatSource

FIELD = re.compile(r"\{\{-?\s*([a-z_][\w.]*\.(\w+))\s*-?\}\}")
"""A plain view field: group 1 is the expression, group 2 its last name."""

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_STYLESHEET = re.compile(r"\{\{-?\s*stylesheet\s*-?\}\}")
# Nothing but a way into one name: an operator could bring data in behind it.
_PATH = re.compile(r"""\{\{-?\s*([a-z_]\w*)(?:\.\w+|\["[\w-]+"\])*\s*-?\}\}""")
_STATEMENT = re.compile(r"\{%[-+]?\s*(\w+)")
_ATTRIBUTE = re.compile(
    r"""[\s/]+([^\s"'<>/=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'=<>`]+))?""", re.DOTALL
)
_QUOTED = re.compile(r'"[^"]*"' + r"|'[^']*'")
_BLOCK_ENDS = {"endfor": "for", "endif": "if", "endwith": "with"}
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr")
)
# Where data is text and nothing else. Addresses are apart: they take what `cards.links` made.
_TEXT_ATTRIBUTES = frozenset(
    ("alt", "aria-label", "class", "dir", "lang", "nonce", "stroke-dasharray", "title")
)
_ADDRESS_ATTRIBUTES = frozenset({("a", "href"), ("img", "src")})
_ADDRESS_FIELDS = frozenset({"href", "data_uri"})
# What a <meta> says under these names, or as microdata, no browser acts on.
_OWN_META = "candidate-cards:"


class StartTag:
    """A start tag of the source: where it stands and what surrounds it."""

    def __init__(self, start: int, text: str, line: int, parent: int | None) -> None:
        self.start = start
        self.text = text
        self.line = line
        self.parent = parent
        self.in_svg = False
        # Styles inside a declarative shadow root, and of its host, are the style element's.
        self.governed = False

    @property
    def name(self) -> str:
        """The element's name, in lower case."""
        found = re.match(r"<([^\s/>]+)", self.text)
        return found[1].lower() if found else ""

    def attributes(self) -> Iterator[re.Match[str]]:
        """Yield each attribute; the name is group 1, the value with its quotes group 2."""
        return _ATTRIBUTE.finditer(self.text, 1 + len(self.name))

    def class_attribute(self) -> re.Match[str] | None:
        """Return the class attribute, if there is one."""
        return next((found for found in self.attributes() if found[1].lower() == "class"), None)

    def class_value(self) -> str:
        """Return the value of the class attribute, ``""`` if there is none."""
        found = self.class_attribute()
        return (found[2] or "").strip("\"'") if found else ""


class HiddenTags:
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
        return [FIELD.fullmatch(self.tags[int(number)]) for number in self.pattern.findall(text)]


class MarkupReader(HTMLParser):
    """Finds the start tags of hidden source and refuses what could turn data into code."""

    def __init__(
        self,
        source: FlatSource,
        choices: Mapping[str, tuple[str, ...]],
        constants: Collection[str] = (),
    ) -> None:
        super().__init__(convert_charrefs=False)
        self._constants = constants
        self.hidden = HiddenTags(source.text)
        self.tags: list[StartTag] = []
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
            if value and pattern.search(value) and not self._is_constant(value):
                if tag == "meta" and self._is_statement(dict(attrs), name):
                    continue
                self._check_value(tag, name, value)
        line, column = self.getpos()
        parents = [number for _, number in self._open if number is not None]
        made = StartTag(
            self._line_starts[line - 1] + column, text, line, parents[-1] if parents else None
        )
        made.in_svg = self._is_inside("svg")
        made.governed = tag == "template" or self._is_inside("template")
        if tag == "template" and made.parent is not None:
            self.tags[made.parent].governed = True
        self.tags.append(made)
        return len(self.tags) - 1

    def _is_constant(self, value: str) -> bool:
        """Tell whether a value waits for constants only, in a branch that a theme does not take."""
        paths = [
            _PATH.fullmatch(self.hidden.tags[int(number)])
            for number in self.hidden.pattern.findall(value)
        ]
        return all(path is not None and path[1] in self._constants for path in paths)

    def _is_statement(self, attrs: dict[str, str | None], name: str) -> bool:
        """Tell whether data in an attribute of a ``<meta>`` is a statement for programs."""
        if "http-equiv" in attrs:
            return False
        if (attrs.get("name") or "").startswith(_OWN_META):
            return name in {"name", "content"}
        itemprop = attrs.get("itemprop") or ""
        told = "name" not in attrs and itemprop and not self.hidden.pattern.search(itemprop)
        return bool(told) and name == "content"

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


def check_markup(
    source: FlatSource,
    choices: Mapping[str, tuple[str, ...]],
    constants: Collection[str] = (),
) -> None:
    """Refuse markup in which a value could become code, or whose elements do not nest.

    Args:
        source: A flat template whose constants are already filled in.
        choices: Values of the view fields that may stand in a class name.
        constants: Names that hold no data; what is left of them stands in a branch not taken.

    Raises:
        RenderingError: With template, line and what to do instead.
    """
    MarkupReader(source, choices, constants)
