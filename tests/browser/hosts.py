"""Pages that other people might put a card into: popular CSS frameworks, and hostile style sheets.

Every host holds some of its own content around one block of slots. A slot is a block of a fixed
width, height and ground; all that its surroundings set on text is inherited through it.
"""

from __future__ import annotations

import math
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from harness import RecordedPage
    from PIL import Image
    from playwright.sync_api import FloatRect

SLOT_WIDTH = 400
"""CSS px; the width at which looks are compared."""

GROUNDS = {"dark": "#0b1120", "light": "#ffffff"}
"""What lies under a card of each theme, seen at its rounded corners."""

TAILWIND = "/host/tailwind.css"
"""Where the server holds the compiled Tailwind sheet."""

# Only what places the slot: every rule of the host about its text still reaches the card.
_SLOT = (
    "display:block!important;position:relative!important;float:none!important;"
    "box-sizing:content-box!important;max-width:none!important;min-width:0!important;"
    "min-height:0!important;max-height:none!important;margin:0!important;padding:0!important;"
    "border:0!important;outline:0!important;flex:none!important;overflow:visible!important;"
    "transform:none!important;"
)


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one card.

    Attributes:
        ground: CSS colour under the card.
        height: CSS px, fixed, so that the host's layout does not depend on the card's.
        html: What is inserted.
        width: CSS px.
    """

    ground: str
    height: int
    html: str = ""
    width: int = SLOT_WIDTH

    def __str__(self) -> str:
        """The markup of the slot."""
        return (
            f'<div data-slot style="{_SLOT}width:{self.width}px!important;'
            f'height:{self.height}px!important;background:{self.ground}!important">'
            f"{self.html}</div>"
        )


@dataclass(frozen=True, slots=True)
class Host:
    """A page that holds cards.

    Attributes:
        name: Shown in test names.
        sheets: Addresses of style sheets, below ``/node_modules/`` if not absolute.
        style: A further style sheet, as text.
        html_attributes: Attributes of the root element.
        parent: Opening tag of the element around the slots; any name that may hold a ``div``.
        framework: Whether it is an npm framework, where the fragment must hold too.
        fragment_holds: Whether inline styles can win against it at all.
        doctype: Empty for a page in quirks mode.
    """

    name: str
    sheets: Sequence[str] = ()
    style: str = ""
    html_attributes: str = 'lang="en"'
    parent: str = "<div>"
    framework: bool = False
    fragment_holds: bool = True
    doctype: str = "<!DOCTYPE html>"

    def document(self, slots: Iterable[Slot]) -> str:
        """Return the whole page with ``slots`` one below another."""
        addresses = [s if s.startswith("/") else f"/node_modules/{s}" for s in self.sheets]
        links = "".join(f'<link rel="stylesheet" href="{address}">' for address in addresses)
        name = self.parent[1:-1].partition(" ")[0]
        return (
            f'{self.doctype}<html {self.html_attributes}><head><meta charset="utf-8">'
            f"<title>Host</title>{links}<style>{self.style}</style></head>"
            f'<body id="app"><main id="main">{_CONTENT}{self.parent}'
            f"{''.join(map(str, slots))}</{name}>{_CONTENT}</main></body></html>"
        )


_CONTENT = """
<h1>Vacancies</h1><h2>Open this week</h2><h3>By team</h3>
<p>Two teams hire: <a href="#teams">see them</a>, <strong>soon</strong> and <em>quietly</em>.</p>
<ul><li>Payments</li><li>Search</li></ul>
<table><thead><tr><th>Team</th><th>Places</th></tr></thead>
<tbody><tr><td>Payments</td><td>2</td></tr></tbody></table>
<form><label>Name <input value="none"></label> <button type="button">Look</button></form>
<div class="card name title row badge chip">A box with everyday <span>class names</span></div>
<svg width="20" height="20"><circle r="8" cx="10" cy="10" fill="teal"></circle></svg>
"""

_ELEMENTS = (
    "div,span,p,h1,h2,h3,h4,h5,h6,ul,ol,li,dl,dt,dd,a,svg,img,strong,em,b,i,small,bdi,time,table,td,"
    "th,tr,section,article,header,footer,details,summary,slot,template"
)

BLANK = Host("blank")


def _framework(
    name: str, sheet: str, *, parent: str = "<div>", html_attributes: str = 'lang="en"'
) -> Host:
    return Host(name, (sheet,), "", html_attributes, parent, framework=True)


_BOOTSTRAP = "bootstrap/dist/css/bootstrap.min.css"
_BULMA = "bulma/css/bulma.min.css"
_PICO = "@picocss/pico/css/pico.min.css"

FRAMEWORKS = (
    _framework("bootstrap", _BOOTSTRAP),
    _framework(
        "bootstrap-dark",
        _BOOTSTRAP,
        parent='<div class="card card-body text-center fst-italic text-uppercase">',
        html_attributes='lang="en" data-bs-theme="dark"',
    ),
    _framework("bulma", _BULMA, parent='<div class="content box">'),
    _framework(
        "bulma-dark",
        _BULMA,
        parent='<div class="content has-text-right is-italic">',
        html_attributes='lang="en" data-theme="dark"',
    ),
    _framework("foundation", "foundation-sites/dist/css/foundation.min.css"),
    _framework(
        "tachyons",
        "tachyons/css/tachyons.min.css",
        parent='<div class="tc i ttu tracked-mega lh-copy f3 nested-copy-line-height">',
    ),
    _framework(
        "tailwind",
        TAILWIND,
        parent='<div class="italic text-center tracking-widest uppercase leading-loose">',
    ),
    _framework("normalize", "normalize.css/normalize.css"),
    _framework("modern-normalize", "modern-normalize/modern-normalize.css"),
    _framework(
        "semantic-ui",
        "semantic-ui-css/semantic.min.css",
        parent='<div class="ui raised segment list">',
    ),
    _framework(
        "fomantic-ui-inverted",
        "fomantic-ui-css/semantic.min.css",
        parent='<div class="ui inverted segment list">',
    ),
    _framework("water", "water.css/out/light.min.css"),
    _framework("water-dark", "water.css/out/dark.min.css"),
    _framework("pico", _PICO),
    _framework(
        "pico-dark", _PICO, parent="<article>", html_attributes='lang="en" data-theme="dark"'
    ),
    _framework(
        "uikit",
        "uikit/dist/css/uikit.min.css",
        parent='<div class="uk-section-secondary uk-light uk-article uk-text-center">',
    ),
    _framework(
        "materialize",
        "materialize-css/dist/css/materialize.min.css",
        parent='<div class="card-panel flow-text center-align">',
    ),
)

_TEXT_PROPERTIES = """
    direction: rtl; font: italic 900 31px/3 serif; font-variant: small-caps; font-kerning: none;
    font-stretch: condensed; font-feature-settings: "zero"; color: #c00; text-align: justify;
    text-align-last: right; text-indent: 3em; text-transform: uppercase; text-shadow: 2px 2px lime;
    letter-spacing: .4em; word-spacing: 1em; white-space: pre; word-break: break-all; hyphens: auto;
    line-break: anywhere; tab-size: 20; quotes: "<" ">"; list-style: square inside; cursor: help;
    border-collapse: collapse; border-spacing: 9px; caption-side: bottom; empty-cells: hide;
    pointer-events: none; user-select: none; text-emphasis: dot red;
    -webkit-text-stroke: 1px red; -webkit-text-fill-color: red; text-underline-offset: 9px;
    text-wrap: nowrap; fill: red; stroke: red; stroke-width: 3px; accent-color: red;
    image-rendering: pixelated; text-rendering: geometricPrecision; orphans: 9; widows: 9;
"""

# Not one of _ELEMENTS: nothing can win against the box of its own parent.
_OUTSIDE = '<host-frame style="display:flow-root;clear:both">'

HOSTILE = (
    Host("unset", style="*{all:unset}"),
    Host(
        "unset-block",
        style="*,*::before,*::after{all:unset}head,script,style,template{display:none}"
        "div,main,body,html,p,h1,h2,h3,table{display:block}",
    ),
    Host(
        "important",
        style=f"{_ELEMENTS}{{margin:7px!important;padding:5px!important;color:#b00!important;"
        "font:italic 19px/1.1 serif!important;background:#ff0!important;text-align:right!important;"
        "border:2px dashed lime!important;text-transform:uppercase!important;fill:red!important;"
        "letter-spacing:3px!important}",
        fragment_holds=False,
    ),
    Host(
        "important-layout",
        style=f"{_ELEMENTS}{{display:flex!important;position:static!important;float:left!important;"
        "width:50%!important;height:40px!important;flex-direction:column!important;"
        "overflow:hidden!important;transform:rotate(1deg)!important;gap:9px!important}",
        parent=_OUTSIDE,
        fragment_holds=False,
    ),
    Host(
        "important-layer",
        style="@layer earliest{*{color:red!important;padding:3px!important;"
        "font:9px fantasy!important;background:pink!important;border:1px solid red!important;"
        "text-align:right!important;max-width:90px!important}}"
        "@layer later{*{all:revert!important}}",
        fragment_holds=False,
    ),
    Host(
        "specific",
        style="#app#app#app #main :is(div,span,p,h2,h3,h4,ul,li,a,svg,img,bdi)"
        "{all:revert;margin:9px;padding:9px;color:#b00;font:italic 19px/1.1 serif;background:#ff0;"
        "border:2px dashed lime;text-transform:uppercase;display:flex;min-width:300px}",
    ),
    Host(
        "pseudo-elements",
        # Not those of the slots: they would move the card, which no card can prevent.
        style=":not([data-slot])::before{content:'\\00bb before'!important;color:red!important;"
        "display:block!important;font-size:20px!important}"
        ":not([data-slot])::after{content:'after'!important;background:red!important}"
        "*::first-letter{font-size:40px!important;color:red!important}"
        "*::first-line{text-transform:uppercase!important;color:lime!important}"
        "*::marker{content:'#'!important}*::selection{color:red!important}",
        fragment_holds=False,
    ),
    Host(
        "inherited-rtl",
        html_attributes='lang="ar" dir="rtl"',
        style=f".around{{{_TEXT_PROPERTIES}}}",
        parent='<div class="around" dir="rtl" translate="no">',
    ),
    Host("root-28px", style="html{font-size:28px}body{font-size:1.7rem;line-height:3}"),
    Host(
        "struck-out",
        style=".around{text-decoration:line-through underline overline wavy red 4px}"
        ".around::first-line{font-size:40px;text-transform:uppercase;color:red}"
        ".around::first-letter{font-size:60px;color:red;float:left}",
        parent='<s class="around" style="display:block">',
    ),
    Host(
        "shouting-parent",
        style=".around{text-transform:uppercase;letter-spacing:.4em;word-spacing:2em;"
        "font-variant:small-caps;text-indent:40px;text-align:center}",
        parent='<div class="around">',
    ),
    Host("dark-scheme", style=":root{color-scheme:dark}"),
    Host("quirks", doctype=""),
)

HOSTS = (BLANK, *FRAMEWORKS, *HOSTILE)


def host_with_variables(names: Iterable[str]) -> Host:
    """Return a host whose rules set custom properties of the given names, as ``--x``."""
    wrong = "".join(f"{name}:1px solid red!important;" for name in names)
    return Host("variables", style=f":root,body,*{{{wrong}}}")


# Moves one slot, by relative offsets that change nothing else, so that its card starts at the given
# point, in a layer of its own: glyphs, rounded corners and the dither of gradients depend on where
# in their layer they fall.
_MOVE_CARD = """([index, left, top]) => {
    const slot = document.querySelectorAll('[data-slot]')[index];
    const card = slot.firstElementChild;
    const set = (name, value) => slot.style.setProperty(name, value, 'important');
    set('left', '0');
    set('top', '0');
    set('z-index', '2147483647');
    set('will-change', 'transform');
    const at = card.getBoundingClientRect();
    set('left', `${left - at.x}px`);
    set('top', `${top - at.y}px`);
    const { width, height } = card.getBoundingClientRect();
    return [width, height];
}"""

_PUT_BACK = """index => {
    const slot = document.querySelectorAll('[data-slot]')[index];
    const names = ['left', 'top', 'z-index', 'will-change'];
    for (const name of names) slot.style.removeProperty(name);
}"""


def card_pictures(page: RecordedPage, count: int) -> list[Image.Image]:
    """Cut out the cards of the first ``count`` slots, each moved to one and the same place."""
    pictures = []
    for index in range(count):
        width, height = page.tab.evaluate(_MOVE_CARD, [index, 16, 16])
        area: FloatRect = {
            "x": 16,
            "y": 16,
            "width": math.ceil(width),
            "height": math.ceil(height),
        }
        pictures.append(page.picture(clip=area))
        page.tab.evaluate(_PUT_BACK, index)
    return pictures


def compile_tailwind(node_modules: Path) -> str:
    """Return Tailwind's base and the utilities used here, built by Tailwind's own compiler.

    Raises:
        subprocess.CalledProcessError: Tailwind did not compile.
    """
    script = """
        import { readFileSync } from 'node:fs';
        import { pathToFileURL } from 'node:url';
        const folder = process.argv[1] + '/tailwindcss/';
        const { compile } = await import(pathToFileURL(folder + 'dist/lib.mjs'));
        const read = name => readFileSync(folder + name, 'utf8');
        const loadStylesheet = async (id, base) =>
            ({ path: id, base, content: read(id === 'tailwindcss' ? 'index.css' : id) });
        const compiler = await compile('@import "tailwindcss";', { base: folder, loadStylesheet });
        process.stdout.write(compiler.build(process.argv.slice(2)));
    """
    parent = next(host.parent for host in FRAMEWORKS if host.name == "tailwind")
    classes = parent.partition('class="')[2].rstrip('">').split()
    command = ["node", "--input-type=module", "--eval", script, str(node_modules), *classes]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
