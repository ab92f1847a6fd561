"""The Jinja environment, and the hooks that make its code fast.

Why hooks: stock Jinja calls ``environment.getattr`` for every ``a.b`` and makes a ``Markup``
object of every value it escapes; both cost more than the rest of a card. Here ``a.b`` is plain
attribute access and a value is escaped to a plain ``str``. Where a future Jinja2 or MarkupSafe
lacks a hook, `make_environment` returns a stock environment: same output, slower.
"""

from __future__ import annotations

import re
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined, TemplateAssertionError, UndefinedError, nodes
from jinja2.compiler import CodeGenerator
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2.compiler import Frame

try:  # private in MarkupSafe 3: the escaping itself, without the Markup object around it
    from markupsafe import _escape_inner  # type: ignore[attr-defined]
except ImportError:
    _escape_inner = None  # type: ignore[assignment]

_SPACE = re.compile(r"\s+")
# Views decide and templates place: what they need is little, and none of it makes markup.
_FILTERS = ("capitalize", "first", "join", "last", "length", "lower", "round", "trim", "upper")


class FastCodeGenerator(CodeGenerator):
    """Emits ``a.b`` for attribute access and escapes to plain strings."""

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802 Jinja's name
        """Emit plain attribute access."""
        if iskeyword(node.attr):
            self.fail(f"{node.attr} is a word of Python's and cannot be a field", node.lineno)
        self.visit(node.node, frame)
        self.write(f".{node.attr}")

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:  # noqa: ANN401 Jinja's type is private
        if _is_plain(frame, finalize):
            self.write("(environment.escape_inner(it) if type(it := ")
        else:
            super()._output_child_pre(node, frame, finalize)

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:  # noqa: ANN401 Jinja's type is private
        if _is_plain(frame, finalize):
            self.write(") is str else str(escape(it)))")
        else:
            super()._output_child_post(node, frame, finalize)


def _is_plain(frame: Frame, finalize: Any) -> bool:  # noqa: ANN401 Jinja's type is private
    context = frame.eval_ctx
    return context.autoescape and not context.volatile and finalize.src is None


def hooks_available() -> bool:
    """Tell whether this Jinja2 and this MarkupSafe have what the fast code needs."""
    return _escape_inner is not None and all(
        hasattr(CodeGenerator, name)
        for name in ("visit_Getattr", "_output_child_pre", "_output_child_post")
    )


def make_environment(*, fast: bool | None = None) -> Environment:
    """Make an environment: autoescape on, undefined names strict, no loader, few filters.

    Args:
        fast: Use the hooks; by default where they are available.
    """
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters = {name: environment.filters[name] for name in _FILTERS}
    environment.globals.clear()
    if hooks_available() if fast is None else fast:
        environment.code_generator_class = FastCodeGenerator
        environment.escape_inner = _escape_inner  # type: ignore[attr-defined]
    return environment


class _Fold(NodeTransformer):
    """Puts constants in, drops branches that can never run, and folds white space."""

    def __init__(self, constants: Mapping[str, object]) -> None:
        self._constants = constants

    def visit_Name(self, node: nodes.Name) -> nodes.Node:  # noqa: N802 Jinja's name
        if node.name not in self._constants:
            return node
        if node.ctx != "load":
            message = f"{node.name} is a constant of every template; take another name"
            raise TemplateAssertionError(message, node.lineno)
        return nodes.Const(self._constants[node.name], lineno=node.lineno)

    def visit_If(self, node: nodes.If) -> nodes.Node | list[nodes.Node]:  # noqa: N802
        branches: list[nodes.If] = []
        otherwise = node.else_
        # Jinja keeps `elif` branches in a list; each may be constant on its own. What can never
        # run is not looked at: it may ask for what this theme does not have.
        for branch in (node, *node.elif_):
            test = self.visit(branch.test)
            known = _truth(test)
            if known is None:
                body = self._visit_all(branch.body)
                branches.append(nodes.If(test, body, [], [], lineno=branch.lineno))
            elif known:
                otherwise = branch.body
                break
        otherwise = self._visit_all(otherwise)
        if not branches:
            return otherwise
        branches[0].elif_ = branches[1:]
        branches[0].else_ = otherwise
        return branches[0]

    def _visit_all(self, body: list[nodes.Node]) -> list[nodes.Node]:
        return [made for node in body for made in self.visit_list(node)]

    def visit_TemplateData(self, node: nodes.TemplateData) -> nodes.Node:  # noqa: N802
        # Words stay apart where styles are stripped; indentation is not worth its bytes.
        node.data = _SPACE.sub(lambda run: "\n" if "\n" in run[0] else " ", node.data)
        return node


def _truth(test: nodes.Expr) -> bool | None:
    """Return what a test is known to be, or ``None`` if only a candidate decides."""
    try:
        return bool(test.as_const())
    except nodes.Impossible:
        return None
    except UndefinedError as error:
        raise TemplateAssertionError(str(error), test.lineno) from error


def fold(tree: nodes.Template, constants: Mapping[str, object]) -> nodes.Template:
    """Resolve all that is known when the template is compiled.

    Raises:
        TemplateAssertionError: Something is asked of a constant that it does not have or that
            only a candidate could tell.
    """
    folded = _Fold(constants).visit(tree)
    assert isinstance(folded, nodes.Template)  # noqa: S101  the root is never replaced
    for asking in folded.find_all((nodes.Getattr, nodes.Getitem, nodes.Call)):
        asked = next(asking.iter_child_nodes(only=("node",)))
        if isinstance(asked, nodes.Const):
            what = getattr(asking, "attr", "an item")
            message = (
                f"{what} cannot be asked of a constant: it lacks it, or only a card could tell"
            )
            raise TemplateAssertionError(message, asking.lineno)
    for constant in folded.find_all(nodes.Const):
        if not isinstance(constant.value, str | int | float | None):
            raise TemplateAssertionError("this constant is no text or number", constant.lineno)
    return folded


def constant_text(environment: Environment, source: str, constants: Mapping[str, object]) -> str:
    """Evaluate ``{{ source }}`` now and return it escaped."""
    value = environment.compile_expression(source, undefined_to_none=False)(**constants)
    return str(value if isinstance(value, Markup) else escape(value))
