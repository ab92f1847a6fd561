"""Pages whose engine compiles the DOM, and a look at the cards in them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from hostile_corpus import FLAG

if TYPE_CHECKING:
    from harness import RecordedPage


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
_PATIENCE = 60_000  # ms; an engine that choked on a card never gets there
LOOK = f"""() => {{
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


def wait_until_compiled(page: RecordedPage) -> None:
    """Wait for the host's own text, or fail with what the page says."""
    playwright_sync = pytest.importorskip("playwright.sync_api")
    try:
        page.tab.wait_for_function(_COMPILED, timeout=_PATIENCE)
    except playwright_sync.TimeoutError:
        reasons = "\n".join(page.noise()[:5])
        pytest.fail(f"the engine gave up on the whole page:\n{reasons}", pytrace=False)
