"""Somebody else's HTML, made inert: the vendor's cards before anything else sees them.

What an inline-styled card needs is kept; everything else is gone, not disarmed:

1. Input over a limit is refused: a parser of HTML takes quadratic time for some of it.
2. A parser that works as browsers do makes a tree; listed elements and attributes stay in it.
3. Each value is judged by what it is: a style by property and value, an address by the function
   that makes those of our own cards, a drawing by its one allowed form.
4. Text loses controls and unclosed direction marks, and what template engines of a page read.
5. The result is parsed again, until it stays as it is: what was judged is what a browser makes.
6. One ``<div>`` of ours is around it, out of which nothing inside can be painted or clicked.

Why no class and no id: classes are the host's, and ``modal`` or ``fixed inset-0`` would do in its
page what a style may not. An id can stand for a variable of a script, and is there once per card.
"""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from markupsafe import Markup

from candidate_cards._text import clean_text, is_visible, with_balanced_bidi
from candidate_cards.cards.links import mailto_url, web_url
from candidate_cards.errors import InputError, Problem
from candidate_cards.rendering.inert import SPLIT, split_delimiters
from candidate_cards.rendering.inline_values import safe_colour, safe_style

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import nh3

# A card of ours has some 15,000 characters and 250 tags. At these limits the slowest input takes
# less than ten times as long as cards of that size.
MOST_CHARACTERS: Final = 2**17
_MOST_TAGS: Final = 4000
_MOST_REOPENED: Final = 100_000  # times an element that is opened again could be
_MOST_REFERENCES: Final = 20_000
_MOST_PASSES: Final = 5  # what is nested as elements may be needs two, anything seen yet three


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


_HTML: Final = _listed("""
    a article aside b bdi blockquote br caption code dd details div dl dt em footer h1 h2 h3 h4 h5
    h6 header hr i li ol p s section small span strong sub summary sup table tbody td tfoot th
    thead tr u ul
""")
_EMPTY_SHAPES: Final = ("circle", "ellipse", "line", "path", "polygon", "polyline", "rect")
_DRAWN: Final = frozenset((*_EMPTY_SHAPES, "svg", "text"))
# What is in these is no text of a card; and in some of them HTML inside a drawing would come back
# to life.
_WITH_CONTENT: Final = _listed("""
    annotation-xml applet audio canvas datalist defs desc embed filter foreignObject iframe
    linearGradient map mask math metadata noembed noframes noscript object optgroup option pattern
    plaintext radialGradient script select style symbol template textarea title video xmp
""")

# Elements that a parser opens again after each block that ends inside them.
_REOPENED: Final = re.compile(
    r"<(?:a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)[\s/>]", re.IGNORECASE
)
# What nh3 writes has "<" and ">" at the ends of tags only.
_TAG: Final = re.compile(r"<[^>]*>")
_TEXT: Final = re.compile(r"(?:\A|(?<=>))[^<>]+")
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_DRAWING: Final = re.compile(
    rf"<svg(?: [^>]*)?>(?:\s*<(?P<shape>{'|'.join(_EMPTY_SHAPES)})(?: [^>]*)?></(?P=shape)>"
    r"|\s*<text(?: [^>]*)?>[^<]*</text>)*\s*</svg>"
)
_DRAWING_TAG: Final = re.compile(rf"</?(?:{'|'.join(sorted(_DRAWN))})[ >]")

_WRAPPER: Final = (
    '<div data-ng-non-bindable="" style="font-family:Inter,system-ui,-apple-system,Segoe UI,'
    "Roboto,Helvetica Neue,Arial,sans-serif;display:block;position:relative;max-width:100%;"
    # Two ways to one end: browsers of before 2022 do not know the second. With a margin, since a
    # clip along the edge of a card would draw its corners another way.
    "overflow:hidden;overflow:clip;overflow-clip-margin:1px;contain:layout paint style;"
    'isolation:isolate;unicode-bidi:isolate">'
)
_END: Final = "</div>"

_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,4}")
_NUMBER: Final = re.compile(r"-?[0-9]{1,6}(?:\.[0-9]{1,6})?%?")
_NUMBERS: Final = re.compile(r"(?>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[ ,]*+){1,200}+")
_PATH: Final = re.compile(r"[Mm][A-DF-Za-df-z0-9 ,.+-]{1,10000}")
_TRANSFORM: Final = re.compile(
    r"(?>(?:matrix|rotate|scale|skewX|skewY|translate)\([0-9 ,.+-]{1,100}\)[ ,]*+){1,8}+"
)
_COUNT: Final = re.compile(r"[1-9][0-9]?")
_WORD: Final = re.compile(r"[a-z-]{1,20}")
# None that speaks up by itself, is a landmark of the page, or takes input.
_ROLES: Final = _listed("""
    article caption cell columnheader definition figure group heading img list listitem meter none
    note paragraph presentation progressbar row rowgroup rowheader separator table term
""")
_RELATION: Final = "noopener noreferrer nofollow"
_LONGEST_LABEL: Final = 2000


def sanitize_fragment(html: str) -> Markup:
    """Return markup that runs nothing, loads nothing and stays in its box, whatever came in.

    Doing it twice changes nothing.

    Args:
        html: Whatever somebody says is a card.

    Returns:
        One ``<div>`` whose style begins with ``font-family``.

    Raises:
        InputError: It is too large, or nested in a way that does not come to rest.
    """
    # Surrogates cannot be encoded; and the methods of Markup would escape.
    text = str(html).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if text.startswith(_WRAPPER) and text.endswith(_END):
        text = text[len(_WRAPPER) : -len(_END)].replace(SPLIT, "")
    _refuse_too_much(text)
    for _ in range(_MOST_PASSES):
        before, text = text, _pass(text)
        if text == before:
            # Nothing in it is anything but what is listed here.
            return Markup(f"{_WRAPPER}{text}{_END}")  # noqa: S704
    raise InputError([Problem("its elements are nested in a way that does not come to rest")])


def has_text(html: str) -> bool:
    """Tell whether sanitised markup has a letter that would be drawn."""
    return is_visible(unescape(_TAG.sub("", html)))


def _refuse_too_much(text: str) -> None:
    tags = text.count("<")
    counts = (
        (len(text), MOST_CHARACTERS, "characters"),
        (tags, _MOST_TAGS, "tags"),
        (text.count("&"), _MOST_REFERENCES, "character references"),
    )
    for count, most, what in counts:
        if count > most:
            raise InputError([Problem(f"has more than {most:,} {what}")])
    # At worst every block opens all of them again.
    if tags * len(_REOPENED.findall(text)) > _MOST_REOPENED:
        raise InputError([Problem("has too many elements such as <b> and <a>")])


def _pass(text: str) -> str:
    cleaned = _cleaner().clean(text)
    _refuse_too_much(cleaned)
    if _DRAWING_TAG.search(cleaned):
        cleaned = _with_plain_drawings(cleaned)
    return split_delimiters(f">{_TEXT.sub(_clean_text, cleaned)}")[1:]


def _clean_text(found: re.Match[str]) -> str:
    text = found[0]
    if text.isascii() and text.isprintable():
        return text
    return with_balanced_bidi(_CONTROLS.sub("", text.replace("\r", "\n")))


def _with_plain_drawings(html: str) -> str:
    """Leave drawings of the one form in which nothing but shapes can be, and no other."""
    parts: list[str] = []
    end = depth = 0
    for tag in _TAG.finditer(html):
        if tag.start() < end:
            continue
        if not depth:
            parts.append(html[end : tag.start()])
        end = tag.end()
        if not _DRAWING_TAG.match(tag[0]):
            parts += [] if depth else [tag[0]]
        elif tag[0].startswith("</svg"):
            depth = max(depth - 1, 0)
        elif tag[0].startswith("<svg"):
            drawing = None if depth else _DRAWING.match(html, tag.start())
            if drawing is None:
                depth += 1
            else:
                parts.append(drawing[0])
                end = drawing.end()
    if not depth:
        parts.append(html[end:])
    return "".join(parts)


def _address(value: str) -> str | None:
    if value[:7].lower() == "mailto:":
        return mailto_url(unquote(value[7:]))
    return web_url(value)


def _label(value: str) -> str | None:
    return clean_text(value, limit=_LONGEST_LABEL)[0] or None


def _one_of(*words: str) -> Callable[[str], str | None]:
    known = frozenset(words)

    def judge(value: str) -> str | None:
        word = value.strip().lower()
        return word if word in known else None

    return judge


def _like(pattern: re.Pattern[str]) -> Callable[[str], str | None]:
    return lambda value: value if pattern.fullmatch(value) else None


_number = _like(_NUMBER)
_numbers = _like(_NUMBERS)
_word = _like(_WORD)
_GENERAL: Final[Mapping[str, Callable[[str], str | None]]] = {
    "aria-hidden": _one_of("true", "false"),
    "aria-label": _label,
    "aria-level": _one_of(*"123456"),
    "aria-valuemax": _number,
    "aria-valuemin": _number,
    "aria-valuenow": _number,
    "aria-valuetext": _label,
    "dir": _one_of("ltr", "rtl", "auto"),
    "lang": _like(_LANGUAGE),
    "role": _one_of(*_ROLES),
    "style": safe_style,
    "title": _label,
}
_OF_DRAWINGS: Final[Mapping[str, Callable[[str], str | None]]] = {
    **_GENERAL,
    **dict.fromkeys(("cx", "cy", "dx", "dy", "height", "r", "rx", "ry", "width"), _number),
    **dict.fromkeys(("x", "x1", "x2", "y", "y1", "y2", "font-size", "font-weight"), _number),
    **dict.fromkeys(("fill-opacity", "opacity", "stroke-opacity", "stroke-width"), _number),
    **dict.fromkeys(("stroke-dashoffset", "stroke-miterlimit"), _number),
    **dict.fromkeys(("dominant-baseline", "fill-rule", "text-anchor"), _word),
    **dict.fromkeys(("stroke-linecap", "stroke-linejoin"), _word),
    "d": _like(_PATH),
    "fill": safe_colour,
    "points": _numbers,
    "stroke": safe_colour,
    "stroke-dasharray": _numbers,
    "transform": _like(_TRANSFORM),
    "viewBox": _numbers,
}
_OF: Final[Mapping[str, Mapping[str, Callable[[str], str | None]]]] = {
    "a": {"href": _address, "rel": _one_of(_RELATION), "target": _one_of("_blank")},
    "details": {"open": lambda _: ""},
    "li": {"value": _number},
    "ol": {"start": _number},
    "td": dict.fromkeys(("colspan", "rowspan"), _like(_COUNT)),
    "th": {
        **dict.fromkeys(("colspan", "rowspan"), _like(_COUNT)),
        "scope": _one_of("row", "col", "rowgroup", "colgroup"),
    },
}
_ATTRIBUTES: Final = {
    **{name: {**_GENERAL, **_OF.get(name, {})} for name in _HTML},
    **dict.fromkeys(_DRAWN, _OF_DRAWINGS),
}


def _judge(tag: str, name: str, value: str) -> str | None:
    """Return the value of an attribute as it may stay, or ``None``.

    Asked of every attribute, listed or not.
    """
    judge = _ATTRIBUTES.get(tag, {}).get(name)
    try:
        return judge(value) if judge else None
    except Exception:  # noqa: BLE001  nh3 would print it, and with it the value
        return None


@cache
def _cleaner() -> nh3.Cleaner:
    import nh3  # noqa: PLC0415  only who sanitises pays for it

    return nh3.Cleaner(
        tags=_HTML | _DRAWN,
        clean_content_tags=_WITH_CONTENT,
        attributes={tag: known.keys() - {"rel"} for tag, known in _ATTRIBUTES.items()},
        attribute_filter=_judge,
        link_rel=_RELATION,
        url_schemes={"https", "mailto"},
        url_relative="deny",
    )
