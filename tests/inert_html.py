"""A judge of markup that is said to be inert; it shares no list with what makes it so."""

from __future__ import annotations

import re
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urlsplit

import tinycss2

ROOT: Final = re.compile(r'<div data-ng-non-bindable="" style="font-family:[^"]*">')

_EMPTY: Final = frozenset({"br", "hr"})
_SHAPES: Final = frozenset(
    {"circle", "ellipse", "line", "path", "polygon", "polyline", "rect", "text"}
)
_ELEMENTS: Final = _SHAPES | frozenset(
    re.findall(
        r"\w+",
        "a article aside b bdi blockquote br caption code dd details div dl dt em footer h1 h2 h3 "
        "h4 h5 h6 header hr i li ol p s section small span strong sub summary sup svg table tbody "
        "td tfoot th thead tr u ul",
    )
)
_QUIET: Final = re.compile(
    r"aria-(?:hidden|label|level|value(?:max|min|now|text))|colspan|dir|lang|open|role|rowspan|"
    r"scope|start|title|value"
)
_OF_SHAPES: Final = re.compile(
    r"d|[cr]?[xy][12]?|d[xy]|r|width|height|points|viewbox|transform|opacity|text-anchor|"
    r"dominant-baseline|font-(?:size|weight)|fill-(?:rule|opacity)|stroke-[a-z]+"
)
_PLAIN_VALUE: Final = re.compile(r"[\w\s().,%+-]*")
_COLOUR: Final = re.compile(r"#?[\w-]+|[a-z-]+\([\w\s.,%/+-]*\)")
_BIDI: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_FORBIDDEN_PROPERTY: Final = re.compile(
    r"--.*|content|.*(?:animation|behaviou?r|binding|counter|filter|mask|offset-path|pointer|"
    r"quotes|scroll|transition|translate|z-index|zoom).*"
)
_FORBIDDEN_FUNCTION: Final = re.compile(
    r"attr|cross-fade|element|env|expression|image|image-set|paint|src|url|var|-.*"
)


class _Judge(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        self._note(bool(self._open), f"left open: {self._open}")

    def _note(self, is_fault: bool, what: str) -> None:  # noqa: FBT001
        if is_fault:
            self.faults.append(what)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag not in _ELEMENTS, f"<{tag}>")
        is_in_drawing = "svg" in self._open
        self._note((tag in _SHAPES) != is_in_drawing, f"<{tag}> out of place")
        self._note(bool(_SHAPES.intersection(self._open)), f"<{tag}> in a shape")
        self._note(len(dict(attrs)) < len(attrs), f"<{tag}> repeats an attribute")
        for name, value in attrs:
            self._attribute(tag, name, value or "")
        if tag not in _EMPTY:
            self._open.append(tag)

    def _attribute(self, tag: str, name: str, value: str) -> None:
        fine = bool(_QUIET.fullmatch(name)) and not _CONTROLS.search(value)
        if name == "style":
            fine = not style_faults(value)
        elif tag == "a" and name == "href":
            fine = _is_address(value)
        elif tag == "a" and name in {"rel", "target"}:
            fine = value == {"rel": "noopener noreferrer nofollow", "target": "_blank"}[name]
        elif tag in _SHAPES | {"svg"} and name in {"fill", "stroke"}:
            fine = bool(_COLOUR.fullmatch(value)) and "url" not in value
        elif tag in _SHAPES | {"svg"} and _OF_SHAPES.fullmatch(name):
            fine = bool(_PLAIN_VALUE.fullmatch(value)) and "url" not in value
        self._note(not fine, f"{tag} {name}={value!r}")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.faults.append(f"<{tag}/>")

    def handle_endtag(self, tag: str) -> None:
        self._note(not self._open or self._open.pop() != tag, f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        self._note(bool(_CONTROLS.search(data)), "a control character")
        self._note(bool(re.search(r"\{[{%]|\[\[|\$\{", data)), "a delimiter of a template engine")
        self._note(
            "svg" in self._open and self._open[-1] != "text" and bool(data.strip()),
            "text in a drawing",
        )

    def handle_comment(self, data: str) -> None:
        self._note(bool(data), "a comment")

    def handle_decl(self, decl: str) -> None:
        self.faults.append(decl)

    def unknown_decl(self, data: str) -> None:
        self.faults.append(data)

    def handle_pi(self, data: str) -> None:
        self.faults.append(data)


def _is_address(value: str) -> bool:
    if value.startswith("mailto:"):
        return bool(re.fullmatch(r"mailto:[\w.%+~!$*-]+@[\w.-]+", value, re.ASCII))
    parts = urlsplit(value)
    return (
        parts.scheme == "https"
        and bool(re.fullmatch(r"[a-z0-9.-]+\.[a-z][a-z0-9-]*", parts.netloc))
        and bool(re.fullmatch(r"""[^\s<>"'`{}|\\^\x00-\x20\x7f-\U0010ffff]*""", value))
    )


@lru_cache(maxsize=4096)
def style_faults(style: str) -> list[str]:
    """Return what a style attribute should not have."""
    faults = []
    for node in tinycss2.parse_blocks_contents(style, skip_whitespace=True):
        if node.type != "declaration":
            faults.append(node.type)
            continue
        name = node.lower_name
        if _FORBIDDEN_PROPERTY.fullmatch(name):
            faults.append(name)
        words = tinycss2.serialize(node.value).strip().lower()
        if name == "position" and words not in {"absolute", "relative", "static"}:
            faults.append(f"{name}:{words}")
        if re.match("margin|top|left|right|bottom|inset", name) and "-" in words:
            faults.append(f"{name}:{words}")
        if name == "transform" and not re.fullmatch(r"rotate\([^()]*\)", words):
            faults.append(f"{name}:{words}")
        faults += _value_faults(node.value)
    return faults


def _value_faults(nodes: Any) -> list[str]:  # noqa: ANN401  tinycss2 has no types
    faults: list[str] = []
    for node in nodes:
        if node.type == "function":
            if _FORBIDDEN_FUNCTION.fullmatch(node.lower_name):
                faults.append(f"{node.lower_name}()")
            faults += _value_faults(node.arguments)
        elif node.type == "() block":
            faults += _value_faults(node.content)
        elif node.type in {"url", "at-keyword", "unicode-range", "error", "comment"} or (
            node.type.endswith("block")
        ):
            faults.append(node.type)
        elif node.type == "ident" and "\\" in node.serialize():
            faults.append("an escape")
        elif node.type == "string" and re.search(r"""[\\"'<>{}]""", node.value):
            faults.append("a string")
    return faults


def faults_of(html: str) -> list[str]:
    """Return what in sanitised markup is not inert, not closed, or not in one root."""
    found = ROOT.match(html)
    if not found or not html.endswith("</div>"):
        return ["no root"]
    inside = html[found.end() : -len("</div>")]
    faults = _Judge(inside).faults
    if "style" in found[0] and style_faults(found[0].split('"')[3]):
        faults.append("the root's style")
    for run in re.split("<[^>]*>", inside):
        if _BIDI.search(run) and not _is_balanced(run):
            faults.append("an unclosed direction")
    return faults


def _is_balanced(text: str) -> bool:
    depth = 0
    for control in _BIDI.findall(text):
        depth += -1 if control in "\u202c\u2069" else 1
        if depth < 0:
            return False
    return depth == 0


def words_of(html: str) -> str:
    """Return the text of markup, as one string."""
    return "".join(_Judge(html).words)
