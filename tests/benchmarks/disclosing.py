"""Rows about profiles: what it costs that a document shows less than there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from candidate_cards import Candidate, load_profile, render_card
from candidate_cards.privacy import BlindKey

from .candidates import many
from .measuring import Claim, Row, measure

if TYPE_CHECKING:
    from collections.abc import Callable

    from candidate_cards import Profile

_HOUSE = "the same with the profile `internal`"


def disclosing_rows(count: int, rounds: int) -> list[Row]:
    """Measure fragments of so many candidates, with each of the bundled profiles."""
    people = [Candidate.model_validate_json(text) for text in many(count)]
    profiles = {
        "internal": load_profile("internal"),
        "client": load_profile("client"),
        "blind": load_profile("blind", key=BlindKey.generate()),
    }

    def turn(profile: Profile) -> Callable[[], object]:
        return lambda: [render_card(person, profile=profile) for person in people]

    times = measure({name: turn(profile) for name, profile in profiles.items()}, rounds)
    return [
        Claim(f"a fragment with the profile `{name}`", _HOUSE, name, "internal").row(times)
        for name in ("client", "blind")
    ]
