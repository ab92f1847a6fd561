"""Compiling a template for one theme: flatten, fill in constants, resolve styles, generate code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import TemplateSyntaxError, UndefinedError, meta
from markupsafe import Markup

from candidate_cards.cards import CHOICES, DEFAULT_LABELS, Labels
from candidate_cards.rendering.document import Document
from candidate_cards.rendering.environment import constant_text, fold, make_environment
from candidate_cards.rendering.inert import split_delimiters
from candidate_cards.rendering.inlining import inline_styles
from candidate_cards.rendering.markup import check_markup
from candidate_cards.rendering.source import FlatSource, TemplateFolder, flatten
from candidate_cards.rendering.stylesheets import (
    class_names,
    csp_hash,
    resolvable_rules,
    stylesheet_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jinja2 import Environment, Template

    from candidate_cards.errors import RenderingError
    from candidate_cards.themes import Theme

_ENTITIES = str.maketrans({"{": "&#123;", "\n": "&#10;", "\r": "&#13;"})
_OUTPUT = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TemplateSpec:
    """Which files make a format.

    Attributes:
        template: Path of the template below ``templates/``.
        stylesheets: Sheets that become ``{{ stylesheet }}``, constant for a theme.
        inline: Sheets resolved into style attributes; classes stay only below ``<template>``.
        keep_classes: Whether a class that ``stylesheets`` name stays beside the style attribute.
        reset: A declaration that begins each resolved style, such as ``all:unset``.
        tokens: Further tokens for the sheets, made from a theme.
        embedded: Whether the result is inserted into somebody else's page.
    """

    template: str
    stylesheets: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()
    keep_classes: bool = False
    reset: str = ""
    tokens: Callable[[Theme], Mapping[str, str]] | None = None
    embedded: bool = False


class CompiledTemplate:
    """A template with everything resolved that does not depend on a candidate."""

    def __init__(
        self, source: FlatSource, template: Template, *, stylesheet: str, embedded: bool
    ) -> None:
        self._source = source
        self._render = template.root_render_func
        self._environment = template.environment
        self._embedded = embedded
        self.stylesheet = stylesheet

    @property
    def style_hash(self) -> str:
        """Source expression for a content security policy, ``""`` without a style element."""
        return csp_hash(self.stylesheet) if self.stylesheet else ""

    def render(self, values: dict[str, object]) -> Document:
        """Render with the views of one document.

        Raises:
            RenderingError: The template asks for something that a view does not have.
        """
        # Made by hand: Jinja would merge global names that there are none of into each context,
        # which costs as much as half a card.
        context = self._environment.context_class(self._environment, values, None, {})
        try:
            html = "".join(self._render(context))
        except Exception as error:  # noqa: BLE001  whatever a template does to a value
            raise self._located(error) from (error if _missing_name(error) else None)
        # str.__new__: Markup's own would look for __html__ in what is known to be a string.
        return str.__new__(Document, _inert(html, self.stylesheet) if self._embedded else html)

    def _located(self, error: Exception) -> RenderingError:
        line = 1
        trace = error.__traceback__
        while trace is not None:
            template = trace.tb_frame.f_globals.get("__jinja_template__")
            if template is not None:
                line = template.get_corresponding_lineno(trace.tb_lineno)
            trace = trace.tb_next
        name = _missing_name(error)
        # What other errors say may hold a value of the candidate's.
        what = (
            f"there is no field {name}"
            if name and name in self._source.text
            else "failed while rendering"
        )
        return self._source.error(f"{what} ({type(error).__name__})", line)


def _missing_name(error: Exception) -> str:
    """Return the attribute that an error says is missing, ``""`` for any other error."""
    if isinstance(error, AttributeError):
        return error.name or ""
    found = re.search(r"has no attribute '(\w+)'$|^'(\w+)' is undefined$", str(error))
    return found[found.lastindex or 0] if found and isinstance(error, UndefinedError) else ""


def _inert(html: str, stylesheet: str) -> str:
    """Split what a template engine in somebody's page would read as its own."""
    # The style sheet comes first and holds no data; its braces are its own.
    start = max(html.find("</style>", len(stylesheet)), 0) if stylesheet else 0
    return html[:start] + split_delimiters(html[start:])


def compile_template(
    spec: TemplateSpec,
    theme: Theme,
    constants: Mapping[str, object],
    *,
    folder: TemplateFolder | None = None,
    environment: Environment | None = None,
) -> CompiledTemplate:
    """Compile a template for a theme.

    Args:
        spec: The files.
        theme: Where the tokens come from.
        constants: Names that are known now, such as ``density`` and ``labels``. Whatever a
            template asks of them is answered once, here.
        folder: Where to look first; the bundled templates by default.
        environment: Another Jinja environment, as the benchmarks use.

    Raises:
        RenderingError: Anything wrong with a template or style sheet, with file and line.
        NotAvailableError: A file does not exist.
    """
    folder = folder or TemplateFolder()
    environment = environment or make_environment()
    labels = constants.get("labels", DEFAULT_LABELS)
    assert isinstance(labels, Labels)  # noqa: S101  a programming error of the caller
    tokens = {
        **theme.tokens,
        "color-scheme": theme.color_scheme,
        "direction": labels.dir,
        "start": "right" if labels.dir == "rtl" else "left",
        **(spec.tokens(theme) if spec.tokens else {}),
    }
    stylesheet = "".join(
        stylesheet_text(folder.read(name), tokens, name) for name in spec.stylesheets
    )
    known = {
        **constants,
        "theme": theme,
        # Our own text, checked not to end its element.
        "stylesheet": Markup(stylesheet),  # noqa: S704
        "style_hash": csp_hash(stylesheet) if stylesheet else "",
    }
    source = _fill(flatten(spec.template, folder), environment, known)
    check_markup(source, CHOICES, known)
    text = source.text
    if spec.inline:
        rules = [
            rule
            for name in spec.inline
            for rule in resolvable_rules(folder.read(name), tokens, name)
        ]
        kept = class_names(stylesheet) if spec.keep_classes else frozenset()
        text = inline_styles(
            source, rules, CHOICES, reset=spec.reset, kept_classes=kept, constants=known
        )
    try:
        template = environment.from_string(fold(environment.parse(text), known))
    except TemplateSyntaxError as error:
        raise source.error(error.message or "syntax error", error.lineno) from error
    return CompiledTemplate(source, template, stylesheet=stylesheet, embedded=spec.embedded)


def _fill(source: FlatSource, environment: Environment, known: Mapping[str, object]) -> FlatSource:
    """Write what is known into the text, so that tag names and classes are whole."""

    def value(match: re.Match[str]) -> str:
        line = source.text.count("\n", 0, match.start()) + 1
        try:
            asked = meta.find_undeclared_variables(environment.parse(match[0]))
            # The style sheet goes in later, as it is: white space in it is not to be folded.
            if not asked <= known.keys() or not asked or asked == {"stylesheet"}:
                return match[0]
            text = constant_text(environment, match[1], known)
        except (AttributeError, UndefinedError):
            # In a branch that this theme does not take; if it does, folding refuses it.
            return match[0]
        except TemplateSyntaxError as error:
            raise source.error(error.message or "syntax error", line) from error
        except Exception as error:
            raise source.error(f"{match[0]}: {error}", line) from error
        # A constant may hold what looks like a template tag; as entities it stays text.
        return text.translate(_ENTITIES) + "\n" * match[0].count("\n")

    return source._replace(text=_OUTPUT.sub(value, source.text))
