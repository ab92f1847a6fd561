"""The keys that secrets stand for; ``None`` where one is not written right."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Final

_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+")


def bytes_of_text(secret: str) -> bytes | None:
    """Return UTF-8."""
    return secret.encode() if secret.isprintable() and secret == secret.strip() else None


def bytes_of_hex(secret: str) -> bytes | None:
    """Return the bytes of pairs of hexadecimal digits."""
    return bytes.fromhex(secret) if _HEX.fullmatch(secret) else None


def bytes_of_base64(secret: str) -> bytes | None:
    """Return the bytes of base64, of which the padding may be missing."""
    try:
        return b64decode(secret + "=" * (-len(secret) % 4), validate=True)
    except ValueError:
        return None
