"""A service that the sandbox's webhooks feed: over sockets, from a run's start to its cards."""

from __future__ import annotations

import json
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from candidate_cards.models import WebhookCreateRequest, WebhookUpdateRequest
from candidate_cards.sandbox import READY_MADE, Settings, open_server
from candidate_cards.service import Company
from candidate_cards.webhooks import HmacScheme
from databases import postgresql_server
from sandboxes import SLOW, Account, LocalSandbox, Received, eventually, receiving, serving
from services import LocalService, serving_cards
from talking import key_of, preview, search, talking

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pydantic import SecretStr

    from candidate_cards.models import WebhookCreated

NOWHERE: Final = "http://127.0.0.1:9/"
SCHEME: Final = HmacScheme("X-InstaView-Signature", prefix="")
EVENTS: Final = (
    "SOURCING_COMPLETED",
    "SOURCING_FAILED",
    "ENRICH_COMPLETED",
    "ENRICH_FAILED",
    "PING",
)


@dataclass
class Vendor:
    """A company at the sandbox, with a client and a webhook that leads nowhere yet."""

    sandbox: LocalSandbox
    account: Account
    key: SecretStr
    client: Any
    webhook: WebhookCreated

    def company(self, *secrets: SecretStr) -> Company:
        """Return the settings with which a service hears this vendor."""
        return Company(
            vendor_key=self.key,
            webhook_secrets=secrets or (self.webhook.signing_secret,),
            webhook_scheme=SCHEME,
        )

    def new_webhook(self) -> WebhookCreated:
        """Add another webhook."""
        created: WebhookCreated = self.client.create_webhook(
            WebhookCreateRequest(url=NOWHERE, events=EVENTS)
        )
        return created

    def point(self, service: LocalService, company: str = "acme") -> None:
        """Let deliveries go to a service from now on."""
        url = f"{service.base_url}/webhooks/{company}"
        self.client.update_webhook(self.webhook.id, WebhookUpdateRequest(url=url))

    def search(self, limit: int = 3, webhook: WebhookCreated | None = None) -> str:
        """Start a search that tells its end."""
        hook = (webhook or self.webhook).id
        run_id: str = self.client.start_sourcing(search(limit, webhook_id=hook)).request_id
        return run_id

    def found(self, run_id: str) -> dict[str, str]:
        """Return the names of a search that has ended, by profile id."""
        run = self.client.wait_for_sourcing(run_id, interval=0)
        return {person.profile_id: person.name for person in run.candidates}

    def deliveries(self, webhook: WebhookCreated | None = None) -> list[tuple[str, int | None]]:
        """Return state and last answer of a webhook's deliveries, newest first."""
        return [
            (each["status"], each["httpStatus"])
            for each in self.sandbox.admin("GET", "/deliveries")["deliveries"]
            if each["webhookId"] == (webhook or self.webhook).id
        ]

    def delivered(self, *states: tuple[str, int | None], webhook: Any = None) -> None:  # noqa: ANN401  as above
        """Wait until deliveries have come to these states."""
        eventually(lambda: self.deliveries(webhook), lambda found: found == list(states))


@contextmanager
def selling(sandbox: LocalSandbox, account: Account | None = None) -> Iterator[Vendor]:
    """Let a company, by default a new one, have a client and a webhook."""
    account = account or sandbox.account()
    key = key_of(account)
    with talking("blocking", sandbox, key) as client:
        created = client.create_webhook(WebhookCreateRequest(url=NOWHERE, events=EVENTS))
        yield Vendor(sandbox, account, key, client, created)


@pytest.fixture
def vendor(sandbox: LocalSandbox) -> Iterator[Vendor]:
    """A company at the sandbox."""
    with selling(sandbox) as company:
        yield company


@contextmanager
def fed_by(vendor: Vendor, *secrets: SecretStr, **settings: Any) -> Iterator[LocalService]:  # noqa: ANN401  its own
    """Serve, and let the vendor know where."""
    companies = {"acme": vendor.company(*secrets)}
    with serving_cards(
        companies=companies, vendor_url=vendor.sandbox.base_url, **settings
    ) as service:
        vendor.point(service)
        yield service


def names(service: LocalService, ids: Mapping[str, str], company: str = "acme") -> dict[str, str]:
    """Return the names that are stored of these profiles."""
    stored = service.service.store.load(company, list(ids))
    return {each: str(found.candidate.name) for each, found in stored.items()}


def arrives(service: LocalService, people: Mapping[str, str]) -> None:
    """Wait until people are in the store."""
    assert people
    eventually(lambda: names(service, people), lambda found: found == people)


def waiting(service: LocalService) -> list[int]:
    """Return how often each fetch that waits was postponed."""
    far = datetime(9000, 1, 1, tzinfo=UTC)
    return [fetch.postponed for fetch in service.service.store.due_fetches(far, 100)]


def test_what_runs_find_is_on_cards_a_moment_later(vendor: Vendor) -> None:
    """A search, a preview and an enrichment: nobody asks for their results, and they are shown."""
    with fed_by(vendor) as service:
        run_id = vendor.search(4)
        seen = vendor.client.start_preview(preview(5, webhook_id=vendor.webhook.id)).request_id
        vendor.sandbox.skip()
        people = vendor.found(run_id)
        arrives(service, people)
        previewed = vendor.client.wait_for_preview(seen, interval=0).candidates
        arrives(service, {each.profile_id: each.full_name for each in previewed})

        enriched = vendor.client.start_enrichment(
            [*people, "unknown"], webhook_id=vendor.webhook.id
        ).request_id
        vendor.sandbox.skip()
        items = vendor.client.wait_for_enrichment(enriched, interval=0).data
        addresses = {item.profile_id: item.candidate.emails for item in items if item.success}
        assert any(addresses.values())

        def stored() -> dict[str, tuple[str, ...]]:
            found = service.service.store.load("acme", list(people))
            return {each: person.candidate.emails for each, person in found.items()}

        eventually(stored, lambda emails: emails == addresses)
        eventually(lambda: waiting(service), lambda left: not left)
        cards = service.account("acme").render_html(*people).json()
        assert cards["renderedCount"] == len(people) == 4
        for card in cards["data"]:
            assert people[card["profileId"]] in card["htmlContent"]
        assert vendor.deliveries() == [("delivered", 204)] * 3


def test_the_vendors_own_test_finds_out_whether_it_works(vendor: Vendor) -> None:
    """Its ping is acknowledged; one that is signed with another secret is not."""
    with fed_by(vendor) as service:
        verdict = vendor.client.test_webhook(vendor.webhook.id)
        assert (verdict.success, verdict.http_status) == (True, 204)
        stranger = vendor.new_webhook()
        url = f"{service.base_url}/webhooks/acme"
        vendor.client.update_webhook(stranger.id, WebhookUpdateRequest(url=url))
        verdict = vendor.client.test_webhook(stranger.id)
        assert (verdict.success, verdict.message) == (False, "not acknowledged: HTTP 401")


def test_a_delivery_that_comes_twice_is_fetched_once(vendor: Vendor) -> None:
    """The vendor repeats what it was not told of; what is repeated is acknowledged."""
    with receiving() as receiver, fed_by(vendor) as service:
        vendor.client.update_webhook(vendor.webhook.id, WebhookUpdateRequest(url=receiver.url))
        receiver.statuses = [500]
        run_id = vendor.search()
        vendor.sandbox.skip()
        vendor.delivered(("pending", 500))
        vendor.sandbox.skip()
        twice = receiver.wait_for(2)
        for received in twice:
            assert forward(service, received) == 204
        arrives(service, vendor.found(run_id))
        eventually(lambda: waiting(service), lambda left: not left)
        assert forward(service, twice[0]) == 204
        assert waiting(service) == []
        assert 'cards_fetches_total{outcome="stored"} 1.0' in service.http.get("/metrics").text


def forward(service: LocalService, received: Received) -> int:
    """Send to a service what somebody else has received."""
    headers = {name: text for name, text in received.headers.items() if name != "host"}
    answer = service.http.post("/webhooks/acme", content=received.body, headers=headers)
    return answer.status_code


def test_a_secret_is_replaced_without_a_gap(vendor: Vendor) -> None:
    """While both are known deliveries of both webhooks arrive; afterwards only those of the new."""
    second = vendor.new_webhook()

    def both_deliver(service: LocalService) -> list[dict[str, str]]:
        url = f"{service.base_url}/webhooks/acme"
        vendor.client.update_webhook(second.id, WebhookUpdateRequest(url=url))
        runs = [vendor.search(2), vendor.search(5, second)]
        vendor.sandbox.skip()
        return [vendor.found(run_id) for run_id in runs]

    with fed_by(vendor, vendor.webhook.signing_secret, second.signing_secret) as service:
        for people in both_deliver(service):
            arrives(service, people)
    with fed_by(vendor, second.signing_secret) as service:
        _, people = both_deliver(service)
        arrives(service, people)
        vendor.delivered(("delivered", 204), ("delivered", 204), webhook=second)
        vendor.delivered(("pending", 401), ("delivered", 204))


def test_the_breaker_opens_for_a_wrong_secret_and_is_reset() -> None:
    """After that, what was not delivered can still be fetched by hand, and the next comes alone."""
    with (
        serving(Settings(speed=SLOW, breaker_threshold=2, retry_delays=())) as sandbox,
        selling(sandbox) as vendor,
    ):
        other = vendor.new_webhook()
        with fed_by(vendor, other.signing_secret):
            for count in (1, 2):
                vendor.search()
                sandbox.skip()
                vendor.delivered(*[("failed", 401)] * count)
            assert not vendor.client.get_webhook(vendor.webhook.id).is_active
        with fed_by(vendor) as service:
            vendor.client.reset_webhook(vendor.webhook.id)
            run_id = vendor.search()
            sandbox.skip()
            arrives(service, vendor.found(run_id))
            vendor.delivered(("delivered", 204), ("failed", 401), ("failed", 401))


def test_trouble_of_ours_is_waited_out_by_the_vendors_retries(vendor: Vendor) -> None:
    """Our 503 and 409 are retried, and count as no failure once the retry is acknowledged."""
    with receiving() as receiver, fed_by(vendor) as service:
        path = service.folder / "cards.sqlite3"
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("ALTER TABLE cards_fetches RENAME TO elsewhere")
        run_id = vendor.search()
        vendor.sandbox.skip()
        vendor.delivered(("pending", 503))
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("ALTER TABLE elsewhere RENAME TO cards_fetches")
        vendor.sandbox.skip()
        vendor.delivered(("delivered", 204))
        arrives(service, vendor.found(run_id))

        # A process that has begun with a delivery, and died: its claim is all that is left.
        vendor.client.update_webhook(vendor.webhook.id, WebhookUpdateRequest(url=receiver.url))
        receiver.statuses = [500]
        run_id = vendor.search(6)
        vendor.sandbox.skip()
        (received,) = receiver.wait_for(1)
        delivery_id = json.loads(received.body)["deliveryId"]
        vendor.delivered(("pending", 500), ("delivered", 204))
        claims = service.service.store.deliveries("acme")
        claims.claim(delivery_id, service.now(), timedelta(seconds=60))
        vendor.point(service)
        vendor.sandbox.skip()
        vendor.delivered(("pending", 409), ("delivered", 204))
        claims.release(delivery_id)
        vendor.sandbox.skip()
        vendor.delivered(("delivered", 204), ("delivered", 204))
        arrives(service, vendor.found(run_id))
        config = vendor.client.get_webhook(vendor.webhook.id)
        assert (config.is_active, config.consecutive_failures) == (True, 0)


@contextmanager
def serving_at(port: int, data: Path | None) -> Iterator[tuple[LocalSandbox, int]]:
    """Serve a sandbox on a port of its own choice, or on the one that it had before."""
    with open_server(Settings(speed=SLOW, data=data), port=port) as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        sandbox = LocalSandbox(server.base_url)
        try:
            yield sandbox, int(server.base_url.rpartition(":")[2])
        finally:
            sandbox.close()
            server.stop()
            thread.join()


@pytest.mark.parametrize(("is_kept", "outcome"), [(True, "stored"), (False, "given up")])
def test_a_vendor_that_is_away_is_asked_again(
    tmp_path: Path, *, is_kept: bool, outcome: str
) -> None:
    """Results come when it is back; if it has forgotten the run, nobody waits any longer."""
    data = tmp_path / "sandbox.db"
    ready_made = READY_MADE[0]  # which every sandbox knows
    with serving_at(0, data) as (sandbox, port), receiving() as receiver:
        account = Account(
            sandbox, ready_made.company, ready_made.name, sandbox.client(ready_made.api_key)
        )
        with selling(sandbox, account) as vendor:
            vendor.client.update_webhook(vendor.webhook.id, WebhookUpdateRequest(url=receiver.url))
            run_id = vendor.search()
            sandbox.skip()
            (received,) = receiver.wait_for(1)
            people = vendor.found(run_id)
    companies = {"acme": vendor.company()}
    with serving_cards(companies=companies, vendor_url=sandbox.base_url) as service:
        assert forward(service, received) == 204
        eventually(lambda: waiting(service), lambda left: left == [1])
        with serving_at(port, data if is_kept else None):
            service.skip(10 if is_kept else 3600)
            counted = f'cards_fetches_total{{outcome="{outcome}"}} 1.0'
            eventually(lambda: service.http.get("/metrics").text, lambda text: counted in text)
        assert names(service, people) == (people if is_kept else {})
        assert waiting(service) == []


def test_a_vendor_that_fails_for_a_while_is_asked_again(vendor: Vendor) -> None:
    """Errors and limits of its API postpone a fetch, and no more."""
    with fed_by(vendor) as service:
        run_id = vendor.search()
        path = f"/sourcing/{run_id}/results"
        faults = [
            {"fault": name, "count": count, "method": "GET", "path": path}
            for name, count in (("unavailable", 150), ("rate-limit", 150))
        ]
        vendor.sandbox.admin("PUT", "/faults", {"faults": faults})
        vendor.sandbox.skip()
        eventually(lambda: waiting(service), lambda left: left == [1])
        vendor.sandbox.admin("PUT", "/faults", {"faults": []})
        service.skip(3600)
        arrives(service, vendor.found(run_id))


def test_companies_are_fed_apart(sandbox: LocalSandbox) -> None:
    """The same people found by two companies are two records; neither renders the other's."""
    with selling(sandbox) as one, selling(sandbox) as two:
        companies = {"acme": one.company(), "bolt": two.company()}
        with serving_cards(companies=companies, vendor_url=sandbox.base_url) as service:
            one.point(service, "acme")
            two.point(service, "bolt")
            run_id = one.search(5)
            sandbox.skip()
            people = one.found(run_id)
            arrives(service, people)
            assert names(service, people, "bolt") == {}
            theirs = service.account("bolt").render_html(*people).json()
            assert theirs["renderedCount"] == 0
            # A webhook of the one that is led to the other's address delivers nothing there.
            one.point(service, "bolt")
            one.search(5)
            sandbox.skip()
            one.delivered(("pending", 401), ("delivered", 204))
            assert names(service, people, "bolt") == {}


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database that several services use; a missing server is told of."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'cards.sqlite3'}"
        return
    with postgresql_server() as server, server.place() as place:
        yield place.url


def test_two_services_share_a_database(vendor: Vendor, shared: str) -> None:
    """What one is told of is handled once, whichever it is told next, and both show it."""
    with receiving() as receiver, fed_by(vendor, store=shared) as one:
        companies = {"acme": vendor.company()}
        url = vendor.sandbox.base_url
        with serving_cards(companies=companies, vendor_url=url, store=shared) as two:
            vendor.client.update_webhook(vendor.webhook.id, WebhookUpdateRequest(url=receiver.url))
            runs = [vendor.search(limit) for limit in (2, 4, 7)]
            vendor.sandbox.skip()
            deliveries = receiver.wait_for(3)
            for received in deliveries:
                with ThreadPoolExecutor(8) as executor:
                    statuses = list(executor.map(forward, [one, two] * 4, [received] * 8))
                assert 204 in statuses
                assert set(statuses) <= {204, 409}
            for run_id in runs:
                arrives(one, vendor.found(run_id))
            eventually(lambda: waiting(two), lambda left: not left)
            people = vendor.found(runs[-1])
            for service in (one, two):
                cards = service.account("acme").render_html(*people).json()
                assert cards["renderedCount"] == len(people) == 7
            assert forward(two, deliveries[0]) == 204
            assert waiting(one) == []
