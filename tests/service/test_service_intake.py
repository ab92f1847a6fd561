"""What deliveries have told of is fetched and stored, whatever the vendor and the database do."""

from __future__ import annotations

import logging
import sqlite3
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from leftovers import no_pauses_between_attempts, nothing_is_left  # noqa: F401
from pydantic import SecretStr
from vendor_server import PERSON, RESET, STALL, Act, Asked, VendorServer, reply, run

from candidate_cards.models import Candidate
from candidate_cards.service import Company
from candidate_cards.service import intake as the_module
from candidate_cards.service.background import in_background
from candidate_cards.service.intake import Intake
from candidate_cards.service.metrics import Metrics
from candidate_cards.store import open_store
from sandboxes import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from candidate_cards.store import Fetch, FetchKind, Store

START: Final = datetime(2026, 6, 1, 8, tzinfo=UTC)
FAR: Final = START + timedelta(days=1000)
KEY: Final = "sk_live_Canary8Canary8Canary8Canary8Can"
NOT_FOUND: Final = reply(404, {"success": False, "error": {"code": "REQUEST_NOT_FOUND"}})


@dataclass
class World:
    """A store, an intake that works on it, and a clock that stands still until it is moved."""

    store: Store
    path: Path
    intake: Intake
    metrics: Metrics
    time: datetime = START

    def add(self, request_id: str, kind: FetchKind = "sourcing", company: str = "acme") -> None:
        """Ask for a run, as a delivery does."""
        self.store.add_fetch(company, kind, request_id, at=self.time)
        self.intake.wake()

    def skip(self, wait: timedelta) -> None:
        """Let time pass."""
        self.time += wait
        self.intake.wake()

    def waiting(self) -> list[Fetch]:
        """Return all fetches, due or not."""
        return list(self.store.due_fetches(FAR, 1_000))

    def settled(
        self, is_right: Callable[[list[Fetch]], bool] = lambda left: not left
    ) -> list[Fetch]:
        """Return the fetches that are left, once they are as they should be."""
        left: list[Fetch] = eventually(self.waiting, is_right)
        return left

    def counted(self, name: str, outcome: str) -> float:
        """Return what was counted."""
        line = f'cards_{name}_total{{outcome="{outcome}"}} '.encode()
        found = [each for each in self.metrics.text().splitlines() if each.startswith(line)]
        return sum(float(each.removeprefix(line)) for each in found)

    def names(self, *profile_ids: str, company: str = "acme") -> dict[str, str | None]:
        """Return the names that are stored."""
        found = self.store.load(company, profile_ids or ["p1"])
        return {each: stored.candidate.name for each, stored in found.items()}


@contextmanager
def taking_in(folder: Path, url: str, *companies: str) -> Iterator[World]:
    """Let an intake work on a new store."""
    path = folder / "cards.sqlite3"
    settings = {name: Company(vendor_key=SecretStr(KEY)) for name in companies or ("acme",)}
    with open_store(f"sqlite:///{path}") as store:
        metrics = Metrics()
        intake = Intake(store, settings, url, metrics, now=lambda: world.time)
        world = World(store, path, intake, metrics)
        with in_background(intake.work):
            yield world


def shown(caplog: pytest.LogCaptureFixture) -> str:
    """Return all that a handler could write of our records."""
    return "\n".join(
        f"{record.getMessage()} {vars(record)}"
        for record in caplog.records
        if record.name.startswith("candidate_cards")
    )


def people(*candidates: object) -> Act:
    """Answer with a search that has found them."""
    return reply(200, run("completed", candidates=list(candidates)))


def test_a_search_a_preview_and_an_enrichment_are_stored(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Each is found where the vendor keeps it, merged over what was there, and asked for once."""
    caplog.set_level(logging.INFO)
    enriched = [
        {"profileId": "p1", "success": True, "candidate": {"emails": ["ada@example.test"]}},
        {"profileId": "p2", "success": False, "errorCode": "PROFILE_NOT_FOUND"},
    ]
    answers = {
        "/sourcing/req_a/results": people(PERSON),
        "/sourcing/preview/req_b/results": people({"profileId": "p3", "fullName": "Grace"}),
        "/sourcing/enrich/enr_c/results": reply(200, run("completed", data=enriched)),
    }
    with (
        VendorServer(lambda asked: answers.get(asked.path, NOT_FOUND)) as vendor,
        taking_in(tmp_path, vendor.url) as world,
    ):
        world.add("req_a")
        world.settled()
        world.add("req_b")
        world.add("enr_c", "enrichment")
        world.settled()
        assert world.names("p1", "p2", "p3") == {"p1": "Ada Novak", "p3": "Grace"}
        merged = world.store.load("acme", ["p1"])["p1"]
        assert (merged.candidate.match_score, merged.candidate.emails) == (
            91,
            ("ada@example.test",),
        )
        assert merged.saved_at == START
    asked = sorted(each.path for each in vendor.requests)
    assert asked == sorted([*answers, "/sourcing/req_b/results"])
    assert world.counted("fetches", "stored") == 3
    assert world.counted("fetched_profiles", "stored") == 3
    assert world.counted("fetched_profiles", "failed") == 1
    assert caplog.messages.count("results stored") == 3
    assert "Ada" not in shown(caplog)
    assert KEY not in shown(caplog)


def test_a_run_that_goes_on_is_asked_again_later_and_later(tmp_path: Path) -> None:
    """The contract's ten seconds come first, then pauses grow; in the end it is stored."""
    answer = reply(202, run("processing"))
    with VendorServer(lambda _: answer) as vendor, taking_in(tmp_path, vendor.url) as world:
        world.add("req_1")
        pauses = []
        for count in range(1, 12):
            (fetch,) = world.settled(lambda left, c=count: left[0].postponed == c)  # type: ignore[misc]
            pauses.append((fetch.due_at - world.time).total_seconds())
            before = len(vendor.requests)
            world.skip(fetch.due_at - world.time - timedelta(seconds=1))
            world.skip(timedelta(seconds=1))
            eventually(lambda: len(vendor.requests), lambda sent, b=before: sent > b)
        assert pauses[:4] == [10, 20, 40, 80]
        assert pauses[-3:] == [900, 900, 900]
        answer = people(PERSON)
        world.skip(timedelta(hours=1))
        world.settled()
        assert world.names() == {"p1": "Ada Novak"}


def test_a_run_that_has_failed_is_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is not asked for again, and the log names it."""
    failed = reply(200, run("failed", errorCode="AGENT_ERROR"))
    with VendorServer(lambda _: failed) as vendor, taking_in(tmp_path, vendor.url) as world:
        world.add("req_1")
        world.add("..")  # would lead to another address
        world.settled()
        world.skip(timedelta(days=1))
    assert len(vendor.requests) == 1
    assert world.counted("fetches", "failed") == 2
    assert "req_1" in shown(caplog)
    assert "acme" not in shown(caplog)


def test_a_run_that_nobody_knows_is_over_after_an_hour(tmp_path: Path) -> None:
    """A vendor may be behind its own events; not for long."""
    answer = NOT_FOUND
    with VendorServer(lambda _: answer) as vendor, taking_in(tmp_path, vendor.url) as world:
        world.add("req_1")
        world.add("req_2")
        world.settled(lambda left: [each.postponed for each in left] == [1, 1])
        assert {asked.path for asked in vendor.requests} == {
            f"/sourcing{kind}/{run_id}/results"
            for kind in ("", "/preview")
            for run_id in ("req_1", "req_2")
        }
        world.skip(timedelta(hours=1))
        world.settled()
        assert world.names() == {}
        world.add("req_3")
        world.settled(lambda left: left[0].postponed == 1)
        answer = people(PERSON)
        world.skip(timedelta(seconds=10))
        world.settled()
        assert world.names() == {"p1": "Ada Novak"}
    assert world.counted("fetches", "given up") == 2


@pytest.mark.parametrize(
    "trouble",
    [
        reply(503, {}),
        reply(401, {}),
        reply(403, {}),
        reply(200, b"<html>Ada Novak</html>"),
        people({"name": "Ada Novak"}),
        RESET,
    ],
    ids=["unavailable", "wrong key", "no scope", "no JSON", "nobody can be read", "broken"],
)
def test_trouble_is_waited_out_for_a_day(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, trouble: Act
) -> None:
    """It is tried again until it is given up, with a line in the log that names nobody."""
    caplog.set_level(logging.INFO)
    with VendorServer(lambda _: trouble) as vendor, taking_in(tmp_path, vendor.url) as world:
        world.add("req_1")
        (fetch,) = world.settled(lambda left: left[0].postponed == 1)
        world.skip(timedelta(hours=23))
        (fetch,) = world.settled(lambda left: left[0].postponed == 2)
        assert fetch.due_at < START + timedelta(days=1)
        world.skip(timedelta(hours=1))
        world.settled()
        assert world.names() == {}
    assert world.counted("fetches", "postponed") == 2
    assert world.counted("fetches", "given up") == 1
    assert "; given up" in caplog.text
    assert "req_1" in shown(caplog)
    assert "Ada" not in shown(caplog)
    assert KEY not in shown(caplog)


def test_trouble_that_ends_costs_nothing(tmp_path: Path) -> None:
    """What a fetch did not get, its next attempt does."""
    answer = reply(503, {})
    with VendorServer(lambda _: answer) as vendor, taking_in(tmp_path, vendor.url) as world:
        world.add("req_1")
        world.settled(lambda left: left[0].postponed == 1)
        answer = people(PERSON)
        world.skip(timedelta(seconds=10))
        world.settled()
        assert world.names() == {"p1": "Ada Novak"}


def test_the_vendor_is_asked_as_late_as_it_asks(tmp_path: Path) -> None:
    """A wait that is too long for one call is kept by the next; no later than for a day."""
    waits = iter(["700", "31536000"])

    def limited(_: Asked) -> Act:
        return reply(429, {}, {"Retry-After": next(waits)})

    with VendorServer(limited) as vendor, taking_in(tmp_path, vendor.url) as world:
        world.add("req_1")
        (fetch,) = world.settled(lambda left: left[0].postponed == 1)
        assert fetch.due_at == START + timedelta(seconds=700)
        world.skip(timedelta(seconds=700))
        (fetch,) = world.settled(lambda left: left[0].postponed == 2)
        assert fetch.due_at == START + timedelta(days=1)


def test_one_odd_candidate_costs_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Who cannot be read is counted; the others are there."""
    caplog.set_level(logging.INFO)
    odd = ({"profileId": "p" * 3000, "name": "Grace"}, {"name": "Nobody"}, 7)
    with (
        VendorServer(lambda _: people(PERSON, *odd, {"profileId": "p3"})) as vendor,
        taking_in(tmp_path, vendor.url) as world,
    ):
        world.add("req_1")
        world.settled()
        assert set(world.names("p1", "p3")) == {"p1", "p3"}
    assert world.counted("fetched_profiles", "stored") == 3
    assert "'problems': 3" in shown(caplog)


@pytest.mark.parametrize(
    ("erase", "left"),
    [
        (lambda store: store.erase_company("acme"), {}),
        (lambda store: store.erase("acme", "p1"), {"p2": "Bo"}),
    ],
    ids=["company", "candidate"],
)
def test_who_is_erased_while_an_answer_is_on_its_way_stays_erased(
    tmp_path: Path, erase: Callable[[Store], object], left: dict[str, str]
) -> None:
    """The vendor still has them, and has just said so; whoever else was found is stored."""
    worlds: list[World] = []

    def late(_: Asked) -> Act:
        erase(worlds[0].store)
        return people(PERSON, {"profileId": "p2", "name": "Bo"})

    with VendorServer(late) as vendor, taking_in(tmp_path, vendor.url) as world:
        worlds.append(world)
        world.store.save("acme", [Candidate.model_validate(PERSON)], at=START)
        world.add("req_1")
        outcome = "stored" if left else "superfluous"
        eventually(lambda: world.counted("fetches", outcome), lambda count: count == 1)
        assert world.names("p1", "p2") == left
        assert world.waiting() == []
    assert world.counted("fetched_profiles", "withheld") == len(left)


def test_few_are_asked_for_at_a_time(tmp_path: Path) -> None:
    """However many are due, no more than eight calls are under way, and all are made."""
    guard, release = threading.Lock(), threading.Event()
    now = most = 0

    def slow(asked: Asked) -> Act:
        name = asked.path.split("/")[2]

        def play(connection: Any, closing: threading.Event) -> None:  # noqa: ANN401  a socket
            nonlocal now, most
            with guard:
                now += 1
                most = max(most, now)
            release.wait(30)
            with guard:
                now -= 1
            people({"profileId": name}).play(connection, closing)

        return Act("slow", play, stays=True)

    ids = [f"req_{number}" for number in range(30)]
    with VendorServer(slow) as vendor, taking_in(tmp_path, vendor.url) as world:
        for request_id in ids:
            world.add(request_id)
        eventually(lambda: now, lambda count: count == the_module._MOST_AT_ONCE)
        release.set()
        world.settled()
        assert set(world.names(*ids)) == set(ids)
    assert most == the_module._MOST_AT_ONCE == 8
    assert len(vendor.requests) == 30


def test_an_event_that_comes_while_its_run_is_fetched_is_not_lost(tmp_path: Path) -> None:
    """A search that was refined meanwhile is fetched once more."""
    asked, release = threading.Event(), threading.Event()
    first, second = people(PERSON), people({"profileId": "p9"})

    def held(connection: Any, closing: threading.Event) -> None:  # noqa: ANN401  a socket
        asked.set()
        release.wait(30)
        first.play(connection, closing)

    acts = [Act("held", held, stays=True), second]
    with VendorServer(acts=acts) as vendor, taking_in(tmp_path, vendor.url) as world:
        world.add("req_1")
        assert asked.wait(30)
        world.time += timedelta(milliseconds=1)
        world.add("req_1")
        release.set()
        world.settled()
        assert set(world.names("p1", "p9")) == {"p1", "p9"}
    assert len(vendor.requests) == 2


def test_a_database_that_fails_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What could not be saved, or not even be looked up, is there once the database is well."""

    def rename(old: str, new: str) -> None:
        with closing(sqlite3.connect(world.path)) as connection, connection:
            connection.execute(f"ALTER TABLE {old} RENAME TO {new}")

    with (
        VendorServer(lambda _: people(PERSON)) as vendor,
        taking_in(tmp_path, vendor.url) as world,
    ):
        rename("cards_candidates", "elsewhere")
        world.add("req_1")
        eventually(lambda: caplog.text, lambda text: "cannot be put down" in text)
        rename("cards_fetches", "also_elsewhere")
        eventually(lambda: caplog.text, lambda text: "is due is not known" in text)
        rename("elsewhere", "cards_candidates")
        rename("also_elsewhere", "cards_fetches")
        world.settled()
        assert world.names() == {"p1": "Ada Novak"}
    assert "Ada" not in shown(caplog)


def test_a_bug_costs_its_own_fetch_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The others go on; it is tried again, and the log does not say what it was about."""
    found = the_module._found

    async def buggy(client: Any, fetch: Fetch) -> Any:  # noqa: ANN401  as the real one
        if fetch.request_id == "req_bug":
            raise KeyError("Ada Novak")
        return await found(client, fetch)

    caplog.set_level(logging.INFO)
    monkeypatch.setattr(the_module, "_found", buggy)
    with (
        VendorServer(lambda _: people(PERSON)) as vendor,
        taking_in(tmp_path, vendor.url) as world,
    ):
        world.add("req_bug")
        world.add("req_1")
        (left,) = world.settled(lambda waiting: len(waiting) == 1 and waiting[0].postponed == 1)
        assert left.request_id == "req_bug"
        assert world.names() == {"p1": "Ada Novak"}
    assert "'KeyError'" in shown(caplog)
    assert "Ada" not in shown(caplog)


def test_a_bug_before_a_fetch_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What is due is looked for again, and then fetched."""
    with (
        VendorServer(lambda _: people(PERSON)) as vendor,
        taking_in(tmp_path, vendor.url) as world,
    ):
        due_fetches, failed = world.store.due_fetches, threading.Event()

        def buggy(*arguments: Any) -> Any:  # noqa: ANN401  as the real one
            if not failed.is_set():
                failed.set()
                raise KeyError("Ada Novak")
            return due_fetches(*arguments)

        monkeypatch.setattr(world.store, "due_fetches", buggy)
        assert failed.wait(10)
        world.add("req_1")
        world.settled()
        assert world.names() == {"p1": "Ada Novak"}
    assert "'KeyError'" in shown(caplog)
    assert "Ada" not in shown(caplog)


def test_companies_do_not_meet(tmp_path: Path) -> None:
    """Each is asked for with its own key and stored as its own; one without a key waits for it."""
    with open_store(f"sqlite:///{tmp_path / 'cards.sqlite3'}") as store:
        settings = {
            "acme": Company(vendor_key=SecretStr("sk_live_acme")),
            "bolt": Company(vendor_key=SecretStr("sk_live_bolt")),
            "mute": Company(),
        }

        def answer(asked: Asked) -> Act:
            return people({"profileId": "p1", "name": asked.headers["authorization"]})

        with VendorServer(answer) as vendor:
            intake = Intake(store, settings, vendor.url, Metrics(), now=lambda: START)
            for company in (*settings, "gone"):
                store.add_fetch(company, "sourcing", "req_1", at=START)
            with in_background(intake.work):
                left = eventually(
                    lambda: store.due_fetches(FAR, 9),
                    lambda left: len(left) == 2 and all(each.postponed for each in left),
                )
        assert {fetch.company for fetch in left} == {"mute", "gone"}
        names = {
            company: [stored.candidate.name for stored in store.load(company, ["p1"]).values()]
            for company in (*settings, "gone")
        }
        assert names == {
            "acme": ["Bearer sk_live_acme"],
            "bolt": ["Bearer sk_live_bolt"],
            "mute": [],
            "gone": [],
        }


def test_a_fetch_that_is_stopped_stays_due(tmp_path: Path) -> None:
    """Stopping does not wait for the vendor; the next process begins with what was under way."""
    with VendorServer(lambda _: STALL) as vendor:
        with taking_in(tmp_path, vendor.url) as world:
            world.add("req_1")
            eventually(lambda: vendor.requests, len)
        with open_store(f"sqlite:///{world.path}") as store:
            assert [fetch.postponed for fetch in store.due_fetches(START, 9)] == [0]
    with VendorServer(lambda _: people(PERSON)) as vendor, taking_in(tmp_path, vendor.url) as world:
        world.settled()
        assert world.names() == {"p1": "Ada Novak"}


def test_saving_again_changes_nothing(tmp_path: Path) -> None:
    """A process that dies between saving and ending fetches once more, without effect."""
    with (
        VendorServer(lambda _: people(PERSON)) as vendor,
        taking_in(tmp_path, vendor.url) as world,
    ):
        candidate = Candidate.model_validate(PERSON)
        world.add("req_1")
        world.settled()
        version = world.store.versions("acme", ["p1"])
        world.add("req_1")
        world.settled()
        assert world.store.versions("acme", ["p1"]) == version
        assert world.store.load("acme", ["p1"])["p1"].candidate == candidate
    assert len(vendor.requests) == 2
