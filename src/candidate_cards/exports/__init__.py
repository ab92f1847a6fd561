"""One module per format, and the whole flow from candidates to bytes.

A new format is one new module here that defines ``EXPORTER``; nothing else names it.
"""

from __future__ import annotations

import pkgutil
from functools import cache, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

from candidate_cards.cards import (
    DEFAULT_BANDS,
    DEFAULT_LABELS,
    DENSITIES,
    Bands,
    CardView,
    Density,
    Labels,
    ShortlistView,
    card_view,
    shortlist_view,
    single_view,
)
from candidate_cards.errors import NotAvailableError
from candidate_cards.exports._exporter import Exporter
from candidate_cards.rendering import CompiledTemplate, Document, compile_template
from candidate_cards.themes import Theme, load_theme

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from candidate_cards.models import Candidate, Shortlist

__all__ = [
    "Exporter",
    "compiled_template",
    "export_candidates",
    "get_exporter",
    "list_formats",
    "render_card",
    "render_shortlist",
]

_TOP_HEADING, _LAST_HEADING = 1, 6


@cache
def list_formats() -> tuple[str, ...]:
    """Return the names of the formats that are installed, sorted."""
    return tuple(
        sorted(
            module.name
            for module in pkgutil.iter_modules(__path__)
            if not module.name.startswith("_")
        )
    )


@cache
def get_exporter(name: str) -> Exporter:
    """Return a format by name.

    Raises:
        NotAvailableError: There is none of that name; the message lists those there are.
    """
    if name not in list_formats():
        raise NotAvailableError("format", name, list_formats())
    exporter = import_module(f"{__name__}.{name}").EXPORTER
    assert isinstance(exporter, Exporter)  # noqa: S101  a programming error in a format module
    return exporter


@lru_cache(maxsize=256)  # more than the formats, themes and densities of one application
def compiled_template(
    exporter: Exporter,
    theme: Theme,
    density: Density = "card",
    heading_level: int = 2,
    labels: Labels = DEFAULT_LABELS,
) -> CompiledTemplate:
    """Return the template of a format, compiled once per process for these choices.

    Raises:
        NotAvailableError: No such density.
        ValueError: ``heading_level`` is not between 1 and 6.
    """
    if density not in DENSITIES:
        raise NotAvailableError("density", density, DENSITIES)
    if not _TOP_HEADING <= heading_level <= _LAST_HEADING:
        message = f"heading_level must be between 1 and 6, not {heading_level}"
        raise ValueError(message)
    constants = {
        "density": density,
        "labels": labels,
        "heading": heading_level,
        "subheading": min(heading_level + 1, _LAST_HEADING),
    }
    return compile_template(exporter.template, theme, constants)


def render_card(  # noqa: PLR0913  each is a choice that users make
    candidate: Candidate,
    *,
    format: str = "fragment",  # noqa: A002  the word that users know
    theme: Theme | str | PathLike[str] = "dark",
    density: Density = "card",
    heading_level: int | None = None,
    show_emails: bool = False,
    nonce: str = "",
    fallback: bool = True,
    bands: Bands = DEFAULT_BANDS,
    labels: Labels = DEFAULT_LABELS,
) -> Document:
    """Render one candidate.

    Args:
        candidate: The record.
        format: ``fragment``, ``element``, ``page`` or any other from `list_formats`.
        theme: A theme, the name of one, or a path to a token file.
        density: ``row``, ``card`` or ``detail``.
        heading_level: 1 to 6, of the name; sections are one level below. By default 2, and 1
            in a page.
        show_emails: Whether e-mail addresses appear.
        nonce: For the style element of ``element`` and ``page`` under a host's policy.
        fallback: Whether an ``element`` holds a fragment for hosts that make no shadow root.
            Leave it out under a policy that forbids style attributes.
        bands: Lowest scores of the bands.
        labels: The language of our own words.

    Returns:
        HTML that is safe to insert as it is; what it is, a piece or a page, depends on the
        format.

    Raises:
        NotAvailableError: Unknown format, theme or density.
        InputError: The theme cannot be used.
        RenderingError: A template or style sheet cannot be compiled for this theme.
    """
    exporter = get_exporter(format)
    if heading_level is None:
        heading_level = 2 if exporter.template.embedded else 1
    card = card_view(
        candidate, density=density, show_emails=show_emails, bands=bands, labels=labels
    )
    template = compiled_template(exporter, _theme(theme), density, heading_level, labels)
    return _render(template, single_view(card), (card,), nonce=nonce, fallback=fallback)


def render_shortlist(  # noqa: PLR0913  each is a choice that users make
    shortlist: Shortlist,
    *,
    format: str = "page",  # noqa: A002  the word that users know
    theme: Theme | str | PathLike[str] = "dark",
    density: Density = "card",
    heading_level: int = 2,
    show_emails: bool = False,
    nonce: str = "",
    fallback: bool = True,
    bands: Bands = DEFAULT_BANDS,
    labels: Labels = DEFAULT_LABELS,
) -> Document:
    """Render a shortlist, in its ranking order; arguments and errors as in `render_card`."""
    exporter = get_exporter(format)
    template = compiled_template(exporter, _theme(theme), density, heading_level, labels)
    cards = [
        card_view(candidate, density=density, show_emails=show_emails, bands=bands, labels=labels)
        for candidate in shortlist.candidates
    ]
    return _render(
        template, shortlist_view(shortlist, labels=labels), cards, nonce=nonce, fallback=fallback
    )


def export_candidates(  # noqa: PLR0913  each is a choice that users make
    shortlist: Shortlist,
    *,
    format: str = "page",  # noqa: A002  the word that users know
    theme: Theme | str | PathLike[str] = "dark",
    density: Density = "card",
    heading_level: int = 2,
    show_emails: bool = False,
    nonce: str = "",
    fallback: bool = True,
    bands: Bands = DEFAULT_BANDS,
    labels: Labels = DEFAULT_LABELS,
) -> bytes:
    """Turn candidates into the bytes of a format: the whole flow, top to bottom.

    1. The format says which template and style sheets it is made from.
    2. They are compiled for the theme, once per process.
    3. Each candidate becomes a view: what is shown.
    4. The template places the views: a document.
    5. The format encodes the document.

    Arguments and errors as in `render_card`, and `ExportError` from the encoding.
    """
    document = render_shortlist(
        shortlist,
        format=format,
        theme=theme,
        density=density,
        heading_level=heading_level,
        show_emails=show_emails,
        nonce=nonce,
        fallback=fallback,
        bands=bands,
        labels=labels,
    )
    return get_exporter(format).export(document)


def _theme(theme: Theme | str | PathLike[str]) -> Theme:
    return theme if isinstance(theme, Theme) else load_theme(theme)


def _render(
    template: CompiledTemplate,
    frame: ShortlistView,
    cards: Sequence[CardView],
    *,
    nonce: str,
    fallback: bool,
) -> Document:
    return template.render(
        {"shortlist": frame, "cards": cards, "nonce": nonce, "fallback": fallback}
    )
