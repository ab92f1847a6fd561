"""The gallery as designers see it: everything shown, nothing cut, and changes at once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal

import pytest
from harness import PageServer, RecordedPage, recorded_page

from candidate_cards.themes import list_themes
from environments import TREE
from services import LocalService, serving_cards

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Frame, Page

THEMES: Final = [info.name for info in list_themes() if info.error is None]
_RULES: Final = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
}


@pytest.fixture(scope="module")
def service() -> Iterator[LocalService]:
    """A service in development."""
    with serving_cards(development=True) as running:
        yield running


@contextmanager
def _opened(
    chromium: Browser,
    server: PageServer,
    url: str,
    address: str,
    **options: Any,  # noqa: ANN401  Playwright checks them
) -> Iterator[RecordedPage]:
    with recorded_page(chromium, server, friends=(url,), **options) as page:
        page.tab.goto(f"{url}/{address}")
        yield page


@pytest.fixture
def page(chromium: Browser, server: PageServer, service: LocalService) -> Iterator[RecordedPage]:
    """A recorded page of 1440 x 900 CSS px with the gallery in it."""
    size = {"width": 1440, "height": 900}
    with _opened(chromium, server, service.base_url, "gallery", viewport=size) as opened:
        yield opened


def _previews(tab: Page) -> list[Frame]:
    """Return the frames once each is loaded; those far below are not before they are near."""
    for frame in tab.locator("iframe").all():
        frame.scroll_into_view_if_needed()
    tab.wait_for_function(
        "() => [...document.querySelectorAll('iframe')].every(frame => frame.contentDocument"
        " && frame.contentDocument.URL !== 'about:blank'"
        " && frame.contentDocument.readyState === 'complete')"
    )
    return tab.frames[1:]


# What of the frames is not as tall as its content, or wider than its place.
_UNFIT: Final = """() => [...document.querySelectorAll('iframe')].filter(frame => {
    const root = frame.contentDocument.documentElement;
    const difference = frame.clientHeight - root.getBoundingClientRect().height;
    return Math.abs(difference) > 1 || root.scrollWidth > frame.clientWidth;
}).map(frame => frame.title)"""


def _wait_until_fit(tab: Page) -> None:
    tab.wait_for_function(f"() => ({_UNFIT})().length === 0")


@pytest.mark.parametrize("format_", ["element", "fragment", "page", "email"])
@pytest.mark.parametrize("width", [280, 720])
def test_every_theme_and_density_is_shown_whole(
    page: RecordedPage, service: LocalService, format_: str, width: int
) -> None:
    """Nine previews as wide as was chosen and as tall as what is in them; nothing is violated."""
    tab = page.tab
    tab.goto(f"{service.base_url}/gallery?format={format_}&width={width}")
    previews = _previews(tab)
    assert len(previews) == 3 * len(THEMES)
    _wait_until_fit(tab)
    widths = tab.evaluate(
        "[...document.querySelectorAll('iframe')].map(frame => frame.clientWidth)"
    )
    assert widths == [width] * len(previews)
    for preview in previews:
        assert preview.get_by_text("Markéta").count() > 0
    assert page.noise() == []


@pytest.mark.parametrize("format_", ["pdf", "png"])
def test_dossiers_and_pictures_are_shown(
    page: RecordedPage, service: LocalService, format_: str
) -> None:
    """Each theme's pages are there as pictures that have loaded."""
    page.tab.goto(f"{service.base_url}/gallery?format={format_}")
    previews = _previews(page.tab)
    assert len(previews) == len(THEMES)
    for preview in previews:
        sizes = preview.evaluate("[...document.images].map(image => image.naturalWidth)")
        assert len(sizes) >= (4 if format_ == "pdf" else 1)
        assert min(sizes) > 500
    _wait_until_fit(page.tab)
    assert page.noise() == []


def test_switches_change_what_is_shown(page: RecordedPage) -> None:
    """Format, width and candidate are chosen one by one, and each stays with the others."""
    tab = page.tab
    tab.get_by_role("link", name="560 px").click()
    tab.wait_for_url("**/gallery?format=element&width=560&data=1")
    tab.get_by_role("link", name="Fragment").click()
    tab.wait_for_url("**/gallery?format=fragment&width=560&data=1")
    # Without the script there is a button.
    tab.get_by_role("button", name="Show").wait_for(state="hidden")
    tab.get_by_label("Candidate").select_option("Only a name")
    tab.wait_for_url("**/gallery?format=fragment&width=560&data=bare")
    assert tab.get_by_label("Candidate").evaluate("select => select.value") == "bare"
    assert tab.locator("[aria-current]").all_inner_texts() == ["Fragment", "560 px"]
    for preview in _previews(tab):
        assert "Bo" in preview.locator("body").inner_text()
    assert page.noise() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_gallery_fits_every_screen_and_everybody(  # noqa: PLR0913, PLR0917  fixtures
    chromium: Browser,
    server: PageServer,
    service: LocalService,
    axe: str,
    width: int,
    scheme: Literal["light", "dark"],
) -> None:
    """On a desk and on a phone, in light and dark, nothing is cut and axe-core finds nothing."""
    size = {"width": width, "height": 900}
    options: dict[str, Any] = {"viewport": size, "color_scheme": scheme}
    for format_ in ("element", "email"):
        address = f"gallery?format={format_}&data=long"
        with _opened(chromium, server, service.base_url, address, **options) as page:
            tab = page.tab
            _previews(tab)
            _wait_until_fit(tab)
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
            # For axe-core alone frames need a script; it comes in through the debugger.
            tab.evaluate(axe)
            found = tab.evaluate("rules => axe.run({ ...rules, iframes: false })", _RULES)
            assert found["passes"]
            assert found["violations"] == []
            assert page.noise() == []


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout of one's own, where files may be edited."""
    for folder in ("src", "templates", "themes", "examples/payloads"):
        shutil.copytree(
            TREE / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(TREE / "pyproject.toml", tmp_path)
    return tmp_path


_SERVE: Final = """
import candidate_cards
from candidate_cards.service import Settings, open_server
settings = Settings(store="sqlite:///cards.sqlite3", development=True, drain_seconds=0)
with open_server(settings) as server:
    print(candidate_cards.__file__, server.base_url, flush=True)
    server.run()
"""


@contextmanager
def _serving(tree: Path) -> Iterator[str]:
    """Serve the gallery of a checkout."""
    environment = {**os.environ, "PYTHONPATH": os.fspath(tree / "src")}
    with subprocess.Popen(
        [sys.executable, "-c", _SERVE], cwd=tree, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            home, url = process.stdout.readline().split()
            assert home.startswith(os.fspath(tree))
            yield url
        finally:
            process.terminate()
            process.wait()


def test_a_change_of_a_file_is_seen_at_once(
    chromium: Browser, server: PageServer, tree: Path
) -> None:
    """A theme and a template that are edited show in the open page, mistakes by file and line."""
    theme, part = tree / "themes" / "light.toml", tree / "templates" / "card" / "_head.html"
    colours, markup = theme.read_text("utf-8"), part.read_text("utf-8")
    sheet = tree / "templates" / "card" / "card.css"
    rules = sheet.read_text("utf-8")
    with _serving(tree) as url, _opened(chromium, server, url, "gallery?format=page") as page:
        tab = page.tab
        shown = tab.frame_locator("iframe[title='Page, card, light']")
        name = shown.get_by_role("heading", level=1)
        assert "Markéta" in name.inner_text()

        theme.write_text(colours.replace('surface = "#ffffff"', 'surface = "#fffbe6"'), "utf-8")
        card = shown.get_by_role("article")
        _eventually(tab, lambda: _colour(card) == "rgb(255, 251, 230)")

        sheet.write_text(rules + "\n.cc-card { border-width: 7px; }\n", "utf-8")
        _eventually(tab, lambda: _border(card) == "7px")

        part.write_text(markup + "{{ card.shoe_size }}", "utf-8")
        wrong = shown.get_by_role("alert")
        _eventually(tab, lambda: wrong.count() == 1)
        assert "card/_head.html" in wrong.inner_text()
        assert "shoe_size" in wrong.inner_text()

        part.write_text(markup, "utf-8")
        _eventually(tab, lambda: name.count() == 1 and wrong.count() == 0)
        theme.write_text(colours.replace("[color]", "[colour]"), "utf-8")
        _eventually(tab, lambda: wrong.count() == 1)
        assert "light.toml" in wrong.inner_text()
        assert page.noise() == []


def _colour(card: Any) -> str:  # noqa: ANN401
    return str(card.evaluate("card => getComputedStyle(card).backgroundColor"))


def _border(card: Any) -> str:  # noqa: ANN401
    return str(card.evaluate("card => getComputedStyle(card).borderTopWidth"))


def _eventually(tab: Page, is_right: Any) -> None:  # noqa: ANN401
    """Wait until something is so; after half a minute it never will be."""
    for _ in range(150):
        if is_right():
            return
        tab.wait_for_timeout(200)
    raise AssertionError("the change never showed")
