"""What all documents of a look begin with: hashed, encoded and written as JSON once.

Most of a page is its style sheet, so that is most of the work on what comes after rendering.
"""

from __future__ import annotations

from hashlib import sha256
from os.path import commonprefix
from typing import Final, NamedTuple

from pydantic_core import to_json


class Encoded(NamedTuple):
    """A document as it is written.

    Attributes:
        sha256: Of its UTF-8, in hexadecimal digits.
        size: Bytes of its UTF-8.
        pieces: That, or the whole as a JSON string, one after another.
    """

    sha256: str
    size: int
    pieces: tuple[bytes, ...]


class Preamble:
    """The text that documents of a look begin with. A document that does not is none the worse."""

    def __init__(self, *documents: str) -> None:
        """Take what some documents have in common.

        Args:
            *documents: Of candidates as different as can be, or none.
        """
        self._text = commonprefix(documents)  # noqa: RUF071  of texts, not of paths
        self._data = self._text.encode()
        self._hash = sha256(self._data)
        self._json = to_json(self._text)[:-1]  # without the quotation mark at the end

    def encode(self, document: str, *, as_json: bool) -> Encoded:
        """Encode a document.

        Args:
            document: All of it.
            as_json: Whether it is to be a JSON string.
        """
        # The method of plain strings: pydantic takes half as long again for a kind of them.
        rest = str.removeprefix(document, self._text)
        if self._text and len(rest) == len(document):
            return _NONE.encode(document, as_json=as_json)
        data = rest.encode()
        digest = self._hash.copy()
        digest.update(data)
        pieces = (self._json, to_json(rest)[1:]) if as_json else (self._data, data)
        return Encoded(digest.hexdigest(), len(self._data) + len(data), pieces)


_NONE: Final = Preamble()
