"""The words that stand in place of what is hidden."""

from __future__ import annotations

from typing import Final, NamedTuple


class Words(NamedTuple):
    """What a reader sees instead, in one language.

    Attributes:
        employer: For a company.
        current_employer: For the one that somebody works for now.
        email: For an e-mail address in a text.
        link: For a web address in a text.
        phone: For a telephone number in a text.
    """

    employer: str = "an employer"
    current_employer: str = "the current employer"
    email: str = "[e-mail address]"
    link: str = "[link]"
    phone: str = "[phone number]"


DEFAULT_WORDS: Final = Words()
