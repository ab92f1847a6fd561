"""A card looks the same in every host page, and every host page looks the same around a card."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Literal, NamedTuple

import pytest
from harness import changed_share, recorded_page
from hosts import (
    BLANK,
    FRAMEWORKS,
    GROUNDS,
    HOSTILE,
    HOSTS,
    TAILWIND,
    Host,
    Slot,
    compile_tailwind,
    host_with_variables,
)
from PIL import Image
from samples import BARE, FULL, SHORT, candidate_from

from candidate_cards import render_card

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from harness import PageServer, RecordedPage
    from playwright.sync_api import Browser

_FRAGMENT_LIMIT = 0.005


class Key(NamedTuple):
    """One way to render a card."""

    format: Literal["fragment", "element"]
    theme: Literal["dark", "light"]


_KEYS = tuple(
    Key(format_, theme)
    for format_, theme in product(("fragment", "element"), ("dark", "light"))  # type: ignore[arg-type]
)

# Moves one slot, by relative offsets that change nothing else, so that its card starts at the given
# point, in a layer of its own: glyphs, rounded corners and the dither of gradients depend on where
# in their layer they fall.
_MOVE_CARD = """([index, left, top]) => {
    const slot = document.querySelectorAll('[data-slot]')[index];
    const card = slot.firstElementChild;
    const set = (name, value) => slot.style.setProperty(name, value, 'important');
    set('left', '0');
    set('top', '0');
    set('z-index', '2147483647');
    set('will-change', 'transform');
    const at = card.getBoundingClientRect();
    set('left', `${left - at.x}px`);
    set('top', `${top - at.y}px`);
    const { width, height } = card.getBoundingClientRect();
    return [width, height];
}"""

_PUT_BACK = """index => {
    const slot = document.querySelectorAll('[data-slot]')[index];
    const names = ['left', 'top', 'z-index', 'will-change'];
    for (const name of names) slot.style.removeProperty(name);
}"""

_PLACE_SLOTS = """() => [...document.querySelectorAll('[data-slot]')].map(slot => {
    const { x, y, right, bottom } = slot.getBoundingClientRect();
    return [x, y, right, bottom];
})"""

# Every computed property and the box of every element of the host, and what is global.
_HOST_STATE = """() => {
    const state = {
        globals: Object.keys(window).join(' '),
        sheets: `${document.styleSheets.length} ${document.adoptedStyleSheets.length}`,
        title: document.title,
    };
    const own = document.querySelectorAll('html, body, main, main *');
    [...own].filter(element => !element.closest('[data-slot]')).forEach((element, index) => {
        const label = `${element.localName} ${index}`;
        for (const pseudo of [null, '::before', '::after']) {
            const style = getComputedStyle(element, pseudo);
            state[label + (pseudo ?? '')] =
                [...style].map(name => `${name}: ${style.getPropertyValue(name)}`).join('\\n');
        }
        state[`${label} box`] = JSON.stringify(element.getBoundingClientRect());
    });
    return state;
}"""


@dataclass(frozen=True)
class Visit:
    """What a host page looked like with cards in it, and without.

    Attributes:
        pictures: Each card, cut out.
        surroundings: The page without and with cards, the slots painted over.
        changes: Computed properties, boxes and globals of the host that the cards changed.
        noise: Errors and requests of the page with cards that it did not have without.
    """

    pictures: Mapping[Key, Image.Image]
    surroundings: tuple[Image.Image, Image.Image]
    changes: list[str]
    noise: list[str]


def _pictures(page: RecordedPage, count: int) -> list[Image.Image]:
    """Cut out the first ``count`` cards of the page, each moved to one and the same place."""
    pictures = []
    for index in range(count):
        width, height = page.tab.evaluate(_MOVE_CARD, [index, 16, 16])
        area = {"x": 16, "y": 16, "width": math.ceil(width), "height": math.ceil(height)}
        pictures.append(page.picture(clip=area))
        page.tab.evaluate(_PUT_BACK, index)
    return pictures


def _without(picture: Image.Image, boxes: list[list[float]]) -> Image.Image:
    result = picture.copy()
    for left, top, right, bottom in boxes:
        area = (math.floor(left) - 1, math.floor(top) - 1, math.ceil(right) + 1, math.ceil(bottom))
        result.paste((0, 0, 0), area)
    return result


def _look_at(page: RecordedPage, host: Host, cards: Mapping[Key, Slot]) -> Visit:
    page.forget()
    empty = [Slot(slot.ground, slot.height) for slot in cards.values()]
    tab = page.show(host.document(empty))
    tab.evaluate("document.fonts.ready")
    state = tab.evaluate(_HOST_STATE)
    boxes = tab.evaluate(_PLACE_SLOTS)
    before = page.picture()
    assert boxes[-1][3] <= before.height, "the page is longer than the viewport"

    own_noise = page.noise()
    page.forget()
    page.show(host.document(cards.values()))
    tab.evaluate("document.fonts.ready")
    changes = _differences(state, tab.evaluate(_HOST_STATE))
    after = page.picture()
    return Visit(
        pictures=dict(zip(cards, _pictures(page, len(cards)), strict=True)),
        surroundings=(_without(before, boxes), _without(after, boxes)),
        changes=changes,
        noise=[line for line in page.noise() if line not in own_noise],
    )


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    found = []
    for label in before.keys() | after.keys():
        first, second = before.get(label, ""), after.get(label, "")
        if first != second:
            lines = set(second.split("\n")) - set(first.split("\n"))
            found.append(f"{label}: {', '.join(sorted(lines))}")
    return sorted(found)


@pytest.fixture(scope="module")
def screen(chromium: Browser, server: PageServer, node_modules: Path) -> Iterator[RecordedPage]:
    """A page high enough to show a host and all its slots without scrolling."""
    css = compile_tailwind(node_modules)
    server.put(css, path=TAILWIND, media_type="text/css; charset=utf-8")
    with recorded_page(chromium, server, viewport={"width": 900, "height": 7600}) as page:
        yield page


@pytest.fixture(scope="module")
def cards() -> Mapping[Key, str]:
    """The fullest card in each format and theme."""
    candidate = candidate_from(FULL)
    return {
        key: render_card(candidate, format=key.format, theme=key.theme, density="detail")
        for key in _KEYS
    }


@pytest.fixture(scope="module")
def alone(screen: RecordedPage, cards: Mapping[Key, str]) -> Mapping[Key, Image.Image]:
    """Each card's picture in an otherwise empty page."""
    pictures = {}
    for key, card in cards.items():
        slots = {key: Slot(GROUNDS[key.theme], 2000, card)}
        pictures[key] = _look_at(screen, BLANK, slots).pictures[key]
        assert len(pictures[key].getcolors(1 << 24) or ()) > 20, f"{key} shows nothing"
    return pictures


@pytest.fixture(scope="module")
def slots(cards: Mapping[Key, str], alone: Mapping[Key, Image.Image]) -> Mapping[Key, Slot]:
    """Each card in a slot with room for what a hostile page puts around it."""
    return {
        key: Slot(GROUNDS[key.theme], alone[key].height + 80, card) for key, card in cards.items()
    }


@pytest.fixture(scope="module", params=HOSTS, ids=lambda host: host.name)
def host(request: pytest.FixtureRequest) -> Host:
    """Each host page in turn."""
    value: Host = request.param
    return value


@pytest.fixture(scope="module")
def visit(screen: RecordedPage, host: Host, slots: Mapping[Key, Slot]) -> Visit:
    """The host page with every card in it."""
    # Where important rules break a fragment, its floats also spill over the host's text.
    held = {k: v for k, v in slots.items() if host.fragment_holds or k.format == "element"}
    return _look_at(screen, host, held)


def _changed(
    visit: Visit, alone: Mapping[Key, Image.Image], format_: str, limit: float = 0.0
) -> list[str]:
    """Name the cards of a format that changed by more than ``limit``, a share of their pixels."""
    shares = {
        key: changed_share(picture, alone[key])
        for key, picture in visit.pictures.items()
        if key.format == format_
    }
    assert shares
    return [
        f"{key.theme}: {share:.3%} changed, {visit.pictures[key].size} for {alone[key].size}"
        for key, share in shares.items()
        if share > limit
    ]


def test_there_are_enough_hosts() -> None:
    """At least twelve frameworks and eight hostile style sheets are visited, each once."""
    assert len(FRAMEWORKS) >= 12
    assert len(HOSTILE) >= 8
    assert len({host.name for host in HOSTS}) == len(HOSTS)
    assert all(host.fragment_holds for host in FRAMEWORKS)


def test_element_looks_as_it_does_alone(visit: Visit, alone: Mapping[Key, Image.Image]) -> None:
    """No host page changes a single pixel of an element."""
    assert _changed(visit, alone, "element") == []


@pytest.mark.parametrize(
    "host",
    [host for host in HOSTS if host.fragment_holds],
    ids=lambda host: host.name,
    indirect=True,
    scope="module",
)
def test_fragment_looks_as_it_does_alone(visit: Visit, alone: Mapping[Key, Image.Image]) -> None:
    """No framework, and no host without important rules, changes over 0.5 % of a fragment."""
    assert _changed(visit, alone, "fragment", _FRAGMENT_LIMIT) == []


def test_host_stays_as_it_was(visit: Visit) -> None:
    """Cards change no computed style, box, global or pixel of the page around them."""
    assert visit.changes == []
    assert changed_share(*visit.surroundings) == 0
    assert visit.noise == []


def test_host_variables_stay_outside(
    screen: RecordedPage,
    cards: Mapping[Key, str],
    slots: Mapping[Key, Slot],
    alone: Mapping[Key, Image.Image],
) -> None:
    """Custom properties of the host, even of the names that a card uses, change nothing."""
    used = {name for card in cards.values() for name in re.findall(r"--[A-Za-z][\w-]*", card)}
    host = host_with_variables(sorted(used | {"--bg", "--text", "--accent", "--cc-text"}))
    visit = _look_at(screen, host, slots)
    assert _changed(visit, alone, "element") == []
    assert _changed(visit, alone, "fragment") == []


_OWN_NAMES = """() => {
    const scopes = [...document.querySelectorAll('[data-slot]')].map(slot => {
        const host = slot.firstElementChild;
        const trees = [slot, ...(host.shadowRoot ? [host.shadowRoot] : [])];
        const all = trees.flatMap(tree => [...tree.querySelectorAll('*')]);
        const referring = ['aria-labelledby', 'aria-describedby', 'for', 'headers', 'href', 'fill',
            'stroke', 'mask', 'clip-path', 'filter', 'style'];
        const references = all.flatMap(element => referring.flatMap(name => {
            const value = element.getAttribute(name) ?? '';
            const urls = [...value.matchAll(/url\\(["']?#([^"')]+)/g)].map(match => match[1]);
            if (name === 'href') return value.startsWith('#') ? [value.slice(1)] : [];
            const listed = name.startsWith('aria') || name === 'for' || name === 'headers';
            return listed ? value.split(/\\s+/).filter(Boolean) : urls;
        }));
        return {
            ids: all.map(element => element.id).filter(Boolean),
            outerClasses: [...slot.querySelectorAll('*')].flatMap(e => [...e.classList]),
            references,
        };
    });
    return scopes;
}"""


def test_cards_side_by_side_share_nothing(screen: RecordedPage) -> None:
    """Cards of two people, two themes and one person twice look as each does alone.

    They share no id, refer to nothing outside themselves and put no class into the page.
    """
    people = [candidate_from(payload) for payload in (FULL, FULL, SHORT, BARE)]
    cards = {
        (number, key): Slot(
            GROUNDS[key.theme], 900, render_card(person, format=key.format, theme=key.theme)
        )
        for number, person in enumerate(people)
        for key in _KEYS
    }
    together = {}
    for group in (_KEYS[:2], _KEYS[2:], (_KEYS[0], _KEYS[3])):  # fragments, elements, one of each
        chosen = [name for name in cards if name[1] in group]
        tab = screen.show(BLANK.document(cards[name] for name in chosen))
        for name, picture in zip(chosen, _pictures(screen, len(chosen)), strict=True):
            together.setdefault(name, []).append(picture)

        scopes = tab.evaluate(_OWN_NAMES)
        assert len(scopes) == len(chosen)
        ids = [id_ for scope in scopes for id_ in scope["ids"]]
        assert len(ids) == len(set(ids)), "two cards share an id"
        for scope in scopes:
            assert set(scope["references"]) <= set(scope["ids"])
            assert scope["outerClasses"] == []

    for name, pictures in together.items():
        screen.show(BLANK.document([cards[name]]))
        reference = _pictures(screen, 1)[0]
        shares = [changed_share(picture, reference) for picture in pictures]
        assert shares == [0] * len(shares), name
