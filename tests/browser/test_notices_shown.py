"""What stands folded in a card opens by mouse and keys, fits, and can be read in every theme."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Literal

import pytest
from harness import violations
from samples import FULL, candidate_from

from candidate_cards import Shortlist, render_card, render_shortlist
from candidate_cards.cards import DEFAULT_LABELS, NoticeFacts, list_languages, load_labels
from candidate_cards.themes import list_themes

if TYPE_CHECKING:
    from harness import RecordedPage
    from playwright.sync_api import Page

Format = Literal["fragment", "element"]

THEMES = [info.name for info in list_themes() if info.origin == "bundled"]
_WIDTHS = (280, 320, 760)
_FACTS = NoticeFacts(
    source=f"Profiles of {'Siebengebirgsbahnhofsgesellschaft' * 3}",
    contact=f"{'privacy.' * 12}office@acme.example",
    keep_until=date(2026, 9, 2),
)
_HOST = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Host</title></head>
<body><main><h1>Candidates</h1>{}</main></body>
</html>"""
_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "target-size"]}}

# Runs in the page: the notices that are drawn, in the light DOM or in shadow roots.
_NOTICES = """
const roots = [document, ...[...document.querySelectorAll("*")]
  .map((element) => element.shadowRoot).filter(Boolean)];
const notices = roots.flatMap((root) => [...root.querySelectorAll("[itemscope]")])
  .filter((element) => element.getClientRects().length > 0);
"""


def _evaluate(tab: Page, body: str) -> Any:  # noqa: ANN401  what a page tells
    return tab.evaluate(f"() => {{ {_NOTICES} {body} }}")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("format_", ["fragment", "element"])
def test_an_open_notice_can_be_read(
    page: RecordedPage, axe: str, format_: Format, theme: str
) -> None:
    """Opened, and behind several cards, its words keep their contrast in each density."""
    person = candidate_from(FULL)
    pieces = [
        render_card(person, format=format_, density=density, theme=theme, notice=_FACTS)
        for density in ("row", "card", "detail")
    ]
    several = Shortlist(candidates=(person, person), title="Role")
    pieces.append(render_shortlist(several, format=format_, theme=theme, notice=_FACTS))
    tab = page.show(_HOST.format("".join(pieces)))
    count = _evaluate(
        tab,
        """for (const notice of notices) notice.open = true;
        return notices.filter((notice) => notice.innerText.includes("privacy.")).length;""",
    )
    assert count == len(pieces)
    found = violations(tab, axe, _COLOURS)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("format_", ["fragment", "element"])
def test_a_notice_opens_by_keys_alone(page: RecordedPage, format_: Format) -> None:
    """Tab reaches it, a key opens and closes it, and no script is there to do so."""
    markup = render_card(candidate_from(FULL), format=format_, density="detail", notice=_FACTS)
    assert "<script" not in markup
    tab = page.show(_HOST.format(markup))
    is_there = """const [notice] = notices;
    return [notice.open, notice.innerText.includes("privacy.")];"""
    assert _evaluate(tab, is_there) == [False, False]
    focused = """const active = document.activeElement.shadowRoot?.activeElement
      ?? document.activeElement;
    return active.parentElement === notices[0];"""
    for _ in range(12):
        tab.keyboard.press("Tab")
        if _evaluate(tab, focused):
            break
    assert _evaluate(tab, focused)
    tab.keyboard.press("Enter")
    assert _evaluate(tab, is_there) == [True, True]
    tab.keyboard.press("Space")
    assert _evaluate(tab, is_there) == [False, False]


@pytest.mark.parametrize("language", ["ar", "de", "en"])
@pytest.mark.parametrize("format_", ["fragment", "element"])
def test_an_open_notice_fits(page: RecordedPage, format_: Format, language: str) -> None:
    """Words without end stay in their card, from a narrow column to a wide one."""
    assert language in list_languages()
    look: dict[str, Any] = {
        "format": format_, "labels": load_labels(language), "notice": _FACTS
    }  # fmt: skip
    person = candidate_from(FULL)
    pieces = [render_card(person, density=density, **look) for density in ("row", "card")]
    pieces.append(render_shortlist(Shortlist(candidates=(person,), title="Role"), **look))
    tab = page.show(_HOST.format("".join(pieces)))
    for width in _WIDTHS:
        tab.set_viewport_size({"width": width, "height": 900})
        outside = _evaluate(
            tab,
            """for (const notice of notices) notice.open = true;
            return notices.flatMap((notice) => {
              const card = notice.closest("[role=article]") ?? notice;
              const box = card.getBoundingClientRect();
              return [...notice.querySelectorAll("p, span, summary")].filter((part) => {
                const own = part.getBoundingClientRect();
                return own.width && (own.left < box.left - 1 || own.right > box.right + 1);
              }).map((part) => part.outerHTML.slice(0, 80));
            });""",
        )
        assert outside == []
        assert _evaluate(tab, "return document.documentElement.scrollWidth;") <= width


def test_a_paper_has_the_whole_notice(page: RecordedPage) -> None:
    """What cannot be opened on paper is open there; the words that invite to open it are not."""
    markup = render_card(candidate_from(FULL), format="element", notice=_FACTS)
    tab = page.show(_HOST.format(markup))
    seen = """const [notice] = notices;
    const [summary, text] = notice.children;
    return [text.checkVisibility(), summary.innerText];"""
    invitation = f"{DEFAULT_LABELS.notice} {DEFAULT_LABELS.notice_title}"
    assert _evaluate(tab, seen) == [False, invitation]
    tab.emulate_media(media="print")
    assert _evaluate(tab, seen) == [True, DEFAULT_LABELS.notice]
