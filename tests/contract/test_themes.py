"""Every bundled theme, found by looking in the folder, keeps the rules."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import candidate_cards
from candidate_cards._contrast import GRAPHIC, PAIRS, TEXT, contrast
from candidate_cards._resources import resource_root
from candidate_cards._token_values import TOKENS, is_canonical
from candidate_cards.themes import check_theme, list_themes, load_theme

FILES = sorted(
    file.name
    for file in resource_root("themes").iterdir()
    if not file.name.endswith((".svg", ".png"))
)
NAMES = [name.partition(".")[0] for name in FILES]
EVERY_THEME = pytest.mark.parametrize("name", NAMES)


def test_the_folder_holds_the_promised_themes() -> None:
    """The folder was found, and the default, its light sibling and the example are in it."""
    assert {"dark", "light", "harbour"} <= set(NAMES)
    assert all(file.endswith((".toml", ".json", ".tokens")) for file in FILES)


def test_every_file_is_listed_and_works() -> None:
    """Each file in the folder is listed once, as bundled, described and without an error."""
    bundled = [info for info in list_themes() if info.origin == "bundled"]
    assert [info.name for info in bundled] == NAMES
    assert [info.error for info in bundled] == [None] * len(NAMES)
    assert all(info.description for info in bundled)


@EVERY_THEME
def test_a_theme_is_complete(name: str) -> None:
    """A bundled theme has every token in its one form, and goes by its file's name."""
    theme = load_theme(name)
    assert theme.name == name
    assert tuple(theme.tokens) == TOKENS
    assert [token for token in TOKENS if not is_canonical(token, theme.tokens[token])] == []


@EVERY_THEME
def test_a_theme_is_legible(name: str) -> None:
    """Text has 4.5:1 and the button 3:1 on every ground, all along the name's gradient too."""
    theme = load_theme(name)
    assert check_theme(theme) == ()
    for kind in ("color", "dark"):
        for foreground, background, needed in PAIRS:
            pair = [name.replace("color-", f"{kind}-", 1) for name in (foreground, background)]
            assert contrast(*(theme.tokens[token] for token in pair)) >= needed
    assert {needed for *_, needed in PAIRS} == {TEXT, GRAPHIC} == {4.5, 3.0}


@EVERY_THEME
def test_a_theme_is_what_its_colour_scheme_says(name: str) -> None:
    """A dark theme has grounds darker than its text, a light one lighter."""
    theme = load_theme(name)
    for ground in ("color-surface", "color-page", "color-raised"):
        darker = contrast(theme.tokens[ground], "#ffffff") > contrast(theme.tokens[ground], "#000")
        assert darker == (theme.color_scheme == "dark")


@EVERY_THEME
def test_decoration_can_be_told_from_its_ground(name: str) -> None:
    """Hairlines, the ring's track, panels and the page are not the colour that they lie on."""
    tokens = load_theme(name).tokens
    for token in ("color-border", "color-track", "color-raised", "color-page"):
        assert tokens[token] != tokens["color-surface"]


@EVERY_THEME
def test_a_theme_loads_alike_by_path(tmp_path: Path, name: str) -> None:
    """A copy of a bundled theme passes the checks that users' themes go through."""
    folder = shutil.copytree(str(resource_root("themes")), tmp_path / "copy")
    (file,) = (file for file in FILES if file.partition(".")[0] == name)
    assert load_theme(folder / file) == load_theme(name)


def test_the_grounds_are_the_documented_ones() -> None:
    """The default is on #0f172a, its light sibling on #ffffff."""
    assert load_theme("dark").tokens["color-surface"] == "#0f172a"
    assert load_theme("light").tokens["color-surface"] == "#ffffff"


def test_the_example_shows_what_a_brand_can_do() -> None:
    """The example extends light, and has an accent, a face and a logo of its own."""
    brand, light = load_theme("harbour"), load_theme("light")
    assert brand.extends == "light"
    for token in ("color-button", "color-link", "font-family"):
        assert brand.tokens[token] != light.tokens[token]
    assert brand.logo is not None
    assert (brand.logo.media_type, brand.logo.alt) == ("image/svg+xml", "Harbour")


def test_no_file_lies_in_the_folder_for_nothing() -> None:
    """Pictures in the folder are somebody's logo."""
    pictures = {file.name for file in resource_root("themes").iterdir()} - set(FILES)
    named = set()
    for file in FILES:
        text = (resource_root("themes") / file).read_text("utf-8")
        named |= set(re.findall(r'"([\w-]+\.(?:svg|png))"', text))
    assert pictures == named


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a copy of the package and its themes, as a checkout lays them out."""
    package = Path(candidate_cards.__file__).parent
    ignored = shutil.ignore_patterns("__pycache__", "templates", "themes")
    shutil.copytree(package, tmp_path / "src" / "candidate_cards", ignore=ignored)
    shutil.copytree(str(resource_root("themes")), tmp_path / "themes")
    (tmp_path / "pyproject.toml").touch()  # what makes a folder a checkout
    return tmp_path


def run(project: Path, code: str) -> object:
    """Run code on the copied package and return the JSON that it prints."""
    setup = f"import sys; sys.path.insert(0, {str(project / 'src')!r})\n"
    command = [sys.executable, "-c", setup + code]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("acme.toml", 'extends = "dark"\n[color]\nlink = "#5eead4"\n'),
        (
            "acme.tokens.json",
            """{"$extensions": {"candidate-cards": {"extends": "dark"}},
                "color": {"$type": "color", "link": {"$value": {
                    "colorSpace": "srgb", "components": [0.3686275, 0.9176471, 0.8313725]}}}}""",
        ),
    ],
)
def test_a_new_theme_is_one_new_file(project: Path, file: str, text: str) -> None:
    """A file put into the folder is listed and loads by its name, with no other change."""
    (project / "themes" / file).write_text(text)
    found = run(
        project,
        "import json; from candidate_cards.themes import list_themes, load_theme\n"
        "names = [info.name for info in list_themes() if info.origin == 'bundled']\n"
        "print(json.dumps([names, load_theme('acme').tokens['color-link']]))",
    )
    assert found == [sorted([*NAMES, "acme"]), "#5eead4"]
