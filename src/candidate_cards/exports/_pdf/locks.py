"""Passwords of a dossier: which are taken, and what a reader may do with the right one."""

from __future__ import annotations

import secrets
import unicodedata
from typing import TYPE_CHECKING, Final

from pikepdf import Encryption, Permissions

from candidate_cards.errors import InputError, Problem

if TYPE_CHECKING:
    from pydantic import SecretStr

_FEWEST_CHARACTERS: Final = 12
_MOST_BYTES: Final = 127  # what follows is cut off without a word (ISO 32000-2, 7.6.4.3.3)
_OWNER_BYTES: Final = 32

# A copy can be read, printed, copied from and read aloud; changing it takes the owner's password.
# Programs keep to this if they are polite; only the password itself is enforced.
_ALLOWED: Final = Permissions(
    modify_annotation=False, modify_assembly=False, modify_form=False, modify_other=False
)


def lock(password: SecretStr, owner_password: SecretStr | None = None) -> Encryption:
    """Return how to encrypt with a password: AES-256, metadata included.

    Args:
        password: Opens the file.
        owner_password: Lifts what readers are not allowed to do; by default a random one that
            nobody gets to know.

    Raises:
        InputError: One of them is too short, too long, or not the same in every PDF reader. Only
            that is judged, not whether it can be guessed.
    """
    problems = [
        problem
        for field, value in (("password", password), ("owner_password", owner_password))
        if value is not None
        for problem in _problems(field, value.get_secret_value())
    ]
    if problems:
        raise InputError(problems)
    owner = (
        secrets.token_urlsafe(_OWNER_BYTES)
        if owner_password is None
        else owner_password.get_secret_value()
    )
    return Encryption(owner=owner, user=password.get_secret_value(), R=6, allow=_ALLOWED)


def _problems(field: str, password: str) -> list[Problem]:
    message = ""
    # Readers should bring a password into one form (RFC 4013), and not all do.
    if not password.isprintable() or unicodedata.normalize("NFKC", password) != password:
        message = "holds a character that not every PDF reader takes for the same; leave it out"
    elif len(password) < _FEWEST_CHARACTERS:
        message = (
            f"must have at least {_FEWEST_CHARACTERS} characters; only the length is checked, so "
            "take one that nobody guesses"
        )
    elif len(password.encode()) > _MOST_BYTES:
        message = f"must not have more than {_MOST_BYTES} bytes in UTF-8"
    return [Problem(message, path=(field,))] if message else []
