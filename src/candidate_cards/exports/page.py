"""``page``: a complete document that asks nothing of any network; one candidate or a shortlist."""

from __future__ import annotations

from candidate_cards.exports._exporter import Exporter
from candidate_cards.rendering import TemplateSpec

EXPORTER = Exporter(
    name="page",
    media_type="text/html",
    file_extension=".html",
    template=TemplateSpec(
        "card/page.html", stylesheets=("card/page.css", "card/card.css", "card/states.css")
    ),
)
