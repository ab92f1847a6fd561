"""Signed tokens: addresses of embeds that say nothing of whom they show.

A token is ``1.ID.EXPIRY.SIGNATURE``: a version, the random id of a record in the store, Unix
seconds, and HMAC-SHA256 of all before it. Why the standard library's and no library of tokens:
those read Base64 loosely, so one token has many spellings; here it has one.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_TOKEN: Final = re.compile(r"(1\.([A-Za-z0-9_-]{1,64})\.([0-9]{1,12}))\.([A-Za-z0-9_-]{43})")


class Tokens:
    """Signs ids and finds them in tokens.

    Args:
        keys: The first signs, each verifies; without any no token is valid.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = tuple(keys)

    def sign(self, embed_id: str, expires_at: datetime) -> str:
        """Return the token of an embed.

        Raises:
            IndexError: There is no key.
        """
        content = f"1.{embed_id}.{int(expires_at.timestamp())}"
        return f"{content}.{_signature(self._keys[0], content)}"

    def read(self, token: str, now: int) -> str | None:
        """Return the id in a token, or ``None`` if it is none of ours or has expired.

        Args:
            token: Anything.
            now: Milliseconds since 1970.
        """
        parts = _TOKEN.fullmatch(token)
        if parts is None:
            return None
        content, embed_id, expiry, signature = parts.groups()
        valid = [hmac.compare_digest(_signature(key, content), signature) for key in self._keys]
        return embed_id if any(valid) and int(expiry) * 1000 > now else None


def _signature(key: bytes, content: str) -> str:
    # The words keep it apart from whatever else the same key may sign.
    digest = hmac.digest(key, f"candidate-cards embed {content}".encode(), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
