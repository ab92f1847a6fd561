"""Where a candidate's files go: known from the profile id alone, whoever else is in the batch."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import Final

from candidate_cards._file_names import slug
from candidate_cards.exports import get_exporter, list_formats

_DIGITS: Final = 20  # 80 bits: nobody finds two ids with one name
_USUAL: Final = "page"


def key_of(profile_id: str) -> str:
    """Return the hexadecimal digits that stand for a profile id, or for its code."""
    return sha256(profile_id.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def stem_of(profile_id: str, key: str) -> str:
    """Return the path of a candidate's files without extension, with slashes.

    It begins with two folders of one hexadecimal digit: a million candidates are 4,000 to a folder.

    Args:
        profile_id: Any text.
        key: What `key_of` makes of it.
    """
    return f"{key[0]}/{key[1]}/{slug(profile_id)}-{key}"


@cache
def extension_of(format_name: str) -> str:
    """Return the extension of a format's files; formats that share theirs are told apart."""
    extension = get_exporter(format_name).file_extension
    same = [name for name in list_formats() if get_exporter(name).file_extension == extension]
    if len(same) == 1 or format_name == _USUAL:
        return extension
    return f".{format_name}{extension}"
