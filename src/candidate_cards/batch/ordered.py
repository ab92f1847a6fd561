"""Chunks to an executor and back in their order, few of them on the way, none lost.

If a worker's process ends, only what it was working on is done again. A chunk that was under way
three times when that happened is taken apart and tried alone, half by half, until the record is
found that ends its process; that one is given up, and everything else is done.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from candidate_cards.batch.work import LineResult, Results
from candidate_cards.errors import ExportError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from candidate_cards.batch.crews import Crew
    from candidate_cards.batch.reading import Chunk, Line
    from candidate_cards.batch.work import Job, Origin

_AHEAD: Final = 2  # chunks per worker that are on the way; more would only be done twice
_TRIES: Final = 3
_MOST_LOSSES: Final = 60  # with nothing done between; then it is not the records
_TICK: Final = 0.5  # seconds
_GIVEN_UP: Final = "ended the process that rendered it, most likely for its memory; left out"


@dataclass(slots=True)
class _Task:
    """A chunk on its way."""

    chunk: Chunk
    future: Future[Any] | None = None
    results: list[Results] | None = None
    tries: int = 0
    generation: int = 0


class Ordered:
    """Chunks on their way through a crew.

    Attributes:
        losses: How often a worker was lost.
    """

    def __init__(
        self,
        crew: Crew,
        job: Job,
        origin_of: Callable[[Chunk], Origin],
        tick: Callable[[], object] = lambda: None,
    ) -> None:
        """Set up.

        Args:
            crew: Who works.
            job: What on.
            origin_of: Where the lines of a chunk come from.
            tick: Called now and then while nothing comes back.
        """
        self.losses = 0
        self._crew = crew
        self._job = job
        self._origin_of = origin_of
        self._tick = tick
        self._waiting: deque[_Task] = deque()
        self._in_vain = 0

    def run(self, chunks: Iterable[Chunk]) -> Iterator[tuple[Chunk, list[Results]]]:
        """Yield each chunk with what became of its lines that are to be worked on, in pieces.

        Raises:
            ExportError: Workers end as soon as they begin.
            CandidateCardsError: The work cannot be done at all.
            OSError: A worker could not write.
        """
        rest = iter(chunks)
        most = self._crew.workers * _AHEAD
        on_the_way = 0
        exhausted = False
        while True:
            while not exhausted and on_the_way < most:
                chunk = next(rest, None)
                if chunk is None:
                    exhausted = True
                    break
                task = _Task(chunk)
                if chunk.todo:
                    self._begin(task)
                    on_the_way += 1
                else:
                    task.results = []
                self._waiting.append(task)
                if on_the_way == 0:
                    break  # nothing to wait for: it is done
            if not self._waiting:
                return
            task = self._waiting[0]
            results = self._results(task)
            on_the_way -= task.future is not None
            self._waiting.popleft()
            yield task.chunk, results

    def _begin(self, task: _Task) -> None:
        task.future = self._submit(task.chunk, task.chunk.todo)
        task.generation = self._crew.generation

    def _submit(self, chunk: Chunk, lines: Sequence[Line]) -> Future[Any]:
        return self._crew.submit(self._job, self._origin_of(chunk), lines)

    def _results(self, task: _Task) -> list[Results]:
        while task.results is None:
            assert task.future is not None  # noqa: S101  either has it
            try:
                results = [self._wait(task.future)]
            except Exception as error:
                if not self._crew.is_loss(error):
                    raise
                self._recover(task)
            else:
                self._in_vain = 0
                return results
        return task.results

    def _wait(self, future: Future[Any]) -> Results:
        while True:
            try:
                return self._crew.take(future.result(timeout=_TICK))
            except FutureTimeoutError:
                if future.done():
                    raise
                self._tick()

    def _recover(self, head: _Task) -> None:
        """Go on after a loss: whatever was under way is done again."""
        self._lost()
        lost = [task for task in self._waiting if self._is_lost(task)]
        # The oldest are those that were worked on.
        for task in lost[: self._crew.workers]:
            task.tries += 1
        # A chunk that was begun since then may have brought a new executor about.
        if head.generation == self._crew.generation:
            self._crew.renew()
        if head.tries >= _TRIES:
            head.results = self._alone(head.chunk, head.chunk.todo)
            lost.remove(head)
        for task in lost:
            self._begin(task)

    def _is_lost(self, task: _Task) -> bool:
        if task.future is None or not task.future.done():
            return False
        error = task.future.exception() if not task.future.cancelled() else None
        return task.future.cancelled() or (error is not None and self._crew.is_loss(error))

    def _alone(self, chunk: Chunk, lines: Sequence[Line]) -> list[Results]:
        """Work on lines with nothing else under way, so that a loss is theirs."""
        tries = _TRIES if len(lines) == 1 else 1
        for _ in range(tries):
            try:
                results = [self._wait(self._submit(chunk, lines))]
            except Exception as error:
                if not self._crew.is_loss(error):
                    raise
                self._lost()
                self._crew.renew()
            else:
                self._in_vain = 0
                return results
        if len(lines) == 1:
            (line,) = lines
            problem = Problem(_GIVEN_UP, chunk.source, line=line.number)
            return [Results([LineResult(line.number, line.record, (), (problem,))])]
        middle = len(lines) // 2
        return [*self._alone(chunk, lines[:middle]), *self._alone(chunk, lines[middle:])]

    def _lost(self) -> None:
        self.losses += 1
        self._in_vain += 1
        if self._in_vain > _MOST_LOSSES:
            message = "worker processes end before they have done anything; see their messages"
            raise ExportError(message)
