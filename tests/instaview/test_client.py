"""The clients against a server: what is sent, what comes back, what is done about trouble."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from operator import methodcaller
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trustme
from clients import CANARY, HOOK, KEY, KINDS, OPERATIONS, SEARCH, WAITS, Kind, Operation, call
from leftovers import no_pauses_between_attempts, nothing_is_left  # noqa: F401
from vendor_server import (
    ACCEPTED,
    CLOSE,
    DRIP_BODY,
    DRIP_HEAD,
    ENDLESS,
    LARGE,
    LOOPBACK,
    PERSON,
    RESET,
    RUN,
    SIGNING_SECRET,
    STALL,
    TRUNCATED,
    WEBHOOK,
    Act,
    Asked,
    VendorServer,
    good_answer,
    reply,
    run,
)

import asynchronous
from candidate_cards.errors import (
    InputError,
    VendorAnswerError,
    VendorAuthenticationError,
    VendorConflictError,
    VendorConnectionError,
    VendorError,
    VendorFundsError,
    VendorRateLimitError,
    VendorResponseError,
    VendorRunError,
    VendorTimeoutError,
    VendorUnavailableError,
)
from candidate_cards.instaview import AsyncClient, Client
from candidate_cards.models import (
    Shortlist,
    SourcingCompleted,
    SourcingFailed,
    SourcingProcessing,
    WebhookUpdateRequest,
)

if TYPE_CHECKING:
    from collections.abc import Callable

both = pytest.mark.parametrize("kind", KINDS)
operations = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.line)

STARTED = reply(202, ACCEPTED)
LIMITED = reply(429, {"statusCode": 429, "retryAfter": 0, "limit": 10, "remaining": 0})


def failure(
    kind: Kind, server: VendorServer, make: Callable[[Any], Any], **options: object
) -> VendorError:
    """Return the error that an operation ends with."""
    with pytest.raises(VendorError) as caught:
        call(kind, server.url, make, **options)
    return caught.value


@both
@operations
def test_each_operation_sends_its_line_and_returns_its_model(
    kind: Kind, operation: Operation
) -> None:
    """Method, path and key are as the contract says; the answer has become a model."""
    with VendorServer() as server:
        assert isinstance(call(kind, server.url, operation.make), operation.kind)
    (asked,) = server.requests
    assert f"{asked.method} {asked.path}" == operation.line
    assert asked.headers["authorization"] == f"Bearer {CANARY}"
    assert asked.headers["accept"] == "application/json"
    assert ("content-type" in asked.headers) == bool(asked.body)


@both
@pytest.mark.parametrize("operation", WAITS, ids=lambda each: each.line)
def test_each_wait_returns_what_the_run_ended_with(kind: Kind, operation: Operation) -> None:
    """Polling begins by itself and ends with the run."""
    with VendorServer() as server:
        assert isinstance(call(kind, server.url, operation.make), operation.kind)


@both
def test_bodies_are_the_models(kind: Kind) -> None:
    """A request model is sent as it writes itself."""
    change = WebhookUpdateRequest(is_active=False)
    with VendorServer() as server:
        call(kind, server.url, lambda client: client.start_sourcing(SEARCH))
        call(kind, server.url, lambda client: client.update_webhook("w1", change))
        call(kind, server.url, lambda client: client.start_enrichment(["a", "b", "a"]))
        call(kind, server.url, lambda client: client.start_enrichment(["a"], webhook_id="w"))
    assert [asked.json for asked in server.requests] == [
        SEARCH.to_wire(),
        {"isActive": False},
        {"profileIds": ["a", "b"]},
        {"profileIds": ["a"], "webhookId": "w"},
    ]


@both
def test_a_company_is_named_in_every_call(kind: Kind) -> None:
    """A key that manages companies says which one is meant."""
    with VendorServer() as server:
        for operation in OPERATIONS:
            call(kind, server.url, operation.make, company_id="ä&b=c")
    assert len(server.requests) == len(OPERATIONS)
    assert all(asked.path.endswith("?companyId=%C3%A4%26b%3Dc") for asked in server.requests)


@both
def test_the_address_may_have_a_prefix(kind: Kind) -> None:
    """Some of the vendor's samples have one."""
    with VendorServer(lambda _: reply(202, ACCEPTED)) as server:
        call(kind, f"{server.url}/v1/", lambda client: client.start_sourcing(SEARCH))
    assert server.requests[0].path == "/v1/sourcing"


@both
@pytest.mark.parametrize("run_id", ["../webhooks", "a/b?c=d#e", "%2e%2e", "ü 1", "a\r\nX: y"])
def test_an_id_stays_in_its_place(kind: Kind, run_id: str) -> None:
    """An id cannot lead to another address, whatever it holds."""
    with VendorServer(lambda _: reply(200, run("completed"))) as server:
        call(kind, server.url, lambda client: client.sourcing_results(run_id))
    first, name, identifier, last = server.requests[0].path.split("/")
    assert (first, name, last) == ("", "sourcing", "results")
    assert not set(identifier) & set("?# \r\n")


@both
@pytest.mark.parametrize("run_id", ["", " ", ".", "..", "a" * 1001, "\ud800", None])
def test_what_is_no_id_is_refused_here(kind: Kind, run_id: Any) -> None:  # noqa: ANN401
    """Nothing is sent that would mean another call."""
    with VendorServer() as server, pytest.raises(InputError, match="id: "):
        call(kind, server.url, lambda client: client.delete_webhook(run_id))
    assert not server.asked


@both
def test_a_wait_tells_of_its_progress(kind: Kind) -> None:
    """The callback hears of each poll that found the run working."""
    acts = [reply(202, run("processing", candidatesSourcedCount=count)) for count in (0, 3, 7)]
    seen: list[SourcingProcessing] = []
    with VendorServer(acts=acts) as server:
        result = call(
            kind,
            server.url,
            lambda client: client.wait_for_sourcing(RUN, interval=0, on_progress=seen.append),
        )
    assert [each.candidates_sourced_count for each in seen] == [0, 3, 7]
    assert [person.name for person in result.candidates] == ["Ada Novak"]


@both
def test_a_run_counts_by_its_status_field(kind: Kind) -> None:
    """HTTP's status says nothing about a run: 200 while it works, 202 once it has ended."""
    acts = [reply(200, run("processing")), reply(202, run("completed"))]
    with VendorServer(acts=acts) as server:
        result = call(kind, server.url, lambda client: client.wait_for_sourcing(RUN, interval=0))
    assert result.candidates == ()


@both
def test_a_failed_run_is_read_as_such_and_ends_a_wait(kind: Kind) -> None:
    """Reading returns it; waiting raises, with the vendor's code and words."""
    failed = reply(200, run("failed", errorCode="AGENT_ERROR", errorMessage="crashed"))
    with VendorServer(lambda _: failed) as server:
        result = call(kind, server.url, lambda client: client.sourcing_results(RUN))
        error = failure(kind, server, lambda client: client.wait_for_sourcing(RUN, interval=0))
    assert isinstance(result, SourcingFailed)
    assert isinstance(error, VendorRunError)
    assert (error.code, error.request_id) == ("AGENT_ERROR", RUN)
    assert "crashed" in str(error)


@both
def test_a_wait_ends_at_its_deadline(kind: Kind) -> None:
    """A run that goes on for ever is given up, and can be waited for again."""
    with VendorServer(lambda _: reply(202, run("processing"))) as server:
        error = failure(
            kind, server, lambda client: client.wait_for_sourcing(RUN, timeout=1, interval=0.1)
        )
    assert isinstance(error, VendorTimeoutError)
    assert (error.request_id, error.retryable, error.outcome_unknown) == (RUN, True, False)
    assert server.asked


@both
@pytest.mark.parametrize("stuck", [STALL, DRIP_HEAD, DRIP_BODY], ids=repr)
def test_a_wait_ends_even_if_an_answer_does_not(kind: Kind, stuck: Act) -> None:
    """A poll gets no more time than the wait has left."""
    with VendorServer(lambda _: stuck) as server:
        error = failure(
            kind, server, lambda client: client.wait_for_sourcing(RUN, timeout=0.4, interval=0)
        )
    assert isinstance(error, VendorTimeoutError)


@both
@pytest.mark.parametrize(
    "settings", [{"timeout": 0}, {"timeout": float("inf")}, {"interval": -1}, {"interval": "5"}]
)
def test_a_wait_without_sense_is_refused(kind: Kind, settings: dict[str, Any]) -> None:
    """Seconds are numbers that can pass."""
    with VendorServer() as server, pytest.raises(InputError, match=f"{next(iter(settings))}: "):
        call(kind, server.url, lambda client: client.wait_for_sourcing(RUN, **settings))
    assert not server.asked


@both
@operations
def test_429_is_waited_out_by_every_operation(kind: Kind, operation: Operation) -> None:
    """Such a call has had no effect, so all may be sent again, paid ones too."""
    with VendorServer(acts=[LIMITED, LIMITED]) as server:
        call(kind, server.url, operation.make)
    assert [act for _, act in server.asked][:2] == ["429", "429"]
    assert len(server.asked) == 3


@both
@operations
@pytest.mark.parametrize("fault", [reply(503, {}), CLOSE, RESET, TRUNCATED], ids=repr)
def test_only_reads_are_repeated_after_a_fault(
    kind: Kind, operation: Operation, fault: Act
) -> None:
    """Anything else is sent once, and its error says that the outcome is not known."""
    with VendorServer(acts=[fault]) as server:
        if operation.only_reads:
            assert isinstance(call(kind, server.url, operation.make), operation.kind)
            assert len(server.asked) == 2
            return
        error = failure(kind, server, operation.make)
    assert len(server.asked) == 1
    assert isinstance(error, VendorUnavailableError | VendorConnectionError)
    assert error.outcome_unknown
    assert not error.retryable
    assert "look before you make the call again" in error.advice


@both
@operations
def test_no_connection_is_tried_again_and_has_cost_nothing(
    kind: Kind, operation: Operation
) -> None:
    """A port where nobody listens: a clear error, and no doubt about the outcome."""
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(VendorConnectionError, match="no connection") as caught:
        call(kind, f"http://{LOOPBACK}:{port}", operation.make)
    assert caught.value.retryable
    assert not caught.value.outcome_unknown


@both
@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("60", {}),
        ("1", {"retryAfter": 30}),
        ("-5", {"retryAfter": 30}),
        ("nan", {"retryAfter": 30}),
        ("soon", {"error": {"code": "RATE_LIMIT_EXCEEDED", "details": {"retryAfter": 30}}}),
        ("1e9", {}),
        ("Fri, 31 Dec 2100 00:00:00 GMT", {"retryAfter": 1}),
    ],
)
def test_a_wait_beyond_the_deadline_is_not_begun(
    kind: Kind, header: str, body: dict[str, object]
) -> None:
    """Whatever asks for the longer wait counts; if there is no time for it, the error says so."""
    limited = reply(429, body, {"Retry-After": header})
    with VendorServer(lambda _: limited) as server:
        error = failure(kind, server, OPERATIONS[0].make, timeout=20)
    assert isinstance(error, VendorRateLimitError)
    assert error.retry_after is not None
    assert error.retry_after >= 30
    assert len(server.asked) == 1


@both
def test_a_storm_of_429_ends(kind: Kind) -> None:
    """Attempts are counted, even if the vendor always asks for another."""
    with VendorServer(lambda _: LIMITED) as server:
        error = failure(kind, server, OPERATIONS[0].make)
    assert isinstance(error, VendorRateLimitError)
    assert len(server.asked) == 6


@both
def test_the_contracts_limit_is_kept_without_asking(kind: Kind) -> None:
    """An eleventh start within a minute has no turn before the deadline, and is not sent."""

    def starts(client: Any) -> list[Any]:  # noqa: ANN401
        return [client.start_sourcing(SEARCH) for _ in range(10)]

    async def starts_awaited(client: Any) -> None:  # noqa: ANN401
        for _ in range(11):
            await client.start_sourcing(SEARCH)

    def starts_and_one(client: Any) -> object:  # noqa: ANN401
        return starts(client) and client.start_sourcing(SEARCH)

    make = starts_and_one if kind == "blocking" else starts_awaited
    with VendorServer() as server:
        error = failure(kind, server, make, timeout=10)
    assert isinstance(error, VendorTimeoutError)
    assert error.retry_after is not None
    assert error.retry_after > 10
    assert not error.outcome_unknown
    assert len(server.asked) == 10


@both
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(kind: Kind, status: int) -> None:
    """The key goes nowhere else, even if a client of the caller's own follows redirects."""
    with VendorServer() as other:
        moved = reply(status, None, {"Location": f"{other.url}/sourcing"})
        with VendorServer(lambda _: moved) as server:
            error = failure(kind, server, OPERATIONS[0].make)
            with httpx.Client(follow_redirects=True) as own, pytest.raises(VendorResponseError):
                Client(KEY, base_url=server.url, http_client=own).start_sourcing(SEARCH)
    assert isinstance(error, VendorResponseError)
    assert error.status == status
    assert "redirects are not followed" in str(error)
    assert not other.asked


@both
@pytest.mark.parametrize("fault", [LARGE, ENDLESS], ids=repr)
def test_an_answer_without_end_is_not_read_to_it(kind: Kind, fault: Act) -> None:
    """Ten mebibytes are more than any answer has."""
    with VendorServer(lambda _: fault) as server:
        error = failure(kind, server, lambda client: client.sourcing_results(RUN))
    assert isinstance(error, VendorAnswerError)
    assert "larger than 10 MiB" in str(error)
    assert len(server.asked) == 1


@both
def test_what_expands_is_not_unpacked(kind: Kind) -> None:
    """An answer that is compressed all the same could be a thousand times its size."""
    packed = reply(200, gzip.compress(bytes(1000)), {"Content-Encoding": "gzip"})
    with VendorServer(lambda _: packed) as server:
        error = failure(kind, server, lambda client: client.sourcing_results(RUN))
    assert isinstance(error, VendorAnswerError)
    assert server.requests[0].headers["accept-encoding"] == "identity"


@both
@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"", "is empty"),
        (b"<html>", "is not valid JSON"),
        (b'{"success": true', "cut off"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"success": NaN}', "NaN is no JSON number"),
        (b"1" * 5000, "digits"),
        (b"\xff\xfe\xfd", "is not valid"),
        ([], "object"),
        (None, "is empty"),
        ({"success": True}, "status"),
        (run("cancelled"), "processing, completed, failed"),
        (run("completed", candidates={}), "candidates: "),
        (run("completed", candidates=[{"name": "Ada"}]), "candidates[0].profileId: "),
        (run("completed", candidates=[{**PERSON, "skills": [1]}]), "candidates[0].skills[0]: "),
    ],
)
def test_an_answer_of_another_shape_is_told_by_its_places(
    kind: Kind, body: object, place: str
) -> None:
    """The error names what is wrong and where; the data in it is not repeated."""
    with VendorServer(lambda _: reply(200, body)) as server:
        error = failure(kind, server, lambda client: client.sourcing_results(RUN))
    assert isinstance(error, VendorAnswerError)
    assert place in str(error)
    assert error.problems
    assert error.request_id == RUN
    assert "Ada" not in f"{error}{error!r}{vars(error)}"


@both
def test_a_refusal_inside_a_success_is_an_error(kind: Kind) -> None:
    """`success: false` counts, whatever the status is."""
    body = {"success": False, "error": {"code": "INTERNAL_ERROR", "message": "crashed"}}
    with VendorServer(lambda _: reply(200, body)) as server:
        error = failure(kind, server, OPERATIONS[0].make)
    assert isinstance(error, VendorResponseError)
    assert (error.status, error.code) == (200, "INTERNAL_ERROR")


@both
def test_a_refusal_whose_body_does_not_come_is_told_by_its_status(kind: Kind) -> None:
    """A wrong key is no broken connection."""
    cut = Act(
        "cut",
        lambda connection, _: connection.sendall(b"HTTP/1.1 401 No\r\nContent-Length: 9\r\n\r\n{"),
    )
    with VendorServer(lambda _: cut) as server:
        error = failure(kind, server, OPERATIONS[0].make)
    assert isinstance(error, VendorAuthenticationError)
    assert "check the API key" in error.advice
    assert not error.outcome_unknown


@both
def test_refining_a_run_that_works_is_a_conflict(kind: Kind) -> None:
    """409 has its class, its code and its advice."""
    body = {"success": False, "error": {"code": "RUN_IN_PROGRESS", "message": "still busy"}}
    with VendorServer(lambda _: reply(409, body)) as server:
        error = failure(kind, server, OPERATIONS[1].make)
    assert isinstance(error, VendorConflictError)
    assert (error.code, error.request_id) == ("RUN_IN_PROGRESS", "req_1")


@both
def test_wrapped_bodies_are_read_too(kind: Kind) -> None:
    """The vendor's general guide wraps every body."""
    wrapped = reply(202, {"success": True, "data": {**ACCEPTED, "requestId": "req_9"}})
    with VendorServer(lambda _: wrapped) as server:
        assert call(kind, server.url, OPERATIONS[0].make).request_id == "req_9"


@both
def test_a_webhooks_secret_is_there_and_hidden(kind: Kind) -> None:
    """It is shown only once, so it must not be lost; nor be printed."""
    with VendorServer() as server:
        created = call(kind, server.url, lambda client: client.create_webhook(HOOK))
    assert created.signing_secret.get_secret_value() == SIGNING_SECRET
    assert SIGNING_SECRET not in repr(created)


@both
def test_webhooks_are_listed(kind: Kind) -> None:
    """The list within the list within the answer."""
    with VendorServer() as server:
        listed = call(kind, server.url, lambda client: client.list_webhooks())
    assert [hook.id for hook in listed.data] == [WEBHOOK["id"]]


def enrichment_vendor(missing: set[str], refuse_at: int = 99) -> Callable[[Asked], Act]:
    """Answer enrichment calls for any profiles.

    Args:
        missing: Profiles that the vendor does not know.
        refuse_at: The start, from 1, at which the balance is used up.
    """
    runs: dict[str, list[str]] = {}

    def item(profile_id: str) -> dict[str, object]:
        if profile_id in missing:
            return {"profileId": profile_id, "success": False, "errorCode": "PROFILE_NOT_FOUND"}
        return {"profileId": profile_id, "success": True, "candidate": {"name": "Ada"}}

    def answer(asked: Asked) -> Act:
        if asked.method == "POST":
            if len(runs) + 1 >= refuse_at:
                return reply(402, {"error": {"code": "INSUFFICIENT_FUNDS", "message": "empty"}})
            run_id = f"enr_{len(runs) + 1}"
            runs[run_id] = asked.json["profileIds"]
            return reply(202, {**ACCEPTED, "requestId": run_id})
        run_id = asked.path.split("/")[3]
        items = [item(each) for each in reversed(runs[run_id])]
        count = sum(bool(each["success"]) for each in items)
        return reply(200, run("completed", data=items, creditsConsumed=count))

    return answer


PEOPLE = [f"p{number}" for number in range(23)]


@both
def test_many_profiles_are_enriched_in_runs_of_ten(kind: Kind) -> None:
    """Repeated ids are asked for once; results come in the order asked; failures have reasons."""
    wanted = [*PEOPLE, "p0", "p22"]
    with VendorServer(enrichment_vendor({"p3", "p21"})) as server:
        result = call(kind, server.url, lambda client: client.enrich(wanted, interval=0))
    starts = [asked.json["profileIds"] for asked in server.requests if asked.method == "POST"]
    assert starts == [PEOPLE[:10], PEOPLE[10:20], PEOPLE[20:]]
    found = [each for each in PEOPLE if each not in {"p3", "p21"}]
    assert [person.profile_id for person in result.candidates] == found
    assert [(each.profile_id, each.error_code) for each in result.failed] == [
        ("p3", "PROFILE_NOT_FOUND"),
        ("p21", "PROFILE_NOT_FOUND"),
    ]
    assert result.runs == ("enr_1", "enr_2", "enr_3")
    assert result.credits_consumed == 21
    assert Shortlist(candidates=result.candidates, failed=result.failed).failed


@both
def test_a_run_that_cannot_start_loses_no_other(kind: Kind) -> None:
    """What was paid for is fetched; the rest is told of, profile by profile."""
    with VendorServer(enrichment_vendor(set(), refuse_at=2)) as server:
        result = call(kind, server.url, lambda client: client.enrich(PEOPLE, interval=0))
    assert [person.profile_id for person in result.candidates] == PEOPLE[:10]
    assert [each.profile_id for each in result.failed] == PEOPLE[10:]
    codes = {each.error_code for each in result.failed[:10]}
    assert codes == {"INSUFFICIENT_FUNDS"}
    assert "not tried" in str(result.failed[10].error_message)
    assert sum(asked.method == "POST" for asked in server.requests) == 2


@both
def test_a_batch_of_which_nothing_could_start_raises(kind: Kind) -> None:
    """There is nothing to lose then, and the reason is one."""
    with VendorServer(enrichment_vendor(set(), refuse_at=1)) as server:
        error = failure(kind, server, lambda client: client.enrich(PEOPLE, interval=0))
    assert isinstance(error, VendorFundsError)
    assert "top up" in error.advice
    assert len(server.asked) == 1


@both
def test_a_batch_that_runs_out_of_time_names_the_runs_that_go_on(kind: Kind) -> None:
    """They may be paid for, so they can be found again."""
    vendor = enrichment_vendor(set())

    def answer(asked: Asked) -> Act:
        last = "enr_3" in asked.path
        return reply(202, run("processing")) if last else vendor(asked)

    with VendorServer(answer) as server:
        result = call(
            kind, server.url, lambda client: client.enrich(PEOPLE, timeout=1.5, interval=0.05)
        )
    assert result.runs == ("enr_1", "enr_2", "enr_3")
    assert result.unfinished == ("enr_3",)
    assert [each.profile_id for each in result.failed] == PEOPLE[20:]
    assert "wait for it again" in str(result.failed[0].error_message)


ODD = {"profileId": "odd", "name": "Grace", "matchScore": "high"}


@both
def test_one_odd_field_costs_no_run_that_was_paid_for(kind: Kind) -> None:
    """Strict reading names it; a shortlist is everything else, and says what is left out."""
    people = [PERSON, ODD, 7]
    with VendorServer(lambda _: reply(200, run("completed", candidates=people))) as server:
        error = failure(kind, server, lambda client: client.wait_for_sourcing(RUN, interval=0))
        shortlist = call(
            kind, server.url, lambda client: client.wait_for_shortlist(RUN, interval=0)
        )
    assert isinstance(error, VendorAnswerError)
    assert [person.profile_id for person in shortlist.candidates] == ["p1", "odd"]
    fields = [problem.field for problem in shortlist.problems]
    assert fields == ["candidates[1].matchScore", "candidates[2]"]
    places = [problem.field for problem in error.problems]
    assert places == ["candidates[1].matchScore", "candidates[2]"]


@both
@pytest.mark.parametrize(
    ("run_kind", "results"),
    [
        ("sourcing", {"candidates": [PERSON, ODD, 7]}),
        ("preview", {"candidates": [{"profileId": "p1", "fullName": "Ada"}, ODD, 7]}),
        (
            "enrichment",
            {
                "data": [
                    {"profileId": "p1", "success": True, "candidate": PERSON},
                    {"profileId": "odd", "success": True, "candidate": ODD},
                    {"profileId": "gone", "success": False, "errorCode": "PROFILE_NOT_FOUND"},
                    7,
                ]
            },
        ),
    ],
)
def test_of_any_run_what_can_be_read_is_a_shortlist(
    kind: Kind, run_kind: str, results: dict[str, object]
) -> None:
    """One look at a run of each kind: people, failures and problems, or the state it is in."""

    def look(client: Any) -> Any:  # noqa: ANN401
        return client.shortlist_results(RUN, run_kind)

    states = [run("completed", **results), run("processing"), run("failed", errorCode="AGENT")]
    with VendorServer(acts=[reply(200, state) for state in states]) as server:
        found, *others = [call(kind, server.url, look) for _ in states]
    assert isinstance(found, Shortlist)
    assert [person.profile_id for person in found.candidates] == ["p1", "odd"]
    assert len(found.problems) == 2
    failed = [each.profile_id for each in found.failed]
    assert failed == (["gone"] if run_kind == "enrichment" else [])
    assert [state.status for state in others] == ["processing", "failed"]
    assert len({asked.path for asked in server.requests}) == 1


@both
def test_one_odd_profile_costs_no_batch(kind: Kind) -> None:
    """The others are there, and it is, without the field."""
    items = [
        {"profileId": "p0", "success": True, "candidate": {"name": "Ada"}},
        {"profileId": "odd", "success": True, "candidate": ODD},
    ]

    def answer(asked: Asked) -> Act:
        return reply(200, run("completed", data=items)) if asked.method == "GET" else STARTED

    with VendorServer(answer) as server:
        result = call(
            kind, server.url, lambda client: client.enrich(["odd", "p0", "none"], interval=0)
        )
    assert [person.name for person in result.candidates] == ["Grace", "Ada"]
    assert [problem.field for problem in result.problems] == ["data[1].candidate.matchScore"]
    assert [each.profile_id for each in result.failed] == ["none"]


@both
def test_many_cards_are_asked_for_ten_at_a_time(kind: Kind) -> None:
    """One answer comes back, in the order asked."""
    with VendorServer() as server:
        result = call(kind, server.url, lambda client: client.render_html(PEOPLE, theme="light"))
    assert [len(asked.json["profileIds"]) for asked in server.requests] == [10, 10, 3]
    assert {asked.json["theme"] for asked in server.requests} == {"light"}
    assert [card.profile_id for card in result.data] == PEOPLE
    assert result.rendered_count == len(PEOPLE)


@both
def test_cards_that_did_not_come_are_told_of(kind: Kind) -> None:
    """A call that fails, the ones after it, and a card that an answer leaves out."""

    def answer(asked: Asked) -> Act:
        ids = asked.json["profileIds"]
        if "p10" in ids:
            return reply(503, {"errorCode": "PROVIDER_TEMPORARILY_UNAVAILABLE"})
        cards = [{"profileId": each, "success": True} for each in ids if each != "p4"]
        return reply(200, {"success": True, "renderedCount": 9, "data": cards})

    with VendorServer(answer) as server:
        result = call(kind, server.url, lambda client: client.render_html(PEOPLE))
    assert [card.profile_id for card in result.data] == PEOPLE
    assert result.rendered_count == 9
    assert [card.success for card in result.data[10:]] == [False] * 13
    assert result.data[4].error_message == "the answer does not name it"
    assert result.data[10].error_code == "PROVIDER_TEMPORARILY_UNAVAILABLE"
    assert "not tried" in str(result.data[20].error_message)


@both
def test_cards_may_be_asked_for_once(kind: Kind) -> None:
    """What would be repeated otherwise, since it cannot cost anything, is not."""
    busy = reply(429, {}, {"Retry-After": "0"})
    with VendorServer(acts=[busy]) as server:
        call(kind, server.url, lambda client: client.render_html(["p1"]))
        assert len(server.asked) == 2
    with VendorServer(acts=[busy]) as server, pytest.raises(VendorRateLimitError):
        call(kind, server.url, lambda client: client.render_html(["p1"], repeat=False))
    assert len(server.asked) == 1


@both
def test_all_cards_together_have_a_time_limit(kind: Kind) -> None:
    """The second ten get no answer; for the third there is no time left, and no call."""
    good = good_answer(Asked("POST", "/sourcing/render-html", body=b'{"profileIds": ["p0"]}'))
    with VendorServer(acts=[good, STALL]) as server:
        result = call(kind, server.url, lambda client: client.render_html(PEOPLE, timeout=2))
    assert [name for _, name in server.asked] == ["200", "stall"]
    assert [card.success for card in result.data] == [True, *[False] * (len(PEOPLE) - 1)]
    for timeout in (0, -1, float("nan"), float("inf")):
        with pytest.raises(InputError, match="timeout"):
            call(kind, f"http://{LOOPBACK}:9", methodcaller("render_html", ["p1"], timeout=timeout))


@both
def test_no_call_is_made_when_the_time_for_all_is_over(kind: Kind) -> None:
    """It would be cut off at once, and nobody would know whether it took effect."""
    with VendorServer() as server:
        for method in ("render_html", "enrich"):
            with pytest.raises(VendorTimeoutError, match="not sent") as raised:
                call(kind, server.url, methodcaller(method, ["p1"], timeout=1e-9))
            assert not raised.value.outcome_unknown
    assert server.connections == 0


@both
@pytest.mark.parametrize("ids", [[], "p1", [""], [1], ["a", " "], [*PEOPLE[:10], "a\ud800"]])
def test_what_names_no_profile_is_refused_here(kind: Kind, ids: Any) -> None:  # noqa: ANN401
    """A text is not taken for a list of its letters."""
    with VendorServer() as server:
        for method in ("enrich", "start_enrichment", "render_html"):
            with pytest.raises(InputError, match="profile_ids"):
                call(kind, server.url, methodcaller(method, ids))
    assert not server.asked


@both
def test_one_run_takes_ten(kind: Kind) -> None:
    """More than the vendor takes is refused where only one run is meant."""
    with VendorServer() as server, pytest.raises(InputError, match="10"):
        call(kind, server.url, lambda client: client.start_enrichment(PEOPLE))
    assert not server.asked


def test_the_environments_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key passes through no proxy that was not asked for; a client of one's own is asking."""
    with VendorServer() as proxy, VendorServer() as server:
        for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        for kind in KINDS:
            call(kind, server.url, OPERATIONS[0].make)
        assert not proxy.asked
        assert len(server.asked) == 2
        # It is no proxy in truth.
        with httpx.Client() as own, pytest.raises(VendorResponseError):
            Client(KEY, base_url=server.url, http_client=own).start_sourcing(SEARCH)
    assert len(proxy.asked) == 1


def test_a_client_of_ones_own_is_used_and_stays_open() -> None:
    """Its headers are sent, its login is not, and closing is its owner's."""
    login = ("me", "mine")
    with VendorServer() as server, httpx.Client(headers={"X-Own": "1"}, auth=login) as own:
        with Client(KEY, base_url=server.url, http_client=own) as client:
            client.start_sourcing(SEARCH)
        assert not own.is_closed
    assert server.requests[0].headers["x-own"] == "1"
    assert server.requests[0].headers["authorization"] == f"Bearer {CANARY}"


def test_a_transport_without_sockets_will_do() -> None:
    """Tests of those who use a client can do without a server."""

    def answer(request: httpx.Request) -> httpx.Response:
        assert json.loads(request.content)["title"]
        return httpx.Response(202, json=ACCEPTED)

    transport = httpx.MockTransport(answer)
    with httpx.Client(transport=transport) as own:
        assert Client(KEY, http_client=own).start_sourcing(SEARCH).request_id == RUN

    async def main() -> str:
        async with httpx.AsyncClient(transport=transport) as own:
            return (await AsyncClient(KEY, http_client=own).start_sourcing(SEARCH)).request_id

    assert asynchronous.run(main()) == RUN


def test_a_closed_client_opens_nothing() -> None:
    """What `with` has closed stays so."""
    with VendorServer() as server:
        with Client(KEY, base_url=server.url) as client:
            pass
        with pytest.raises(RuntimeError, match="closed"):
            client.start_sourcing(SEARCH)
    assert not server.asked


@both
def test_a_deletion_is_one_whatever_comes_back(kind: Kind) -> None:
    """The contract says 204; a body that nobody reads cannot be wrong."""
    for content in (b"", b"<html>", b'{"success": true}'):
        with VendorServer(lambda _, body=content: reply(200, body)) as server:  # type: ignore[misc]
            assert call(kind, server.url, lambda client: client.delete_webhook("w1")) is None


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Nobody's authority but this test's."""
    return trustme.CA()


@pytest.fixture
def encrypted(authority: trustme.CA) -> ssl.SSLContext:
    """What a server of that authority encrypts with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(LOOPBACK).configure_cert(context)
    return context


@both
def test_a_certificate_that_nobody_vouches_for_ends_it(
    kind: Kind, encrypted: ssl.SSLContext
) -> None:
    """The key is not sent, and trying again would change nothing."""
    with VendorServer(tls=encrypted) as server:
        error = failure(kind, server, OPERATIONS[0].make)
    assert isinstance(error, VendorConnectionError)
    assert "certificate cannot be verified" in str(error)
    assert not error.outcome_unknown
    assert server.connections == 1
    assert not server.asked


@both
def test_a_private_authority_comes_with_a_client_of_ones_own(
    kind: Kind, encrypted: ssl.SSLContext, authority: trustme.CA
) -> None:
    """Encrypted answers are read, and one that drips is cut off as well."""
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    def ended(make: Callable[[Any], Any], url: str) -> Any:  # noqa: ANN401
        if kind == "blocking":
            with httpx.Client(verify=trusting) as own:
                return make(Client(KEY, base_url=url, http_client=own, timeout=1.5))

        async def main() -> object:
            async with httpx.AsyncClient(verify=trusting) as own:
                return await make(AsyncClient(KEY, base_url=url, http_client=own, timeout=1.5))

        return asynchronous.run(main())

    with VendorServer(tls=encrypted) as server:
        assert ended(OPERATIONS[0].make, server.url).request_id == RUN
    dripping = VendorServer(lambda _: DRIP_HEAD, tls=encrypted)
    with dripping as server, pytest.raises(VendorTimeoutError):
        ended(OPERATIONS[0].make, server.url)
    assert len(server.asked) == 1


@both
def test_a_server_that_does_not_answer_in_tls_has_got_nothing(kind: Kind) -> None:
    """A handshake that does not end is no connection, so nothing can have been started."""
    with VendorServer() as server, pytest.raises(VendorTimeoutError) as caught:
        call(kind, server.url.replace("http:", "https:"), OPERATIONS[0].make, timeout=0.5)
    assert not caught.value.outcome_unknown
    assert not server.asked


@pytest.mark.parametrize(("scheme", "unknown"), [("https", False), ("http", True)])
def test_a_loop_that_is_held_up_knows_what_was_sent(scheme: str, unknown: bool) -> None:  # noqa: FBT001
    """Where the times for connection and answer are over at once, what was sent still decides."""

    async def main(server: VendorServer) -> None:
        url = server.url.replace("http:", f"{scheme}:")
        async with AsyncClient(KEY, base_url=url, timeout=2) as client:
            call = asyncio.ensure_future(client.start_sourcing(SEARCH))
            # Without TLS the server has the request; with it, it waits for the rest of a greeting.
            while not (server.asked if unknown else server.connections):  # noqa: ASYNC110  a thread's
                await asyncio.sleep(0.01)
            time.sleep(2.1)  # noqa: ASYNC251  it is to hold up the loop
            await call

    with VendorServer(acts=[STALL]) as server, pytest.raises(VendorTimeoutError) as caught:
        asynchronous.run(main(server))
    assert caught.value.outcome_unknown == unknown
    assert len(server.asked) == unknown


@pytest.mark.parametrize(
    ("kind", "other"), [(Client, httpx.AsyncClient), (AsyncClient, httpx.Client), (Client, object)]
)
def test_a_client_of_the_other_kind_is_refused(kind: Any, other: Any) -> None:  # noqa: ANN401
    """Before something is called that would have to be awaited."""
    with pytest.raises(InputError, match="http_client: must be an httpx"):
        kind(KEY, http_client=other())


def test_one_client_serves_several_threads() -> None:
    """Calls do not get into each other's way, and the limit counts them all."""
    with VendorServer() as server, Client(KEY, base_url=server.url, timeout=5) as client:
        with ThreadPoolExecutor(8) as executor:
            calls = [executor.submit(client.start_sourcing, SEARCH) for _ in range(16)]
        errors = [call.exception() for call in calls]
    assert [type(error) for error in errors if error] == [VendorTimeoutError] * 6
    assert len(server.asked) == 10


def test_one_client_serves_several_tasks() -> None:
    """The same in one loop; a task that is cancelled in its call takes no other with it."""

    async def main(server: VendorServer) -> list[Any]:
        async with AsyncClient(KEY, base_url=server.url) as client:
            stuck = asyncio.create_task(client.get_webhook("w1"))
            while not server.asked:  # noqa: ASYNC110  the server is another thread's
                await asyncio.sleep(0.01)
            others = [client.sourcing_results(RUN) for _ in range(20)]
            stuck.cancel()
            return await asyncio.gather(stuck, *others, return_exceptions=True)

    with VendorServer(acts=[STALL]) as server:
        cancelled, *results = asynchronous.run(main(server))
    assert isinstance(cancelled, asyncio.CancelledError)
    assert all(isinstance(result, SourcingCompleted) for result in results)


@both
def test_no_connection_is_used_twice(kind: Kind) -> None:
    """One that the server closes meanwhile would leave the outcome of a paid call unknown."""

    def twice(client: Any) -> object:  # noqa: ANN401
        return client.start_sourcing(SEARCH) and client.start_sourcing(SEARCH)

    async def twice_awaited(client: Any) -> None:  # noqa: ANN401
        await client.start_sourcing(SEARCH)
        await client.start_sourcing(SEARCH)

    with VendorServer() as server:
        call(kind, server.url, twice if kind == "blocking" else twice_awaited)
    assert server.connections == len(server.asked) == 2


def test_a_client_of_ones_own_is_cut_off_as_well() -> None:
    """Its pool is not used: a connection from there could be held for ever."""
    with VendorServer(acts=[STARTED, DRIP_HEAD]) as server, httpx.Client() as own:
        client = Client(KEY, base_url=server.url, http_client=own, timeout=2)
        client.start_sourcing(SEARCH)
        with ThreadPoolExecutor(1) as executor:
            second = executor.submit(client.start_sourcing, SEARCH)
            try:
                error = second.exception(20)
            finally:
                server.close()
    assert isinstance(error, VendorTimeoutError)
