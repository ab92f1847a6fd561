"""A theme's logo: which bytes are a picture, and which SVG is only a picture.

Cards show a logo as a ``data:`` address, so nothing is fetched. Browsers run no script in such a
picture, but other readers of the same file, PDF engines among them, may follow its addresses;
so an SVG passes only if every element and reference in it is known to draw and do nothing else.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_LOGO_BYTES: Final = 64 * 1024
MAX_ALT_CHARACTERS: Final = 120
RASTER_TYPES: Final = ("image/png", "image/jpeg", "image/gif")
"""The pictures that every mail program shows."""

_EMAIL_HEIGHT: Final = 40
_MOST_EMAIL_WIDTH: Final = 200

_SIGNATURES: Final = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"(?:\xef\xbb\xbf)?\s*<"), "image/svg+xml"),
)

_SVG: Final = "http://www.w3.org/2000/svg"
_XLINK: Final = "http://www.w3.org/1999/xlink"
_XML: Final = "http://www.w3.org/XML/1998/namespace"
# No use, symbol, pattern, marker or filter: a few nested ones cost a renderer hours.
_ELEMENTS: Final = frozenset(
    {
        *("svg", "g", "defs", "title", "desc", "style", "path", "rect", "circle", "ellipse"),
        *("line", "polyline", "polygon", "text", "tspan"),
        *("linearGradient", "radialGradient", "stop", "clipPath", "mask"),
    }
)
# In attributes too: a style attribute, or any presentation attribute, holds CSS.
_LOCAL_URL = re.compile(r"url\(\s*[\"']?#[\w.-]+[\"']?\s*\)", re.IGNORECASE)
_ACTIVE = re.compile(r"url\s*\(|\\|expression|javascript:|image-set|src\s*\(", re.IGNORECASE)
_MAX_DEPTH: Final = 50


class EmailPicture(NamedTuple):
    """A logo as a message carries it.

    Attributes:
        content_id: What ``cid:`` addresses refer to; the same bytes have the same.
        data: The picture.
        media_type: One of `RASTER_TYPES`.
        width: CSS px.
        height: CSS px.
    """

    content_id: str
    data: bytes
    media_type: str
    width: int
    height: int

    @property
    def data_uri(self) -> str:
        """The address that HTML refers to it by."""
        return f"cid:{self.content_id}"


@dataclass(frozen=True)
class Logo:
    """A picture shown with a theme.

    Attributes:
        data: The file's bytes, at most 64 KiB.
        media_type: What the bytes are, found by looking at them.
        alt: The words that stand for it; plain text, not escaped.
        raster: The same picture as PNG, JPEG or GIF, for mail programs, which show no SVG and
            no WebP; ``None`` if there is none.

    Raises:
        ValueError: The bytes are not such a picture, or there is no ``alt``.
    """

    data: bytes = field(repr=False)
    media_type: str
    alt: str
    raster: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not self.alt.strip():
            message = "alt is missing"
            raise ValueError(message)
        if self.media_type != recognise(self.data):
            message = "media_type is not what the bytes are"
            raise ValueError(message)
        if self.raster is not None:
            check_raster(self.raster)

    @cached_property
    def data_uri(self) -> str:
        """The picture as an address that holds it; safe in an attribute without escaping."""
        return f"data:{self.media_type};base64,{b64encode(self.data).decode('ascii')}"

    @cached_property
    def email(self) -> EmailPicture | None:
        """The picture for a message, in the size to show it in.

        ``None`` if there is none, or none that can be read: the words stand for it then.
        """
        data = self.raster or (self.data if self.media_type in RASTER_TYPES else None)
        if data is None:
            return None
        try:
            width, height = _size(data)
        except ValueError:
            return None
        scale = min(_EMAIL_HEIGHT / height, _MOST_EMAIL_WIDTH / width)
        media_type = recognise(data)
        name = sha256(data).hexdigest()[:16]
        return EmailPicture(
            f"{name}.{media_type.partition('/')[2]}@logo.candidate-cards",
            data,
            media_type,
            max(round(width * scale), 1),
            max(round(height * scale), 1),
        )


def check_raster(data: bytes) -> None:
    """Refuse a picture that mail programs do not show.

    Raises:
        ValueError: It is too big, neither PNG, JPEG nor GIF, or has no size.
    """
    if recognise(data) not in RASTER_TYPES:
        message = "is not a PNG, JPEG or GIF picture"
        raise ValueError(message)
    _size(data)


@lru_cache(maxsize=64)
def _size(data: bytes) -> tuple[int, int]:
    """Return width and height in pixels, from the head of the file alone.

    Raises:
        ValueError: The bytes begin like a picture and are none.
    """
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - only for e-mail

    try:
        with Image.open(BytesIO(data), formats=("PNG", "JPEG", "GIF")) as picture:
            size: tuple[int, int] = picture.size
    except (OSError, UnidentifiedImageError, SyntaxError, Image.DecompressionBombError) as error:
        message = "is no picture that can be read"
        raise ValueError(message) from error
    if not all(size):
        message = "is a picture without a width or a height"
        raise ValueError(message)
    return size


def recognise(data: bytes) -> str:
    """Return the media type of a picture that may be shown.

    Raises:
        ValueError: It is too big, of no known kind, or an SVG that does more than draw.
    """
    if len(data) > MAX_LOGO_BYTES:
        message = f"is larger than {MAX_LOGO_BYTES // 1024} KiB"
        raise ValueError(message)
    for signature, media_type in _SIGNATURES:
        if signature.match(data):
            if media_type == "image/svg+xml":
                _check_svg(data)
            return media_type
    message = "is not a PNG, JPEG, WebP, GIF or SVG picture"
    raise ValueError(message)


def _check_svg(data: bytes) -> None:
    # Expat itself, since it tells of a doctype before anything in it is expanded.
    from xml.parsers import expat  # noqa: PLC0415 - only for a logo

    parser = expat.ParserCreate(namespace_separator=" ")
    check = _SvgCheck()
    parser.XmlDeclHandler = check.declaration
    parser.StartElementHandler = check.start
    parser.EndElementHandler = check.end
    parser.CharacterDataHandler = check.text
    parser.StartDoctypeDeclHandler = check.refuse
    parser.ProcessingInstructionHandler = check.refuse
    try:
        parser.Parse(data, True)  # noqa: FBT003 - positional only
    except expat.ExpatError as error:
        message = (
            f"is an SVG that cannot be read: line {error.lineno}: {expat.ErrorString(error.code)}"
        )
        raise ValueError(message) from None
    check.finish()


class _SvgCheck:
    """Handlers of an XML reader; each raises ``ValueError`` at what a logo may not hold."""

    def __init__(self) -> None:
        self._stack: list[str] = []
        self._sheet: list[str] = []

    def declaration(self, _: str, encoding: str | None, __: int) -> None:
        if (encoding or "utf-8").lower() != "utf-8":  # else others may read another document
            message = "is an SVG that is not in UTF-8"
            raise ValueError(message)

    def refuse(self, *_: object) -> None:
        message = "is an SVG with a doctype or a processing instruction"
        raise ValueError(message)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        if namespace != _SVG or local not in _ELEMENTS:
            message = (
                f"is an SVG with an element that may not be in a logo: {_plain(local)}; "
                "export it as plain SVG, with shapes and gradients only"
            )
            raise ValueError(message)
        if not self._stack and (local != "svg" or "viewBox" not in attributes):
            message = "is an SVG without a viewBox, which it needs to be scaled"
            raise ValueError(message)
        if len(self._stack) == _MAX_DEPTH:
            message = f"is an SVG nested more than {_MAX_DEPTH} deep"
            raise ValueError(message)
        self._stack.append(local)
        for key, value in attributes.items():
            _check_attribute(key, value)

    def end(self, _: str) -> None:
        self._stack.pop()

    def text(self, data: str) -> None:
        if self._stack[-1] == "style":
            self._sheet.append(data)

    def finish(self) -> None:
        sheet = _LOCAL_URL.sub("", "".join(self._sheet))
        if "@" in sheet or _ACTIVE.search(sheet):
            message = "is an SVG whose style sheet refers to something outside"
            raise ValueError(message)


def _check_attribute(key: str, value: str) -> None:
    namespace, _, name = key.rpartition(" ")
    if name.lower().startswith("on"):
        message = f"is an SVG with an event handler: {_plain(name)}"
        raise ValueError(message)
    if name.lower() in {"href", "src", "base"} and not re.fullmatch(r"#[\w.-]+", value):
        message = f"is an SVG with a reference to something outside, in {_plain(name)}"
        raise ValueError(message)
    if namespace not in {"", _XLINK, _XML}:
        message = f"is an SVG with an attribute of another vocabulary: {_plain(name)}"
        raise ValueError(message)
    if _ACTIVE.search(_LOCAL_URL.sub("", value)):
        message = f"is an SVG with a reference to something outside, in {_plain(name)}"
        raise ValueError(message)


def _plain(name: str) -> str:
    """Return a name from the file in a form that is safe in a terminal."""
    return ascii(name[:40])[1:-1]
