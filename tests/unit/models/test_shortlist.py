"""Shortlists: order, failures and problems travel together."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from candidate_cards.errors import Problem
from candidate_cards.models import Candidate, FailedProfile, Shortlist


def test_the_order_is_the_ranking() -> None:
    """Candidates stay in the order they are given, the same objects."""
    ranked = tuple(Candidate(profile_id=name, match_score=n) for n, name in enumerate("cab"))
    shortlist = Shortlist(candidates=ranked)
    assert [candidate.profile_id for candidate in shortlist.candidates] == ["c", "a", "b"]
    assert all(kept is given for kept, given in zip(shortlist.candidates, ranked, strict=True))


def test_everything_but_the_candidates_is_optional() -> None:
    """An empty shortlist is valid and has nothing in it."""
    shortlist = Shortlist()
    assert (shortlist.candidates, shortlist.failed, shortlist.problems) == ((), (), ())
    assert (shortlist.title, shortlist.brief, shortlist.client, shortlist.author) == (None,) * 4


def test_failures_and_problems_are_kept() -> None:
    """Failed profiles and problems of the source come out as they went in."""
    failed = FailedProfile(profile_id="p", error_code="PROFILE_NOT_FOUND")
    problem = Problem("was cut", source="in.json", path=("candidates", 0), severity="notice")
    shortlist = Shortlist(failed=(failed,), problems=(problem,))
    assert shortlist.failed == (failed,)
    assert shortlist.problems == (problem,)


@pytest.mark.parametrize("model", [Shortlist, FailedProfile])
def test_an_unknown_field_is_a_mistake(model: type[Shortlist | FailedProfile]) -> None:
    """Both are composed here, so a wrong name is an error."""
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        model.model_validate({"profileId": "p", "titel": "x"})


@pytest.mark.parametrize("field", ["candidates", "title", "brief", "client", "author", "failed"])
def test_a_shortlist_cannot_be_changed(field: str) -> None:
    """Every field refuses assignment."""
    with pytest.raises(ValidationError, match="frozen"):
        setattr(Shortlist(), field, None)
