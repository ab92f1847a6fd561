"""Whatever is in an input, it is reported by its place, and everything else is done."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from batches import Expected, digest, entries, files_in, person, run, write_people

from candidate_cards.batch.reading import Source, find_sources, read_chunks
from command_line import enrichment, invoke, sourcing

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def _batch(tmp_path: Path, text: str | bytes, *options: object) -> tuple[Result, Path]:
    source, folder = tmp_path / "in.jsonl", tmp_path / "out"
    source.write_bytes(text if isinstance(text, bytes) else text.encode())
    arguments = ["batch", source, "-o", folder, "--format", "fragment", "--workers", 1, *options]
    return invoke(*arguments), folder


def _ids(folder: Path) -> list[str]:
    return [entry["id"] for entry in entries(folder / "manifest.jsonl") if entry["id"]]


def test_bad_lines_among_ten_thousand_cost_nobody_else(tmp_path: Path) -> None:
    """No JSON, bytes that are no UTF-8, 50 MB, a second record, a run in process: all are told."""
    lines = [json.dumps(person(number)).encode() for number in range(10_000)]
    bad = {
        17: b"{this is no JSON}",
        1_234: b'{"profileId": "x", "name": "\xff\xfe"}',
        4_000: b'{"profileId": "big", "name": "' + b"x" * 50_000_000 + b'"}',
        5_000: lines[42],
        5_500: json.dumps(person(43, headline="Somebody newer")).encode(),
        7_777: b'{"success": true, "requestId": "req_7", "status": "processing"}',
        9_999: lines[1][:100],
    }
    for at, line in bad.items():
        lines[at] = line
    source, folder = tmp_path / "people.jsonl", tmp_path / "out"
    source.write_bytes(b"\n".join(lines))
    done = run(source, "-o", folder, "--format", "fragment", "--workers", 2)
    assert done.returncode == 3
    told = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    places = [int(line.removeprefix(f"error: {source}:").partition(":")[0]) for line in told]
    assert sorted(places) == [at + 1 for at in bad]
    by_line = dict(zip(places, told, strict=True))
    for at, words in {
        17: "is not valid JSON",
        1_234: "is not valid UTF-8",
        4_000: "is longer than 32 MiB",
        5_000: f"is the same profile as {source}:43; left out",
        5_500: f"is the same profile as {source}:44; left out",
        7_777: "the run req_7 is still processing",
        9_999: "ends too early",
    }.items():
        assert words in by_line[at + 1]
    good = [number for number in range(10_000) if number not in bad]
    Expected.of(map(person, good)).assert_complete(folder)
    said = [entry for entry in entries(folder / "manifest.jsonl") if entry["id"] is None]
    assert sorted(entry["line"] for entry in said) == [at + 1 for at in bad]
    assert all(entry["error"] for entry in said)
    # What is wrong stays wrong, and is told again, but not written down again.
    again = run(source, "-o", folder, "--format", "fragment", "--workers", 2)
    assert again.returncode == 3
    assert sorted(line for line in again.stderr.splitlines() if "error: " in line) == sorted(told)
    assert "9,993 unchanged" in again.stderr
    assert [e for e in entries(folder / "manifest.jsonl") if e["id"] is None] == said


def test_every_shape_of_a_record_is_read(tmp_path: Path) -> None:
    """A line may be a candidate, a run of several, an enrichment, or a list of candidates."""
    lines = [
        json.dumps(person(1)),
        sourcing(person(2), person(3)),
        enrichment(
            {"profileId": "prof_4", "success": True, "candidate": person(4)},
            {"profileId": "prof_5", "success": False, "errorCode": "NOT_FOUND"},
        ),
        json.dumps([person(6), person(7)]),
    ]
    result, folder = _batch(tmp_path, "\n".join(lines))
    assert result.exit_code == 3
    assert "in.jsonl:3: data[1]: the vendor could not enrich this profile" in result.stderr
    assert _ids(folder) == [f"prof_{number}" for number in (1, 2, 3, 4, 6, 7)]
    again, _ = _batch(tmp_path, "\n".join(lines))
    assert again.exit_code == 3
    assert "could not enrich this profile" in again.stderr, "the rest of its line is done"
    assert "6 unchanged" in again.stderr


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_lines_of_every_encoding_are_the_same_people(tmp_path: Path, encoding: str) -> None:
    """The encoding is told from the first bytes, and records are what they are in UTF-8."""
    text = "\n".join(json.dumps(person(number), ensure_ascii=False) for number in range(5))
    text = text.replace("Person", "Bogdán 李").replace('"}', '"}\r', 1)
    result, folder = _batch(tmp_path, text.encode(encoding))
    assert result.exit_code == 0, result.stderr
    plain, other = _batch(tmp_path / "..", text)
    assert plain.exit_code == 0
    assert {n: digest(p) for n, p in files_in(folder).items()} == {
        n: digest(p) for n, p in files_in(other).items()
    }


def test_a_document_is_read_as_a_whole(tmp_path: Path) -> None:
    """JSON that is printed for people is one record, however many lines it has."""
    document = json.dumps(json.loads(sourcing(*map(person, range(5)))), indent=2)
    result, folder = _batch(tmp_path, document)
    assert result.exit_code == 0, result.stderr
    assert _ids(folder) == [f"prof_{number}" for number in range(5)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ('{\n"profileId": "x",\n"name" "y"}', "in.jsonl:3:8: is not valid JSON"),
    ],
)
def test_an_input_that_says_nothing_fails(tmp_path: Path, text: str, message: str) -> None:
    """Nothing came of it, which the exit code says."""
    result, _ = _batch(tmp_path, text)
    assert result.exit_code == 1
    assert message in result.stderr


def test_a_document_without_an_end_is_not_kept_in_memory(tmp_path: Path) -> None:
    """Of a document that is too large for one record no more is read than one may have."""
    source = tmp_path / "large.json"
    with source.open("wb") as file:
        file.write(b"[\n")
        for _ in range(40):
            file.write(b'"' + b"x" * (1 << 20) + b'",\n')
    (chunk,) = read_chunks([Source(str(source))], lambda _: b"", most_lines=9, most_bytes=9)
    assert not chunk.lines
    assert "one JSON document of more than 32 MiB" in chunk.problems[0].message


def test_patterns_and_several_inputs_are_read_in_order(tmp_path: Path) -> None:
    """A pattern stands for its files by name; what matches nothing fails, and the rest is done."""
    for number in range(3):
        (tmp_path / f"{number}.jsonl").write_text(json.dumps(person(number)), "utf-8")
    (tmp_path / "x[1].jsonl").write_text(json.dumps(person(7)), "utf-8")
    folder = tmp_path / "out"
    inputs = [tmp_path / "x[1].jsonl", tmp_path / "[0-9].jsonl", tmp_path / "no*.jsonl", tmp_path]
    result = invoke("batch", *inputs, "-o", folder, "--workers", 1)
    assert result.exit_code == 3
    assert "no*.jsonl: matches no file" in result.stderr
    assert "is a directory" in result.stderr
    assert _ids(folder) == ["prof_7", "prof_0", "prof_1", "prof_2"]
    sources, problems = find_sources([str(tmp_path / "missing.jsonl")])
    assert not sources
    assert "does not exist" in problems[0].message


def test_standard_input_is_read(tmp_path: Path) -> None:
    """A pipe of records is a source as any other, and once it has ended a rerun knows them."""
    text = "".join(f"{json.dumps(person(number))}\n" for number in range(300))
    arguments = ["-", "-o", tmp_path / "out", "--format", "fragment", "--workers", 1]
    done = run(*arguments, input=text)
    assert done.returncode == 0, done.stderr
    Expected.of(map(person, range(300))).assert_complete(tmp_path / "out")
    again = run(*arguments, input=text)
    assert "300 unchanged" in again.stderr


def test_memory_does_not_grow_with_the_input(tmp_path: Path) -> None:
    """Ten times the records take hardly more memory."""
    peaks = []
    for count in (2_000, 20_000):
        people = write_people(tmp_path / "people.jsonl", count)
        code = (
            "import resource, sys\n"
            "from candidate_cards.cli.commands import application\n"
            f"application(['batch', {str(people)!r}, '-o', {str(tmp_path / f'{count}.jsonl')!r},"
            " '--format', 'fragment', '--workers', '1'], standalone_mode=False)\n"
            "print(max(resource.getrusage(who).ru_maxrss for who in"
            " (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))"
        )
        import subprocess  # noqa: PLC0415  the only one here

        done = subprocess.run(
            [
                sys.executable,
                "-c",
                f"if __name__ == '__main__':\n {code.replace(chr(10), chr(10) + ' ')}",
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        peaks.append(int(done.stdout.splitlines()[-1]))
    assert peaks[1] <= peaks[0] * 1.2, peaks


def test_names_of_files_resemble_ids_and_are_safe(tmp_path: Path) -> None:
    """Ids that only differ in case or signs, or are paths, have a file each, inside of DEST."""
    ids = ["Ann", "ann", "ANN", "../../etc/passwd", "con", "a/b", "a b", "ü", "\u202e", "x" * 400]
    text = "\n".join(json.dumps({"profileId": each, "name": "N"}) for each in ids)
    result, folder = _batch(tmp_path, text)
    assert result.exit_code in {0, 3}, result.stderr
    names = [path.name.lower() for path in files_in(folder).values()]
    assert len(set(names)) == len(names) == len(_ids(folder)) >= len(ids) - 1
    assert all(len(name) < 130 and name.isascii() for name in names)
