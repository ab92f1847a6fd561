"""The key is seen by the vendor, and by nobody else."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from clients import CANARY, KEY, KINDS, OPERATIONS, SEARCH, WAITS, Kind, Operation, call
from leftovers import no_pauses_between_attempts, nothing_is_left  # noqa: F401
from pydantic import SecretStr
from vendor_server import (
    CLOSE,
    DRIP_HEAD,
    LARGE,
    LOOPBACK,
    NOT_HTTP,
    PERSON,
    RESET,
    STALL,
    TRUNCATED,
    Act,
    VendorServer,
    reply,
    run,
)

from candidate_cards.errors import CandidateCardsError, InputError, VendorError
from candidate_cards.instaview import AsyncClient, Client

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A vendor that repeats what it was sent, in every place that it has.
ECHO = {"message": f"bad key {CANARY}", "code": CANARY, "requestId": CANARY}
PATHS = [
    CLOSE,
    RESET,
    STALL,
    DRIP_HEAD,
    TRUNCATED,
    NOT_HTTP,
    LARGE,
    reply(200, b"<html>"),
    reply(200, run("completed", candidates=[{"name": CANARY}])),
    reply(200, run("failed", errorCode=CANARY, errorMessage=f"no {CANARY}"), name="failed"),
    reply(200, {"success": False, "error": ECHO}, name="false"),
    reply(302, None, {"Location": f"https://example.com/?key={CANARY}"}),
    reply(401, {"error": ECHO}, name="401-nested"),
    reply(401, ECHO, name="401-flat"),
    reply(403, {"message": [CANARY, f"\u202e{CANARY[:9]}\u200b{CANARY[9:]}"], "error": CANARY}),
    reply(404, CANARY.encode(), name="404-text"),
    reply(429, {"retryAfter": 90, **ECHO}),
    reply(503, {"errorCode": CANARY, "errorMessage": CANARY}),
]


#: The second of two people cannot be read.
ODD = reply(
    200,
    run("completed", candidates=[{**PERSON, "name": "Grace"}, {**PERSON, "matchScore": "Grace"}]),
)


def everything(error: BaseException | None) -> Iterator[str]:
    """Yield all that a report of an error could show, with the variables of every frame."""
    while error is not None:
        yield from (str(error), repr(error), repr(vars(error)), repr(error.args))
        assert not type(error).__module__.startswith(("httpx", "httpcore", "h11"))
        if isinstance(error, CandidateCardsError):
            yield repr(pickle.dumps(error))
        report = traceback.TracebackException.from_exception(error, capture_locals=True)
        yield "".join(report.format())
        yield from getattr(error, "__notes__", ())
        error = error.__cause__ or error.__context__


def logged(records: list[logging.LogRecord]) -> Iterator[str]:
    """Yield all that a handler could write of records."""
    for record in records:
        yield record.getMessage()
        yield repr(vars(record))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("operation", [OPERATIONS[0], WAITS[0]], ids=lambda each: each.line)
@pytest.mark.parametrize("path", PATHS, ids=repr)
def test_no_failure_shows_the_key(
    kind: Kind,
    operation: Operation,
    path: Act,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Not in what is raised or logged, even by a vendor that repeats it."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("asyncio").setLevel(logging.DEBUG)
    with VendorServer(lambda _: path) as server, pytest.raises(VendorError) as caught:
        call(kind, server.url, operation.make, timeout=0.5)
    seen = list(everything(caught.value))
    assert server.requests[0].headers["authorization"] == f"Bearer {CANARY}"
    # What the vendor itself sends is in httpcore's own log of headers; that is not ours to clean.
    ours = [record for record in caplog.records if "Location" not in record.getMessage()]
    assert {"httpx", "httpcore.http11"} & {record.name for record in ours}
    assert len(seen) >= 5
    assert not [text for text in [*seen, *logged(ours)] if CANARY in text]


@pytest.mark.parametrize("kind", KINDS)
def test_a_success_shows_no_key(kind: Kind, caplog: pytest.LogCaptureFixture) -> None:
    """Nor does what goes well."""
    caplog.set_level(logging.DEBUG)
    with VendorServer() as server:
        for operation in OPERATIONS:
            assert CANARY not in repr(call(kind, server.url, operation.make))
    assert len(caplog.records) > len(OPERATIONS)
    assert not [text for text in logged(caplog.records) if CANARY in text]


@pytest.mark.parametrize("kind", KINDS)
def test_no_connection_shows_no_key(kind: Kind, caplog: pytest.LogCaptureFixture) -> None:
    """Before anything is sent, too."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(VendorError) as caught:
        call(kind, f"http://{LOOPBACK}:1", OPERATIONS[0].make)
    texts = [*everything(caught.value), *logged(caplog.records)]
    assert len(texts) > 5
    assert not [text for text in texts if CANARY in text]


@pytest.mark.parametrize("kind", KINDS)
def test_people_in_an_answer_are_in_no_error(kind: Kind) -> None:
    """The answer of a run that was paid for is not spread over logs, because one field is odd."""
    with VendorServer(lambda _: ODD) as server, pytest.raises(VendorError) as caught:
        call(kind, server.url, OPERATIONS[2].make)
    texts = list(everything(caught.value))
    assert any("candidates[1].matchScore" in text for text in texts)
    assert not [text for text in texts if "Grace" in text]


def test_a_client_shows_its_address_only() -> None:
    """`repr` and what a debugger shows of the parts; a client is no thing to be pickled."""
    for client in (Client(KEY), AsyncClient(KEY)):
        assert repr(client) == f"{type(client).__name__}(base_url='https://api.instaview.sk')"
        assert CANARY not in repr(vars(client))
        assert CANARY not in repr(
            [vars(part) for part in vars(client).values() if hasattr(part, "__dict__")]
        )
        with pytest.raises(TypeError):
            pickle.dumps(client)
        with pytest.raises(TypeError):
            copy.deepcopy(client)


@pytest.mark.parametrize(
    "key", [f"{CANARY}\n", f" {CANARY}", f"{CANARY}ä", f"{CANARY}\0", "", CANARY]
)
def test_a_key_that_cannot_be_one_is_refused_unseen(key: str) -> None:
    """A line break copied with it would be printed by what refuses to send it."""
    wrapped: Any = key if key == CANARY else SecretStr(key)
    with pytest.raises(InputError, match="api_key: ") as caught:
        Client(wrapped)
    report = traceback.TracebackException.from_exception(caught.value)
    texts = [str(caught.value), repr(caught.value), "".join(report.format())]
    assert not [text for text in texts if CANARY in text]


def test_a_client_of_ones_own_keeps_no_key() -> None:
    """The key is put on each request, not on the client that others may use as well."""
    with VendorServer() as server, httpx.Client() as own:
        Client(KEY, base_url=server.url, http_client=own).start_sourcing(SEARCH)
        assert CANARY not in repr(own.headers.raw)
        own.post(f"{server.url}/sourcing", content=b"{}")
    assert "authorization" not in server.requests[1].headers
