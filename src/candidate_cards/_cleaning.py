"""Decoded records to models: every text clean, every field of its type, every change reported.

What a field may hold stands in tables. The walk over a record costs as much as its decoding, so
text that needs nothing is passed over without a call.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, Protocol

from pydantic import ValidationError
from pydantic.alias_generators import to_snake

from ._text import clean_text, is_clean
from ._validation import problems_in
from .models import Candidate, FailedProfile
from .models._base import MOST_OF_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._records import Place
    from .errors import Severity


class Note(Protocol):
    """Takes note of something found at a place of the record."""

    def __call__(self, message: str, place: Place, severity: Severity = "error") -> None: ...


@dataclass(frozen=True, slots=True)
class _Texts:
    """A list of texts: most grapheme clusters of each, and most entries."""

    limit: int
    most: int
    multiline: bool = False


@dataclass(frozen=True, slots=True)
class _Objects:
    """A list of objects: their fields, and most entries."""

    fields: _Fields
    most: int


@dataclass(frozen=True, slots=True)
class _Fields:
    """What the known fields of an object hold; any other may hold anything.

    Attributes:
        texts: Most grapheme clusters of a text.
        multiline: Texts that keep their line breaks.
        lists: Lists, of texts or of objects.
        ids: Texts that may be a number.
        score: Fields that the model reads.
        wire_names: The names in Python of all these, and what they are on the wire.
    """

    texts: Mapping[str, int]
    multiline: frozenset[str] = frozenset()
    lists: Mapping[str, _Texts | _Objects] = field(default_factory=dict)
    ids: frozenset[str] = frozenset()
    score: frozenset[str] = frozenset()
    wire_names: dict[str, str] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        names = {to_snake(name): name for name in (*self.texts, *self.lists, *self.score)}
        self.wire_names.update((key, name) for key, name in names.items() if key != name)


MOST_CHARACTERS: Final = 10_000  # of long prose, and of a text that no table knows
_MOST_LEVELS: Final = 32  # from the root of the record to a value that no table knows
_MOST_OF_KEY: Final = 100
_SHORT: Final = 300  # names, roles, companies, places, durations
_ADDRESS: Final = 2048
_SURE_ID: Final = MOST_OF_ID // 4  # no character takes more bytes than 4
_HIGHEST_SCORE: Final = 100

_POINTS: Final = _Texts(3000, most=50, multiline=True)
_RATIONALE_ITEM: Final = _Fields(
    texts={
        "title": _SHORT,
        "company": _SHORT,
        "duration": _SHORT,
        "relevanceExplanation": MOST_CHARACTERS,
    },
    multiline=frozenset({"relevanceExplanation"}),
)
_EXPERIENCE_ITEM: Final = _Fields(
    texts={"role": _SHORT, "company": _SHORT, "duration": _SHORT}, lists={"highlights": _POINTS}
)
_CANDIDATE: Final = _Fields(
    texts={
        "profileId": _SURE_ID,
        "name": _SHORT,
        "linkedinUrl": _ADDRESS,
        "headline": _SHORT,
        "location": _SHORT,
        "currentCompany": _SHORT,
        "currentRole": _SHORT,
        "rationale": MOST_CHARACTERS,
    },
    multiline=frozenset({"rationale"}),
    lists={
        "skills": _Texts(100, most=200),
        "aiFitPoints": _POINTS,
        "aiRedFlags": _POINTS,
        "aiDetailedRationale": _Objects(_RATIONALE_ITEM, most=100),
        "detailedExperience": _Objects(_EXPERIENCE_ITEM, most=100),
        "emails": _Texts(_SHORT, most=20),
    },
    ids=frozenset({"profileId"}),
    score=frozenset({"matchScore"}),
)
_PREVIEW: Final = _Fields(
    texts={
        **_CANDIDATE.texts,
        "fullName": _SHORT,
        "profileUrl": _ADDRESS,
        "title": _SHORT,
        "country": _SHORT,
        "companyName": _SHORT,
        "companyUrl": _ADDRESS,
    },
    multiline=_CANDIDATE.multiline,
    lists=_CANDIDATE.lists,
    ids=_CANDIDATE.ids,
    score=_CANDIDATE.score,
)
_CANDIDATE_KEY: Final = {
    "fullName": "name",
    "profileUrl": "linkedinUrl",
    "title": "currentRole",
    "companyName": "currentCompany",
}
_FAILED: Final = _Fields(
    texts={"profileId": _SURE_ID, "errorCode": _SHORT, "errorMessage": MOST_CHARACTERS},
    ids=frozenset({"profileId"}),
)
_HEADER: Final = _Fields(
    texts={"title": _SHORT, "brief": MOST_CHARACTERS, "client": _SHORT, "author": _SHORT},
    multiline=frozenset({"brief"}),
)

_UNKNOWN: Final = _Fields(texts={})

HEADER_KEYS: Final = tuple(_HEADER.texts)
PROFILE_ID_KEYS: Final = ("profileId", "profile_id")


def _keys(fields: _Fields) -> frozenset[str]:
    known = {*fields.texts, *fields.lists, *fields.score, *fields.wire_names}
    return frozenset(known.difference(PROFILE_ID_KEYS))


CANDIDATE_KEYS: Final = _keys(_CANDIDATE)
PREVIEW_KEYS: Final = _keys(_PREVIEW) - CANDIDATE_KEYS
# A candidate may well have a title, a country or a company's address of its own.
_SIGNS_OF_PREVIEW: Final = PREVIEW_KEYS - {"title", "country", "companyUrl", "company_url"}

_DROP: Final = object()
_UNCLEAR: Final = 1 << 40  # more quotation marks than there can be
_KINDS: Final[Mapping[type, str]] = {
    str: "text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
    list: "a list",
    dict: "an object",
}


def kind_of(value: object) -> str:
    """Return what a decoded JSON value is, in words."""
    return _KINDS[type(value)]


class Cleaner:
    """Cleans decoded values in place and makes models of them.

    Attributes:
        plain: No string has a control character; that saves looking for them in each.
        quotes: Quotation marks that the keys and strings seen so far take to write.
    """

    __slots__ = ("_note", "plain", "quotes")

    def __init__(self, note: Note) -> None:
        self._note = note
        self.plain = False
        self.quotes = 0

    def candidate(self, item: dict[str, Any], place: Place) -> Candidate | None:
        """Return the candidate, without fields of a wrong type; ``None`` if it has no id."""
        if _SIGNS_OF_PREVIEW.isdisjoint(item):
            self._clean(item, _CANDIDATE, place)
        else:
            self._clean(item, _PREVIEW, place)
            _rename_preview(item)
        try:
            candidate = Candidate.model_validate(item)
        except ValidationError as error:
            if (repaired := self._repaired(item, error, place)) is None:
                return None
            candidate = repaired
        score = candidate.match_score
        if score is not None and not 0 <= score <= _HIGHEST_SCORE:
            message = f"is outside 0 to {_HIGHEST_SCORE}; shown as not scored"
            self._note(message, (*place, "matchScore"), "notice")
        return candidate

    def failed_profile(self, item: dict[str, Any], place: Place) -> FailedProfile | None:
        """Return the failure; ``None`` if it has no id."""
        self._clean(item, _FAILED, place)
        known = {key: item[key] for key in _FAILED.texts if key in item}
        for key in item:
            if key not in known and key != "success":
                self._note("is not kept of a failed profile", (*place, key), "notice")
        try:
            return FailedProfile.model_validate(known)
        except ValidationError:
            self._note_profile_id(place)
            return None

    def header(self, item: dict[str, Any], place: Place) -> dict[str, str | None]:
        """Return title, brief, client and author, as far as they are there."""
        self._clean(item, _HEADER, place)
        return item

    def text(self, value: object, limit: int) -> str:
        """Return clean text to show in a message; empty if it is none."""
        return clean_text(value, limit=limit)[0] if isinstance(value, str) else ""

    def anything(self, value: Any, place: Place) -> Any:  # noqa: ANN401
        """Return a value of any kind with clean text; ``None`` if it cannot be kept."""
        cleaned = self._anything(value, place)
        return None if cleaned is _DROP else cleaned

    def count(self, item: dict[str, Any]) -> None:
        """Count an object whose values are cleaned one by one."""
        self.quotes += 2 * len(item) + 2 * sum(type(value) is str for value in item.values())

    def _repaired(
        self, item: dict[str, Any], error: ValidationError, place: Place
    ) -> Candidate | None:
        """Leave out what the model refuses; the walk has not found everything."""
        while True:
            refused = {
                str(problem.path[0]): problem.message
                for problem in problems_in(error)
                if problem.path
            }
            if "profileId" in refused or not refused.keys() & item.keys():
                self._note_profile_id(place)
                return None
            for key, message in refused.items():
                item.pop(key, None)
                self._note(f"is left out: {message}", (*place, key))
            try:
                return Candidate.model_validate(item)
            except ValidationError as next_error:
                error = next_error

    def _note_profile_id(self, place: Place) -> None:
        self._note("must be text that is not empty; the profile is left out", (*place, "profileId"))

    def _clean(  # noqa: C901, PLR0912  # calls would double its time
        self, item: dict[str, Any], fields: _Fields, place: Place
    ) -> None:
        """Clean an object in place; only a value that needs a closer look costs a call."""
        plain = self.plain
        limits = fields.texts
        lists = fields.lists
        quotes = 4 * len(item)
        odd: list[str] = []
        for key, value in item.items():
            if type(value) is str:
                if (
                    len(value) <= (limit := limits.get(key, 0))
                    and value.strip() == value
                    and ((plain and value.isascii()) or is_clean(value, limit))
                ):
                    continue
            else:
                quotes -= 2
                if type(value) is list and (spec := lists.get(key)) and len(value) <= spec.most:
                    if isinstance(spec, _Objects):
                        for at, part in enumerate(value):
                            if type(part) is not dict:
                                quotes -= _UNCLEAR  # what is clean already will count twice
                                break
                            self._clean(part, spec.fields, (*place, key, at))
                        else:
                            continue
                    else:
                        limit = spec.limit
                        for part in value:
                            if not (
                                type(part) is str
                                and len(part) <= limit
                                and part.strip() == part
                                and ((plain and part.isascii()) or is_clean(part, limit))
                            ):
                                break
                        else:
                            quotes += 2 * len(value)
                            continue
            odd.append(key)
        self.quotes += quotes
        for key in odd:
            self._clean_field(key, item, fields, place)

    def _clean_field(self, key: str, item: dict[str, Any], fields: _Fields, place: Place) -> None:
        """Clean one field under its name on the wire, or take it out."""
        value = item[key]
        name = fields.wire_names.get(key)
        if name is not None:
            del item[key]
            if name in item:
                self._note(f"is also there as {name}, which is used", (*place, key))
                return
            key = name
        cleaned = self._value(key, value, fields, place)
        if cleaned is not _DROP:
            item[key] = cleaned
        elif name is None:
            del item[key]

    def _value(self, key: str, value: Any, fields: _Fields, place: Place) -> Any:  # noqa: ANN401
        """Return what to keep under a key, or ``_DROP``."""
        if (limit := fields.texts.get(key)) is not None:
            return self._text_value(key, value, limit, fields, place)
        if (spec := fields.lists.get(key)) is not None:
            return self._list_value(value, spec, (*place, key))
        if key in fields.score and not isinstance(value, list | dict):
            return value  # the model says what a score may be
        if not key.isprintable() or len(key) > _MOST_OF_KEY:
            shown = clean_text(key, limit=_MOST_OF_KEY)[0]
            self._note("has a name that cannot be shown; left out", (*place, shown))
            return _DROP
        return self._anything(value, (*place, key))

    def _text_value(
        self,
        key: str,
        value: Any,  # noqa: ANN401
        limit: int,
        fields: _Fields,
        place: Place,
    ) -> Any:  # noqa: ANN401
        kind = type(value)
        if kind is str:
            if key in fields.ids:
                return self._id(value, (*place, key))
            return self._text(value, limit, (*place, key), multiline=key in fields.multiline)
        if value is None:
            return None
        if key in fields.ids and (kind is int or (kind is float and isfinite(value))):
            return self._id(str(value), (*place, key))
        self._note(f"must be text, not {kind_of(value)}; left out", (*place, key))
        return _DROP

    def _id(self, value: str, place: Place) -> str:
        """Return an id as it is, or what stands for it.

        Why: cut or cleaned, it would be another id, perhaps that of somebody else.
        """
        cleaned, changes = clean_text(value.strip(" "), limit=MOST_OF_ID)
        if not cleaned:
            return ""
        if not changes and len(value.encode()) <= MOST_OF_ID:
            return value
        message = f"is no clean text of at most {MOST_OF_ID:,} bytes; its hash stands for it"
        self._note(message, place, "notice")
        return f"sha256:{sha256(value.encode('utf-8', 'surrogatepass')).hexdigest()}"

    def _list_value(self, value: Any, spec: _Texts | _Objects, place: Place) -> Any:  # noqa: ANN401
        if value is None:
            return None
        if type(value) is not list:
            self._note(f"must be a list, not {kind_of(value)}; left out", place)
            return _DROP
        if len(value) > spec.most:
            message = f"has {len(value):,} entries; cut to the first {spec.most}"
            self._note(message, place, "notice")
        kept: list[Any] = []
        for at, part in enumerate(value[: spec.most]):
            if isinstance(spec, _Texts) and type(part) is str:
                self.quotes += 2
                kept.append(self._text(part, spec.limit, (*place, at), multiline=spec.multiline))
            elif isinstance(spec, _Objects) and type(part) is dict:
                self._clean(part, spec.fields, (*place, at))
                kept.append(part)
            else:
                wanted = "text" if isinstance(spec, _Texts) else "an object"
                self._note(f"must be {wanted}, not {kind_of(part)}; left out", (*place, at))
        return kept

    def _text(self, value: str, limit: int, place: Place, *, multiline: bool) -> str:
        text, changes = clean_text(value, limit=limit, multiline=multiline)
        if changes:
            self._note("; ".join(changes), place, "notice")
        return text

    def _anything(self, value: Any, place: Place) -> Any:  # noqa: ANN401
        """Return a value that no table knows, with clean text, or ``_DROP``."""
        kind = type(value)
        if kind is str:
            return self._text(value, MOST_CHARACTERS, place, multiline=True)
        if kind is float and not isfinite(value):
            self._note("is too large a number; left out", place)
            return _DROP
        if kind is not list and kind is not dict:
            return value
        if len(place) > _MOST_LEVELS:
            self._note(f"is more than {_MOST_LEVELS} levels deep; left out", place)
            return _DROP
        if kind is dict:
            self._clean(value, _UNKNOWN, place)
            return value
        self.quotes += 2 * sum(type(part) is str for part in value)
        cleaned = [self._anything(part, (*place, at)) for at, part in enumerate(value)]
        return [part for part in cleaned if part is not _DROP]


def _rename_preview(item: dict[str, Any]) -> None:
    """Give a clean preview the names of a candidate, as ``PreviewCandidate.to_candidate`` does."""
    for key, name in _CANDIDATE_KEY.items():
        if key in item and item.get(name) is None:
            item[name] = item.pop(key)
    if not item.get("location") and item.get("country"):
        item["location"] = item["country"]
