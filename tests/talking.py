"""Both clients behind one call, against a sandbox; what they raise is kept, to look for keys in."""

from __future__ import annotations

import asyncio
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

import httpx
from pydantic import SecretStr

from candidate_cards.errors import CandidateCardsError
from candidate_cards.instaview import AsyncClient, Client
from candidate_cards.models import PreviewRequest, SourcingRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Kind = Literal["blocking", "awaiting"]
KINDS: Final[tuple[Kind, ...]] = ("blocking", "awaiting")

DESCRIPTION: Final = "Own our storage engine: RocksDB, Linux, Tokio."
# Making one takes longer than most tests, and nothing here uses it.
_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

#: Keys that clients were given, and what they raised, since somebody last looked.
SECRETS: Final[set[str]] = set()
RAISED: Final[list[CandidateCardsError]] = []


class Served(Protocol):
    """A server that answers."""

    @property
    def base_url(self) -> str:
        """Where."""


class Account(Protocol):
    """A key, and a client that sends it."""

    @property
    def http(self) -> httpx.Client:
        """The client."""


def search(limit: int = 3, **fields: Any) -> SourcingRequest:  # noqa: ANN401  of the request
    """Return what to search for."""
    return SourcingRequest(
        title="Rust engineer", job_description=DESCRIPTION, limit=limit, **fields
    )


def preview(limit: int = 3, **fields: Any) -> PreviewRequest:  # noqa: ANN401  of the request
    """Return what to search for, cheaply."""
    return PreviewRequest(title="Rust engineer", job_description=DESCRIPTION, limit=limit, **fields)


def key_of(account: Account) -> SecretStr:
    """Return an account's key, which from now on nothing may show."""
    key = account.http.headers["Authorization"].removeprefix("Bearer ")
    SECRETS.add(key)
    return SecretStr(key)


class Talk:
    """A client of either kind whose every method blocks."""

    def __init__(self, client: Client | AsyncClient, finish: Callable[[Any], Any]) -> None:
        self._client = client
        self._finish = finish

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)

        def call(*arguments: object, **options: object) -> Any:  # noqa: ANN401  the method's
            try:
                value = method(*arguments, **options)
                return self._finish(value) if isawaitable(value) else value
            except CandidateCardsError as error:
                RAISED.append(error)
                raise

        return call


@contextmanager
def talking(
    kind: Kind,
    server: Served,
    key: SecretStr,
    *,
    headers: dict[str, str] | None = None,
    on_request: Callable[[httpx.Request], object] | None = None,
    **options: Any,  # noqa: ANN401  of the client
) -> Iterator[Any]:
    """Yield a client of one kind.

    Args:
        kind: Which.
        server: Where it calls.
        key: Its key.
        headers: Sent along, such as one that asks for a fault.
        on_request: Told of each request before it leaves.
        options: Of the client.
    """
    hooks: dict[str, list[Any]] = {}
    ours: dict[str, Any] = {"verify": _TLS, "trust_env": False, "headers": headers}
    if kind == "blocking":
        hooks["request"] = [] if on_request is None else [on_request]
        with (
            httpx.Client(**ours, event_hooks=hooks) as http,
            Client(key, base_url=server.base_url, http_client=http, **options) as client,
        ):
            yield Talk(client, lambda value: value)
        return

    async def tell(request: httpx.Request) -> None:
        if on_request is not None:
            on_request(request)

    hooks["request"] = [tell]
    runner = asyncio.Runner()
    # A thread of its own: a browser may have marked this one's loop as running.
    with ThreadPoolExecutor(1) as executor:

        def finish(coroutine: Any) -> Any:  # noqa: ANN401  of any method
            return executor.submit(runner.run, coroutine).result()

        http_client = httpx.AsyncClient(**ours, event_hooks=hooks)
        talker = AsyncClient(key, base_url=server.base_url, http_client=http_client, **options)
        try:
            yield Talk(talker, finish)
        finally:
            finish(talker.aclose())
            finish(http_client.aclose())
            executor.submit(runner.close).result()
