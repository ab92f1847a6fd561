"""The example integrations in a browser: quiet, isolated, at any width, for everybody."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from harness import changed_share, violations
from hosts import GROUNDS, HOSTILE, Slot, card_pictures
from visiting import AXE_RULES, Visitor, evaluate, serve_files

from candidate_cards import load_shortlist
from hostile_corpus import FLAG, folded, hostile_wires
from sites import APPLICATIONS, FASTAPI, FOLDER, PLAIN, SITES, Site, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from harness import RecordedPage
    from playwright.sync_api import Route
    from visiting import Theme

SHORTLIST = load_shortlist(FOLDER.parent / "payloads" / "shortlist.json")
_HOSTILE_PEOPLE = 60  # all of them are in test_hostile.py


@pytest.fixture(scope="module")
def origins() -> Iterator[Mapping[str, str]]:
    """Where each integration runs, by its name."""
    with ExitStack() as stack:
        yield {site.name: stack.enter_context(running(site)) for site in SITES}


@pytest.fixture(params=SITES, ids=lambda site: site.name)
def site(request: pytest.FixtureRequest) -> Site:
    """Each integration in turn."""
    value: Site = request.param
    return value


@pytest.fixture
def visitor(
    open_page: Callable[..., RecordedPage],
    origins: Mapping[str, str],
    site: Site,
    theme: Theme,
) -> Visitor:
    """Somebody who prefers the theme."""
    page = open_page(friends=tuple(origins.values()), color_scheme=theme)
    return Visitor(page, origins[site.name], theme)


def _paths(site: Site) -> list[str]:
    return [site.index, *(site.detail.format(n) for n, _ in enumerate(SHORTLIST.candidates, 1))]


def test_pages_show_their_cards_and_are_quiet(site: Site, visitor: Visitor, theme: Theme) -> None:
    """Every page shows its people in the theme, with nothing on the console and no violation."""
    for path in _paths(site):
        tab = visitor.visit(path)
        shown = evaluate(
            tab,
            """return cards.map((card) => [
                 card.getAttribute("aria-label"), getComputedStyle(card).backgroundColor,
                 getComputedStyle(card).colorScheme]);""",
        )
        names = [person.name for person in SHORTLIST.candidates]
        if path != site.index:
            names = [names[_paths(site).index(path) - 1]]
        assert [name for name, *_ in shown] == names
        ground = {"light": "rgb(255, 255, 255)", "dark": "rgb(15, 23, 42)"}[theme]
        assert {tuple(rest) for _, *rest in shown} == {(ground, theme)}
        assert tab.evaluate("getComputedStyle(document.body).fontSize") == "16px"
        assert visitor.noise() == []


@pytest.mark.parametrize("theme", ["light"])
def test_headings_of_cards_fit_the_page(site: Site, visitor: Visitor) -> None:
    """Names come below the page's headings, or are the one heading of a page about a person."""
    outline = """return [...document.querySelectorAll("h1, h2, h3"), ...cards.flatMap((card) =>
      [...card.querySelectorAll("h1, h2, h3, h4")])].filter((heading) => heading.checkVisibility())
      .map((heading) => [heading.localName, heading.textContent.trim()]);"""
    names = [person.name for person in SHORTLIST.candidates]
    found = evaluate(visitor.visit(site.index), outline)
    assert [text for level, text in found if level == "h1"] == [SHORTLIST.title]
    assert [text for level, text in found if level == "h3"] == names
    found = evaluate(visitor.visit(site.detail.format(1)), outline)
    assert [text for level, text in found if level == "h1"] == names[:1]
    assert "Experience" in [text for level, text in found if level == "h2"]


@pytest.mark.parametrize("theme", ["light"])
def test_nothing_overflows_at_any_width(site: Site, visitor: Visitor) -> None:
    """From 280 to 900 px a page that is resized never scrolls sideways and cuts no card."""
    for path in (site.index, site.detail.format(2)):
        tab = visitor.visit(path)
        wide = []
        for width in range(280, 901, 20):
            tab.set_viewport_size({"width": width, "height": 700})
            wide += evaluate(
                tab,
                """
                const wrong = document.documentElement.scrollWidth > innerWidth ? ["page"] : [];
                for (const card of cards)
                  for (const element of [card, ...card.querySelectorAll("*")]) {
                    const { left, right } = element.getBoundingClientRect();
                    if (left < 0 || right > innerWidth) wrong.push(element.outerHTML.slice(0, 60));
                  }
                return cards.length ? wrong.map((what) => `${innerWidth}: ${what}`) : ["no card"];
                """,
            )
        assert wide == [], path


@pytest.mark.parametrize("width", [390, 1280])
def test_pages_have_no_barrier(site: Site, visitor: Visitor, axe: str, width: int) -> None:
    """axe-core finds nothing, its rules on headings and landmarks included."""
    visitor.tab.set_viewport_size({"width": width, "height": 800})
    for path in (site.index, site.detail.format(1)):
        assert violations(visitor.visit(path), axe, AXE_RULES) == []


# Gives the element that holds the cards of a theme a place of its own in the page.
_HOLD = """
const [theme, style] = argument;
const host = hosts.find((host) => getComputedStyle(host).colorScheme === theme);
const slot = document.createElement("div");
slot.dataset.slot = "";
slot.style.cssText = style;
host.before(slot);
slot.append(host);
"""


def test_no_style_of_the_page_reaches_a_card(site: Site, visitor: Visitor, theme: Theme) -> None:
    """With hostile rules in the site's own style sheet not a pixel of a card is another."""
    style = str(Slot(GROUNDS[theme], 3000)).split('style="')[1].split('"')[0]
    tab = visitor.tab
    # In a page as high as this nothing is scrolled.
    tab.set_viewport_size({"width": 1000, "height": 6000})

    def card() -> Any:  # noqa: ANN401
        evaluate(visitor.visit(site.index), _HOLD, [theme, style])
        return card_pictures(visitor.page, 1)[0]

    alone = card()
    assert len(alone.getcolors(1 << 24) or ()) > 20
    # Not the rules that need a slot of their own kind, or that turn what lies around the card.
    names = ("unset", "unset-block", "important", "important-layer", "pseudo-elements")
    sheets = {host.name: host.style for host in HOSTILE if host.name in names}
    assert len(sheets) == len(names)
    sheets["all-unset"] = "* {all: unset !important}"
    served = ""

    def answer(route: Route) -> None:
        route.fulfill(body=served, content_type="text/css; charset=utf-8")

    tab.route("**/static/ats.css", answer)
    differences = {}
    for name, css in sheets.items():
        served = css
        differences[name] = changed_share(card(), alone)
        rules = tab.evaluate("document.styleSheets[0].cssRules.length")
        assert rules > 0, name
    tab.unroute("**/static/ats.css")
    assert differences == dict.fromkeys(sheets, 0)


# Every computed property and the box of every element of the page.
_STATE = """
const state = { sheets: document.styleSheets.length + document.adoptedStyleSheets.length };
[...document.querySelectorAll("body, body *")]
  .filter((element) => !hosts.includes(element) && !element.closest("[data-placeholder]"))
  .forEach((element, index) => {
    const style = getComputedStyle(element);
    state[`${element.localName} ${index}`] = JSON.stringify(element.getBoundingClientRect())
      + [...style].map((name) => `${name}: ${style.getPropertyValue(name)}`).join("; ");
  });
"""


def test_no_style_of_a_card_reaches_the_page(site: Site, visitor: Visitor) -> None:
    """With an empty box in its place every other element has the same style and the same box."""
    tab = visitor.visit(site.index)
    before = evaluate(tab, f"{_STATE} return state;")
    assert len(before) > 15
    after = evaluate(
        tab,
        f"""
        for (const host of hosts.splice(0)) {{
          const {{ width, height }} = host.getBoundingClientRect();
          const box = document.createElement("div");
          box.dataset.placeholder = "";
          box.style.cssText = `width: ${{width}}px; height: ${{height}}px`;
          host.replaceWith(box);
        }}
        {_STATE} return state;
        """,
    )
    assert after == before


@pytest.mark.parametrize("site", APPLICATIONS, ids=lambda site: site.name)
def test_hostile_people_are_inert(
    open_page: Callable[..., RecordedPage], site: Site, tmp_path: Path
) -> None:
    """In lists, links, titles and cards what a candidate's text holds is read, and nothing more."""
    file = tmp_path / "hostile.json"
    file.write_text(json.dumps(hostile_wires()[:_HOSTILE_PEOPLE]), "utf-8")
    people = load_shortlist(file).candidates
    assert len(people) == _HOSTILE_PEOPLE
    with running(site, {"SHORTLIST": str(file)}) as origin:
        visitor = Visitor(open_page(friends=(origin,)), origin, "light")
        for path in (site.index, *(site.detail.format(number) for number in range(1, 13))):
            _assert_inert(visitor, path, [folded(person.name or "Unnamed") for person in people])


def test_hostile_people_are_inert_in_files(page: RecordedPage, tmp_path: Path) -> None:
    """The same holds for pages that are only files."""
    import runpy  # noqa: PLC0415  for this test alone

    file = tmp_path / "hostile.json"
    file.write_text(json.dumps(hostile_wires()[:_HOSTILE_PEOPLE]), "utf-8")
    people = load_shortlist(file).candidates
    build = runpy.run_path(str(FOLDER / PLAIN.name / PLAIN.file))
    made: dict[str, str] = build["pages"](file)
    serve_files(page.server, made)
    visitor = Visitor(page, page.server.origin, "light")
    names = [folded(person.name or "") for person in people]
    for path in (PLAIN.index, *(PLAIN.detail.format(number) for number in range(1, 13))):
        _assert_inert(visitor, path, names)


def _assert_inert(visitor: Visitor, path: str, names: list[str]) -> None:
    visitor.page.forget()
    tab = visitor.visit(path)
    for kind in ("pointerenter", "mouseover", "focusin", "keydown"):
        evaluate(
            tab,
            """for (const element of [...document.querySelectorAll("*"),
                 ...hosts.flatMap((host) => [...host.shadowRoot.querySelectorAll("*")])])
                 element.dispatchEvent(new Event(argument, { bubbles: true, composed: true }));""",
            kind,
        )
    assert tab.evaluate(f"window.{FLAG}") is None
    assert visitor.noise() == []
    asked = {url.partition("?")[0].rpartition("/")[2] for url in visitor.page.requests}
    assert asked <= {path.rpartition("/")[2], "ats.css", "icon.svg", "quick-look.js"}
    assert evaluate(tab, "return cards.length;")
    links = tab.locator(".people a").evaluate_all("all => all.map((link) => link.textContent)")
    assert [folded(text) for text in links] == names


@pytest.mark.parametrize("site", [FASTAPI], ids=lambda site: site.name)
def test_a_script_inserts_a_card_with_its_shadow_root(
    site: Site, visitor: Visitor, axe: str, theme: Theme
) -> None:
    """A link opens the whole card in a dialog, under the same policy; without script, a page."""
    tab = visitor.visit(site.index)
    for number, person in enumerate(SHORTLIST.candidates):
        tab.locator("a[data-card]").nth(number).click()
        tab.locator("dialog[open]").wait_for()
        shown = evaluate(
            tab,
            """return cards.filter((card) => card.getRootNode().host.closest("dialog")).map(
                 (card) => [card.getAttribute("aria-label"), getComputedStyle(card).color]);""",
        )
        ink = {"light": "rgb(30, 41, 59)", "dark": "rgb(226, 232, 240)"}[theme]
        assert shown == [[person.name, ink]]
        assert tab.evaluate("document.activeElement.textContent") == "Close"
        assert violations(tab, axe, {**AXE_RULES, "rules": {}}) == []
        leads = tab.locator("dialog form a").get_attribute("href") or ""
        assert leads.endswith(site.detail.format(number + 1))
        tab.keyboard.press("Escape")
        assert tab.locator("dialog[open]").count() == 0
    assert visitor.noise() == []


@pytest.mark.parametrize("site", APPLICATIONS, ids=lambda site: site.name)
def test_pages_need_no_script(
    open_page: Callable[..., RecordedPage],
    origins: Mapping[str, str],
    site: Site,
    visitor: Visitor,
    theme: Theme,
) -> None:
    """With scripts switched off a page looks the same, and its links lead on."""
    visitor.visit(site.index)
    page = open_page(friends=tuple(origins.values()), color_scheme=theme, java_script_enabled=False)
    page.tab.goto(f"{origins[site.name]}{site.index}?theme={theme}")
    assert changed_share(page.picture(), visitor.page.picture()) == 0
    page.tab.locator(".people a").nth(1).click()
    page.tab.wait_for_url(f"**{site.detail.format(2)}")
    assert page.tab.title() == f"{SHORTLIST.candidates[1].name} - Hiring"
