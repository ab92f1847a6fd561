"""What the engine is told, and what it tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, Protocol

Kind = Literal[
    "name", "email", "link", "handle", "phone", "id", "employer", "title", "pronoun", "other"
]
"""What a find is; ``other`` is the full name of another person."""

SEPARATOR: Final = "\x1f"
"""Parts the fields that the id of a find is made of."""


class Placeholders(Protocol):
    """The words that stand in place of what was taken out."""

    @property
    def email(self) -> str:
        """For an e-mail address."""

    @property
    def link(self) -> str:
        """For a web address or a handle."""

    @property
    def phone(self) -> str:
        """For a telephone number."""


class Employer(NamedTuple):
    """An employer to hide, and the words put in its place."""

    name: str
    replacement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whom to look for.

    Attributes:
        code: What stands in place of the name.
        name: As the record has it, parts in any order.
        emails: Addresses of the person; they are found even where addresses are shown.
        linkedin_url: Its last part, the slug, is found wherever it stands.
        profile_id: Found wherever it stands.
        employers: Those to hide.
        vocabulary: Skills, roles and place: a name part among their words is uncertain.
    """

    code: str
    name: str = field(default="", repr=False)
    emails: tuple[str, ...] = field(default=(), repr=False)
    linkedin_url: str = field(default="", repr=False)
    profile_id: str = field(default="", repr=False)
    employers: tuple[Employer, ...] = field(default=(), repr=False)
    vocabulary: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a profile hides.

    Attributes:
        names: Names, slugs and ids of the person, and the full names of others.
        emails: Every e-mail address.
        links: Every web address and handle.
        phones: Every telephone number.
        titles: Titles that tell a gender (Mr, Frau, pani), next to a name.
        gender_languages: Languages in which pronouns and standing titles become neutral.
    """

    names: bool = True
    emails: bool = True
    links: bool = True
    phones: bool = True
    titles: bool = True
    gender_languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """Something that was found.

    Attributes:
        path: The field.
        word: As it stands in the text.
        context: What is around it after redaction.
        kind: What it is.
        certain: Nothing else can be meant.
        removed: It is not in the text any more.
        code: Whose record it was found in.
        id: The same in every run, and tells nothing.
    """

    path: str
    word: str = field(repr=False)
    context: str = field(repr=False)
    kind: Kind
    certain: bool
    removed: bool
    code: str
    id: str
