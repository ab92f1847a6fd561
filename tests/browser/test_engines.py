"""Cards inside pages whose engine compiles the DOM: AngularJS, Vue, petite-vue and Alpine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

import pytest
from engines import ENGINES, LOOK, Engine, wait_until_compiled

from candidate_cards import Candidate, parse_shortlist, render_card, render_shortlist
from candidate_cards.cards import NoticeFacts
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

_NOTICES = """() => [...document.querySelectorAll("#app [itemscope]")].map((item) => [
  item.textContent,
  ["data-source", "contact"].map((name) => item.querySelector(`meta[itemprop=${name}]`).content),
])"""


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.name)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine, with its usual delimiters and with others that people configure."""
    value: Engine = request.param
    return value


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
    markup = render_shortlist(shortlist, format=format_, density="detail", profile="internal")
    tab = page.show(engine.document(str(markup)))
    wait_until_compiled(page)
    seen = tab.evaluate(LOOK)

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


@pytest.mark.parametrize("format_", ["fragment", "element"])
def test_template_payloads_in_a_notice_stay_text(
    page: RecordedPage, engine: Engine, format_: Format
) -> None:
    """Where data came from and whom to ask are left alone too, in text and for programs."""
    texts = [payload.text for payload in payloads("template")]
    person = Candidate.model_validate(harmless_candidate())
    cards = [
        render_card(person, format=format_, notice=NoticeFacts(source=text, contact=texts[-at]))
        for at, text in enumerate(texts)
    ]
    tab = page.show(engine.document("".join(cards)))
    wait_until_compiled(page)
    assert tab.evaluate(LOOK)["flag"] is None
    assert page.noise() == []
    seen = tab.evaluate(_NOTICES)
    # An engine that is given a template as text draws what is in a shadow root as well.
    copies = len(seen) // len(texts)
    assert len(seen) == copies * len(texts)
    assert copies in {1, 2}
    for number, (shown, told) in enumerate(seen):
        at = number // copies
        for said in (texts[at], texts[-at]):
            assert folded(said).removesuffix(".") in folded(shown)
        assert [folded(value) for value in told] == [folded(texts[at]), folded(texts[-at])]


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
    markup = str(render_shortlist(shortlist, format=format_, density="detail", profile="internal"))
    outline = """() => [...document.querySelector("#app [role=article]").querySelectorAll("*")]
      .map((element) => [element.localName, element.getAttribute("href")])"""
    plain = page.show(f'<!DOCTYPE html><title>Host</title><div id="app">{markup}</div>')
    expected = plain.evaluate(outline)
    assert len(expected) > 40
    tab = page.show(engine.document(markup))
    wait_until_compiled(page)
    assert tab.evaluate(outline) == expected


def test_an_engine_that_is_fooled_is_noticed(page: RecordedPage, engine: Engine) -> None:
    """The measure measures: without the card's precautions a payload runs in each engine."""
    if not engine.runs_text:
        tab = page.show(engine.document(f'<p x-init="window.{FLAG} = 1">x</p>'))
    else:
        payload = f"[].at.constructor('window.{FLAG}=1')()"
        tab = page.show(engine.document(f"<p>{engine.opening}{payload}{engine.closing}</p>"))
    wait_until_compiled(page)
    assert tab.evaluate(LOOK)["flag"] == 1
