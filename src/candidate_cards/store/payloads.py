"""Candidates as canonical JSON text, the same for both databases, and its version.

PostgreSQL's JSONB decides what can be stored: no NUL, no lone surrogate, and numbers by their value
(1e2 is 100).
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from candidate_cards._text import clean_text
from candidate_cards._validation import problems_in
from candidate_cards.errors import InputError, Problem
from candidate_cards.models import Candidate
from candidate_cards.models._base import MOST_OF_ID

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from candidate_cards._records import Place

MOST_OF_COMPANY: Final = 255  # bytes

_SIGNS: Final = (r"\u0000", ".0", "e+")
_MOST_OF_KEY: Final = 100


def canonical_text(candidate: Candidate, place: Place = ()) -> str:
    """Return the record as JSON with sorted keys.

    Args:
        candidate: Any; one that was made by hand may hold what JSON cannot.
        place: Where it stands, for problems.

    Raises:
        InputError: It cannot be stored; all reasons with their places.
    """
    problems: list[Problem] = []
    try:
        wire = candidate.to_wire()
        text = _json(wire)
        if _needs_a_look(text):
            text = _json(_plain(wire, place, problems))
    except (ValueError, TypeError, RecursionError):
        message = "holds a value that JSON cannot, or too many levels of them"
        raise InputError([Problem(message, path=place)]) from None
    if fault := id_fault(candidate.profile_id, MOST_OF_ID):
        problems.append(Problem(fault, path=(*place, "profileId")))
    if problems:
        raise InputError(dict.fromkeys(problems))
    return text


def version_of(text: str) -> str:
    """Return the hash that tells one record from another."""
    return sha256(text.encode()).hexdigest()


def read_payload(text: str) -> Candidate:
    """Return the candidate of a stored text."""
    return Candidate.model_validate_json(text)


def storable(candidates: Sequence[Candidate]) -> dict[str, Candidate]:
    """Return what can be stored of candidates, by profile id; the same profile's are merged.

    Raises:
        InputError: Some cannot be stored; all problems of all of them.
    """
    merged: dict[str, Candidate] = {}
    problems: list[Problem] = []
    for at, candidate in enumerate(candidates):
        place = ("candidates", at)
        try:
            read = read_payload(canonical_text(candidate, place))
        except ValidationError as error:  # it was made without validation
            problems += (
                Problem(found.message, path=(*place, *found.path)) for found in problems_in(error)
            )
        except InputError as error:
            problems += error.problems
        else:
            known = merged.get(read.profile_id)
            merged[read.profile_id] = read if known is None else known.merged_with(read)
    if problems:
        raise InputError(problems)
    return merged


def id_fault(value: object, most: int) -> str:
    """Say why a text cannot be an id in the database, or nothing.

    Args:
        value: Of any type.
        most: Bytes in UTF-8.
    """
    if not isinstance(value, str) or not value:
        return "must be text that is not empty"
    if fault := text_fault(value):
        return fault
    if len(value.encode()) > most:
        return f"must be at most {most:,} bytes in UTF-8"
    return ""


def text_fault(value: str) -> str:
    """Say why a text cannot be stored, or nothing."""
    if "\0" in value:
        return "has a NUL character, which no database holds"
    try:
        value.encode()
    except UnicodeEncodeError:
        return "has a lone surrogate, which is no text"
    return ""


def check_texts(**texts: str) -> None:
    """Refuse texts that cannot be stored.

    Raises:
        InputError: With the names of all of them.
    """
    faults = {name: text_fault(text) for name, text in texts.items()}
    if any(faults.values()):
        raise InputError(Problem(fault, path=(name,)) for name, fault in faults.items() if fault)


def look_text(look: Mapping[str, str]) -> str:
    """Return the look of an embed as JSON.

    Raises:
        InputError: A text cannot be stored.
    """
    problems = [
        Problem(fault, path=("look", clean_text(key, limit=_MOST_OF_KEY)[0]))
        for key, value in look.items()
        if (fault := text_fault(key) or text_fault(value))
    ]
    if problems:
        raise InputError(problems)
    return json.dumps(dict(look), sort_keys=True, ensure_ascii=False)


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _needs_a_look(text: str) -> bool:
    """Tell whether JSON text may hold what cannot be stored, or a whole number as a fraction.

    Why: to look at every value takes ten times as long as to write it, and hardly ever finds
    anything.
    """
    return any(sign in text for sign in _SIGNS) or bool(text_fault(text))


def _plain(value: Any, place: Place, problems: list[Problem]) -> Any:  # noqa: ANN401  JSON
    """Return a JSON value in which equal numbers are written alike; report what has no place."""
    if isinstance(value, dict):
        return dict(_plain_items(value, place, problems))
    if isinstance(value, list):
        return [_plain(part, (*place, at), problems) for at, part in enumerate(value)]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and (fault := text_fault(value)):
        problems.append(Problem(fault, path=place))
    return value


def _plain_items(
    value: dict[str, Any], place: Place, problems: list[Problem]
) -> Iterator[tuple[str, Any]]:
    for key, part in value.items():
        inside = (*place, clean_text(key, limit=_MOST_OF_KEY)[0])
        if fault := text_fault(key):
            problems.append(Problem(f"its name {fault}", path=inside))
        yield key, _plain(part, inside, problems)
