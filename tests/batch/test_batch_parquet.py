"""Results as one Parquet file: what JSON Lines hold, whatever was there and whatever ends a run."""

from __future__ import annotations

import errno
import json
import os
import random
import resource
import signal
import subprocess
import sys
from base64 import b64decode
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep
from typing import TYPE_CHECKING, Any

import pytest
from batches import Here, entries, finished, grown, person, run, started, write_people
from hypothesis import given, settings
from hypothesis import strategies as st

from candidate_cards.batch import Batch, dask_crew, local_crew, make_plan, verify
from candidate_cards.batch.destinations import open_destination
from candidate_cards.batch.reading import find_sources
from candidate_cards.errors import InputError, MissingDependencyError
from candidate_cards.privacy import BlindKey, load_profile
from command_line import invoke

pa: Any = pytest.importorskip("pyarrow", reason="MISSING PART: pip install 'candidate-cards[all]'")
pq: Any = pytest.importorskip("pyarrow.parquet")
parquet: Any = pytest.importorskip("candidate_cards.batch.parquet")

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from candidate_cards.batch import Plan, Summary, Verdict

_TEXTS = ("page", "fragment", "element", "email")


def _write(folder: Path, people: Iterable[object]) -> Path:
    path = folder / "people.jsonl"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in people), "utf-8")
    return path


def _made(
    people: Path, to: Path, plan: Plan | None = None, *, check_hashes: bool = False
) -> Summary:
    sources, _ = find_sources([str(people)])
    batch = Batch(
        plan=plan or make_plan(["fragment"]),
        sources=sources,
        outputs=open_destination(str(to)),
        check_hashes=check_hashes,
        most_lines=5,
    )
    return batch.run(Here())


def _verified(people: Path, to: Path) -> Verdict:
    sources, _ = find_sources([str(people)])
    plan = make_plan(["fragment"])
    return verify(plan, sources, open_destination(str(to)), Here(), sample=None)


@contextmanager
def _groups_of(rows: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "_MOST_ROWS", rows)
        yield


def _rows(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


def _expected(line: bytes) -> dict[str, Any]:
    """Return the row that a line of JSON is."""
    said = json.loads(line)
    warnings = said.get("warnings", [])
    row = {
        "profile_id": said["profileId"],
        **{name: said[name] for name in ("record", "at", "of")},
        "warning_count": len(warnings) if isinstance(warnings, list) else warnings,
        "warnings": warnings if isinstance(warnings, list) else None,
    }
    for name, output in said["outputs"].items():
        row[name] = output["text"] if "text" in output else b64decode(output["base64"])
        row |= {f"{name}_sha256": output["sha256"], f"{name}_size": output["size"]}
        data = row[name].encode() if isinstance(row[name], str) else row[name]
        assert sha256(data).hexdigest() == output["sha256"]
    return row


def _assert_same(jsonl: Path, file: Path) -> list[dict[str, Any]]:
    rows = _rows(file)
    assert rows == [_expected(line) for line in jsonl.read_bytes().splitlines()]
    return rows


_HOSTILE = st.text() | st.sampled_from(
    [
        "\0",
        "\ud800",
        "</script>",
        '"',
        "\\",
        "\u202e",
        "\U0001f469\u200d\U0001f4bb",
        "\r\n",
        "é" * 9,
    ]
)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(_HOSTILE, _HOSTILE, _HOSTILE), min_size=1, max_size=4))
def test_rows_are_what_lines_of_json_are(people: list[tuple[str, str, str]]) -> None:
    """Whatever candidates' texts hold, each value is that of the other kind of results."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        records = [
            person(number, headline=headline, summary=summary) | {"rationale": rationale}
            for number, (headline, summary, rationale) in enumerate(people)
        ]
        path = _write(folder, records)
        plan = make_plan(_TEXTS)
        for to in ("out.jsonl", "out.parquet"):
            _made(path, folder / to, plan)
        _assert_same(folder / "out.jsonl", folder / "out.parquet")


def test_documents_that_are_no_text_are_bytes(tmp_path: Path) -> None:
    """PDF and PNG are in binary columns, also after they were kept."""
    people = _write(tmp_path, [person(1), person(2)])
    plan = make_plan(["png", "page", "pdf"])
    for to in ("out.jsonl", "out.parquet"):
        _made(people, tmp_path / to, plan)
    rows = _assert_same(tmp_path / "out.jsonl", tmp_path / "out.parquet")
    assert all(row["pdf"].startswith(b"%PDF-") for row in rows)
    assert all(row["png"].startswith(b"\x89PNG") for row in rows)
    _write(tmp_path, [person(2)])
    for to in ("out.jsonl", "out.parquet"):
        assert _made(people, tmp_path / to, plan, check_hashes=True).kept == 1
    assert _assert_same(tmp_path / "out.jsonl", tmp_path / "out.parquet") == rows[1:]


def test_where_people_are_coded_only_the_number_of_warnings_is_said(tmp_path: Path) -> None:
    """What was changed of a text may be its own words: their column is null, kept rows included."""
    changed = person(1) | {"headline": "a\0b", "key of \0 his": 3}
    blind = load_profile("blind", key=BlindKey(b"k" * 32))
    for name, profile in (("open", None), ("blind", blind)):
        folder = tmp_path / name
        folder.mkdir()
        plan = make_plan(["page"], profile=profile)
        for records in ([changed, person(2)], [person(3), person(2), changed]):
            people = _write(folder, records)
            for to in ("out.jsonl", "out.parquet"):
                _made(people, folder / to, plan)
            rows = _assert_same(folder / "out.jsonl", folder / "out.parquet")
            counts = [row["warning_count"] for row in rows]
            assert sorted(map(bool, counts)) == [False] * (len(rows) - 1) + [True]
            for row in rows:
                hidden = profile is not None and row["warning_count"]
                assert row["warnings"] is None if hidden else len(row["warnings"]) in counts


_READER = """
import hashlib, json, sys
from pyarrow import parquet
file = parquet.ParquetFile(sys.argv[1])
rows = file.read().to_pylist()
print(json.dumps({
    "schema": {field.name: str(field.type) for field in file.schema_arrow},
    "said": {key.decode(): value.decode() for key, value in file.schema_arrow.metadata.items()},
    "keys": sorted(key.decode() for key in file.metadata.metadata),
    "compression": file.metadata.row_group(0).column(0).compression,
    "ids": [row["profile_id"] for row in rows],
    "right": all(
        hashlib.sha256(row[name].encode()).hexdigest() == row[name + "_sha256"]
        and len(row[name].encode()) == row[name + "_size"]
        for row in rows for name in ("page", "fragment")
    ),
}))
"""


def test_another_program_reads_it(tmp_path: Path) -> None:
    """Columns have plain types, and the file says what it was made by."""
    people = _write(tmp_path, map(person, range(12)))
    plan = make_plan(["page", "fragment"])
    _made(people, tmp_path / "out.parquet", plan)
    done = subprocess.run(
        [sys.executable, "-c", _READER, tmp_path / "out.parquet"],
        capture_output=True,
        text=True,
        check=True,
    )
    read = json.loads(done.stdout)
    assert read["schema"] == {
        "profile_id": "string",
        "record": "string",
        "at": "int32",
        "of": "int32",
        "warning_count": "int32",
        "warnings": "list<element: string>",
        "fragment": "string",
        "fragment_sha256": "string",
        "fragment_size": "int64",
        "page": "string",
        "page_sha256": "string",
        "page_size": "int64",
    }
    said = {
        "candidate-cards.plan": plan.name,
        "candidate-cards.toolkit": plan.header["toolkit"],
        "candidate-cards.formats": "fragment,page",
    }
    assert read["said"] == said
    assert set(said) < set(read["keys"]), "for readers that know nothing of Arrow's schema"
    assert read["compression"] == "ZSTD"
    assert read["ids"] == [f"prof_{number}" for number in range(12)]
    assert read["right"]


_People = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 1)), max_size=14)


@settings(deadline=None, max_examples=60)
@given(_People, _People, st.integers(1, 4), st.booleans())
def test_a_rerun_leaves_what_a_new_run_makes(
    before: list[tuple[int, int]],
    after: list[tuple[int, int]],
    rows: int,
    check_hashes: bool,  # noqa: FBT001  as hypothesis gives it
) -> None:
    """New, changed, moved, doubled and removed records, across groups: the same bytes as anew."""
    with TemporaryDirectory() as name, _groups_of(rows):
        folder = Path(name)
        out, new = folder / "out.parquet", folder / "new.parquet"
        texts = [
            [person(number, headline=f"{version}") for number, version in people]
            for people in (before, after)
        ]
        people = _write(folder, texts[0])
        _made(people, out)
        status = out.stat()
        assert _made(people, out, check_hashes=check_hashes).rendered == 0
        assert (out.stat().st_ino, out.stat().st_mtime_ns) == (status.st_ino, status.st_mtime_ns)
        _write(folder, texts[1])
        summary = _made(people, out, check_hashes=check_hashes)
        _made(people, new)
        first = [dict(reversed(people)) for people in (before, after)]
        kept = first[0].items() & first[1].items()
        assert summary.kept == len(kept)
        assert summary.rendered == len(first[1]) - len(kept)
        # Of a file that cannot be read nothing is known, so what was there stays.
        assert out.read_bytes() == (new if after or not before else out).read_bytes()
        assert len(_rows(out)) == len(first[1] if after else first[0])
        assert not [path for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(("rows", "size"), [(1, 1 << 25), (7, 1 << 25), (1_000, 40_000)])
def test_groups_of_rows_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int, size: int
) -> None:
    """A group ends with the row that fills it, so what is in memory at once does not grow."""
    monkeypatch.setattr(parquet, "_MOST_ROWS", rows)
    monkeypatch.setattr(parquet, "_MOST_BYTES", size)
    out = tmp_path / "out.parquet"
    _made(_write(tmp_path, map(person, range(40))), out)
    file = pq.ParquetFile(out)
    assert file.num_row_groups > 2
    groups = [
        file.read_row_group(number)["fragment_size"].to_pylist()
        for number in range(file.num_row_groups)
    ]
    for group in groups:
        assert len(group) <= rows
        assert sum(group[:-1]) < size
    for group, _ in pairwise(groups):
        assert len(group) == rows or sum(group) >= size


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")  # Dask's
def test_all_crews_leave_the_same_bytes(tmp_path: Path) -> None:
    """This process, two others, and a Dask cluster."""
    people = _write(tmp_path, map(person, range(150)))
    _made(people, tmp_path / "here.parquet")
    plan = make_plan(["fragment"])
    crews = {"local": local_crew(plan.packed(), 2), "dask": dask_crew("local", 2)}
    for name, members in crews.items():
        out = tmp_path / f"{name}.parquet"
        with members as crew:
            sources, _ = find_sources([str(people)])
            Batch(plan=plan, sources=sources, outputs=open_destination(str(out))).run(crew)
        assert out.read_bytes() == (tmp_path / "here.parquet").read_bytes()


_PEOPLE = 2_500


@pytest.mark.skipif(sys.platform != "linux", reason="ends groups of processes")
def test_a_run_that_is_killed_goes_on(tmp_path: Path) -> None:
    """Amid rendering, amid the making of the file, amid a rerun: the end is the same."""
    people = write_people(tmp_path / "people.jsonl", _PEOPLE)
    fewer = write_people(tmp_path / "fewer.jsonl", _PEOPLE - 100)
    undisturbed, out = tmp_path / "undisturbed.parquet", tmp_path / "out.parquet"
    finished(people, "-o", undisturbed)
    whole = {undisturbed.read_bytes()}
    chance = random.Random(23)  # noqa: S311  no secret is made of it
    lines = tmp_path / ".out.parquet.unfinished" / "lines.jsonl"
    together = tmp_path / ".out.parquet.unfinished" / ".unfinished" / "together"
    manifest = tmp_path / "out.parquet.manifest"
    moments = [
        (people, grown(manifest, 100_000)),
        (people, grown(manifest, 300_000)),
        (people, grown(together, 0)),
        (people, None),
        (fewer, grown(lines, 1_000)),
        (fewer, grown(together, 0)),
        (fewer, None),
        (people, grown(lines, 1_000)),
        (people, grown(together, 0)),
        (people, grown(together, 1)),
    ]
    deaths = 0
    for source, moment in moments:
        if moment is None:
            finished(source, "-o", out)
            whole.add(out.read_bytes())
            continue
        with started([source, "-o", out, "--workers", 2]) as process:
            while process.poll() is None and not moment():
                sleep(0.001)
            sleep(chance.uniform(0, 0.01))
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                deaths += 1
            process.communicate()
        assert not out.exists() or out.read_bytes() in whole
    assert deaths >= 5
    finished(people, "-o", out)
    assert out.read_bytes() == undisturbed.read_bytes()
    ids = [entry["id"] for entry in entries(manifest)]
    assert {f"prof_{number}" for number in range(_PEOPLE)} == set(ids)
    assert {path.name for path in tmp_path.iterdir() if "out." in path.name} == {
        "out.parquet",
        "out.parquet.manifest",
    }


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
@pytest.mark.parametrize("size", [100, 20_000, 200_000])
def test_a_file_that_the_system_takes_no_more_of_can_be_gone_on_with(
    tmp_path: Path, size: int
) -> None:
    """Whichever write is refused, the file is not there; then it is, and is right."""
    people = write_people(tmp_path / "people.jsonl", 600)
    undisturbed, out = tmp_path / "undisturbed.parquet", tmp_path / "out.parquet"
    finished(people, "-o", undisturbed)
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (size, size))
    full = run(people, "-o", out, preexec_fn=limit)
    assert full.returncode == 1, full.stderr
    assert "Traceback" not in full.stderr
    assert "File too large" in full.stderr
    assert not out.exists()
    finished(people, "-o", out)
    assert out.read_bytes() == undisturbed.read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
@pytest.mark.parametrize("size", [4, 1_000, 300_000, 500_000])
def test_a_file_that_cannot_be_put_together_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """The system refuses a write of pyarrow's, or the last one: the error is the system's own."""
    chance = random.Random(24)  # noqa: S311  only to be hard to compress
    records = [person(each) | {"rationale": chance.randbytes(900).hex()} for each in range(1_200)]
    people = _write(tmp_path, records[:600])
    out = tmp_path / "out.parquet"
    _made(people, out)
    before = out.read_bytes()
    assert len(before) > 500_000
    _write(tmp_path, records)
    unpack = parquet.ParquetResults._unpack
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def unpack_and_limit(results: object) -> None:
        unpack(results)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))

    with monkeypatch.context() as patch:
        patch.setattr(parquet.ParquetResults, "_unpack", unpack_and_limit)
        try:
            with pytest.raises(OSError, match="File too large") as refused:
                _made(people, out)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert refused.value.errno == errno.EFBIG
    assert out.read_bytes() == before
    left = tmp_path / ".out.parquet.unfinished"
    assert [path.name for path in left.iterdir()] == ["lines.jsonl"]
    assert _made(people, out).kept == 1_200
    _made(people, tmp_path / "new.parquet")
    assert out.read_bytes() == (tmp_path / "new.parquet").read_bytes()


def _foreign(path: Path, kind: str) -> None:
    match kind:
        case "table":
            pq.write_table(pa.table({"profile_id": ["1"], "fragment": ["x"]}), path)
        case "text":
            path.write_text("profile_id,fragment\n")
        case "nothing":
            path.touch()
        case "columns":
            plan = make_plan(["fragment"])
            schema = parquet._schema(plan, ["fragment"])
            pq.write_table(pa.table({"x": [1]}).replace_schema_metadata(schema.metadata), path)


@pytest.mark.parametrize("kind", ["table", "text", "nothing", "columns"])
@pytest.mark.parametrize("check_hashes", [False, True])
def test_somebody_elses_file_is_never_written_over(
    tmp_path: Path, kind: str, *, check_hashes: bool
) -> None:
    """The error names it, and nothing is put beside it."""
    people = _write(tmp_path, [person(1)])
    theirs = tmp_path / "theirs.parquet"
    _foreign(theirs, kind)
    before = theirs.read_bytes()
    with pytest.raises(InputError, match=r"theirs\.parquet: .*move it away"):
        _made(people, theirs, check_hashes=check_hashes)
    assert theirs.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"people.jsonl", "theirs.parquet"}


def test_a_folder_of_that_name_is_told(tmp_path: Path) -> None:
    """Other programs write folders of parts under such a name."""
    people = _write(tmp_path, [person(1)])
    (tmp_path / "parts.parquet").mkdir()
    with pytest.raises(InputError, match=r"parts\.parquet: is .*no Parquet file; move it away"):
        _made(people, tmp_path / "parts.parquet")


def test_other_formats_are_other_columns(tmp_path: Path) -> None:
    """A file keeps its columns: other formats are refused, the same in another order are not."""
    people = _write(tmp_path, [person(1)])
    out = tmp_path / "out.parquet"
    _made(people, out, make_plan(["page", "fragment"]))
    before = out.read_bytes()
    for formats in (["page"], ["page", "element"], ["page", "fragment", "element"]):
        with pytest.raises(InputError, match="has the formats fragment,page; ask for these"):
            _made(people, out, make_plan(formats))
    assert _made(people, out, make_plan(["fragment", "page"])).kept == 1
    assert out.read_bytes() == before


@settings(deadline=None, max_examples=150)
@given(st.floats(0, 1, exclude_max=True), st.integers(1, 255), st.booleans())
def test_damage_is_told_or_made_good(share: float, bits: int, cut: bool) -> None:  # noqa: FBT001
    """A byte anywhere in the file, or its end: a rerun names the file, or leaves what is right."""
    with TemporaryDirectory() as name, _groups_of(4):
        folder = Path(name)
        out, new = folder / "out.parquet", folder / "new.parquet"
        people = _write(folder, map(person, range(10)))
        _made(people, out)
        damaged = bytearray(out.read_bytes())
        at = int(share * len(damaged))
        if cut:
            del damaged[at:]
        else:
            damaged[at] ^= bits
        out.write_bytes(damaged)
        _write(folder, map(person, range(11)))
        try:
            _made(people, out, check_hashes=True)
        except InputError as error:
            assert "out.parquet: " in str(error)  # noqa: PT017  it may also go well
            assert out.read_bytes() == bytes(damaged)
        else:
            _made(people, new)
            assert out.read_bytes() == new.read_bytes()


def test_damage_that_is_only_found_at_the_end_loses_nothing(tmp_path: Path) -> None:
    """Where no hash is looked at a damaged document is found when it is copied."""
    people = _write(tmp_path, map(person, range(5)))
    out = tmp_path / "out.parquet"
    _made(people, out)
    damaged = bytearray(out.read_bytes())
    column = pq.ParquetFile(out).metadata.row_group(0).column(6)
    assert column.path_in_schema == "fragment"
    damaged[column.data_page_offset + column.total_compressed_size // 2] ^= 1
    out.write_bytes(damaged)
    _write(tmp_path, map(person, range(6)))
    with pytest.raises(InputError, match=r"out\.parquet: is damaged.*--check-hashes"):
        _made(people, out)
    assert out.read_bytes() == damaged
    summary = _made(people, out, check_hashes=True)
    assert (summary.rendered, summary.kept) == (5, 1)
    _made(people, tmp_path / "new.parquet")
    assert out.read_bytes() == (tmp_path / "new.parquet").read_bytes()


def test_verification_finds_what_is_not_as_it_was_made(tmp_path: Path) -> None:
    """It passes on what was made, and fails on an altered document; a rerun mends that if asked."""
    people = _write(tmp_path, map(person, range(20)))
    out = tmp_path / "out.parquet"
    with _groups_of(6):
        _made(people, out)
        before = out.read_bytes()
        verdict = _verified(people, out)
        assert (verdict.checked, verdict.missing, verdict.wrong) == (20, 0, [])
        table = pq.read_table(out)
        texts = table["fragment"].to_pylist()
        texts[7] = texts[7].replace("Person", "Persom", 1)
        column = pa.array(texts, pa.string())
        altered = table.set_column(6, table.schema.field("fragment"), column)
        pq.write_table(altered, out, row_group_size=6)
        verdict = _verified(people, out)
        assert [problem.line for problem in verdict.wrong] == [8]
        assert _made(people, out).rendered == 0
        assert _made(people, out, check_hashes=True).rendered == 1
        assert out.read_bytes() == before


@pytest.mark.parametrize("to", ["out.jsonl", "out.parquet"])
def test_looking_leaves_nothing_beside_a_file_of_results(tmp_path: Path, to: str) -> None:
    """A verification and a dry run put nothing into the folder."""
    people = _write(tmp_path, [person(1)])
    _made(people, tmp_path / to)
    before = {path.name for path in tmp_path.iterdir()}
    assert _verified(people, tmp_path / to).is_true
    result = invoke("batch", people, "-o", tmp_path / to, "--dry-run", "--format", "fragment")
    assert result.exit_code == 0, result.output
    assert {path.name for path in tmp_path.iterdir()} == before


def test_of_nobody_there_are_columns_without_rows(tmp_path: Path) -> None:
    """A first run that can use nothing leaves a file all the same; later it is filled."""
    people = _write(tmp_path, [{"name": 3}])
    out = tmp_path / "out.parquet"
    _made(people, out)
    assert _rows(out) == []
    assert "fragment" in pq.read_schema(out).names
    _write(tmp_path, [person(1)])
    assert _made(people, out).rendered == 1
    assert [row["profile_id"] for row in _rows(out)] == ["prof_1"]


def test_a_machine_without_pyarrow_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, whatever is asked for: nothing is rendered or written, and JSON Lines do without."""
    people = _write(tmp_path, [person(1)])
    monkeypatch.delitem(sys.modules, "candidate_cards.batch.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'candidate-cards\[parquet\]'"):
        open_destination("out.parquet")
    result = invoke("batch", people, "-o", tmp_path / "out.parquet")
    assert result.exit_code == 1
    assert "pip install 'candidate-cards[parquet]'" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["people.jsonl"]
    assert _made(people, tmp_path / "out.jsonl").rendered == 1


def test_only_who_asks_for_parquet_pays_for_it() -> None:
    """Another destination does not import pyarrow."""
    code = (
        "import sys; from candidate_cards.batch.destinations import open_destination as there; "
        "there('x'); there('x.jsonl'); assert 'pyarrow' not in sys.modules; "
        "there('x.PARQUET'); assert 'pyarrow' in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
