"""The vendor's deliveries over HTTP: who is believed, what is answered, and what is put down."""

from __future__ import annotations

import json
import logging
import socket
import sqlite3
import uuid
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from vendor_server import STALL, VendorServer

from candidate_cards.models import WebhookEventName
from candidate_cards.service import Company
from candidate_cards.service.inbox import Inbox
from candidate_cards.service.metrics import Metrics
from candidate_cards.store import open_store
from candidate_cards.webhooks import HmacScheme, StandardWebhooks
from sandboxes import eventually
from services import LocalService, serving_cards

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from candidate_cards.store import Store
    from candidate_cards.webhooks import Scheme

FAR: Final = datetime(9000, 1, 1, tzinfo=UTC)
CANARY: Final = "Zdenka Kanárková"
SCHEME: Final = HmacScheme("X-InstaView-Signature", prefix="")
SECRETS: Final = {
    "acme": SecretStr("a" * 64),
    "bolt": SecretStr("b" * 64),
    "coda": SecretStr("whsec_" + "c" * 64),
}
KEY: Final = SecretStr("sk_live_Canary8Canary8Canary8Canary8Can")
COMPANIES: Final = {
    "acme": Company(vendor_key=KEY, webhook_secrets=(SECRETS["acme"],), webhook_scheme=SCHEME),
    "bolt": Company(
        vendor_key=KEY,
        webhook_secrets=(SecretStr("0" * 64), SECRETS["bolt"]),
        webhook_scheme=SCHEME,
        webhook_tolerance=None,
    ),
    "coda": Company(vendor_key=KEY, webhook_secrets=(SECRETS["coda"],), webhook_scheme="standard"),
    "mute": Company(vendor_key=KEY),
}


def event(name: str = "sourcing.completed", **data: object) -> dict[str, Any]:
    """Return the body of a delivery."""
    return {
        "event": name,
        "timestamp": written(datetime.now(UTC)),
        "deliveryId": str(uuid.uuid4()),
        "data": {"requestId": "req_1", **data},
    }


def written(time: datetime) -> str:
    """Return a time as the vendor writes it."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Served:
    """A service, and who delivers to it."""

    local: LocalService

    @property
    def store(self) -> Store:
        """What the service has put down."""
        return self.local.service.store

    def deliver(
        self,
        body: object,
        company: str = "acme",
        *,
        secret: SecretStr | None = None,
        scheme: Scheme = SCHEME,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Send a delivery as the vendor would, or with another secret, or with other headers."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        signed = scheme.sign(
            content,
            secret or SECRETS.get(company, SECRETS["acme"]),
            delivery_id=str(uuid.uuid4()),
            timestamp=datetime.now(UTC),
        )
        return self.local.http.post(
            f"/webhooks/{company}", content=content, headers=signed if headers is None else headers
        )

    def fetches(self) -> list[tuple[str, str, str]]:
        """Return what is to be fetched."""
        return sorted(
            (fetch.company, fetch.kind, fetch.request_id)
            for fetch in self.store.due_fetches(FAR, 10_000)
        )

    def rename(self, old: str, new: str) -> None:
        """Take a table away from the service, or give it back."""
        path = self.local.folder / "cards.sqlite3"
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(f"ALTER TABLE {old} RENAME TO {new}")


@pytest.fixture
def served() -> Iterator[Served]:
    """A service of four companies; its vendor never answers, so what is to be fetched stays."""
    with (
        VendorServer(lambda _: STALL) as vendor,
        serving_cards(companies=COMPANIES, vendor_url=vendor.url) as local,
    ):
        yield Served(local)


def test_every_event_is_acknowledged_and_some_are_to_be_fetched(served: Served) -> None:
    """Results there are of completed runs; the rest is heard, whether we know it or not."""
    names = [*WebhookEventName, "something.new", "  "]
    for name in names:
        body = event(name.replace("_", ".").lower(), requestId=f"req_{name.strip() or 'blank'}")
        answer = served.deliver(body)
        assert (answer.status_code, answer.content) == (204, b""), answer.text
    assert served.fetches() == [
        ("acme", "enrichment", "req_ENRICH_COMPLETED"),
        ("acme", "sourcing", "req_SOURCING_COMPLETED"),
    ]
    metrics = served.local.http.get("/metrics").text
    assert f'cards_deliveries_total{{status="204"}} {len(names)}.0' in metrics
    assert 'cards_events_total{event="PING"} 1.0' in metrics
    assert 'cards_events_total{event="other"} 2.0' in metrics


def test_a_delivery_is_taken_once(served: Served) -> None:
    """The same one again is acknowledged, and changes nothing; another of the same run is new."""
    body = event()
    assert served.deliver(body).status_code == 204
    (first,) = served.store.due_fetches(FAR, 9)
    assert served.deliver(body).status_code == 204
    assert served.store.due_fetches(FAR, 9) == (first,)
    assert served.deliver(event()).status_code == 204
    (second,) = served.store.due_fetches(FAR, 9)
    assert second.added_at > first.added_at


def refused(answer: httpx.Response) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Return all that a refusal says, but for the time."""
    body = answer.json()
    assert body.pop("timestamp")
    times = {"date", "x-ratelimit-reset-minute", "x-ratelimit-reset-hour", "x-request-id"}
    headers = {name: text for name, text in answer.headers.items() if name not in times}
    return answer.status_code, body, headers


def test_nobody_learns_which_companies_there_are(served: Served) -> None:
    """Whatever is wrong about who sends it, the answer is the same but for its time."""
    body = event()
    content = json.dumps(body).encode()
    right = SCHEME.sign(content, SECRETS["acme"], delivery_id="d", timestamp=datetime.now(UTC))
    changed = content.replace(b"req_1", b"req_2")
    answers = {
        "another secret": served.deliver(body, secret=SECRETS["bolt"]),
        "another company's": served.deliver(body, "bolt", secret=SECRETS["acme"]),
        "no header": served.deliver(body, headers={}),
        "no signature": served.deliver(body, headers={"X-InstaView-Signature": "?"}),
        "a changed byte": served.deliver(changed, headers=right),
        "no such company": served.deliver(body, "nobody"),
        "no such company, no header": served.deliver(body, "nobody", headers={}),
        "no webhook": served.deliver(body, "mute"),
        "another scheme": served.deliver(body, "coda"),
        "too old": served.deliver({**body, "timestamp": written(FAR - timedelta(days=2e6))}),
        "from the future": served.deliver({**body, "timestamp": written(FAR)}),
    }
    told = {name: refused(answer) for name, answer in answers.items()}
    assert {told[name][0] for name in told} == {401}
    assert all(each == told["another secret"] for each in told.values())
    assert served.fetches() == []


def test_either_of_two_secrets_will_do(served: Served) -> None:
    """While one replaces the other, both are right; a third is not."""
    for secret in (SecretStr("0" * 64), SECRETS["bolt"]):
        assert served.deliver(event(), "bolt", secret=secret).status_code == 204
    assert served.deliver(event(), "bolt", secret=SecretStr("1" * 64)).status_code == 401


def test_standard_webhooks_are_received(served: Served) -> None:
    """Their id and time are in signed headers."""
    content = json.dumps({"event": "enrich.completed", "data": {"requestId": "enr_1"}}).encode()
    times = {
        "old": (datetime.now(UTC) - timedelta(minutes=6), 401),
        "new": (datetime.now(UTC), 204),
    }
    for time, status in times.values():
        headers = StandardWebhooks().sign(
            content, SECRETS["coda"], delivery_id="d1", timestamp=time
        )
        assert served.deliver(content, "coda", headers=headers).status_code == status
    assert served.fetches() == [("coda", "enrichment", "enr_1")]


def test_a_sender_whose_retries_are_old_can_be_believed(served: Served) -> None:
    """A company without a tolerance takes any time, or none."""
    for time in (written(FAR), None):
        body = {**event(), "timestamp": time}
        assert served.deliver(body, "bolt").status_code == 204


def test_what_is_being_handled_is_refused_until_its_time_is_over(served: Served) -> None:
    """Who died while handling a delivery has lost nothing: the retries are new in time."""
    body = event()
    deliveries = served.store.deliveries("acme")
    deliveries.claim(body["deliveryId"], datetime.now(UTC), timedelta(minutes=5))
    answer = served.deliver(body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "DELIVERY_IN_PROGRESS")
    assert served.fetches() == []
    deliveries.release(body["deliveryId"])
    deliveries.claim(body["deliveryId"], datetime.now(UTC), timedelta(microseconds=1))
    assert served.deliver(body).status_code == 204
    assert len(served.fetches()) == 1


@pytest.mark.parametrize("table", ["cards_deliveries", "cards_fetches"])
def test_a_database_that_fails_is_no_acknowledgement(served: Served, table: str) -> None:
    """The answer is 503, and the retry after it is new."""
    body = event()
    served.rename(table, "elsewhere")
    assert served.deliver(body).status_code == 503
    served.rename("elsewhere", table)
    assert served.deliver(body).status_code == 204
    assert len(served.fetches()) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"{",
        b"[]",
        b'{"event": 7}',
        b'{"event": ""}',
        b'"\xff"',
        {"data": None},
        {"data": {}},
        {"data": []},
        *(
            {"data": {"requestId": name}}
            for name in (None, "", " ", "a b", "a\n", "\x00", "\ud800", "é", "x" * 256, 7, ["r"])
        ),
        {"deliveryId": "a b"},
        {"timestamp": "yesterday"},
        {"timestamp": None},
    ],
    ids=lambda wrong: str(wrong)[:60],
)
def test_what_is_signed_and_no_event_is_refused(
    served: Served, wrong: bytes | dict[str, object]
) -> None:
    """It is a 400, and the vendor may send it again."""
    body = wrong if isinstance(wrong, bytes) else {**event(), **wrong}
    for _ in range(2):
        answer = served.deliver(body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_PAYLOAD")
    assert served.fetches() == []


def test_a_body_has_a_limit(served: Served) -> None:
    """It is that of all routes."""
    body = {**event(), "more": "x" * 1_048_576}
    assert served.deliver(body).status_code == 413


def test_bodies_that_do_not_come_leave_room_for_others() -> None:
    """Who needs no key to send them gets a part of all places; the sender is told to come back."""
    head = b"POST /webhooks/anybody HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"
    with serving_cards(max_requests=8, body_seconds=60.0) as running, ExitStack() as opened:
        port = int(running.base_url.rpartition(":")[2])
        for _ in range(8):
            connection = socket.create_connection(("127.0.0.1", port), timeout=30)
            opened.enter_context(connection)
            connection.sendall(head)
        eventually(lambda: running.service.inbox.arriving, lambda count: count == 2)
        refused = running.http.post("/webhooks/anybody", content=b"{}")
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert running.account().render_html("p").status_code == 200
        opened.close()
        eventually(lambda: running.service.inbox.arriving, lambda count: count == 0)
        assert running.http.post("/webhooks/anybody", content=b"{}").status_code == 401


def test_a_delivery_is_for_the_company_that_it_is_signed_for(served: Served) -> None:
    """Whatever ids are in it; and the same delivery id of two companies is two deliveries."""
    body = {**event(companyId="bolt", company="bolt"), "companyId": "bolt"}
    assert served.deliver(body, "acme").status_code == 204
    assert served.fetches() == [("acme", "sourcing", "req_1")]
    assert served.deliver(body, "bolt").status_code == 204
    assert served.fetches() == [("acme", "sourcing", "req_1"), ("bolt", "sourcing", "req_1")]


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)
NOW: Final = st.builds(lambda: written(datetime.now(UTC)))
NAMES: Final = st.sampled_from([name.value for name in WebhookEventName])
RUNS: Final = st.from_regex(r"req_[!-~]{1,9}", fullmatch=True)
EVENTS: Final = st.fixed_dictionaries(
    {"event": NAMES, "timestamp": NOW, "data": st.fixed_dictionaries({"requestId": RUNS})},
    optional={"companyId": JSON, "candidates": JSON},
)
ODD_EVENTS: Final = st.fixed_dictionaries(
    {"event": NAMES | JSON, "timestamp": NOW | JSON, "data": JSON},
    optional={"deliveryId": st.uuids().map(str) | JSON},
)
BODIES: Final = st.one_of(
    (EVENTS | ODD_EVENTS | JSON).map(lambda body: json.dumps(body).encode()),
    EVENTS.map(lambda body: json.dumps(body).encode()),
    st.binary(max_size=200),
)


@dataclass
class Odd:
    """Some delivery.

    Attributes:
        body: Of any kind; where it is an object, somebody's name is in it.
        company: Whose webhook it goes to.
        signer: Whose secret has signed it.
        headers: Beside the signature, or in its place.
    """

    body: bytes
    company: str
    signer: str
    headers: dict[str, str]

    def __post_init__(self) -> None:
        self.body = self.body.replace(b"{", b'{"name": "' + CANARY.encode() + b'", ', 1)


ODD: Final = st.builds(
    Odd,
    body=BODIES,
    company=st.just("acme") | st.sampled_from([*COMPANIES, "nobody"]),
    signer=st.just("acme") | st.sampled_from([*SECRETS]),
    headers=st.just({})
    | st.dictionaries(
        st.from_regex(r"x-[a-z]{1,8}", fullmatch=True)
        | st.sampled_from(["X-InstaView-Signature", "webhook-signature", "webhook-timestamp"]),
        st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=50),
        max_size=2,
    ),
)


@given(odd=ODD)
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_request_is_too_much(served: Served, caplog: pytest.LogCaptureFixture, odd: Odd) -> None:
    """Any body and headers get 204 or 4xx; what is put down is the signer's own alone."""
    caplog.set_level(logging.DEBUG)
    before = served.fetches()
    scheme = StandardWebhooks() if odd.signer == "coda" else SCHEME
    try:
        signed = scheme.sign(
            odd.body,
            SECRETS[odd.signer],
            delivery_id=str(uuid.uuid4()),
            timestamp=datetime.now(UTC),
        )
    except ValueError:  # no UTF-8, which the standard cannot sign
        signed = {}
    answer = served.deliver(odd.body, odd.company, headers={**signed, **odd.headers})
    assert answer.status_code in {204, 400, 401}
    added = {name for name, _, _ in set(served.fetches()) - set(before)}
    assert added <= {odd.company} & {odd.signer}
    shown = answer.text + "".join(str(vars(record)) for record in caplog.records)
    assert CANARY not in shown
    assert not any(secret.get_secret_value() in shown for secret in (*SECRETS.values(), KEY))
    caplog.clear()


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inbox]:
    """What receives, without HTTP."""
    path = tmp_path_factory.mktemp("inbox") / "cards.sqlite3"
    with open_store(f"sqlite:///{path}") as store:
        yield Inbox(
            store, COMPANIES, Metrics(), now=lambda: datetime.now(UTC), on_fetch=lambda: None
        )


@given(
    body=BODIES,
    company=st.sampled_from([*COMPANIES, "nobody"]) | st.text(max_size=10),
    headers=st.lists(
        st.tuples(
            st.sampled_from([b"X-InstaView-Signature", b"webhook-id", b"webhook-timestamp"])
            | st.binary(max_size=30),
            st.binary(max_size=100) | st.from_regex(rb"[0-9a-f]{64}", fullmatch=True),
        ),
        max_size=4,
    ),
)
@settings(max_examples=500, deadline=None)
def test_no_header_is_too_much(inbox: Inbox, body: bytes, company: str, headers: Any) -> None:  # noqa: ANN401
    """Bytes that no client of ours would send are a wrong signature, and no error."""
    assert inbox.receive(company, body, headers) == 401


def test_a_stranger_is_judged_as_long_as_a_company(inbox: Inbox) -> None:
    """The time of a refusal does not tell which companies there are; a body is hashed for both."""
    body = b"x" * 4_000_000
    headers = {"X-InstaView-Signature": "0" * 64}

    def seconds(company: str) -> float:
        began = perf_counter()
        assert inbox.receive(company, body, headers) == 401
        return perf_counter() - began

    # By turns, and the quickest of each: a busy machine makes any of them slow.
    turns = [(seconds("acme"), seconds("nobody")) for _ in range(15)]
    ours, theirs = map(min, zip(*turns, strict=True))
    assert 1 / 3 < ours / theirs < 3


@pytest.mark.parametrize(
    ("company", "message"),
    [
        ({"webhook_secrets": ["a" * 64]}, "which header has the signature"),
        ({"webhook_scheme": {"signature_header": "X A"}}, "must be the name of a header"),
        ({"webhook_scheme": "other"}, "Input should be 'standard'"),
        ({"webhook_secrets": ["short"], "webhook_scheme": "standard"}, "webhook_secrets[0]: is"),
        ({"webhook_secrets": ["a" * 64], "webhook_scheme": "standard"}, "need a vendor_key"),
        ({"webhook_tolerance": 0}, "greater than 0"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_settings_that_would_lose_deliveries_are_refused(
    company: dict[str, Any], message: str
) -> None:
    """Before the service begins, and in words that hold no secret."""
    with pytest.raises(ValidationError) as caught:
        Company.model_validate(company)
    assert message in str(caught.value)
    assert "short" not in str(caught.value).replace("too short", "")
    assert "a" * 64 not in str(caught.value)
