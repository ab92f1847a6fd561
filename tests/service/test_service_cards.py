"""Cards that are kept: of one company and version, for a while, never after an erasure."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidate_cards.models import RenderedCard
from candidate_cards.service.cards import CardCache, encoded, joined, not_found
from candidate_cards.store import open_store
from sandboxes import eventually
from services import LocalService, person, serving_cards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from services import Account


@pytest.fixture
def service() -> Iterator[LocalService]:
    """A service with a cache of its own."""
    with serving_cards() as running:
        yield running


def names(account: Account, *profile_ids: str, **fields: object) -> list[str | None]:
    """Return the names on the cards, with a look at whether the markup has them too."""
    data = account.render_html(*profile_ids, **fields).json()["data"]
    for card in data:
        assert not card["success"] or card["name"] in card["htmlContent"]
    return [card.get("name") for card in data]


def count_loads(service: LocalService, monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """Return what will hold the ids of every load."""
    loads: list[Sequence[str]] = []
    load = service.service.store.load

    def counted(company: str, profile_ids: Sequence[str]) -> Any:  # noqa: ANN401  the store's
        loads.append(profile_ids)
        return load(company, profile_ids)

    monkeypatch.setattr(service.service.store, "load", counted)
    return loads


def test_a_card_is_made_once(service: LocalService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it is joined from what is kept, byte for byte, whichever cards are beside it."""
    account = service.account()
    ids = service.people(account.company, 10)
    loads = count_loads(service, monkeypatch)
    first = account.render_html(*ids)
    assert account.render_html(*ids).content == first.content
    assert loads == [tuple(ids)]
    mixed = account.render_html(ids[3], "nobody", ids[1]).json()["data"]
    assert mixed[0] == first.json()["data"][3]
    assert mixed[2] == first.json()["data"][1]
    assert len(loads) == 1
    service.people_named(account.company, "another")
    account.render_html(ids[0], "another")
    assert loads[1:] == [("another",)]
    account.render_html(*ids, theme="light")
    assert loads[2:] == [tuple(ids)]


def test_a_change_is_seen_at_once(service: LocalService) -> None:
    """Also where another process has made it."""
    account = service.account()
    (profile_id,) = service.people(account.company, 1)
    assert names(account, profile_id) == [f"Person {profile_id} of {account.company}"]
    with open_store(service.service.settings.store.get_secret_value()) as elsewhere:
        elsewhere.save(account.company, [person(profile_id, name="Renamed")], at=service.now())
        assert names(account, profile_id) == ["Renamed"]
        elsewhere.erase(account.company, profile_id)
        assert names(account, profile_id) == [None]
        assert service.service.cards.size == 0
        elsewhere.revoke_key(account.key_id, at=service.now())
        assert account.render_html(profile_id).status_code == 401


def test_nobodys_cards_are_mixed_up(service: LocalService) -> None:
    """Companies with the same ids, the same question, each its own people, however often."""
    accounts = [service.account() for _ in range(5)]
    for account in accounts:
        service.people(account.company, 5)
    ids = [f"prof_{number}" for number in range(5)]
    for _ in range(3):
        for account in accounts:
            expected = [f"Person {each} of {account.company}" for each in ids]
            assert names(account, *ids) == expected
    lonely = service.account()
    assert names(lonely, *ids) == [None] * 5


def test_many_ask_at_once(service: LocalService) -> None:
    """Questions that are asked together are answered each to its own asker."""
    accounts = [service.account() for _ in range(4)]
    for account in accounts:
        service.people(account.company, 10)
    wrong: list[object] = []

    def ask(number: int) -> None:
        account = accounts[number % 4]
        client = service.client(account.key.get_secret_value())
        ids = [f"prof_{(number + step) % 10}" for step in range(5)]
        for _ in range(10):
            answer = client.post("/sourcing/render-html", json={"profileIds": ids}).json()
            told = [(card["profileId"], card["name"]) for card in answer["data"]]
            if told != [(each, f"Person {each} of {account.company}") for each in ids]:
                wrong.append(told)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_who_is_erased_amid_a_rendering_is_not_kept(
    service: LocalService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A card that was begun before the erasure goes out, and stays nowhere."""
    account = service.account()
    (profile_id,) = service.people(account.company, 1)
    begun, erased = threading.Event(), threading.Event()
    load = service.service.store.load

    def slow(company: str, profile_ids: Sequence[str]) -> Any:  # noqa: ANN401  the store's
        found = load(company, profile_ids)
        begun.set()
        assert erased.wait(30)
        return found

    monkeypatch.setattr(service.service.store, "load", slow)
    asking = threading.Thread(target=account.render_html, args=(profile_id,))
    asking.start()
    assert begun.wait(30)
    assert account.http.delete(f"/candidates/{profile_id}").status_code == 204
    erased.set()
    asking.join()
    assert service.service.cards.size == 0


def test_what_is_kept_is_bounded() -> None:
    """The least used go first; and nothing is kept where there is room for nothing."""
    with serving_cards(cache_bytes=20_000) as service:
        account = service.account()
        ids = service.people(account.company, 30)
        for first in range(0, 30, 10):
            account.render_html(*ids[first : first + 10])
        assert 10_000 < service.service.cards.size <= 20_000
    with serving_cards(cache_bytes=0) as service:
        account = service.account()
        ids = service.people(account.company, 2)
        assert account.render_html(*ids).json()["renderedCount"] == 2
        assert service.service.cards.size == 0


def test_what_is_kept_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether anybody asks for it or not."""
    with serving_cards(cache_seconds=0.2) as service:
        account = service.account()
        ids = service.people(account.company, 2)
        loads = count_loads(service, monkeypatch)
        account.render_html(*ids)
        service.skip(1)
        account.render_html(*ids)
        assert len(loads) == 2
        eventually(lambda: service.service.cards.size, lambda size: size == 0)


class _Clock:
    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["put", "drop", "erase", "erase_company", "clear", "expire", "wait"]),
            st.sampled_from(["a", "b"]),
            st.sampled_from(["p", "q"]),
            st.sampled_from(["dark", "light"]),
            st.integers(0, 2),
        ),
        max_size=40,
    )
)
def test_the_cache_is_as_a_plain_dictionary(steps: list[tuple[str, str, str, str, int]]) -> None:
    """Whatever is done to it, it gives the latest card of the version asked for, or none."""
    clock = _Clock()
    cache = CardCache(10**9, 100, clock)
    known: dict[tuple[str, str, str], tuple[int, int]] = {}
    for step, company, profile_id, theme, number in steps:
        key = (company, profile_id, theme)
        if step == "put":
            card = encoded(RenderedCard(profile_id=profile_id, success=True), str(number))
            cache.put(*key, str(number), card, cache.erasures)
            known[key] = number, clock.now + 100
        elif step in {"drop", "erase"}:
            getattr(cache, step)(company, profile_id)
            known = {each: one for each, one in known.items() if each[:2] != key[:2]}
        elif step == "erase_company":
            cache.erase_company(company)
            known = {each: one for each, one in known.items() if each[0] != company}
        elif step == "clear":
            cache.clear()
            known = {}
        elif step == "expire":
            cache.expire()
        else:
            clock.now += number * 60
        for each in [(c, p, t) for c in "ab" for p in "pq" for t in ("dark", "light")]:
            version, until = known.get(each, (-1, -1))
            for asked in range(3):
                found = cache.get(*each, str(asked))
                assert (found is not None) == (asked == version and clock.now < until)
    clock.now += 1_000
    cache.expire()
    assert cache.size == 0


def test_a_late_card_is_not_kept() -> None:
    """One that was looked up before somebody was erased might be theirs."""
    cache = CardCache(10**9, 100, _Clock())
    card = encoded(RenderedCard(profile_id="p", success=True), "1")
    ways: tuple[Callable[[], None], ...] = (
        lambda: cache.erase("a", "p"),
        lambda: cache.erase_company("b"),
        cache.clear,
    )
    for erase in ways:
        before = cache.erasures
        erase()
        cache.put("a", "p", "dark", "1", card, before)
        assert cache.get("a", "p", "dark", "1") is None


@given(
    st.lists(
        st.tuples(st.text(min_size=1), st.none() | st.text(), st.text(), st.booleans()),
        min_size=1,
        max_size=5,
    )
)
def test_joined_cards_are_what_json_makes_of_them(
    cards: list[tuple[str, str | None, str, bool]],
) -> None:
    """Any text in them: the bytes say what the model says."""
    rendered = [
        RenderedCard(profile_id=profile_id, success=True, name=name, html_content=html)
        if success
        else not_found(profile_id)
        for profile_id, name, html, success in cards
    ]
    body = json.loads(joined([encoded(card) for card in rendered]))
    assert body == {
        "success": True,
        "renderedCount": sum(success for *_, success in cards),
        "data": [card.to_wire() for card in rendered],
    }
