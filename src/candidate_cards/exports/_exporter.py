"""What a format is; one module of this folder per format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from candidate_cards.cards import (
        CardView,
        Density,
        Labels,
        MessageView,
        NoticeView,
        ShortlistView,
    )
    from candidate_cards.rendering import Document, TemplateSpec
    from candidate_cards.themes import Theme


class Rendering(NamedTuple):
    """A document and what it was made from: all that a format may need to encode it.

    Attributes:
        document: The rendered template.
        shortlist: The frame around the cards.
        cards: In ranking order.
        message: Only for formats that ask for it.
        whole_cards: The same cards with nothing left out, only where there is a message.
        theme: What it was drawn with.
        labels: The language of our own words.
        density: How much of each candidate it shows.
        notice: What it says of scores, AI-written texts and where the data came from.
        templates: The folder of own templates, if there is one.
    """

    document: Document
    shortlist: ShortlistView
    cards: tuple[CardView, ...]
    message: MessageView | None
    whole_cards: tuple[CardView, ...]
    theme: Theme
    labels: Labels
    density: Density
    notice: NoticeView
    templates: Path | None


def encode(rendering: Rendering) -> bytes:
    """Return the bytes of a document that is HTML as it stands: UTF-8."""
    return rendering.document.encode()


@dataclass(frozen=True)
class Exporter:
    """A format.

    Attributes:
        name: What people ask for: ``--format page``.
        media_type: Of the exported bytes.
        file_extension: With its dot.
        template: The files that make its markup.
        export: What was rendered to bytes.
        theme: Name of the theme where none is asked for.
        profile: Name of what is shown where nothing is said of it.
        message: Whether its template also takes a `MessageView`.
        dossier: Whether its template also takes a `DossierView`.
        density: The only one that it knows; ``None`` for any.
        most: How many candidates of a shortlist it shows, a row each; ``None`` for all.
    """

    name: str
    media_type: str
    file_extension: str
    template: TemplateSpec
    export: Callable[[Rendering], bytes] = encode
    theme: str = "dark"
    profile: str = "internal"
    message: bool = False
    dossier: bool = False
    density: Density | None = None
    most: int | None = None
