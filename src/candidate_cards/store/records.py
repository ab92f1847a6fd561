"""What a store gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from candidate_cards.models import scopes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from candidate_cards.models import Candidate

Outcome = Literal["added", "changed", "unchanged"]
FetchKind = Literal["sourcing", "preview", "enrichment"]

#: What keys that are made here begin with.
KEY_PREFIX: Final = "cards_"

#: What a key may be allowed: what the vendor has scopes for, and two things of our own.
SCOPES: Final = (*scopes.SCOPES, "cards:write", "cards:render")


@dataclass(frozen=True, slots=True)
class Saved:
    """How many profiles a call of ``save`` has added, changed, and found as they were.

    Attributes:
        added: Profiles that were not there.
        changed: Profiles of which something new was said.
        unchanged: Profiles of which nothing new was said.
        outcomes: What became of each, by its id.
    """

    added: int
    changed: int
    unchanged: int
    outcomes: Mapping[str, Outcome] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class StoredCandidate:
    """A candidate as the store has it.

    Attributes:
        candidate: All that was ever saved of this profile, merged.
        version: Hash of the record: equal if and only if the candidate is, in every database.
        saved_at: When it was last saved, in UTC.
    """

    candidate: Candidate = field(repr=False)
    version: str
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key, without the secret, which only its owner has. It may have expired or been revoked.

    Attributes:
        id: Names it in lists and for revoking; no secret.
        company: Whose it is.
        name: What its owner calls it.
        scopes: Any of ``SCOPES``.
        per_minute: Most calls in a minute.
        per_hour: Most calls in an hour.
        created_at: In UTC, as all times here.
        expires_at: From when on it is not valid, or ``None``.
        revoked_at: From when on it is not valid, or ``None``.
    """

    id: str
    company: str
    name: str
    scopes: frozenset[str]
    per_minute: int
    per_hour: int
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Embed:
    """What an embed shows. The store still has it for a while after it has expired.

    Attributes:
        id: Random; it says nothing.
        company: Whose candidate it is.
        profile_id: Who is shown.
        look: Theme, density and whatever else the page was asked for with.
        expires_at: Until when, in UTC.
    """

    id: str
    company: str
    profile_id: str
    look: Mapping[str, str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Fetch:
    """Results of the vendor's that are to be fetched.

    Attributes:
        company: For whom.
        kind: Which results.
        request_id: Of which run.
        added_at: When it was last asked for.
        due_at: From when on it should be tried.
        postponed: How often it was postponed since it was last asked for.
    """

    company: str
    kind: FetchKind
    request_id: str
    added_at: datetime
    due_at: datetime
    postponed: int


@dataclass(frozen=True, slots=True)
class Swept:
    """How much that had expired ``sweep`` has removed."""

    embeds: int
    deliveries: int
