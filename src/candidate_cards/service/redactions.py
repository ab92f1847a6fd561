"""What blinding found in texts, for a person to decide: a report as an answer of this service.

It has the shape of the command's report and is kept nowhere: who has decided sends the ids with
the next request, as ``keep`` and ``remove``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from .problems import WireModel

if TYPE_CHECKING:
    from candidate_cards.privacy import Disclosure, Profile


class FoundPlace(WireModel):
    """One place of a find.

    Attributes:
        word: As it stands in the text.
        context: What is around it after redaction.
        removed: Whether it is taken out.
    """

    word: str
    context: str
    removed: bool


class ToldFind(WireModel):
    """What may be a part of a name, or not; all its places are decided together.

    Attributes:
        id: To decide on it by; it tells nothing.
        code: Whose record it is in.
        path: The field.
        kind: What it may be.
        places: Where it stands.
        decision: What was decided of it.
    """

    id: str
    code: str
    path: str
    kind: str
    places: list[FoundPlace]
    decision: Literal["keep", "remove"] | None


class Redaction(WireModel):
    """What was taken out of texts, and what a person may decide on.

    Attributes:
        key: Name of the key that codes and ids are made with.
        certain: How much was taken out without a doubt, by kind.
        undecided: How many of the finds wait for a decision.
        finds: The others.
    """

    key: str
    certain: dict[str, int]
    undecided: int
    finds: list[ToldFind]


def redaction(disclosure: Disclosure, profile: Profile) -> Redaction | None:
    """Return the report on what a profile did; ``None`` if it puts no codes in place of people."""
    if profile.key is None:
        return None
    finds: dict[str, ToldFind] = {}
    for find in disclosure.finds:
        told = ToldFind(
            id=find.id,
            code=find.code,
            path=find.path,
            kind=find.kind,
            places=[],
            decision=profile.decisions.by_id.get(find.id),
        )
        place = FoundPlace(word=find.word, context=find.context, removed=find.removed)
        finds.setdefault(find.id, told).places.append(place)
    return Redaction(
        key=profile.key.name,
        certain=dict(sorted(disclosure.certain.items())),
        undecided=undecided(disclosure, profile),
        finds=[*finds.values()],
    )


def undecided(disclosure: Disclosure, profile: Profile) -> int:
    """Return how many finds wait for a decision."""
    removes = profile.decisions.removes
    return len({find.id for find in disclosure.finds if removes(find.id) is None})
