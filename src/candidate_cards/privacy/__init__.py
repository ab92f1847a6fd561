"""What may be shown to whom: profiles, and the one function that applies them before any view."""

from __future__ import annotations

from candidate_cards.privacy.profiles import Profile, list_profiles, load_profile
from candidate_cards.privacy.visibility import Disclosure, apply_profile
from candidate_cards.privacy.words import DEFAULT_WORDS, Words

__all__ = [
    "DEFAULT_WORDS",
    "Disclosure",
    "Profile",
    "Words",
    "apply_profile",
    "list_profiles",
    "load_profile",
]
