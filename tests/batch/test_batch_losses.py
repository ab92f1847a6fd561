"""Workers that end on certain records: those are given up, and everybody else is done."""

from __future__ import annotations

import os
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING

import pytest
from batches import Expected, entries, files_in, person, write_people

from candidate_cards.batch import Batch, make_plan
from candidate_cards.batch.destinations import open_destination
from candidate_cards.batch.reading import find_sources
from candidate_cards.batch.work import Job, Origin, Results, render_lines
from candidate_cards.errors import ExportError, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from candidate_cards.batch import Summary
    from candidate_cards.batch.reading import Line

_DEADLY = b"ENDS THE PROCESS"


def render_or_end(job: Job, origin: Origin, lines: Sequence[Line]) -> Results:
    """Render lines, but end the process at one that says so."""
    for line in lines:
        if _DEADLY in line.text:
            os._exit(1)
    return render_lines(job, origin, lines)


class _Crew:
    """Processes, as those of `local_crew`, that some records end."""

    shares_disk = True

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.generation = 0
        self._pool = self._start()

    def _start(self) -> ProcessPoolExecutor:
        # Forked: they begin at once, and there are no threads to fork.
        return ProcessPoolExecutor(self.workers, get_context("fork"))

    def submit(self, job: Job, origin: Origin, lines: Sequence[Line]) -> Future[Results]:
        try:
            return self._pool.submit(render_or_end, job, origin, lines)
        except BrokenExecutor:
            self.renew()
            return self._pool.submit(render_or_end, job, origin, lines)

    def take(self, answer: Results) -> Results:
        return answer

    def is_loss(self, error: BaseException) -> bool:
        return isinstance(error, BrokenExecutor)

    def renew(self) -> None:
        self._pool.shutdown()
        self._pool = self._start()
        self.generation += 1

    def close(self) -> None:
        self._pool.shutdown()


def _run(path: Path, folder: Path, workers: int, problems: list[Problem]) -> Summary:
    sources, _ = find_sources([str(path)])
    crew = _Crew(workers)
    batch = Batch(
        plan=make_plan(["fragment"]),
        sources=sources,
        outputs=open_destination(str(folder)),
        most_lines=16,
        on_problem=problems.append,
    )
    try:
        return batch.run(crew)
    finally:
        crew.close()


@pytest.mark.parametrize("workers", [1, 3])
def test_records_that_end_a_process_are_found_and_given_up(tmp_path: Path, workers: int) -> None:
    """Three of two hundred are named by their lines; the others are all there."""
    path = write_people(tmp_path / "people.jsonl", 200)
    lines = path.read_bytes().splitlines(keepends=True)
    deadly = [0, 77, 78]
    for at in deadly:
        lines[at] = lines[at].replace(b"Person", _DEADLY)
    path.write_bytes(b"".join(lines))
    problems: list[Problem] = []
    summary = _run(path, tmp_path / "out", workers, problems)
    assert summary.rendered == 197
    assert summary.losses
    assert [problem.line for problem in problems] == [at + 1 for at in deadly]
    assert all("ended the process that rendered it" in str(problem) for problem in problems)
    assert all(_DEADLY.decode() not in str(problem) for problem in problems)
    Expected.of(person(at) for at in range(200) if at not in deadly).assert_complete(
        tmp_path / "out"
    )
    said = [each["line"] for each in entries(tmp_path / "out" / "manifest.jsonl") if not each["id"]]
    assert sorted(said) == [at + 1 for at in deadly]


class _NobodyWorks(_Crew):
    """Processes that end whatever they are given."""

    def submit(self, job: Job, origin: Origin, lines: Sequence[Line]) -> Future[Results]:
        del job, origin, lines
        future: Future[Results] = Future()
        future.set_exception(BrokenExecutor())
        return future


def test_workers_that_only_end_end_the_run(tmp_path: Path) -> None:
    """A machine on which nothing works is told as such, rather than a million records given up."""
    path = write_people(tmp_path / "people.jsonl", 5_000)
    sources, _ = find_sources([str(path)])
    crew = _NobodyWorks(1)
    batch = Batch(
        plan=make_plan(["fragment"]),
        sources=sources,
        outputs=open_destination(str(tmp_path / "out")),
    )
    try:
        with pytest.raises(ExportError, match="worker processes end before"):
            batch.run(crew)
    finally:
        crew.close()
    assert not files_in(tmp_path / "out")
