"""A rendered document: text that is safe to insert, not yet encoded into a format's bytes."""

from __future__ import annotations

from markupsafe import Markup, escape

_FRAME = (
    '<iframe title="Candidates" sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="{}" '
    'style="width:100%;height:480px;border:0;resize:vertical"></iframe>'
)


class Document(Markup):
    """HTML made from a template.

    A ``markupsafe.Markup`` string: Jinja2, Django, Flask and Starlette insert it unescaped.
    In a notebook it shows itself in a sandboxed frame, so that neither side's styles leak.
    """

    __slots__ = ()

    def _repr_html_(self) -> str:
        return _FRAME.format(escape(str(self)))
