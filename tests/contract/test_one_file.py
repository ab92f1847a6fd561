"""A new theme and a new format are one new file each, and nothing else has to know."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import TYPE_CHECKING

import pytest

import candidate_cards
from candidate_cards._resources import resource_root
from hostile_corpus import harmless_candidate

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., str]

_PLUM = """
description = "Plum, made for a test."
extends = "light"

[color]
heading = "#4a1d5c"
link = "#6b2a86"
button = "#6b2a86"
"""

_OUTLINE = '''
"""``outline``: whose cards these are, as JSON; a format made for a test."""

from __future__ import annotations

import json
import re

from candidate_cards.exports._exporter import Exporter, Rendering
from candidate_cards.rendering import TemplateSpec


def export(rendering: Rendering) -> bytes:
    """Return the names on the cards of a document as a JSON list."""
    names = re.findall(r'role="article" aria-label="(.*?)"', rendering.document)
    return json.dumps(names).encode()


EXPORTER = Exporter(
    name="outline",
    media_type="application/json",
    file_extension=".json",
    template=TemplateSpec("card/fragment.html", inline=("card/card.css",)),
    export=export,
)
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project: the package, and the two folders beside or inside it."""
    package = Path(candidate_cards.__file__).parent
    copy = tmp_path / "project" / "src" / "candidate_cards"
    copytree(package, copy, ignore=ignore_patterns("__pycache__"))
    for name in ("templates", "themes"):
        if not (copy / name).is_dir():
            copytree(Path(str(resource_root(name))), tmp_path / "project" / name)
    (tmp_path / "project" / "pyproject.toml").touch()  # what makes a folder a checkout
    return tmp_path / "project"


@pytest.fixture
def run(project: Path) -> Run:
    """Run Python in the copied project and return what it prints."""

    def run(*arguments: str, stdin: str = "") -> str:
        search = [str(project / "src"), *(path for path in sys.path if path)]
        done = subprocess.run(
            [sys.executable, *arguments],
            input=stdin,
            capture_output=True,
            check=False,
            cwd=project,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(search)},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = Path(run("-c", "import candidate_cards; print(candidate_cards.__file__)").strip())
    assert where.is_relative_to(project)
    return run


def _folder(project: Path, name: str) -> Path:
    inside = project / "src" / "candidate_cards" / name
    return inside if inside.is_dir() else project / name


def _payload(project: Path) -> str:
    path = project / "candidate.json"
    path.write_text(json.dumps(harmless_candidate()), encoding="utf-8")
    return str(path)


def test_a_theme_is_one_file(project: Path, run: Run) -> None:
    """A file in the themes folder is listed, checked, and drawn with, by command and by code."""
    file = _folder(project, "themes") / "plum.toml"
    file.write_text(_PLUM, encoding="utf-8")

    listed = json.loads(run("-m", "candidate_cards", "themes", "--json"))
    (plum,) = [row for row in listed if row["name"] == "plum"]
    assert (plum["extends"], plum["colorScheme"], plum["error"]) == ("light", "light", None)
    assert plum["csp"].startswith("'sha256-")
    assert plum["csp"] not in [row["csp"] for row in listed if row is not plum]
    assert "ok" in run("-m", "candidate_cards", "themes", "check", str(file))

    payload = _payload(project)
    run("-m", "candidate_cards", "render", payload, "-o", "plum.html", "--theme", "plum")
    page = (project / "plum.html").read_text(encoding="utf-8")
    assert "#6b2a86" in page

    code = (
        "import json, sys; from candidate_cards import *\n"
        "card = render_card(Candidate.model_validate(json.load(sys.stdin)), theme='plum')\n"
        "assert 'plum' in [info.name for info in list_themes()]\n"
        "print(load_theme('plum').tokens['color-heading'], card)"
    )
    shown = run("-c", code, stdin=json.dumps(harmless_candidate()))
    assert shown.startswith("#4a1d5c <div")
    assert "background-color:#6b2a86" in shown


def test_a_theme_file_that_breaks_rules_hides_no_other(project: Path, run: Run) -> None:
    """A file with a mistake is listed with it; the themes beside it are there as before."""
    file = _folder(project, "themes") / "plum.toml"
    file.write_text(_PLUM.replace("#4a1d5c", "url(x)"), encoding="utf-8")
    listed = {
        row["name"]: row for row in json.loads(run("-m", "candidate_cards", "themes", "--json"))
    }
    assert "color.heading" in listed["plum"]["error"]
    assert {"dark", "light"} <= listed.keys()
    assert listed["dark"]["error"] is None


def test_a_format_is_one_file(project: Path, run: Run) -> None:
    """A module in the exports folder is listed, and renders, by command and by code."""
    module = project / "src" / "candidate_cards" / "exports" / "outline.py"
    module.write_text(_OUTLINE, encoding="utf-8")

    code = (
        "import json, sys; from candidate_cards import *\n"
        "person = Candidate.model_validate(json.load(sys.stdin))\n"
        "print(list_formats())\n"
        "print(export_candidates(Shortlist(candidates=(person,)), format='outline').decode())\n"
        "print(render_card(person, format='outline'))"
    )
    wire = harmless_candidate()
    names, outline, card = run("-c", code, stdin=json.dumps(wire)).split("\n", 2)
    assert "'outline'" in names
    assert "'page'" in names
    assert json.loads(outline) == [wire["name"]]
    assert card.startswith("<div")

    payload = _payload(project)
    out = project / "out.json"
    run("-m", "candidate_cards", "render", payload, "-o", str(out), "--format", "outline")
    assert json.loads(out.read_bytes()) == [wire["name"]]
    help_text = run("-m", "candidate_cards", "render", "--help")
    assert "--format" in help_text


def test_without_the_file_neither_exists(run: Run) -> None:
    """The two tests above can fail: the names are nowhere in the project as it is."""
    code = (
        "from candidate_cards import *\n"
        "for options in ({'theme': 'plum'}, {'format': 'outline'}):\n"
        "    try: export_candidates(Shortlist(), **options)\n"
        "    except NotAvailableError as error: print(error)"
    )
    theme, format_ = run("-c", code).splitlines()
    assert "plum" in theme
    assert "dark" in theme
    assert "outline" in format_
    assert "page" in format_
