"""Short questions to the database, many at a time in one thread.

Why: the question takes some microseconds, and handing it to a thread of a pool takes several times
that, since the thread and the event loop wait for each other at every turn. So what is asked while
a thread is busy waits, and goes to it all at once.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
P = ParamSpec("P")

_Question = tuple[asyncio.Future[Any], "Callable[[], Any]"]
_Answered = tuple[asyncio.Future[Any], Any, Exception | None]


class Lookups:
    """Asks in threads what blocks; used on one event loop.

    Args:
        threads: More than one only helps where a question waits for a network.
    """

    def __init__(self, threads: int) -> None:
        self._free = threads
        self._threads = ThreadPoolExecutor(threads, "candidate-cards-lookup")
        self._waiting: list[_Question] = []

    async def ask(self, question: Callable[[], T]) -> T:
        """Return the answer, which is found out after this call.

        Raises:
            Exception: What the question raises.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._waiting.append((future, question))
        if self._free:
            self._free -= 1
            loop.call_soon(self._hand_over, loop)  # with what other tasks ask until then
        return await future

    def close(self) -> None:
        """End the threads, once they have finished what they do."""
        self._threads.shutdown(cancel_futures=True)

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._waiting:
            questions, self._waiting = self._waiting, []
            self._threads.submit(self._work, loop, questions)
        else:
            self._free += 1

    def _work(self, loop: asyncio.AbstractEventLoop, questions: list[_Question]) -> None:
        answers = [_answered(future, question) for future, question in questions]
        loop.call_soon_threadsafe(self._give_back, loop, answers)

    def _give_back(self, loop: asyncio.AbstractEventLoop, answers: list[_Answered]) -> None:
        for future, answer, error in answers:
            if future.done():  # nobody waits any more
                continue
            if error is None:
                future.set_result(answer)
            else:
                future.set_exception(error)
        self._hand_over(loop)


def _answered(future: asyncio.Future[Any], question: Callable[[], Any]) -> _Answered:
    try:
        return future, question(), None
    except Exception as error:  # noqa: BLE001  raised where it was asked
        return future, None, error
