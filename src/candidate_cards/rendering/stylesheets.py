"""Style sheets: tokens become literal values, and what cannot be resolved is refused by line."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Any

import tinycss2

from candidate_cards.errors import RenderingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TOKEN_PREFIX = "--cc-"  # noqa: S105  a custom property, not a password
# Selectors that say the same of an element wherever it stands in a list: the compiled template
# shows one round of each loop, so nothing that counts or follows siblings can be resolved.
_RESOLVABLE = re.compile(r"\s*[a-z0-9]*(?:\.[\w-]+)*(?:\s*[\s>]\s*[a-z0-9]*(?:\.[\w-]+)*)*\s*")


def _rules(css: str, name: str) -> Iterable[Any]:
    for rule in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        if rule.type == "error":
            raise RenderingError(rule.message, template=name, line=rule.source_line)
        yield rule


def _resolve(values: Iterable[Any], tokens: Mapping[str, str], name: str) -> list[Any]:
    """Replace each ``var(--cc-token)`` by the theme's literal value."""
    resolved: list[Any] = []
    for value in values:
        if value.type == "error":
            raise RenderingError(value.message, template=name, line=value.source_line)
        if value.type == "function" and value.lower_name == "var":
            token = tinycss2.serialize(value.arguments).strip()
            literal = tokens.get(token.removeprefix(_TOKEN_PREFIX))
            if literal is None or not token.startswith(_TOKEN_PREFIX):
                message = f"the theme has no token {token}"
                raise RenderingError(message, template=name, line=value.source_line)
            resolved += tinycss2.parse_component_value_list(literal)
            continue
        if value.type == "function":
            value.arguments = _resolve(value.arguments, tokens, name)
        elif value.type.endswith(" block"):
            value.content = _resolve(value.content, tokens, name)
        resolved.append(value)
    return resolved


_BLOCKS = {"{} block": ("{", "}"), "[] block": ("[", "]"), "() block": ("(", ")")}


def _minify(values: Iterable[Any]) -> str:
    """Serialise without comments and needless white space; strings keep their quotes."""
    parts: list[str] = []
    for value in values:
        if value.type == "comment":
            continue
        if value.type == "whitespace":
            parts.append(" ")
        elif value.type == "function":
            parts.append(f"{value.name}({_minify(value.arguments)})")
        elif value.type in _BLOCKS:
            left, right = _BLOCKS[value.type]
            parts.append(f"{left}{_minify(value.content)}{right}")
        else:
            parts.append(value.serialize())
    text = "".join(parts).strip()
    # `:` stays as it is before a name: `a :hover` and `a:hover` differ.
    text = re.sub(r"\s*([{};,])\s*", r"\1", text)
    return re.sub(r"\s+", " ", text)


def _declarations(content: Iterable[Any]) -> str:
    text = re.sub(r"([;{]|^)([\w-]+)\s*:\s*", r"\1\2:", _minify(content))
    return text.replace(";}", "}").removesuffix(";")


def stylesheet_text(css: str, tokens: Mapping[str, str], name: str) -> str:
    """Return the sheet with literal values, in one line, for a ``<style>`` element.

    The text holds nothing of a candidate: it is constant for a theme, so that one hash in a
    page's content security policy admits it.

    Raises:
        RenderingError: Invalid CSS or a token that the theme lacks, with its line.
    """
    parts: list[str] = []
    for rule in _rules(css, name):
        prelude = _minify(_resolve(rule.prelude, tokens, name))
        keyword = f"@{rule.at_keyword} " if rule.type == "at-rule" else ""
        if rule.content is None:
            message = f"@{rule.at_keyword} loads something from elsewhere or does nothing here"
            raise RenderingError(message, template=name, line=rule.source_line)
        content = _declarations(_resolve(rule.content, tokens, name))
        parts.append(f"{keyword}{prelude}{{{content}}}")
    text = "".join(parts)
    if "</" in text or "{{" in text or "{%" in text or "{#" in text:
        message = "holds characters that would end the style element or start a template tag"
        raise RenderingError(message, template=name)
    return text


def csp_hash(text: str) -> str:
    """Return the source expression that admits a style sheet: ``sha256-...``."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def resolvable_css(css: str, tokens: Mapping[str, str], name: str) -> str:
    """Return a sheet that can be turned into style attributes when a template is compiled.

    Raises:
        RenderingError: A rule that cannot: at-rules, pseudo-classes and -elements, selectors
            by id, attribute or sibling, ``!important``; with its selector and line.
    """
    for rule in _rules(css, name):
        selector = tinycss2.serialize(rule.prelude).strip()
        if rule.type == "at-rule":
            selector = f"@{rule.at_keyword} {selector}".strip()
            reason = "needs a style element"
        elif not all(map(_RESOLVABLE.fullmatch, selector.split(","))):
            reason = "only element names, classes, descendants and children can be resolved"
        else:
            reason = ""
            for declaration in tinycss2.parse_blocks_contents(
                rule.content, skip_comments=True, skip_whitespace=True
            ):
                if declaration.type != "declaration":
                    message = f"{selector}: not a declaration"
                    raise RenderingError(message, template=name, line=declaration.source_line)
                if declaration.important:
                    reason = f"!important on {declaration.name} has no place in an attribute"
        if reason:
            message = f"{selector} cannot become a style attribute: {reason}"
            raise RenderingError(message, template=name, line=rule.source_line)
    return stylesheet_text(css, tokens, name)
