"""Rows about a page of many cards in Chromium: isolated ones beside plain ones.

Playwright starts one browser at a time in a process, so this has one of its own:
``python -m tests.benchmarks.browser CARDS ROUNDS``.
"""

from __future__ import annotations

import json
import re
import sys
from functools import partial
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from candidate_cards import Candidate, Shortlist, render_card, render_shortlist

from .candidates import many
from .dossiers import chromium
from .measuring import Claim, Row
from .processes import run_module

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

_RESETS = re.compile(r"all:\s*(?:unset|initial)\s*;?\s*")

# Milliseconds from the start of the navigation until two frames were drawn after `load`.
_SETTLED = """() => new Promise(resolve => {
    const settle = () => requestAnimationFrame(() => requestAnimationFrame(
        () => resolve(performance.now())));
    document.readyState === 'complete' ? settle() : addEventListener('load', settle);
})"""


def browser_rows(cards: int, rounds: int) -> list[Row]:
    """Measure how long a page takes to settle, by the clock."""
    name, times = json.loads(run_module(__name__, str(cards), str(rounds)))
    plain = f"{name}, {cards} fragments without resets"
    return [
        Claim(
            f"{cards} elements on a page, until it has settled", plain, "each", "plain", most=1.3
        ).row(times),
        Claim(
            f"{cards} cards in one element, until the page has settled",
            plain,
            "one",
            "plain",
            most=1.3,
        ).row(times),
    ]


def _pages(cards: int) -> dict[str, str]:
    people = tuple(map(Candidate.model_validate_json, many(cards)))
    fragments = "".join(map(render_card, people))
    return {
        "plain": _page(_RESETS.sub("", fragments)),
        "each": _page("".join(render_card(one, format="element") for one in people)),
        "one": _page(render_shortlist(Shortlist(candidates=people), format="element")),
    }


def _page(cards: str) -> str:
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Many</title></head>'
        f'<body><main style="width:400px">{cards}</main></body></html>'
    )


def _settle(tab: Page, url: str) -> float:
    tab.goto("about:blank")
    tab.goto(url)
    return float(tab.evaluate(_SETTLED))


def _address(name: str) -> str:
    return f"http://{name}.example/"


def _answer(html: str, route: Route) -> None:
    route.fulfill(body=html, content_type="text/html; charset=utf-8")


def _main() -> None:
    cards, rounds = int(sys.argv[1]), int(sys.argv[2])
    pages = _pages(cards)
    times: dict[str, list[float]] = {name: [] for name in pages}
    with sync_playwright() as playwright, chromium(playwright) as browser:
        tab = browser.new_page(viewport={"width": 900, "height": 900})
        for name, html in pages.items():
            tab.route(_address(name), partial(_answer, html))
        for number in range(rounds + 1):
            for name in pages:
                time = _settle(tab, _address(name))
                if number:
                    times[name].append(time)
        version = f"Chromium {browser.version}"
    json.dump([version, times], sys.stdout)


if __name__ == "__main__":
    _main()
