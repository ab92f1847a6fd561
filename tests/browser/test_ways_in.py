"""However a host puts a card into its page, one of its two halves keeps the look."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from itertools import product
from typing import TYPE_CHECKING, Literal

import pytest
from harness import changed_share, recorded_page
from hosts import BLANK, GROUNDS, Slot, card_pictures
from samples import FULL, candidate_from

from candidate_cards import render_card

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness import PageServer, RecordedPage
    from PIL import Image
    from playwright.sync_api import Browser

Format = Literal["fragment", "element"]
Theme = Literal["dark", "light"]

_FORMATS: tuple[Format, ...] = ("fragment", "element")
_THEMES: tuple[Theme, ...] = ("dark", "light")
_DENSITIES: tuple[Literal["row", "card", "detail"], ...] = ("row", "card", "detail")
_LIMIT = 0.005
_HEIGHT = 1500

# Each puts the string `card` into the element `slot`.
_SCRIPTS = {
    "innerHTML": "slot.innerHTML = card",
    "insertAdjacentHTML": "slot.insertAdjacentHTML('beforeend', card)",
    "createContextualFragment": """
        const range = document.createRange();
        range.selectNode(slot);
        slot.append(range.createContextualFragment(card))""",
    "template": """
        const template = document.createElement('template');
        template.innerHTML = card;
        slot.append(template.content.cloneNode(true))""",
    "DOMParser": """
        const parsed = new DOMParser().parseFromString(card, 'text/html');
        slot.append(...parsed.body.childNodes)""",
    "setHTMLUnsafe": "slot.setHTMLUnsafe(card)",
    "parseHTMLUnsafe": "slot.append(...Document.parseHTMLUnsafe(card).body.childNodes)",
    "helper": """
        const upgrade = root => root.querySelectorAll('template[shadowrootmode]').forEach(made => {
            const mode = made.getAttribute('shadowrootmode');
            const shadow = made.parentElement.attachShadow({ mode });
            shadow.append(made.content);
            made.remove();
            upgrade(shadow);
        });
        slot.innerHTML = card;
        upgrade(slot)""",
    "DOMPurify": "slot.innerHTML = DOMPurify.sanitize(card)",
    "DOMPurify-node": "slot.append(DOMPurify.sanitize(card, { RETURN_DOM_FRAGMENT: true }))",
    "React": """
        const inner = React.createElement('div', { dangerouslySetInnerHTML: { __html: card } });
        ReactDOM.flushSync(() => ReactDOM.createRoot(slot).render(inner));
        slot.replaceChildren(...slot.firstElementChild.childNodes)""",
}
_MAKES_SHADOW_ROOT = {"parser", "setHTMLUnsafe", "parseHTMLUnsafe", "helper", "React-server"}
_LIBRARIES = (
    "dompurify/dist/purify.min.js",
    "react/umd/react.production.min.js",
    "react-dom/umd/react-dom.production.min.js",
    "react-dom/umd/react-dom-server-legacy.browser.production.min.js",
)

_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)

# Runs before anything of the page: notes each violation, and whether it was in a shadow root.
_WATCH_POLICY = """
    window.violations = [];
    document.addEventListener('securitypolicyviolation', event => {
        const target = event.composedPath()[0];
        const inside = target instanceof Node && target.getRootNode() instanceof ShadowRoot;
        violations.push([event.effectiveDirective, inside]);
    });
"""


@pytest.fixture(scope="module")
def screen(chromium: Browser, server: PageServer) -> Iterator[RecordedPage]:
    """A page high enough for one slot."""
    with recorded_page(chromium, server, viewport={"width": 700, "height": 2200}) as page:
        page.tab.add_init_script(_WATCH_POLICY)
        yield page


@pytest.fixture(scope="module")
def cards() -> Mapping[tuple[Format, Theme], str]:
    """The fullest card in each format and theme."""
    candidate = candidate_from(FULL)
    return {
        (format_, theme): render_card(candidate, format=format_, theme=theme, density="detail")
        for format_, theme in product(_FORMATS, _THEMES)
    }


@pytest.fixture(scope="module")
def parsed(
    screen: RecordedPage, cards: Mapping[tuple[Format, Theme], str]
) -> Mapping[tuple[Format, Theme], Image.Image]:
    """Each card's picture where the HTML parser met it."""
    pictures = {}
    for key, card in cards.items():
        screen.show(BLANK.document([Slot(GROUNDS[key[1]], _HEIGHT, card)]))
        (pictures[key],) = card_pictures(screen, 1)
        assert len(pictures[key].getcolors(1 << 24) or ()) > 20, f"{key} shows nothing"
    return pictures


def _insert(screen: RecordedPage, way: str, card: str, ground: str) -> None:
    """Load a page that gets ``card`` into its only slot by ``way``."""
    if way == "parser":
        screen.show(BLANK.document([Slot(ground, _HEIGHT, card)]))
        return
    libraries = "".join(f'<script src="/node_modules/{file}"></script>' for file in _LIBRARIES)
    empty = BLANK.document([Slot(ground, _HEIGHT)]).replace("</head>", f"{libraries}</head>")
    tab = screen.show(empty)
    if way == "React-server":
        # What a server of theirs would send, and the client then takes over.
        properties = "dangerouslySetInnerHTML: { __html: card }, suppressHydrationWarning: true"
        component = f"React.createElement('div', {{ {properties} }})"
        sent = tab.evaluate(f"card => ReactDOMServer.renderToString({component})", card)
        assert str(card) in sent
        html = BLANK.document([Slot(ground, _HEIGHT, sent)])
        tab = screen.show(html.replace("</head>", f"{libraries}</head>"))
        tab.evaluate(
            f"""card => {{
                const slot = document.querySelector('[data-slot]');
                ReactDOM.flushSync(() => ReactDOM.hydrateRoot(slot, {component}));
                slot.replaceChildren(...slot.firstElementChild.childNodes);
            }}""",
            card,
        )
        return
    tab.evaluate(
        f"card => {{ const slot = document.querySelector('[data-slot]'); {_SCRIPTS[way]}; }}", card
    )


@pytest.mark.parametrize("format_", _FORMATS)
@pytest.mark.parametrize("way", ["parser", *_SCRIPTS, "React-server"])
def test_every_way_in_keeps_the_look(
    way: str,
    format_: Format,
    screen: RecordedPage,
    cards: Mapping[tuple[Format, Theme], str],
    parsed: Mapping[tuple[Format, Theme], Image.Image],
) -> None:
    """Parser, DOM methods, sanitizer and React all show the card as one of its halves looks."""
    for theme in _THEMES:
        screen.forget()
        _insert(screen, way, cards[format_, theme], GROUNDS[theme])
        has_root = screen.tab.evaluate("!!document.querySelector('[data-slot] > *').shadowRoot")
        assert has_root == (format_ == "element" and way in _MAKES_SHADOW_ROOT)
        half: Format = "element" if has_root else "fragment"
        (picture,) = card_pictures(screen, 1)
        assert changed_share(picture, parsed[half, theme]) <= _LIMIT, theme
        assert screen.noise() == []


def test_both_halves_look_alike(parsed: Mapping[tuple[Format, Theme], Image.Image]) -> None:
    """An element and its fallback differ in few pixels, so no reader can tell which one shows."""
    for theme in _THEMES:
        assert changed_share(parsed["element", theme], parsed["fragment", theme]) <= _LIMIT, theme


def _style_hash(card: str) -> str:
    """Return the policy source of the one style element in ``card``."""
    (style,) = _STYLE.findall(card)
    digest = hashlib.sha256(style.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _show_under_policy(
    screen: RecordedPage, card: str, ground: str, source: str
) -> list[tuple[str, bool]]:
    """Load ``card`` under a strict policy whose only style source, but for our slot, is ``source``.

    Returns:
        The directive of each violation, and whether it was inside a shadow root.
    """
    slot = Slot(ground, _HEIGHT)
    # Attributes are forbidden under the policy: the slot's style comes from a file.
    style = re.search(r'style="([^"]*)"', str(slot))
    assert style is not None
    sheet = screen.server.put(
        f"[data-slot]{{{style[1]}}}", path="/slot.css", media_type="text/css; charset=utf-8"
    )
    html = (
        f'<!DOCTYPE html><html lang="en"><head><title>Strict</title><link rel="stylesheet" '
        f'href="{sheet}"></head><body><div data-slot>{card}</div></body></html>'
    )
    policy = f"default-src 'none'; style-src {sheet} {source}"
    tab = screen.show(html, headers={"Content-Security-Policy": policy})
    return [(directive, inside) for directive, inside in tab.evaluate("violations")]


@pytest.mark.parametrize("theme", _THEMES)
@pytest.mark.parametrize("admission", ["hash", "nonce"])
def test_strict_policy_admits_the_element(
    admission: str,
    theme: Theme,
    screen: RecordedPage,
    parsed: Mapping[tuple[Format, Theme], Image.Image],
) -> None:
    """A policy without inline styles but for the sheet's hash or nonce shows the whole look.

    Without its fallback the element breaks no rule; with it, only the unseen half does.
    """
    candidate = candidate_from(FULL)
    nonce = "cmFuZG9tLW5vbmNl" if admission == "nonce" else ""
    for fallback in (False, True):
        card = render_card(
            candidate,
            format="element",
            theme=theme,
            density="detail",
            nonce=nonce,
            fallback=fallback,
        )
        source = f"'nonce-{nonce}'" if nonce else _style_hash(card)
        violations = _show_under_policy(screen, card, GROUNDS[theme], source)
        assert [inside for _, inside in violations if inside] == []
        assert {directive for directive, _ in violations} <= {"style-src-attr"}
        if not fallback:
            assert violations == []
        (picture,) = card_pictures(screen, 1)
        assert changed_share(picture, parsed["element", theme]) == 0


def test_policy_of_the_tests_is_in_force(
    screen: RecordedPage,
    cards: Mapping[tuple[Format, Theme], str],
    parsed: Mapping[tuple[Format, Theme], Image.Image],
) -> None:
    """Without the right hash the same policy takes the look away."""
    violations = _show_under_policy(
        screen, cards["element", "dark"], GROUNDS["dark"], "'sha256-" + "A" * 43 + "='"
    )
    assert ("style-src-elem", True) in violations
    (picture,) = card_pictures(screen, 1)
    assert changed_share(picture, parsed["element", "dark"]) > 0.1


def test_hash_belongs_to_the_theme_alone(theme: Theme) -> None:
    """Neither the candidate nor the density changes the style sheet, so one hash serves all."""
    people = [FULL, {"profileId": "p"}, json.loads(json.dumps(FULL).replace("Kotlin", "</style>"))]
    cards = [
        render_card(candidate_from(person), format="element", theme=theme, density=density)
        for person, density in product(people, _DENSITIES)
    ]
    assert len({_style_hash(card) for card in cards}) == 1
