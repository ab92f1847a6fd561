"""A message fits, is legible in every scheme, and says the same to whoever sees no styles."""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import pairwise, product
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from harness import recorded_page, violations
from mail_pages import (
    ALONE,
    CONDITIONS,
    CONTENTS,
    DENSITIES,
    EVERY_VIEW,
    EXAMPLE,
    LONG_LABELS,
    REPLY_TO,
    SCHEMES,
    SEVERAL,
    SHAPE_CONTRAST,
    TEXT_CONTRAST,
    THEMES,
    WIDTHS,
    Density,
    Scheme,
    fully_inverted,
    in_webmail,
    lay_out,
    mail,
    measure,
    painted_contrast,
    partly_inverted,
    problems,
    show_mails,
    without_style_elements,
)
from PIL import Image

from candidate_cards import CandidateCardsError, Theme, load_theme, render_email

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from harness import PageServer, RecordedPage
    from playwright.sync_api import Browser, Page


ARTIFACTS = Path(__file__).parent / "artifacts"
LIGHT_THEMES = tuple(name for name in THEMES if load_theme(name).color_scheme == "light")
DARK_THEMES = tuple(name for name in THEMES if name not in LIGHT_THEMES)


@pytest.fixture(scope="module", autouse=True)
def pictures_of_failures(
    request: pytest.FixtureRequest, chromium: Browser, server: PageServer
) -> Iterator[None]:
    """Leave one picture of every theme, wide and narrow, in both schemes, if a test fails here."""
    before = request.session.testsfailed
    yield
    if request.session.testsfailed > before:
        # What cannot be rendered has failed its tests already.
        with suppress(CandidateCardsError), recorded_page(chromium, server) as page:
            _take_pictures(page, ARTIFACTS / "mail.png")


def _take_pictures(page: RecordedPage, file: Path) -> None:
    pictures = []
    for theme, scheme, width in product(THEMES, SCHEMES, WIDTHS):
        page.tab.set_viewport_size({"width": width, "height": 600})
        page.tab.emulate_media(color_scheme=scheme)
        pictures.append(_picture(page, mail(EXAMPLE, theme)))
    sheet = Image.new(
        "RGB", (sum(one.width + 12 for one in pictures), max(one.height for one in pictures))
    )
    left = 0
    for one in pictures:
        sheet.paste(one, (left, 0))
        left += one.width + 12
    file.parent.mkdir(exist_ok=True)
    sheet.save(file)


def _picture(page: RecordedPage, html: str) -> Image.Image:
    """Return the whole message as an image."""
    tab = page.show(html)
    size = tab.evaluate("[innerWidth, document.documentElement.scrollHeight]")
    tab.set_viewport_size({"width": size[0], "height": size[1]})
    return page.picture()


def _mails(theme: str | Theme, densities: tuple[Density, ...] = DENSITIES) -> dict[str, str]:
    look = theme if isinstance(theme, str) else theme.name
    return {
        f"{look}, {name}, {density}": mail(content, theme, density)
        for (name, content), density in product(CONTENTS.items(), densities)
    }


def _every_colour(theme: str) -> tuple[str, str]:
    """Return two short messages that have every colour of a theme between them."""
    return mail(SEVERAL, theme, "row"), mail(ALONE, theme, "detail")


# --- Fits, and is legible


@pytest.mark.parametrize("condition", CONDITIONS)
def test_messages_fit_and_are_legible(page: RecordedPage, condition: str) -> None:
    """Nothing overflows, is cut, small or pale, and all of a button is its link."""
    usual = condition in {"as sent", "no style element"}
    # A message of detail has all that one of cards has.
    densities: tuple[Density, ...] = DENSITIES if usual else ("row", "detail")
    mails = {
        label: CONDITIONS[condition](html)
        for theme in THEMES
        for label, html in _mails(theme, densities).items()
    }
    assert len(mails) == len(THEMES) * len(CONTENTS) * len(densities) >= 18
    show_mails(page, mails)
    quirks = page.tab.evaluate(
        """() => [...document.querySelectorAll("iframe")]
          .map((frame) => frame.contentDocument.compatMode === "BackCompat")"""
    )
    assert set(quirks) == {condition.startswith("quirks")}
    found = problems(page, EVERY_VIEW)
    assert not found, "\n".join(found)


def test_every_part_was_looked_at(page: RecordedPage) -> None:
    """The measure met the boxes, texts and buttons of the messages it passes."""
    show_mails(page, _mails("harbour"))
    profiles = sum("linkedin.com" in (one.linkedin_url or "") for one in SEVERAL.candidates)
    for one in measure(page, 360, "light"):
        _, content, density = one.label.split(", ")
        people = {"several": len(SEVERAL.candidates), "alone": 1, "empty": 0}[content]
        links = {"several": profiles, "alone": 1, "empty": 0}[content]
        assert one.buttons == (0 if density == "row" else people + links)
        assert len(one.shapes) == min(one.buttons, 2)
        assert one.texts >= 2 + 6 * people
        assert one.boxes >= one.texts
        assert len(one.pairs) >= 3


@pytest.mark.parametrize("width", WIDTHS)
def test_columns_hold_their_words_whole(page: RecordedPage, width: int) -> None:
    """No word of a comparison's heads and bands breaks, and each stands on one line."""
    page.tab.set_viewport_size({"width": width, "height": 600})
    for theme in THEMES:
        page.show(mail(SEVERAL, theme))
        lines = page.tab.evaluate(
            """() => [...document.querySelectorAll("table:has(> thead)")]
              .flatMap((table) => [...table.querySelectorAll("thead th, td:last-child")])
              .flatMap((cell) => [...cell.querySelectorAll("*"), cell])
              .flatMap((element) => [...element.childNodes])
              .filter((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())
              .map((node) => {
                const range = document.createRange();
                range.selectNodeContents(node);
                return [node.data.trim(), range.getClientRects().length];
              })"""
        )
        assert len(lines) >= len(SEVERAL.candidates) + 3
        assert [text for text, count in lines if count != 1] == [], theme


def test_long_labels_keep_buttons_whole(page: RecordedPage) -> None:
    """In a language of long words, too, no word is broken and nothing is cut.

    Where one label takes more lines, the other button's cell is higher than its link by one of
    them; a table for each would cost every message 3 kB.
    """
    mails = {
        name: str(render_email(ALONE, labels=labels, reply_to=REPLY_TO).html)
        for name, labels in LONG_LABELS.items()
    }
    show_mails(page, mails)
    found = [text for text in problems(page, EVERY_VIEW) if "is not all link, by 10 px" not in text]
    assert not found, "\n".join(found)


def test_without_pictures_words_say_whose_message_it_is(page: RecordedPage) -> None:
    """Where the logo is not loaded its words are there all the same, legible and in their place."""
    mails = {
        f"{condition}, {'with' if pictures else 'without'}": change(
            mail(EXAMPLE, "harbour", "row", pictures=pictures)
        )
        for condition, change in CONDITIONS.items()
        for pictures in (True, False)
    }
    show_mails(page, mails)
    found = problems(page, EVERY_VIEW)
    assert not found, "\n".join(found)
    looks = page.tab.evaluate(
        """(words) => [...document.querySelectorAll("iframe")].map(({ contentDocument: mail }) => {
          const image = mail.querySelector("img"), range = mail.createRange();
          const walker = mail.createTreeWalker(mail.body, NodeFilter.SHOW_TEXT);
          while (walker.nextNode().data.trim() !== words);
          range.selectNodeContents(walker.currentNode);
          const { width, height, left } = range.getBoundingClientRect();
          return [image.naturalWidth > 0, image.alt, image.width, image.height,
            width > 30 && height > 12 && left >= 0];
        })""",
        "Harbour",
    )
    assert [tuple(look[:2]) for look in looks] == [(True, ""), (False, "")] * len(CONDITIONS)
    for loaded, _, width, height, readable in looks:
        assert readable
        if loaded:
            assert (width, height) == (40, 40)


_BAD = """<!DOCTYPE html>
<html lang="en"><head><title>Bad</title>
<meta name="color-scheme" content="light dark">
<style>
@media (prefers-color-scheme: dark) { .sheet { background-color: #101010 !important } }
</style>
</head><body style="margin:0"><table width="100%" bgcolor="#eeeeee"><tr><td>
<p style="color:#999999">pale</p>
<table class="sheet" bgcolor="#ffffff"><tr><td style="color:#333333">dark on dark</td></tr></table>
<p style="font-size:11px">small</p>
<p style="position:relative;left:590px">leaves</p>
<p style="height:10px;overflow:hidden">cut</p>
<p style="opacity:.5">thin</p>
<table><tr><td bgcolor="#1d4ed8" style="padding:14px"><a href="#" style="color:#fff">loose</a></td>
<td style="border:1px solid #dddddd"><a href="#" style="display:block;height:38px">low</a></td>
</tr></table>
<table><tr><td><div style="width:20px">Unbreakable</div></td></tr></table>
<ul style="margin:0;padding:0"><li>outside</li></ul>
</td></tr></table></body></html>"""


def test_what_is_wrong_is_noticed(page: RecordedPage) -> None:
    """The measure measures: each thing that is wrong in a bad message is found, and only it."""
    show_mails(page, {"bad": _BAD})
    light, dark = (measure(page, 600, scheme)[0] for scheme in SCHEMES)
    for words in (
        "scrolls sideways",
        'is 11px high: "small"',
        'is cut: <p> "cut"',
        'is seen through: <p> "thin"',
        'is a button that is not all link, by 14 px: <a> "loose"',
        'is a button 38 px high: <a> "low"',
        'stands out of its cell: "Unbreakable"',
        'has its mark beside its cell: <li> "outside"',
    ):
        assert any(fault.startswith(words) for fault in light.faults), words
    assert any(re.match(r"reaches from 59\d to \d+.*leaves", fault) for fault in light.faults)
    weak = [
        {pair.sample for pair in one.pairs if pair.contrast < TEXT_CONTRAST}
        for one in (light, dark)
    ]
    # What has no colour of its own is white for who asked for dark, on a ground that stayed light.
    assert weak == [{"pale"}, {"pale", "dark on dark", "small", "low"}]
    assert {pair.sample for pair in light.shapes if pair.contrast < SHAPE_CONTRAST} == {"low"}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("theme", THEMES)
def test_what_was_measured_is_what_is_painted(
    open_page: Callable[..., RecordedPage], theme: str, scheme: Scheme
) -> None:
    """The pixels around each text are of the ground that was measured, and have the contrast."""
    page = open_page(viewport={"width": 600, "height": 600}, color_scheme=scheme)
    for html in _every_colour(theme):
        picture = _picture(page, html)
        texts = _texts(page.tab)
        assert len(texts) > 30
        for text, ground, box in texts:
            painted, contrast = painted_contrast(picture.crop(box))
            assert painted == ground, text
            assert contrast >= TEXT_CONTRAST, text


def _texts(tab: Page) -> list[tuple[str, str, tuple[int, int, int, int]]]:
    """Return each visible text, the ground below it, and the pixels of its first line."""
    found = tab.evaluate(
        """() => {
          const texts = [], range = document.createRange();
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          for (let node; (node = walker.nextNode()); ) {
            range.selectNodeContents(node);
            const [box] = range.getClientRects();
            // A comma alone has hardly a pixel that is all of its colour.
            if (!/\\w{2}/.test(node.data) || !box) continue;
            let around = node.parentElement;
            const ground = () => getComputedStyle(around).backgroundColor;
            while (ground() === "rgba(0, 0, 0, 0)") around = around.parentElement;
            texts.push([node.data.trim(), ground().match(/\\d+/g).map(Number),
              [box.left, box.top + 2, box.right, box.bottom - 2].map(Math.round)]);
          }
          return texts;
        }"""
    )
    return [(text, "#" + bytes(ground).hex(), tuple(box)) for text, ground, box in found]


# --- Inverted by force


@pytest.mark.parametrize("theme", THEMES)
def test_texts_survive_forced_inversion(
    page: RecordedPage, record_property: Callable[[str, object], None], theme: str
) -> None:
    """Where a mail program inverts all or some colours, every text stays readable."""
    mails = {f"{theme} {density}": mail(SEVERAL, theme, density) for density in DENSITIES}
    bare = {f"{label}, bare": without_style_elements(html) for label, html in mails.items()}
    show_mails(page, {**mails, **bare})
    pairs = {pair[:2]: pair for one in measure(page, 600, "light") for pair in one.pairs}
    assert len(pairs) >= 10
    lost = []
    for model in (fully_inverted, partly_inverted):
        results = {model(pair): pair for pair in pairs.values()}
        assert any(after != before for after, before in results.items())
        least = min(results, key=lambda pair: pair.contrast)
        record_property("measured", f"mail, {theme}, {model.__name__}: at least {least}")
        lost += [
            f"{model.__name__}: {before} becomes {after}"
            for after, before in results.items()
            if after.contrast < SHAPE_CONTRAST
        ]
    assert not lost, "\n".join(lost)


@pytest.mark.parametrize("theme", LIGHT_THEMES)
def test_texts_survive_the_browsers_own_dark_mode(fresh_page: RecordedPage, theme: str) -> None:
    """Chromium's forced dark mode, as mail programs on Android have it, keeps texts readable.

    A dark theme is left out: the mode lightens the dark words on its light button.
    """
    page = fresh_page
    page.tab.set_viewport_size({"width": 600, "height": 600})
    session = page.tab.context.new_cdp_session(page.tab)
    session.send("Emulation.setAutoDarkModeOverride", {"enabled": True})
    lost, changed = {}, 0
    for html in _every_colour(theme):
        bare = re.sub(r'<meta name="(supported-)?color-scheme"[^>]*>', "", html)
        picture = _picture(page, without_style_elements(bare))
        for text, ground, box in _texts(page.tab):
            painted, contrast = painted_contrast(picture.crop(box))
            changed += painted != ground
            if contrast < SHAPE_CONTRAST:
                lost[text] = f"{contrast:.2f} on {painted}"
    assert changed, "the mode is on"
    assert lost == {}


# --- Dark where the reader asked for it

# By property: a block that webmail makes of the body has a ground only where a rule gives one.
_COLOURS = """() => [...document.querySelectorAll("iframe")].map(({ contentDocument: mail }) =>
  [...mail.body.querySelectorAll("*")].filter((element) =>
      element.getClientRects().length && !element.matches("br")).map((element) => {
    const css = mail.defaultView.getComputedStyle(element);
    const names = ["Top", "Right", "Bottom", "Left"]
      .filter((side) => parseFloat(css[`border${side}Width`])).map((side) => `border${side}Color`);
    if (css.backgroundColor !== "rgba(0, 0, 0, 0)") names.push("backgroundColor");
    const texts = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
    if (element.matches("li") || texts.some((node) => node.data.trim())) names.push("color");
    return [element.localName, element.textContent.trim().slice(0, 20),
      Object.fromEntries(names.map((name) => [name, "#" + css[name].match(/\\d+/g)
        .map((part) => Number(part).toString(16).padStart(2, "0")).join("")]))];
  }))"""


def _distinct(theme: str) -> Theme:
    """Return a theme in which no two tokens are the same colour, so that each tells its token."""
    base = load_theme(theme)
    names = [name for name in base.tokens if name.startswith(("color-", "dark-"))]
    colours = {name: f"#{number * 3:02x}{number:02x}40" for number, name in enumerate(names, 1)}
    return Theme(name="distinct", color_scheme="light", tokens={**base.tokens, **colours})


def _roles(tokens: Mapping[str, str], kind: str, colour: str) -> set[str]:
    """Return the names of the tokens of one kind that have this colour."""
    return {
        token.removeprefix(kind)
        for token, value in tokens.items()
        if token.startswith(kind) and value == colour
    }


@pytest.mark.parametrize("how", ["media query", "data-ogsc and data-ogsb"])
@pytest.mark.parametrize("theme", [*LIGHT_THEMES, "distinct"])
def test_a_light_theme_turns_into_its_dark_colours(
    page: RecordedPage, theme: str, how: Literal["media query", "data-ogsc and data-ogsb"]
) -> None:
    """For who asked for dark every colour is the theme's own for dark, of the same name."""
    look = _distinct("light") if theme == "distinct" else load_theme(theme)
    mails = {density: mail(SEVERAL, look, density) for density in ("row", "detail")}
    tokens = look.tokens
    if how == "media query":
        show_mails(page, mails)
        lay_out(page, 600, "light")
        light = page.tab.evaluate(_COLOURS)
        lay_out(page, 600, "dark")
        dark = page.tab.evaluate(_COLOURS)
    else:
        show_mails(page, {label: in_webmail(html) for label, html in mails.items()})
        light = page.tab.evaluate(_COLOURS)
        marked = {
            label: in_webmail(html, marks='data-ogsc="" data-ogsb=""')
            for label, html in mails.items()
        }
        show_mails(page, marked)
        dark = page.tab.evaluate(_COLOURS)
    wrong = []
    seen: set[str] = set()
    for before, after in zip(light, dark, strict=True):
        for (element, text, colours), (same, _, turned) in zip(before, after, strict=True):
            assert element == same
            assert turned.keys() >= colours.keys()
            for name, colour in turned.items():
                # Where only the dark one is painted, it must be one of the dark colours at all.
                roles = _roles(tokens, "color-", colours[name]) if name in colours else set()
                turned_roles = _roles(tokens, "dark-", colour)
                if not turned_roles or (roles and not roles & turned_roles):
                    is_now = f"{name} {colour} of {sorted(turned_roles)}"
                    wrong.append(f"<{element}> {text!r}: {sorted(roles)} became {is_now}")
                seen |= roles
    assert not wrong, "\n".join(dict.fromkeys(wrong))
    assert seen >= {"page", "surface", "border", "text", "muted", "heading", "link", "button"}
    assert seen >= {"button-text", "fit", "check", "strong", "good", "partial", "low"}


@pytest.mark.parametrize("theme", DARK_THEMES)
def test_a_dark_theme_looks_the_same_in_both_schemes(
    open_page: Callable[..., RecordedPage], theme: str
) -> None:
    """A theme that is dark by itself is the same to every reader, pixel by pixel."""
    light, dark = (
        open_page(viewport={"width": 600, "height": 600}, color_scheme=scheme) for scheme in SCHEMES
    )
    for html in _every_colour(theme):
        for left in (html, without_style_elements(html)):
            assert _picture(light, left).tobytes() == _picture(dark, left).tobytes()
    turning = mail(SEVERAL, "light", "row")
    assert _picture(light, turning).tobytes() != _picture(dark, turning).tobytes()


def test_there_are_dark_and_light_themes() -> None:
    """Neither kind of theme goes untested for want of one."""
    assert DARK_THEMES
    assert LIGHT_THEMES


# --- For the ear, and without styles

# A message is read inside the landmarks of the program that shows it.
_RULES = {
    "runOnly": {
        "type": "tag",
        "values": [
            *("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"),
            "best-practice",
        ],
    },
    "resultTypes": ["violations"],
    "rules": {"landmark-one-main": {"enabled": False}, "region": {"enabled": False}},
}


@pytest.mark.parametrize("content", CONTENTS)
def test_messages_break_no_rule_of_wcag(page: RecordedPage, axe: str, content: str) -> None:
    """axe-core finds nothing against WCAG 2.2 AA or good practice, whatever is in the message."""
    found = {
        density: violations(page.show(mail(CONTENTS[content], "light", density)), axe, _RULES)
        for density in DENSITIES
    }
    assert not any(found.values()), found


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("theme", THEMES)
def test_themes_break_no_rule_of_wcag(
    open_page: Callable[..., RecordedPage], axe: str, theme: str, scheme: Scheme
) -> None:
    """axe-core finds nothing against WCAG 2.2 AA in any theme and scheme."""
    page = open_page(color_scheme=scheme)
    assert not violations(page.show(mail(EXAMPLE, theme)), axe, _RULES)


def test_a_broken_rule_is_noticed(page: RecordedPage, axe: str) -> None:
    """The measure measures: pale texts, and a table that is for looks only, are reported."""
    html = mail(SEVERAL).replace(load_theme("light").tokens["color-muted"], "#bbbbbb")
    html = html.replace('<html lang="en"', "<html", 1)
    found = " ".join(violations(page.show(html), axe, _RULES))
    assert "color-contrast" in found
    assert "html-has-lang" in found


_OUTLINE = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
  .map((element) => [Number(element.localName[1]), element.innerText.trim()])"""


def test_headings_tell_whom_a_message_is_about(page: RecordedPage) -> None:
    """There is one heading of level 1; each candidate's name is one of level 2, or heads a row."""
    for density in DENSITIES:
        tab = page.show(mail(SEVERAL, "harbour", density))
        outline = tab.evaluate(_OUTLINE)
        levels = [level for level, _ in outline]
        assert levels.count(1) == 1
        assert outline[0] == [1, SEVERAL.title]
        assert all(after - before <= 1 for before, after in pairwise(levels))
        names = [one.name for one in SEVERAL.candidates]
        if density == "row":
            found = tab.locator("th[scope=row]").all_inner_texts()
            assert [text.splitlines()[0] for text in found] == names
        else:
            found = [text for level, text in outline if level == 2]
            assert found == [f"{rank}. {name}" for rank, name in enumerate(names, 1)]


@pytest.mark.parametrize("density", DENSITIES)
def test_a_candidate_alone_is_the_heading(page: RecordedPage, density: Density) -> None:
    """Where a message is about one candidate their name is its one heading of level 1."""
    outline = page.show(mail(ALONE, "harbour", density)).evaluate(_OUTLINE)
    assert [text for level, text in outline if level == 1] == [ALONE.name]
    assert all(after - before <= 1 for before, after in pairwise(level for level, _ in outline))


def test_words_read_in_order_without_styles(page: RecordedPage) -> None:
    """With every style gone a message says what, whom, how good, why and what to check."""
    tab = page.show(mail(SEVERAL, "harbour", "detail"))
    tab.evaluate(
        """() => {
          document.querySelectorAll("style").forEach((element) => element.remove());
          for (const element of document.querySelectorAll("*"))
            for (const { name } of [...element.attributes])
              if (!/^(href|src|alt|lang|dir|scope|role|aria-)/.test(name))
                element.removeAttribute(name);
        }"""
    )
    words = " ".join(tab.evaluate("document.body.innerText").split())
    expected = ["Harbour", SEVERAL.title, "5 candidates", "Prepared for Schelde Pay", SEVERAL.brief]
    for one in SEVERAL.candidates:
        expected += [str(one.name)]
    for one in SEVERAL.candidates:
        score = [] if one.match_score is None else [f"{one.match_score:.0f}", "match"]
        expected += [str(one.name), one.current_role or "", *score, one.rationale or ""]
        expected += [*one.ai_fit_points, *one.ai_red_flags]
        expected += [entry.relevance_explanation or "" for entry in one.ai_detailed_rationale]
        expected += [text for entry in one.detailed_experience for text in entry.highlights]
        expected += ["Reply"]
    expected += [
        "prof_gone",
        "Prepared by Noor at Talent Desk",
        "A person decides, not the machine.",
    ]
    place = words.index("Harbour")
    for text in filter(None, expected):
        found = words.find(" ".join(text.split()), place)
        assert found >= 0, text
        place = found + len(" ".join(text.split()))


def test_the_line_for_the_inbox_is_first_and_takes_no_room(page: RecordedPage) -> None:
    """What an inbox shows beside the subject begins the text; on screen there is nothing of it."""
    show_mails(page, _mails("light"))
    for one in measure(page, 600, "light"):
        assert len(one.hidden) == 1
        assert 20 <= len(one.hidden[0]) <= 200
    first = page.tab.evaluate(
        """() => [...document.querySelectorAll("iframe")].map(({ contentDocument: mail }) =>
          [mail.body.textContent.trim(), mail.body.innerText.trim()])"""
    )
    for one, (whole, shown) in zip(measure(page, 360, "light"), first, strict=True):
        assert whole.startswith(one.hidden[0])
        assert not shown.startswith(one.hidden[0])
