"""``element``: a declarative shadow root that no host style reaches, with a fragment inside it.

The style sheet is constant for a theme, so one hash (or a nonce) admits it under a strict
content security policy. Where a host inserts the text by ``innerHTML`` or through a sanitizer,
the shadow root is not made and the fragment in the light DOM shows instead. A shortlist is one
host element with all cards inside: one style sheet for hundreds of cards.
"""

from __future__ import annotations

from candidate_cards.exports._exporter import Exporter
from candidate_cards.rendering import TemplateSpec

EXPORTER = Exporter(
    name="element",
    media_type="text/html",
    file_extension=".html",
    template=TemplateSpec(
        "card/element.html",
        stylesheets=("card/element.css", "card/card.css", "card/states.css"),
        inline=("card/card.css",),
        reset="all:unset",
        embedded=True,
    ),
)
