"""Cards inside pages whose engine compiles the DOM: AngularJS, Vue, petite-vue and Alpine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pytest

from candidate_cards import parse_shortlist, render_shortlist
from hostile_corpus import (
    EMAIL_FIELD,
    FLAG,
    TEXT_FIELDS,
    URL_FIELD,
    Field,
    folded,
    harmless_candidate,
    payloads,
    replace_texts,
    text_at,
)

if TYPE_CHECKING:
    from harness import RecordedPage

    from candidate_cards import Shortlist

Format = Literal["fragment", "element"]


@dataclass(frozen=True, slots=True)
class Engine:
    """A page that compiles what stands in ``#app``.

    Attributes:
        name: For test ids.
        script: Path of the engine below ``node_modules``.
        opening: Its opening delimiter.
        closing: Its closing delimiter.
        attributes: What marks the part of the page to compile.
        start: Script that starts it; ``OPEN`` and ``CLOSE`` stand for the delimiters as
            JavaScript strings, ``MARKUP`` for the markup of ``#app``, which is then empty.
        runs_text: Whether the engine evaluates delimiters in text at all.
    """

    name: str
    script: str
    start: str
    opening: str = "{{"
    closing: str = "}}"
    attributes: str = ""
    runs_text: bool = True

    def document(self, markup: str) -> str:
        """Return a host page with ``markup`` and a text of its own that the engine fills in."""
        own = f'<p id="own" x-text="6*7">{self.opening} 6*7 {self.closing}</p>'
        inside = own + markup
        # A host's own script may hold markup, but no closing script tag.
        start = (
            self.start.replace("OPEN", json.dumps(self.opening))
            .replace("CLOSE", json.dumps(self.closing))
            .replace("MARKUP", json.dumps(inside).replace("</", "<\\/"))
        )
        markup_in_page = "" if "MARKUP" in self.start else inside
        return (
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Host</title></head>'
            f'<body><div id="app" {self.attributes}>{markup_in_page}</div>'
            f'<script src="/node_modules/{self.script}"></script><script>{start}</script>'
            "</body></html>"
        )


_ANGULAR_START = """
angular.module("host", []).config(["$interpolateProvider", (provider) =>
  provider.startSymbol(OPEN).endSymbol(CLOSE)]);
angular.bootstrap(document.getElementById("app"), ["host"]);
"""
_VUE_START = """
const app = Vue.createApp({});
app.config.compilerOptions.delimiters = [OPEN, CLOSE];
app.mount("#app");
"""
_VUE_STRING_START = """
const app = Vue.createApp({ template: MARKUP });
app.config.compilerOptions.delimiters = [OPEN, CLOSE];
app.mount("#app");
"""
_PETITE_START = """
PetiteVue.createApp({ $delimiters: [OPEN, CLOSE] }).mount("#app");
"""
_VUE = "vue/dist/vue.global.prod.js"
_PETITE = "petite-vue/dist/petite-vue.iife.js"

ENGINES = (
    Engine("angularjs", "angular/angular.js", _ANGULAR_START),
    Engine("angularjs-square", "angular/angular.js", _ANGULAR_START, opening="[[", closing="]]"),
    Engine("vue", _VUE, _VUE_START),
    Engine("vue-with-comments", "vue/dist/vue.global.js", _VUE_START),
    Engine("vue-square", _VUE, _VUE_START, opening="[[", closing="]]"),
    Engine("vue-dollar", _VUE, _VUE_START, opening="${", closing="}"),
    Engine("vue-template-string", _VUE, _VUE_STRING_START),
    Engine("petite-vue", _PETITE, _PETITE_START, attributes="v-scope"),
    Engine(
        "petite-vue-square",
        _PETITE,
        _PETITE_START,
        attributes="v-scope",
        opening="[[",
        closing="]]",
    ),
    Engine(
        "petite-vue-dollar", _PETITE, _PETITE_START, attributes="v-scope", opening="${", closing="}"
    ),
    Engine("alpine", "alpinejs/dist/cdn.js", "", attributes="x-data", runs_text=False),
)

_COMPILED = "() => document.getElementById('own')?.textContent.trim() === '42'"
_PATIENCE = 5_000  # ms; an engine that choked on a card never gets there
_LOOK = f"""() => {{
  const shown = (element) => element.getClientRects().length > 0;
  const roots = [document, ...[...document.querySelectorAll("*")]
    .map((element) => element.shadowRoot).filter(Boolean)];
  return {{
    flag: window.{FLAG} ?? null,
    own: document.getElementById("own")?.textContent.trim() ?? null,
    cards: roots.flatMap((root) => [...root.querySelectorAll("[role=article]")])
      .filter(shown).map((card) => card.textContent),
  }};
}}"""


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.name)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine, with its usual delimiters and with others that people configure."""
    value: Engine = request.param
    return value


def _wait_until_compiled(page: RecordedPage) -> None:
    playwright_sync = pytest.importorskip("playwright.sync_api")
    try:
        page.tab.wait_for_function(_COMPILED, timeout=_PATIENCE)
    except playwright_sync.TimeoutError:
        reasons = "\n".join(page.noise()[:5])
        pytest.fail(f"the engine gave up on the whole page:\n{reasons}", pytrace=False)


def _shortlist() -> Shortlist:
    """Return candidates all of whose texts are template payloads; each is once in each field."""
    texts = [payload.text for payload in payloads("template")]
    fields: tuple[Field, ...] = (*TEXT_FIELDS, EMAIL_FIELD, URL_FIELD)
    wires: list[dict[str, Any]] = [
        replace_texts(
            harmless_candidate(f"prof_{number}"),
            {field: texts[(number + shift) % len(texts)] for shift, field in enumerate(fields)},
        )
        for number in range(len(texts))
    ]
    shortlist: Shortlist = parse_shortlist(json.dumps(wires))
    assert len(shortlist.candidates) == len(texts)
    return shortlist


@pytest.mark.parametrize("format_", ["fragment", "element"])
def test_template_payloads_stay_text_in_a_compiled_page(
    page: RecordedPage, engine: Engine, format_: Format
) -> None:
    """The engine fills in the host's own text, and leaves every text of every card alone."""
    shortlist = _shortlist()
    markup = render_shortlist(shortlist, format=format_, density="detail", show_emails=True)
    tab = page.show(engine.document(str(markup)))
    _wait_until_compiled(page)
    seen = tab.evaluate(_LOOK)

    assert seen["flag"] is None
    assert page.noise() == []
    assert len(seen["cards"]) == len(shortlist.candidates)
    changed = []
    for candidate, text in zip(shortlist.candidates, seen["cards"], strict=True):
        wire = candidate.model_dump(mode="json", by_alias=True)
        words = folded(text)
        changed += [
            f"{candidate.profile_id} {field}: {text_at(wire, field)!r}"
            for field in (*TEXT_FIELDS, EMAIL_FIELD, URL_FIELD)
            if folded(text_at(wire, field)) not in words
        ]
    assert not changed, "\n".join(changed)


@pytest.mark.parametrize(
    "engine",
    [engine for engine in ENGINES if engine.opening == "{{"],
    indirect=True,
    ids=lambda engine: engine.name,
)
@pytest.mark.parametrize("format_", ["fragment", "element"])
def test_the_engine_does_not_lose_a_card(
    page: RecordedPage, engine: Engine, format_: Format
) -> None:
    """A compiled card has the elements, links and words that it has in a plain page."""
    shortlist: Shortlist = parse_shortlist(json.dumps([harmless_candidate()]))
    markup = str(render_shortlist(shortlist, format=format_, density="detail", show_emails=True))
    outline = """() => [...document.querySelector("#app [role=article]").querySelectorAll("*")]
      .map((element) => [element.localName, element.getAttribute("href")])"""
    plain = page.show(f'<!DOCTYPE html><title>Host</title><div id="app">{markup}</div>')
    expected = plain.evaluate(outline)
    assert len(expected) > 40
    tab = page.show(engine.document(markup))
    _wait_until_compiled(page)
    assert tab.evaluate(outline) == expected


def test_an_engine_that_is_fooled_is_noticed(page: RecordedPage, engine: Engine) -> None:
    """The measure measures: without the card's precautions a payload runs in each engine."""
    if not engine.runs_text:
        tab = page.show(engine.document(f'<p x-init="window.{FLAG} = 1">x</p>'))
    else:
        payload = f"[].at.constructor('window.{FLAG}=1')()"
        tab = page.show(engine.document(f"<p>{engine.opening}{payload}{engine.closing}</p>"))
    _wait_until_compiled(page)
    assert tab.evaluate(_LOOK)["flag"] == 1
