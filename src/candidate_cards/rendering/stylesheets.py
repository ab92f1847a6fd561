"""Style sheets: tokens become literal values, and what cannot be resolved is refused by line."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import tinycss2

from candidate_cards.errors import RenderingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_TOKEN_PREFIX = "--cc-"  # noqa: S105  a custom property, not a password
# Selectors that say the same of an element wherever it stands in a list: the compiled template
# shows one round of each loop, so nothing that counts or follows siblings can be resolved.
_COMPOUND = r"(?=[a-z.])(?:[a-z][a-z0-9]*)?(?:\.[\w-]+)*"
_RESOLVABLE = re.compile(rf"\s*{_COMPOUND}(?:(?:\s*>\s*|\s+){_COMPOUND})*\s*")
# At-rules that hold rules; others hold declarations.
_CONDITIONAL = frozenset({"media", "supports", "container", "layer"})
_LOADING = frozenset({"url", "image-set", "-webkit-image-set", "image", "src", "cross-fade"})
_BLOCKS = {"{} block": ("{", "}"), "[] block": ("[", "]"), "() block": ("(", ")")}


class Rule(NamedTuple):
    """A rule with literal values: its selector and (property, value) pairs, in order."""

    selector: str
    declarations: tuple[tuple[str, str], ...]


class _Sheet:
    """One sheet being read: its name and the tokens of a theme."""

    def __init__(self, name: str, tokens: Mapping[str, str]) -> None:
        self._name = name
        self._tokens = tokens

    def error(self, message: str, node: Any) -> RenderingError:  # noqa: ANN401  tinycss2 has no types
        return RenderingError(message, self._name, node.source_line)

    def checked(self, nodes: Iterable[Any]) -> Iterator[Any]:
        for node in nodes:
            if node.type == "error":
                raise self.error(node.message, node)
            yield node

    def text(self, rules: Iterable[Any]) -> str:
        """Write rules without comments and needless white space."""
        return "".join(map(self._rule, self.checked(rules)))

    def _rule(self, rule: Any) -> str:  # noqa: ANN401
        if rule.content is None:
            message = f"@{rule.at_keyword} loads something from elsewhere or does nothing here"
            raise self.error(message, rule)
        prelude = self.values(rule.prelude)
        if rule.type == "qualified-rule":
            return f"{prelude}{{{self._declarations(rule)}}}"
        if rule.lower_at_keyword in _CONDITIONAL:
            inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            content = self.text(inner)
        elif rule.lower_at_keyword == "page":
            content = self._page(rule)
        else:
            content = self._declarations(rule)
        return f"@{rule.at_keyword}{' ' if prelude else ''}{prelude}{{{content}}}"

    def _page(self, rule: Any) -> str:  # noqa: ANN401
        """Write what a page holds: declarations, and boxes in its margins."""
        boxes: list[str] = []
        rest: list[Any] = []
        for node in tinycss2.parse_blocks_contents(
            rule.content, skip_comments=True, skip_whitespace=True
        ):
            if node.type == "at-rule":
                boxes.append(self._rule(node))
            else:
                rest.append(node)
        declarations = ";".join(map(self._declaration, rest))
        return declarations + (";" if declarations and boxes else "") + "".join(boxes)

    def _declaration(self, node: Any) -> str:  # noqa: ANN401
        if node.type != "declaration":
            message = node.message if node.type == "error" else "rules inside rules are not read"
            raise self.error(f"@page: {message}", node)
        return f"{node.name}:{self.values(node.value)}{'!important' if node.important else ''}"

    def _declarations(self, rule: Any) -> str:  # noqa: ANN401
        return ";".join(
            f"{name}:{value}{'!important' if node.important else ''}"
            for name, value, node in self.declarations(rule)
        )

    def declarations(self, rule: Any) -> Iterator[tuple[str, str, Any]]:  # noqa: ANN401
        """Yield name, literal value and node of each declaration of a rule."""
        for node in tinycss2.parse_blocks_contents(
            rule.content, skip_comments=True, skip_whitespace=True
        ):
            if node.type != "declaration":
                message = (
                    node.message if node.type == "error" else "rules inside rules are not read"
                )
                raise self.error(f"{tinycss2.serialize(rule.prelude).strip()}: {message}", node)
            yield node.name, self.values(node.value), node

    def values(self, nodes: Iterable[Any]) -> str:
        """Write component values; text in quotes stays as it is."""
        parts: list[str] = []
        for node in self.checked(nodes):
            if node.type in {"comment", "whitespace"}:
                # White space separates, but not beside a comma or at an end.
                if parts and parts[-1] not in {" ", ","}:
                    parts.append(" ")
                continue
            text = self._value(node)
            if text == "," and parts and parts[-1] == " ":
                parts.pop()
            parts.append(text)
        if parts and parts[-1] == " ":
            parts.pop()
        return "".join(parts)

    def _value(self, node: Any) -> str:  # noqa: ANN401
        if node.type == "url" or (node.type == "function" and node.lower_name in _LOADING):
            name = "url" if node.type == "url" else node.lower_name
            raise self.error(f"{name}() would ask for something from elsewhere", node)
        if node.type == "function" and node.lower_name == "var":
            token = tinycss2.serialize(node.arguments).strip()
            literal = self._tokens.get(token.removeprefix(_TOKEN_PREFIX))
            if literal is None or not token.startswith(_TOKEN_PREFIX):
                raise self.error(f"the theme has no token {token}", node)
            return self.values(tinycss2.parse_component_value_list(literal))
        if node.type == "function":
            return f"{node.name}({self.values(node.arguments)})"
        if node.type in _BLOCKS:
            left, right = _BLOCKS[node.type]
            return f"{left}{self.values(node.content)}{right}"
        return str(node.serialize())


def _parse(css: str) -> Iterable[Any]:
    rules: Iterable[Any] = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    return rules


def stylesheet_text(css: str, tokens: Mapping[str, str], name: str) -> str:
    """Return the sheet with literal values, in one line, for a ``<style>`` element.

    The text holds nothing of a candidate: it is constant for a theme, so that one hash in a
    page's content security policy admits it.

    Raises:
        RenderingError: Invalid CSS, an address, or a token that the theme lacks, with its line.
    """
    text = _Sheet(name, tokens).text(_parse(css))
    if re.search(r"</|\{[{%#]", text):
        message = "holds characters that would end the style element or start a template tag"
        raise RenderingError(message, name)
    return text


def class_names(text: str) -> frozenset[str]:
    """Return the class names that the selectors of a valid sheet ask for."""
    return frozenset(_class_names(_parse(text)))


def _class_names(rules: Iterable[Any]) -> Iterator[str]:
    for rule in rules:
        if rule.type == "qualified-rule":
            yield from re.findall(r"\.(-?[a-zA-Z_][\w-]*)", tinycss2.serialize(rule.prelude))
        elif rule.type == "at-rule" and rule.lower_at_keyword in _CONDITIONAL:
            yield from _class_names(tinycss2.parse_rule_list(rule.content))


def csp_hash(text: str) -> str:
    """Return the source expression that admits a style sheet: ``sha256-...``."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def resolvable_rules(css: str, tokens: Mapping[str, str], name: str) -> list[Rule]:
    """Return the rules of a sheet that can be turned into style attributes.

    Raises:
        RenderingError: A rule that cannot: at-rules, pseudo-classes and -elements, selectors
            by id, attribute or sibling, ``!important``; with its selector and line.
    """
    sheet = _Sheet(name, tokens)
    rules: list[Rule] = []
    for rule in sheet.checked(_parse(css)):
        selector = tinycss2.serialize(rule.prelude).strip()
        where = f"{selector} cannot become a style attribute"
        if rule.type == "at-rule":
            keyword = f"@{rule.at_keyword} {selector}".strip()
            raise sheet.error(f"{keyword} cannot become a style attribute", rule)
        if not all(map(_RESOLVABLE.fullmatch, selector.split(","))):
            message = f"{where}: only element names, classes, descendants and children can"
            raise sheet.error(message, rule)
        declarations: list[tuple[str, str]] = []
        for key, value, node in sheet.declarations(rule):
            if node.important:
                raise sheet.error(f"{where}: !important on {key} has no place in one", node)
            if re.search(r"\{[{%#]", value):
                raise sheet.error(f"{where}: {key} would start a template tag", node)
            if re.search("[&<]", value):
                raise sheet.error(f"{where}: {key} holds a character of markup", node)
            if '"' in value and "'" in value:
                raise sheet.error(f"{where}: {key} mixes both kinds of quotes", node)
            declarations.append((key, value.replace('"', "'")))
        rules.append(Rule(selector, tuple(declarations)))
    return rules
