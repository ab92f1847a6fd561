"""A card looks the same in every host page, and every host page looks the same around a card."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
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
    card_pictures,
    compile_tailwind,
    host_with_variables,
)
from samples import BARE, FULL, SHORT, candidate_from

from candidate_cards import render_card

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from harness import PageServer, RecordedPage
    from PIL import Image
    from playwright.sync_api import Browser

_FRAGMENT_LIMIT = 0.005


class Key(NamedTuple):
    """One way to render a card."""

    format: Literal["fragment", "element"]
    theme: Literal["dark", "light"]


_KEYS = (
    Key("fragment", "dark"),
    Key("fragment", "light"),
    Key("element", "dark"),
    Key("element", "light"),
)

_PLACE_SLOTS = """() => [...document.querySelectorAll('[data-slot]')].map(slot => {
    const { x, y, right, bottom } = slot.getBoundingClientRect();
    return [x, y, right, bottom];
})"""

# Every computed property and the box of every element of the host, and what is global.
_HOST_STATE = """() => {
    const state = {
        globals: Object.keys(window).join('\\n'),
        sheets: `${document.styleSheets.length} ${document.adoptedStyleSheets.length}`,
        title: document.title,
    };
    const own = document.querySelectorAll('html, body, main, main *');
    [...own].filter(element => !element.closest('[data-slot]')).forEach((element, index) => {
        const label = `${element.localName} ${index}`;
        for (const pseudo of [null, '::before', '::after']) {
            const style = getComputedStyle(element, pseudo);
            if (pseudo && ['none', 'normal'].includes(style.content)) continue;
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
        pictures=dict(zip(cards, card_pictures(page, len(cards)), strict=True)),
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
    with recorded_page(chromium, server, viewport={"width": 700, "height": 8800}) as page:
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


def _faults(visit: Visit, alone: Mapping[Key, Image.Image]) -> list[str]:
    """Name the cards that look another way than alone, and what changed around them."""
    faults = []
    for key, picture in visit.pictures.items():
        share = changed_share(picture, alone[key])
        if share > (_FRAGMENT_LIMIT if key.format == "fragment" else 0):
            sizes = f"{picture.size} for {alone[key].size}"
            faults.append(f"{key.format} {key.theme}: {share:.3%} changed, {sizes}")
    share = changed_share(*visit.surroundings)
    if share:
        faults.append(f"{share:.3%} of the picture around the cards changed")
    return [*faults, *visit.changes, *visit.noise]


def test_there_are_enough_hosts() -> None:
    """At least twelve frameworks and eight hostile style sheets are visited, each once."""
    assert len(FRAMEWORKS) >= 12
    assert len(HOSTILE) >= 8
    assert len({host.name for host in HOSTS}) == len(HOSTS)
    assert all(host.fragment_holds for host in FRAMEWORKS)


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host.name)
def test_neither_card_nor_host_changes_the_other(
    host: Host,
    screen: RecordedPage,
    slots: Mapping[Key, Slot],
    alone: Mapping[Key, Image.Image],
) -> None:
    """A host changes no pixel of an element and at most 0.5 % of a fragment; cards change nothing.

    Important rules do reach fragments, whose floats then spill over the host's own text: hosts
    that have such rules get elements only. Around the cards no computed style, box, global or
    pixel may differ, and no error or request may be new.
    """
    held = {k: slot for k, slot in slots.items() if host.fragment_holds or k.format == "element"}
    visit = _look_at(screen, host, held)
    assert len(visit.pictures) == (4 if host.fragment_holds else 2)
    assert _faults(visit, alone) == []


def test_host_variables_stay_outside(
    screen: RecordedPage,
    cards: Mapping[Key, str],
    slots: Mapping[Key, Slot],
    alone: Mapping[Key, Image.Image],
) -> None:
    """Custom properties of the host, even of the names that a card uses, change nothing."""
    used = {name for card in cards.values() for name in re.findall(r"--[A-Za-z][\w-]*", card)}
    host = host_with_variables(sorted(used | {"--bg", "--text", "--accent", "--cc-text"}))
    assert _faults(_look_at(screen, host, slots), alone) == []


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
    together: dict[tuple[int, Key], list[Image.Image]] = {}
    for group in (_KEYS[:2], _KEYS[2:], (_KEYS[0], _KEYS[3])):  # fragments, elements, one of each
        chosen = [name for name in cards if name[1] in group]
        tab = screen.show(BLANK.document(cards[name] for name in chosen))
        for name, picture in zip(chosen, card_pictures(screen, len(chosen)), strict=True):
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
        reference = card_pictures(screen, 1)[0]
        shares = [changed_share(picture, reference) for picture in pictures]
        assert shares == [0] * len(shares), name
