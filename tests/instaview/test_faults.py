"""Any operation against any sequence of faults: the right model or the right error, in time.

``expected`` is the promise, written once more and without a network.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import pytest
from clients import KINDS, OPERATIONS, WAITS, Kind, Operation, call
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from leftovers import no_pauses_between_attempts, nothing_is_left, open_sockets  # noqa: F401
from vendor_server import (
    CHUNKS_CUT,
    CLOSE,
    DRIP_BODY,
    DRIP_HEAD,
    DRIP_TO_THE_END,
    ENDLESS,
    ENDLESS_HEAD,
    LARGE,
    NOT_HTTP,
    RESET,
    STALL,
    STALL_IN_BODY,
    TRUNCATED,
    Act,
    VendorServer,
    reply,
)

from candidate_cards import errors
from candidate_cards.errors import VendorError

if TYPE_CHECKING:
    from collections.abc import Sequence

ATTEMPTS: Final = 6


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong.

    Attributes:
        act: What the server does.
        error: What it is in the end.
        again: Which operations are sent again after it.
        unclear: Whether one that is not may have had an effect.
    """

    act: Act
    error: type[VendorError]
    again: Literal["all", "reads", "none"] = "none"
    unclear: bool = False

    def __repr__(self) -> str:
        return repr(self.act)


def status(code: int, error: type[VendorError], **settings: object) -> Fault:
    """Return the fault that is an answer with this status."""
    return Fault(reply(code, {"error": {"message": "no"}}), error, **settings)  # type: ignore[arg-type]


BROKEN: Final = [
    Fault(act, errors.VendorConnectionError, "reads", unclear=True)
    for act in (CLOSE, RESET, TRUNCATED, CHUNKS_CUT, NOT_HTTP, ENDLESS_HEAD)
]
STUCK: Final = [
    Fault(act, errors.VendorTimeoutError, unclear=True)
    for act in (STALL, STALL_IN_BODY, DRIP_HEAD, DRIP_BODY, DRIP_TO_THE_END)
]
SENSELESS: Final = [
    Fault(act, errors.VendorAnswerError, unclear=True)
    for act in (
        LARGE,
        ENDLESS,
        reply(200, b"<html>", name="html"),
        reply(200, b'{"success": tru', name="half"),
        reply(200, b"[]", name="list"),
        reply(200, {"success": [], "requestId": [], "id": {}, "data": 7}, name="wrong-types"),
    )
]
REFUSALS: Final = [
    status(429, errors.VendorRateLimitError, again="all"),
    *(
        status(code, errors.VendorUnavailableError, again="reads", unclear=True)
        for code in (500, 502, 503, 504)
    ),
    status(501, errors.VendorUnavailableError, unclear=True),
    status(400, errors.VendorRequestError),
    status(401, errors.VendorAuthenticationError),
    status(402, errors.VendorFundsError),
    status(403, errors.VendorPermissionError),
    status(404, errors.VendorNotFoundError),
    status(409, errors.VendorConflictError),
    status(422, errors.VendorRequestError),
    status(302, errors.VendorResponseError),
    status(418, errors.VendorResponseError),
    Fault(reply(200, {"success": False}, name="false"), errors.VendorResponseError),
]
QUICK: Final = [*BROKEN, *SENSELESS, *REFUSALS]


def expected(operation: Operation, faults: Sequence[Fault]) -> tuple[Fault | None, int]:
    """Return the fault that an operation ends with, if any, and how often its first call is sent.

    A wait whose start succeeded ends with what its last poll does.
    """
    for sent, fault in enumerate(faults, start=1):
        goes_on = fault.again == "all" or (fault.again == "reads" and operation.only_reads)
        if not goes_on or sent == ATTEMPTS:
            return fault, sent
    return None, len(faults) + 1


def check(kind: Kind, operation: Operation, faults: Sequence[Fault], timeout: float) -> None:
    """Run an operation and compare."""
    fault, sent = expected(operation, faults)
    sockets, threads = open_sockets(), set(threading.enumerate())
    with VendorServer(acts=[each.act for each in faults]) as server:
        outcome = _in_time(kind, server.url, operation, timeout)
    if fault is None:
        assert isinstance(outcome, operation.kind)
    else:
        assert type(outcome) is fault.error
        assert outcome.outcome_unknown == (fault.unclear and not operation.only_reads)
        assert not (outcome.outcome_unknown and outcome.retryable)
        assert outcome.advice
        assert outcome.__context__ is None
    first = [f"{asked.method} {asked.path}" for asked in server.requests].count(operation.line)
    assert first == sent
    assert open_sockets() <= sockets
    assert set(threading.enumerate()) <= threads


def _in_time(kind: Kind, url: str, operation: Operation, timeout: float) -> object:
    """Return its result or its error; if it were to hang, say so instead of hanging as well."""
    executor = ThreadPoolExecutor(1)
    future = executor.submit(call, kind, url, operation.make, timeout=timeout)
    try:
        return future.result(60)
    except VendorError as error:
        return error
    finally:
        # One that hangs ends with the server.
        executor.shutdown(wait=future.done())


# What gives no JSON is fine for an operation that reads none.
CHOICE: Final = [each for each in (*OPERATIONS, *WAITS) if each.kind is not type(None)]


@pytest.mark.parametrize("kind", KINDS)
@settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.sampled_from(CHOICE), st.lists(st.sampled_from(QUICK), max_size=3))
@example(CHOICE[2], [BROKEN[0]] * ATTEMPTS)
@example(CHOICE[0], [REFUSALS[0]] * ATTEMPTS)
def test_any_faults_end_in_the_right_model_or_error(
    kind: Kind, operation: Operation, faults: list[Fault]
) -> None:
    """Nothing that may have had an effect is sent again; everything else is, six times at most."""
    check(kind, operation, faults, timeout=60)


@pytest.mark.parametrize("kind", KINDS)
@settings(
    deadline=None,
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.sampled_from([each for each in CHOICE if each in OPERATIONS]),
    st.lists(st.sampled_from([REFUSALS[0], BROKEN[0]]), max_size=1),
    st.sampled_from(STUCK),
)
def test_whatever_gets_stuck_ends_at_the_deadline(
    kind: Kind, operation: Operation, before: list[Fault], stuck: Fault
) -> None:
    """A byte now and then keeps nobody, before the headers or after."""
    check(kind, operation, [*before, stuck], timeout=1.5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_read_that_gets_stuck_gets_a_second_chance(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One attempt does not take all of a deadline, if another may follow."""
    monkeypatch.setattr("candidate_cards.instaview._protocol._LONGEST_READ", 1.0)
    with VendorServer(acts=[STALL]) as server:
        call(kind, server.url, OPERATIONS[2].make)
    assert len(server.asked) == 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stuck", STUCK, ids=repr)
def test_a_poll_that_gets_stuck_does_not_end_a_wait(kind: Kind, stuck: Fault) -> None:
    """It is made again, since the wait has more time than one call."""
    with VendorServer(acts=[stuck.act]) as server:
        result = call(kind, server.url, WAITS[0].make, timeout=1.0)
    assert isinstance(result, WAITS[0].kind)
    assert len(server.asked) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_wait_obeys_429_beyond_the_time_of_one_call(kind: Kind) -> None:
    """Polling goes on after whatever pause the vendor asks for, if the wait has the time."""
    limited = reply(429, {}, {"Retry-After": "300"})
    with VendorServer(acts=[limited]) as server:
        assert isinstance(call(kind, server.url, WAITS[0].make, timeout=5), WAITS[0].kind)
