"""The HTML part of a mail as Outlook for Windows (Word) reads it, and as everybody else does.

Conditional comments make one source two documents. Each is read from a text of the same length in
which whatever that reader does not see is blank, so that every line number is one of the source.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

WORD_VERSION: Final = 16
"""What ``mso`` is for Outlook 2016, 2019, 2021, 2024 and the classic one of Microsoft 365."""

VOID: Final = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr")
)
_COMMENT = re.compile(
    r"<!--\[if(?P<shown>[^\]]*)\]>(?:<!)?-->"  # hides nothing: <!--[if !mso]><!-->
    r"|<!--\[if(?P<hidden>[^\]]*)\]>"
    r"|(?P<end><!--\s*<!\[endif\]-->)"
    r"|(?P<close><!\[endif\]-->)"
    r"|(?P<bare><!\[(?:if[^\]]*|endif)\]>)"
    r"|(?P<plain><!--.*?-->)"
    r"|(?P<open><!--)",
    re.DOTALL | re.IGNORECASE,
)
_CONDITION = re.compile(r"\s*(?:([!&|()])|(lte?|gte?)\s+(\w+)\s+([\d.]+)|(\w+))")


@dataclass(eq=False, repr=False)
class Element:
    """A start tag, what is inside it, and the words directly in it.

    Attributes:
        line: Of the start tag, from 1.
        offset: Of the start tag in the source, in characters.
        content: Its children and the words between them.
    """

    tag: str
    attributes: dict[str, str]
    parent: Element | None
    line: int = 1
    offset: int = 0
    children: list[Element] = field(default_factory=list)
    content: list[Element | str] = field(default_factory=list)

    def all(self) -> Iterator[Element]:
        """Yield it and all below it, in order."""
        yield self
        for child in self.children:
            yield from child.all()

    def find(self, *tags: str) -> list[Element]:
        """Return the elements of some names, itself included."""
        return [part for part in self.all() if part.tag in tags]

    def above(self) -> Iterator[Element]:
        """Yield the elements around it, innermost first."""
        around = self.parent
        while around is not None and around.tag:
            yield around
            around = around.parent

    def words(self) -> Iterator[tuple[Element, str]]:
        """Yield each text that is not blank, and the element that it stands directly in."""
        for part in self.content:
            if isinstance(part, Element):
                yield from part.words()
            elif part.strip():
                yield self, part

    def text(self) -> str:
        """Return all words inside with single spaces."""
        return " ".join(" ".join(text for _, text in self.words()).split())

    def __str__(self) -> str:
        return f"<{self.tag}>"


@dataclass(frozen=True, slots=True)
class StyleElement:
    """The text of a ``<style>`` and the line that it begins in."""

    element: Element
    text: str
    line: int


class View(HTMLParser):
    """A document as one kind of reader sees it.

    Attributes:
        top: Holds the root element; its own name is empty.
        doctypes: Declarations, as they are written.
        complaints: Where it is not well formed: every element is closed, by its own end tag.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.top = Element("", {}, None)
        self.doctypes: list[str] = []
        self.complaints: list[str] = []
        self._open = self.top
        self._lines = [0, *(found.end() for found in re.finditer("\n", text))]
        self._style_lines: dict[Element, int] = {}
        self.feed(text)
        self.close()
        if self._open is not self.top:
            self.complaints.append(f"line {self._open.line}: {self._open} is not closed")

    @cached_property
    def elements(self) -> list[Element]:
        """Every element, in order."""
        return list(self.top.all())[1:]

    @cached_property
    def styles(self) -> list[StyleElement]:
        """Every style element with its text."""
        return [
            StyleElement(
                part,
                "".join(word for word in part.content if isinstance(word, str)),
                self._style_lines.get(part, part.line),
            )
            for part in self.elements
            if part.tag == "style"
        ]

    def first(self, tag: str) -> Element | None:
        """Return the first element of a name."""
        return next((part for part in self.elements if part.tag == tag), None)

    def handle_decl(self, decl: str) -> None:
        """Note a doctype."""
        self.doctypes.append(decl)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element."""
        line, column = self.getpos()
        attributes: dict[str, str] = {}
        for name, value in attrs:
            if name in attributes:
                self.complaints.append(f"line {line}: <{tag}> repeats {name}")
            attributes.setdefault(name, value or "")
        element = Element(
            tag, attributes, self._open, line=line, offset=self._lines[line - 1] + column
        )
        self._open.children.append(element)
        self._open.content.append(element)
        if tag not in VOID:
            self._open = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Add an element that closes itself, as those of VML do."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """End the innermost element, or complain that another one is open."""
        if self._open.tag == tag and self._open.parent is not None:
            self._open = self._open.parent
            return
        self.complaints.append(f"line {self.getpos()[0]}: </{tag}> closes {self._open}")
        around: Element | None = self._open
        while around is not None and around.tag != tag:
            around = around.parent
        if around is not None and around.parent is not None:
            self._open = around.parent

    def handle_data(self, data: str) -> None:
        """Add words."""
        if self._open.tag == "style":
            self._style_lines.setdefault(self._open, self.getpos()[0])
        self._open.content.append(data)


class _Opened(NamedTuple):
    """A conditional comment that is not closed yet."""

    start: int
    holds: bool
    hides: bool


class Mail:
    """A mail's HTML in both readings.

    Attributes:
        source: The text.
        word: What Outlook for Windows reads.
        seen: What everybody else reads.
        comment_lines: Where comments begin, those with a condition included.
        complaints: What is wrong with the conditional comments.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.complaints: list[str] = []
        self.comment_lines: list[int] = []
        self._hidden: list[tuple[int, int]] = []
        self._word = list(source)
        self._seen = list(source)
        self._read_comments()
        self.word = View("".join(self._word))
        self.seen = View("".join(self._seen))

    def line(self, offset: int) -> int:
        """Return the line of a place in the source, from 1."""
        return self.source.count("\n", 0, offset) + 1

    def only_for_word(self, element: Element) -> bool:
        """Tell whether an element of ``word`` stands in a comment."""
        return any(start <= element.offset < end for start, end in self._hidden)

    def _complain(self, offset: int, message: str) -> None:
        self.complaints.append(f"line {self.line(offset)}: {message}")

    def _read_comments(self) -> None:
        opened: list[_Opened] = []
        for found in _COMMENT.finditer(self.source):
            kind, start, end = str(found.lastgroup), found.start(), found.end()
            if kind == "bare":
                self._complain(start, f"{found[0]} is no comment; some readers show it")
                continue
            if kind != "close":
                self.comment_lines.append(self.line(start))
            if kind != "close" and opened and opened[-1].hides:
                self._complain(start, f"{found[0][:20]} inside a comment that hides its content")
            elif kind in {"shown", "hidden"}:
                holds = self._condition(found[kind], start)
                opened.append(_Opened(start, holds=holds, hides=kind == "hidden"))
            elif kind in {"end", "close"}:
                self._close(opened, kind, found)
            elif kind == "open":
                self._complain(start, "a comment is not closed")
            for characters in (self._word, self._seen):
                _blank(characters, start, end)
        for left in opened:
            self._complain(left.start, "a conditional comment is not closed")

    def _close(self, opened: list[_Opened], kind: str, found: re.Match[str]) -> None:
        if not opened or opened[-1].hides != (kind == "close"):
            self._complain(found.start(), f"{found[0]} closes nothing")
            return
        last = opened.pop()
        if last.hides:
            self._hidden.append((last.start, found.end()))
            _blank(self._seen, last.start, found.end())
        if not last.holds:
            _blank(self._word, last.start, found.end())

    def _condition(self, text: str, offset: int) -> bool:
        try:
            return _Condition(text).holds()
        except ValueError:
            self._complain(offset, f"[if{text}] is no condition that is understood here")
            return False


def _blank(characters: list[str], start: int, end: int) -> None:
    for place in range(start, end):
        if characters[place] != "\n":
            characters[place] = " "


class _Condition:
    """A condition such as ``(gte mso 9)|(IE)``, for the Word of today."""

    def __init__(self, text: str) -> None:
        self._rest = text

    def holds(self) -> bool:
        value = self._either()
        if self._rest.strip():
            raise ValueError(self._rest)
        return value

    def _take(self, wanted: str) -> bool:
        rest = self._rest.lstrip()
        if rest.startswith(wanted):
            self._rest = rest[len(wanted) :]
            return True
        return False

    def _either(self) -> bool:
        value = self._both()
        while self._take("|"):
            value = self._both() or value
        return value

    def _both(self) -> bool:
        value = self._one()
        while self._take("&"):
            value = self._one() and value
        return value

    def _one(self) -> bool:
        if self._take("!"):
            return not self._one()
        if self._take("("):
            value = self._either()
            if not self._take(")"):
                raise ValueError(self._rest)
            return value
        found = _CONDITION.match(self._rest)
        if not found or found[1]:
            raise ValueError(self._rest)
        self._rest = self._rest[found.end() :]
        name = (found[3] or found[5]).lower()
        if name not in {"mso", "ie", "vml"}:
            raise ValueError(name)
        if name == "ie":  # Word is no Internet Explorer, and nobody else reads these comments
            return False
        if not found[2]:
            return True
        own = WORD_VERSION if name == "mso" else 1
        asked = float(found[4])
        return {"lt": own < asked, "lte": own <= asked, "gt": own > asked, "gte": own >= asked}[
            found[2].lower()
        ]
