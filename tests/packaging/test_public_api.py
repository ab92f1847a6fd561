"""The public names, and what importing them costs."""

from __future__ import annotations

import ast
import json
import sys
from importlib import import_module
from inspect import getsource

import pytest

import candidate_cards
from environments import run

#: Libraries that a start must not pay for.
HEAVY = {
    "alembic",
    "babel",
    "candidate_cards.sandbox.app",
    "coloraide",
    "cssutils",
    "distributed",
    "fastapi",
    "fsspec",
    "httpx",
    "importlib.metadata",
    "jinja2",
    "lxml",
    "markupsafe",
    "nh3",
    "premailer",
    "psycopg",
    "pyarrow",
    "pydantic",
    "pyrate_limiter",
    "regex",
    "requests",
    "sqlalchemy",
    "stamina",
    "standardwebhooks",
    "starlette",
    "tinycss2",
    "uvicorn",
    "weasyprint",
}


def _promised() -> dict[str, str]:
    """Return the home module of each name that a type checker is told of."""
    tree = ast.parse(getsource(candidate_cards))
    return {
        alias.asname or alias.name: statement.module
        for block in tree.body
        if isinstance(block, ast.If)
        for statement in block.body
        if isinstance(statement, ast.ImportFrom) and statement.module
        for alias in statement.names
    }


def _modules_after(code: str) -> set[str]:
    """Return the names of the modules that some code leaves imported in a new process."""
    report = "import atexit, json, sys; atexit.register(lambda: print(json.dumps([*sys.modules])))"
    return set(json.loads(run(sys.executable, "-c", f"{report}\n{code}").splitlines()[-1]))


def test_all_is_sorted_and_is_the_namespace() -> None:
    """`__all__` is sorted and names the version and what a type checker is told of."""
    assert list(candidate_cards.__all__) == sorted(candidate_cards.__all__)
    assert set(candidate_cards.__all__) == {"__version__", *_promised()}


def test_a_new_process_sees_no_other_public_name() -> None:
    """Without a use, `dir()` shows `__all__` and the module's own machinery only."""
    code = "import candidate_cards; print(*dir(candidate_cards))"
    public = {name for name in run(sys.executable, "-c", code).split() if not name.startswith("_")}
    machinery = {"annotations", "import_module", "TYPE_CHECKING"}
    assert public - machinery == {name for name in candidate_cards.__all__ if name[0] != "_"}


@pytest.mark.parametrize("name", sorted(_promised()))
def test_each_name_is_the_object_of_its_home(name: str) -> None:
    """A public name is the very object that its home module defines."""
    assert getattr(candidate_cards, name) is getattr(import_module(_promised()[name]), name)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A name that does not exist raises what a module raises."""
    with pytest.raises(AttributeError, match="no_such_name"):
        candidate_cards.no_such_name  # noqa: B018


def test_importing_the_package_imports_nothing_heavy() -> None:
    """`import candidate_cards` loads no library of the rendering, vendor or PDF side."""
    modules = _modules_after("import candidate_cards")
    assert "candidate_cards" in modules
    assert not modules & {*HEAVY, "click", "typing"}


def test_telling_the_version_imports_only_the_standard_library() -> None:
    """`--version`, which scripts probe for, does not even load click."""
    code = "import sys; sys.argv[1:] = ['--version']; import candidate_cards.cli as c; c.main()"
    modules = _modules_after(code)
    assert "candidate_cards.cli" in modules
    assert not modules & {*HEAVY, "click"}


@pytest.mark.parametrize(
    "command",
    [
        "",
        "render",
        "source",
        "refine",
        "enrich",
        "results",
        "sandbox",
        "themes",
        "store",
        "store upgrade",
        "store status",
        "store import",
        "store erase",
        "store sweep",
        "keys",
        "keys add",
        "keys list",
        "keys revoke",
        "themes check",
        "doctor",
        "demo",
    ],
)
def test_help_imports_only_click(command: str) -> None:
    """The help of every command loads click and nothing that renders."""
    arguments = [*command.split(), "--help"]
    code = f"import sys; sys.argv[1:] = {arguments!r}; import candidate_cards.cli as c; c.main()"
    modules = _modules_after(code)
    assert "click" in modules
    assert not modules & HEAVY
