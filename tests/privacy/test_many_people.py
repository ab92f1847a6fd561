"""Blinding a long shortlist: what is prepared for it grows as the list does, not as its square."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from candidate_cards.models import Candidate, Shortlist
from candidate_cards.privacy import apply_profile, load_profile
from candidate_cards.privacy.codes import BlindKey

if TYPE_CHECKING:
    import pytest


def test_patterns_grow_with_the_shortlist(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice as many people take about twice as much of patterns, all of them together."""
    profile = load_profile("blind", key=BlindKey(b"k" * 32))
    compile_pattern, lengths = re.compile, [0]

    def counted(pattern: Any, flags: int = 0) -> re.Pattern[Any]:  # noqa: ANN401  text or a pattern
        lengths[0] += len(pattern) if isinstance(pattern, str) else 0
        return compile_pattern(pattern, flags)

    def compiled(count: int) -> int:
        people = [
            Candidate(profile_id=f"p{number}", name="Quillon Marwick", rationale="Quillon leads.")
            for number in range(count)
        ]
        lengths[0] = 0
        shown = apply_profile(Shortlist(candidates=tuple(people)), profile).content
        assert "Quillon" not in repr(shown)
        return lengths[0]

    compiled(1)  # what is made once for good
    monkeypatch.setattr(re, "compile", counted)
    once, twice = compiled(60), compiled(120)
    assert 0 < once < twice < 2.5 * once
