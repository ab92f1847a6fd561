"""A dry run says what the run after it does, for any input and any state of what is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec
import pytest
from batches import Here, files_in, person
from hypothesis import given, settings
from hypothesis import strategies as st

from candidate_cards.batch import Batch, Summary, make_plan
from candidate_cards.batch.destinations import open_destination
from candidate_cards.batch.reading import find_sources
from candidate_cards.privacy import BlindKey, load_profile
from command_line import enrichment, invoke, sourcing

if TYPE_CHECKING:
    from candidate_cards.batch.plan import Plan
    from candidate_cards.errors import Problem

_PLAN = make_plan(["fragment"])
_BLIND = make_plan(["fragment"], profile=load_profile("blind", key=BlindKey(b"k" * 32)))


def _batch(plan: Plan, path: Path, to: str, told: list[Problem]) -> Batch:
    sources, problems = find_sources([str(path)])
    assert not problems
    return Batch(
        plan=plan,
        sources=sources,
        outputs=open_destination(to),
        most_lines=3,
        on_problem=told.append,
    )


def _everything_in(to: str) -> dict[str, bytes]:
    """Return all that is at a destination and beside it, folders too."""
    if to.startswith("memory://"):
        system, path = fsspec.url_to_fs(to)
        if not system.exists(path):
            return {}
        found = system.find(path, withdirs=True, detail=True)
        return {
            name: b"" if info["type"] == "directory" else system.cat_file(name)
            for name, info in found.items()
        }
    return {
        str(path): path.read_bytes() if path.is_file() else b""
        for path in Path(to).parent.rglob("*")
    }


def _people(number: int, change: int) -> dict[str, Any]:
    # A score that is none is a notice, and the candidate is rendered without it.
    score: dict[str, Any] = {"matchScore": "high"} if number % 3 == 0 else {}
    return {**person(number), **score, "headline": f"Edition {change}"}


_WHO = st.builds(_people, st.integers(0, 4), st.integers(0, 1))
_UNUSABLE = st.sampled_from([{"profileId": ""}, {"name": 3}, 7, {"profileId": 5}])
_LINE = st.one_of(
    _WHO.map(json.dumps),
    st.lists(_WHO | _UNUSABLE, min_size=1, max_size=4).map(lambda some: sourcing(*some)),
    st.lists(_WHO, max_size=3).map(json.dumps),
    _UNUSABLE.map(json.dumps),
    st.just(enrichment({"profileId": "prof_9", "success": False, "errorMessage": "No"})),
    st.sampled_from(['{"name": ', "nonsense", "", '{"name": "A", "name": "B", "profileId": "p"}']),
    st.just(json.dumps(person(1, emails=[4, "a@b.example"]))),
    # Something is changed behind the last candidate.
    st.just(json.dumps([person(2), {"status": "odd", "candidates": []}])),
)
_INPUT = st.lists(_LINE, min_size=1, max_size=9).map("\n".join)


@pytest.mark.parametrize("to", ["out", "out.jsonl", "out.parquet", "memory://"])
@pytest.mark.parametrize("plan", [_PLAN, _BLIND], ids=["plain", "blind"])
@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(_INPUT, st.integers(0, 5)), min_size=1, max_size=3))
def test_an_estimate_is_what_the_run_then_says(
    tmp_path_factory: pytest.TempPathFactory,
    to: str,
    plan: Plan,
    editions: list[tuple[str, int]],
) -> None:
    """Figures and problems are equal, before each of several runs, and nothing is written.

    A rerun says the same of each record, made or left alone: what was changed, what was not used.
    """
    folder = tmp_path_factory.mktemp("estimate")
    path = folder / "people.jsonl"
    address = f"{to}{folder.name}/out" if to == "memory://" else str(folder / to)
    for text, gone in editions:
        path.write_text(text, "utf-8")
        for file in [*files_in(folder / "out").values()][:gone]:
            file.unlink()
        before = _everything_in(address)
        foreseen: list[Problem] = []
        estimate = _batch(plan, path, address, foreseen).estimate()
        assert _everything_in(address) == before
        told: list[Problem] = []
        summary = _batch(plan, path, address, told).run(Here())
        assert not summary.failed
        estimate.size = summary.size
        assert estimate == summary
        repeated: list[Problem] = []
        again = _batch(plan, path, address, repeated).run(Here())
        assert again.rendered + again.kept == summary.rendered + summary.kept
        for figure in ("unusable", "duplicates", "notices", "records"):
            assert getattr(again, figure) == getattr(summary, figure)
        if not plan.is_coded:
            # A manifest has place and reason in one.
            words = [sorted(map(str, each)) for each in (foreseen, told, repeated)]
            assert words[0] == words[1] == words[2]


def test_a_dry_run_counts_what_comes_twice_once(tmp_path: Path) -> None:
    """A duplicate would not be rendered, and is told as one, in words and as a figure."""
    path = tmp_path / "people.jsonl"
    lines = [person(1), person(2), person(1, headline="Later"), person(2)]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    arguments = ["batch", path, "-o", tmp_path / "out", "--format", "fragment", "--workers", 1]
    result = invoke(*arguments, "--dry-run")
    assert result.exit_code == 3
    assert "people.jsonl:3: is the same profile as" in result.stderr
    assert "Would render 2 candidates, 2 could not be used (2 duplicates)" in result.stderr
    for options in (["--dry-run"], [], ["--dry-run"], []):
        event = json.loads(invoke(*arguments, *options, "--json").stdout.splitlines()[-1])
        assert event["rendered"] + event["kept"] == event["duplicates"] == event["unusable"] == 2


def test_a_dry_run_reads_the_manifest_of_a_store(tmp_path: Path) -> None:
    """What is in a store is unchanged there too, and a store without it gets nothing."""
    path = tmp_path / "people.jsonl"
    path.write_text(json.dumps(person(1)), "utf-8")
    root = "memory://estimate-of-a-store"
    arguments = ["batch", path, "-o", root, "--format", "fragment", "--workers", 1]
    assert invoke(*arguments, "--dry-run").stderr == "Would render 1 candidate\n"
    assert not _everything_in(root)
    assert invoke(*arguments).exit_code == 0
    assert "Would render 0 candidates, 1 unchanged" in invoke(*arguments, "--dry-run").stderr


@pytest.mark.parametrize("to", ["out", "out.jsonl", "out.parquet"])
def test_a_dry_run_beside_a_run_is_no_hindrance(tmp_path: Path, to: str) -> None:
    """A run that is under way keeps its lock and its files; an estimate says what is left."""
    path = tmp_path / "people.jsonl"
    path.write_text("".join(f"{json.dumps(person(number))}\n" for number in range(9)), "utf-8")
    address = str(tmp_path / to)
    seen: list[Summary] = []

    def ask(_: object) -> None:
        before = _everything_in(address)
        seen.append(_batch(_PLAN, path, address, []).estimate())
        assert _everything_in(address) == before

    batch = _batch(_PLAN, path, address, [])
    batch.on_progress = ask
    assert batch.run(Here()).rendered == 9
    assert [(each.rendered, each.kept) for each in seen] == [(6, 3), (3, 6), (0, 9)]
