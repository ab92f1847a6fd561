"""Style sheets: tokens become values, nothing else changes, and what cannot be used is refused."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Any

import pytest
import tinycss2
from hypothesis import given, settings
from hypothesis import strategies as st

from candidate_cards.errors import RenderingError
from candidate_cards.exports import get_exporter, list_formats
from candidate_cards.rendering import TemplateFolder
from candidate_cards.rendering.stylesheets import csp_hash, resolvable_rules, stylesheet_text
from candidate_cards.themes import list_themes, load_theme

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

TOKENS = {"color-text": "#112233", "font-family": "Inter, sans-serif", "direction": "ltr"}
SHEETS = [name for name in TemplateFolder().names() if name.endswith(".css")]


def _flat(values: Iterable[Any], tokens: Mapping[str, str]) -> Iterator[str]:
    """Yield the tokens of a piece of CSS, white space between them as one mark."""
    for value in values:
        if value.type in {"comment", "whitespace"}:
            yield " "
        elif value.type == "function" and value.lower_name == "var":
            name = tinycss2.serialize(value.arguments).strip().removeprefix("--cc-")
            yield from _flat(tinycss2.parse_component_value_list(tokens[name]), tokens)
        elif value.type == "function" or value.type.endswith(" block"):
            inner = value.arguments if value.type == "function" else value.content
            yield value.name if value.type == "function" else value.type
            yield from _flat(inner, tokens)
            yield "end"
        else:
            yield value.serialize()


def _selector(values: Iterable[Any]) -> str:
    """Return a selector or media query in which only the amount of white space is lost."""
    text = "".join(_flat(values, {})).strip()
    return re.sub(r"\s*,\s*", ",", re.sub(r"\s+", " ", text))


def _rules(css: str, tokens: Mapping[str, str]) -> Iterator[object]:
    """Yield what a sheet says: its selectors and declarations, in order, at-rules opened."""
    for rule in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        assert rule.type != "error"
        # A page has declarations, and margin boxes with declarations of their own.
        if rule.type == "at-rule" and rule.at_keyword != "page":
            content = tinycss2.serialize(rule.content)
            if "{" in content:
                yield rule.at_keyword, _selector(rule.prelude), list(_rules(content, tokens))
                continue
        yield from _said(rule, tokens)


def _said(rule: Any, tokens: Mapping[str, str]) -> Iterator[object]:  # noqa: ANN401
    """Yield the declarations of a rule, and those of the rules in it."""
    nodes = tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True)
    said = [
        (
            node.lower_name,
            [part for part in _flat(node.value, tokens) if part != " "],
            node.important,
        )
        for node in nodes
        if node.type == "declaration"
    ]
    yield getattr(rule, "at_keyword", ""), _selector(rule.prelude), said
    for node in nodes:
        if node.type != "declaration":
            yield from _said(node, tokens)


@pytest.mark.parametrize("name", SHEETS)
@pytest.mark.parametrize("theme", [info.name for info in list_themes()])
def test_a_bundled_sheet_says_the_same_when_minified(name: str, theme: str) -> None:
    """Every rule of every sheet keeps its selector, order and values; only tokens are filled in."""
    loaded = load_theme(theme)
    tokens = {
        **loaded.tokens,
        "color-scheme": loaded.color_scheme,
        "schemes": "light dark",
        "direction": "ltr",
        "start": "left",
        "color-watermark": "#cccccc",
    }
    for format_name in list_formats():
        spec = get_exporter(format_name).template
        tokens |= {} if spec.tokens is None else spec.tokens(loaded)
    css = TemplateFolder().read(name)
    text = stylesheet_text(css, tokens, name)
    before, after = list(_rules(css, tokens)), list(_rules(text, tokens))
    assert before
    assert after == before
    assert "\n" not in text
    assert "var(" not in text
    assert "/*" not in text


_selectors = st.sampled_from(
    ("a", ".a .b", "a:hover", "a :hover", ".a > .b", "a,b", ":is(.a, .b) c", "a::before", ".a  .b")
)
_values = st.sampled_from(
    (
        *("red", "0 auto", "calc(1px + 2%)", "var(--cc-color-text)"),
        "1px solid var(--cc-color-text)",
        *(
            "var(--cc-font-family)",
            "rgb(1 2 3 / 4%)",
            '"a ; b"',
            "'{ , }'",
            "a  b",
            "red!important",
        ),
        *('"a  b"', "linear-gradient(90deg, red, var( --cc-color-text )) text", "-1px", "+1px"),
    )
)
_blocks = st.lists(st.tuples(st.sampled_from(("color", "margin", "x-y")), _values), max_size=4).map(
    lambda pairs: "{" + "; ".join(f"{name} : {value}" for name, value in pairs) + "}"
)
_plain_rules = st.builds("{} {}\n".format, _selectors, _blocks)
_media_rules = st.lists(_plain_rules, min_size=1, max_size=3).map(
    lambda rules: "@media (min-width: 1px) and (a) {\n" + "/* note */".join(rules) + "}\n"
)
_sheets = st.lists(_plain_rules | _media_rules, min_size=1, max_size=4).map("".join)


@settings(deadline=None)
@given(_sheets)
def test_any_sheet_says_the_same_when_minified(css: str) -> None:
    """White space that separates or stands in a text is kept, wherever the rule stands."""
    assert list(_rules(stylesheet_text(css, TOKENS, "x"), TOKENS)) == list(_rules(css, TOKENS))


@settings(deadline=None)
@given(_sheets)
def test_a_minified_sheet_is_minimal(css: str) -> None:
    """Minifying what is minified changes nothing."""
    once = stylesheet_text(css, TOKENS, "x")
    assert stylesheet_text(once, TOKENS, "x") == once


REFUSED = {
    "unknown-token": (".a { color: var(--cc-color-nope); }", 1, "--cc-color-nope"),
    "foreign-property": (".a { color: var(--text); }", 1, "--text"),
    "token-with-fallback": (".a { color: var(--cc-color-text, red); }", 1, "--cc-color-text"),
    "token-in-a-function": (".a {\n  width: calc(1px + var(--cc-x));\n}", 2, "--cc-x"),
    "token-in-a-media-rule": ("@media print {\n.a {\ncolor: var(--cc-x) } }", 3, "--cc-x"),
    "import": ('@import "x.css";', 1, "import"),
    "import-url": ("@import url(https://evil.test/x.css);", 1, "import"),
    "charset": ('@charset "utf-8";', 1, "charset"),
    "namespace": ("@namespace url(x);", 1, "namespace"),
    "url": (".a {\n  background: url(https://evil.test/x.png);\n}", 2, "url"),
    "quoted-url": ('.a { background: URL("x.png"); }', 1, "url"),
    "image-set": ('.a { background: image-set("x.png" 1x); }', 1, "image-set"),
    "font-face": ("@font-face { src: url(x.woff2) }", 1, "url"),
    "url-in-a-media-rule": ("@media print {\n.a { background: url(x) } }", 2, "url"),
    "bad-url": (".a { background: url(a b) }", 1, ""),
    "bad-string": ('.a { content: "open\n }', 1, ""),
    "unbalanced": (".a { color: red; ) }", 1, ""),
    "no-block": (".a { color: red }\n.b", 2, ""),
    "end-of-element": ('.a { content: "</style>" }', None, ""),
    "template-tag": ('.a { content: "{{ card.name }}" }', None, ""),
    "template-comment": ('.a { content: "{# x #}" }', None, ""),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_sheet_that_cannot_stand_in_a_page_is_refused(case: str) -> None:
    """Unknown tokens, addresses, broken CSS and what ends its element are named with their line."""
    css, line, word = REFUSED[case]
    with pytest.raises(RenderingError) as caught:
        stylesheet_text("\n" + css, TOKENS, "mine/x.css")
    assert caught.value.template == "mine/x.css"
    assert line is None or caught.value.line == line + 1
    assert word in caught.value.message.lower()


UNRESOLVABLE = {
    "media": ("@media print { .a { color: red } }", 1, "@media print"),
    "supports": ("@supports (color: red) { .a { color: red } }", 1, "@supports"),
    "keyframes": ("@keyframes x { to { color: red } }", 1, "@keyframes"),
    "layer": ("@layer a { .a { color: red } }", 1, "@layer"),
    "hover": (".a:hover { color: red }", 1, ".a:hover"),
    "last-child": (".a:last-child { color: red }", 1, ".a:last-child"),
    "not": (".a:not(.b) { color: red }", 1, ".a:not(.b)"),
    "before": (".a::before { color: red }", 1, ".a::before"),
    "old-before": (".a:before { color: red }", 1, ".a:before"),
    "next-sibling": (".a + .b { color: red }", 1, ".a + .b"),
    "later-sibling": (".a ~ .b { color: red }", 1, ".a ~ .b"),
    "id": ("#a { color: red }", 1, "#a"),
    "attribute": ("[dir] { color: red }", 1, "[dir]"),
    "everything": ("* { color: red }", 1, "*"),
    "one-of-several": (".a,\n.b:hover { color: red }", 1, ".b:hover"),
    "no-selector": (".a, { color: red }", 1, ".a,"),
    "dangling-child": (".a > { color: red }", 1, ".a >"),
    "two-children": (".a > > .b { color: red }", 1, ".a > > .b"),
    "important": (".a {\n  margin: 0;\n  color: red !important;\n}", 3, "!important"),
    "nested-rule": (".a {\n  color: red;\n  & .b { color: blue }\n}", 3, ".a"),
    "nested-at-rule": (".a {\n  @media print { color: red }\n}", 2, ".a"),
    "no-value": (".a {\n  color\n}", 2, ".a"),
    "template-tag": ('.a {\n  content: "{{ 7 * 7 }}"\n}', 2, ".a"),
    "template-statement": ('.a {\n  content: "{% if x %}"\n}', 2, ".a"),
}


@pytest.mark.parametrize("case", UNRESOLVABLE)
def test_a_rule_that_cannot_become_an_attribute_is_refused(case: str) -> None:
    """Whatever a style attribute cannot say is refused with its selector and line."""
    css, line, words = UNRESOLVABLE[case]
    with pytest.raises(RenderingError) as caught:
        resolvable_rules(f".ok {{ color: blue }}\n\n{css}", TOKENS, "mine/x.css")
    assert caught.value.template == "mine/x.css"
    assert words in caught.value.message
    assert caught.value.line == line + 2


@pytest.mark.parametrize(
    "selector",
    ["p", ".a", "p.a", ".a.b", ".a .b", ".a > .b", ".a>.b", "div p.a > span", "h2, h3", ".a,\n.b"],
)
def test_a_rule_that_can_become_an_attribute_passes(selector: str) -> None:
    """Element names, classes, descendants and children, in lists of selectors."""
    (rule,) = resolvable_rules(f"{selector} {{ color: var(--cc-color-text); }}", TOKENS, "x")
    assert rule == (selector, (("color", "#112233"),))


def test_the_card_sheet_can_become_attributes() -> None:
    """The bundled sheet of the card passes the rules for inline formats."""
    theme = load_theme("dark")
    tokens = {**theme.tokens, "color-scheme": "dark", "direction": "ltr", "start": "left"}
    css = TemplateFolder().read("card/card.css")
    rules = resolvable_rules(css, tokens, "card/card.css")
    text = stylesheet_text(css, tokens, "card/card.css")
    assert len(rules) == text.count("{")
    assert all(f"{name}:{value}" in text for rule in rules for name, value in rule.declarations)


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8")))
def test_a_hash_is_what_a_policy_takes(text: str) -> None:
    """The hash is SHA-256 of the UTF-8 text, in base64, as browsers compute it."""
    kind, _, digest = csp_hash(text).partition("-")
    assert kind == "sha256"
    assert base64.b64decode(digest) == hashlib.sha256(text.encode()).digest()
