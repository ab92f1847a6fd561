"""What may be shown to whom: profiles, and the one function that applies them before any view.

Names are imported on first use: a card that shows everything needs none of this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from candidate_cards._lazy import load

if TYPE_CHECKING:
    from .codes import BlindKey, CodedPerson
    from .decisions import Decisions, load_decisions, write_report
    from .key_file import KeyFile, open_key_file
    from .profiles import Profile, list_profiles, load_profile
    from .visibility import Disclosure, apply_profile, disclose_text
    from .words import DEFAULT_WORDS, Words

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
    "disclose_text",
    "list_profiles",
    "load_decisions",
    "load_profile",
    "open_key_file",
    "write_report",
]

_HOMES: Final = {
    "BlindKey": "codes",
    "CodedPerson": "codes",
    "DEFAULT_WORDS": "words",
    "Decisions": "decisions",
    "Disclosure": "visibility",
    "KeyFile": "key_file",
    "Profile": "profiles",
    "Words": "words",
    "apply_profile": "visibility",
    "disclose_text": "visibility",
    "load_decisions": "decisions",
    "open_key_file": "key_file",
    "write_report": "decisions",
    "list_profiles": "profiles",
    "load_profile": "profiles",
}


if not TYPE_CHECKING:  # seen by a type checker, it would make every misspelt name a valid one

    def __getattr__(name: str) -> object:
        return load(__name__, globals(), _HOMES, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
