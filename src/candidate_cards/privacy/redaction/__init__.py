"""Find and replace, in any text, what tells who a person is.

The signatures that callers need::

    Person(*, code, name="", emails=(), linkedin_url="", profile_id="", employers=(), vocabulary=())
    Employer(name, replacement)                     # replacement: "an employer", or as locales say
    Choices(*, names=True, emails=True, links=True, phones=True, titles=True, gender_languages=())
    Others([Person, ...])                           # of a shortlist; made once, for all redactors

    redactor = Redactor(person, words=words, choices=Choices(), others=None, identify=identify,
                        decide=None)
    redactor.text(value, path) -> str               # path: "rationale", "ai_fit_points.2"
    redactor.finds -> tuple[Find, ...]              # the uncertain ones, in the order found
    redactor.counts -> Mapping[Kind, int]           # replaced for certain, by kind

    words     anything with the texts ``email``, ``link`` and ``phone``
    identify  Callable[[str], str]: makes the id of a find from code, path, kind and folded word
              (parted by U+001F, the word with a capital if it was written with one); it should be
              keyed, since the word is in it
    decide    Callable[[str], bool | None]: takes the id of an uncertain find; True removes it,
              False keeps it, None leaves it to the rule below

A text that belongs to nobody, such as a shortlist's title, is redacted with
``Redactor(None, words=..., others=Others(people), identify=...)``: full names only.

A find is certain if nothing else is meant: then it is replaced, and only counted. A name part
that is a common word too, or a word of the person's own skills, roles and place, is not: in lower
case a common word stays, anything else goes, and both are listed until somebody decides. Next to
another part of the same name a part is certain.

How a text is read: entities are unescaped, invisible characters dropped, words folded to a key
(case, accents, letters that other alphabets write otherwise), and every position remembers where
in the text it was. Tags are read twice, once as a gap between two words and once as nothing at
all, since either may be meant. Everything is linear in the length of the text, and no text raises.
"""

from __future__ import annotations

from .others import Others
from .records import Choices, Employer, Find, Kind, Person, Placeholders
from .redactor import Redactor

__all__ = [
    "Choices",
    "Employer",
    "Find",
    "Kind",
    "Others",
    "Person",
    "Placeholders",
    "Redactor",
]
