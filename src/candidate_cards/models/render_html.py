"""The vendor's answer with rendered cards. Its HTML is untrusted."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict

from ._base import Identifier, Many, WireModel


class RenderedCard(WireModel):
    """One profile: a fragment in ``html_content`` if ``success``, else an ``error_code``."""

    model_config = ConfigDict(defer_build=True)

    profile_id: Identifier
    success: bool
    name: str | None = None
    html_content: str | None = None
    error_code: str | None = None
    error_message: str | None = None


class RenderHtmlResponse(WireModel):
    """The cards in the order of the answer; ``rendered_count`` counts the successful ones."""

    model_config = ConfigDict(defer_build=True)

    success: Literal[True] = True
    rendered_count: int
    data: Many[RenderedCard] = ()
