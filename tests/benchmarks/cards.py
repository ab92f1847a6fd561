"""Rows about making one card: against hand-written Python, and flat against split templates."""

from __future__ import annotations

import re
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

from .by_hand import Writers, write_fragment, write_page
from .measuring import Claim, Group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Environment

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
            "ours": lambda view: split.render(values(view)),
            "without hooks": lambda view: stock.render(values(view)),
            "flat": lambda view: flat.render(values(view)),
        },
        views,
        [
            Claim("view -> fragment, over f-strings", "ours", "f-strings", most=0.65),
            Claim("view -> fragment, over one list, joined", "ours", "list"),
            Claim(
                "view -> fragment, no hooks, over f-strings",
                "without hooks",
                "f-strings",
                most=1.25,
            ),
            Claim("view -> fragment, no hooks, over one list, joined", "without hooks", "list"),
            Claim("split templates, over one flat template", "ours", "flat", most=1.05),
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
            Claim("candidate -> fragment, over f-strings", "ours", "f-strings", most=0.65),
            Claim("candidate -> fragment, over one list, joined", "ours", "list"),
        ],
    )


def _from_text(texts: Sequence[str]) -> Group[str]:
    page = compiled_template(get_exporter("page"), load_theme("dark"), "card", 1)
    hand = write_page(page.stylesheet, page.style_hash)
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
            Claim("JSON -> page, validated, over f-strings", "validated", "f-strings", most=1),
            Claim("JSON -> page, validated, over one list, joined", "validated", "list"),
            Claim("JSON -> page, cleaned too, over f-strings", "cleaned", "f-strings", most=1),
            Claim("JSON -> page, cleaned too, over one list, joined", "cleaned", "list"),
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
    return write_fragment(literal_css())
