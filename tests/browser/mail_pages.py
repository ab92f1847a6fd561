"""Messages as mail programs show them: many in one tab, and what is painted there."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from coloraide import Color
from samples import BARE, FULL, SHORT, candidate_from

from candidate_cards import Shortlist, list_themes, load_shortlist, parse_shortlist
from candidate_cards import render_email as _render_email
from candidate_cards.cards import Labels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from harness import RecordedPage
    from PIL.Image import Image

    from candidate_cards import Candidate, Theme

Density = Literal["row", "card", "detail"]
Scheme = Literal["light", "dark"]

DENSITIES: tuple[Density, ...] = get_args(Density)
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
THEMES = tuple(theme.name for theme in list_themes())
WIDTHS = (600, 360)  # CSS px: a reading pane, a phone
REPLY_TO = "ana@acme.example"

TEXT_CONTRAST = 4.5  # WCAG 1.4.3
SHAPE_CONTRAST = 3.0  # WCAG 1.4.11, and what forced inversion must leave of any text
LEAST_TEXT = 12  # CSS px
LEAST_BUTTON = 40  # CSS px

EXAMPLE = load_shortlist(Path(__file__).parents[2] / "examples" / "payloads" / "shortlist.json")


# --- Contents


def _several() -> Shortlist:
    """Return people of every band, with and without each part, two of them with long words."""
    people: list[dict[str, Any]] = [
        {**FULL, "skills": FULL["skills"] * 2, "aiFitPoints": FULL["aiFitPoints"] * 2},
        {
            **SHORT,
            "aiFitPoints": ["أطلقت التطبيق لمليوني مستخدم", "تقود أربعة مهندسين"],
            "aiRedFlags": ["سنة واحدة من العمل على الخادم"],
        },
        {
            **FULL,
            "profileId": "prof_part",
            "name": "Wolfeschlegelsteinhausenbergerdorff-Vondráčková",
            "currentRole": "Donaudampfschifffahrtsgesellschaftskapitän",
            "matchScore": 45,
            # None of these becomes a link; they are shown as text.
            "linkedinUrl": "https://profiles.example/people/wolfeschlegelsteinhausenbergerdorff",
            "emails": ["wolfe@profiles.example", "wolfe at profiles dot example"],
        },
        {**SHORT, "profileId": "prof_low", "name": "Ada Low", "matchScore": 12},
        BARE,
    ]
    read: Shortlist = parse_shortlist(
        json.dumps({"candidates": people, "failed": [{"profileId": "prof_gone"}]}),
    )
    assert len(read.candidates) == len(people)
    return read.model_copy(
        update={
            "title": "Principal Engineer, Payments and Settlement (Switzerland, Liechtenstein)",
            "brief": "Somebody who has moved money before, at night and across three regions.",
            "client": "Schelde Pay",
            "author": "Noor at Talent Desk",
        }
    )


SEVERAL = _several()
ALONE = candidate_from(FULL)
CONTENTS: Mapping[str, Shortlist | Candidate] = {
    "several": SEVERAL,
    "alone": ALONE,
    "empty": Shortlist(title="Payments engineer"),
}


LONG_LABELS: Mapping[str, Labels] = {
    "two lines beside one word": Labels(
        lang="es", profile="Perfil profesional en LinkedIn", respond="Responder"
    ),
    "four lines beside three": Labels(
        lang="es",
        profile="Ver el perfil profesional completo en LinkedIn",
        respond="Responder a la agencia de selección",
    ),
}
"""What a language with longer words makes of the buttons."""


def mail(
    content: Shortlist | Candidate,
    theme: str | Theme = "light",
    density: Density = "card",
    *,
    pictures: bool = True,
) -> str:
    """Return the HTML part with everything that can be in it.

    Args:
        content: Whom it is about.
        theme: A theme, or the name of one.
        density: How much of them.
        pictures: Whether the logo shows, as it does once the reader's program has put it together
            with the message; without, its address leads nowhere.
    """
    message = _render_email(
        content, theme=theme, density=density, profile="internal", reply_to=REPLY_TO
    )
    html = str(message.html)
    logo = message.theme.logo and message.theme.logo.email
    if logo and pictures:
        data = b64encode(logo.data).decode("ascii")
        assert logo.data_uri in html
        html = html.replace(logo.data_uri, f"data:{logo.media_type};base64,{data}")
    return html


# --- What mail programs do to a document


def without_style_elements(html: str) -> str:
    """Return what is left where a program drops every style element, as Gmail may."""
    left, count = re.subn(r"<style\b.*?</style>", "", html, flags=re.DOTALL)
    assert count
    return left


def without_doctype(html: str) -> str:
    """Return the document as a browser shows it in quirks mode."""
    left, count = re.subn(r"\A<!DOCTYPE html>", "", html)
    assert count == 1
    return left


def in_webmail(html: str, *, marks: str = "") -> str:
    """Return a page that shows the message in a block: no html, head or body of its own.

    Args:
        html: The message.
        marks: Attributes of the block around it.
    """
    html = re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL)
    styles = "".join(re.findall(r"<style\b.*?</style>", html, re.DOTALL))
    body = re.search(r"<body\b([^>]*)>(.*)</body>", html, re.DOTALL)
    assert body
    return (
        # What a style says of :root does not reach the page around it.
        '<!DOCTYPE html><html lang="en" style="color-scheme:light"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Inbox</title></head>'
        f'<body style="margin:0"><div {marks}>{styles}<div {body[1]}>{body[2]}</div></div>'
        "</body></html>"
    )


CONDITIONS: Mapping[str, Callable[[str], str]] = {
    "as sent": str,
    "no style element": without_style_elements,
    "webmail": in_webmail,
    "webmail, no style element": lambda html: in_webmail(without_style_elements(html)),
    "quirks mode": without_doctype,
    "quirks mode, no style element": lambda html: without_doctype(without_style_elements(html)),
}


# --- Many messages in one tab

_HOST = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Messages</title>
<style>
:root { color-scheme: light dark }
body { margin: 0 }
iframe { display: block; border: 0 }
</style></head>
<body></body>
</html>"""

# Styles that depend on a frame's width are settled when the next picture is drawn.
_LAY_OUT = """async (width) => {
  const frames = [...document.querySelectorAll("iframe")];
  const settled = () => new Promise((resolve) =>
    requestAnimationFrame(() => requestAnimationFrame(resolve)));
  for (const frame of frames) frame.style.cssText = `width: ${width}px; height: 100px`;
  await settled();
  const heights = frames.map(({ contentDocument: { documentElement, body } }) =>
    Math.max(documentElement.scrollHeight, body.scrollHeight));
  frames.forEach((frame, n) => { frame.style.height = `${heights[n]}px`; });
  await settled();
}"""


# A document that is written is read as one that is loaded, quirks mode and scripts included.
_WRITE = """async (mails) => {
  const frames = Object.entries(mails).map(([title, html]) => {
    const frame = Object.assign(document.createElement("iframe"), { title });
    document.body.append(frame);
    frame.contentDocument.write(html);
    frame.contentDocument.close();
    return frame;
  });
  for (const { contentDocument: mail } of frames)
    await Promise.allSettled([...mail.images].map((image) => image.decode()));
}"""


def show_mails(page: RecordedPage, mails: Mapping[str, str]) -> None:
    """Show each message in a frame of its own, whose title is its key."""
    page.show(_HOST).evaluate(_WRITE, dict(mails))


def lay_out(page: RecordedPage, width: int, scheme: Scheme) -> None:
    """Make every frame ``width`` CSS px wide and as high as its content, for such a reader."""
    page.tab.emulate_media(color_scheme=scheme)
    page.tab.evaluate(_LAY_OUT, width)


# --- What is painted


class Pair(NamedTuple):
    """A colour on a ground, both ``#rrggbb``, and the beginning of a text of it."""

    colour: str
    ground: str
    sample: str

    @property
    def contrast(self) -> float:
        """By the formula of WCAG 2, from 1 to 21."""
        return contrast(self.colour, self.ground)

    def __str__(self) -> str:
        return f"{self.colour} on {self.ground} ({self.contrast:.2f}:1) {self.sample!r}"


@dataclass(frozen=True)
class Measured:
    """What one message looks like.

    Attributes:
        label: The frame's title.
        faults: What is wrong, in words; contrast excepted.
        boxes: Elements looked at.
        texts: Texts looked at.
        buttons: Links found that are drawn as buttons.
        hidden: Texts that nobody sees.
        pairs: Of text and ground, each once.
        shapes: Of a button's outline or fill and the ground around it, each once.
    """

    label: str
    faults: tuple[str, ...]
    boxes: int
    texts: int
    buttons: int
    hidden: tuple[str, ...]
    pairs: tuple[Pair, ...]
    shapes: tuple[Pair, ...]

    def problems(self) -> list[str]:
        """Return the faults, and every pair with too little contrast."""
        return [
            *self.faults,
            *(f"text {pair}" for pair in self.pairs if pair.contrast < TEXT_CONTRAST),
            *(f"button {pair}" for pair in self.shapes if pair.contrast < SHAPE_CONTRAST),
        ]


# In the page, for each frame. A ground is the nearest colour around a text that is not
# transparent, from a style or a bgcolor attribute; below all of them lies the canvas.
_MEASURE = """([scheme, leastText, leastButton]) =>
[...document.querySelectorAll("iframe")].map((frame) => {
  const { contentWindow: view, contentDocument: doc } = frame, width = frame.clientWidth;
  const faults = new Set(), pairs = new Map(), shapes = new Map(), hidden = [];
  const counts = { boxes: 0, texts: 0, buttons: 0 };
  const style = (element) => view.getComputedStyle(element);
  const clear = "rgba(0, 0, 0, 0)";
  const sides = ["Top", "Right", "Bottom", "Left"];
  const seen = (element) => element.checkVisibility({ visibilityProperty: true });
  const label = (element) =>
    `<${element.localName}> ${JSON.stringify(element.textContent.trim().slice(0, 24))}`;
  const outside = (box) => box.left < -0.5 || box.right > width + 0.5 || box.top < -0.5;
  const note = (map, colour, ground, text) => {
    const key = `${colour} on ${ground}`;
    if (!map.has(key)) map.set(key, [colour, ground, text.trim().slice(0, 24)]);
  };

  if (view.matchMedia("(prefers-color-scheme: dark)").matches !== (scheme === "dark"))
    faults.add("is not in the scheme that was asked for");
  if (view.innerWidth !== width) faults.add(`is ${view.innerWidth} px wide`);
  const scrolled = Math.max(doc.documentElement.scrollWidth, doc.body.scrollWidth);
  if (scrolled > width) faults.add(`scrolls sideways: ${scrolled} in ${width}`);

  const probe = doc.createElement("i");
  probe.style.backgroundColor = "Canvas";
  doc.documentElement.append(probe);
  const canvas = style(probe).backgroundColor;
  probe.remove();
  const ground = (element) => {
    for (let around = element; around; around = around.parentElement) {
      const { backgroundColor } = style(around);
      if (backgroundColor !== clear) return backgroundColor;
    }
    return canvas;
  };

  for (const element of doc.body.querySelectorAll("*")) {
    if (!seen(element)) continue;
    const { overflowX, overflowY, opacity, backgroundImage, filter, clipPath } = style(element);
    if (backgroundImage !== "none") faults.add(`has a picture behind it: ${label(element)}`);
    if (opacity !== "1" || filter !== "none") faults.add(`is seen through: ${label(element)}`);
    const box = element.getBoundingClientRect();
    if (!box.width && !box.height) continue;
    counts.boxes += 1;
    if (outside(box)) faults.add(`reaches from ${box.left} to ${box.right}: ${label(element)}`);
    const cuts = [overflowX, overflowY].some((value) => value !== "visible");
    if (clipPath !== "none" || (cuts && (element.scrollWidth > element.clientWidth + 1
        || element.scrollHeight > element.clientHeight + 1)))
      faults.add(`is cut: ${label(element)}`);
  }

  const walker = doc.createTreeWalker(doc.body, NodeFilter.SHOW_TEXT);
  const range = doc.createRange();
  for (let node; (node = walker.nextNode()); ) {
    const parent = node.parentElement;
    if (!node.data.trim() || parent.matches("style")) continue;
    if (!seen(parent)) { hidden.push(node.data.trim()); continue; }
    range.selectNodeContents(node);
    const boxes = [...range.getClientRects()].filter((box) => box.width && box.height);
    const text = JSON.stringify(node.data.trim().slice(0, 24));
    if (!boxes.length) { faults.add(`has no place: ${text}`); continue; }
    counts.texts += 1;
    const { fontSize, color } = style(parent);
    if (parseFloat(fontSize) < leastText) faults.add(`is ${fontSize} high: ${text}`);
    const cell = parent.closest("td, th")?.getBoundingClientRect();
    for (const box of boxes) {
      if (outside(box)) faults.add(`reaches from ${box.left} to ${box.right}: ${text}`);
      // The font's own height may be more than that of its line.
      if (cell && (box.left < cell.left - 0.5 || box.right > cell.right + 0.5
          || box.top < cell.top - 4 || box.bottom > cell.bottom + 4))
        faults.add(`stands out of its cell: ${text}`);
    }
    note(pairs, color, ground(parent), node.data);
  }

  // A mark is in no box of its own: it needs room beside its item, on the side of its script.
  for (const item of doc.body.querySelectorAll("li")) {
    const cell = item.closest("td");
    if (!cell || !seen(item)) continue;
    const css = style(cell), box = item.getBoundingClientRect();
    const room = cell.getBoundingClientRect();
    const beside = style(item).direction === "rtl"
      ? room.right - parseFloat(css.paddingRight) - box.right
      : box.left - room.left - parseFloat(css.paddingLeft);
    if (beside < 12) faults.add(`has its mark beside its cell: ${label(item)}`);
  }

  const framed = (element) => {
    const css = style(element);
    return css.backgroundColor !== clear || sides.every((side) =>
      css[`border${side}Style`] !== "none" && parseFloat(css[`border${side}Width`]) >= 1);
  };
  for (const link of doc.body.querySelectorAll("a[href]")) {
    const cell = link.parentElement;
    const shape = [link, ...(cell.matches("td, th") ? [cell] : [])].find(framed);
    if (!shape || !seen(link)) continue;
    counts.buttons += 1;
    const css = style(shape), box = link.getBoundingClientRect();
    const filled = css.backgroundColor !== clear;
    note(shapes, filled ? css.backgroundColor : css.borderTopColor,
      ground(shape.parentElement), link.textContent);
    if (box.height < leastButton) faults.add(`is a button ${box.height} px high: ${label(link)}`);
    const whole = shape.getBoundingClientRect();
    const [top, right, bottom, left] = sides.map((side) => parseFloat(css[`border${side}Width`]));
    const inner = { left: whole.left + left, top: whole.top + top,
      right: whole.right - right, bottom: whole.bottom - bottom };
    const beside = Math.max(box.left - inner.left, box.top - inner.top,
      inner.right - box.right, inner.bottom - box.bottom);
    const missed = [0.02, 0.5, 0.98].flatMap((x) => [0.02, 0.5, 0.98].map((y) =>
      doc.elementFromPoint(inner.left + x * (inner.right - inner.left),
        inner.top + y * (inner.bottom - inner.top))))
      .filter((hit) => !link.contains(hit)).length;
    for (const { index, 0: word } of link.textContent.matchAll(/\\S+/g)) {
      range.setStart(link.firstChild, index);
      range.setEnd(link.firstChild, index + word.length);
      if (range.getClientRects().length > 1)
        faults.add(`is a button with a broken word: ${label(link)}`);
    }
    if (shape !== link && (beside > 0.5 || missed))
      faults.add(`is a button that is not all link, by ${beside} px: ${label(link)}`);
  }
  return { label: frame.title, faults: [...faults], ...counts, hidden,
    pairs: [...pairs.values()], shapes: [...shapes.values()] };
})"""


def measure(page: RecordedPage, width: int, scheme: Scheme) -> tuple[Measured, ...]:
    """Lay out every frame and look at it."""
    lay_out(page, width, scheme)
    found = page.tab.evaluate(_MEASURE, [scheme, LEAST_TEXT, LEAST_BUTTON])
    assert found
    return tuple(
        Measured(
            **{
                **one,
                "faults": tuple(one["faults"]),
                "hidden": tuple(one["hidden"]),
                "pairs": _pairs(one["pairs"]),
                "shapes": _pairs(one["shapes"]),
            }
        )
        for one in found
    )


def problems(page: RecordedPage, views: Iterable[tuple[int, Scheme]]) -> list[str]:
    """Return what is wrong in any of some widths and schemes, each once, with where it was seen.

    Everything is to be seen but one text, the line for the inbox.
    """
    found: dict[str, list[str]] = {}
    for width, scheme in views:
        for one in measure(page, width, scheme):
            hidden = [] if len(one.hidden) == 1 else [f"has hidden texts: {one.hidden}"]
            for problem in (*one.problems(), *hidden):
                found.setdefault(problem, []).append(f"{one.label} at {width} px, {scheme}")
    return [
        f"{problem}: {places[0]}" + (f" and {len(places) - 1} more" if places[1:] else "")
        for problem, places in found.items()
    ]


EVERY_VIEW: tuple[tuple[int, Scheme], ...] = tuple(product(WIDTHS, SCHEMES))


def _pairs(found: list[list[str]]) -> tuple[Pair, ...]:
    return tuple(Pair(_hex(colour), _hex(ground), sample) for colour, ground, sample in found)


@cache
def _hex(computed: str) -> str:
    """Return ``#rrggbb``; a computed colour is written as ``rgb()`` only if it is opaque."""
    parts = re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", computed)
    assert parts, f"{computed} has no contrast of its own"
    return "#{:02x}{:02x}{:02x}".format(*map(int, parts.groups()))


@cache
def _luminance(colour: str) -> float:
    parts = [
        part / 3294.6 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4
        for part in bytes.fromhex(colour[1:])
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours by the formula of WCAG 2, from 1 to 21."""
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _lightness(colour: str) -> float:
    return Color(colour).convert("lab")["lightness"]


@cache
def inverted(colour: str) -> str:
    """Return the colour with its lightness turned round, in CIELAB, as in Chromium's dark mode."""
    lab = Color(colour).convert("lab")
    lab["lightness"] = 100 - lab["lightness"]
    return lab.convert("srgb").fit().to_string(hex=True)


def fully_inverted(pair: Pair) -> Pair:
    """Return the pair where a program inverts every colour, as Gmail on iOS does."""
    return Pair(inverted(pair.colour), inverted(pair.ground), pair.sample)


def partly_inverted(pair: Pair) -> Pair:
    """Return the pair where only light grounds and dark texts are inverted, as on Android."""
    colour, ground, sample = pair
    if _lightness(ground) > 50:
        ground = inverted(ground)
    if _lightness(colour) < 50:
        colour = inverted(colour)
    return Pair(colour, ground, sample)


def painted_contrast(picture: Image) -> tuple[str, float]:
    """Return the commonest colour of a picture of a text, and its contrast to the farthest one."""
    colours = picture.getcolors(maxcolors=picture.width * picture.height) or []
    counted = [(count, "#" + bytes(rgb).hex()) for count, rgb in colours]  # type: ignore[arg-type]
    ground = max(counted)[1]
    return ground, max(contrast(ground, other) for _, other in counted)
