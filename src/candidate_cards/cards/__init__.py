"""What is shown: views made from candidates; pure, with no markup and no theme."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from candidate_cards.cards.bands import DEFAULT_BANDS, TONES, Bands, Tone
from candidate_cards.cards.dossiers import DossierFacts, DossierView, EntryView, dossier_view
from candidate_cards.cards.labels import DEFAULT_LABELS, Labels, Plural
from candidate_cards.cards.languages import date_text, list_languages, load_labels
from candidate_cards.cards.links import linkedin_url, mailto_url
from candidate_cards.cards.messages import (
    WHOLE,
    MessageView,
    Part,
    message_view,
    told_directions,
)
from candidate_cards.cards.notices import (
    USUAL_NOTICE,
    NoticeFact,
    NoticeFacts,
    NoticeView,
    notice_of,
    notice_view,
)
from candidate_cards.cards.views import (
    DENSITIES,
    CardView,
    Density,
    ShortlistView,
    card_view,
    shortlist_view,
    single_view,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType({"tone": TONES})
"""View fields that a template may put into a class name, with every value they can take."""

__all__ = [
    "CHOICES",
    "DEFAULT_BANDS",
    "DEFAULT_LABELS",
    "DENSITIES",
    "USUAL_NOTICE",
    "WHOLE",
    "Bands",
    "CardView",
    "Density",
    "DossierFacts",
    "DossierView",
    "EntryView",
    "Labels",
    "MessageView",
    "NoticeFact",
    "NoticeFacts",
    "NoticeView",
    "Part",
    "Plural",
    "ShortlistView",
    "Tone",
    "card_view",
    "date_text",
    "dossier_view",
    "linkedin_url",
    "list_languages",
    "load_labels",
    "mailto_url",
    "message_view",
    "notice_of",
    "notice_view",
    "shortlist_view",
    "single_view",
    "told_directions",
]
