"""The README's code and the committed examples are what the toolkit makes today."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from PIL import Image

from candidate_cards.sandbox import READY_MADE, Settings
from sandboxes import serving

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_committed_examples_are_current() -> None:
    """Every page under examples/ equals what examples/build.py makes, and none is left over."""
    build = runpy.run_path(str(ROOT / "examples" / "build.py"))
    pages = cast("Callable[[], dict[str, str]]", build["pages"])()
    assert pages
    for name, html in pages.items():
        committed = (ROOT / "examples" / name).read_text(encoding="utf-8")
        assert committed == html, f"run: python examples/build.py ({name} differs)"
    messages = cast("Callable[[], dict[str, bytes]]", build["messages"])()
    assert messages
    for name, data in messages.items():
        committed_data = (ROOT / "examples" / name).read_bytes()
        assert committed_data == data, f"run: python examples/build.py ({name} differs)"
    kept = {
        path.relative_to(ROOT / "examples").as_posix()
        for folder in ("pages", "hosts", "mails", "integrations/plain/pages")
        for path in (ROOT / "examples" / folder).iterdir()
    }
    assert kept == {*pages, *messages}


def test_readme_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python in the README runs as printed and writes a page and a message."""
    blocks = _blocks("python")
    assert blocks
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    command = [sys.executable, "-W", "error::DeprecationWarning", "-c"]
    with serving(Settings(speed=1_000)) as sandbox:
        address = {
            "INSTAVIEW_BASE_URL": sandbox.base_url,
            "INSTAVIEW_API_KEY": READY_MADE[0].api_key,
        }
        for block in blocks:
            subprocess.run([*command, block], check=True, env={**os.environ, **address})
    assert (tmp_path / "shortlist.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert (tmp_path / "shortlist.eml").read_bytes().startswith(b"From: ")


def test_readme_theme_is_accepted(tmp_path: Path) -> None:
    """The theme file that the README shows loads and passes its contrast check."""
    from candidate_cards import load_theme  # noqa: PLC0415

    (block,) = (each for each in _blocks("toml") if "[color]" in each)
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z"/></svg>'
    (tmp_path / "acme.svg").write_text(svg, encoding="utf-8")
    Image.new("RGB", (8, 8)).save(tmp_path / "acme.png")
    path = tmp_path / "acme.toml"
    path.write_text(block, encoding="utf-8")
    theme = load_theme(path)
    assert theme.extends == "light"
    assert theme.tokens["color-button"] == "#7a1f5c"


def test_readme_profile_is_accepted(tmp_path: Path) -> None:
    """The profile file that the README shows loads, and hides more than the one that it extends."""
    from candidate_cards import load_profile  # noqa: PLC0415

    (block,) = (each for each in _blocks("toml") if "[fields]" in each)
    path = tmp_path / "panel.toml"
    path.write_text(block, encoding="utf-8")
    profile, base = load_profile(path), load_profile("client")
    shown = {field for field, decision in profile.fields.items() if decision}
    assert shown < {field for field, decision in base.fields.items() if decision}


@pytest.mark.parametrize("name", ["candidate-cards demo", "-m pytest -n auto --dist loadfile"])
def test_readme_has_one_line_that_does_everything(name: str) -> None:
    """The demo and the tests each start with one copy-paste line that also sets up."""
    lines = [line for block in _blocks("sh") for line in block.splitlines() if "venv" in line]
    assert sum(line.endswith(name) for line in lines) == 1
