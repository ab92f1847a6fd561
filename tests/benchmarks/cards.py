"""Rows about making one card: against hand-written Python, and flat against split templates."""

from __future__ import annotations

import re
import tempfile
from functools import cache
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import markupsafe

from candidate_cards import Candidate, load_theme, parse_shortlist, render_card
from candidate_cards.cards import (
    DEFAULT_LABELS,
    USUAL_NOTICE,
    CardView,
    card_view,
    notice_view,
    single_view,
)
from candidate_cards.exports import compiled_template, get_exporter
from candidate_cards.rendering import CompiledTemplate, TemplateFolder, compile_template
from candidate_cards.rendering.environment import make_environment
from candidate_cards.rendering.stylesheets import stylesheet_text

from . import by_hand
from .measuring import Claim, Group, release

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Environment

    from .by_hand import Writers

_F_STRINGS = f"f-strings by hand, {release('markupsafe')} escapes"
_LIST = f"a list by hand, joined, {release('markupsafe')} escapes"
_LIMIT = "f-strings by hand, escaped in C to plain strings"
_READ_F_STRINGS = f"`model_validate_json`, {release('pydantic')}, and f-strings by hand"
_READ_LIST = f"`model_validate_json`, {release('pydantic')}, and a list by hand, joined"

_INCLUDE = re.compile(r'\{% include "([^"]+)" %\}')


def card_groups(texts: Sequence[str]) -> list[Group[Any]]:
    """Return the groups, for candidates given as JSON text."""
    candidates = [Candidate.model_validate_json(text) for text in texts]
    return [
        _from_views([card_view(candidate) for candidate in candidates]),
        _from_candidates(candidates),
        _from_text(texts),
    ]


def _from_views(views: Sequence[CardView]) -> Group[CardView]:
    hand = _fragment_by_hand()
    split = _fragment(make_environment())
    stock = _fragment(make_environment(fast=False))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "card").mkdir()
        flat_text = _flat("card/fragment.html")
        (Path(folder) / "card" / "fragment.html").write_text(flat_text, encoding="utf-8")
        flat = _fragment(make_environment(), TemplateFolder(Path(folder)))
    return Group(
        "view to fragment",
        {
            "f-strings": hand.formatted,
            "list": hand.joined,
            "limit": _by_plain_strings().formatted,
            "ours": lambda view: split.render(values(view)),
            "without hooks": lambda view: stock.render(values(view)),
            "flat": lambda view: flat.render(values(view)),
        },
        views,
        [
            Claim("a fragment from a view", _F_STRINGS, "ours", "f-strings", most=0.65),
            Claim("a fragment from a view, beside a list", _LIST, "ours", "list"),
            Claim("a fragment from a view, beside the limit", _LIMIT, "ours", "limit", most=2),
            Claim(
                "a fragment from a view, without hooks",
                _F_STRINGS,
                "without hooks",
                "f-strings",
                most=1.25,
            ),
            Claim(
                "a fragment from a view, without hooks, beside a list",
                _LIST,
                "without hooks",
                "list",
            ),
            Claim("templates split for people", "one flat template", "ours", "flat", most=1.05),
        ],
    )


def _from_candidates(candidates: Sequence[Candidate]) -> Group[Candidate]:
    hand = _fragment_by_hand()
    return Group(
        "candidate to fragment",
        {
            "f-strings": lambda candidate: hand.formatted(card_view(candidate)),
            "list": lambda candidate: hand.joined(card_view(candidate)),
            "ours": render_card,
        },
        candidates,
        [
            Claim("a fragment from a candidate", _F_STRINGS, "ours", "f-strings", most=0.65),
            Claim("a fragment from a candidate, beside a list", _LIST, "ours", "list"),
        ],
    )


def _from_text(texts: Sequence[str]) -> Group[str]:
    page = compiled_template(get_exporter("page"), load_theme("dark"), "card", 1)
    hand = by_hand.write_page(page.stylesheet, page.style_hash)
    read = Candidate.model_validate_json
    return Group(
        "JSON text to page",
        {
            "f-strings": lambda text: hand.formatted(card_view(read(text))),
            "list": lambda text: hand.joined(card_view(read(text))),
            "validated": lambda text: render_card(read(text), format="page"),
            "cleaned": lambda text: render_card(parse_shortlist(text).candidates[0], format="page"),
        },
        texts,
        [
            Claim(
                "JSON text to a self-contained page",
                _READ_F_STRINGS,
                "validated",
                "f-strings",
                most=1,
            ),
            Claim("JSON text to a page, beside a list", _READ_LIST, "validated", "list"),
            Claim(
                "JSON text to a page, every text cleaned and every problem placed",
                _READ_F_STRINGS,
                "cleaned",
                "f-strings",
                most=1,
            ),
            Claim("JSON text to a page, cleaned, beside a list", _READ_LIST, "cleaned", "list"),
        ],
    )


def values(view: CardView) -> dict[str, object]:
    """Return what `render_card` makes of a view for a fragment."""
    notice = notice_view(USUAL_NOTICE, DEFAULT_LABELS, view.score.value != "", view.written)
    return {"shortlist": single_view(view), "cards": (view,), "notice": notice}


def _fragment(environment: Environment, folder: TemplateFolder | None = None) -> CompiledTemplate:
    constants = {
        "density": "card",
        "embedded": True,
        "labels": DEFAULT_LABELS,
        "usual": notice_view(USUAL_NOTICE, DEFAULT_LABELS, False, False),  # noqa: FBT003  neither
        "heading": 2,
        "subheading": 3,
    }
    spec = get_exporter("fragment").template
    theme = load_theme("dark")
    return compile_template(spec, theme, constants, folder=folder, environment=environment)


def _flat(name: str) -> str:
    text = TemplateFolder().read(name).rstrip("\n")
    return _INCLUDE.sub(lambda include: _flat(include[1]), text)


def literal_css() -> str:
    """Return the rules of the card with the values of the dark theme."""
    theme = load_theme("dark")
    of_labels = {"direction": "ltr", "start": "left"}
    tokens = {**theme.tokens, "color-scheme": theme.color_scheme, **of_labels}
    return stylesheet_text(TemplateFolder().read("card/card.css"), tokens, "card/card.css")


@cache
def _fragment_by_hand() -> Writers:
    return by_hand.write_fragment(literal_css())


@cache
def _by_plain_strings() -> Writers:
    """Return the same writers, where escaping does not make an object of each value.

    It is as fast as Python can be, and unfit for use: what is markup already is escaped as well.
    """
    spec = find_spec(by_hand.__name__)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    module.escape = markupsafe._escape_inner  # type: ignore[attr-defined]  # private
    writers: Writers = module.write_fragment(literal_css())
    return writers
