"""A render service on a loopback socket, with companies, keys and people in its database."""

from __future__ import annotations

import ssl
import threading
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import httpx

from candidate_cards.contract.serving import listening
from candidate_cards.models import Candidate
from candidate_cards.service.server import serve_on
from candidate_cards.service.service import Service
from candidate_cards.service.settings import Settings
from candidate_cards.store import SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic import SecretStr

    from candidate_cards.contract.serving import Listener

# Making one takes longer than most tests, and nothing here uses it.
_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

_MANY: Final = 1_000_000


def person(profile_id: str, **fields: Any) -> Candidate:  # noqa: ANN401  JSON, by the wire's names
    """Return a candidate with every part that a card shows, unless `fields` say otherwise."""
    record = {
        "profileId": profile_id,
        "name": f"Person {profile_id}",
        "currentRole": "Rust engineer",
        "currentCompany": "Acme",
        "location": "Brno",
        "matchScore": 91,
        "rationale": "Ran storage teams.",
        "skills": ["Rust", "Linux"],
        "linkedinUrl": f"https://www.linkedin.com/in/{profile_id}",
    }
    return Candidate.model_validate(record | fields)


@dataclass(frozen=True)
class Account:
    """A key of one company, and a client that sends it."""

    company: str
    key_id: str
    key: SecretStr
    http: httpx.Client

    def render_html(self, *profile_ids: str, **fields: object) -> httpx.Response:
        """Ask for cards."""
        body = {"profileIds": profile_ids, **fields}
        return self.http.post("/sourcing/render-html", json=body)


@dataclass
class Clock:
    """The system's, and what a test has skipped of it, in milliseconds."""

    skipped: int = 0

    def __call__(self) -> int:
        """Return the time since 1970."""
        return round(datetime.now(UTC).timestamp() * 1000) + self.skipped


@dataclass
class LocalService:
    """A service that answers; what it opens is closed with it.

    Attributes:
        base_url: Where it is.
        service: Its state, which it uses meanwhile; its ``store`` is for any thread.
        clock: Its idea of time.
        folder: What it writes.
    """

    base_url: str
    service: Service
    clock: Clock
    folder: Path
    clients: list[httpx.Client] = field(default_factory=list)
    _companies: int = 0

    @cached_property
    def http(self) -> httpx.Client:
        """A client without a key."""
        return self.client()

    def skip(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.skipped += round(seconds * 1000)

    def now(self) -> datetime:
        """Return the service's time."""
        return datetime.fromtimestamp(self.clock() / 1000, UTC)

    def company(self) -> str:
        """Return a company that has nothing yet."""
        self._companies += 1
        return f"company-{self._companies}"

    def account(
        self,
        company: str | None = None,
        *,
        scopes: Sequence[str] = SCOPES,
        per_minute: int = _MANY,
        per_hour: int = _MANY,
        **key: Any,  # noqa: ANN401  of `Store.add_key`
    ) -> Account:
        """Add a key, by default of a new company."""
        company = company or self.company()
        added, secret = self.service.store.add_key(
            company,
            scopes=scopes,
            per_minute=per_minute,
            per_hour=per_hour,
            at=self.now(),
            **key,
        )
        return Account(company, added.id, secret, self.client(secret.get_secret_value()))

    def save(self, company: str, *candidates: Candidate) -> None:
        """Store candidates."""
        self.service.store.save(company, candidates, at=self.now())

    def people(self, company: str, count: int, **fields: Any) -> list[str]:  # noqa: ANN401  JSON
        """Store so many candidates, whose names hold the company's, and return their ids."""
        ids = [f"prof_{number}" for number in range(count)]
        self.save(
            company,
            *(person(each, **{"name": f"Person {each} of {company}"} | fields) for each in ids),
        )
        return ids

    def people_named(self, company: str, *profile_ids: str) -> None:
        """Store candidates with these ids, whose cards say that they are from here."""
        self.save(company, *(person(each, name=f"Stored here {each}") for each in profile_ids))

    def client(self, key: str | None = None) -> httpx.Client:
        """Return a client that sends a key."""
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        client = httpx.Client(
            base_url=self.base_url, headers=headers, verify=_TLS, trust_env=False, timeout=30
        )
        self.clients.append(client)
        return client

    def close(self) -> None:
        """Close every client."""
        for client in self.clients:
            client.close()


@contextmanager
def serving_cards(
    *,
    protocol: type[Any] | None = None,
    listener: Listener | None = None,
    **settings: Any,  # noqa: ANN401  of `Settings`
) -> Iterator[LocalService]:
    """Serve a service in a thread, with a SQLite file in a temporary folder.

    Args:
        protocol: Of uvicorn's for HTTP; by default the one that is used without a choice.
        listener: Where, if others had to know it before; by default on a port that is free.
        settings: Fields of `Settings`; by default it does not wait before it ends.
    """
    clock = Clock()
    with (
        TemporaryDirectory() as folder,
        nullcontext(listener) if listener else listening("127.0.0.1", 0) as chosen_listener,
    ):
        store = f"sqlite:///{Path(folder) / 'cards.sqlite3'}"
        chosen = Settings(**{"store": store, "drain_seconds": 0, **settings})
        with Service(chosen, now=clock) as service:
            server = serve_on(chosen_listener, service, protocol)
            thread = threading.Thread(target=server.run)
            thread.start()
            local = LocalService(server.base_url, service, clock, Path(folder))
            try:
                yield local
            finally:
                local.close()
                server.stop()
                thread.join()
