"""Codes in place of names: keyed, so that nobody guesses whose they are."""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

_LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"
_DIGITS: Final = "0123456789"
_PAIRS: Final = 8
_GROUP: Final = 4  # characters between hyphens
_CODE: Final = re.compile(rf"C((?:[{_LETTERS}][{_DIGITS}]){{{_PAIRS}}})")

_SHORTEST_SECRET: Final = 32  # bytes

#: What is easily read, heard or typed for another; the place in a code tells which is meant.
_MEANT_LETTERS: Final = str.maketrans("1258", "LZSB")
_MEANT_DIGITS: Final = str.maketrans("OQDILZSB", "00011258")


class CodedPerson(NamedTuple):
    """Whose code it is; only the code is in its ``repr``.

    Attributes:
        code: What stands in place of name and profile id.
        profile_id: The vendor's.
        name: ``None`` or blank if the record has none.
    """

    code: str
    profile_id: str
    name: str | None = None

    def __repr__(self) -> str:
        return f"CodedPerson(code={self.code!r})"


@dataclass(frozen=True, slots=True)
class BlindKey:
    """What codes are made with; without it they can be neither guessed nor checked.

    The same key and profile id give the same code, on any machine and at any time. Of the codes
    of different keys none can be told to be the same person's.

    A code is ``C-`` and 16 characters in groups of four, letters and digits in turn:
    ``C-K7Q4-T2M9-X3R8-B5N1``. No two letters meet and none is a vowel, so no code spells a part of
    a name, and where a letter belongs nobody takes an ``S`` for a ``5``. There are 2.56e18 codes:
    of a million people two share one with a probability of 2e-7.

    Attributes:
        secret: At least 32 random bytes; not in its ``repr``.

    Raises:
        ValueError: The secret is too short.
    """

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) < _SHORTEST_SECRET:
            message = f"a key needs at least {_SHORTEST_SECRET} bytes"
            raise ValueError(message)

    @classmethod
    def generate(cls) -> Self:
        """Return a new key, of 256 random bits."""
        return cls(secrets.token_bytes(_SHORTEST_SECRET))

    @property
    def name(self) -> str:
        """What tells this key from others and says nothing else: ``K-`` and 16 characters."""
        return _written("K", self._digest("name", ""))

    def code(self, profile_id: str) -> str:
        """Return the code of a profile."""
        return _written("C", self._digest("code", profile_id))

    def identify(self, text: str) -> str:
        """Return an id of any text, from which nobody without the key learns a thing.

        It begins with ``F-`` and is otherwise written as a code is, but is never the code of a
        profile of that id.
        """
        return _written("F", self._digest("find", text))

    def derived(self, context: str) -> Self:
        """Return a key of its own for a context, such as one of several tenants.

        From neither of the two keys' codes can anything be told about the other's.
        """
        return type(self)(self._digest("key", context))

    def _digest(self, purpose: str, text: str) -> bytes:
        # No purpose has a NUL, so the two cannot be divided otherwise. Texts of Python may hold
        # lone surrogates.
        message = f"candidate-cards {purpose}\0{text}".encode("utf-8", "surrogatepass")
        return hmac.digest(self.secret, message, "sha256")


def read_code(text: str) -> str | None:
    """Return the code that somebody has written, or ``None`` if it is none.

    Case, hyphens and white space do not matter, nor does an ``O`` for a zero, or another character
    that looks like the one that is meant.
    """
    if len(text) > 100:  # noqa: PLR2004  a code with white space between all of its characters
        return None
    plain = re.sub(r"[-\s\u2010-\u2015]", "", text).upper()
    letters, digits = plain[1::2].translate(_MEANT_LETTERS), plain[2::2].translate(_MEANT_DIGITS)
    meant = "".join(map("".join, zip(letters, digits, strict=False)))
    if len(plain) == 1 + 2 * _PAIRS and (match := _CODE.fullmatch(plain[0] + meant)):
        return _grouped("C", match[1])
    return None


def _written(prefix: str, digest: bytes) -> str:
    # 256 bits against 61: no remainder is noticeably more frequent than another.
    rest = int.from_bytes(digest)
    characters = []
    for _ in range(_PAIRS):
        rest, letter = divmod(rest, len(_LETTERS))
        rest, digit = divmod(rest, len(_DIGITS))
        characters += [_LETTERS[letter], _DIGITS[digit]]
    return _grouped(prefix, "".join(characters))


def _grouped(prefix: str, characters: str) -> str:
    groups = (characters[at : at + _GROUP] for at in range(0, len(characters), _GROUP))
    return "-".join((prefix, *groups))
