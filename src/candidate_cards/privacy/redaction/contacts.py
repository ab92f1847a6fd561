"""Addresses, links, handles, telephone numbers and ids in a text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote

from .data import common_mailboxes, public_handles
from .folding import fold, word_pattern
from .identity import Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .identity import Lexicon
    from .records import Kind, Person

_LOCAL: Final = r"[^\s@<>()\[\]{},;:\"'’“”«»|\\/]"
_EMAIL: Final = re.compile(
    rf"(?<!{_LOCAL}){_LOCAL}++(?:\s?[(\[{{]\s?(?:at|@|AT)\s?[)\]}}]\s?|@|＠)"
    r"[^\W_](?:[\w\-]|\.(?=\w)|\s?[(\[{]\s?(?:dot|DOT|\.)\s?[)\]}]\s?){1,250}"
)
# Two letters that are the end of a file's or a library's name are no country here.
_TOP_LEVEL: Final = (
    r"(?:com|org|net|dev|app|info|edu|gov|tech|cloud|xyz|link|page|site|online|blog|"
    r"(?!js|ts|py|cs|rb|vb|kt|hs|go)[a-z]{2})"
)
_URL: Final = re.compile(
    r"(?:(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,20}://|(?<![\w.@-])www\.)[^\s<>\"“”«»]++"
    rf"|(?<![\w.@/-])(?!asp\.net)(?:[a-z0-9](?:[a-z0-9-]{{0,62}})\.){{1,4}}{_TOP_LEVEL}(?::\d{{1,5}})?/"
    r"[^\s<>\"“”«»]++"
    r"|(?<![\w.@/-])(?:linkedin|github|gitlab|xing|twitter|facebook|instagram|t)\.(?:com|me)"
    r"(?:/[^\s<>\"“”«»]*+)?",
    re.IGNORECASE,
)
_DOT: Final = re.compile(r"\w\.\w|[(\[{]\s?(?:dot|DOT|\.)")
_PROFILE_PATH: Final = re.compile(
    r"(?<![\w/])(?:/in/|/pub/|in/(?=[\w%.]*[-\d]))[\w%.-]{3,100}/?", re.IGNORECASE
)
_HANDLE: Final = re.compile(r"(?<![\w@./])[@＠](\w[\w.-]{1,60}+)(?![\w@(/])")
_PHONE: Final = re.compile(
    r"(?<![\w.,/+-])(?:"
    r"(?:\+|00)(?P<international>[\s(]{0,2}\d[\d\s().\-/\u2010-\u2013]{5,24}\d)"
    r"|(?P<national>\(?0\d{1,4}\)?[\s./\-]{0,3}\d{2,8}(?:[\s.\-/]\d{2,6}){0,4})"
    r"|(?P<american>\(?[2-9]\d{2}\)?[\s.\-]{1,2}\d{3}[\s.\-]\d{4})"
    r")(?![\w%])"
)
_NAMED_PHONE: Final = re.compile(
    r"(?i:(?<!\w)(?:tel|telefon|telephone|téléphone|teléfono|telefone|phone|mobile|mobil|cell|handy|"
    r"gsm|whatsapp|тел|телефон|هاتف|جوال|טלפון|נייד|電話|电话|手机|전화|โทร)\.?\s?[:：#]?\s{0,2}|[☎📞📱✆]\s?)"
    r"(\+?[(\d][\d\s().\-/]{4,24}\d)"
)
_FEWEST_DIGITS, _MOST_DIGITS = 8, 15
_FEWEST_NATIONAL_DIGITS: Final = 9
_TRAILING: Final = ".,;:!?)]}'’\"*_"
_MOST_SPELLINGS: Final = 4
_SHORTEST_ID: Final = 4
_SHORTEST_SURE_NUMBER: Final = 6
_SHORTEST_HASH: Final = 5


class Contact(NamedTuple):
    """What reaches or identifies somebody, in a view."""

    start: int
    end: int
    kind: Kind
    certain: bool


def find_emails(text: str) -> Iterator[Contact]:
    """Yield e-mail addresses, also with words for their signs."""
    if "@" in text or "＠" in text or "at" in text.lower():
        for match in _EMAIL.finditer(text):
            if not ("@" in match[0] or "＠" in match[0] or _DOT.search(match[0])):
                continue
            end = match.start() + len(match[0].rstrip(_TRAILING + "-"))
            yield Contact(match.start(), end, "email", certain=True)


def find_links(text: str) -> Iterator[Contact]:
    """Yield web addresses, with or without a scheme."""
    for pattern in (_URL, _PROFILE_PATH):
        for match in pattern.finditer(text):
            end = match.start() + len(match[0].rstrip(_TRAILING))
            if end > match.start():
                yield Contact(match.start(), end, "link", certain=True)


def find_handles(text: str) -> Iterator[Contact]:
    """Yield names of accounts, but not what programming languages write with an at sign."""
    if "@" not in text and "＠" not in text:
        return
    for match in _HANDLE.finditer(text):
        name = match[1].rstrip(_TRAILING + "-")
        if name and fold(name) not in public_handles():
            yield Contact(match.start(), match.start(1) + len(name), "handle", certain=False)


def find_phones(text: str) -> Iterator[Contact]:
    """Yield telephone numbers; years, dates and amounts are none."""
    for match in _PHONE.finditer(text):
        digits = sum(map(str.isdigit, match[0]))
        fewest = _FEWEST_DIGITS if match["international"] else _FEWEST_NATIONAL_DIGITS
        if fewest <= digits <= _MOST_DIGITS:
            yield Contact(*match.span(), "phone", certain=True)
    for match in _NAMED_PHONE.finditer(text):
        yield Contact(*match.span(1), "phone", certain=True)


class Ids:
    """What stands for a person by itself: addresses, the slug of the profile, its id."""

    def __init__(self, person: Person) -> None:
        sure: set[str] = set()
        doubtful: set[str] = set()
        for address in person.emails:
            local, _, domain = address.strip().casefold().partition("@")
            if domain:
                sure.add(f"{local}@{domain}")
            if len(local) >= _SHORTEST_ID and local not in common_mailboxes():
                sure.add(local)
        slug = unquote(_slug(person.linkedin_url)).casefold()
        for literal in (slug, person.profile_id.strip().casefold()):
            if len(literal) < _SHORTEST_ID:
                continue
            number = literal.isdigit() and len(literal) < _SHORTEST_SURE_NUMBER
            plain = literal.isalpha()
            (doubtful if number or plain else sure).add(literal)
        tail = slug.rpartition("-")[2]
        if len(tail) >= _SHORTEST_HASH and any(map(str.isdigit, tail)):
            sure.add(tail)
        self._sure = frozenset(sure)
        everything = sorted(sure | doubtful, key=len, reverse=True)
        self._pattern = (
            re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, everything))})(?![^\W_])")
            if everything
            else None
        )

    def find(self, text: str) -> Iterator[tuple[int, int, bool]]:
        """Yield start, end and certainty of ids in the text of a view."""
        if self._pattern is not None:
            folded = text.casefold()
            if len(folded) != len(text):
                folded = "".join(map(_casefolded, text))
            for match in self._pattern.finditer(folded):
                yield *match.span(), match[0] in self._sure


def other_spellings(person: Person, lexicon: Lexicon) -> Iterator[str]:
    """Yield the name in the slug or in an address, if it is spelled so that the lexicon lacks it.

    Why: how somebody writes a name of another script in Latin letters is often told there alone.
    """
    mailboxes = (address.partition("@")[0] for address in person.emails[:_MOST_SPELLINGS])
    locals_of = (mailbox.partition("+")[0] for mailbox in mailboxes)
    for written in (unquote(_slug(person.linkedin_url)), *locals_of):
        words = word_pattern().findall(written)[: 2 + lexicon.foreign]
        known = sum(lexicon.look_up(word, 0, identifier=True) is not None for word in words)
        # Beside one part of a Latin name the other is mostly a trade: mueller-consulting.
        if len(words) > 1 and (not known or (lexicon.foreign and known < len(words))):
            yield " ".join(words)


def _casefolded(character: str) -> str:
    folded = character.casefold()
    return folded if len(folded) == 1 else character


def _slug(address: str) -> str:
    """Return the last part of a profile's address."""
    path = address.strip().partition("?")[0].partition("#")[0].rstrip("/")
    return path.rpartition("/")[2] if "/" in path else ""


def names_somebody(text: str, lexicon: Lexicon) -> bool:
    """Tell whether an address or a handle holds a part of a name."""
    for match in word_pattern().finditer(text):
        hit = lexicon.look_up(match[0], 0, identifier=True)
        if hit is not None and hit.entry.strength > Strength.SHORT:
            return True
        if lexicon.is_inside(match[0]):
            return True
    return False
