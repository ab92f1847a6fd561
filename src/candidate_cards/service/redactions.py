"""What blinding found in texts, for a person to decide: a report as an answer of this service.

It says less than the command's report does of its purpose, and is kept nowhere: who has decided
sends the ids with the next request, as ``keep`` and ``remove``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from candidate_cards.privacy.decisions import summarise

from .problems import WireModel

if TYPE_CHECKING:
    from candidate_cards.privacy import Disclosure, Profile


class ToldFind(WireModel):
    """Something that may be a part of a name, or not.

    Attributes:
        id: To decide on it by; it tells nothing.
        code: Whose record it is in.
        path: The field.
        kind: What it may be.
        word: As it stands in the text.
        context: What is around it after redaction.
        removed: Whether it is taken out.
        decision: What was decided of it.
    """

    id: str
    code: str
    path: str
    kind: str
    word: str
    context: str
    removed: bool
    decision: Literal["keep", "remove"] | None


class Redaction(WireModel):
    """What was taken out of texts, and what a person may decide on.

    Attributes:
        key: Name of the key that codes and ids are made with.
        certain: How much was taken out without a doubt, by kind.
        undecided: How many of the finds wait for a decision.
        finds: Of the uncertain ones, each id once.
    """

    key: str
    certain: dict[str, int]
    undecided: int
    finds: list[ToldFind]


MODELS = (Redaction,)


def redaction(disclosure: Disclosure, profile: Profile) -> Redaction | None:
    """Return the report on what a profile did; ``None`` if it puts no codes in place of people."""
    if profile.key is None:
        return None
    decisions = profile.decisions
    finds = {find.id: find for find in reversed(disclosure.finds)}
    return Redaction(
        key=profile.key.name,
        certain=dict(sorted(disclosure.certain.items())),
        undecided=summarise(disclosure.finds, decisions).undecided,
        finds=[
            ToldFind(
                id=find.id,
                code=find.code,
                path=find.path,
                kind=find.kind,
                word=find.word,
                context=find.context,
                removed=find.removed,
                decision=decisions.by_id.get(find.id),
            )
            for find in reversed(finds.values())
        ],
    )
