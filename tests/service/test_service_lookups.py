"""Questions in threads: each asker gets its own answer, one that was found out after it asked."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from asynchronous import run
from candidate_cards.service.lookups import Lookups

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=[1, 3])
def lookups(request: pytest.FixtureRequest) -> Iterator[Lookups]:
    """With one thread, and with several."""
    opened = Lookups(request.param)
    yield opened
    opened.close()


def test_everybody_gets_their_own_answer(lookups: Lookups) -> None:
    """A thousand questions at once, some of which fail."""

    def halve(number: int) -> int:
        if number % 2:
            raise ValueError(number)
        return number // 2

    async def ask() -> list[object]:
        questions = [lookups.ask(halve, number) for number in range(1_000)]
        return await asyncio.gather(*questions, return_exceptions=True)

    for number, answer in enumerate(run(ask())):
        if number % 2:
            assert isinstance(answer, ValueError)
            assert answer.args == (number,)
        else:
            assert answer == number // 2


def test_what_is_asked_together_is_asked_once(lookups: Lookups) -> None:
    """Until a thread takes the questions, the same one is one; afterwards it is a new one."""
    asked: list[tuple[str, int]] = []

    def look(name: str, number: int) -> tuple[str, int]:
        asked.append((name, number))
        return name, number

    async def ask() -> list[tuple[str, int]]:
        together = [lookups.ask(look, "a", number % 3) for number in range(30)]
        answers = await asyncio.gather(*together)
        return [*answers, await lookups.ask(look, "a", 0)]

    assert run(ask()) == [*[("a", number % 3) for number in range(30)], ("a", 0)]
    assert sorted(asked) == [("a", 0), ("a", 0), ("a", 1), ("a", 2)]


def test_an_answer_is_never_older_than_its_question(lookups: Lookups) -> None:
    """What changes while a thread is busy is in the answers to what is asked from then on."""
    state = {"version": 0}
    begun, go_on = threading.Event(), threading.Event()

    def look() -> int:
        seen = state["version"]
        begun.set()
        assert go_on.wait(30)
        return seen

    async def ask() -> tuple[int, int]:
        first = lookups.ask(look)
        await asyncio.to_thread(begun.wait, 30)
        state["version"] = 1  # somebody is erased
        second = lookups.ask(look)
        go_on.set()
        return await first, await second

    assert run(ask()) == (0, 1)


def test_who_gives_up_does_not_hold_up_others(lookups: Lookups) -> None:
    """A cancelled asker is forgotten; who has asked the same is answered."""
    go_on = threading.Event()

    def look(number: int) -> int:
        assert go_on.wait(30)
        return number

    async def ask() -> list[int]:
        busy = lookups.ask(look, 0)
        await asyncio.sleep(0)
        given_up, kept = lookups.ask(look, 1), lookups.ask(look, 1)
        given_up.cancel()
        go_on.set()
        answers = [await busy, await kept, await lookups.ask(look, 2)]
        assert given_up.cancelled()
        return answers

    assert run(ask()) == [0, 1, 2]
