"""Paths of requests whose ids may hold any character."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class PathsAsSent:
    """ASGI middleware: routes below a prefix see their path still percent-encoded.

    Why: servers decode a path before it is split, and the slash in an id would split it too.

    Args:
        app: What answers.
        prefix: A first segment, such as ``/candidates``.
    """

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"].startswith(f"{self._prefix}/"):
            # One of uvicorn's parsers takes paths that do not begin with a slash.
            before, *segments = scope["raw_path"].decode("ascii").split("/")
            if not before and f"/{unquote(segments[0])}" == self._prefix:
                scope["path"] = "/".join((self._prefix, *segments[1:]))
        await self._app(scope, receive, send)


def decoded(segment: str) -> str:
    """Return the id in a segment of a path; one that is no text in UTF-8 is nobody's, so ``""``."""
    try:
        return unquote(segment, errors="strict")
    except UnicodeDecodeError:
        return ""
