"""What Pydantic found, as problems of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from candidate_cards.errors import Problem

if TYPE_CHECKING:
    from pydantic import ValidationError


def problems_in(error: ValidationError) -> list[Problem]:
    """Return the places and reasons, and none of the values, which are somebody's data."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    return [Problem(detail["msg"], path=detail["loc"]) for detail in details]
