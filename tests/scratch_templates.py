"""Templates and style sheets written for one test, in a folder of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from candidate_cards.cards import DEFAULT_LABELS, Labels
from candidate_cards.rendering import (
    CompiledTemplate,
    TemplateFolder,
    TemplateSpec,
    compile_template,
)
from candidate_cards.themes import Theme, load_theme

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jinja2 import Environment

MARKUP = "scratch/card.html"
SHEET = "scratch/card.css"


class Part(NamedTuple):
    """What a small template shows: two texts, a band, an address and a list."""

    name: str = "Ada"
    title: str = "Engineer"
    tone: str = "good"
    href: str = "https://www.linkedin.com/in/ada"
    items: tuple[str, ...] = ("one", "two")


VALUES: dict[str, object] = {"card": Part(), "cards": (Part(), Part("Bo"))}


def write_folder(root: Path, files: Mapping[str, str]) -> TemplateFolder:
    """Write files below ``root`` and return the folder that reads them."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return TemplateFolder(root)


def compile_text(  # noqa: PLR0913  each is a part of what is compiled
    root: Path,
    html: str,
    *,
    css: str = "",
    inline: bool = True,
    reset: str = "",
    embedded: bool = False,
    labels: Labels = DEFAULT_LABELS,
    theme: Theme | None = None,
    environment: Environment | None = None,
    more: Mapping[str, str] | None = None,
) -> CompiledTemplate:
    """Compile markup, with a sheet that is resolved into it or, not ``inline``, stands apart."""
    folder = write_folder(root, {MARKUP: html, SHEET: css, **(more or {})})
    spec = TemplateSpec(
        MARKUP,
        stylesheets=() if inline else (SHEET,),
        inline=(SHEET,) if inline else (),
        reset=reset,
        embedded=embedded,
    )
    constants = {"density": "card", "labels": labels, "heading": 2, "subheading": 3}
    return compile_template(
        spec, theme or load_theme("dark"), constants, folder=folder, environment=environment
    )


def rendered(template: CompiledTemplate, **values: object) -> str:
    """Return what a template makes of the small view, or of other values."""
    return str(template.render({**VALUES, **values}))
