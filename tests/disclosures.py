"""Candidates with a word of its own in every field, and what is in a document."""

from __future__ import annotations

import email
import email.policy
import io
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from pikepdf import Pdf
from PIL import Image
from pypdf import PdfReader

from candidate_cards.models import Candidate
from candidate_cards.privacy import BlindKey, Profile, load_profile
from candidate_cards.privacy.fields import FIELDS, PATHS, Field

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = BlindKey(bytes(range(32)))
SCORE = 83
_BAND = "Strong match"


def marker(path: str) -> str:
    """Return a word that stands for a field and is part of no other text."""
    digest = sha256(path.encode()).hexdigest()
    return "q" + digest[:11].translate(str.maketrans("0123456789", "ghijklmnop"))


def marked_candidate(**fields: object) -> Candidate:
    """Return a candidate in whose every field, of entries too, its marker stands."""
    return Candidate.model_validate({"profile_id": "prof-1", **_marked(FIELDS), **fields})


def _marked(fields: tuple[Field, ...], before: str = "") -> dict[str, Any]:
    return {field.name: _value(field, f"{before}{field.name}") for field in fields}


def _value(field: Field, path: str) -> object:
    word = marker(path)
    if field.kind == "entries":
        return [_marked(field.fields, f"{path}.")]
    if field.kind == "score":
        return SCORE
    if path == "linkedin_url":
        return f"https://www.linkedin.com/in/{word}"
    if path == "emails":
        return [f"{word}@mail.example"]
    return [word] if field.kind == "texts" else word


def shows(text: str, path: str) -> bool:
    """Tell whether a document's text has what stands in a field."""
    if path == "match_score":
        # In a drawing, an attribute, a cell; as a word; and as the word that there is none.
        number = re.search(rf"(?<![\w.#-]){SCORE}(?![\w.%-])", text)
        return bool(number) or _squeezed(_BAND) in _squeezed(text) or "Not scored" in text
    return marker(path) in _squeezed(text).lower()


def _squeezed(text: str) -> str:
    return "".join(text.split())


def text_in(data: bytes, format_: str) -> str:
    """Return all text of an exported document, whatever it is packed in."""
    if format_ == "pdf":
        return "\n".join(_in_pdf(data))
    if format_ == "email":
        return "\n".join(_in_message(data))
    if format_ == "png":
        with Image.open(io.BytesIO(data)) as picture:
            return "\n".join(f"{key} {value}" for key, value in picture.info.items())
    return _without_styles(data.decode())


def _without_styles(html: str) -> str:
    return re.sub(r"(?s)<style.*?</style>|\sstyle=\"[^\"]*\"", "", html)


def _in_message(data: bytes) -> Iterator[str]:
    message = email.message_from_bytes(data, policy=email.policy.default)
    yield from (f"{name}: {value}" for name, value in message.items())
    for part in message.walk():
        if part.get_content_maintype() == "text":
            yield _without_styles(part.get_content())
        elif not part.is_multipart():
            yield str(part.items())


def _in_pdf(data: bytes) -> Iterator[str]:
    reader = PdfReader(io.BytesIO(data))
    yield from (page.extract_text() for page in reader.pages)
    yield str(reader.metadata)
    yield from (str(item) for item in reader.outline)
    if reader.xmp_metadata is not None:
        yield reader.xmp_metadata.stream.get_data().decode()
    with Pdf.open(io.BytesIO(data)) as pdf:
        for thing in pdf.objects:
            # Numbers are places on the page; those that are shown are in the text above.
            yield re.sub(r"\d", "", repr(thing))


def profiles() -> dict[str, Profile]:
    """Return every bundled profile, and one for each field that hides it alone."""
    made = {name: load_profile(name, key=KEY) for name in ("internal", "client", "blind")}
    shown = dict.fromkeys(PATHS, True)
    for path in PATHS:
        made[f"no {path}"] = Profile(name="one", fields={**shown, path: False})
    return made
