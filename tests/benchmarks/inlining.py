"""Rows about styles: resolved when the template is compiled, against premailer for each document.

Premailer reads the size of its cache from the environment when it is imported, so each size is
measured in a process of its own: ``python -m tests.benchmarks.inlining ROUNDS LABEL LEAST``.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from typing import TYPE_CHECKING

from lxml import html
from premailer import Premailer

from candidate_cards import Candidate, load_theme
from candidate_cards.cards import DEFAULT_LABELS, USUAL_NOTICE, CardView, card_view, notice_view
from candidate_cards.exports import compiled_template, get_exporter
from candidate_cards.rendering import TemplateSpec, compile_template

from .candidates import many
from .cards import literal_css, values
from .measuring import Claim, Group, Row, release
from .processes import run_module

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CACHE_SIZE = "PREMAILER_CACHE_MAXSIZE"
_DOCUMENTS = 2
_COMMA = re.compile(r"\s*,\s*")
# What the cascade needs and no more; the defaults take a quarter longer.
OPTIONS = {
    "disable_validation": True,
    "disable_leftover_css": True,
    "strip_important": False,
    "allow_network": False,
    "disable_link_rewrites": True,
    "align_floating_images": False,
    "capitalize_float_margin": False,
    "cssutils_logging_level": logging.CRITICAL,
    "disable_basic_attributes": ["width", "height", "bgcolor", "align", "valign"],
}


def inlining_rows(rounds: int) -> list[Row]:
    """Measure with premailer's own cache, and with one that the style sheet fits into."""
    outputs = (
        run_module(__name__, str(rounds), "with a large cache", "300", **{CACHE_SIZE: "8192"}),
        run_module(__name__, str(rounds), "as it comes", "1000", without=[CACHE_SIZE]),
    )
    return [Row(*row) for output in outputs for row in json.loads(output)]


def inlining_group(
    views: Sequence[CardView], label: str = "", least: float = 300
) -> Group[CardView]:
    """Return the group, for views of the density ``card``."""
    ours = compiled_template(get_exporter("fragment"), load_theme("dark"))
    return Group(
        "view to inline styles",
        {"ours": lambda view: ours.render(values(view)), "premailer": _by_premailer()},
        views,
        [
            Claim(
                f"a fragment, its styles resolved once: beside premailer {label}",
                f"{release('premailer')} {label}, for each card",
                "ours",
                "premailer",
                most=1 / least,
            )
        ],
        canonical=_elements,
    )


def _by_premailer() -> Callable[[CardView], str]:
    constants = {
        "density": "card",
        "embedded": True,
        "labels": DEFAULT_LABELS,
        "usual": notice_view(USUAL_NOTICE, DEFAULT_LABELS, False, False),  # noqa: FBT003  neither
        "heading": 2,
        "subheading": 3,
    }
    spec = TemplateSpec("card/fragment.html")
    classes = compile_template(spec, load_theme("dark"), constants)
    head = f"<html><head><style>{literal_css()}</style></head><body>"

    def write(view: CardView) -> str:
        document = f"{head}{classes.render(values(view))}</body></html>"
        return str(Premailer(document, **OPTIONS).transform(pretty_print=False))

    return write


def _elements(document: str) -> list[tuple[object, ...]]:
    """Return every element of the card with attributes, declarations and text.

    Our ``all:unset`` keeps out the styles of a host page, which premailer's document has not.
    """
    (card,) = html.document_fromstring(document).xpath("//div[@role='article']")
    elements: list[tuple[object, ...]] = []
    for element in card.iter():
        attributes = dict(element.attrib)
        attributes.pop("class", None)
        declarations = {
            name.strip(): _COMMA.sub(",", value.strip())
            for name, _, value in (
                part.partition(":") for part in attributes.pop("style", "").split(";")
            )
            if name.strip() and (name.strip(), value.strip()) != ("all", "unset")
        }
        elements.append((element.tag, attributes, declarations, element.text, element.tail))
    return elements


def _main() -> None:
    rounds, label, least = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    views = [card_view(Candidate.model_validate_json(text)) for text in many(_DOCUMENTS)]
    json.dump(inlining_group(views, label, least).rows(rounds), sys.stdout)


if __name__ == "__main__":
    _main()
