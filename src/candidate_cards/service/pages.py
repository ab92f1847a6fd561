"""Pages of the service's own: their templates, and answers that browsers keep."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from starlette.responses import Response

from candidate_cards.rendering import TemplateFolder
from candidate_cards.rendering.environment import make_environment
from candidate_cards.rendering.source import flatten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Template
    from starlette.requests import Request


def page_template(name: str) -> Template:
    """Return a template for pages around cards; such a page may have a script, which no card has.

    Args:
        name: Path below the templates folder.
    """
    return make_environment(fast=False).from_string(flatten(name, TemplateFolder()).text)


def page_part(name: str) -> str:
    """Return a script or a style sheet of such a page.

    Args:
        name: Path below the templates folder.
    """
    return TemplateFolder().read(name)


def conditional(
    request: Request, body: bytes, media_type: str, headers: Mapping[str, str]
) -> Response:
    """Return an answer with an ETag, or 304 to somebody who has it already.

    Args:
        request: What is answered.
        body: Whole.
        media_type: Its type.
        headers: Of the answer; a browser that has the body takes the headers of a 304 over.
    """
    digest = hashlib.sha256(body)
    for name, value in sorted(headers.items()):
        digest.update(f"\n{name}:{value}".encode())
    tag = f'"{digest.hexdigest()[:32]}"'
    sent = {**headers, "ETag": tag}
    known = request.headers.get("If-None-Match", "").split(",")
    if any(text.strip().removeprefix("W/") in {tag, "*"} for text in known):
        return Response(status_code=304, headers=sent)
    return Response(body, media_type=media_type, headers=sent)
