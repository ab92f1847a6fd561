"""A light theme also says how its messages look to readers who asked for dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from candidate_cards import InputError, load_theme
from candidate_cards._token_values import VOCABULARY
from candidate_cards.themes import check_theme

if TYPE_CHECKING:
    from pathlib import Path

NAMES = VOCABULARY["dark"]


def theme_file(folder: Path, text: str, name: str = "acme.toml") -> Path:
    """Write a theme and return its path."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_each_colour_has_a_dark_one() -> None:
    """The two groups hold the same tokens."""
    assert VOCABULARY["color"] == NAMES


def test_a_light_theme_takes_the_bundled_dark_colours() -> None:
    """Without a group of its own a light theme turns into the theme "dark"."""
    light, dark = load_theme("light"), load_theme("dark")
    for name in NAMES:
        assert light.tokens[f"dark-{name}"] == dark.tokens[f"color-{name}"]
        assert dark.tokens[f"dark-{name}"] == dark.tokens[f"color-{name}"]


def test_a_brand_replaces_some_of_them(tmp_path: Path) -> None:
    """What a file gives is taken, and the rest comes from the theme that it extends."""
    path = theme_file(tmp_path, 'extends = "harbour"\n[dark]\nlink = "#9ad8ff"\n')
    theme, base = load_theme(path), load_theme("harbour")
    assert theme.tokens["dark-link"] == "#9ad8ff"
    assert base.tokens["dark-link"] != load_theme("light").tokens["dark-link"]
    others = [f"dark-{name}" for name in NAMES if name != "link"]
    assert [theme.tokens[token] for token in others] == [base.tokens[token] for token in others]
    assert check_theme(theme) == ()


def test_a_light_theme_may_stand_on_a_dark_one(tmp_path: Path) -> None:
    """A dark base's own colours are the ones for the dark."""
    colours = "".join(
        f'{name} = "{load_theme("light").tokens[f"color-{name}"]}"\n' for name in NAMES
    )
    text = f'extends = "dark"\ncolor-scheme = "light"\n[color]\n{colours}'
    theme = load_theme(theme_file(tmp_path, text))
    assert theme.tokens["dark-surface"] == load_theme("dark").tokens["color-surface"]


def test_a_dark_theme_has_no_use_for_the_group(tmp_path: Path) -> None:
    """In a dark theme the group is a mistake, and is said to be one."""
    path = theme_file(tmp_path, 'extends = "dark"\n[dark]\nlink = "#9ad8ff"\n')
    with pytest.raises(InputError) as caught:
        load_theme(path)
    (problem,) = caught.value.problems
    assert problem.field == "dark"
    assert problem.line == 2


def test_a_pale_colour_of_a_dark_theme_is_told_once(tmp_path: Path) -> None:
    """A dark theme is its own dark: nothing is said of colours that its file cannot have."""
    path = theme_file(tmp_path, 'extends = "dark"\n[color]\nmuted = "#111827"\n')
    with pytest.raises(InputError) as caught:
        load_theme(path)
    assert caught.value.problems
    assert not [problem for problem in caught.value.problems if "dark-" in str(problem)]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('link = "url(x)"', "dark.link"),
        ('lnk = "#ffffff"', "dark.lnk"),
        ('muted = "#22303f"', "dark.muted"),
    ],
    ids=["no-colour", "no-token", "no-contrast"],
)
def test_a_bad_one_is_refused_by_name_and_line(tmp_path: Path, text: str, field: str) -> None:
    """Values, names and contrast are judged as those of the other colours are."""
    path = theme_file(tmp_path, f'extends = "light"\n[dark]\n{text}\n')
    with pytest.raises(InputError) as caught:
        load_theme(path)
    assert {problem.field for problem in caught.value.problems} == {field}
    assert {problem.line for problem in caught.value.problems} == {3}


def test_a_suggestion_for_the_dark_passes(tmp_path: Path) -> None:
    """The colour that a message about contrast offers is accepted."""
    path = theme_file(tmp_path, 'extends = "light"\n[dark]\nmuted = "#22303f"\n')
    with pytest.raises(InputError, match="dark-muted on dark-surface has a contrast") as caught:
        load_theme(path)
    offered = str(caught.value.problems[-1]).partition("; ")[2].split()[0]
    theme_file(tmp_path, f'extends = "light"\n[dark]\nmuted = "{offered}"\n')
    assert load_theme(path).tokens["dark-muted"] == offered
