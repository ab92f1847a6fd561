"""Cards and messages in every language, wide and narrow, mirrored where it is written so."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import pytest
from harness import violations
from mail_pages import REPLY_TO, lay_out, measure, show_mails
from samples import FULL, SHORT, candidate_from

from candidate_cards import Labels, Shortlist, list_languages, load_labels, render_shortlist
from candidate_cards.cards import DENSITIES
from candidate_cards.exports.email import render_email
from candidate_cards.models import FailedProfile

if TYPE_CHECKING:
    from harness import RecordedPage

WIDTHS: Final = (320, 900)
RIGHT_TO_LEFT: Final = tuple(name for name in list_languages() if load_labels(name).dir == "rtl")

_SCRIPTS: Final = {
    "ar": ("ليلى حداد", "مهندسة بيانات", "قادت فريقًا من 12 شخصًا عبر 3 مدن (2019 - 2026)."),
    "he": ("נועה לוי", "מהנדסת נתונים", "הובילה צוות של 12 איש ב-3 ערים (2019 - 2026)."),
}


def _people(language: str) -> Shortlist:
    """Return one who writes as the language does, and two in Latin letters."""
    name, role, text = _SCRIPTS.get(language, ("Łucja Żółć", "Inżynierka", "Prowadziła 12 osób."))
    local = {
        **FULL,
        "profileId": "prof_local",
        "name": name,
        "currentRole": role,
        "rationale": f"{text} " * 8,
        "aiFitPoints": [text, "C++ (since 2019)"],
        "aiRedFlags": [text],
        "skills": ["C++", role, "Kubernetes (CKA)", "C#"],
    }
    return Shortlist(
        title=role,
        brief=text,
        client="Acme (Oslo)",
        author=name,
        candidates=tuple(map(candidate_from, (local, FULL, SHORT))),
        failed=(FailedProfile(profile_id="prof_gone"),),
    )


def _page(language: str, density: Any, theme: str, labels: Labels) -> str:  # noqa: ANN401
    return str(
        render_shortlist(
            _people(language), density=density, theme=theme, labels=labels, profile="internal"
        )
    )


def _mail(language: str, density: Any, labels: Labels) -> str:  # noqa: ANN401
    email = render_email(
        _people(language), density=density, labels=labels, profile="internal", reply_to=REPLY_TO
    )
    return str(email.html)


# Boxes that stand out of the window, and texts that stand out of the card.
_OUTSIDE: Final = """() => {
  const found = [];
  let looked = 0;
  for (const card of document.querySelectorAll(".cc-card, .cc-masthead")) {
    const edge = card.getBoundingClientRect();
    const walker = document.createTreeWalker(card, NodeFilter.SHOW_TEXT);
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
      if (!text.data.trim() || text.parentElement.closest(".cc-hidden, svg")) continue;
      const range = document.createRange();
      range.selectNodeContents(text);
      const box = range.getBoundingClientRect();
      looked += 1;
      if (box.left < edge.left - 0.5 || box.right > edge.right + 0.5 || box.left < 0)
        found.push(text.data.trim().slice(0, 30));
    }
  }
  const short = ".cc-score, .cc-line-score, .cc-subhead, .cc-button, .cc-ai";
  for (const element of document.querySelectorAll(short)) {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    for (let text = walker.nextNode(); text; text = walker.nextNode())
      for (const { index, 0: word } of text.data.matchAll(/[^\\s-]+/g)) {
        if (text.parentElement.closest(".cc-hidden")) continue;
        const range = document.createRange();
        range.setStart(text, index);
        range.setEnd(text, index + word.length);
        looked += 1;
        if (new Set([...range.getClientRects()].map(({ top }) => top)).size > 1)
          found.push(`${word} is broken`);
      }
  }
  if (document.documentElement.scrollWidth > innerWidth) found.push("scrolls sideways");
  return [looked, found];
}"""


@pytest.mark.parametrize("language", list_languages())
def test_words_of_any_length_fit(page: RecordedPage, language: str) -> None:
    """Nothing stands out of a card or a window, and no word of ours is broken, in any density."""
    for density, width in product(DENSITIES, WIDTHS):
        page.tab.set_viewport_size({"width": width, "height": 900})
        tab = page.show(_page(language, density, "light", load_labels(language)))
        looked, found = tab.evaluate(_OUTSIDE)
        assert looked > 20
        assert not found, (density, width, found)


@pytest.mark.parametrize("language", list_languages())
def test_messages_fit_in_any_language(page: RecordedPage, language: str) -> None:
    """Nothing is cut or pale in a message, and none scrolls sideways.

    Where one button's words take a line more, the other's cell is higher than its link; so it is
    with long labels of English.
    """
    labels = load_labels(language)
    show_mails(page, {density: _mail(language, density, labels) for density in DENSITIES})
    for width in (320, 600):
        lay_out(page, width, "light")
        for one in measure(page, width, "light"):
            assert one.texts > 10
            faults = [text for text in one.problems() if "is not all link, by 10 px" not in text]
            assert not faults, (width, one.label, faults)


# Every box that is no run of text, with its left and right edge.
_BOXES: Final = """() => [...document.querySelectorAll("body *")]
  .filter((element) => !element.closest(".cc-hidden, svg, .preheader, [style*='none']"))
  .map((element) => [element, getComputedStyle(element).display, element.getBoundingClientRect()])
  .filter(([, display, box]) => !display.includes("inline") && box.width)
  .map(([element, , box]) => [`${element.localName} ${element.className}`, box.left, box.right])"""


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", RIGHT_TO_LEFT)
def test_what_is_written_the_other_way_is_a_mirror(
    page: RecordedPage, language: str, width: int
) -> None:
    """The same words from left to right have every box where a mirror would show it."""
    labels = load_labels(language)
    page.tab.set_viewport_size({"width": width, "height": 900})
    for density, make in product(DENSITIES, (_page, _mail)):
        sides = []
        for each in (labels, replace(labels, dir="ltr")):
            html = (
                _page(language, density, "light", each)
                if make is _page
                else _mail(language, density, each)
            )
            sides.append(page.show(html).evaluate(_BOXES))
        right, left = sides
        assert len(right) == len(left) > 30
        moved = 0
        for (name, start, end), (other, other_start, other_end) in zip(right, left, strict=True):
            moved += abs(start - other_start) > 1
            assert other.replace("-ltr", "-rtl") == name
            assert start == pytest.approx(width - other_end, abs=1), (density, name)
            assert end == pytest.approx(width - other_start, abs=1), (density, name)
        assert moved > 5


# The first line of each text: how far it is from the right edge of the block that holds it.
_FROM_THE_RIGHT: Final = """(selector) => [...document.querySelectorAll(selector)].map(element => {
  const range = document.createRange();
  range.selectNodeContents(element);
  const block = element.closest("h1, h2, h3, p, li, span:not(bdi span)");
  const lines = [...range.getClientRects()].filter(({ width }) => width);
  return block.getBoundingClientRect().right - Math.max(...lines.map(({ right }) => right));
})"""


@pytest.mark.parametrize("language", RIGHT_TO_LEFT)
def test_names_and_points_stand_at_the_right_in_any_script(
    page: RecordedPage, language: str
) -> None:
    """A Latin name, role or point is as far to the right as one of the language's own."""
    tab = page.show(_page(language, "card", "dark", load_labels(language)))
    for selector in (".cc-name bdi", ".cc-role bdi:first-child", ".cc-place bdi", ".cc-point-text"):
        distances = tab.evaluate(_FROM_THE_RIGHT, selector)
        assert len(distances) >= 3, selector
        assert max(distances) <= 1, (selector, distances)


@pytest.mark.parametrize("language", RIGHT_TO_LEFT)
def test_digits_and_brackets_stay_in_their_places(page: RecordedPage, language: str) -> None:
    """``C++`` does not become ``++C``: its letter is on the left, as it is in Latin texts."""
    labels = load_labels(language)
    order = """() => {
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const found = [];
      for (let text = walker.nextNode(); text; text = walker.nextNode()) {
        const at = text.data.indexOf("C++");
        if (at < 0 || text.parentElement.closest(".preheader")) continue;
        const lefts = [0, 2].map((more) => {
          const range = document.createRange();
          range.setStart(text, at + more);
          range.setEnd(text, at + more + 1);
          return range.getBoundingClientRect().left;
        });
        found.push(lefts[0] < lefts[1]);
      }
      return found;
    }"""
    for html in (_page(language, "detail", "light", labels), _mail(language, "detail", labels)):
        found = page.show(html).evaluate(order)
        assert len(found) >= 2
        assert all(found)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("language", RIGHT_TO_LEFT)
def test_axe_finds_nothing(page: RecordedPage, axe: str, language: str, theme: str) -> None:
    """In a page of every part."""
    tab = page.show(_page(language, "detail", theme, load_labels(language)))
    found = violations(tab, axe, {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa"]}})
    assert not found, "\n".join(found)
