"""A service whose cards are embedded: a company with candidates, and the way to frame them."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import httpx
from pydantic import SecretStr

from candidate_cards.service import Company, Settings, open_server
from candidate_cards.store import SCOPES, Store, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from candidate_cards import Candidate

SECRET: Final = "s" * 32


@dataclass(frozen=True)
class Embedding:
    """A service that answers, and a client of each of its companies.

    Attributes:
        url: Where it is.
        store: Its database.
        http: Clients by company.
    """

    url: str
    store: Store
    http: dict[str, httpx.Client]

    def save(self, *candidates: Candidate, company: str = "acme") -> None:
        """Store candidates."""
        self.store.save(company, candidates, at=datetime.now(UTC))

    def make(
        self,
        *profile_ids: str,
        company: str = "acme",
        **look: Any,  # noqa: ANN401  JSON
    ) -> list[dict[str, Any]]:
        """Make embeds, and return what the service says of each."""
        answer = self.http[company].post("/embeds", json={"profileIds": profile_ids, **look})
        assert answer.status_code == 201, answer.text
        made: list[dict[str, Any]] = answer.json()["data"]
        return made


@contextmanager
def embedding(
    folder: Path,
    companies: dict[str, Company] | None = None,
    *,
    secrets: tuple[str, ...] = (SECRET,),
    **settings: Any,  # noqa: ANN401
) -> Iterator[Embedding]:
    """Serve a service with the companies ``acme`` and ``other`` in a thread."""
    url = f"sqlite:///{folder / 'cards.sqlite3'}"
    options = Settings(
        store=SecretStr(url),
        embed_secrets=tuple(map(SecretStr, secrets)),
        companies=companies or {},
        **settings,
    )
    with open_server(options) as server, open_store(url) as store:
        thread = threading.Thread(target=server.run)
        thread.start()
        clients = {}
        for company in ("acme", "other"):
            _, secret = store.add_key(
                company, scopes=SCOPES, per_minute=10**6, per_hour=10**6, at=datetime.now(UTC)
            )
            headers = {"Authorization": f"Bearer {secret.get_secret_value()}"}
            clients[company] = httpx.Client(
                base_url=server.base_url, headers=headers, trust_env=False, timeout=30
            )
        try:
            yield Embedding(server.base_url, store, clients)
        finally:
            for client in clients.values():
                client.close()
            server.stop()
            thread.join()
