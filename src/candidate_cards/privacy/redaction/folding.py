"""Text as a reader sees it, with the way back to where each character was written.

A `View` has entities and percent escapes decoded and everything invisible left out. Words of it
are folded to keys: two words with a key in common are one word, whatever their case, accents, or
the width and style of their letters.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from functools import cache
from html import unescape
from html.entities import html5
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import regex

Script = Literal[
    "latin",
    "greek",
    "cyrillic",
    "armenian",
    "hebrew",
    "arabic",
    "georgian",
    "hangul",
    "indic",
    "unspaced",
    "other",
]

# What draws nothing: the default ignorable characters, controls but white space, surrogates.
_INVISIBLE: Final = (
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\ufffb\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_IS_INVISIBLE: Final = re.compile(f"[{_INVISIBLE}]")
_LONGEST_TAG: Final = 500
_SPECIAL: Final = re.compile(
    rf"""
      (?P<invisible> [{_INVISIBLE}]++ )
    | (?P<entity> & (?:(?:amp|\#38|\#[xX]26);)*+
        (?: \#[0-9]{{1,7}}+ | \#[xX][0-9A-Fa-f]{{1,6}}+ | [A-Za-z][A-Za-z0-9]{{1,31}}+ ) ;? )
    | (?P<percent> (?:%[0-9A-Fa-f]{{2}})++ )
    | (?P<tag> </?[A-Za-z][^<>]{{0,{_LONGEST_TAG}}}+> | <!--[^<>]{{0,{_LONGEST_TAG}}}+> )
    | (?P<hyphenation> -\r?\n[ \t]{{0,8}}+ )
    """,
    re.VERBOSE,
)
_ESCAPED_AMPERSANDS: Final = re.compile(r"&(?:(?:amp|#38|#[xX]26);)*+")
_LONGEST_BARE_ENTITY: Final = 6  # of those that need no semicolon

# Marks of scripts in which a word without them is the same word.
_MARKS: Final = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f]"
)
_LETTERS: Final = str.maketrans(
    {
        "ø": "o",
        "œ": "oe",
        "æ": "ae",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ı": "i",
        "ħ": "h",
        "ŋ": "ng",
        "ŧ": "t",
        "ĸ": "k",
        "ə": "e",
        "ß": "ss",
        "ƒ": "f",
        "ɓ": "b",
        "ɗ": "d",
        "ƙ": "k",
        "ƴ": "y",
        "ɛ": "e",
        "ɔ": "o",
        "ʻ": "",
        "ʼ": "",
        "ٱ": "ا",
        "ة": "ه",
        "ى": "ي",
        "ی": "ي",
        "ې": "ي",
        "ک": "ك",
        "گ": "ك",
        "ہ": "ه",
        "ھ": "ه",
        "ۀ": "ه",
        "ך": "כ",
        "ם": "מ",
        "ן": "נ",
        "ף": "פ",
        "ץ": "צ",
    }
)
_SPELLED_OUT: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae", "ő": "oe", "ű": "ue"}
)


class View:
    """A text as it is read.

    Attributes:
        text: What a reader sees.
    """

    __slots__ = ("_ends", "_starts", "text")

    def __init__(self, text: str, starts: Sequence[int] | None, ends: Sequence[int] | None) -> None:
        self.text = text
        self._starts = starts
        self._ends = ends

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return where in the written text a piece of the view is; it is not empty."""
        if self._starts is None or self._ends is None:
            return start, end
        return self._starts[start], self._ends[end - 1]


def views(text: str) -> tuple[View, ...]:
    """Return what a text may be read as: tags may part words, or be inside one."""
    specials = {match.lastgroup for match in _SPECIAL.finditer(text)}
    if not specials:
        return (View(text, None, None),)
    parted = _view(text, joined=False)
    if specials & {"tag", "hyphenation"}:
        return (parted, _view(text, joined=True))
    return (parted,)


class _Builder:
    """Takes a written text piece by piece, and notes where each character of the view was."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._pieces: list[str] = []
        self._starts, self._ends = array("q"), array("q")

    def view(self) -> View:
        return View("".join(self._pieces), self._starts, self._ends)

    def copy(self, start: int, end: int) -> None:
        """Take a piece as it is."""
        self._pieces.append(self._text[start:end])
        self._starts.extend(range(start, end))
        self._ends.extend(range(start + 1, end + 1))

    def put(self, piece: str, start: int, end: int) -> None:
        """Take what a written piece stands for."""
        piece = _IS_INVISIBLE.sub("", piece)
        self._pieces.append(piece)
        self._starts.extend([start] * len(piece))
        self._ends.extend([end] * len(piece))

    def put_entity(self, start: int, end: int) -> None:
        character, length = _decoded_entity(self._text[start:end])
        if length:
            self.put(character, start, start + length)
        self.copy(start + length, end)

    def put_percents(self, start: int, end: int) -> None:
        for character, length in _decoded_percents(self._text[start:end]):
            self.put(character, start, start + length)
            start += length


def _view(text: str, *, joined: bool) -> View:
    builder = _Builder(text)
    position = 0
    for match in _SPECIAL.finditer(text):
        start, end = match.span()
        builder.copy(position, start)
        position = end
        match match.lastgroup:
            case "entity":
                builder.put_entity(start, end)
            case "percent":
                builder.put_percents(start, end)
            case "tag" if not joined:
                builder.put("\n", start, end)
            case "hyphenation" if not joined:
                builder.copy(start, end)
    builder.copy(position, len(text))
    return builder.view()


def _decoded_entity(written: str) -> tuple[str, int]:
    """Return what an entity stands for, and how much of what is written it is; 0 if it is none."""
    escape = _ESCAPED_AMPERSANDS.match(written)
    assert escape  # noqa: S101  the pattern that found it begins the same way
    prefix = escape.end()
    rest = written[prefix:]
    value = unescape("&" + rest)
    if rest.startswith("#") or rest in html5:
        return value, len(written)
    for length in range(min(_LONGEST_BARE_ENTITY, len(rest)), 1, -1):
        if rest[:length] in html5:
            return html5[rest[:length]], prefix + length
    return "", 0


def _decoded_percents(written: str) -> Iterator[tuple[str, int]]:
    """Yield characters with how much of what is written each is."""
    try:
        decoded = bytes.fromhex(written.replace("%", "")).decode()
    except UnicodeDecodeError:
        yield from ((character, 1) for character in written)
        return
    for character in decoded:
        yield character, 3 * len(character.encode())


def fold(word: str) -> str:
    """Return the key of a word: small letters without accents, other spellings brought together."""
    if word.isascii():
        return word.lower()
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", word).casefold())
    return unicodedata.normalize("NFC", _MARKS.sub("", text).translate(_LETTERS))


def keys(word: str) -> tuple[str, ...]:
    """Return all keys of a word: for ``Müller`` these are ``muller`` and ``mueller``."""
    key = fold(word)
    if word.isascii():
        return (key,)
    spelled = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", word).casefold())
    other = fold(spelled.translate(_SPELLED_OUT))
    return (key,) if other == key else (key, other)


def latin(word: str) -> str:
    """Return a word of any script in small Latin letters."""
    if word.isascii():
        return word.lower()
    return "".join(filter(str.isalpha, _anyascii()(word))).lower()


_LOOSE: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        ("shch|sch|sh|sz|sc", "s"),
        ("tch|tsch|ch|cz|ts|tz|cs", "c"),
        ("kh|gh", "h"),
        ("zh|rz", "z"),
        ("ph", "f"),
        ("th", "t"),
        ("ou|oo", "u"),
        ("ck|q", "k"),
        ("x", "ks"),
        ("w", "v"),
        ("[ijy]+u", "u"),
        ("[jy]", "i"),
        ("i+e", "e"),
        ("i+", "i"),
        (r"(.)\1+", r"\1"),
    )
)


def loose(word: str) -> str:
    """Return what different ways to write a name in Latin letters have in common."""
    text = latin(word)
    for pattern, replacement in _LOOSE:
        text = pattern.sub(replacement, text)
    return text


_VOWELS: Final = re.compile("[aeiouy']")
_CONSONANTS: Final = str.maketrans("cqwvp", "kkbbf")
_HALF_VOWELS: Final = str.maketrans("", "", "וو")


def consonants(word: str) -> frozenset[str]:
    """Return the consonants of a word, as scripts that write no vowels may have them."""
    return frozenset(
        _VOWELS.sub("", loose(written).translate(_CONSONANTS)).removesuffix("h")
        for written in {word, word.translate(_HALF_VOWELS)}
        if written
    )


def is_small(word: str) -> bool:
    """Tell whether a word begins with a small letter of a script that has both kinds."""
    return word[0].islower() and not "ა" <= word[0] <= "ჿ"  # Georgian prose has no others


def script(word: str) -> Script:
    """Return the script of a word, by its first letter."""
    code = ord(word[0])
    for first, last, name in _RANGES:
        if first <= code <= last:
            return name
    return "other"


_RANGES: Final[tuple[tuple[int, int, Script], ...]] = (
    (0, 0x36F, "latin"),
    (0x1D00, 0x1EFF, "latin"),
    (0xFB00, 0xFB0F, "latin"),
    (0x370, 0x3FF, "greek"),
    (0x1F00, 0x1FFF, "greek"),
    (0x400, 0x52F, "cyrillic"),
    (0x1C80, 0x1C8F, "cyrillic"),
    (0xA640, 0xA69F, "cyrillic"),
    (0x531, 0x58F, "armenian"),
    (0x590, 0x5FF, "hebrew"),
    (0xFB1D, 0xFB4F, "hebrew"),
    (0x600, 0x7FF, "arabic"),
    (0x8A0, 0x8FF, "arabic"),
    (0xFB50, 0xFDFF, "arabic"),
    (0xFE70, 0xFEFE, "arabic"),
    (0x900, 0xDFF, "indic"),
    (0xE00, 0x109F, "unspaced"),
    (0x10A0, 0x10FF, "georgian"),
    (0x1C90, 0x1CBF, "georgian"),
    (0x2D00, 0x2D2F, "georgian"),
    (0x1100, 0x11FF, "hangul"),
    (0x3130, 0x318F, "hangul"),
    (0xAC00, 0xD7FF, "hangul"),
    (0x1780, 0x17FF, "unspaced"),
    (0x2E80, 0x312F, "unspaced"),
    (0x31A0, 0xA4CF, "unspaced"),
    (0xF900, 0xFAFF, "unspaced"),
    (0xFF66, 0xFF9F, "unspaced"),
    (0xFF21, 0xFF5A, "latin"),
    (0x1D400, 0x1D7FF, "latin"),
    (0x20000, 0x3FFFF, "unspaced"),
)


def any_of(texts: Iterable[str]) -> re.Pattern[str] | None:
    """Return the pattern of any of some texts, the longest first; of none there is no pattern."""
    written = sorted(set(filter(None, texts)), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, written))) if written else None


@cache
def word_pattern() -> regex.Pattern[str]:
    """Return the pattern of a run of letters with their marks."""
    import regex  # noqa: PLC0415  costs 10 ms, and the internal profile needs none

    return regex.compile(r"\p{L}[\p{L}\p{M}]*+")


@cache
def _anyascii():  # type: ignore[no-untyped-def]  # noqa: ANN202  a function of a library
    from anyascii import anyascii  # noqa: PLC0415  reads its tables

    return anyascii
