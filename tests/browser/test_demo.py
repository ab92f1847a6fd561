"""What a newcomer opens first: the demo's files and the committed examples."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from harness import RecordedPage

EXAMPLES = Path(__file__).parents[2] / "examples"


def _open_all(files: list[Path], page: RecordedPage) -> None:
    for path in files:
        page.forget()
        tab = page.show(path.read_text(encoding="utf-8"))
        assert tab.inner_text("body").strip(), path.name
        # The one request is for the page itself.
        asked = [url for url in page.requests if not url.endswith("/favicon.ico")]
        assert len(asked) == 1, f"{path.name} asks for {asked[1:]}"
        assert page.noise() == [], path.name


def test_demo_files_ask_for_nothing(tmp_path: Path, page: RecordedPage) -> None:
    """Every page of `candidate-cards demo` opens with no request and nothing on the console."""
    command = [sys.executable, "-m", "candidate_cards", "demo", str(tmp_path / "demo")]
    subprocess.run(command, check=True, capture_output=True)
    files = sorted((tmp_path / "demo").glob("*.html"))
    assert len(files) > 5
    _open_all(files, page)


@pytest.mark.parametrize("folder", ["pages", "hosts"])
def test_examples_ask_for_nothing(folder: str, page: RecordedPage) -> None:
    """The committed example pages, the one under a strict policy included, are as quiet."""
    files = sorted((EXAMPLES / folder).glob("*.html"))
    assert files
    _open_all(files, page)
