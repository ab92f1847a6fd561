"""A Dask cluster makes what this machine's processes make, also if it loses a worker."""

from __future__ import annotations

import os
import random
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest
from batches import Expected, digest, files_in, finished, person, write_people

from candidate_cards.batch import Batch, dask_crew, make_plan
from candidate_cards.batch.destinations import open_destination
from candidate_cards.batch.reading import find_sources
from candidate_cards.errors import ExportError, MissingDependencyError

if TYPE_CHECKING:
    from pathlib import Path

    from candidate_cards.batch import Summary

pytest.importorskip("distributed", reason="MISSING PART: Dask; run: pip install --group test")

# It closes sockets and loops a moment after it has said goodbye.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")

_COUNT = 2_000


def test_a_cluster_that_loses_a_worker_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two workers, one of them killed midway: every file is that of a local run."""
    import distributed  # noqa: PLC0415  may be missing

    typeless: Any = distributed

    people = write_people(tmp_path / "people.jsonl", _COUNT)
    local = tmp_path / "local"
    finished(people, "-o", local, "--format", "fragment", "--workers", 2)
    folder = tmp_path / "dask"
    sources, _ = find_sources([str(people)])
    killed: list[int] = []
    with (
        typeless.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        typeless.Client(cluster) as client,
        dask_crew(cluster.scheduler_address) as crew,
    ):
        assert not crew.shares_disk, "documents come over the network from a cluster elsewhere"
        assert crew.workers == 2

        def kill_one(summary: Summary) -> None:
            if summary.rendered > _COUNT / 3 and not killed:
                pids = client.run(os.getpid).values()
                killed.append(random.Random(1).choice(sorted(pids)))  # noqa: S311  any of them
                os.kill(killed[0], signal.SIGKILL)

        batch = Batch(
            plan=make_plan(["fragment"]),
            sources=sources,
            outputs=open_destination(str(folder)),
            on_progress=kill_one,
        )
        summary = batch.run(crew)
    assert killed
    assert summary.rendered == _COUNT
    Expected.of(map(person, range(_COUNT))).assert_complete(folder)
    assert {n: digest(p) for n, p in files_in(folder).items()} == {
        n: digest(p) for n, p in files_in(local).items()
    }
    lines = [(each / "manifest.jsonl").read_bytes() for each in (folder, local)]
    assert lines[0] == lines[1]


def test_a_cluster_made_for_the_run_writes_itself(tmp_path: Path) -> None:
    """``--dask local`` starts one, uses the shared disk, and ends it; results are the same too."""
    people = write_people(tmp_path / "people.jsonl", 200)
    finished(people, "-o", tmp_path / "1.jsonl", "--dask", "local", "--workers", 2)
    finished(people, "-o", tmp_path / "2.jsonl", "--workers", 1)
    assert (tmp_path / "1.jsonl").read_bytes() == (tmp_path / "2.jsonl").read_bytes()


def test_a_scheduler_that_does_not_answer_is_told() -> None:
    """The message names its address."""
    with (
        pytest.raises(ExportError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"),
        dask_crew("tcp://127.0.0.1:9", timeout=1),
    ):
        pass


def test_a_machine_without_dask_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the extra."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(MissingDependencyError, match=r"pip install 'candidate-cards\[dask\]'"),
        dask_crew("local"),
    ):
        pass
