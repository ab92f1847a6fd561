"""Views and tokens in, documents out: the Jinja environment and everything resolved in it once."""

from __future__ import annotations

from candidate_cards.rendering.document import Document
from candidate_cards.rendering.plain_text import plain_text
from candidate_cards.rendering.source import TemplateFolder
from candidate_cards.rendering.template import CompiledTemplate, TemplateSpec, compile_template

__all__ = [
    "CompiledTemplate",
    "Document",
    "TemplateFolder",
    "TemplateSpec",
    "compile_template",
    "plain_text",
]
