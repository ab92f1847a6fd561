"""``fragment``: one inline-styled root ``<div>`` per candidate; a drop-in for ``htmlContent``.

No class, no style element, no script, no id: it holds its look in other people's pages, and
its words read in order where a sanitizer strips every style.
"""

from __future__ import annotations

from candidate_cards.exports._exporter import Exporter
from candidate_cards.rendering import TemplateSpec

EXPORTER = Exporter(
    name="fragment",
    media_type="text/html",
    file_extension=".html",
    template=TemplateSpec(
        "card/fragment.html", inline=("card/card.css",), reset="all:unset", embedded=True
    ),
)
