"""The log: what it tells, and that it names nobody, whatever happens, at every level."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest
import vendor_server as play
from fastapi.routing import APIRoute
from pydantic import SecretStr

import asynchronous
from candidate_cards.errors import StoreError
from candidate_cards.service import Company, logs
from candidate_cards.service.app import _GROUPS
from candidate_cards.webhooks import HmacScheme
from sandboxes import eventually
from services import person, serving_cards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Whatever is personal or secret here has it in it.
CANARY: Final = "canary7"
KEY: Final = SecretStr(f"sk_live_{CANARY}_{CANARY}_{CANARY}")
COMPANY: Final = f"company-{CANARY}"
_SECRET: Final = f"{CANARY} signs embeds with this text of some length"

_CHORES: Final = (".retention", ".intake")
PATH: Final = "/sourcing/render-html"


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the command would write to standard error at its most talkative."""
    # A sandbox in this process has had uvicorn write elsewhere.
    monkeypatch.setattr(logging.getLogger("uvicorn"), "propagate", True)
    root = logging.getLogger()
    before = root.handlers[:], root.level
    written = io.StringIO()
    logs.configure("debug")
    for handler in root.handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(written)
    root.addHandler(caplog.handler)
    try:
        yield written
    finally:
        root.handlers[:] = before[0]
        root.setLevel(before[1])
        for name in ("candidate_cards", "stamina"):
            logging.getLogger(name).setLevel(logging.NOTSET)


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    """Return the records that were written, each one a line, but those of chores."""
    told = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line for line in told if not line["logger"].endswith(_CHORES)]


def test_an_answer_is_one_line(log: io.StringIO) -> None:
    """Request id, template of the route, status, time, and what stands for the company."""
    with serving_cards() as service:
        account = service.account(COMPANY)
        answer = account.render_html("a", "b")
        service.http.get("/nowhere/at/all?q=x")
    first, second = lines(log)
    assert first.pop("milliseconds") > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|\+00:00)", first.pop("time"))
    assert first == {
        "level": "INFO",
        "logger": "candidate_cards.service",
        "message": "answered",
        "requestId": answer.headers["X-Request-ID"],
        "method": "POST",
        "route": PATH,
        "status": 200,
        "company": logs.company_hash(COMPANY),
    }
    assert re.fullmatch(r"[0-9a-f]{12}", first["company"])
    assert (second["route"], second["status"], second["company"]) == ("", 404, "")


def test_companies_are_told_apart() -> None:
    """The same company is always the same hash, others are others."""
    assert logs.company_hash("a") == logs.company_hash("a") != logs.company_hash("b")


def test_machines_that_look_every_few_seconds_are_details(log: io.StringIO) -> None:
    """They would fill a log in which nobody looks for them."""
    with serving_cards() as service:
        for path in ("/healthz", "/readyz", "/metrics"):
            service.http.get(path)
    assert [line["level"] for line in lines(log)] == ["DEBUG"] * 3


@pytest.mark.parametrize("level", ["warning", "error"])
def test_answers_are_not_logged_above_info(log: io.StringIO, level: str) -> None:
    """Who wants less says so."""
    logging.getLogger("candidate_cards").setLevel(level.upper())
    with serving_cards() as service:
        service.http.get("/nowhere")
    assert lines(log) == []


def _routes() -> Iterator[tuple[str, str]]:
    yield "GET", "/openapi.json"
    for group in _GROUPS:
        for route in group.router.routes:
            assert isinstance(route, APIRoute)
            yield from ((method, route.path) for method in sorted(route.methods or ()))


def _bodies() -> tuple[Any, ...]:
    profile = person(CANARY, name=f"Ada {CANARY}", rationale=f"<b>{CANARY}", emails=[CANARY])
    return (
        profile.to_wire(),
        {"profileIds": [CANARY]},
        {"candidates": [profile.to_wire()]},
        {CANARY: CANARY},
        [{CANARY: CANARY}],
    )


def test_no_route_logs_anybody(log: io.StringIO, caplog: pytest.LogCaptureFixture) -> None:
    """Names, ids, keys, addresses and query strings: in no record of any route."""
    with serving_cards(development=True, embed_secrets=[_SECRET]) as service:
        account = service.account(COMPANY, secret=KEY, name=CANARY)
        service.save(COMPANY, person(CANARY, name=f"Ada {CANARY}"))
        found = list(_routes())
        assert len(found) > 25
        for method, path in found:
            url = re.sub(r"\{[^}]*\}", CANARY, path)
            for body in (None, *_bodies()):
                if method == "DELETE" and body is not None:
                    continue
                account.http.request(
                    method,
                    url,
                    params={CANARY: CANARY, "theme": CANARY, "url": CANARY},
                    json=body,
                    headers={f"X-{CANARY}": CANARY, "Cookie": CANARY, "Referer": CANARY},
                )
            service.http.request(method, url, headers={"Authorization": f"Bearer x{CANARY}"})
    assert len(lines(log)) > 100
    _assert_nobody(log, caplog)


def _found_by_the_vendor(asked: play.Asked) -> play.Act:
    """Answer with somebody; of the second run, that there is none."""
    if "req_1" not in asked.path:
        return play.reply(404, {"success": False, "error": {"code": CANARY, "message": CANARY}})
    found = [person(f"p2-{CANARY}", name=CANARY).to_wire(), {"name": CANARY}, CANARY]
    return play.reply(200, play.run("completed", candidates=found))


def test_a_session_logs_nobody(log: io.StringIO, caplog: pytest.LogCaptureFixture) -> None:
    """Of all that a service does: companies by their hash, runs by their ids, and no more."""
    scheme = HmacScheme("X-Signature")
    company = Company(vendor_key=KEY, webhook_secrets=(SecretStr(_SECRET),), webhook_scheme=scheme)

    def deliver(name: str, run: str, secret: str = _SECRET, **data: object) -> int:
        event = {
            "event": name,
            "timestamp": datetime.now(UTC).isoformat(),
            "deliveryId": f"{CANARY}-{run.replace(' ', '-')}",
            "data": {"requestId": run, "candidates": [CANARY], **data},
        }
        body = json.dumps(event).encode()
        headers = scheme.sign(body, SecretStr(secret), delivery_id="-", timestamp=datetime.now(UTC))
        return service.http.post(f"/webhooks/{COMPANY}", content=body, headers=headers).status_code

    with (
        play.VendorServer(_found_by_the_vendor) as vendor,
        serving_cards(
            companies={COMPANY: company},
            embed_secrets=[_SECRET],
            retention_days=1,
            vendor_url=vendor.url,
        ) as service,
    ):
        account = service.account(COMPANY, secret=KEY, name=CANARY)
        ids = service.people(COMPANY, 1, name=CANARY)
        assert account.http.post("/candidates", json=_bodies()[0]).status_code == 200
        made = account.http.post("/embeds", json={"profileIds": ids}).json()["data"][0]
        assert service.http.get(made["url"]).status_code == 200
        assert service.http.get("/oembed", params={"url": made["url"]}).status_code == 200
        assert account.render_html(CANARY, *ids).json()["renderedCount"] == 2
        for form in ("page", "email"):
            assert account.http.get(f"/candidates/{CANARY}/{form}").status_code == 200
        assert deliver("sourcing.completed", "req_1") == 204
        assert deliver("sourcing.completed", "req_1") == 204
        assert deliver("sourcing.completed", "req_2") == 204
        assert deliver("sourcing.failed", "req_3", errorMessage=CANARY) == 204
        assert deliver("sourcing.completed", f"a {CANARY}") == 400
        assert deliver("sourcing.completed", "req_4", secret=CANARY * 9) == 401
        eventually(
            lambda: account.http.get(f"/candidates/p2-{CANARY}").status_code,
            lambda status: status == 200,
        )
        eventually(log.getvalue, lambda text: "no results yet" in text)
        service.service.retention.sweep()
        assert account.http.delete(f"/candidates/{CANARY}").status_code == 204
        assert account.http.delete("/candidates", params={"confirm": COMPANY}).status_code == 200
    _assert_nobody(log, caplog)
    told = [json.loads(line) for line in log.getvalue().splitlines()]
    loggers = {line["logger"].removeprefix("candidate_cards.") for line in told}
    assert loggers == {"service", "service.intake", "service.retention", "webhooks.receiving"}
    assert {line["company"] for line in told if line.get("company")} == {logs.company_hash(COMPANY)}
    assert {line["run"] for line in told if "run" in line} == {"req_1", "req_2"}


def _assert_nobody(log: io.StringIO, caplog: pytest.LogCaptureFixture) -> None:
    assert CANARY not in log.getvalue()
    for record in caplog.records:
        if record.name.startswith(("httpx", "httpcore")) and "canary" in str(vars(record)):
            continue  # the test's own client, which is in the same process
        assert CANARY not in record.getMessage()
        assert CANARY not in repr(vars(record))


def _raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> None:  # noqa: ANN401  of what is replaced
        name = CANARY  # shown by who stores the variables of frames
        raise error from ValueError(name)

    return fail


_ERRORS: Final = (
    ValueError(CANARY),
    KeyError(CANARY),
    RuntimeError(CANARY),
    StoreError(CANARY),
    UnicodeDecodeError("utf-8", CANARY.encode(), 0, 1, CANARY),
    ExceptionGroup(CANARY, [ValueError(CANARY)]),
    MemoryError(CANARY),
    RecursionError(CANARY),
    AssertionError(CANARY),
    TimeoutError(CANARY),
)


@pytest.mark.parametrize("error", _ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("where", ["find_key", "versions", "load"])
def test_a_bug_is_logged_without_its_text(
    log: io.StringIO,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    where: str,
) -> None:
    """What was raised and in which lines, but not what it says; the caller hears even less."""
    with serving_cards() as service:
        account = service.account(COMPANY, secret=KEY)
        service.save(COMPANY, person(CANARY))
        monkeypatch.setattr(service.service.store, where, _raising(error))
        refused = account.render_html(CANARY)
    assert refused.status_code == (503 if isinstance(error, StoreError) else 500)
    assert CANARY not in refused.text
    failure, answered = lines(log)
    assert failure["level"] == "ERROR"
    assert failure["requestId"] == answered["requestId"] == refused.headers["X-Request-ID"]
    assert failure["raised"][0] == type(error).__name__
    assert any("test_service_logs.py" in line for line in failure["raised"])
    assert "ValueError" in failure["raised"]
    _assert_nobody(log, caplog)


def _vendors() -> dict[str, play.Act]:
    error = {"code": "UNAUTHORIZED", "message": CANARY, "details": {CANARY: CANARY}}
    return {
        "refuses": play.reply(401, {"success": False, "error": error}),
        "fails": play.reply(500, {"success": False, "error": error}),
        "limits": play.reply(429, {"message": CANARY}, {"Retry-After": "9", "X-Who": CANARY}),
        "lies": play.reply(200, {"success": True, "data": [{"profileId": CANARY}]}),
        "sends hostile HTML": play.reply(
            200,
            {
                "success": True,
                "renderedCount": 1,
                "data": [{"profileId": CANARY, "success": True, "htmlContent": f"<x {CANARY}>"}],
            },
        ),
        "sends no JSON": play.reply(200, CANARY.encode()),
        "redirects": play.reply(302, b"", {"Location": f"http://127.0.0.1:1/{CANARY}"}),
        "is cut off": play.TRUNCATED,
        "resets": play.RESET,
        "is silent": play.STALL,
    }


@pytest.mark.parametrize("mode", ["proxy", "fallback"])
@pytest.mark.parametrize("trouble", _vendors())
def test_a_vendor_in_trouble_is_not_quoted(
    log: io.StringIO, caplog: pytest.LogCaptureFixture, mode: str, trouble: str
) -> None:
    """Neither its words nor the key nor whom it was asked for."""
    act = _vendors()[trouble]
    with (
        play.VendorServer(lambda _: act) as vendor,
        serving_cards(
            mode=mode,
            vendor_url=vendor.url,
            vendor_patience=0.5,
            companies={COMPANY: Company(vendor_key=KEY)},
        ) as service,
    ):
        account = service.account(COMPANY)
        service.save(COMPANY, person(CANARY, name=CANARY))
        account.render_html(CANARY)
        assert vendor.requests
    assert [line["message"] for line in lines(log)] == ["answered"]
    assert CANARY not in log.getvalue()
    for record in caplog.records:
        assert KEY.get_secret_value() not in repr(vars(record))


def test_what_nobody_caught_is_logged_alike(log: io.StringIO) -> None:
    """A callback of the event loop that fails is told by its class and lines."""

    def fail() -> None:
        raise ValueError(CANARY)

    async def turn() -> None:
        loop = asyncio.get_running_loop()
        logs.hush(loop)
        loop.call_soon(fail)
        await asyncio.sleep(0)

    asynchronous.run(turn())
    (line,) = lines(log)
    assert (line["message"], line["raised"][0]) == ("an error that nobody caught", "ValueError")
    assert CANARY not in log.getvalue()


def test_other_packages_are_heard_from_warnings_on(log: io.StringIO) -> None:
    """At its most talkative the log is still ours: a library's debugging may quote anything."""
    logging.getLogger("sqlalchemy.engine").info(CANARY)
    logging.getLogger("httpcore").debug(CANARY)
    logging.getLogger("asyncio").debug(CANARY)
    logging.getLogger("candidate_cards.service").debug("ours")
    logging.getLogger("elsewhere").warning("theirs")
    assert [line["message"] for line in lines(log)] == ["ours", "theirs"]


def test_a_traceback_has_no_text(log: io.StringIO) -> None:
    """What any library logs with an error is told as our own is."""
    try:
        _raising(KeyError(CANARY))()
    except KeyError:
        logging.getLogger("uvicorn.error").exception("went wrong")
    (line,) = lines(log)
    assert line["message"] == "went wrong"
    assert line["exc_info"][0] == "KeyError"
    assert CANARY not in log.getvalue()
