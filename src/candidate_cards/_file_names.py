"""Names of files that no data can steer, on any file system."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: Names that Windows gives to devices, whatever their extension.
_DEVICES: Final = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))]
)

#: Characters of a stem; leaves room for a number and an extension on every file system.
_LONGEST_STEM: Final = 64


def slug(text: str) -> str:
    """Return a stem that resembles a text; different texts may give the same.

    It holds only ``a-z``, ``0-9``, ``_`` and single hyphens, at most 74 of them, so it is no path,
    no device and the same on file systems that fold case or normalise Unicode.
    """
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9_]+", "-", ascii_text).strip("-")[:_LONGEST_STEM].rstrip("-")
    if not stem:
        return "candidate"
    return f"candidate-{stem}" if stem in _DEVICES else stem
