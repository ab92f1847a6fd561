"""The vendor's HTML, made inert, in a real browser: as a part of the page and put in by script."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal

import pytest
from engines import ENGINES, LOOK, Engine, wait_until_compiled
from harness import changed_share
from samples import BARE, FULL, SHORT, candidate_from

from candidate_cards import render_card
from candidate_cards.errors import InputError
from candidate_cards.rendering.sanitizing import sanitize_fragment
from hostile_corpus import BAD_URLS, FLAG, PAYLOADS, folded, payloads

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness import RecordedPage
    from PIL.Image import Image
    from playwright.sync_api import Page

Way = Literal["page", "innerHTML", "setHTMLUnsafe", "DOMParser", "srcdoc", "twice"]
WAYS: Final[tuple[Way, ...]] = (
    "page",
    "innerHTML",
    "setHTMLUnsafe",
    "DOMParser",
    "srcdoc",
    "twice",
)

#: Where a payload can stand in what a vendor sends.
_PLACES: Final = (
    "{}",
    "<p>a{}b</p>",
    '<p title="{}">a</p>',
    "<p title='{}'>a</p>",
    "<p title={}>a</p>",
    '<p style="color:{}">a</p>',
    "<p {}>a</p>",
    '<a href="{}">a</a>',
    "<svg>{}<path d='{}'/><text>{}</text></svg>",
    "<table>{}<tr>{}<td>{}",
    "<math><mtext>{}</mtext></math>{}",
    "<select>{}</select><textarea>{}",
    "<noscript>{}</noscript><template shadowrootmode=open>{}",
    "<!--{}",
    "<b><i>{}</b>{}</i>",
)
_SLOT: Final = '<section class="slot">{}</section><p class="beside">beside 1 <b>2</b></p>'
_HOST: Final = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Host</title>
<style>main {{ width: 480px }} .slot {{ overflow-anchor: none }}</style></head>
<body><main>{}</main></body></html>"""

_PUT: Final = """([way, cards]) => {
  const main = document.querySelector("main");
  for (const [number, slot] of [...main.querySelectorAll(".slot")].entries()) {
    const html = cards[number];
    if (way === "innerHTML") slot.innerHTML = html;
    if (way === "setHTMLUnsafe") slot.setHTMLUnsafe(html);
    if (way === "DOMParser")
      slot.append(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
    if (way === "twice") {
      slot.innerHTML = html;
      slot.innerHTML = slot.innerHTML;
      const again = document.createElement("template");
      again.innerHTML = slot.innerHTML;
      slot.replaceChildren(again.content);
    }
  }
}"""

# Events that nobody causes by looking; a link's own click leads nowhere here.
_TOUCH: Final = """() => {
  addEventListener("click", (event) => event.preventDefault());
  for (const element of document.querySelectorAll("main *")) {
    for (const kind of ["pointerenter", "mouseover", "pointerdown", "focusin", "keydown",
      "animationstart", "transitionend", "toggle", "beforetoggle", "load", "error", "begin"])
      element.dispatchEvent(new Event(kind, { bubbles: true }));
    element.focus?.();
    element.click?.();
  }
}"""

# What is in the page, whichever way it came in.
_FAULTS: Final = """() => {
  const faults = [];
  const names = new Set(("aria-hidden aria-label aria-level aria-valuemax aria-valuemin " +
    "aria-valuenow aria-valuetext colspan dir lang open role rowspan scope start title value " +
    "data-ng-non-bindable style rel target").split(" "));
  const shapes = new Set(["svg", "circle", "ellipse", "line", "path", "polygon", "polyline",
    "rect", "text"]);
  const slots = [...document.querySelectorAll("main > .slot")];
  for (const [number, slot] of slots.entries()) {
    const say = (what) => faults.push(`${number}: ${what}`);
    if (slot.children.length !== 1 || slot.childNodes.length !== 1) say("not one root");
    if (slot.nextElementSibling?.className !== "beside") say("its neighbour is gone");
    for (const element of slot.querySelectorAll("*")) {
      const name = element.localName;
      const isDrawn = element.namespaceURI === "http://www.w3.org/2000/svg";
      if (element.namespaceURI !== "http://www.w3.org/1999/xhtml" && !isDrawn) say(name);
      if (isDrawn !== shapes.has(name)) say(`<${name}> in the wrong namespace`);
      if (element.shadowRoot) say("a shadow root");
      if (/^(script|style|template|iframe|object|embed|img|image|form|input|button|link|base|meta)$/
        .test(name)) say(`<${name}>`);
      for (const { name: attribute, value } of element.attributes) {
        if (attribute === "href") {
          if (name !== "a" || !/^(https:\\/\\/[a-z0-9.-]+\\.[a-z]|mailto:[\\w.%+-]+@)/.test(value))
            say(`href=${value}`);
        } else if (!names.has(attribute) && !isDrawn) say(`${name} ${attribute}=${value}`);
        else if (isDrawn && /url|script|href|^on/i.test(attribute + value)) say(attribute);
      }
      const style = getComputedStyle(element);
      if (/url\\(/.test(style.backgroundImage + style.listStyleImage + style.cursor + style.fill
        + style.maskImage + style.filter + style.borderImageSource)) say("loads");
      if (/fixed|sticky/.test(style.position)) say(style.position);
    }
  }
  return [slots.length, faults];
}"""


def _cards() -> list[str]:
    """Return every payload in every place and every bad address as a link, made inert."""
    found: list[str] = []
    for html in (
        *(place.replace("{}", payload.text) for payload in PAYLOADS for place in _PLACES),
        *(f'<a href="{url}">a</a>' for url in BAD_URLS),
        *(f"<a href='{url}' target=_top>a</a>" for url in BAD_URLS),
    ):
        try:
            found.append(str(sanitize_fragment(html)))
        except InputError:
            continue  # the very long ones
    assert len(found) > 5000
    return found


@pytest.fixture(scope="module")
def cards() -> list[str]:
    """What came of all payloads."""
    return _cards()


def _shown(page: RecordedPage, way: Way, cards: Iterable[str]) -> Page:
    cards = list(cards)
    if way == "page":
        return page.show(_HOST.format("".join(map(_SLOT.format, cards))))
    if way == "srcdoc":
        inside = _HOST.format("".join(map(_SLOT.format, cards)))
        tab = page.show('<!DOCTYPE html><title>Host</title><main></main><iframe id="f"></iframe>')
        tab.evaluate(
            """(html) => new Promise((done) => {
              const frame = document.getElementById("f");
              frame.onload = done;
              frame.srcdoc = html;
            })""",
            inside,
        )
        return tab
    tab = page.show(_HOST.format(_SLOT.format("") * len(cards)))
    tab.evaluate(_PUT, [way, cards])
    return tab


def _assert_nothing_happened(page: RecordedPage) -> None:
    for frame in page.tab.frames:
        assert frame.evaluate(f"window.{FLAG}") is None
    assert page.noise() == []
    asked = [url for url in page.requests if not url.endswith("/favicon.ico")]
    assert [url for url in asked if not url.startswith("about:")] == asked[:1]


@pytest.mark.parametrize("way", WAYS)
def test_every_payload_is_inert_whichever_way_it_comes_in(
    page: RecordedPage, cards: list[str], way: Way
) -> None:
    """Nothing runs, is asked for, leads away or leaves its slot, touched or not."""
    tab = _shown(page, way, cards)
    frame = tab.frames[-1]
    _assert_nothing_happened(page)
    frame.evaluate(_TOUCH)
    tab.wait_for_timeout(200)
    _assert_nothing_happened(page)
    count, faults = frame.evaluate(_FAULTS)
    assert count == len(cards)
    assert not faults, "\n".join(f"{fault}: {cards[int(fault.split(':')[0])]}" for fault in faults)


def test_a_browser_reads_what_was_judged(page: RecordedPage, cards: list[str]) -> None:
    """Parsed and written again by the browser, each card is the same text."""
    tab = page.show(_HOST.format(""))
    changed = tab.evaluate(
        """(cards) => cards.filter((html) => {
          const slot = document.createElement("div");
          slot.innerHTML = html;
          // The same, in another spelling.
          const plain = (text) => text.replaceAll("&quot;", '"').replaceAll("&#39;", "'");
          return plain(slot.innerHTML) !== plain(html);
        })""",
        cards,
    )
    assert changed == []


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_a_page_that_compiles_its_dom_leaves_the_vendors_text_alone(
    page: RecordedPage, engine: Engine
) -> None:
    """Expressions, directives and what would become one after cleaning stay as they were read."""
    texts = [payload.text for payload in payloads("template")]
    made = [
        str(sanitize_fragment(f'<div role="article">{place.replace("{}", text)}</div>'))
        for text in texts
        for place in ("{}", '<p title="{}">a</p>', "<p {}>a</p>", "<i>{</i>{}<b>}</b>")
    ]
    tab = page.show(engine.document("".join(made)))
    wait_until_compiled(page)
    seen = tab.evaluate(LOOK)
    assert seen["flag"] is None
    assert page.noise() == []
    plain = page.show(_HOST.format("".join(made))).evaluate(LOOK)
    assert [folded(text) for text in seen["cards"]] == [folded(text) for text in plain["cards"]]
    assert len(plain["cards"]) == len(made)


_HOSTS: Final = {
    "block": "width:640px",
    "narrow": "width:280px",
    "flex": "width:640px;display:flex;flex-wrap:wrap;gap:8px",
    "grid": "width:640px;display:grid",
}


@pytest.mark.parametrize("host", _HOSTS)
@pytest.mark.parametrize("density", ["row", "card", "detail"])
def test_our_own_cards_look_the_same_afterwards(
    page: RecordedPage,
    theme: Literal["dark", "light"],
    density: Literal["row", "card", "detail"],
    host: str,
) -> None:
    """Not one pixel differs, in wide, narrow and flexible places."""
    people = [candidate_from(wire) for wire in (FULL, SHORT, BARE)]
    ours = [
        str(render_card(person, theme=theme, density=density, profile="internal"))
        for person in people
    ]
    pictures = []
    for made in (ours, [str(sanitize_fragment(card)) for card in ours]):
        slots = "".join(f'<div style="min-width:0">{card}</div>' for card in made)
        page.show(
            '<!DOCTYPE html><html lang="en"><title>Host</title><body style="margin:8px;'
            f'background:#888"><main style="{_HOSTS[host]}">{slots}</main></body></html>'
        )
        pictures.append(page.picture())
    assert changed_share(*pictures) == 0
    blank = page.show('<!DOCTYPE html><title>Host</title><body style="background:#888">')
    assert blank.url
    assert changed_share(pictures[0], page.picture()) > 0.05


#: What tries to cover, push or reach its neighbours.
_OUTSIDE: Final = (
    "position:fixed;inset:0;width:100vw;height:100vh;z-index:2147483647",
    "position:absolute;top:-500px;left:-500px;width:3000px;height:3000px;z-index:99",
    "position:absolute;top:0;left:0;width:3000px;height:3000px",
    "position:sticky;top:0;height:100vh",
    "margin:-400px;padding:400px",
    "margin-top:-300px;height:600px",
    "transform:translate(-200px,-200px) scale(9)",
    "transform:rotate(45deg);width:3000px;height:3000px;position:absolute;top:0",
    "box-shadow:0 0 0 9000px rgba(255,0,0,.9)",
    "outline:900px solid red;outline-offset:100px",
    "float:left;width:3000px;height:100px;margin-left:-900px",
    "width:9000px;height:50px",
    "text-indent:-900px;text-shadow:0 200px red,0 -200px red;font-size:90px",
    "display:contents",
    "all:initial;position:relative;top:-200px;height:100px;width:480px",
    "filter:drop-shadow(0 300px 0 red)",
    "writing-mode:vertical-rl;direction:rtl;unicode-bidi:bidi-override",
)


def _around(tab: Page) -> Any:  # noqa: ANN401
    """Return where the neighbours are and what a click on each would meet."""
    return tab.evaluate(
        """() => [...document.querySelectorAll(".beside")].map((beside) => {
          beside.scrollIntoView({ block: "center" });
          const { x, y, width, height } = beside.getBoundingClientRect();
          const met = document.elementFromPoint(x + 20, y + height / 2);
          const slot = document.querySelector(".slot").getBoundingClientRect();
          return [x, width, height, beside.contains(met), slot.x, slot.width,
            document.documentElement.scrollWidth];
        })"""
    )


@pytest.mark.parametrize("is_judged", [True, False], ids=["judged", "root-alone"])
@pytest.mark.parametrize("style", _OUTSIDE)
def test_nothing_is_painted_or_clicked_outside_of_a_card(
    page: RecordedPage, style: str, *, is_judged: bool
) -> None:
    """Each of two locks holds: the judge of styles, and the root without any judge."""
    attack = f'<a href="https://a.example/" style="{style};background:red;color:red">XXXX</a>'
    attack = f'<div style="{style};background:red">{attack}</div>'
    inert = str(sanitize_fragment(attack))
    if not is_judged:
        root = str(sanitize_fragment("")).removesuffix("</div>")
        inert = f"{root}{attack}</div>"
    before = '<p class="beside">above</p>'
    tab = page.show(_HOST.format(before + _SLOT.format(inert)))
    found = _around(tab)
    harmless = '<div style="height:20px">x</div>'
    expected = _around(
        page.show(_HOST.format(before + _SLOT.format(str(sanitize_fragment(harmless)))))
    )
    assert found == expected
    assert all(clicked for _, _, _, clicked, *_ in found)

    tab = page.show(_HOST.format(before + _SLOT.format(inert)))
    box = tab.evaluate(
        """() => { scrollTo(0, 0);
          const { top, bottom } = document.querySelector(".slot").getBoundingClientRect();
          return [top, bottom]; }"""
    )
    picture = page.picture()
    outside = [picture.crop((0, 0, picture.width, int(box[0]) - 1))]
    if box[1] < picture.height:
        outside.append(picture.crop((0, int(box[1]) + 2, picture.width, picture.height)))
    outside.append(picture.crop((500, 0, picture.width, picture.height)))
    assert list(map(_reds, outside)) == [0] * len(outside)


def _reds(picture: Image) -> int:
    colours: Any = picture.getcolors(maxcolors=2**24)
    return sum(
        count for count, (red, green, blue) in colours if red > 200 and max(green, blue) < 100
    )


def test_a_page_that_is_covered_is_noticed(page: RecordedPage) -> None:
    """The measure measures: without judge and root the same styles reach their neighbours."""
    reached = 0
    for style in _OUTSIDE:
        attack = f'<div style="{style};background:red">XXXX</div>'
        tab = page.show(_HOST.format('<p class="beside">above</p>' + _SLOT.format(attack)))
        clicked = [is_hit for _, _, _, is_hit, *_ in _around(tab)]
        reached += not all(clicked) or _reds(page.picture().crop((500, 0, 1000, 1200))) > 0
    assert reached >= len(_OUTSIDE) // 2


def test_bidi_of_a_vendor_does_not_turn_the_host(page: RecordedPage) -> None:
    """Words of the page before and after a card keep their place."""

    def boxes(html: str) -> Any:  # noqa: ANN401
        tab = page.show(
            _HOST.format(f"<p>abc (1)</p>{html}<p class=x>after <b>abc (1)</b> d, 2</p>")
        )
        return tab.evaluate(
            """() => [...document.querySelectorAll("main > p, main > p > b")].map((element) =>
              [...element.childNodes].map((node) => {
                const range = document.createRange();
                range.selectNodeContents(node);
                const { x, width } = range.getBoundingClientRect();
                return [x, width];
              }))"""
        )

    expected = boxes(str(sanitize_fragment("<p>x</p>")))
    for payload in payloads("bidi"):
        for html in (f"<p>{payload.text}</p>", f"<p dir=rtl>{payload.text}<b>", payload.text):
            assert boxes(str(sanitize_fragment(html))) == expected


def test_a_browser_that_is_fooled_is_noticed(page: RecordedPage) -> None:
    """The measure measures: as the vendor sent them, many payloads run or are at fault."""
    chosen = payloads("markup", "foreign", "mutation")
    tab = page.show(_HOST.format("".join(_SLOT.format("") for _ in chosen)))
    tab.evaluate(_PUT, ["innerHTML", [payload.text for payload in chosen]])
    tab.evaluate(_TOUCH)
    tab.wait_for_timeout(200)
    assert tab.evaluate(f"window.{FLAG}") is not None
    _, faults = tab.evaluate(_FAULTS)
    assert len({fault.split(":")[0] for fault in faults}) > 0.8 * len(chosen)
    assert json.dumps(page.noise()).count("evil.invalid") > 3
