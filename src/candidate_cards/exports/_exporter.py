"""What a format is; one module of this folder per format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from candidate_cards.rendering import Document, TemplateSpec


def encode(document: Document) -> bytes:
    """Return the bytes of a document that is HTML as it stands: UTF-8."""
    return document.encode()


@dataclass(frozen=True)
class Exporter:
    """A format.

    Attributes:
        name: What people ask for: ``--format page``.
        media_type: Of the exported bytes.
        file_extension: With its dot.
        template: The files that make its markup.
        export: Document to bytes.
    """

    name: str
    media_type: str
    file_extension: str
    template: TemplateSpec
    export: Callable[[Document], bytes] = encode
