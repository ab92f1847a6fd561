"""The database goes away while routes are called: 503 of each, and all is well once it is back."""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import uuid
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import pytest
from fastapi.routing import APIRoute
from pydantic import SecretStr
from vendor_server import RESET, VendorServer

from candidate_cards.service import Company
from candidate_cards.service.app import _GROUPS
from candidate_cards.store.tables import METADATA
from candidate_cards.webhooks import HmacScheme
from databases import postgresql_server
from services import Account, LocalService, person, serving_cards

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx


SCHEME: Final = HmacScheme("X-InstaView-Signature", prefix="")
SECRET: Final = SecretStr("a" * 64)
KEY: Final = SecretStr("sk_live_Canary8Canary8Canary8Canary8Can")
EMBED_SECRET: Final = SecretStr("a text of more than thirty-two characters")

#: Beginnings of the routes that ask the database nothing.
WITHOUT: Final = ("/healthz", "/metrics", "/embed.js", "/gallery")


class Call(NamedTuple):
    """A request to a route.

    Attributes:
        asks: What of the database it needs: nothing but who calls, or more.
        writes: Whether it changes anything.
    """

    method: str
    route: str
    path: str
    body: object = None
    asks: Literal["key", "more"] = "more"
    writes: bool = False

    def send(self, account: Account) -> httpx.Response:
        """Ask; what the vendor delivers is signed."""
        content = None if self.body is None else json.dumps(self.body).encode()
        headers = {"Content-Type": "application/json"} if content else {}
        if content and self.route.startswith("/webhooks/"):
            headers |= SCHEME.sign(
                content, SECRET, delivery_id=str(uuid.uuid4()), timestamp=datetime.now(UTC)
            )
        return account.http.request(self.method, self.path, content=content, headers=headers)


def routes() -> list[tuple[str, str]]:
    """Return every route that has to do with the database."""
    found = [route for group in _GROUPS for route in group.router.routes]
    assert len(found) > 30
    return [
        (method, route.path)
        for route in found
        if isinstance(route, APIRoute) and not route.path.startswith(WITHOUT)
        for method in route.methods or ()
    ]


class World:
    """A service with a company that has somebody stored, shown in an embed.

    Attributes:
        later: Is closed after the service.
    """

    def __init__(self, local: LocalService, later: ExitStack) -> None:
        self.local = local
        self.later = later
        self.account = local.account("acme")
        local.save("acme", person("p1"))
        made = self.account.http.post("/embeds", json={"profileIds": ["p1"]}).json()["data"][0]
        record = person("p1", name="Another").to_wire()
        delivery = {
            "event": "sourcing.completed",
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "deliveryId": str(uuid.uuid4()),
            "data": {"requestId": "req_1"},
        }
        one = "/candidates/{profile_id}"
        self.calls = [
            Call("POST", "/sourcing/render-html", "/sourcing/render-html", {"profileIds": ["p1"]}),
            Call("GET", one, "/candidates/p1"),
            Call("GET", "/embed/{token}", f"/embed/{made['token']}"),
            Call("GET", "/oembed", f"/oembed?url={made['url']}"),
            Call("GET", "/readyz", "/readyz"),
            Call("POST", "/candidates", "/candidates", [record], writes=True),
            Call("PUT", one, "/candidates/p1", record, writes=True),
            Call("POST", "/codes", "/codes", {"codes": ["C-K7Q4-T2M9-X3R8-B5N1"]}),
            Call("POST", "/embeds", "/embeds", {"profileIds": ["p1"]}, writes=True),
            Call("POST", "/webhooks/{company}", "/webhooks/acme", delivery, writes=True),
            Call("DELETE", "/embeds/{embed_id}", f"/embeds/{made['id']}", writes=True),
            Call("DELETE", one, "/candidates/p1", writes=True),
            Call("DELETE", "/candidates", "/candidates?confirm=acme", writes=True),
        ]
        for method, route in routes():
            if route.startswith(f"{one}/"):
                self.calls.append(Call(method, route, route.replace("{profile_id}", "p1")))
            elif route.startswith("/render"):
                self.calls.append(Call(method, route, route, record, asks="key"))

    def assert_gone(self, calls: list[Call]) -> None:
        """Every call is answered with 503 in the vendor's shape, and says when to come again."""
        for call in calls:
            answer = call.send(self.account)
            assert answer.status_code == 503, (call, answer.text)
            if call.route == "/readyz":
                assert answer.json() == {"status": "the database does not answer"}
                continue
            assert int(answer.headers["Retry-After"]) > 0
            assert answer.json()["success"] is False
            assert answer.json()["error"]["code"].endswith("TEMPORARILY_UNAVAILABLE")
            assert "p1" not in answer.text
        assert self.account.http.get("/healthz").status_code == 200
        assert self.account.http.get("/metrics").status_code == 200

    def assert_well(self) -> None:
        """Every call has its effect; the last of them erase what the others are about."""
        for call in sorted(self.calls, key=lambda call: call.method == "DELETE"):
            answer = call.send(self.account)
            assert answer.status_code in {200, 201, 204}, (call, answer.text)


@contextmanager
def world(**settings: Any) -> Iterator[World]:  # noqa: ANN401  of `Settings`
    """Serve it; its vendor takes every connection and breaks it off."""
    acme = Company(vendor_key=KEY, webhook_secrets=(SECRET,), webhook_scheme=SCHEME)
    with (
        ExitStack() as later,
        VendorServer(lambda _: RESET) as vendor,
        serving_cards(
            companies={"acme": acme},
            embed_secrets=(EMBED_SECRET,),
            blind_secret=EMBED_SECRET,
            vendor_url=vendor.url,
            vendor_patience=2,
            **settings,
        ) as local,
    ):
        yield World(local, later)


def test_every_route_is_looked_at() -> None:
    """No route that asks the database is missing below."""
    with world() as served:
        called = [(call.method, call.route) for call in served.calls]
    assert sorted(called) == sorted(routes())


@contextmanager
def broken(served: World) -> Iterator[None]:
    """Write over the file."""
    path = served.local.folder / "cards.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        # So that nobody goes on with what they remember of it.
        connection.execute("PRAGMA user_version = 1")
        assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    file = os.open(path, os.O_RDWR)
    served.later.callback(os.close, file)  # to close a file gives up this process's locks on it
    whole = os.pread(file, path.stat().st_size, 0)
    os.pwrite(file, b"\xa5" * len(whole), 0)
    yield
    os.pwrite(file, whole, 0)


@contextmanager
def without_tables(served: World) -> Iterator[None]:
    """Take away all but the keys, so that routes get further than to who calls."""
    tables = [name for name in METADATA.tables if name != "cards_keys"]
    with closing(sqlite3.connect(served.local.folder / "cards.sqlite3")) as connection:
        for name in tables:
            connection.execute(f"ALTER TABLE {name} RENAME TO away_{name}")
        connection.commit()
        yield
        for name in tables:
            connection.execute(f"ALTER TABLE away_{name} RENAME TO {name}")
        connection.commit()


@contextmanager
def on_a_full_disk() -> Iterator[None]:
    """Let this process write no file any further than to its beginning."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("mode", ["local", "fallback"])
def test_a_file_that_cannot_be_read(mode: str) -> None:
    """No route takes it for a bug of its own."""
    with world(mode=mode) as served:
        for _ in range(2):
            with broken(served):
                served.assert_gone(served.calls)
        served.assert_well()


@pytest.mark.parametrize("mode", ["local", "fallback"])
def test_a_database_that_knows_who_calls_and_no_more(mode: str) -> None:
    """Whichever of its questions a route gets to."""
    with world(mode=mode) as served:
        with without_tables(served):
            served.assert_gone([call for call in served.calls if call.asks == "more"])
        served.assert_well()


def test_a_full_disk() -> None:
    """What is stored is shown; what would be stored is not taken, and nothing of it is there."""
    with world() as served:
        with on_a_full_disk():
            served.assert_gone([call for call in served.calls if call.writes])
            for call in served.calls:
                # Processes for PDF and PNG need files of their own.
                if not call.writes and not call.route.endswith(("/pdf", "/png")):
                    answer = call.send(served.account)
                    assert answer.status_code == 200, (call, answer.text)
        assert served.account.http.get("/candidates/p1").json()["name"] == "Person p1"
        served.assert_well()


def test_a_server_that_stops_and_starts() -> None:
    """Connections that were open before are no trouble."""
    with postgresql_server() as server, server.place() as place, world(store=place.url) as served:
        for _ in range(2):
            with server.stopped():
                served.assert_gone(served.calls)
        served.assert_well()
