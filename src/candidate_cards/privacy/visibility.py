"""Candidate -> Candidate: what a profile lets through; pure, and before any view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

from candidate_cards.models import WITHHELD_SCORE, Candidate, Shortlist
from candidate_cards.privacy.employers import companies, current_companies, same_name
from candidate_cards.privacy.words import DEFAULT_WORDS, Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from candidate_cards.models._base import WireModel
    from candidate_cards.privacy.fields import Field
    from candidate_cards.privacy.profiles import Profile

    Path = tuple[str | int, ...]


class Disclosure(NamedTuple):
    """What a profile made of candidates.

    Attributes:
        content: What may be shown.
    """

    content: Candidate | Shortlist


def apply_profile(
    content: Candidate | Shortlist, profile: Profile, *, words: Words = DEFAULT_WORDS
) -> Disclosure:
    """Return what a profile shows of candidates.

    Hidden fields are as if they had never been sent, and so are fields that the models do not
    know. A score that is hidden is `WITHHELD_SCORE`: nobody is told that there is none.

    Args:
        content: One candidate, or a shortlist, whose order stays.
        profile: What may be shown.
        words: What stands in place of what is hidden.
    """
    if profile.shows_everything:
        return Disclosure(content)
    if isinstance(content, Shortlist):
        people = tuple([_Person(each, profile, words).shown() for each in content.candidates])
        return Disclosure(content.model_copy(update={"candidates": people}))
    return Disclosure(_Person(content, profile, words).shown())


class _Person:
    """One candidate on the way to a reader."""

    def __init__(self, candidate: Candidate, profile: Profile, words: Words) -> None:
        self._candidate = candidate
        self._profile = profile
        self._employers = _hidden_employers(candidate, profile, words)

    def shown(self) -> Candidate:
        """Return what may be shown."""
        values = self._values(self._candidate, self._profile.shown)
        sent = self._candidate.model_fields_set & values.keys()
        if not self._profile.fields["match_score"]:
            values["match_score"] = WITHHELD_SCORE
        values["profile_id"] = self._candidate.profile_id
        return Candidate.model_construct(_fields_set={*sent, "profile_id"}, **values)

    def _values(
        self, model: WireModel, fields: tuple[Field, ...], path: Path = ()
    ) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for field in fields:
            value = getattr(model, field.name)
            place = (*path, field.name)
            if not value or field.kind == "score":
                values[field.name] = value
            elif field.kind == "text":
                values[field.name] = self._text(value, place)
            elif field.kind == "texts":
                values[field.name] = tuple(
                    [self._text(text, (*place, index)) for index, text in enumerate(value)]
                )
            else:
                values[field.name] = tuple(
                    [
                        self._entry(entry, field, (*place, index))
                        for index, entry in enumerate(value)
                    ]
                )
        return values

    def _entry(self, entry: WireModel, field: Field, path: Path) -> WireModel:
        values = self._values(entry, field.fields, path)
        kind = cast("type[WireModel]", field.model)
        return kind.model_construct(_fields_set=entry.model_fields_set & values.keys(), **values)

    def _text(self, text: str, path: Path) -> str:
        if path[-1] in {"company", "current_company"} and self._employers:
            return self._employers.get(same_name(text), text)
        return text


def _hidden_employers(candidate: Candidate, profile: Profile, words: Words) -> Mapping[str, str]:
    """Return the words for each company that is hidden, by what spellings have in common."""
    if profile.employers == "shown":
        return {}
    hidden = {}
    if profile.employers == "hidden":
        hidden = {same_name(name): words.employer for name in companies(candidate)}
    current = {same_name(name): words.current_employer for name in current_companies(candidate)}
    return hidden | current
