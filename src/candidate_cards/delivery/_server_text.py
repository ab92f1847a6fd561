"""A server's words, made fit to be shown and kept."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING, Final

from candidate_cards._text import ELLIPSIS, clean_text

if TYPE_CHECKING:
    from candidate_cards.delivery.server import SmtpServer

_MOST_CHARACTERS: Final = 300
_REMOVED: Final = "[removed]"


def plain_token(username: str, password: str) -> str:
    """Return what AUTH PLAIN sends."""
    return base64_of(f"\0{username}\0{password}")


def base64_of(text: str) -> str:
    """Return text as SMTP's logins encode it."""
    return b64encode(text.encode()).decode()


class ServerText:
    """Cleans what a server says; knows the credentials, to take them out."""

    __slots__ = ("_secrets",)

    def __init__(self, server: SmtpServer) -> None:
        self._secrets: re.Pattern[str] | None = None
        if server.username is not None and server.password is not None:
            username, password = server.username, server.password.get_secret_value()
            encoded = (plain_token(username, password), base64_of(password), base64_of(username))
            secrets = sorted((password, *(text.rstrip("=") for text in encoded)), key=len)
            anywhere = "|".join(f"{re.escape(secret)}=*" for secret in reversed(secrets))
            # A name can be a word, or part of one.
            name = rf"(?<!\w){re.escape(username)}(?!\w)"
            self._secrets = re.compile(f"{anywhere}|{name}", re.IGNORECASE)

    def clean(self, text: str) -> str:
        """Return one line of at most 300 characters without controls and credentials."""
        text = self._without_secrets(text)
        words = " ".join(text.split())
        # Format characters go as well: they turn the direction of what is shown beside them.
        words = "".join(character for character in words if character.isprintable())
        words = self._without_secrets(words)
        if len(words) > _MOST_CHARACTERS:
            words = words[: _MOST_CHARACTERS - 1] + ELLIPSIS
        return clean_text(words, limit=_MOST_CHARACTERS)[0]

    def _without_secrets(self, text: str) -> str:
        return self._secrets.sub(_REMOVED, text) if self._secrets else text
