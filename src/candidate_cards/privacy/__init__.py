"""What may be shown to whom: profiles, and the one function that applies them before any view."""

from __future__ import annotations

from candidate_cards.privacy.codes import BlindKey, CodedPerson
from candidate_cards.privacy.decisions import Decisions, load_decisions, write_report
from candidate_cards.privacy.key_file import KeyFile, open_key_file
from candidate_cards.privacy.profiles import Profile, list_profiles, load_profile
from candidate_cards.privacy.visibility import Disclosure, apply_profile
from candidate_cards.privacy.words import DEFAULT_WORDS, Words

__all__ = [
    "DEFAULT_WORDS",
    "BlindKey",
    "CodedPerson",
    "Decisions",
    "Disclosure",
    "KeyFile",
    "Profile",
    "Words",
    "apply_profile",
    "list_profiles",
    "load_decisions",
    "load_profile",
    "open_key_file",
    "write_report",
]
