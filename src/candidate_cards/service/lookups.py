"""Questions that block, many at a time in one thread.

Why: a look into the database takes some microseconds, and handing it to a thread of a pool takes
several times that, since the threads and the event loop wait for each other at every turn. So what
is asked while a thread is busy waits, and goes to it all at once; what is asked twice by then is
asked once.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

T = TypeVar("T")
P = ParamSpec("P")

_Question = tuple["Callable[..., Any]", tuple["Hashable", ...]]
_Askers = list[asyncio.Future[Any]]


class Lookups:
    """Asks in threads what blocks; used on one event loop.

    Args:
        threads: More than one only helps where a question waits for a network.
    """

    def __init__(self, threads: int) -> None:
        self._free = threads
        self._threads = ThreadPoolExecutor(threads, "candidate-cards-lookup")
        self._waiting: dict[_Question, _Askers] = {}

    def ask(self, question: Callable[P, T], *details: P.args, **_: P.kwargs) -> asyncio.Future[T]:
        """Return what will hold the answer, which is found out after this call.

        Args:
            question: Has no effect, so that it may be asked once for several callers.
            details: Its arguments, which can be keys of a dictionary.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        askers = self._waiting.get((question, details))
        if askers is None:
            self._waiting[question, details] = [future]
        else:
            askers.append(future)
        if self._free:
            self._free -= 1
            loop.call_soon(self._hand_over, loop)  # with what other tasks ask until then
        return future

    def close(self) -> None:
        """End the threads, once they have finished what they do."""
        self._threads.shutdown(cancel_futures=True)

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._waiting:
            questions, self._waiting = self._waiting, {}
            self._threads.submit(self._work, loop, questions)
        else:
            self._free += 1

    def _work(self, loop: asyncio.AbstractEventLoop, questions: dict[_Question, _Askers]) -> None:
        answers = [
            (askers, *_answer(question, details))
            for (question, details), askers in questions.items()
        ]
        loop.call_soon_threadsafe(self._give_back, loop, answers)

    def _give_back(
        self,
        loop: asyncio.AbstractEventLoop,
        answers: list[tuple[_Askers, Any, Exception | None]],
    ) -> None:
        for askers, answer, error in answers:
            for future in askers:
                if future.done():  # its asker does not wait any more
                    continue
                if error is None:
                    future.set_result(answer)
                else:
                    future.set_exception(error)
        self._hand_over(loop)


def _answer(
    question: Callable[..., Any], details: tuple[Hashable, ...]
) -> tuple[Any, Exception | None]:
    try:
        return question(*details), None
    except Exception as error:  # noqa: BLE001  raised where it was asked
        return None, error
