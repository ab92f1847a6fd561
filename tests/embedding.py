"""A service whose cards are embedded: companies with candidates, and embeds of them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from services import Account, LocalService, serving_cards

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from candidate_cards import Candidate
    from candidate_cards.store import Store

SECRET: Final = "s" * 32
LOOK: Final = {"theme": "dark", "density": "card", "headingLevel": "2"}
"""How an embed looks, as the store keeps it."""


@dataclass(frozen=True)
class Embedding:
    """A service, with a key of each company that asks."""

    local: LocalService
    _accounts: dict[str, Account] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where it is."""
        return self.local.base_url

    @property
    def store(self) -> Store:
        """Its database."""
        return self.local.service.store

    def http(self, company: str = "acme") -> httpx.Client:
        """Return a client that sends a company's key."""
        if company not in self._accounts:
            self._accounts[company] = self.local.account(company)
        return self._accounts[company].http

    def save(self, *candidates: Candidate, company: str = "acme") -> None:
        """Store candidates."""
        self.local.save(company, *candidates)

    def make(
        self,
        *profile_ids: str,
        company: str = "acme",
        **look: Any,  # noqa: ANN401  JSON
    ) -> list[dict[str, Any]]:
        """Make embeds, and return what the service says of each."""
        answer = self.http(company).post("/embeds", json={"profileIds": profile_ids, **look})
        assert answer.status_code == 201, answer.text
        made: list[dict[str, Any]] = answer.json()["data"]
        return made


@contextmanager
def embedding(*, secrets: tuple[str, ...] = (SECRET,), **settings: Any) -> Iterator[Embedding]:  # noqa: ANN401
    """Serve a service in a thread; keywords are its settings."""
    with serving_cards(embed_secrets=secrets, **settings) as local:
        yield Embedding(local)
