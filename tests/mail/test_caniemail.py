"""The linter knows every feature of the data, finds each where it is used, and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import mail_uses
import pytest
from caniemail import CLIENTS, UNTESTED, WORD, CanIEmail, Client, report
from caniemail_notes import NOTES
from mail_document import Mail
from mail_uses import UNLISTED, claimed_features, uses_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from caniemail import Finding

GMAIL = Client("gmail", "desktop-webmail")
IPHONE = Client("apple-mail", "ios")
YAHOO = Client("yahoo", "desktop-webmail")
OUTLOOK_COM = Client("outlook", "outlook-com")
SAMSUNG = Client("samsung-email", "android")
READS_STYLE = {*CLIENTS} - {Client("gmail", "mobile-webmail")}


@pytest.fixture(scope="module")
def data(node_modules: Path) -> CanIEmail:
    """The data of the npm package."""
    return CanIEmail(node_modules)


def _mail(body: str, css: str = "") -> Mail:
    style = f"<style>{css}</style>" if css else ""
    return Mail(f"<html><head>{style}</head><body>{body}</body></html>")


def _styled(declaration: str, tag: str = "td") -> Mail:
    return _mail(f'<{tag} style="{declaration}">x</{tag}>')


def _of(feature: str, findings: list[Finding]) -> set[Client]:
    return {finding.client for finding in findings if finding.feature == feature}


# What the matcher claims.


def test_every_feature_of_the_data_is_known(data: CanIEmail) -> None:
    """Each one is claimed by the matcher or said to be in no HTML; nothing else is claimed."""
    assert len(data.slugs) > 300
    assert claimed_features() | set(mail_uses.NOT_IN_HTML) == data.slugs
    assert not claimed_features() & set(mail_uses.NOT_IN_HTML)


def _examples() -> Iterator[tuple[str, Mail]]:
    """Yield features with small mails that use them, from the matcher's own tables."""
    for table, example in _BY_TABLE:
        for key, feature in table.items():
            yield feature, example(key)
    for (tag, kind), feature in mail_uses.TYPED_ELEMENTS.items():
        yield feature, _mail(f'<{tag} type="{kind}">')
    yield from _FURTHER_EXAMPLES.items()


_LONGHANDS = {
    "animation-name": "css-animation",
    "background-position-x": "css-background-position",
    "border-top": "css-border",
    "border-left-width": "css-border",
    "border-color": "css-border",
    "border-image-source": "css-border-image",
    "border-inline": "css-border-inline-block",
    "border-block-color": "css-border-inline-block-individual",
    "border-inline-start": "css-border-inline-block-longhand",
    "border-top-left-radius": "css-border-radius",
    "border-start-end-radius": "css-border-radius-logical",
    "column-count": "css-column-layout-properties",
    "flex-flow": "css-flex-wrap",
    "inline-size": "css-block-inline-size",
    "margin-top": "css-margin",
    "margin-block": "css-margin-inline-block",
    "margin-block-end": "css-margin-block-start-end",
    "margin-inline-end": "css-margin-inline-start-end",
    "outline-color": "css-outline",
    "overflow-x": "css-overflow",
    "padding-left": "css-padding",
    "padding-inline": "css-padding-inline-block",
    "padding-block-start": "css-padding-block-start-end",
    "padding-inline-start": "css-padding-inline-start-end",
    "scroll-snap-type": "css-scroll-snap",
    "scroll-margin": "css-scroll-snap",
    "text-emphasis-style": "css-text-emphasis",
    "transform-origin": "css-transform",
    "transition-duration": "css-transition",
    "-webkit-user-select": "css-user-select",
}
_FURTHER_EXAMPLES = {
    "css-comments": _styled("/* why */color:red"),
    "css-important": _styled("color:red !important"),
    "css-nesting": _mail("", ".a{.b{color:red}}"),
    "css-selector-attribute": _mail("", "[a=b]{color:red}"),
    "css-selector-chaining": _mail("", ".a.b{color:red}"),
    "css-selector-class": _mail("", ".a{color:red}"),
    "css-selector-grouping": _mail("", ".a,.b{color:red}"),
    "css-selector-id": _mail("", "#a{color:red}"),
    "css-selector-type": _mail("", "a{color:red}"),
    "css-selector-universal": _mail("", "*{color:red}"),
    "css-unit-percent": _styled("width:50%"),
    "html-anchor-links": _mail('<a href="#below">'),
    "html-comments": _mail("<!-- a note -->"),
    "html-doctype": Mail("<!DOCTYPE html><html></html>"),
    "html-mailto-links": _mail('<a href="mailto:a@example.test">'),
    "image-base64": _mail('<img src="data:image/png;base64,AA==">'),
}


_BY_TABLE: list[tuple[Mapping[str, str], Callable[[str], Mail]]] = [
    (mail_uses.ELEMENTS, lambda tag: _mail(f"<{tag}>")),
    (mail_uses.ATTRIBUTES, lambda name: _mail(f'<td {name}="1">')),
    (mail_uses.METAS, lambda name: _mail(f'<meta name="{name}">')),
    (mail_uses.PROPERTIES, lambda name: _styled(f"{name}:inherit")),
    (_LONGHANDS, lambda name: _styled(f"{name}:inherit")),
    (mail_uses.UNITS, lambda unit: _styled(f"width:1{unit}")),
    (mail_uses.FUNCTIONS, lambda name: _styled(f"width:{name}(1px)")),
    (mail_uses.KEYWORDS, lambda word: _styled(f"width:{word}")),
    (mail_uses.DISPLAYS, lambda word: _styled(f"display:{word}")),
    (mail_uses.IMAGES, lambda kind: _mail(f'<img src="https://e.test/a.b/c.{kind}?d=e.f">')),
    (mail_uses.IMAGES, lambda kind: _mail(f'<img src="cid:c.{kind}@e.test">')),
    (mail_uses.IMAGES, lambda kind: _styled(f"background:url(https://e.test/c.{kind})")),
    (mail_uses.IMAGES, lambda kind: _styled(f"background:url('https://e.test/c.{kind}')")),
    (mail_uses.COMBINATORS, lambda sign: _mail("", f"a{sign}b{{color:red}}")),
    (mail_uses.PSEUDO_CLASSES, lambda name: _mail("", f"a:{name}{{color:red}}")),
    (mail_uses.PSEUDO_CLASSES, lambda name: _mail("", f"a:{name}(1){{color:red}}")),
    (mail_uses.PSEUDO_ELEMENTS, lambda name: _mail("", f"a::{name}{{color:red}}")),
    (mail_uses.AT_RULES, lambda name: _mail("", f"@{name} x {{}}")),
    (mail_uses.MEDIA_FEATURES, lambda name: _mail("", f"@media ({name}:1) {{}}")),
]


def test_every_claim_is_met() -> None:
    """Each feature that the matcher claims to know is found in mails that use little else."""
    examples = list(_examples())
    assert {feature for feature, _ in examples} == claimed_features()
    missed = {
        feature: mail.source
        for feature, mail in examples
        if feature not in {use.feature for use in uses_of(mail, mail.seen)}
    }
    assert not missed


def test_every_note_that_is_judged_is_in_the_data(data: CanIEmail) -> None:
    """A note that was reworded or withdrawn would be judged no more; it has to be looked at."""
    assert NOTES
    for note in NOTES:
        slugs = [note.feature] if note.feature else data.slugs
        assert any(note.phrase in text for slug in slugs for text in data.notes(slug)), note


def test_every_client_is_in_the_data(data: CanIEmail) -> None:
    """Twelve clients of five families are asked for, each of which has been tested."""
    assert len(CLIENTS) == 12
    assert len({client.family for client in CLIENTS}) == 5
    for client in CLIENTS:
        assert data.support("html-table", client).value == "y"
        assert data.support("css-animation", client).value in {"y", "n"}


def test_the_newest_tested_version_counts(tmp_path: Path) -> None:
    """Versions are compared as numbers, dates after them, in whatever order the data has them."""
    feature = {
        "slug": "css-z-index",
        "notes_by_num": {"1": "Partial. One."},
        "stats": {
            "apple-mail": {"ios": {"15": "y", "9.1": "n", "13.4": "n"}, "macos": {"10": "n"}},
            "gmail": {"ios": {"2024-02": "a #1 #2", "2024-01": "y", "16": "y"}},
        },
    }
    folder = tmp_path / "caniemail" / "data"
    folder.mkdir(parents=True)
    (folder / "caniemail.json").write_text(json.dumps({"data": [feature]}), encoding="utf-8")
    data = CanIEmail(tmp_path)
    assert data.support("css-z-index", IPHONE).value == "y"
    gmail = data.support("css-z-index", Client("gmail", "ios"))
    assert (gmail.value, gmail.notes) == ("a", ("Partial. One.", "Note #2."))
    assert data.support("css-z-index", WORD).value == UNTESTED


# What a bad mail uses.

_BAD = {
    "flex": ("css-display-flex", _styled("display:flex", "div"), {WORD}),
    "grid": ("css-display-grid", _styled("display:grid", "div"), {WORD}),
    "flex direction": ("css-flex-direction", _styled("flex-flow:column"), {WORD, GMAIL, YAHOO}),
    "grid columns": ("css-grid-template", _styled("grid-template-columns:1fr"), {WORD, GMAIL}),
    "gap": ("css-gap", _styled("gap:8px"), {WORD, GMAIL, YAHOO}),
    "rgba": ("css-rgba", _styled("color:rgba(0,0,0,.5)"), {WORD}),
    "rgb with spaces": ("css-rgb", _styled("color:rgb(0 0 0)"), {WORD, GMAIL, YAHOO}),
    "rgb with alpha": ("css-rgb", _styled("color:rgb(0,0,0,.5)"), {WORD}),
    "oklch": ("css-modern-color", _styled("color:oklch(1 0 0)"), {WORD, GMAIL, YAHOO}),
    "8-digit hex": (f"{UNLISTED}colour: #xxxxxxxx", _styled("color:#00000080"), {*CLIENTS}),
    "4-digit hex": (f"{UNLISTED}colour: #xxxx", _styled("border:1px solid #0008"), {*CLIENTS}),
    "hsl": (f"{UNLISTED}function: hsl()", _styled("color:hsl(0,0%,0%)"), {*CLIENTS}),
    "color-mix": (f"{UNLISTED}function: color-mix()", _styled("color:color-mix(a)"), {*CLIENTS}),
    "colour name": (f"{UNLISTED}colour: gold", _styled("border-color:gold"), {*CLIENTS}),
    "svg image": ("image-svg", _mail('<img src="https://e.test/a.svg">'), {GMAIL}),
    "svg element": ("html-svg", _mail('<svg><path d="m0"/></svg>'), {WORD, GMAIL, YAHOO}),
    "data image": ("image-base64", _mail('<img src="data:image/png;base64,A">'), {WORD, GMAIL}),
    "webp image": ("image-webp", _mail('<img src="cid:a.webp@e.test">'), {WORD, GMAIL}),
    "image of no format": (f"{UNLISTED}image: cid:a", _mail('<img src="cid:a">'), {*CLIENTS}),
    "srcset": ("html-srcset", _mail('<img srcset="https://e.test/a.png 2x">'), {WORD, GMAIL}),
    "var()": ("css-variables", _styled("color:var(--a)"), {WORD, GMAIL, YAHOO, OUTLOOK_COM}),
    "custom property": ("css-variables", _styled("--a:#fff"), {WORD, GMAIL, YAHOO}),
    "calc()": ("css-unit-calc", _styled("width:calc(100% - 8px)"), {WORD, YAHOO}),
    "clamp()": ("css-function-clamp", _styled("width:clamp(1px,2px,3px)"), {WORD, YAHOO}),
    "rem": ("css-unit-rem", _styled("font-size:1rem"), {WORD, YAHOO}),
    "rem as font size": ("css-font-size", _styled("font-size:1rem"), {WORD, YAHOO}),
    "vw": ("css-unit-vw", _styled("width:50vw"), {WORD, GMAIL}),
    "dvh": (f"{UNLISTED}unit: dvh", _styled("height:50dvh"), {*CLIENTS}),
    "background image": (
        "css-background-image",
        _styled("background-image:url(https://e.test/a.png)"),
        {WORD},
    ),
    "background shorthand": ("css-background", _styled("background:url(a.png) #fff"), {WORD}),
    "background attribute": ("html-background", _mail('<td background="a.png">'), {WORD}),
    "gradient": ("css-linear-gradient", _styled("background:linear-gradient(red,blue)"), {WORD}),
    "round corners": ("css-border-radius", _styled("border-radius:4px"), {WORD}),
    "max-width on a block": ("css-max-width", _styled("max-width:600px", "div"), {WORD}),
    "width on a block": ("css-width", _styled("width:600px", "div"), {WORD}),
    "width on an image": ("css-width", _styled("width:60px", "img"), {WORD}),
    "padding on a block": ("css-padding", _styled("padding:8px", "div"), {WORD}),
    "auto margin": ("css-margin", _styled("margin:0 auto", "table"), {WORD}),
    "negative margin": ("css-margin", _styled("margin-top:-1px"), {WORD, GMAIL, YAHOO}),
    "thick border": ("css-border", _styled("border:9px solid #000"), {WORD}),
    "line height": ("css-line-height", _styled("line-height:20px"), {WORD}),
    "weight of 500": ("css-font-weight", _styled("font-weight:500"), {WORD}),
    "height": ("css-height", _styled("height:20px"), {YAHOO}),
    "important in a style attribute": ("css-important", _styled("color:red !important"), {WORD}),
    "position": ("css-position", _styled("position:absolute"), {WORD, GMAIL, OUTLOOK_COM, YAHOO}),
    "offsets": ("css-left-right-top-bottom", _styled("top:0"), {WORD, GMAIL, YAHOO}),
    "opacity": ("css-opacity", _styled("opacity:.5"), {WORD}),
    "box shadow": ("css-box-shadow", _styled("box-shadow:0 0 1px #000"), {WORD, GMAIL, YAHOO}),
    "float": ("css-float", _styled("float:left"), {WORD}),
    "white space": ("css-white-space", _styled("white-space:nowrap"), {WORD}),
    "text decoration": ("css-text-decoration", _styled("text-decoration:overline"), {WORD}),
    "decoration line": ("css-text-decoration-line", _styled("text-decoration-line:none"), {WORD}),
    "transform": ("css-transform", _styled("transform:none"), {WORD, GMAIL, YAHOO}),
    "filter": ("css-filter", _styled("filter:none"), {WORD, GMAIL, YAHOO}),
    "inline display": ("css-display", _styled("display:inline-block", "a"), {WORD}),
    "system-ui": ("css-sytem-ui", _styled("font-family:system-ui"), {WORD}),
    "initial": ("css-unit-initial", _styled("color:initial"), {WORD, GMAIL, YAHOO}),
    "unset": (f"{UNLISTED}keyword: unset", _styled("color:unset"), {*CLIENTS}),
    "all": (f"{UNLISTED}property: all", _styled("all:inherit"), {*CLIENTS}),
    "unknown property": (f"{UNLISTED}property: colour", _styled("colour:red"), {*CLIENTS}),
    "@media": ("css-at-media", _mail("", "@media (max-width:1px){}"), {WORD}),
    "@media of height": ("css-at-media", _mail("", "@media (min-height:1px){}"), {WORD, GMAIL}),
    "@media for dark": (
        "css-at-media-prefers-color-scheme",
        _mail("", "@media (prefers-color-scheme:dark){}"),
        {WORD, GMAIL, YAHOO},
    ),
    "range in @media": (
        f"{UNLISTED}media query: range",
        _mail("", "@media (width<=1px){}"),
        READS_STYLE,
    ),
    "nested @media": (
        "css-at-media",
        _mail("", "@media screen{@media (min-width:1px){}}"),
        {WORD, OUTLOOK_COM},
    ),
    "@supports": ("css-at-supports", _mail("", "@supports (a:b){}"), {WORD, GMAIL, YAHOO}),
    "@import": ("css-at-import", _mail("", '@import "a.css";'), {GMAIL, YAHOO, OUTLOOK_COM}),
    "web font": ("css-at-font-face", _mail("", "@font-face{src:url(a.woff)}"), {WORD, GMAIL}),
    "@layer": (
        f"{UNLISTED}at-rule: @layer",
        _mail("", "@layer a{}"),
        READS_STYLE,
    ),
    "nesting": ("css-nesting", _mail("", ".a{color:red;& .b{color:red}}"), {WORD, GMAIL}),
    ":nth-child": ("css-pseudo-class-nth-child", _mail("", "a:nth-child(2){top:0}"), {WORD, GMAIL}),
    ":hover": ("css-pseudo-class-hover", _mail("", ".a:hover{top:0}"), {OUTLOOK_COM}),
    ":is()": (
        f"{UNLISTED}pseudo-class: is",
        _mail("", ":is(a){top:0}"),
        READS_STYLE,
    ),
    "::before": ("css-pseudo-element-before", _mail("", "a:before{top:0}"), {WORD, GMAIL, YAHOO}),
    "attribute selector": ("css-selector-attribute", _mail("", "[a]{top:0}"), {WORD, GMAIL, YAHOO}),
    "two classes": ("css-selector-chaining", _mail("", ".a.b{top:0}"), {WORD, OUTLOOK_COM}),
    "child": ("css-selector-child", _mail("", "a>b{top:0}"), {WORD}),
    "style in the body": ("html-style", _mail("<style>a{top:0}</style>"), {WORD, GMAIL}),
    "form": ("html-form", _mail("<form></form>"), {WORD, OUTLOOK_COM}),
    "text field": ("html-input-text", _mail("<input>"), {WORD}),
    "button": ("html-button-submit", _mail("<button>x</button>"), {WORD, OUTLOOK_COM}),
    "script": (f"{UNLISTED}element: script", _mail("<script>1</script>"), {*CLIENTS}),
    "frame": (f"{UNLISTED}element: iframe", _mail("<iframe></iframe>"), {*CLIENTS}),
    "video": ("html-video", _mail("<video></video>"), {WORD, GMAIL, YAHOO}),
    "section": ("html-semantics", _mail("<section></section>"), {WORD, OUTLOOK_COM, YAHOO}),
    "bdi": ("html-bdi", _mail("<bdi>x</bdi>"), {WORD, GMAIL, OUTLOOK_COM, YAHOO}),
    "link": ("html-link", _mail('<link href="a.css">'), {GMAIL, YAHOO, OUTLOOK_COM}),
    "VML for all": (f"{UNLISTED}element: v:rect", _mail("<v:rect></v:rect>"), {YAHOO, GMAIL}),
    "anchor": ("html-anchor-links", _mail('<a href="#x">x</a>'), {YAHOO}),
    "aria-labelledby": ("html-aria-labelledby", _mail('<p aria-labelledby="a">'), {WORD, GMAIL}),
    "target": ("html-target", _mail('<a target="_blank">x</a>'), {WORD, GMAIL, IPHONE}),
    "hidden": ("html-hidden", _mail("<p hidden>x</p>"), {WORD, GMAIL, OUTLOOK_COM, YAHOO}),
    "event": (f"{UNLISTED}attribute: onclick", _mail('<p onclick="x">'), {*CLIENTS}),
}


@pytest.mark.parametrize("case", _BAD)
def test_a_bad_mail_is_found_out(case: str, data: CanIEmail) -> None:
    """Each thing that mails should not use is found, for clients known not to have it."""
    feature, mail, clients = _BAD[case]
    found = data.lint(mail)
    assert clients
    assert clients <= _of(feature, found), report(found)


def test_clients_that_have_a_feature_are_not_named(data: CanIEmail) -> None:
    """A finding is about the clients that lack a feature, and about no other."""
    assert _of("css-opacity", data.lint(_styled("opacity:.5"))) == {
        WORD,
        Client("gmail", "mobile-webmail"),
    }
    assert not data.lint(Mail("<table><tr><td align=center>x</td></tr></table>"))


# Where support ends: what lies beyond is found, what lies within is not.

_IMAGE = '<img src="https://e.test/a.png" alt="" '
_ROW = "<table><tr><td style='padding:4px 8px'>x</td><td style='padding:{}'>y</td></tr></table>"
_EXACT = "mso-line-height-rule:exactly;line-height:20px"
_LIMITS = {
    "padding of a cell": ("css-padding", WORD, _styled("padding:8px", "p"), _styled("padding:8px")),
    "no padding": (
        "css-padding",
        WORD,
        _styled("padding:8px", "body"),
        _styled("padding:0 0px", "body"),
    ),
    "padding in a row": (
        "css-padding",
        WORD,
        _mail(_ROW.format("6px 8px")),
        _mail(_ROW.format("4px 2px")),
    ),
    "padding of a rule": (
        "css-padding",
        WORD,
        _mail("<p class=a>x</p>", ".a{padding:8px}"),
        _mail("<table><tr><td class=a>x</td></tr></table>", ".a{padding:8px}"),
    ),
    "margin of the body": (
        "css-margin",
        WORD,
        _styled("margin:0", "body"),
        _styled("margin:0", "p"),
    ),
    "margin in colour": (
        "css-margin",
        WORD,
        _styled("margin:8px 0;background-color:#fff", "p"),
        _styled("margin:8px 0", "p"),
    ),
    "width of a block": ("css-width", WORD, _styled("width:9px", "p"), _styled("width:100%", "p")),
    "width of an image": (
        "css-width",
        WORD,
        _mail(_IMAGE + 'style="width:60px" width="50">'),
        _mail(_IMAGE + 'style="width:60px" width="60">'),
    ),
    "width of an image by cid": (
        "html-width",
        Client("apple-mail", "macos"),
        _mail('<img src="cid:a.png" width="60">'),
        _mail('<img src="cid:a.png" width="60" style="width:60px">'),
    ),
    "width in percent": (
        "html-width",
        WORD,
        _mail(_IMAGE + 'width="50%"><o:PixelsPerInch>96</o:PixelsPerInch>'),
        _mail(_IMAGE + 'width="50"><o:PixelsPerInch>96</o:PixelsPerInch>'),
    ),
    "pixels per inch": (
        "html-width",
        WORD,
        _mail("<table width=600></table>"),
        _mail("<o:PixelsPerInch>96</o:PixelsPerInch><table width=600></table>"),
    ),
    "max-width": (
        "css-max-width",
        WORD,
        _styled("max-width:9px", "div"),
        _styled("max-width:9px", "table"),
    ),
    "line height": ("css-line-height", WORD, _styled("line-height:20px", "p"), _styled(_EXACT)),
    "line height of a table": (
        "css-line-height",
        WORD,
        _mail("<table style='line-height:20px'><tr><td>x</td></tr></table>"),
        _mail(
            "<table style='line-height:20px'><tr><td>x</td></tr></table>",
            "td{mso-line-height-rule:exactly}",
        ),
    ),
    "line height of a span": (
        "css-line-height",
        WORD,
        _mail("<p><span style='line-height:20px'>x</span></p>"),
        _mail(
            "<p style='mso-line-height-rule:exactly'><span style='line-height:20px'>x</span></p>"
        ),
    ),
    "weight": ("css-font-weight", WORD, _styled("font-weight:500"), _styled("font-weight:600")),
    "weight of 650": (
        "css-font-weight",
        YAHOO,
        _styled("font-weight:650"),
        _styled("font-weight:700"),
    ),
    "border": ("css-border", WORD, _styled("border:9px"), _styled("border:8px")),
    "border of text": (
        "css-border",
        WORD,
        _styled("border:1px", "p"),
        _styled("border:0", "p"),
    ),
    "background": (
        "css-background",
        WORD,
        _styled("background:#fff url(a.png)"),
        _styled("background:#fff"),
    ),
    "two backgrounds": (
        "css-background-image",
        YAHOO,
        _styled("background-image:url(a.png),url(b.png)"),
        _styled("background-image:url(a.png)"),
    ),
    "ellipse": (
        "css-border-radius",
        YAHOO,
        _styled("border-radius:4px/2px"),
        _styled("border-radius:4px"),
    ),
    "display": ("css-display", WORD, _styled("display:block"), _styled("display:none")),
    "hidden table": (
        "css-display-none",
        WORD,
        _mail("<div style='display:none'><table></table></div>"),
        _mail("<div style='display:none'>x</div>"),
    ),
    "flex inside a line": (
        "css-display-flex",
        YAHOO,
        _styled("display:inline-flex"),
        _styled("display:flex"),
    ),
    "font size in percent": (
        "css-font-size",
        SAMSUNG,
        _styled("font-size:90%"),
        _styled("font-size:9px"),
    ),
    "letter spacing": (
        "css-letter-spacing",
        WORD,
        _styled("letter-spacing:.1em"),
        _styled("letter-spacing:1px"),
    ),
    "list style": (
        "css-list-style",
        WORD,
        _styled("list-style:inside disc", "ul"),
        _styled("list-style:disc", "ul"),
    ),
    "text align": ("css-text-align", WORD, _styled("text-align:end"), _styled("text-align:left")),
    "two decorations": (
        "css-text-decoration",
        WORD,
        _styled("text-decoration:underline dotted"),
        _styled("text-decoration:underline"),
    ),
    "text transform": (
        "css-text-transform",
        WORD,
        _styled("text-transform:lowercase"),
        _styled("text-transform:uppercase"),
    ),
    "scrolling": (
        "css-overflow",
        Client("yahoo", "android"),
        _styled("overflow:auto"),
        _styled("overflow:hidden"),
    ),
    "position": (
        "css-position",
        YAHOO,
        _styled("position:absolute"),
        _styled("position:relative"),
    ),
    "rgb": ("css-rgb", GMAIL, _styled("color:rgb(0 0 0)"), _styled("color:rgb(0,0,0)")),
    "important": (
        "css-important",
        WORD,
        _mail("", "a{color:red!important}"),
        _mail("", "a{color:red !important}"),
    ),
    "IMPORTANT": (
        "css-important",
        GMAIL,
        _mail("", "a{color:red !IMPORTANT}"),
        _mail("", "a{color:red !important}"),
    ),
    "colour scheme": (
        "css-color-scheme",
        IPHONE,
        _mail("<p>", "p{color-scheme:dark}"),
        _mail("<p>", ":root{color-scheme:dark}"),
    ),
    "media types": (
        "css-at-media",
        YAHOO,
        _mail("", "@media print{}"),
        _mail("", "@media only screen and (max-width:1px){}"),
    ),
    "media within media": (
        "css-at-media",
        OUTLOOK_COM,
        _mail("", "@media screen{@media (min-width:1px){}}"),
        _mail("", "@media screen and (min-width:1px){}"),
    ),
    "attribute of a class": (
        "css-selector-attribute",
        OUTLOOK_COM,
        _mail("", ".a[data-ogsc]{color:red}"),
        _mail("", "[data-ogsc] .a{color:red}"),
    ),
    "attribute with a value": (
        "css-selector-attribute",
        YAHOO,
        _mail("", "[lang|=en]{color:red}"),
        _mail("", "[lang=en]{color:red}"),
    ),
    "class as attribute": (
        "css-selector-attribute",
        GMAIL,
        _mail("", "[class=a]{color:red}"),
        _mail("", '[class~="a"]{color:red}'),
    ),
    "pseudo-class of a type": (
        "css-pseudo-class-hover",
        OUTLOOK_COM,
        _mail("", ".a:hover{color:red}"),
        _mail("", "a:hover{color:red}"),
    ),
    "direction of a link": (
        "html-dir",
        WORD,
        _mail("<a dir=rtl>x</a>"),
        _mail("<p dir=rtl>x</p>"),
    ),
    "language of a cell": ("html-lang", YAHOO, _mail("<td lang=en>x"), _mail("<p lang=en>x</p>")),
    "role": (
        "html-role",
        YAHOO,
        _mail("<div role=article>"),
        _mail("<table role=presentation></table>"),
    ),
    "reversed list": ("html-lists", GMAIL, _mail("<ol reversed></ol>"), _mail("<ol></ol>")),
    "numbered entry": ("html-lists", WORD, _mail("<li value=3>"), _mail("<li>")),
    "semantics": ("html-semantics", OUTLOOK_COM, _mail("<nav></nav>"), _mail("<time></time>")),
    "blind copies": (
        "html-mailto-links",
        Client("yahoo", "android"),
        _mail('<a href="mailto:a@e.test?bcc=b@e.test">'),
        _mail('<a href="mailto:a@e.test?subject=b">'),
    ),
    "style of 16 KB": (
        "html-style",
        GMAIL,
        _mail("", "a{color:red}" * 1400),
        _mail("", "a{color:red}" * 1300),
    ),
    "system font": (
        "css-sytem-ui",
        Client("gmail", "android"),
        _styled("font-family:ui-serif"),
        _styled("font-family:system-ui"),
    ),
}


@pytest.mark.parametrize("case", _LIMITS)
def test_the_limits_of_support_are_kept_apart(case: str, data: CanIEmail) -> None:
    """A use beyond what a note allows is found for that client, a use within it is not."""
    feature, client, beyond, within = _LIMITS[case]
    assert client in _of(feature, data.lint(beyond))
    assert feature in {use.feature for use in uses_of(within, within.word)}
    assert client not in _of(feature, data.lint(within))


# Who sees what.


def test_comments_for_word_are_words_alone(data: CanIEmail) -> None:
    """What stands in a comment for Word is asked of Word only, VML and its own CSS not at all."""
    mail = Mail(
        "<!--[if mso]><v:rect><p style='mso-hide:all;opacity:.5'>x</p></v:rect><![endif]-->"
        "<!--[if mso]><script></script><![endif]-->"
    )
    found = data.lint(mail)
    assert _of("css-opacity", found) == _of(f"{UNLISTED}element: script", found) == {WORD}
    assert {finding.feature for finding in found} == {"css-opacity", f"{UNLISTED}element: script"}


def test_what_is_not_for_word_is_not_asked_of_word(data: CanIEmail) -> None:
    """What stands between the halves of a comment that hides from Word is asked of all others."""
    found = data.lint(_mail("<!--[if !mso]><!--><script></script><!--<![endif]-->"))
    assert _of(f"{UNLISTED}element: script", found) == {*CLIENTS} - {WORD}


def test_what_a_client_never_reaches_is_not_asked_of_it(data: CanIEmail) -> None:
    """Inside a query, a selector or a sheet that a client does not know, it lacks nothing more."""
    for css, unaware in (
        ("@media (prefers-color-scheme:dark){.a{position:fixed}}", {WORD, GMAIL, YAHOO}),
        ("@supports (top:0){.a{position:fixed}}", {WORD, GMAIL, OUTLOOK_COM}),
        ("[data-ogsc] .a{position:fixed}", {WORD, GMAIL, YAHOO}),
        (".a{position:fixed}", {Client("gmail", "mobile-webmail")}),
    ):
        found = _of("css-position", data.lint(_mail("<p class=a>", css)))
        assert IPHONE in found
        assert not found & unaware
    together = ".b,[data-ogsc] .a{position:fixed}"  # the first half is for everybody
    assert {WORD, GMAIL, YAHOO} <= _of("css-position", data.lint(_mail("", together)))


def test_a_report_names_feature_clients_and_place(data: CanIEmail) -> None:
    """What a failing test prints tells what is missing, where it is missing and where it is."""
    text = report(data.lint(Mail("\n<p style='opacity:.5'>a</p>\n<p style='opacity:1'>b</p>")))
    assert text.splitlines() == [
        "css-opacity",
        "  gmail/mobile-webmail (n)",
        "  outlook/windows (n)",
        "  line 2: <p style> opacity:.5",
        "  line 3: <p style> opacity:1",
    ]
