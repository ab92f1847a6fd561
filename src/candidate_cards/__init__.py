"""Candidate records in; themed HTML cards, e-mail and PDF out.

Names are imported when first used, so that ``import candidate_cards`` costs next to nothing.
"""

from __future__ import annotations

# Importing `typing` would take three quarters of the time of this import; type checkers know the
# name without it.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from candidate_cards.cards import (
        Bands,
        Labels,
        NoticeFacts,
        Plural,
        list_languages,
        load_labels,
    )
    from candidate_cards.errors import (
        CandidateCardsError,
        DeliveryError,
        ExportError,
        InputError,
        MissingDependencyError,
        NotAvailableError,
        Problem,
        RenderingError,
        VendorError,
    )
    from candidate_cards.exports import (
        export_candidates,
        list_formats,
        render_card,
        render_shortlist,
        style_source,
    )
    from candidate_cards.exports._mime import Attachment, Envelope, message_bytes
    from candidate_cards.exports.email import Email, render_email, split_email
    from candidate_cards.loading import iter_candidates, load_shortlist, parse_shortlist
    from candidate_cards.models import Candidate, FailedProfile, Shortlist
    from candidate_cards.privacy import (
        BlindKey,
        Profile,
        apply_profile,
        list_profiles,
        load_profile,
    )
    from candidate_cards.rendering import Document
    from candidate_cards.themes import Theme, list_themes, load_theme

__version__ = "0.1.0"

_HOMES = {
    "Attachment": "exports._mime",
    "Bands": "cards",
    "BlindKey": "privacy",
    "Candidate": "models",
    "CandidateCardsError": "errors",
    "DeliveryError": "errors",
    "Document": "rendering",
    "Email": "exports.email",
    "Envelope": "exports._mime",
    "ExportError": "errors",
    "FailedProfile": "models",
    "InputError": "errors",
    "Labels": "cards",
    "MissingDependencyError": "errors",
    "NotAvailableError": "errors",
    "NoticeFacts": "cards",
    "Plural": "cards",
    "Problem": "errors",
    "Profile": "privacy",
    "RenderingError": "errors",
    "Shortlist": "models",
    "Theme": "themes",
    "VendorError": "errors",
    "apply_profile": "privacy",
    "export_candidates": "exports",
    "iter_candidates": "loading",
    "list_formats": "exports",
    "list_languages": "cards",
    "list_profiles": "privacy",
    "list_themes": "themes",
    "load_labels": "cards",
    "load_profile": "privacy",
    "load_shortlist": "loading",
    "load_theme": "themes",
    "message_bytes": "exports._mime",
    "parse_shortlist": "loading",
    "render_card": "exports",
    "render_email": "exports.email",
    "render_shortlist": "exports",
    "split_email": "exports.email",
    "style_source": "exports",
}

__all__ = [
    "Attachment",
    "Bands",
    "BlindKey",
    "Candidate",
    "CandidateCardsError",
    "DeliveryError",
    "Document",
    "Email",
    "Envelope",
    "ExportError",
    "FailedProfile",
    "InputError",
    "Labels",
    "MissingDependencyError",
    "NotAvailableError",
    "NoticeFacts",
    "Plural",
    "Problem",
    "Profile",
    "RenderingError",
    "Shortlist",
    "Theme",
    "VendorError",
    "__version__",
    "apply_profile",
    "export_candidates",
    "iter_candidates",
    "list_formats",
    "list_languages",
    "list_profiles",
    "list_themes",
    "load_labels",
    "load_profile",
    "load_shortlist",
    "load_theme",
    "message_bytes",
    "parse_shortlist",
    "render_card",
    "render_email",
    "render_shortlist",
    "split_email",
    "style_source",
]


def __getattr__(name: str) -> object:
    from candidate_cards._lazy import load  # noqa: PLC0415  not needed to import the package

    return load(__name__, globals(), _HOMES, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
