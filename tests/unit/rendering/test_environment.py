"""The Jinja environment: fast code and stock code say the same, and constants cost nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from types import MappingProxyType
from typing import NamedTuple

import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError, nodes
from markupsafe import Markup, escape

from candidate_cards.rendering import environment as under_test
from candidate_cards.rendering.environment import (
    FastCodeGenerator,
    constant_text,
    fold,
    hooks_available,
    make_environment,
)
from hostile_corpus import PAYLOADS, harmless_candidate

FAST = make_environment(fast=True)
STOCK = make_environment(fast=False)


class View(NamedTuple):
    """Two fields to read in a template."""

    text: object
    inner: object = None


class _PlainText(str):
    """Text of another type, such as an enumeration's member."""

    __slots__ = ()


class _SafeText(str):
    """Text that says how it wants to be shown."""

    __slots__ = ()

    def __html__(self) -> str:
        return "<i>own</i>"


def _both(source: str, **values: object) -> str:
    """Render with fast and with stock code; the two must agree."""
    fast = FAST.from_string(source).render(values)
    assert fast == STOCK.from_string(source).render(values)
    return fast


def test_the_hooks_are_there_today() -> None:
    """With the installed libraries the fast code is what runs."""
    assert hooks_available()
    assert make_environment().code_generator_class is FastCodeGenerator
    assert STOCK.code_generator_class is jinja2.Environment.code_generator_class


def test_environments_are_strict() -> None:
    """Both escape, refuse undefined names and load nothing."""
    for environment in (FAST, STOCK):
        assert environment.autoescape is True
        assert environment.loader is None
        assert environment.undefined is jinja2.StrictUndefined


@settings(deadline=None)
@given(st.text())
def test_text_is_escaped(text: str) -> None:
    """Fast escaping of text, in content and attributes, is MarkupSafe's."""
    shown = _both('<p title="{{ view.text }}">{{ view.text }}</p>', view=View(text))
    assert shown == f'<p title="{escape(text)}">{escape(text)}</p>'


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("<b>", "&lt;b&gt;"),
        (Markup("<b>"), "<b>"),
        (Markup("<b>{}").format("<i>"), "<b>&lt;i&gt;"),
        (_PlainText("<b>"), "&lt;b&gt;"),
        (_SafeText("<b>"), "<i>own</i>"),
        (None, "None"),
        (0, "0"),
        (87.5, "87.5"),
        (True, "True"),
        (("<", 1), "(&#39;&lt;&#39;, 1)"),
        ("", ""),
    ],
)
def test_what_each_kind_of_value_becomes(value: object, shown: str) -> None:
    """Markup passes, everything else is escaped as its text; a view holds no ``None`` to show."""
    assert _both("{{ view.text }}", view=View(value)) == shown
    assert _both("{{ value }}", value=value) == shown


@pytest.mark.parametrize(
    "source", ["{{ nothing }}", "{{ nothing.at.all }}", "{% if no %}{% endif %}"]
)
def test_an_undefined_name_is_an_error(source: str) -> None:
    """A name that was not passed raises when it is shown, read from or tested."""
    for environment in (FAST, STOCK):
        with pytest.raises(UndefinedError):
            environment.from_string(source).render()


def test_a_missing_attribute_is_an_error() -> None:
    """Fast code reads attributes as Python does, so a misspelled field cannot pass for empty."""
    with pytest.raises(AttributeError, match="txet"):
        FAST.from_string("{{ view.txet }}").render(view=View(""))
    with pytest.raises(UndefinedError, match="txet"):
        STOCK.from_string("{{ view.txet }}").render(view=View(""))


@settings(deadline=None)
@given(st.lists(st.text(max_size=5), max_size=4), st.text(max_size=5))
def test_loops_tests_and_scopes_say_the_same(items: list[str], other: str) -> None:
    """Everything that card templates use gives the same text with fast and with stock code."""
    source = (
        "{% for item in view.inner %}{% if item == view.text %}={% elif item %}{{ item }}"
        "{% else %}-{% endif %}{% endfor %}{% with x = view.text %}[{{ x }}]{% endwith %}"
        "{{ view.inner[0] if view.inner else view.text }}{{ 'a' ~ view.text }}"
    )
    assert _both(source, view=View(other, tuple(items)))


@pytest.mark.parametrize("missing", ["visit_Getattr", "_output_child_pre"])
def test_a_jinja_without_a_hook_gets_stock_code(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """If the code generator changes, the environment is the stock one, not a broken one."""
    methods = {"visit_Getattr", "_output_child_pre"} - {missing}
    other = type("OtherGenerator", (), dict.fromkeys(methods, print))
    monkeypatch.setattr(under_test, "CodeGenerator", other)
    assert not hooks_available()
    environment = make_environment()
    assert environment.code_generator_class is not FastCodeGenerator
    assert environment.from_string("{{ view.text }}").render(view=View("<")) == "&lt;"


def test_a_markupsafe_without_the_hook_gets_stock_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the private function of MarkupSafe is gone, the environment is the stock one."""
    monkeypatch.setattr(under_test, "_escape_inner", None)
    assert not hooks_available()
    assert make_environment().code_generator_class is not FastCodeGenerator


# Run before anything else is imported. MarkupSafe's own `escape` goes on with what it had.
_WITHOUT_HOOK = """
import markupsafe, types
kept = dict(vars(markupsafe))
markupsafe.escape = types.FunctionType(markupsafe.escape.__code__, kept, "escape")
del markupsafe._escape_inner
"""
_RENDER = """
import json, sys
from candidate_cards import Candidate, render_card
from candidate_cards.rendering.environment import hooks_available
candidate = Candidate.model_validate(json.load(sys.stdin))
print(hooks_available(), file=sys.stderr)
for format in ("fragment", "page"):
    print(render_card(candidate, format=format, density="detail", profile="internal"))
"""


def test_without_the_hook_whole_cards_are_the_same() -> None:
    """A process in which MarkupSafe lacks the function renders the same bytes."""
    wire = harmless_candidate()
    wire["skills"] = [payload.text for payload in PAYLOADS if payload.text.isprintable()][:80]
    results = [
        subprocess.run(
            [sys.executable, "-c", code],
            input=json.dumps(wire),
            capture_output=True,
            check=True,
            encoding="utf-8",
            env={"PYTHONIOENCODING": "utf-8", "PYTHONPATH": ":".join(filter(None, sys.path))},
        )
        for code in (_RENDER, _WITHOUT_HOOK + _RENDER)
    ]
    assert [result.stderr.strip() for result in results] == ["True", "False"]
    assert results[0].stdout == results[1].stdout
    assert "&lt;script&gt;" in results[0].stdout


_KNOWN = {"a": True, "b": 0, "c": "x"}
_RUNTIME = {"p": True, "q": False, "r": "x"}
_tests = st.sampled_from(
    (*_KNOWN, *_RUNTIME, "a and p", "b or q", "not c", "c == 'x'", "c == r", "c != 'x'", "p and b")
)
_pieces = st.sampled_from(("text", "  \n  ", "{{ c }}", "{{ r }}"))
_sources = st.recursive(
    _pieces,
    lambda inner: st.one_of(
        st.builds(
            "{{% if {} %}}{}{{% elif {} %}}{}{{% else %}}{}{{% endif %}}".format,
            *(_tests, inner, _tests, inner, inner),
        ),
        st.builds("{{% if {} %}}{}{{% endif %}}".format, _tests, inner),
        st.builds("{{% for i in [1, 2] %}}{}{{% endfor %}}{}".format, inner, inner),
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(_sources)
def test_folding_changes_no_result(source: str) -> None:
    """With constants folded in, a template says what it says when it is given them."""
    whole = STOCK.from_string(source).render(_KNOWN | _RUNTIME)
    for environment in (FAST, STOCK):
        tree = fold(environment.parse(source), _KNOWN)
        # Folding also folds white space, which means the same in HTML.
        shown = environment.from_string(tree).render(_RUNTIME)
        assert shown.split() == whole.split()


def _value(test: nodes.Node) -> object:
    assert isinstance(test, nodes.Expr)
    return test.as_const()


@settings(deadline=None)
@given(_sources)
def test_folding_decides_what_it_can(source: str) -> None:
    """No constant is left to be looked up, and no branch is left whose test is known."""
    tree = fold(FAST.parse(source), _KNOWN)
    assert not {node.name for node in tree.find_all(nodes.Name)} & set(_KNOWN)
    for branch in tree.find_all(nodes.If):
        with pytest.raises(nodes.Impossible):
            _value(branch.test)


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in p %}{{ a }}{% endfor %}",
        "{% with a = p %}{{ a }}{% endwith %}",
        "{% for i in p %}{% with c = i %}{{ c }}{% endwith %}{% endfor %}",
    ],
)
def test_a_constant_cannot_be_hidden_by_another_name(source: str) -> None:
    """A loop or scope that takes a constant's name shows its own value, or is refused."""
    try:
        tree = fold(STOCK.parse(source), _KNOWN)
        shown = STOCK.from_string(tree).render(p="12")
    except jinja2.TemplateError:
        return
    assert shown == STOCK.from_string(source).render(p="12")


@pytest.mark.parametrize("fast", [True, False])
def test_a_constant_object_may_be_asked_at_run_time(fast: bool) -> None:  # noqa: FBT001  a column
    """An object that is known, read with a key that is not, works or is refused in our terms."""
    environment = make_environment(fast=fast)
    words = MappingProxyType({"good": "Good <match>"})
    try:
        tree = fold(environment.parse("{{ known.inner[tone] }}"), {"known": View("", words)})
        shown = environment.from_string(tree).render(tone="good")
    except jinja2.TemplateError:
        return
    assert shown == "Good &lt;match&gt;"


def test_white_space_is_folded_and_kept_apart() -> None:
    """Runs of white space shrink to one space or line break; words never grow together."""
    tree = fold(FAST.parse("a  b\n\n   c{{ x }}\t<p>\n"), {})
    assert FAST.from_string(tree).render(x="  kept  ") == "a b\nc  kept   <p>"


@settings(deadline=None)
@given(st.text())
def test_a_constant_is_escaped(text: str) -> None:
    """A value that is written into the template is escaped as it would be when rendering."""
    assert constant_text(FAST, "x", {"x": text}) == str(escape(text))
    assert constant_text(FAST, "x", {"x": Markup(text)}) == text  # noqa: S704  that is the point


def test_an_undefined_constant_is_an_error() -> None:
    """A constant expression that leads nowhere raises instead of becoming empty."""
    for environment in (FAST, STOCK):
        with pytest.raises((AttributeError, UndefinedError), match="nope"):
            constant_text(environment, "x.nope", {"x": View("")})
