"""Hostile text in a real browser: nothing runs, loads, leads away or moves what is beside it."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Any, Literal

import pytest

from candidate_cards import Candidate, render_card, render_shortlist
from hostile_corpus import (
    BAD_URLS,
    EMAIL_FIELD,
    FLAG,
    HOSTILE_EMAILS,
    PAYLOADS,
    REPAIRABLE_URLS,
    SHORT_PAYLOADS,
    TEXT_FIELDS,
    URL_FIELD,
    Field,
    folded,
    harmless_candidate,
    hostile_wires,
    payloads,
    printable_payloads,
    read_wires,
    replace_texts,
    text_at,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness import RecordedPage
    from playwright.sync_api import Page

    from candidate_cards import Shortlist

Format = Literal["fragment", "element", "page"]
Density = Literal["row", "card", "detail"]
Theme = Literal["dark", "light"]
FORMATS: tuple[Format, ...] = ("fragment", "element", "page")

_CARD_WIDTH = 480  # CSS px
_HOST = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Host</title>
<style>main {{ width: {width}px }}</style></head>
<body><main>{cards}</main></body>
</html>"""

# Runs in the page: everything of the light DOM and of all shadow roots, in document order.
_WALK = """
const everything = (root = document) =>
  [...root.querySelectorAll("*")].flatMap((element) =>
    element.shadowRoot ? [element, ...everything(element.shadowRoot)] : [element]);
const shown = (element) => element.getClientRects().length > 0;
const cards = () =>
  everything().filter((element) => element.getAttribute("role") === "article" && shown(element));
"""

# Unlike a style element this needs no leave of a page's security policy.
_RESTYLE = """
const sheet = new CSSStyleSheet();
sheet.replaceSync(argument);
document.adoptedStyleSheets = [sheet];
for (const { shadowRoot } of everything()) if (shadowRoot) shadowRoot.adoptedStyleSheets = [sheet];
"""
# Cards off the screen have a guessed height until they are laid out.
_ALL_LAID_OUT = "* { content-visibility: visible !important }"
# Letters in another order are kerned differently, which is no harm; without kerning a text is as
# wide as its letters.
_UNKERNED = "* { font-kerning: none !important; font-variant-ligatures: none !important }"


@pytest.fixture(params=FORMATS)
def format_(request: pytest.FixtureRequest) -> Format:
    """Each HTML format in turn."""
    value: Format = request.param
    return value


def _document(
    shortlist: Shortlist, format_: Format, theme: Theme, density: Density = "detail"
) -> str:
    html = render_shortlist(
        shortlist, format=format_, theme=theme, density=density, profile="internal"
    )
    return str(html) if format_ == "page" else _HOST.format(width=_CARD_WIDTH, cards=html)


def _evaluate(tab: Page, body: str, argument: object = None) -> Any:  # noqa: ANN401
    return tab.evaluate(f"(argument) => {{ {_WALK} {body} }}", argument)


def _assert_nothing_happened(page: RecordedPage) -> None:
    assert page.tab.evaluate(f"window.{FLAG}") is None
    assert page.noise() == []
    # The document itself is the only thing that was ever asked for.
    assert [url for url in page.requests if not url.endswith("/favicon.ico")] == page.requests[:1]


def test_every_payload_in_every_field_is_inert_text(
    page: RecordedPage, format_: Format, theme: Theme
) -> None:
    """Nothing runs, is asked for or leads away; each payload reads as text beside plain cards."""
    wires = hostile_wires()
    shortlist = read_wires(wires)
    tab = page.show(_document(shortlist, format_, theme))

    _assert_nothing_happened(page)
    found = _evaluate(
        tab,
        """
        const bad = [], follow = ["href", "src", "action", "formaction", "xlink:href", "srcset",
          "poster", "data", "background", "ping", "srcdoc", "content", "codebase"];
        for (const element of everything(document.body))
          for (const { name, value } of element.attributes) {
            const link = follow.includes(name);
            // Of a meta with an itemprop it is a value for programs, which nothing follows.
            const told = element.matches("meta[itemprop]:not([http-equiv]):not([name])");
            const fine = (name === "content" && told) || element.localName === "a"
              && name === "href" && (/^https:\\/\\/([a-z]+\\.)?linkedin\\.com\\/[!-~]*$/.test(value)
                  || value === `mailto:${element.textContent.trim()}`);
            if (name.startsWith("on") || (link && !fine))
              bad.push(`${element.localName} ${name}=${value}`);
          }
        return bad;
        """,
    )
    assert not found, "\n".join(found)

    # Before asking which cards are shown, which would lay them out one by one.
    _evaluate(tab, _RESTYLE, _ALL_LAID_OUT)
    texts = _evaluate(tab, "return cards().map((card) => card.textContent);")
    assert len(texts) == len(shortlist.candidates)
    lost = []
    for candidate, text in zip(shortlist.candidates, texts, strict=True):
        wire = candidate.model_dump(mode="json", by_alias=True)
        words = folded(text)
        fields = [*TEXT_FIELDS, EMAIL_FIELD]
        if "/in/" not in wire["linkedinUrl"]:  # otherwise it may be a link, named by our words
            fields.append(URL_FIELD)
        lost += [
            f"{field} of {candidate.profile_id[-20:]!r}"
            for field in fields
            if folded(text_at(wire, field)) not in words
        ]
    assert not lost, "\n".join(lost)

    plain = [n for n, wire in enumerate(wires) if wire["profileId"].startswith("plain")]
    assert len(plain) > len(wires) / 20
    neighbours = _evaluate(
        tab,
        """
        const all = cards();
        return argument.map((n) => {
          const { x, width, height } = all[n].getBoundingClientRect();
          // Fractions of a pixel depend on where on the page a card begins.
          return JSON.stringify([all[n].outerHTML, x, width, Math.round(height)]);
        });
        """,
        plain,
    )
    assert len(set(neighbours)) == 1


def test_every_payload_alone_in_a_field_reads_verbatim(page: RecordedPage) -> None:
    """Payloads that need no cleaning arrive in the page character for character."""
    printable = printable_payloads()
    wires = [
        {"profileId": payload.id, "name": "Bo", "rationale": payload.text} for payload in printable
    ]
    tab = page.show(_document(read_wires(wires), "fragment", "dark"))
    texts = _evaluate(tab, "return cards().map((card) => card.innerText);")
    lost = [
        payload
        for payload, text in zip(printable, texts, strict=True)
        if payload.text not in folded(text)
    ]
    assert lost == []
    _assert_nothing_happened(page)


def test_pointer_and_keyboard_lead_to_linkedin_or_a_letter_only(
    page: RecordedPage, format_: Format
) -> None:
    """Hovering, focusing and clicking everything goes nowhere but to LinkedIn or an address."""
    urls = (*BAD_URLS, *REPAIRABLE_URLS)
    wires = [
        replace_texts(
            harmless_candidate(f"prof_{number}"),
            {
                URL_FIELD: url,
                EMAIL_FIELD: HOSTILE_EMAILS[number % len(HOSTILE_EMAILS)],
                ("name",): SHORT_PAYLOADS[number].text,
                ("rationale",): SHORT_PAYLOADS[-number].text,
            },
        )
        for number, url in enumerate(urls)
    ]
    tab = page.show(_document(read_wires(wires), format_, "dark", "row"))
    clicked = _evaluate(
        tab,
        """
        const targets = [];
        // Last in line: whatever a card's own handler does has been done by then.
        addEventListener("click", (event) => {
          const link = event.composedPath().find((target) => target.href);
          if (link) targets.push(String(link.href));
          event.preventDefault();
        });
        for (const element of everything(document.body)) {
          for (const kind of ["pointerenter", "mouseover", "mouseenter", "pointerdown",
            "mousedown", "focusin", "keydown", "dblclick", "contextmenu", "toggle"])
            element.dispatchEvent(new Event(kind, { bubbles: true, composed: true }));
          element.focus?.();
          element.click?.();
        }
        return targets;
        """,
    )
    assert clicked
    for target in clicked:
        assert re.match(r"https://([a-z]+\.)?linkedin\.com/|mailto:[^?&,;:@]+@[a-z.]+$", target), (
            target
        )
    _assert_nothing_happened(page)


def test_real_clicks_ask_for_linkedin_only(fresh_page: RecordedPage, format_: Format) -> None:
    """The profile button of a hostile candidate opens its LinkedIn address in a new tab."""
    wires = [
        {**harmless_candidate("prof_0"), "name": '"><img src=x onerror=alert(1)>'},
        {**harmless_candidate("prof_1"), "linkedinUrl": REPAIRABLE_URLS[0]},
        {**harmless_candidate("prof_2"), "linkedinUrl": BAD_URLS[0]},
    ]
    page = fresh_page
    tab = page.show(_document(read_wires(wires), format_, "dark"))
    tab.context.on("page", lambda popup: popup.close())
    links = tab.get_by_role("link", name="LinkedIn profile")
    assert links.count() in {1, 2}
    for link in links.all():
        link.hover()
        link.focus()
        before = tab.url
        link.click()
        tab.wait_for_timeout(100)
        assert tab.url == before
    assert page.dialogs == []
    assert tab.evaluate(f"window.{FLAG}") is None
    assert page.outside, "a click on the profile button asks for the profile"
    assert all(url.startswith("https://www.linkedin.com/in/") for url in page.outside)


def test_very_long_texts_do_not_widen_a_card(
    open_page: Callable[..., RecordedPage], format_: Format
) -> None:
    """A word of 100 kB in any field leaves the card as wide as its place, and its end on screen."""
    page = open_page(viewport={"width": 320, "height": 800})
    long = payloads("long")
    wires = [
        replace_texts(
            harmless_candidate(f"prof_{number}"),
            {
                field: long[(number + shift) % len(long)].text
                for shift, field in enumerate((*TEXT_FIELDS, EMAIL_FIELD, URL_FIELD))
            },
        )
        for number in range(len(long))
    ]
    tab = page.show(
        _document(read_wires(wires), format_, "light").replace(f"{_CARD_WIDTH}px", "100%")
    )
    _evaluate(tab, _RESTYLE, _ALL_LAID_OUT)
    _assert_nothing_happened(page)
    width, furthest = _evaluate(
        tab,
        """
        const right = everything(document.body).filter(shown)
          .map((element) => element.getBoundingClientRect().right);
        return [document.documentElement.scrollWidth, Math.max(...right)];
        """,
    )
    assert width <= 320
    assert furthest <= 320


_MARKS = [0x061C, 0x200E, 0x200F]
_CONTROLS = [*range(0x202A, 0x202F), *range(0x2066, 0x2070)]
# A paragraph takes its direction from its first letter, and a mark counts as one: with it goes
# the side that the paragraph starts on. Texts within a line never have that effect.
_PARAGRAPHS = {"rationale", "headline", "aiFitPoints", "aiRedFlags", "relevanceExplanation"}
_PARAGRAPHS |= {"highlights"}


def _without_controls(text: str, field: Field) -> str:
    marks = [] if _PARAGRAPHS.intersection(map(str, field)) else _MARKS
    return text.translate(dict.fromkeys([*_CONTROLS, *marks]))


_BOXES = """
return cards().map((card) => {
  const from = card.getBoundingClientRect(), boxes = [], range = document.createRange();
  const walker = document.createTreeWalker(card, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode()); ) {
    if (!node.data.trim()) continue;
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    boxes.push([node.data.trim(), box.x - from.x, box.y - from.y, box.width, box.height]);
  }
  return [from.height, boxes];
});
"""


@pytest.mark.parametrize("cleaned", [True, False], ids=["loaded", "made-in-python"])
def test_bidi_controls_move_nothing_around_them(
    page: RecordedPage, format_: Format, *, cleaned: bool
) -> None:
    """Every text beside a payload stands where it stands when the payload has no controls."""
    bidi = payloads("bidi")
    cases: list[dict[Field, str]] = []
    for number, payload in enumerate(bidi * 4):
        # Every fourth field, so that hostile texts have plain ones beside them.
        fields = TEXT_FIELDS[number // len(bidi) :: 4]
        # Spaces would collapse where a control between them is taken away.
        text = re.sub(r"\s", "_", payload.text)
        cases.append({field: text for field in fields if _without_controls(text, field).strip()})
    wires: list[dict[str, Any]] = []
    for number, texts in enumerate(cases):
        twin = {field: _without_controls(text, field) for field, text in texts.items()}
        wires.append(replace_texts(harmless_candidate(f"prof_{number}"), texts))
        wires.append(replace_texts(harmless_candidate(f"twin_{number}"), twin))
    shortlist = read_wires(wires)
    if not cleaned:
        shortlist = shortlist.model_copy(
            update={"candidates": tuple(Candidate.model_validate(wire) for wire in wires)}
        )
    tab = page.show(_document(shortlist, format_, "light"))
    _evaluate(tab, _RESTYLE, _ALL_LAID_OUT + _UNKERNED)
    cards: list[tuple[float, list[tuple[str, float, float, float, float]]]] = _evaluate(tab, _BOXES)
    assert len(cards) == len(wires)
    moved = []
    for texts, shown, plain in zip(cases, cards[::2], cards[1::2], strict=True):
        assert len(shown[1]) == len(plain[1])
        for there, here in zip(plain[1], shown[1], strict=True):
            distance = max(abs(a - b) for a, b in zip(there[1:], here[1:], strict=True))
            # The payload's own letters may stand in any order inside its own box.
            if there[0] == here[0] and distance > 0.1:
                moved.append((ascii(next(iter(texts.values()))[:30]), here, there[1:]))
    assert not moved, "\n".join(map(str, moved))


def test_a_line_keeps_its_order_whatever_the_scripts_in_it(
    page: RecordedPage, format_: Format
) -> None:
    """Role and company, title and company: what comes first stands left, in any scripts."""
    texts = ("\u05d0\u05d1\u05d2", "\u05d3 12", "34 \u0627\u0628\u062a", "56", "(\u05d4)", "Acme?")
    wires: list[dict[str, Any]] = []
    for first, second in product(texts, texts):
        wire = replace_texts(
            harmless_candidate(f"prof_{len(wires)}"),
            {
                ("currentRole",): first,
                ("currentCompany",): second,
                ("aiDetailedRationale", 0, "title"): first,
                ("aiDetailedRationale", 0, "company"): second,
                ("detailedExperience", 0, "role"): first,
                ("detailedExperience", 0, "company"): second,
            },
        )
        # Without a role the headline stands in its place, with nothing but a comma after it.
        headless = {**wire, "profileId": f"{wire['profileId']}_", "currentRole": None}
        wires += [wire, {**headless, "headline": first}]
    tab = page.show(_document(read_wires(wires), format_, "light"))
    lines, turned = _evaluate(
        tab,
        """
        let lines = 0;
        const turned = [], range = document.createRange();
        for (const line of cards().flatMap((card) => [...card.querySelectorAll("p")])) {
          const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
          let before = null, several = false;
          for (let node; (node = walker.nextNode()); ) {
            if (!node.data.trim()) continue;
            range.selectNodeContents(node);
            const box = range.getBoundingClientRect();
            if (before && before.y === box.y) {
              several = true;
              if (box.left < before.right - 0.5) turned.push(line.textContent.trim());
            }
            before = box;
          }
          lines += several;
        }
        return [lines, turned];
        """,
    )
    assert lines >= 3 * len(wires) - 2 * len(texts)
    assert not turned, "\n".join(map(ascii, turned))


def test_a_bidi_payload_does_not_turn_the_host(page: RecordedPage) -> None:
    """Words of the host page around a fragment and an element keep their order and place."""

    def boxes(name: str) -> Any:  # noqa: ANN401
        candidate = Candidate.model_validate({"profileId": "p", "name": name, "rationale": name})
        parts = [
            f"<p>before</p>{render_card(candidate, format=kind)}<p>after <b>abc (1)</b> d</p>"
            for kind in ("fragment", "element")
        ]
        tab = page.show(_HOST.format(width=_CARD_WIDTH, cards="tail ".join(parts) + "end 1, 2"))
        return tab.evaluate(
            """() => [...document.querySelectorAll("main > p, main > p > b")].map((element) =>
              [...element.childNodes].map((node) => {
                const range = document.createRange();
                range.selectNodeContents(node);
                const { x, y, width } = range.getBoundingClientRect();
                return [x, y, width];
              }))"""
        )

    for payload in payloads("bidi")[:9]:
        assert boxes(payload.text) == boxes(_without_controls(payload.text, ("name",))), payload


def test_a_browser_that_is_fooled_is_noticed(page: RecordedPage) -> None:
    """The measure measures: the same payloads, inserted unescaped, run, ask and lead away."""
    fooled = 0
    for payload in PAYLOADS[:8]:
        page.forget()
        tab = page.show(_HOST.format(width=_CARD_WIDTH, cards=payload.text))
        tab.wait_for_timeout(30)
        fooled += tab.evaluate(f"window.{FLAG}") == payload.number
    assert fooled >= len(PAYLOADS[:8]) // 2
    page.forget()
    page.show(_HOST.format(width=_CARD_WIDTH, cards="<img src='https://evil.invalid/a.png'>"))
    assert page.outside == ["https://evil.invalid/a.png"]
