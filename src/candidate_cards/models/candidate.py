"""One candidate, as sourcing, preview and enrichment report it."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Final, Self

from pydantic import BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

from ._base import Identifier, Many, WireModel

_NUMBER: Final = re.compile(r"-?[0-9]{1,300}(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", re.ASCII)


def _read_score(value: object) -> int | float | None:
    """Take a number, a number written as text, or null; refuse everything else."""
    if value is None or type(value) is int:
        return value
    score: int | float | None = None
    if isinstance(value, str):
        text = value.strip()
        if number := _NUMBER.fullmatch(text):
            score = float(text) if number[1] or number[2] else int(text)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        score = value
    if score is None or not math.isfinite(score):
        kind, message = "score", "Input should be a finite number, or one written as text"
        raise PydanticCustomError(kind, message)
    return score


Score = Annotated[int | float | None, BeforeValidator(_read_score)]
"""A match score of any range; the view decides what a strange one looks like."""


WITHHELD_SCORE: Final = math.nan
"""In place of a score that must not be shown; no payload can say it, since it is no JSON."""


Text = Annotated[str, StringConstraints(max_length=1_000_000)]
"""A text that a file can hold: the bound makes Pydantic read it, and refuse lone surrogates."""


class RationaleItem(WireModel):
    """Why one former role matters for the position."""

    title: Text | None = None
    company: Text | None = None
    duration: Text | None = None
    relevance_explanation: Text | None = None


class ExperienceItem(WireModel):
    """One role of the work history; ``duration`` is free text."""

    role: Text | None = None
    company: Text | None = None
    duration: Text | None = None
    highlights: Many[Text] = ()


class Candidate(WireModel):
    """One person. Only the profile id is certain; emails come with enrichment.

    Which fields were sent, even if empty, is in ``model_fields_set``.
    """

    profile_id: Identifier
    name: Text | None = None
    linkedin_url: Text | None = None
    match_score: Score = None
    skills: Many[Text] = ()
    headline: Text | None = None
    location: Text | None = None
    current_company: Text | None = None
    current_role: Text | None = None
    rationale: Text | None = None
    ai_fit_points: Many[Text] = ()
    ai_red_flags: Many[Text] = ()
    ai_detailed_rationale: Many[RationaleItem] = ()
    detailed_experience: Many[ExperienceItem] = ()
    emails: Many[Text] = ()

    def merged_with(self, newer: Candidate) -> Self:
        """Return this candidate with the non-empty values of a newer record of the same person.

        Why: enrichment repeats neither scores nor their reasons, so its gaps must not erase them.
        Empty are null, blank text, and lists and objects with nothing but empty values. Unknown
        fields follow the same rule. A field counts as sent if either record has it.

        Args:
            newer: The record that wins, usually the enriched one.

        Raises:
            ValueError: The two have different profile ids.
        """
        if newer.profile_id != self.profile_id:
            message = "only records with the same profile id can be merged"
            raise ValueError(message)
        sent = self.model_fields_set
        update = {
            name: value
            for name, value in _sent_values(newer).items()
            if name not in sent or not _is_empty(value)
        }
        return self.model_copy(update=update)


class PreviewCandidate(WireModel):
    """One person of a preview search: nine fields under names of their own."""

    model_config = ConfigDict(defer_build=True)

    profile_id: Identifier
    full_name: str | None = None
    profile_url: str | None = None
    title: str | None = None
    headline: str | None = None
    location: str | None = None
    country: str | None = None
    company_name: str | None = None
    company_url: str | None = None

    def to_candidate(self) -> Candidate:
        """Return the same person as a ``Candidate``.

        ``country`` and ``company_url`` have no counterpart: they stay as unknown fields, and the
        country stands in for a missing location.

        Raises:
            pydantic.ValidationError: An unknown field has the name of a candidate's field and a
                wrong type.
        """
        wire = {_CANDIDATE_KEYS.get(key, key): value for key, value in self.to_wire().items()}
        if self.country and _is_empty(self.location):
            wire["location"] = self.country
        return Candidate.model_validate(wire)


_CANDIDATE_KEYS: Final = {
    "fullName": "name",
    "profileUrl": "linkedinUrl",
    "title": "currentRole",
    "companyName": "currentCompany",
}


def _sent_values(model: WireModel) -> dict[str, Any]:
    fields = type(model).model_fields
    sent = {name: getattr(model, name) for name in fields if name in model.model_fields_set}
    extra = model.model_extra or {}
    return {**{name: value for name, value in extra.items() if name not in fields}, **sent}


def _is_empty(value: object) -> bool:
    match value:
        case None:
            return True
        case str():
            return not value.strip()
        case list() | tuple():
            return all(map(_is_empty, value))
        case dict():
            return all(map(_is_empty, value.values()))
        case WireModel():
            return all(map(_is_empty, _sent_values(value).values()))
        case _:
            return False
