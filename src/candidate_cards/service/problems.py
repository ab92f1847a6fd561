"""What was found in an input, as answers tell it: places and reasons, never the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from candidate_cards.contract.refusals import RefusedError
from candidate_cards.models import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from candidate_cards.errors import Problem

_MOST_TOLD: Final = 100


class WireModel(BaseModel):
    """An object of this service's own answers."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", validate_by_name=True, serialize_by_alias=True
    )


class ToldProblem(WireModel):
    """One thing found in an input.

    Attributes:
        severity: ``error`` if something could not be used, ``notice`` if it was used changed.
        field: Keys and indexes that lead to the value; empty for the whole.
        line: Of JSON Lines, from 1.
        message: What is wrong.
    """

    severity: Literal["error", "notice"]
    field: str
    line: int | None
    message: str


class Problems(WireModel):
    """What was found in an input.

    Attributes:
        problem_count: How much that was.
        problems: The first hundred.
    """

    problem_count: int
    problems: list[ToldProblem]


def told(problems: Sequence[Problem]) -> Problems:
    """Return problems as they are told; the errors first."""
    ordered = sorted(problems, key=lambda problem: problem.severity != "error")
    return Problems(
        problem_count=len(problems),
        problems=[
            ToldProblem(
                severity=problem.severity,
                field=problem.field,
                line=problem.line,
                message=problem.message,
            )
            for problem in ordered[:_MOST_TOLD]
        ],
    )


def unusable(message: str, problems: Sequence[Problem]) -> RefusedError:
    """Return the refusal of an input."""
    details = told(problems).model_dump()
    return RefusedError(400, ErrorCode.INVALID_PAYLOAD, message, details)
