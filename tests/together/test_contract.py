"""The contract, walked by both clients against the sandbox.

Where the contract leaves something open, the assertion says "our reading".
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest
from pydantic import SecretStr

from candidate_cards.errors import (
    InputError,
    VendorAuthenticationError,
    VendorConflictError,
    VendorFundsError,
    VendorNotFoundError,
    VendorPermissionError,
    VendorRateLimitError,
    VendorRequestError,
    VendorResponseError,
    VendorRunError,
    VendorTimeoutError,
    VendorUnavailableError,
)
from candidate_cards.instaview import _endpoints as endpoints
from candidate_cards.instaview._endpoints import Endpoint
from candidate_cards.models import (
    EnrichmentProcessing,
    PatchRequest,
    PreviewProcessing,
    SourcingCompleted,
    SourcingFailed,
    SourcingProcessing,
    WebhookCreateRequest,
    WebhookUpdateRequest,
)
from candidate_cards.sandbox import READY_MADE, Settings
from sandboxes import ALL_SCOPES, SLOW, Account, LocalSandbox, receiving, serving
from talking import KINDS, SECRETS, Kind, key_of, preview, search, talking

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import httpx

TABLE: Final[Sequence[Endpoint]] = [
    value for value in vars(endpoints).values() if isinstance(value, Endpoint)
]
EVERY_EVENT: Final = (
    "SOURCING_COMPLETED",
    "SOURCING_FAILED",
    "ENRICH_COMPLETED",
    "ENRICH_FAILED",
    "PING",
)

pytestmark = pytest.mark.parametrize("kind", KINDS)


def hook(url: str = "https://example.com/hook", *events: str) -> WebhookCreateRequest:
    """Return what a webhook is created with."""
    return WebhookCreateRequest(url=url, events=events or EVERY_EVENT)


def ready_made(name: str) -> SecretStr:
    """Return a key that every sandbox has."""
    key = next(key.api_key for key in READY_MADE if key.name == name)
    SECRETS.add(key)
    return SecretStr(key)


def sourced(sandbox: LocalSandbox, client: Any, limit: int = 3) -> SourcingCompleted:  # noqa: ANN401
    """Search to the end."""
    run_id = client.start_sourcing(search(limit)).request_id
    sandbox.skip()
    run = client.wait_for_sourcing(run_id, interval=0)
    assert isinstance(run, SourcingCompleted)
    return run


def template(request: httpx.Request, ids: set[str]) -> tuple[str, str]:
    """Return method and path as the table has them."""
    parts = ["{}" if part in ids else part for part in request.url.path.split("/")]
    return request.method, "/".join(parts)


def test_every_row_of_the_table(kind: Kind, sandbox: LocalSandbox) -> None:  # noqa: PLR0915  one story
    """A story that calls all fifteen endpoints; each answer is the model that it should be."""
    account = sandbox.account()
    sent: list[httpx.Request] = []
    with (
        receiving() as receiver,
        talking(kind, sandbox, key_of(account), on_request=sent.append) as client,
    ):
        webhook = client.create_webhook(hook(receiver.url))
        assert len(webhook.signing_secret.get_secret_value()) == 64
        assert client.list_webhooks().total == 1
        assert client.get_webhook(webhook.id).url == receiver.url
        changed = client.update_webhook(webhook.id, WebhookUpdateRequest(name="Inbox"))
        assert (changed.name, changed.is_active) == ("Inbox", True)
        assert client.test_webhook(webhook.id).http_status == 200

        accepted = client.start_sourcing(search(4, webhook_id=webhook.id))
        assert (accepted.status, accepted.webhook_id) == ("processing", webhook.id)
        working = client.sourcing_results(accepted.request_id)
        assert isinstance(working, SourcingProcessing)
        assert working.candidates_sourced_count == 0
        sandbox.skip()
        run = client.wait_for_sourcing(accepted.request_id, interval=0)
        scores = [candidate.match_score for candidate in run.candidates]
        assert scores == sorted(scores, reverse=True)
        assert (run.scored_count, len(run.candidates)) == (4, 4)
        assert not any(candidate.emails for candidate in run.candidates)

        again = client.refine_sourcing(accepted.request_id, PatchRequest(query="Linux", limit=2))
        assert again.request_id == accepted.request_id  # our reading (11): the session keeps its id
        # Our reading (13): the earlier results are not readable meanwhile.
        assert isinstance(client.sourcing_results(again.request_id), SourcingProcessing)
        sandbox.skip()
        more = client.wait_for_shortlist(again.request_id, interval=0)
        ids = [candidate.profile_id for candidate in more.candidates]
        # Our reading (12): the list is cumulative, and nobody is in it twice.
        assert {candidate.profile_id for candidate in run.candidates} < set(ids)
        assert len(set(ids)) == len(ids) == 6

        quick = client.start_preview(preview(25))
        assert isinstance(client.preview_results(quick.request_id), PreviewProcessing)
        sandbox.skip()
        seen = client.wait_for_preview(quick.request_id, interval=0).candidates
        assert seen
        assert all(person.full_name and person.profile_url for person in seen)

        enrichment = client.start_enrichment([ids[0], "unknown", ids[0]])
        assert isinstance(client.enrichment_results(enrichment.request_id), EnrichmentProcessing)
        sandbox.skip()
        enriched = client.wait_for_enrichment(enrichment.request_id, interval=0)
        # Our reading (10): a repeated id is asked for, and answered, once.
        assert [item.success for item in enriched.data] == [True, False]
        assert enriched.data[0].candidate.emails
        assert enriched.data[1].error_code == "PROFILE_NOT_FOUND"
        assert (enriched.enriched_count, enriched.failure_count) == (1, 1)
        assert enriched.credits_consumed == 1

        cards = client.render_html([*ids, "unknown"], theme="light")
        assert (cards.rendered_count, len(cards.data)) == (6, 7)
        assert cards.data[0].html_content
        assert cards.data[-1].error_code == "PROFILE_NOT_FOUND"
        # Our reading (45): no card at all is a success with none.
        assert client.render_html(["unknown"]).rendered_count == 0

        assert client.reset_webhook(webhook.id).consecutive_failures == 0
        client.delete_webhook(webhook.id)
        with pytest.raises(VendorNotFoundError):
            client.get_webhook(webhook.id)
    names = {webhook.id, accepted.request_id, quick.request_id, enrichment.request_id}
    assert len(TABLE) == 15
    assert {template(request, names) for request in sent} == {
        (endpoint.method, endpoint.path) for endpoint in TABLE
    }


@dataclass(frozen=True)
class World:
    """What refusals are about.

    Attributes:
        working: A run under way.
        ended: A run that has ended.
        foreign: A run of another company.
        mine: A webhook of ours that gets pings only.
        theirs: A webhook of another company.
    """

    working: str
    ended: str
    foreign: str
    mine: str
    theirs: str


@dataclass(frozen=True)
class Refusal:
    """A call that the contract refuses.

    Attributes:
        call: Makes it.
        error: Its class.
        status: Of HTTP.
        code: In the nested form.
        advice: A part of it.
        about: Whether the error names the run that the call is about.
    """

    call: Callable[[Any, World], Any]
    error: type[VendorResponseError]
    status: int
    code: str
    advice: str
    about: bool = False


NOBODY: Final = str(uuid.uuid4())
REFUSALS: Final = {
    "400 payload": Refusal(
        lambda client, _: client.start_sourcing(search(101)),  # our reading (4, 8): 400 above 100
        VendorRequestError,
        400,
        "INVALID_PAYLOAD",
        "correct the call",
    ),
    "404 run": Refusal(
        lambda client, _: client.sourcing_results("req_unknown"),
        VendorNotFoundError,
        404,
        "REQUEST_NOT_FOUND",
        "check the id",
        about=True,
    ),
    "404 foreign run": Refusal(
        lambda client, world: client.sourcing_results(world.foreign),
        VendorNotFoundError,
        404,
        "REQUEST_NOT_FOUND",
        "cannot be told from unknown ones",
        about=True,
    ),
    "404 foreign patch": Refusal(
        lambda client, world: client.refine_sourcing(world.foreign, PatchRequest(limit=1)),
        VendorNotFoundError,
        404,
        "REQUEST_NOT_FOUND",
        "check the id",
        about=True,
    ),
    "404 of another kind": Refusal(
        lambda client, world: client.preview_results(world.ended),  # our reading (21)
        VendorNotFoundError,
        404,
        "REQUEST_NOT_FOUND",
        "check the id",
        about=True,
    ),
    "404 webhook of a run": Refusal(
        lambda client, _: client.start_sourcing(search(webhook_id=NOBODY)),
        VendorNotFoundError,
        404,
        "WEBHOOK_NOT_FOUND",
        "check the webhook's id",
    ),
    "404 webhook": Refusal(
        lambda client, _: client.get_webhook(NOBODY),
        VendorNotFoundError,
        404,
        "RESOURCE_NOT_FOUND",
        "check the id",
        about=True,
    ),
    "403 webhook of a run": Refusal(
        lambda client, world: client.start_preview(preview(webhook_id=world.theirs)),
        VendorPermissionError,
        403,
        "WEBHOOK_COMPANY_MISMATCH",
        "the company that the API key belongs to",
    ),
    "403 webhook": Refusal(
        lambda client, world: client.delete_webhook(world.theirs),
        VendorPermissionError,
        403,
        "RESOURCE_ACCESS_DENIED",
        "use a webhook of this API key",
        about=True,
    ),
    "422 sourcing": Refusal(
        lambda client, world: client.start_sourcing(search(webhook_id=world.mine)),
        VendorRequestError,
        422,
        "WEBHOOK_EVENT_NOT_SUBSCRIBED",
        "subscribe the webhook",
    ),
    "422 enrichment": Refusal(
        lambda client, world: client.start_enrichment(["a"], webhook_id=world.mine),
        VendorRequestError,
        422,
        "WEBHOOK_EVENT_NOT_SUBSCRIBED",
        "subscribe the webhook",
    ),
    "409 patch": Refusal(
        lambda client, world: client.refine_sourcing(world.working, PatchRequest(limit=1)),
        VendorConflictError,
        409,
        "RUN_IN_PROGRESS",
        "wait until the run has ended",
        about=True,
    ),
    "402 sourcing": Refusal(
        lambda client, _: client.start_sourcing(search(60)),
        VendorFundsError,
        402,
        "INSUFFICIENT_FUNDS",
        "top up",
    ),
    "402 patch": Refusal(
        lambda client, world: client.refine_sourcing(world.ended, PatchRequest(limit=50)),
        VendorFundsError,
        402,
        "INSUFFICIENT_FUNDS",
        "top up",
        about=True,
    ),
    "402 enrichment": Refusal(
        lambda client, _: client.start_enrichment([f"p{number}" for number in range(10)]),
        VendorFundsError,
        402,
        "INSUFFICIENT_FUNDS",
        "top up",
    ),
    "402 preview": Refusal(
        lambda client, _: client.start_preview(preview(100)),
        VendorFundsError,
        402,
        "INSUFFICIENT_FUNDS",
        "top up",
    ),
}
#: What the other body form, which has no code, is read as: by the status, or not at all.
BY_STATUS: Final = {
    400: "INVALID_PAYLOAD",
    402: "INSUFFICIENT_FUNDS",
    403: "INSUFFICIENT_SCOPES",
    404: "REQUEST_NOT_FOUND",
    409: "RUN_IN_PROGRESS",
    422: None,
}


def world_of(account: Account, other: Account) -> World:
    """Lay out what refusals are about; four credits are left."""
    ended = account.start(limit=1)
    account.finished(ended)
    return World(
        working=account.start(limit=1),
        ended=ended,
        foreign=other.start(limit=1),
        mine=account.webhook("https://example.com/a", "PING")["id"],
        theirs=other.webhook("https://example.com/b", "SOURCING_FAILED", "ENRICH_FAILED")["id"],
    )


@pytest.mark.parametrize("form", ["nested", "framework"])
def test_every_documented_refusal(kind: Kind, form: Any) -> None:  # noqa: ANN401  a literal
    """Class, status, code, run and advice, in both of the bodies that may be the vendor's."""
    with serving(Settings(speed=SLOW, error_form=form)) as sandbox:
        account, other = sandbox.account(credits=6), sandbox.account()
        world = world_of(account, other)
        used = account.usage()
        assert used["available"] == 4
        for name, refusal in REFUSALS.items():
            with talking(kind, sandbox, key_of(account)) as client:
                with pytest.raises(VendorResponseError) as caught:
                    # A preview of a hundred costs five credits, four are left.
                    refusal.call(client, world)
                error = caught.value
                code = refusal.code if form == "nested" else BY_STATUS[refusal.status]
                assert (name, type(error), error.status) == (name, refusal.error, refusal.status)
                assert (name, error.code) == (name, code)
                if form == "nested":
                    assert refusal.advice in error.advice, name
                assert error.advice, name
                assert (error.request_id is not None) == refusal.about, name
                assert not error.retryable
                assert not error.outcome_unknown
        assert account.usage() == used


def test_foreign_and_unknown_runs_look_alike(kind: Kind, sandbox: LocalSandbox) -> None:
    """What the client says of them differs in the id alone, so that nobody can look for some."""
    foreign = sandbox.account().start(limit=1)
    told = []
    with talking(kind, sandbox, key_of(sandbox.account())) as client:
        for run_id in (foreign, "req_unknown"):
            with pytest.raises(VendorNotFoundError) as caught:
                client.sourcing_results(run_id)
            told.append({**vars(caught.value), "request_id": "", "said": str(caught.value)})
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("name", "code", "advice"),
    [
        ("acme-expired", "UNAUTHORIZED", "check the API key"),
        ("acme-suspended", "API_KEY_SUSPENDED", "suspended; ask the vendor why"),
        ("nobody", "UNAUTHORIZED", "check the API key"),
    ],
)
def test_keys_that_do_not_count(
    kind: Kind, sandbox: LocalSandbox, name: str, code: str, advice: str
) -> None:
    """They are 401, and the advice is about the key."""
    key = SecretStr("sk_test_nobody_at_all") if name == "nobody" else ready_made(name)
    SECRETS.add(key.get_secret_value())
    with (
        talking(kind, sandbox, key) as client,
        pytest.raises(VendorAuthenticationError) as caught,
    ):
        client.start_sourcing(search())
    assert (caught.value.status, caught.value.code) == (401, code)
    assert advice in caught.value.advice


def test_what_cannot_succeed_is_not_sent(kind: Kind, sandbox: LocalSandbox) -> None:
    """Our readings (7, 9) of what the contract refuses with 400 are kept on this side."""
    sent: list[httpx.Request] = []
    with talking(kind, sandbox, key_of(sandbox.account()), on_request=sent.append) as client:
        for ids in ([], ["a", " "], [f"p{number}" for number in range(11)]):
            with pytest.raises(InputError):
                client.start_enrichment(ids)
        with pytest.raises(InputError):
            client.sourcing_results("..")
    for fields in ({"title": " "}, {"limit": 0}, {"title": "x" * 201}):
        with pytest.raises(ValueError, match="validation error"):
            search().model_validate({**search().to_wire(), **fields})
    with pytest.raises(ValueError, match="a query, a limit or both"):
        PatchRequest()
    assert sent == []


CALLS: Final[dict[Endpoint, Callable[[Any, str], Any]]] = {
    endpoints.SOURCING: lambda client, _: client.start_sourcing(search()),
    endpoints.PATCH: lambda client, run: client.refine_sourcing(run, PatchRequest(limit=1)),
    endpoints.RESULTS: lambda client, run: client.sourcing_results(run),
    endpoints.PREVIEW: lambda client, _: client.start_preview(preview()),
    endpoints.PREVIEW_RESULTS: lambda client, run: client.preview_results(run),
    endpoints.ENRICH: lambda client, _: client.start_enrichment(["a"]),
    endpoints.ENRICH_RESULTS: lambda client, run: client.enrichment_results(run),
    endpoints.RENDER_HTML: lambda client, _: client.render_html(["a"]),
    endpoints.CREATE_WEBHOOK: lambda client, _: client.create_webhook(hook()),
    endpoints.LIST_WEBHOOKS: lambda client, _: client.list_webhooks(),
    endpoints.GET_WEBHOOK: lambda client, webhook: client.get_webhook(webhook),
    endpoints.UPDATE_WEBHOOK: lambda client, webhook: client.update_webhook(
        webhook, WebhookUpdateRequest(name="new")
    ),
    endpoints.DELETE_WEBHOOK: lambda client, webhook: client.delete_webhook(webhook),
    endpoints.TEST_WEBHOOK: lambda client, webhook: client.test_webhook(webhook),
    endpoints.RESET_WEBHOOK: lambda client, webhook: client.reset_webhook(webhook),
}


@pytest.mark.parametrize("endpoint", TABLE, ids=lambda each: f"{each.method} {each.path}")
def test_every_scope(kind: Kind, sandbox: LocalSandbox, endpoint: Endpoint) -> None:
    """Without it a call is refused with the scope's name as advice; with it, it succeeds.

    Our reading (20) of previews: the scopes of sourcing.
    """
    call = CALLS[endpoint]
    owner = sandbox.account()
    lacking = sandbox.account(
        owner.company_id, scopes=[scope for scope in ALL_SCOPES if scope != endpoint.scope]
    )
    # Webhooks belong to a key, and only one that may write has any.
    extra = ["write:webhooks"] if endpoint.scope == "read:webhooks" else []
    having = sandbox.account(owner.company_id, scopes=[endpoint.scope, *extra])
    if endpoint.path.startswith("/webhooks"):
        subject = having.webhook("https://127.0.0.1:1/hook", "SOURCING_FAILED")["id"]
    else:
        kinds = {endpoints.PREVIEW_RESULTS: "preview", endpoints.ENRICH_RESULTS: "enrichment"}
        run_kind = kinds.get(endpoint, "sourcing")
        subject = (
            owner.start(run_kind, profileIds=["a"])
            if run_kind == "enrichment"
            else owner.start(run_kind, limit=1)
        )
        owner.finished(subject, run_kind)
    with (
        talking(kind, sandbox, key_of(lacking)) as client,
        pytest.raises(VendorPermissionError) as caught,
    ):
        call(client, subject)
    assert (caught.value.status, caught.value.code) == (403, "INSUFFICIENT_SCOPES")
    assert caught.value.advice == f"give the API key the scope {endpoint.scope}"
    with talking(kind, sandbox, key_of(having)) as client:
        call(client, subject)


def test_the_clients_limits_keep_calls_within_the_contracts(
    kind: Kind, sandbox: LocalSandbox
) -> None:
    """The eleventh search in a minute is not sent, and the sandbox never has to refuse one."""
    account = sandbox.account()
    sent: list[httpx.Request] = []
    with talking(kind, sandbox, key_of(account), on_request=sent.append, timeout=5.0) as client:
        for _ in range(10):
            client.start_sourcing(search(1))
        with pytest.raises(VendorTimeoutError) as caught:
            client.start_sourcing(search(1))
    assert len(sent) == 10
    assert caught.value.retryable
    assert not caught.value.outcome_unknown
    assert caught.value.retry_after is not None
    assert 0 < caught.value.retry_after <= 60
    assert account.usage()["held"] == 10
    # Who has no such limits is refused; the headers say why.
    refused = account.http.post("/sourcing", json=search(1).to_wire())
    assert refused.status_code == 429
    assert refused.headers["X-RateLimit-Limit-Minute"] == "10"
    assert refused.headers["X-RateLimit-Remaining-Minute"] == "0"
    assert int(refused.headers["Retry-After"]) == refused.json()["retryAfter"] > 0
    assert refused.json()["remaining"] == 0


def test_two_clients_of_one_key_meet_its_limit(kind: Kind, sandbox: LocalSandbox) -> None:
    """What another process has used up is told by 429: a wait, and a class of its own."""
    account = sandbox.account(per_minute=3)
    with talking(kind, sandbox, key_of(account), timeout=2.0) as client:
        for _ in range(3):
            account.http.get("/webhooks")
        with pytest.raises(VendorRateLimitError) as caught:
            client.list_webhooks()
        error = caught.value
        assert (error.status, error.code) == (429, "RATE_LIMIT_EXCEEDED")
        assert (error.retryable, error.outcome_unknown) == (True, False)
        assert error.advice == "wait and call less often"
        assert error.retry_after is not None
        assert 2 < error.retry_after <= 60
        sandbox.skip(61)
        assert client.list_webhooks().total == 0


def test_charges(kind: Kind, sandbox: LocalSandbox) -> None:
    """Whatever is held is given back, but for what the contract charges."""
    account = sandbox.account(credits=100)
    with talking(kind, sandbox, key_of(account)) as client:
        # Our reading (29): `limit` is held, candidates are charged.
        run = client.start_sourcing(search(5))
        assert account.usage()["held"] == 5
        sandbox.skip()
        found = client.wait_for_sourcing(run.request_id, interval=0).candidates
        assert account.usage()["charged"] == len(found) == 5

        client.refine_sourcing(run.request_id, PatchRequest(limit=2))
        assert account.usage()["held"] == 2
        sandbox.skip()
        client.wait_for_sourcing(run.request_id, interval=0)
        assert account.usage()["charged"] == 7

        # A page of twenty is a credit; the worst case is held.
        quick = client.start_preview(preview(41))
        assert account.usage()["held"] == 3
        sandbox.skip()
        seen = client.wait_for_preview(quick.request_id, interval=0)
        pages = min(3, seen.found_count // 20 + 1)
        assert account.usage()["charged"] == 7 + pages

        # Of an enrichment only successes are paid for.
        ids = [candidate.profile_id for candidate in found[:3]]
        started = client.start_enrichment([*ids, "unknown"])
        assert account.usage()["held"] == 4
        sandbox.skip()
        enriched = client.wait_for_enrichment(started.request_id, interval=0)
        assert enriched.credits_consumed == 3
        client.render_html(ids)  # our reading: cards are free
    usage = account.usage()
    assert (usage["charged"], usage["held"]) == (10 + pages, 0)
    assert usage["available"] == 100 - usage["charged"]


def test_postpaid_companies_are_never_blocked(kind: Kind, sandbox: LocalSandbox) -> None:
    """They are invoiced later."""
    account = sandbox.account(billing="postpaid", credits=0)
    with talking(kind, sandbox, key_of(account)) as client:
        assert len(sourced(sandbox, client, 30).candidates) == 30
    assert account.usage()["available"] == -30


@pytest.mark.parametrize(
    ("start", "wait", "read", "fault", "code"),
    [
        (
            lambda client: client.start_sourcing(search()),
            "wait_for_sourcing",
            "sourcing_results",
            "provider-outage",
            "PROVIDER_TEMPORARILY_UNAVAILABLE",
        ),
        (
            lambda client: client.start_preview(preview()),
            "wait_for_preview",
            "preview_results",
            "agent-error",
            "AGENT_ERROR",
        ),
        (
            lambda client: client.start_enrichment(["a"]),
            "wait_for_enrichment",
            "enrichment_results",
            "agent-error",
            "INTERNAL_ERROR",
        ),
    ],
    ids=["sourcing", "preview", "enrichment"],
)
def test_runs_that_fail(  # noqa: PLR0913, PLR0917  what differs
    kind: Kind,
    sandbox: LocalSandbox,
    start: Callable[[Any], Any],
    wait: str,
    read: str,
    fault: str,
    code: str,
) -> None:
    """HTTP 200 with `success: true` is an error to who waits, and a model to who only looks."""
    account = sandbox.account()
    header = {"X-Sandbox-Fault": fault}
    with talking(kind, sandbox, key_of(account), headers=header) as client:
        run_id = start(client).request_id
    sandbox.skip()
    with talking(kind, sandbox, key_of(account)) as client:
        with pytest.raises(VendorRunError) as caught:
            getattr(client, wait)(run_id, interval=0)
        ended = getattr(client, read)(run_id)
    assert (caught.value.code, caught.value.request_id) == (code, run_id)
    assert caught.value.advice
    assert (ended.status, ended.error_code) == ("failed", code)
    assert account.usage()["charged"] == 0


def test_an_outage_is_http_503_or_a_failed_run(kind: Kind, sandbox: LocalSandbox) -> None:
    """Our reading (15): both occur. A start that met 503 may have taken effect; a read may not."""
    account = sandbox.account()
    header = {"X-Sandbox-Fault": "unavailable"}
    with talking(kind, sandbox, key_of(account), headers=header) as client:
        for name, argument, unclear in (
            ("start_sourcing", search(), True),
            ("sourcing_results", "req_1", False),
        ):
            with pytest.raises(VendorUnavailableError) as caught:
                getattr(client, name)(argument)
            error = caught.value
            assert (error.status, error.code) == (503, "PROVIDER_TEMPORARILY_UNAVAILABLE")
            assert (error.outcome_unknown, error.retryable) == (unclear, not unclear)


def test_a_failed_run_can_be_patched(kind: Kind, sandbox: LocalSandbox) -> None:
    """The lifecycle goes on from `failed` as it does from `completed`."""
    account = sandbox.account()
    header = {"X-Sandbox-Fault": "agent-error"}
    with talking(kind, sandbox, key_of(account), headers=header) as client:
        run_id = client.start_sourcing(search()).request_id
    sandbox.skip()
    with talking(kind, sandbox, key_of(account)) as client:
        with pytest.raises(VendorRunError):
            client.wait_for_sourcing(run_id, interval=0)
        assert isinstance(client.sourcing_results(run_id), SourcingFailed)
        client.refine_sourcing(run_id, PatchRequest(limit=2))
        sandbox.skip()
        assert len(client.wait_for_sourcing(run_id, interval=0).candidates) == 2


def test_any_number_of_profiles(kind: Kind, sandbox: LocalSandbox) -> None:
    """Runs of ten become one result in the order asked; foreign profiles fail one by one."""
    account, other = sandbox.account(), sandbox.account()
    strangers = [person["profileId"] for person in other.sourced(limit=2)]
    ids = [person["profileId"] for person in account.sourced(limit=21)]
    before = account.usage()["charged"]
    asked = [*ids[:12], *strangers, *ids[12:], ids[0]]

    with talking(kind, sandbox, key_of(account)) as client:
        result = client.enrich(
            asked, interval=0, on_progress=lambda _: sandbox.skip(), timeout=60.0
        )
    assert [candidate.profile_id for candidate in result.candidates] == ids
    assert [failure.profile_id for failure in result.failed] == strangers
    assert {failure.error_code for failure in result.failed} == {"PROFILE_NOT_FOUND"}
    assert (len(result.runs), result.unfinished) == (3, ())
    assert result.credits_consumed == account.usage()["charged"] - before == 21


def test_profiles_of_a_preview_can_be_enriched(kind: Kind, sandbox: LocalSandbox) -> None:
    """Our reading (22): a preview is a sourcing session too."""
    account = sandbox.account()
    with talking(kind, sandbox, key_of(account)) as client:
        quick = client.start_preview(preview(1))
        sandbox.skip()
        (person,) = client.wait_for_preview(quick.request_id, interval=0).candidates
        result = client.enrich(
            [person.profile_id], interval=0, on_progress=lambda _: sandbox.skip()
        )
    assert [candidate.name for candidate in result.candidates] == [person.full_name]


def test_a_key_of_several_companies(kind: Kind, sandbox: LocalSandbox) -> None:
    """Our reading (32): `company_id` chooses; without it 400, with a strange one 403."""
    first, second = sandbox.company(), sandbox.company()
    account = sandbox.account(first, second)
    key = key_of(account)
    with talking(kind, sandbox, key) as client, pytest.raises(VendorRequestError) as caught:
        client.start_sourcing(search())
    assert caught.value.status == 400
    with (
        talking(kind, sandbox, key, company_id=sandbox.company()) as client,
        pytest.raises(VendorPermissionError) as denied,
    ):
        client.start_sourcing(search())
    assert denied.value.code == "RESOURCE_ACCESS_DENIED"
    with talking(kind, sandbox, key, company_id=second) as client:
        client.start_sourcing(search(7))
    held = [sandbox.admin("GET", f"/companies/{each}")["held"] for each in (first, second)]
    assert held == [0, 7]


def test_a_run_that_has_expired(kind: Kind) -> None:
    """Our reading (30): a run that is no longer kept is 404 like one that never was."""
    with serving(Settings(speed=SLOW, run_lifetime=60)) as sandbox:
        account = sandbox.account()
        with talking(kind, sandbox, key_of(account)) as client:
            run_id = client.start_sourcing(search(1)).request_id
            sandbox.skip()
            client.wait_for_sourcing(run_id, interval=0)
            sandbox.skip(61)
            with pytest.raises(VendorNotFoundError) as caught:
                client.sourcing_results(run_id)
    assert "runs expire" in caught.value.advice


def test_a_wait_has_an_end(kind: Kind, sandbox: LocalSandbox) -> None:
    """A run that does not end in time is told as such; it goes on and can be waited for again."""
    account = sandbox.account()
    with talking(kind, sandbox, key_of(account)) as client:
        run_id = client.start_sourcing(search(1)).request_id
        with pytest.raises(VendorTimeoutError) as caught:
            client.wait_for_sourcing(run_id, timeout=0.3, interval=0.1)
        assert (caught.value.request_id, caught.value.retryable) == (run_id, True)
        sandbox.skip()
        assert client.wait_for_sourcing(run_id, interval=0).candidates
