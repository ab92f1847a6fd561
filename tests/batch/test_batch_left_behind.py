"""What workers answer is in a temporary folder that nobody else may enter, and does not stay."""

from __future__ import annotations

import json
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import TYPE_CHECKING

import pytest
from batches import finished, grown, person, run, started, write_people

from candidate_cards.batch import local_crew, make_plan
from candidate_cards.batch.own_folder import OwnFolder
from candidate_cards.batch.reading import Line
from candidate_cards.batch.work import Job, Origin

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(sys.platform == "win32", reason="there are no groups of processes to kill")
def test_the_next_run_removes_what_killed_ones_left_and_nothing_of_others(
    tmp_path: Path, temporary: Path
) -> None:
    """After a death of run and workers at once; a crew at work beside it keeps its folder."""
    people = write_people(tmp_path / "people.jsonl", 2_500)
    plan = make_plan(["fragment"])
    text = json.dumps(person(1)).encode()
    work = Job(plan.packed()), Origin("there", "there"), [Line(1, text, plan.hash_of(text))]
    with local_crew(plan.packed(), 1) as crew:
        assert crew.take(crew.submit(*work).result()).lines[0].made
        (in_use,) = temporary.iterdir()
        for death in range(3):
            folder = tmp_path / str(death)
            with started([people, "-o", folder, "--format", "fragment", "--workers", 2]) as process:
                while not grown(folder / "manifest.jsonl", 20_000)():
                    assert process.poll() is None
                    sleep(0.002)
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
            (left,) = set(temporary.iterdir()) - {in_use}
            assert (left.stat().st_mode & 0o077) == 0
            assert len([*left.iterdir()]) > 1
        finished(people, "-o", tmp_path / "0", "--format", "fragment", "--workers", 2)
        assert [*temporary.iterdir()] == [in_use]
        assert crew.take(crew.submit(*work).result()).lines[0].made
    assert not [*temporary.iterdir()]


def test_a_run_leaves_nothing_behind(tmp_path: Path, temporary: Path) -> None:
    """Neither answers nor what the PDF engine keeps, whether or not a worker was ended."""
    people = write_people(tmp_path / "people.jsonl", 2)
    for seconds in (0.001, 120):
        options = ["--format", "pdf", "--workers", 1, "--timeout", seconds]
        run(people, "-o", tmp_path / "out", *options)
        assert not [*temporary.iterdir()]


@pytest.mark.skipif(sys.platform == "win32", reason="users have temporary files of their own there")
def test_what_is_not_surely_ours_is_left_alone(tmp_path: Path, temporary: Path) -> None:
    """A link, a folder that others may write to, and one without a lock may be anybody's."""
    elsewhere = tmp_path / "elsewhere"
    for folder, mode in (
        (elsewhere, 0o700),
        (temporary / "candidate-cards-batch-open", 0o770),
        (temporary / "candidate-cards-batch-plain", 0o700),
    ):
        folder.mkdir()
        folder.chmod(mode)
        (folder / "kept").touch()
        if not folder.name.endswith("plain"):
            (folder / "in-use").touch()
    (temporary / "candidate-cards-batch-link").symlink_to(elsewhere)
    before = {str(path) for path in tmp_path.rglob("*")}
    own = OwnFolder()
    assert {str(path) for path in tmp_path.rglob("*")} > before
    own.close()
    assert {str(path) for path in tmp_path.rglob("*")} == before
    left = temporary / "candidate-cards-batch-left"
    left.mkdir(0o700)
    (left / "in-use").touch()
    OwnFolder().close()
    assert not left.exists()


@pytest.mark.usefixtures("temporary")
def test_runs_that_begin_at_once_do_not_take_each_others_folders() -> None:
    """A folder that is not locked yet may be removed; its run has another one then."""

    def begin_and_end(number: int) -> None:
        own = OwnFolder()
        (own.path / "answer").write_text(str(number), "ascii")
        sleep(0.001)
        assert (own.path / "answer").read_text("ascii") == str(number)
        own.close()
        assert not own.path.exists()

    with ThreadPoolExecutor(8) as threads:
        assert len([*threads.map(begin_and_end, range(400))]) == 400
