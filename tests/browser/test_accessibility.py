"""Cards for everybody: WCAG 2.2 AA, no styles, forced colours, grey, keyboard, 400 %."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

import pytest
from harness import violations
from samples import BARE, FULL, SHORT, candidate_from

from candidate_cards import Shortlist, render_card, render_shortlist

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness import RecordedPage
    from PIL.Image import Image
    from playwright.sync_api import Page

Format = Literal["fragment", "element", "page"]
Density = Literal["row", "card", "detail"]
FORMATS: tuple[Format, ...] = ("fragment", "element", "page")
DENSITIES: tuple[Density, ...] = ("row", "card", "detail")
THEMES = ("dark", "light", "harbour")

_RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"],
    }
}
_TEXT_CONTRAST = 4.5  # WCAG 1.4.3
_HOST = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Host</title></head>
<body><main><h1>Candidates</h1>
{}
</main></body>
</html>"""

# Runs in the page: the cards that are on screen, in the light DOM or in shadow roots.
_CARDS = """
const roots = [document, ...[...document.querySelectorAll("*")]
  .map((element) => element.shadowRoot).filter(Boolean)];
const inRoots = (selector) => roots.flatMap((root) => [...root.querySelectorAll(selector)])
  .filter((element) => element.getClientRects().length > 0);
const cards = inRoots("[role=article]");
"""


@pytest.fixture(params=FORMATS)
def format_(request: pytest.FixtureRequest) -> Format:
    """Each HTML format in turn."""
    value: Format = request.param
    return value


@pytest.fixture(params=DENSITIES)
def density(request: pytest.FixtureRequest) -> Density:
    """Each density in turn."""
    value: Density = request.param
    return value


@pytest.fixture(scope="module")
def shortlist() -> Shortlist:
    """One candidate with every part, one shorter, one nearly empty."""
    folded = {**FULL, "profileId": "prof_long", "rationale": FULL["rationale"] * 4}
    return Shortlist(
        title="Payments engineer",
        brief="Somebody who has moved money before.",
        client="Schelde Pay",
        author="Noor at Talent Desk",
        candidates=tuple(candidate_from(wire) for wire in (FULL, SHORT, BARE, folded)),
    )


def _document(
    shortlist: Shortlist, format_: Format, density: Density = "detail", theme: str = "dark"
) -> str:
    markup = render_shortlist(
        shortlist, format=format_, density=density, theme=theme, profile="internal"
    )
    return str(markup) if format_ == "page" else _HOST.format(markup)


def _evaluate(tab: Page, body: str, argument: object = None) -> Any:  # noqa: ANN401
    return tab.evaluate(f"async (argument) => {{ {_CARDS} {body} }}", argument)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("format_", ["fragment", "element"])
def test_embedded_cards_break_no_rule_of_wcag(
    page: RecordedPage, axe: str, shortlist: Shortlist, format_: Format, theme: str
) -> None:
    """axe-core finds nothing against WCAG 2.2 AA in a host page with cards of all densities."""
    cards = [
        render_shortlist(
            shortlist, format=format_, density=density, theme=theme, profile="internal"
        )
        for density in DENSITIES
    ]
    found = violations(page.show(_HOST.format("".join(cards))), axe, _RULES)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("theme", THEMES)
def test_a_page_breaks_no_rule_of_wcag(
    page: RecordedPage, axe: str, shortlist: Shortlist, density: Density, theme: str
) -> None:
    """axe-core finds nothing against WCAG 2.2 AA in a page of any density and theme."""
    found = violations(page.show(_document(shortlist, "page", density, theme)), axe, _RULES)
    assert not found, "\n".join(found)


def test_a_page_of_one_candidate_breaks_no_rule(page: RecordedPage, axe: str) -> None:
    """A page with a single card has a heading of level 1 and nothing against WCAG."""
    tab = page.show(str(render_card(candidate_from(FULL), format="page", density="detail")))
    found = violations(tab, axe, _RULES)
    assert not found, "\n".join(found)
    assert tab.locator("h1").all_inner_texts() == [FULL["name"]]


def test_a_broken_rule_is_noticed(page: RecordedPage, axe: str) -> None:
    """The measure measures: pale text and a nameless link are reported."""
    bad = '<p style="color:#ccc;background:#fff">pale</p><a href="https://example.test"></a>'
    found = " ".join(violations(page.show(_HOST.format(bad)), axe, _RULES))
    assert "color-contrast" in found
    assert "link-name" in found


_STRIP = """
for (const root of roots) {
  root.adoptedStyleSheets = [];
  root.querySelectorAll("style, link[rel=stylesheet]").forEach((element) => element.remove());
  root.querySelectorAll("*").forEach((element) => element.removeAttribute("style"));
}
"""


def test_words_read_in_order_without_styles(
    page: RecordedPage, shortlist: Shortlist, format_: Format
) -> None:
    """With every style gone a card still says name, role, score, reasons and doubts, in order."""
    tab = page.show(_document(shortlist, format_))
    _evaluate(tab, _STRIP)
    words = " ".join(_evaluate(tab, "return cards[0].innerText;").split())
    expected = [
        FULL["name"],
        f"{FULL['currentRole']} at {FULL['currentCompany']}",
        "Strong match",
        FULL["rationale"],
        "Kotlin",
        "Why a fit",
        *FULL["aiFitPoints"],
        "Points to check",
        *FULL["aiRedFlags"],
        "Evidence by role",
        FULL["aiDetailedRationale"][0]["relevanceExplanation"],
        "Experience",
        FULL["detailedExperience"][1]["highlights"][0],
        "LinkedIn profile",
    ]
    places = [words.find(text) for text in expected]
    assert -1 not in places, [
        text for text, place in zip(expected, places, strict=True) if place < 0
    ]
    assert places == sorted(places)
    assert re.search(r"\b88\b", words)


@pytest.mark.parametrize("format_", ["fragment", "page"])
def test_headings_and_lists_are_real_without_styles(
    page: RecordedPage, shortlist: Shortlist, format_: Format
) -> None:
    """Assistive technology finds names and sections as headings and points as list items."""
    tab = page.show(_document(shortlist, format_))
    _evaluate(tab, _STRIP)
    outline = _evaluate(
        tab,
        """return [...cards[0].querySelectorAll("h1, h2, h3, h4, h5, h6")]
          .map((element) => [element.localName, element.innerText.trim()]);""",
    )
    assert outline[0] == ["h2", FULL["name"]]
    assert {level for level, _ in outline[1:]} == {"h3"}
    sections = " ".join(text for _, text in outline[1:])
    for section in ("Skills", "Why a fit", "Points to check", "Evidence by role", "Experience"):
        assert section in sections
    items = _evaluate(
        tab,
        """return [...cards[0].querySelectorAll("ul > li, ol > li")]
          .map((element) => element.innerText.trim());""",
    )
    assert {*FULL["skills"], *FULL["aiFitPoints"], *FULL["aiRedFlags"]} <= set(items)


def _luminance(colour: tuple[int, ...]) -> float:
    parts = [
        part / 3294.6 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4
        for part in colour[:3]
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def _contrast(picture: Image) -> float:
    """Return the contrast between the commonest colour and the one farthest from it.

    Colours of fewer than 3 pixels in 1,000 are left out: corners and blends.
    """
    colours = picture.getcolors(maxcolors=picture.width * picture.height) or []
    fewest = picture.width * picture.height * 0.003
    ground = _luminance(max(colours)[1])  # type: ignore[arg-type]  # RGB: three numbers
    others = [_luminance(colour) for count, colour in colours if count >= fewest]  # type: ignore[arg-type]
    return max((max(ground, other) + 0.05) / (min(ground, other) + 0.05) for other in others)


def _text_boxes(tab: Page, texts: list[str]) -> dict[str, dict[str, float]]:
    """Return the box, in CSS px, of the first text node of a card that is each text."""
    boxes: dict[str, dict[str, float]] = _evaluate(
        tab,
        """
        const found = {};
        for (const card of cards) {
          const walker = document.createTreeWalker(card, NodeFilter.SHOW_TEXT);
          for (let node; (node = walker.nextNode()); ) {
            const text = node.data.trim();
            if (!argument.includes(text) || text in found) continue;
            const range = document.createRange();
            range.selectNodeContents(node);
            const { x, y, width, height } = range.getBoundingClientRect();
            found[text] = { x, y, width, height };
          }
        }
        return found;
        """,
        texts,
    )
    assert sorted(boxes) == sorted(texts)
    return boxes


_SEEN = [FULL["name"], "88", "Strong match", FULL["currentCompany"], "Why a fit", "Kotlin"]


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_text_is_visible_in_forced_colours(
    open_page: Callable[..., RecordedPage],
    shortlist: Shortlist,
    format_: Format,
    scheme: Literal["dark", "light"],
) -> None:
    """Where the reader's own colours are forced, name, score and reasons stay readable."""
    page = open_page(forced_colors="active", color_scheme=scheme)
    tab = page.show(_document(shortlist, format_))
    assert tab.evaluate("matchMedia('(forced-colors: active)').matches")
    for text, box in _text_boxes(tab, _SEEN).items():
        contrast = _contrast(page.picture(clip=box))  # type: ignore[arg-type]  # four numbers
        assert contrast >= _TEXT_CONTRAST, f"{text}: {contrast:.2f}"


@pytest.mark.parametrize("theme", THEMES)
def test_text_is_visible_on_screen(
    page: RecordedPage, shortlist: Shortlist, format_: Format, theme: str
) -> None:
    """The painted pixels of name, score and reasons, gradients included, have the contrast."""
    tab = page.show(_document(shortlist, format_, "detail", theme))
    for text, box in _text_boxes(tab, _SEEN).items():
        contrast = _contrast(page.picture(clip=box))  # type: ignore[arg-type]  # four numbers
        assert contrast >= _TEXT_CONTRAST, f"{text}: {contrast:.2f}"


@pytest.mark.parametrize("theme", THEMES)
def test_bands_are_told_apart_in_greyscale(
    page: RecordedPage, theme: str, density: Density
) -> None:
    """Without colour each band of scores is a different word, readable in grey."""
    words = {"95": "Strong match", "70": "Good match", "50": "Partial match", "10": "Low match"}
    candidates = [
        candidate_from({**BARE, "profileId": f"prof_{score}", "matchScore": int(score)})
        for score in words
    ]
    of_each_band = Shortlist(candidates=(*candidates, candidate_from(BARE)))
    tab = page.show(_document(of_each_band, "fragment", density, theme))
    for word, box in _text_boxes(tab, [*words.values(), "Not scored"]).items():
        grey = page.picture(clip=box).convert("L").convert("RGB")  # type: ignore[arg-type]
        assert _contrast(grey) >= _TEXT_CONTRAST, word


def test_keyboard_focus_is_visible_on_every_stop(
    page: RecordedPage, theme: str, shortlist: Shortlist, format_: Format
) -> None:
    """Tab reaches each link and fold of a card, and the picture shows where it is."""
    tab = page.show(_document(shortlist, format_, "card", theme))
    stops = _evaluate(
        tab, "return cards.flatMap((card) => [...card.querySelectorAll('a, summary')]).length;"
    )
    assert stops >= 6
    reached = []
    for _ in range(stops):
        tab.keyboard.press("Tab")
        focused = tab.evaluate(
            """() => {
              let element = document.activeElement;
              while (element.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
              element.scrollIntoView({ block: "center" });
              const { x, y, width, height } = element.getBoundingClientRect();
              const { outlineStyle, outlineWidth } = getComputedStyle(element);
              return [element.localName, outlineStyle, parseFloat(outlineWidth),
                { x: x - 6, y: y - 6, width: width + 12, height: height + 12 }];
            }"""
        )
        name, style, width, box = focused
        reached.append(name)
        assert style != "none", name
        assert width >= 1, name
        with_focus = page.picture(clip=box)
        tab.evaluate(
            """() => {
              let element = document.activeElement;
              while (element.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
              element.blur(); window.lastFocused = element;
            }"""
        )
        assert with_focus.tobytes() != page.picture(clip=box).tobytes(), name
        tab.evaluate("() => window.lastFocused.focus()")
    assert set(reached) == {"a", "summary"}


_LOST = """
const lost = [], boxes = [];
for (const card of cards) {
  const walker = document.createTreeWalker(card, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode()); ) {
    if (!node.data.trim() || !node.parentElement.checkVisibility()) continue;
    // For the ear only: one pixel, cut on purpose.
    if (node.parentElement.getBoundingClientRect().width <= 1) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.left < -0.5 || box.right > innerWidth + 0.5)
        lost.push(`outside: ${node.data.trim()}`);
      for (const [other, text] of boxes)
        if (Math.min(box.right, other.right) - Math.max(box.left, other.left) > 1
            && Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top) > 3)
          lost.push(`overlap: ${node.data.trim()} and ${text}`);
      boxes.push([box, node.data.trim()]);
    }
  }
  for (const element of card.querySelectorAll("*")) {
    const { overflowX, overflowY } = getComputedStyle(element);
    if (element.checkVisibility() && element.offsetWidth > 1
        && [overflowX, overflowY].some((x) => x !== "visible")
        && (element.scrollWidth > element.clientWidth + 1
            || element.scrollHeight > element.clientHeight + 1))
      lost.push(`cut: ${element.innerText}`);
  }
}
return lost;
"""


@pytest.mark.parametrize("theme", ["dark", "harbour"])
def test_nothing_is_lost_at_400_percent(
    open_page: Callable[..., RecordedPage],
    shortlist: Shortlist,
    format_: Format,
    density: Density,
    theme: str,
) -> None:
    """In 320 CSS px, as 1280 at 400 %, nothing is cut, overlaps or asks for sideways scrolling."""
    page = open_page(viewport={"width": 320, "height": 256})
    tab = page.show(_document(shortlist, format_, density, theme))
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320
    lost = _evaluate(tab, _LOST)
    _evaluate(tab, "inRoots('details').forEach((fold) => { fold.open = true; });")
    lost += _evaluate(tab, _LOST)
    assert not lost, "\n".join(lost)
