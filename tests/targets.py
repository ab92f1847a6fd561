"""The two servers that speak the vendor's render-html, behind one face: the sandbox and `serve`."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from candidate_cards.models import Candidate
from sandboxes import LocalSandbox, serving
from services import LocalService, serving_cards

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from talking import Account

Server = Literal["sandbox", "serve"]
SERVERS: Final[tuple[Server, ...]] = get_args(Server)


@dataclass(frozen=True)
class Target:
    """A server that answers.

    Attributes:
        base_url: Where.
        http: A client without a key.
    """

    base_url: str
    http: httpx.Client

    def user(self, like: Account | None = None, **key: Any) -> Account:  # noqa: ANN401  of either
        """Return a new key, of a new company or of that of another user."""
        raise NotImplementedError

    def people(self, user: Account, count: int) -> list[dict[str, Any]]:
        """Return candidates that the user's company has from now on, as the wire has them."""
        raise NotImplementedError

    def skip(self, seconds: float) -> None:
        """Let time pass."""
        raise NotImplementedError


@dataclass(frozen=True)
class _Sandbox(Target):
    sandbox: LocalSandbox

    def user(self, like: Any = None, **key: Any) -> Account:  # noqa: ANN401  its own
        companies = () if like is None else (like.company_id,)
        return self.sandbox.account(*companies, **key)

    def people(self, user: Any, count: int) -> list[dict[str, Any]]:  # noqa: ANN401  its own
        people: list[dict[str, Any]] = user.sourced(limit=count)
        return people

    def skip(self, seconds: float) -> None:
        self.sandbox.skip(seconds)


@dataclass(frozen=True)
class _Service(Target):
    service: LocalService
    source: LocalSandbox

    def user(self, like: Any = None, **key: Any) -> Account:  # noqa: ANN401  its own
        return self.service.account(None if like is None else like.company, **key)

    def people(self, user: Any, count: int) -> list[dict[str, Any]]:  # noqa: ANN401  its own
        people = self.source.account().sourced(limit=count)
        self.service.save(user.company, *map(Candidate.model_validate, people))
        return people

    def skip(self, seconds: float) -> None:
        self.service.skip(seconds)


@contextmanager
def target(server: Server, sandbox: LocalSandbox) -> Iterator[Target]:
    """Serve one of them.

    Args:
        server: Which.
        sandbox: Knows the people that `serve` is given.
    """
    if server == "sandbox":
        with serving() as own:
            yield _Sandbox(own.base_url, own.http, own)
    else:
        with serving_cards() as service:
            yield _Service(service.base_url, service.http, service, sandbox)
