"""Ranked candidates for one position: what a page or a report is made from."""

from __future__ import annotations

from candidate_cards.errors import Problem  # noqa: TC001  # pydantic reads it at run time

from ._base import Identifier, StrictModel
from .candidate import Candidate  # noqa: TC001  # pydantic reads it at run time


class FailedProfile(StrictModel):
    """A profile for which the vendor reported an error instead of a candidate."""

    profile_id: Identifier
    error_code: str | None = None
    error_message: str | None = None


class Shortlist(StrictModel):
    """Candidates tied to a position, best first.

    Attributes:
        candidates: In the order of the source, which is the ranking.
        title: The role to fill.
        brief: What the role asks for, as free text.
        client: The company that fills it.
        author: Who made the selection.
        failed: Profiles that have no candidate; a report lists them.
        problems: What reading the source found.
    """

    candidates: tuple[Candidate, ...] = ()
    title: str | None = None
    brief: str | None = None
    client: str | None = None
    author: str | None = None
    failed: tuple[FailedProfile, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def alone(self) -> Candidate | None:
        """The candidate of a shortlist that says nothing else, such as that of a mere record."""
        frame = (self.title, self.brief, self.client, self.author, self.failed)
        return None if len(self.candidates) != 1 or any(frame) else self.candidates[0]
