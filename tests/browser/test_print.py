"""A page on paper: nothing folded away, no clipped gradient, the ground to the edges."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from candidate_cards import load_shortlist, render_shortlist

if TYPE_CHECKING:
    from harness import RecordedPage

PAYLOAD = Path(__file__).parents[2] / "examples" / "payloads" / "sourcing-completed.json"

_PRINTED = """() => ({
    // Whether what is folded away on a screen can be seen.
    folded: [...document.querySelectorAll('details:not([open]) .cc-rest')].map(
        rest => rest.checkVisibility()),
    fills: [...document.querySelectorAll('.cc-name-text')].map(
        name => [getComputedStyle(name).webkitTextFillColor, getComputedStyle(name).color]),
    grounds: ['html', 'body', '.cc-card'].map(
        part => getComputedStyle(document.querySelector(part)).backgroundColor),
})"""


def test_a_printed_page_is_whole(page: RecordedPage, theme: Literal["dark", "light"]) -> None:
    """On screen long summaries are folded; on paper they are open and names have one colour."""
    tab = page.show(render_shortlist(load_shortlist(PAYLOAD), theme=theme))
    on_screen = tab.evaluate(_PRINTED)
    tab.emulate_media(media="print")
    on_paper = tab.evaluate(_PRINTED)
    assert on_screen["folded"]
    assert not any(on_screen["folded"])
    assert all(on_paper["folded"])
    assert all(fill != color for fill, color in on_screen["fills"])
    assert all(fill == color for fill, color in on_paper["fills"])
    assert len(set(on_paper["grounds"])) == 1
    assert page.noise() == []
