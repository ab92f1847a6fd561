"""Somebody who visits a site in a theme, and all that nobody should ever see there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from sites import FOLDER, PLAIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness import PageServer, RecordedPage
    from playwright.sync_api import Page

Theme = Literal["dark", "light"]

AXE_RULES: Final = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"],
    },
    # Those say whether headings and regions fit the page around the cards.
    "rules": {
        name: {"enabled": True}
        for name in ("heading-order", "page-has-heading-one", "landmark-one-main", "region")
    },
}

# Runs before each page: what it breaks of its own policy.
_RECORD: Final = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""

# Runs in the page: the elements that hold cards and are on screen.
_CARDS: Final = """
const hosts = [...document.querySelectorAll("*")]
  .filter((element) => element.shadowRoot && element.getClientRects().length > 0);
const cards = hosts.flatMap((host) => [...host.shadowRoot.querySelectorAll("[role=article]")]);
"""


class Visitor:
    """A browser that visits a site.

    Attributes:
        page: The tab.
        tab: Playwright's side of it.
    """

    def __init__(self, page: RecordedPage, origin: str, theme: Theme) -> None:
        self.page = page
        self.tab = page.tab
        self._messages: list[str] = []
        self._origin = origin
        self._theme = theme
        self.tab.on("console", lambda message: self._messages.append(message.text))
        self.tab.add_init_script(_RECORD)

    def visit(self, path: str) -> Page:
        """Load a page in the theme."""
        answer = self.tab.goto(f"{self._origin}{path}?theme={self._theme}")
        assert answer is not None
        assert answer.ok, answer.status
        return self.tab

    def noise(self) -> list[str]:
        """What nobody should ever see: also on the console, errors or not, and violations.

        Violations are those of the page that is open and of the frames in it.
        """
        violations = [
            text for frame in self.tab.frames for text in frame.evaluate("window.violations ?? []")
        ]
        return [*self.page.noise(), *self._messages, *violations]


def evaluate(tab: Page, body: str, argument: object = None) -> Any:  # noqa: ANN401  JSON
    """Run a function's body in a page, with ``hosts`` and ``cards`` and an ``argument``."""
    return tab.evaluate(f"(argument) => {{ {_CARDS} {body} }}", argument)


def serve_files(server: PageServer, pages: Mapping[str, str]) -> None:
    """Serve pages as those of the plain integration, with what they ask for."""
    kinds = {".css": "text/css", ".svg": "image/svg+xml", ".js": "text/javascript"}
    for path in (FOLDER / "static").iterdir():
        server.put(path.read_bytes(), path=f"/static/{path.name}", media_type=kinds[path.suffix])
    folder = PLAIN.index.rpartition("/")[0]
    for name, html in pages.items():
        server.put(html, path=f"{folder}/{name}")
