"""Compiling a template for one theme: flatten, fill in constants, resolve styles, generate code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import TemplateError, TemplateSyntaxError, UndefinedError, meta, nodes
from markupsafe import Markup

from candidate_cards.cards import CHOICES, DEFAULT_LABELS, Labels
from candidate_cards.rendering.document import Document
from candidate_cards.rendering.environment import constant_text, fold, make_environment
from candidate_cards.rendering.inlining import check_contexts, inline_styles
from candidate_cards.rendering.source import FlatSource, TemplateFolder, flatten
from candidate_cards.rendering.stylesheets import csp_hash, resolvable_css, stylesheet_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment, Template

    from candidate_cards.errors import RenderingError
    from candidate_cards.themes import Theme

_OUTPUT = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)

# Pages that compile their own DOM (AngularJS, Vue, petite-vue) read these in text. An empty
# comment between the two characters leaves the text as it is and the engine nothing to find.
_DELIMITERS = re.compile(r"\{(?=[{%])|\[(?=\[)|\$(?=\{)")
_TEXT = re.compile(r">[^<]*(?:\{[{%]|\[\[|\$\{)[^<]*")


@dataclass(frozen=True, slots=True)
class TemplateSpec:
    """Which files make a format.

    Attributes:
        template: Path of the template below ``templates/``.
        stylesheets: Sheets that become ``{{ stylesheet }}``, constant for a theme.
        inline: Sheets resolved into style attributes; classes stay only below ``<template>``.
        reset: A declaration that begins each resolved style, such as ``all:unset``.
        embedded: Whether the result is inserted into somebody else's page.
    """

    template: str
    stylesheets: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()
    reset: str = ""
    embedded: bool = False


class CompiledTemplate:
    """A template with everything resolved that does not depend on a candidate."""

    def __init__(
        self, source: FlatSource, template: Template, *, stylesheet: str, embedded: bool
    ) -> None:
        self._source = source
        self._render = template.root_render_func
        # Made once: Jinja would merge its global names into each context anew, which costs as
        # much as half a card.
        self._environment = template.environment
        self._globals = dict(template.globals)
        self._embedded = embedded
        self.stylesheet = stylesheet

    @property
    def style_hash(self) -> str:
        """Source expression for a content security policy, ``""`` without a style element."""
        return csp_hash(self.stylesheet) if self.stylesheet else ""

    def render(self, values: Mapping[str, object]) -> Document:
        """Render with the views of one document.

        Raises:
            RenderingError: The template asks for something that a view does not have.
        """
        try:
            known = {**self._globals, **values}
            context = self._environment.context_class(self._environment, known, None, {})
            html = "".join(self._render(context))
        except (AttributeError, TypeError, TemplateError) as error:
            raise _located(error, self._source) from error
        return Document(_inert(html, self.stylesheet) if self._embedded else html)


def _located(error: Exception, source: FlatSource) -> RenderingError:
    line = 1
    trace = error.__traceback__
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if template is not None:
            line = template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    # The text of these errors names types and attributes, not values.
    return source.error(f"{type(error).__name__}: {error}", line)


def _inert(html: str, stylesheet: str) -> str:
    """Split what a template engine in somebody's page would read as its own."""
    # The style sheet comes first and holds no data; its braces are its own.
    start = html.index("</style>", len(stylesheet)) if stylesheet else 0
    # Single characters are looked for first: ten times as fast as pairs in wide strings.
    if html.find("{", start) < 0 and html.find("[", start) < 0 and html.find("$", start) < 0:
        return html
    # Values in the text are escaped: a bare ">" only ever ends a tag.
    text = _TEXT.sub(lambda text: _DELIMITERS.sub(r"\g<0><!---->", text[0]), html[start:])
    return html[:start] + text


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
    tokens = {**theme.tokens, "color-scheme": theme.color_scheme, "direction": labels.dir}
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
    source = flatten(spec.template, folder)
    source = _fill(source, environment, known)
    check_contexts(source)
    text = source.text
    if spec.inline:
        css = "".join(resolvable_css(folder.read(name), tokens, name) for name in spec.inline)
        text = inline_styles(source, css, CHOICES, spec.reset)
    try:
        tree = fold(environment.parse(text), known)
        _refuse_unsafe(tree, source)
        template = environment.from_string(tree)
    except TemplateSyntaxError as error:
        raise source.error(error.message or "syntax error", error.lineno) from error
    return CompiledTemplate(source, template, stylesheet=stylesheet, embedded=spec.embedded)


def _fill(source: FlatSource, environment: Environment, known: Mapping[str, object]) -> FlatSource:
    """Write what is known into the text, so that tag names and classes are whole."""

    def value(match: re.Match[str]) -> str:
        try:
            asked = meta.find_undeclared_variables(environment.parse(match[0]))
            if not asked <= known.keys() or not asked:
                return match[0]
            text = constant_text(environment, match[1], known)
        except (AttributeError, UndefinedError):
            # In a branch that this theme does not take; if it does, rendering says where.
            return match[0]
        except TemplateError as error:
            line = source.text.count("\n", 0, match.start()) + 1
            raise source.error(str(error), line) from error
        # A constant may hold what looks like a template tag; it stays text.
        literal = f"{{% raw %}}{text}{{% endraw %}}" if re.search(r"\{[{%#]", text) else text
        return literal + "\n" * (match[0].count("\n") - literal.count("\n"))

    return source._replace(text=_OUTPUT.sub(value, source.text))


def _refuse_unsafe(tree: nodes.Template, source: FlatSource) -> None:
    for node in tree.find_all(nodes.Filter):
        if node.name in {"safe", "tojson", "xmlattr", "urlize"}:
            raise source.error(f"|{node.name} makes markup of data", node.lineno)
