"""Which texts plainly hold no way to reach anybody, so that nobody need look closer.

Why: most texts are such, and looking for addresses in all the ways in which they can be written
takes ten times as long as making a message of them.
"""

from __future__ import annotations

import re
from typing import Final

#: Words, and what stands between them in a sentence; anything else may be an address, or hide one.
_NOT_PLAIN: Final = re.compile("[^\\w\\s,;:!?'\"%+*#./\u2013\u2014\u2019\u2026-]")
_POINT_INSIDE: Final = re.compile(r"\.(?![\s0-9]|\Z)|/(?![0-9])|(?<![0-9])/")
_LONG_NUMBER: Final = re.compile(r"\d(?:\W{0,6}\d){5}")
_YEARS: Final = re.compile("(?:19|20)[0-9]{2} ?[\u2013-] ?(?:19|20)[0-9]{2}")


def is_plain(text: str) -> bool:
    """Tell whether a text has only words, marks of a sentence and short numbers."""
    if _NOT_PLAIN.search(text) or _POINT_INSIDE.search(text):
        return False
    return not _LONG_NUMBER.search(text) or _YEARS.fullmatch(text) is not None
