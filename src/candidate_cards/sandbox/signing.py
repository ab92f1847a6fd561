"""How deliveries are signed.

The vendor states the size of the secret and nothing else (contract 11.5). This is the default
reading: HMAC-SHA256 over the raw bytes of the body, keyed with the text of the secret, written as
lower-case hexadecimal digits. The name of the header is a setting.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets


def new_secret() -> str:
    """Return a secret of 64 hexadecimal digits."""
    return secrets.token_hex(32)


def sign(secret: str, body: bytes) -> str:
    """Return the signature of a body."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
