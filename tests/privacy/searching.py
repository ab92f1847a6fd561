"""Looks for a person in what a format makes: in its bytes, and in all that they hold once unpacked.

What is looked for are `Needle`s, where are `View`s: one text each, such as the decoded headers of a
message or the strings of a PDF. Needles and views are folded alike, so that upper case, compatible
characters, invisible characters and, in a second pass, accents make no difference.

A name of five letters or more is found inside other words, since inflections and compounds hold it
("Novákovi"). A shorter one is found only as a word of its own: "Ana" inside "Canada" identifies
nobody. Scripts without upper case write particles onto names or know no spaces, so there any part
of three letters is found everywhere.
"""

from __future__ import annotations

import html
import json
import unicodedata
from base64 import b64decode
from binascii import Error as Base64Error
from email import message_from_bytes, policy
from html.parser import HTMLParser
from io import BytesIO
from struct import unpack_from
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import unquote
from zlib import decompress

import pikepdf
import regex
from anyascii import anyascii

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from email.message import EmailMessage
    from pathlib import Path

#: Letters from which a part of a name is found inside other words.
INSIDE: Final = 5
#: Letters of the shortest part that is looked for.
SHORTEST: Final = 3
#: Characters from which a needle is not in pixels, fonts or compressed bytes by chance.
_BY_CHANCE: Final = 8
_SQUEEZED_LATIN: Final = 6

_WORD: Final = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_LETTERS: Final = regex.compile(r"[\p{L}\p{M}]{4,}")  # three hexadecimal digits are easily letters
_NOT_SHOWN: Final = regex.compile(r"\p{Cf}+")
_GLUE: Final = regex.compile(r"[^\p{L}\p{M}\p{N}]+")
_ACCENTS: Final = regex.compile("[\u0300-\u036f]+")
#: Elements inside which and between which a word goes on.
_INLINE: Final = frozenset(
    (
        *("a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "font", "i", "ins"),
        *("kbd", "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "u", "var"),
        "wbr",
    )
)
_TAG: Final = regex.compile(r"</?(\w*)[^<>]{0,300}>")
_DATA_URL: Final = regex.compile(r"data:([\w/+.-]*)(?:;[\w=-]+)*;base64,([A-Za-z0-9+/=]+)")
_BROKEN_WORD: Final = regex.compile(r"(?:[-\u2010\u00ad\ufffe\x02])\s*\n\s*")
_UNSPACED: Final = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
_PARTS: Final = regex.compile(r"[\s\-\u2010-\u2015()\"“”„«»,.'’]+")

_EXPANDED: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "å": "aa", "ø": "oe", "æ": "ae"}
)


class Needle(NamedTuple):
    """Something that tells who a person is, folded.

    Attributes:
        kind: ``name``, ``full name``, ``email``, ``slug``, ``id``, ``employer`` or ``placed``.
        text: What to look for.
        how: ``inside`` other words, as a ``word`` of its own, or ``squeezed``: between letters and
            digits with all else taken out.
    """

    kind: str
    text: str
    how: str


class View(NamedTuple):
    """A text that was found somewhere in a file.

    ``chance`` says that it is no text, so that only needles of some length mean anything in it.
    """

    place: str
    text: str
    chance: bool = False


class Hit(NamedTuple):
    """A needle that was found: where, and the word around it, folded."""

    place: str
    needle: Needle
    word: str


def fold(text: str) -> str:
    """Return a text in which case, compatible forms and invisible characters do not matter."""
    shown = _NOT_SHOWN.sub("", unicodedata.normalize("NFKC", text))
    return unicodedata.normalize("NFC", shown.casefold())


def bare(folded: str) -> str:
    """Return a folded text without the accents of Latin, Greek and Cyrillic letters."""
    plain = _ACCENTS.sub("", unicodedata.normalize("NFD", folded))
    return unicodedata.normalize("NFC", plain).replace("ł", "l").replace("đ", "d").replace("ı", "i")


def squeezed(folded: str) -> str:
    """Return the letters, marks and digits of a folded text."""
    return _GLUE.sub("", folded)


def words(text: str) -> list[str]:
    """Return the folded words of a text."""
    found: list[str] = _WORD.findall(fold(text))
    return found


def spellings(text: str) -> set[str]:
    """Return a folded text as it is, without accents, and in Latin letters in the usual ways."""
    folded = fold(text)
    latin = {fold(anyascii(folded)), fold(anyascii(folded.translate(_EXPANDED)))}
    return {folded, bare(folded), *latin} - {""}


def name_parts(name: str) -> list[str]:
    """Return the parts of a name, those of double names too."""
    return [part for part in _PARTS.split(name) if part]


def needles(  # noqa: PLR0913  each is something that tells who it is
    *,
    name: str,
    emails: Iterable[str] = (),
    linkedin_url: str = "",
    profile_id: str = "",
    employer: str = "",
    placed: Iterable[str] = (),
) -> frozenset[Needle]:
    """Return what to look for.

    Args:
        name: In full, with a nickname if there is one.
        emails: All addresses.
        linkedin_url: Its last segment is the slug.
        profile_id: The vendor's.
        employer: The current one, if nobody may see it.
        placed: Words that were put into texts and tell who it is, such as inflected names.
    """
    found: set[Needle] = set()
    parts = name_parts(name)
    for part in parts:
        found.update(_part_needles("name", part))
    for word in placed:
        found.update(
            Needle("placed", form, "word")
            for form in {fold(word), bare(fold(word))}
            if _letters(form) >= SHORTEST
        )
    # Once with every part and once with the outer two, in either order.
    for some in {tuple(parts), (parts[0], parts[-1])} if len(parts) > 1 else ():
        for ordered in (some, some[::-1]):
            for form in spellings(" ".join(ordered)):
                found.update(_whole_needles("full name", form))
    for address in emails:
        found.update(_whole_needles("email", fold(address)))
        local = fold(address.partition("@")[0])
        if len(squeezed(local)) >= INSIDE:
            found.add(Needle("email", local, "inside"))
    slug = unquote(linkedin_url.rstrip("/").rpartition("/")[2])
    for kind, value in (("slug", slug), ("id", profile_id), ("employer", employer)):
        if value:
            found.update(_whole_needles(kind, fold(value)))
    return frozenset(found)


def _part_needles(kind: str, part: str) -> Iterator[Needle]:
    for form in spellings(part):
        if _letters(form) < SHORTEST:
            continue
        inside = _letters(form) >= INSIDE or form.upper() == form.lower()
        yield Needle(kind, form, "inside" if inside else "word")


def _whole_needles(kind: str, form: str) -> Iterator[Needle]:
    tight = squeezed(form)
    if _UNSPACED.search(form):
        yield Needle(kind, form, "inside")
        yield Needle(kind, form.replace(" ", ""), "inside")
    if len(tight) >= (SHORTEST if _UNSPACED.search(tight) else _SQUEEZED_LATIN):
        yield Needle(kind, tight, "squeezed")


def _letters(text: str) -> int:
    return sum(unicodedata.category(character)[0] == "L" for character in text)


class Searcher:
    """Finds needles in views, apart from words that a neutral document holds in the same place."""

    def __init__(self, wanted: Iterable[Needle]) -> None:
        self._words: dict[str, Needle] = {}
        self._inside: list[Needle] = []
        self._squeezed: list[Needle] = []
        for needle in sorted(set(wanted)):
            if needle.how == "word":
                self._words[needle.text] = needle
            elif needle.how == "inside":
                self._inside.append(needle)
            else:
                self._squeezed.append(needle)

    def hits(
        self, views: Iterable[View], baseline: Mapping[str, set[str]] | None = None
    ) -> set[Hit]:
        """Return what is found.

        Args:
            views: Of one file or several.
            baseline: By place, the words that stand there whoever it is about: see `vocabulary`.
        """
        found: set[Hit] = set()
        for view in views:
            usual = (baseline or {}).get(view.place, set())
            folded = fold(view.text)
            for text in {folded, bare(folded)}:
                found.update(hit for hit in self._in(view, text) if hit.word not in usual)
        return found

    def _in(self, view: View, text: str) -> Iterator[Hit]:
        if not view.chance:
            for word in {*_WORD.findall(text), *_LETTERS.findall(text)} & self._words.keys():
                yield Hit(view.place, self._words[word], word)
        for needle in self._inside:
            if view.chance and len(needle.text) < _BY_CHANCE:
                continue
            start = text.find(needle.text)
            while start >= 0:
                yield Hit(view.place, needle, _around(text, start, start + len(needle.text)))
                start = text.find(needle.text, start + 1)
        tight = squeezed(text)
        for needle in self._squeezed:
            if needle.text in tight and not (view.chance and len(needle.text) < _BY_CHANCE):
                yield Hit(view.place, needle, needle.text)


def _around(text: str, start: int, end: int) -> str:
    """Return the whole words that a span lies in."""
    while start and _WORD.match(text[start - 1]):
        start -= 1
    rest = _WORD.match(text, end)
    return text[start : rest.end() if rest else end]


def vocabulary(views: Iterable[View]) -> dict[str, set[str]]:
    """Return the words of each place of a neutral document: those of the toolkit itself."""
    found: dict[str, set[str]] = {}
    for view in views:
        folded = fold(view.text)
        known = found.setdefault(view.place, set())
        for text in (folded, bare(folded)):
            known.update(_WORD.findall(text), _LETTERS.findall(text))
    return found


# --- unpacking


def views(path: Path) -> Iterator[View]:
    """Yield all that a file holds, and its name."""
    yield View("file name", path.name)
    yield from views_of(path.read_bytes(), path.suffix.lower())


def views_of(data: bytes, extension: str) -> Iterator[View]:
    """Yield all that is in the bytes of a format.

    Args:
        data: The file.
        extension: ``.html``, ``.eml``, ``.pdf``, ``.png`` or ``.json``; else it is taken as text.
    """
    match extension:
        case ".pdf":
            yield from _pdf(data)
        case ".png":
            yield from _png(data)
        case ".eml":
            yield from _eml(data)
        case ".json":
            yield from _text("json", data.decode())
            yield View("json values", "\n".join(_json_strings(json.loads(data))))
        case ".html":
            yield from _html("html", data.decode())
        case _:
            yield from _text("text", data.decode("utf-8", "replace"))


def _text(place: str, text: str) -> Iterator[View]:
    yield View(f"{place} raw", text)
    plain = html.unescape(html.unescape(unquote(text)))
    yield View(f"{place} unescaped", plain)
    yield View(f"{place} without tags", _without_tags(plain))


def _without_tags(text: str) -> str:
    return _TAG.sub(lambda tag: "" if tag[1].lower() in _INLINE else "\n", text)


def _html(place: str, text: str) -> Iterator[View]:
    yield from _text(place, text)
    parser = _Reader()
    parser.feed(text)
    parser.close()
    joined = "".join(parser.texts)
    yield View(f"{place} text", joined)
    yield View(f"{place} text without tags", _without_tags(html.unescape(joined)))
    yield View(f"{place} style and script", "\n".join(parser.code))
    yield View(f"{place} comments", "\n".join(parser.comments))
    for name, values in parser.attributes.items():
        for form in ("\n".join(values), html.unescape(unquote("\n".join(values)))):
            yield View(f"{place} @{name}", form)
    for media_type, coded in _DATA_URL.findall(html.unescape(text)):
        yield from _embedded(f"{place} data", media_type, coded)


def _embedded(place: str, media_type: str, coded: str) -> Iterator[View]:
    try:
        data = b64decode(coded, validate=True)
    except Base64Error:
        return
    if media_type == "image/png":
        yield from _png(data)
    elif media_type.endswith(("svg+xml", "html")) or media_type.startswith("text/"):
        yield from _html(place, data.decode("utf-8", "replace"))
    else:
        yield View(place, data.decode("latin-1"), chance=True)


class _Reader(HTMLParser):
    """Takes a document apart; what is in templates and shadow roots is text like any other."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.code: list[str] = []
        self.comments: list[str] = []
        self.attributes: dict[str, list[str]] = {}
        self._in_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep attributes by name."""
        self._in_code = tag in {"style", "script"}
        self._end_word(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value or "")

    def handle_endtag(self, tag: str) -> None:
        """Leave a style element or a script."""
        self._in_code = False
        self._end_word(tag)

    def _end_word(self, tag: str) -> None:
        if tag not in _INLINE:
            self.texts.append("\n")

    def handle_data(self, data: str) -> None:
        """Keep text."""
        (self.code if self._in_code else self.texts).append(data)

    def handle_comment(self, data: str) -> None:
        """Keep comments, those too that only Outlook reads."""
        self.comments.append(data)


def _eml(data: bytes) -> Iterator[View]:
    raw = data.decode("latin-1")
    head, _, body = raw.replace("\r\n", "\n").partition("\n\n")
    yield View("eml head raw", head)
    # The parts are looked into below, decoded; what stands here of them may be base64.
    yield View("eml body raw", body, chance=True)
    message: EmailMessage = message_from_bytes(data, policy=policy.default)
    for part in message.walk():
        for name, value in part.items():
            yield View(f"eml {name}", f"{value}\n{unquote(str(value))}")
        if part.get_filename():
            yield View("eml file name", str(part.get_filename()))
        if part.is_multipart():
            continue
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        match part.get_content_type():
            case "text/html":
                yield from _html("eml html", payload.decode("utf-8", "replace"))
            case "image/png":
                yield from _png(payload)
            case "application/pdf":
                yield from _pdf(payload)
            case kind if kind.startswith("text/"):
                text = payload.decode("utf-8", "replace")
                yield from _text("eml text", text)
                yield View("eml text unfolded", text.replace("\r\n", " ").replace("\n", " "))
            case _:
                yield View("eml part", payload.decode("latin-1"), chance=True)


def _png(data: bytes) -> Iterator[View]:
    yield View("png raw", data.decode("latin-1"), chance=True)
    position = 8
    while position < len(data):
        (length,) = unpack_from(">I", data, position)
        kind = data[position + 4 : position + 8].decode("latin-1")
        body = data[position + 8 : position + 8 + length]
        position += 12 + length
        if kind in {"IDAT", "PLTE"}:
            continue
        keyword, _, rest = body.partition(b"\0")
        if kind == "zTXt":
            body = keyword + b"\n" + decompress(rest[1:])
        elif kind == "iTXt" and rest[:1] == b"\1":
            language, _, rest = rest[2:].partition(b"\0")
            translated, _, packed = rest.partition(b"\0")
            body = b"\n".join((keyword, language, translated, decompress(packed)))
        yield View(f"png {kind}", body.decode("latin-1"))
        yield View(f"png {kind} utf-8", body.decode("utf-8", "replace"))


def _pdf(data: bytes) -> Iterator[View]:
    from pypdfium2 import PdfDocument  # noqa: PLC0415  it takes a while

    yield View("pdf raw", data.decode("latin-1"), chance=True)
    document = PdfDocument(data)
    pages = [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in document]
    text = "\n".join(pages)
    yield View("pdf text", text)
    yield View("pdf text lines joined", text.replace("\n", " "))
    yield View("pdf text words joined", _BROKEN_WORD.sub("", text))
    yield View("pdf text without tags", _without_tags(text.replace("\n", " ")))
    document.close()
    with pikepdf.open(BytesIO(data)) as pdf:
        strings: dict[str, list[str]] = {}
        for number, obj in enumerate(pdf.objects):
            if isinstance(obj, pikepdf.Stream):
                yield from _pdf_stream(obj)
            _collect(obj, "root" if number < 0 else "", strings)
        _collect(pdf.trailer, "trailer", strings)
        for place, values in strings.items():
            plain = "\n".join(values)
            yield View(f"pdf {place}", plain)
            yield View(f"pdf {place} unescaped", html.unescape(unquote(plain)))


def _pdf_stream(stream: pikepdf.Stream) -> Iterator[View]:
    kind = str(stream.get("/Type", "")) or str(stream.get("/Subtype", ""))
    try:
        body = stream.read_bytes()
    except pikepdf.PdfError:
        body = stream.read_raw_bytes()
    if kind == "/Metadata" or body[:5] in {b"<?xpa", b"<?xml"}:
        yield from _html("pdf xmp", body.decode("utf-8", "replace"))
        return
    # Glyphs have numbers in a page's content; fonts and pictures are no text either.
    yield View("pdf stream", body.decode("latin-1"), chance=True)
    if kind == "/EmbeddedFile":
        yield from _text("pdf attachment", body.decode("utf-8", "replace"))


def _collect(
    obj: Any,  # noqa: ANN401  a pikepdf object
    place: str,
    strings: dict[str, list[str]],
) -> None:
    """Keep the strings and names in an object, by the key that they stand under.

    References are not followed: what they lead to is an object of the document itself.
    """
    if isinstance(obj, pikepdf.String):
        strings.setdefault(place, []).append(str(obj))
        strings[place].append(bytes(obj).decode("utf-8", "replace"))
    elif isinstance(obj, pikepdf.Name):
        strings.setdefault(f"{place} name", []).append(str(obj))
    elif isinstance(obj, pikepdf.Array):
        for item in obj:
            if not getattr(item, "is_indirect", False):
                _collect(item, place, strings)
    elif isinstance(obj, pikepdf.Dictionary | pikepdf.Stream):
        for key, value in (obj.stream_dict if isinstance(obj, pikepdf.Stream) else obj).items():
            strings.setdefault("keys", []).append(str(key))
            if not getattr(value, "is_indirect", False):
                _collect(value, str(key), strings)


def _json_strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, item in value.items():
                yield str(key)
                yield from _json_strings(item)
        case list():
            for item in value:
                yield from _json_strings(item)
        case _:
            yield str(value)
