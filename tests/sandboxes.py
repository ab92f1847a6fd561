"""A sandbox on a loopback socket, accounts in it, and a receiver of its webhooks."""

from __future__ import annotations

import ssl
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

import httpx

from candidate_cards.sandbox import Settings, open_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ALL_SCOPES: Final = (
    "sourcing:write",
    "sourcing:read",
    "enrich:write",
    "read:webhooks",
    "write:webhooks",
)
BRIEF: Final = {
    "title": "Rust engineer",
    "jobDescription": "Own our storage engine: RocksDB, Linux, Tokio.",
    "location": "Brno",
}
PATHS: Final = {
    "sourcing": "/sourcing",
    "preview": "/sourcing/preview",
    "enrichment": "/sourcing/enrich",
}

# Making one takes longer than most tests, and nothing here uses it.
_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

#: Slower than any test: runs end when a test skips time, never by themselves.
SLOW: Final = 0.01
_LONG: Final = 1_000_000  # seconds
_MANY: Final = 1_000_000


@dataclass(frozen=True)
class Account:
    """A key of one company, and a client that sends it."""

    sandbox: LocalSandbox
    company_id: str
    key_id: str
    http: httpx.Client

    def start(self, kind: str = "sourcing", **body: Any) -> str:  # noqa: ANN401  JSON
        """Start a run and return its id."""
        answer = self.http.post(
            PATHS[kind], json=body if kind == "enrichment" else {**BRIEF, **body}
        )
        assert answer.status_code == 202, answer.text
        request_id: str = answer.json()["requestId"]
        return request_id

    def results(self, request_id: str, kind: str = "sourcing") -> httpx.Response:
        """Poll once."""
        return self.http.get(f"{PATHS[kind]}/{request_id}/results")

    def finished(self, request_id: str, kind: str = "sourcing") -> dict[str, Any]:
        """Let time pass until the run has ended, and return its results."""
        self.sandbox.skip()
        answer = eventually(lambda: self.results(request_id, kind), lambda a: a.status_code == 200)
        body: dict[str, Any] = answer.json()
        return body

    def sourced(self, **body: Any) -> list[dict[str, Any]]:  # noqa: ANN401  JSON
        """Return the candidates of a run that has ended."""
        candidates: list[dict[str, Any]] = self.finished(self.start(**body))["candidates"]
        return candidates

    def usage(self) -> dict[str, Any]:
        """Return the company's credits."""
        return self.sandbox.admin("GET", f"/companies/{self.company_id}")

    def webhook(self, url: str, *events: str, **fields: object) -> dict[str, Any]:
        """Add a webhook."""
        body = {"url": url, "events": events, **fields}
        answer = self.http.post("/webhooks", json=body)
        assert answer.status_code == 201, answer.text
        config: dict[str, Any] = answer.json()["data"]
        return config


@dataclass
class LocalSandbox:
    """A sandbox that answers; what it opens is closed with it."""

    base_url: str
    clients: list[httpx.Client] = field(default_factory=list)

    @cached_property
    def http(self) -> httpx.Client:
        """A client without a key."""
        return self.client()

    def admin(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Call one of the sandbox's own routes."""
        answer = self.http.request(method, f"/sandbox{path}", json=body)
        assert answer.is_success, answer.text
        value: dict[str, Any] = answer.json()
        return value

    def skip(self, seconds: float = _LONG) -> None:
        """Let time pass."""
        self.admin("PATCH", "/clock", {"skip": seconds})

    def company(self, *, billing: str = "prepaid", credits: int = 10_000) -> str:  # noqa: A002
        """Add a company and return its id."""
        body = {"name": "A company", "billing": billing, "credits": credits}
        company_id: str = self.admin("POST", "/companies", body)["companyId"]
        return company_id

    def account(
        self,
        *companies: str,
        scopes: Sequence[str] = ALL_SCOPES,
        per_minute: int = _MANY,
        per_hour: int = _MANY,
        **company: Any,  # noqa: ANN401  as `company`
    ) -> Account:
        """Add a key, by default of a new company."""
        companies = companies or (self.company(**company),)
        body = {
            "companyIds": companies,
            "scopes": scopes,
            "perMinute": per_minute,
            "perHour": per_hour,
        }
        key = self.admin("POST", "/keys", body)
        client = self.client(key["apiKey"])
        return Account(self, companies[0], key["apiKeyId"], client)

    def client(self, api_key: str | None = None) -> httpx.Client:
        """Return a client that sends a key."""
        headers = {} if api_key is None else {"Authorization": f"Bearer {api_key}"}
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
def serving(settings: Settings | None = None) -> Iterator[LocalSandbox]:
    """Serve a sandbox in a thread."""
    with open_server(settings or Settings(speed=SLOW)) as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        sandbox = LocalSandbox(server.base_url)
        try:
            yield sandbox
        finally:
            sandbox.close()
            server.stop()
            thread.join()


def eventually(ask: Any, is_right: Any) -> Any:  # noqa: ANN401  any question and its answer
    """Ask until the answer is right; after a minute it never will be."""
    for _ in range(6_000):
        answer = ask()
        if is_right(answer):
            return answer
        time.sleep(0.01)
    message = f"it never came about: {answer}"
    raise AssertionError(message)


@dataclass(frozen=True)
class Received:
    """One request of a webhook."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """An HTTP server on loopback that answers with the statuses laid out, then with 200."""

    url: str
    statuses: list[int] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)

    def wait_for(self, count: int) -> list[Received]:
        """Return the requests, once there are that many."""
        received: list[Received] = eventually(
            lambda: list(self.received), lambda found: len(found) >= count
        )
        return received


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Serve a receiver in a thread."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:  # the sender was killed
                return
            receiver.received.append(
                Received({name.lower(): value for name, value in self.headers.items()}, body)
            )
            self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


def error_code(answer: httpx.Response) -> str:
    """Return the code of a refusal in the nested form, after a look at its shape."""
    body = answer.json()
    assert set(body) == {"success", "data", "error", "timestamp"}
    assert body["success"] is False
    assert body["data"] is None
    assert set(body["error"]) == {"code", "message", "details"}
    code: str = body["error"]["code"]
    return code
