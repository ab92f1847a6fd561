"""Three companies in one store: nobody sees or changes what another has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from candidate_cards.models import Candidate
from candidate_cards.store import ApiKey, Store, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from databases import Place

START = datetime(2026, 6, 1, 8, tzinfo=UTC)
EXAMPLES = count()

COMPANIES = st.sampled_from([0, 1, 2])
# The same ids in every company, some of them the others' names.
IDS = st.sampled_from(["p1", "p2", "p3", "0", "1", "' OR ''='", "%"])
WORDS = st.sampled_from(["Ada", "Bo", "", "\u202e", "0"])


class Companies(RuleBasedStateMachine):
    """The store beside plain dictionaries, one for each company."""

    store: Store

    @initialize()
    def begin(self) -> None:
        """Take companies that no example before had."""
        number = next(EXAMPLES)
        self.names = [f"company-{number}-{at}" for at in range(3)]
        self.candidates: list[dict[str, Candidate]] = [{}, {}, {}]
        self.saved: list[dict[str, datetime]] = [{}, {}, {}]
        self.embeds: list[dict[str, str]] = [{}, {}, {}]
        self.keys: list[dict[str, ApiKey]] = [{}, {}, {}]
        self.now = START

    @rule(company=COMPANIES, profile_id=IDS, name=WORDS, headline=WORDS)
    def save(self, company: int, profile_id: str, name: str, headline: str) -> None:
        """Save a candidate whose texts say whose it is."""
        self.now += timedelta(seconds=1)
        texts = {"name": name and f"{name} {company}", "headline": headline}
        new = Candidate.model_validate({"profileId": profile_id, **texts})
        known = self.candidates[company].get(profile_id)
        self.candidates[company][profile_id] = known.merged_with(new) if known else new
        self.saved[company][profile_id] = self.now
        saved = self.store.save(self.names[company], [new], at=self.now)
        assert saved.added == (known is None)

    @rule(company=COMPANIES, profile_id=IDS)
    def erase(self, company: int, profile_id: str) -> None:
        """Erase a candidate of one company."""
        ours = [one for one, whose in self.embeds[company].items() if whose == profile_id]
        there = self.candidates[company].pop(profile_id, None) is not None or bool(ours)
        for embed_id in ours:
            del self.embeds[company][embed_id]
        assert self.store.erase(self.names[company], profile_id) is there

    @rule(company=COMPANIES)
    def erase_company(self, company: int) -> None:
        """Erase all of one company."""
        count = len(self.candidates[company])
        self.candidates[company].clear()
        self.embeds[company].clear()
        self.keys[company].clear()
        assert self.store.erase_company(self.names[company]) == count

    @rule(company=COMPANIES, seconds=st.integers(0, 5))
    def erase_older(self, company: int, seconds: int) -> None:
        """Erase what one company has not saved for some time."""
        limit = self.now - timedelta(seconds=seconds)
        old = [one for one in self.candidates[company] if self.saved[company][one] < limit]
        for profile_id in old:
            del self.candidates[company][profile_id]
        self.embeds[company] = {
            embed_id: whose for embed_id, whose in self.embeds[company].items() if whose not in old
        }
        assert self.store.erase_older(limit, self.names[company]) == len(old)

    @rule(company=COMPANIES, profile_id=IDS)
    def add_embed(self, company: int, profile_id: str) -> None:
        """Make an embed."""
        embed_id = self.store.add_embed(
            self.names[company], profile_id, look={"of": str(company)}, expires_at=self.now
        )
        self.embeds[company][embed_id] = profile_id

    @rule(company=COMPANIES, data=st.data())
    def erase_embed(self, company: int, data: st.DataObject) -> None:
        """Have a company take back an embed, which may be another's."""
        every = [embed_id for embeds in self.embeds for embed_id in embeds]  # in order of making
        if every:
            embed_id = data.draw(st.sampled_from(every))
            there = self.embeds[company].pop(embed_id, None) is not None
            assert self.store.erase_embed(self.names[company], embed_id) is there

    @rule(company=COMPANIES)
    def add_key(self, company: int) -> None:
        """Add a key."""
        key, secret = self.store.add_key(self.names[company], at=self.now)
        self.keys[company][secret.get_secret_value()] = key

    @invariant()
    def nothing_leaks(self) -> None:
        """Each company sees all that it has, and nothing else."""
        ids = ["p1", "p2", "p3", "0", "1", "' OR ''='", "%", *self.names]
        for at, name in enumerate(self.names):
            found = self.store.load(name, ids)
            assert {one: entry.candidate for one, entry in found.items()} == self.candidates[at]
            assert self.store.versions(name, ids) == {
                one: entry.version for one, entry in found.items()
            }
            assert set(self.store.keys(name)) == set(self.keys[at].values())
            for secret, key in self.keys[at].items():
                assert self.store.find_key(secret) == key
            for embed_id, profile_id in self.embeds[at].items():
                embed = self.store.find_embed(embed_id)
                assert embed is not None
                assert (embed.company, embed.profile_id) == (name, profile_id)
                assert embed.look == {"of": str(at)}


@pytest.fixture
def machine(place: Place) -> Iterator[type[Companies]]:
    """The machine over a store."""
    with open_store(place.url) as store:
        yield type("Companies", (Companies,), {"store": store})


def test_no_company_touches_another(machine: type[Companies], place: Place) -> None:
    """Whatever three companies do in whatever order."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=30 if place.kind == "sqlite" else 8,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[*HealthCheck],
        ),
    )
