"""A card fits where it is put: narrow, wide, zoomed, shrunk to fit, with very long words."""

from __future__ import annotations

import copy
from itertools import product
from typing import TYPE_CHECKING, Any, Literal

import pytest
from samples import BARE, FULL, SHORT, candidate_from

from candidate_cards import Candidate, list_themes, render_card

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness import RecordedPage

Format = Literal["fragment", "element"]
Density = Literal["row", "card", "detail"]

_FORMATS: tuple[Format, ...] = ("fragment", "element")
_DENSITIES: tuple[Density, ...] = ("row", "card", "detail")
_WIDTHS = (280, 320, 360, 400, 560, 720, 900)
_THEMES = [theme.name for theme in list_themes()]
# CSS px: narrower than this, a card that had room has collapsed. What shrinks to fit a card that
# holds little more than a name may be as narrow as that name.
_LEAST, _LEAST_BARE = 240, 120

# The card is a block of a given width, or what its surroundings shrink to fit.
_SURROUNDINGS = {
    "block": "{card}",
    "flex item": '<div style="display:flex">{card}</div>',
    "flex item of two": '<div style="display:flex">{card}<p style="margin:0">+</p></div>',
    "flex column": '<div style="display:flex;flex-flow:column;align-items:flex-start">{card}</div>',
    "grid auto column": '<div style="display:grid;grid-template-columns:auto auto">{card}</div>',
    "inline grid": '<div style="display:inline-grid">{card}</div>',
    "float": '<div style="float:left">{card}</div>',
    "inline-block": '<div style="display:inline-block">{card}</div>',
    "absolute": '<div style="position:absolute">{card}</div>',
    "fit-content": '<div style="width:fit-content">{card}</div>',
    "table cell": '<table cellspacing="0" cellpadding="0"><tr><td>{card}</td></tr></table>',
    "beside a float": '<div style="float:left;width:calc(100% - 60px);height:9px"></div>{card}',
}
_ROOMS = {
    **{f"block of {width}": (width, _SURROUNDINGS["block"]) for width in _WIDTHS},
    **{
        f"{name} in {room}": (room, markup)
        for name, markup in _SURROUNDINGS.items()
        for room in (280, 600)
        if name != "block"
    },
}

# What is wrong with the card in each room: boxes that overflow or stand out, and texts that are
# cut by a box around them. A box that only a screen reader meets is left out.
_FAULTS = """([limit, least]) => {
    const clips = style => style.overflowX !== 'visible' || style.overflowY !== 'visible';
    const hidden = element => {
        const style = getComputedStyle(element);
        const box = element.getBoundingClientRect();
        return style.position === 'absolute' && (style.clip !== 'auto'
            || style.clipPath !== 'none' || (box.width <= 1 && box.height <= 1));
    };
    const roots = room => [...room.querySelectorAll('*')].filter(
        element => element.shadowRoot || (element.getAttribute('role') === 'article'
            && !element.parentElement.closest('[data-host]')));
    const label = element => {
        const name = element.getAttribute('class') || element.getAttribute('role') || '';
        const inside = (element.textContent ?? '').trim().slice(0, 20);
        return `<${element.localName} ${name}> "${inside}"`;
    };
    const faults = [];
    const checked = { cards: 0, boxes: 0, texts: 0 };
    for (const room of document.querySelectorAll('[data-room]')) {
        const where = room.dataset.room;
        for (const host of room.querySelectorAll('*')) if (host.shadowRoot) host.dataset.host = '';
        for (const root of roots(room)) {
            checked.cards += 1;
            const edge = root.getBoundingClientRect();
            const report = text => faults.push(`${where}: ${text}`);
            if (edge.width < Math.min(least, room.clientWidth)) report(`${edge.width} px wide`);
            const outer = room.getBoundingClientRect();
            if (edge.right > outer.right + 0.5 || edge.left < outer.left - 0.5)
                report(`${edge.width} px wide in ${room.clientWidth}`);
            const tree = root.shadowRoot ?? root;
            const skipped = new Set();
            for (const element of [root, ...tree.querySelectorAll('*')]) {
                if (skipped.has(element.parentElement) || hidden(element)) {
                    skipped.add(element);
                    continue;
                }
                if (element.parentElement?.closest('svg')) continue;
                const style = getComputedStyle(element);
                const box = element.getBoundingClientRect();
                if (!element.checkVisibility() || (!box.width && !box.height)) continue;
                checked.boxes += 1;
                if (style.display !== 'inline' && element.localName !== 'svg'
                        && element.scrollWidth > element.clientWidth + 1)
                    report(`${label(element)} scrolls ${element.scrollWidth} in`
                        + ` ${element.clientWidth}`);
                if (box.right > edge.right + 0.5 || box.left < edge.left - 0.5)
                    report(`${label(element)} from ${box.left - edge.left} to`
                        + ` ${box.right - edge.left} in ${edge.width}`);
            }
            const walker = document.createTreeWalker(tree, NodeFilter.SHOW_TEXT);
            for (let text = walker.nextNode(); text; text = walker.nextNode()) {
                const parent = text.parentElement;
                if (!text.data.trim() || !parent || ['STYLE', 'TEMPLATE'].includes(parent.tagName))
                    continue;
                if (skipped.has(parent) || parent.closest('svg, template')) continue;
                if (!parent.checkVisibility()) continue;  // what is folded away has boxes too
                const range = document.createRange();
                range.selectNodeContents(text);
                if (!range.getClientRects().length) continue;
                const box = range.getBoundingClientRect();
                checked.texts += 1;
                for (let around = parent; around && around !== room; around = around.parentElement)
                    if (around === root || clips(getComputedStyle(around))) {
                        const frame = around.getBoundingClientRect();
                        if (box.right > frame.right + 1 || box.left < frame.left - 1
                                || box.bottom > frame.bottom + 1 || box.top < frame.top - 1)
                            report(`text "${text.data.trim().slice(0, 20)}" cut by`
                                + ` ${label(around)}`);
                    }
                if (root.shadowRoot && (box.right > edge.right + 1 || box.bottom > edge.bottom + 1))
                    report(`text "${text.data.trim().slice(0, 20)}" outside`);
            }
        }
    }
    return [checked, [...new Set(faults)].slice(0, limit)];
}"""

# The distances of WCAG 2.2, 1.4.12, set the way a reader's own style sheet sets them.
_READER = """
    * { line-height: 1.5 !important; letter-spacing: .12em !important;
        word-spacing: .16em !important; }
    p, li, dd { margin-bottom: 2em !important; }
"""
_APPLY_READER = """css => {
    const trees = [document, ...[...document.querySelectorAll('*')].map(e => e.shadowRoot)];
    for (const tree of trees.filter(Boolean)) {
        const style = document.createElement('style');
        style.textContent = css;
        (tree.head ?? tree).append(style);
    }
}"""
_UNFOLD = """() => {
    const trees = [document, ...[...document.querySelectorAll('*')].map(e => e.shadowRoot)];
    const folds = trees.filter(Boolean).flatMap(tree => [...tree.querySelectorAll('details')]);
    for (const fold of folds) fold.open = true;
    return folds.length;
}"""
_SPACED = """() => [...document.querySelectorAll('[data-room] *')].flatMap(element =>
    element.shadowRoot ? [...element.shadowRoot.querySelectorAll('[role=article] *')]
        : element.closest('[role=article]') && element.getClientRects().length ? [element] : [])
    .map(element => {
        const style = getComputedStyle(element);
        return Math.round(1000 * parseFloat(style.letterSpacing) / parseFloat(style.fontSize));
    })"""


def _rooms(cards: Mapping[str, str], names: tuple[str, ...] = tuple(_ROOMS)) -> str:
    """Return a page with each card in each room."""
    rooms = []
    for (label, card), name in product(cards.items(), names):
        width, markup = _ROOMS[name]
        rooms.append(
            f'<div data-room="{label}, {name}" style="position:relative;overflow:clip;'
            f'width:{width}px;min-height:20px;margin-bottom:8px">'
            f"{markup.format(card=card)}</div>"
        )
    return (
        '<!DOCTYPE html><html lang="en"><head><title>Rooms</title></head>'
        f'<body style="margin:0">{"".join(rooms)}</body></html>'
    )


def _faults(page: RecordedPage, expected: int, least: int = _LEAST) -> list[str]:
    """Return what is wrong in the page, having made sure that ``expected`` cards were looked at."""
    checked, faults = page.tab.evaluate(_FAULTS, [40, least])
    assert checked["cards"] == expected
    assert checked["boxes"] > expected
    assert checked["texts"] >= expected
    return [str(fault) for fault in faults]


@pytest.mark.parametrize("theme", _THEMES)
@pytest.mark.parametrize("format_", _FORMATS)
def test_cards_fit_wherever_they_are_put(format_: Format, theme: str, page: RecordedPage) -> None:
    """No card overflows, clips a text or collapses, in any density and any kind of room."""
    people = {"full": FULL, "short": SHORT}
    cards = {
        f"{who} {density}": render_card(
            candidate_from(payload),
            format=format_,
            theme=theme,
            density=density,
            profile="internal",
        )
        for (who, payload), density in product(people.items(), _DENSITIES)
    }
    tab = page.show(_rooms(cards))
    assert _faults(page, len(cards) * len(_ROOMS)) == []
    assert tab.evaluate(_UNFOLD) >= len(_ROOMS)
    assert _faults(page, len(cards) * len(_ROOMS)) == []


@pytest.mark.parametrize("format_", _FORMATS)
def test_nearly_empty_cards_fit_too(format_: Format, page: RecordedPage, theme: str) -> None:
    """A candidate of whom only the name is known gives a card that overflows nowhere."""
    cards: dict[str, str] = {
        density: render_card(candidate_from(BARE), format=format_, theme=theme, density=density)
        for density in _DENSITIES
    }
    page.show(_rooms(cards))
    assert _faults(page, len(cards) * len(_ROOMS), least=_LEAST_BARE) == []


@pytest.mark.parametrize("density", _DENSITIES)
@pytest.mark.parametrize("theme", _THEMES)
def test_pages_fit_every_screen(theme: str, density: Density, page: RecordedPage) -> None:
    """A page scrolls in one direction only, from 280 to 900 px and at 200 % and 400 % zoom."""
    card = render_card(
        candidate_from(FULL), format="page", theme=theme, density=density, profile="internal"
    )
    tab = page.show(str(card).replace("<body", "<body data-room=page", 1))
    for width in (*_WIDTHS, 640):  # 640 and 320 px are a screen of 1280 px at 200 % and 400 %
        tab.set_viewport_size({"width": width, "height": 900})
        sizes = tab.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert sizes == [width, width]
        assert _faults(page, 1) == [], width


def _text_places(
    value: object, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[str | int, ...]]:
    """Walk a payload to every text that is shown as such."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key != "profileId":
                yield from _text_places(item, (*path, key))
    elif isinstance(value, list):
        yield from _text_places(value[0], (*path, 0))
    elif isinstance(value, str):
        yield path


_TEXT_PLACES = list(_text_places(FULL))


@pytest.mark.parametrize("place", _TEXT_PLACES, ids=lambda place: ".".join(map(str, place)))
def test_long_word_does_not_widen_the_card(
    place: tuple[str | int, ...], page: RecordedPage
) -> None:
    """A word of 100 kB in any text breaks into lines instead of widening its card."""
    # The length decides nothing where a word of thousands of letters has to break; laying 100 kB
    # out is what costs. A table cell is the room that grows with what is in it.
    for letters, names in (
        (100_000, ("table cell in 600",)),
        (5_000, ("block of 320", "flex item in 600", "float in 280")),
    ):
        payload: dict[str, Any] = copy.deepcopy(FULL)
        target: Any = payload
        for key in place[:-1]:
            target = target[key]
        target[place[-1]] = "x" * letters
        # Straight into the model: loading would cut the word to its field's limit.
        candidate = Candidate.model_validate(payload)
        cards: dict[str, str] = {
            format_: render_card(candidate, format=format_, density="detail", profile="internal")
            for format_ in _FORMATS
        }
        page.show(_rooms(cards, names))
        assert _faults(page, len(cards) * len(names)) == []


def test_long_word_is_tried_in_every_text() -> None:
    """The walk over the payload finds the texts of nested items, too."""
    assert len(_TEXT_PLACES) >= 15
    assert ("aiDetailedRationale", 0, "relevanceExplanation") in _TEXT_PLACES
    assert ("detailedExperience", 0, "highlights", 0) in _TEXT_PLACES


@pytest.mark.parametrize("format_", _FORMATS)
def test_readers_text_spacing_loses_no_text(
    format_: Format, theme: str, page: RecordedPage
) -> None:
    """A reader's own line, letter and word distances apply, and cut or push out nothing."""
    cards: dict[str, str] = {
        density: render_card(
            candidate_from(FULL), format=format_, theme=theme, density=density, profile="internal"
        )
        for density in _DENSITIES
    }
    names = ("block of 280", "block of 320", "block of 560")
    tab = page.show(_rooms(cards, names))
    tab.evaluate(_UNFOLD)
    tab.evaluate(_APPLY_READER, _READER)
    spaced = tab.evaluate(_SPACED)
    assert len(spaced) > 100
    assert set(spaced) == {120}
    assert _faults(page, len(cards) * len(names)) == []
