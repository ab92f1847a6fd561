"""What the command tells, to people and to programs, and its exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from batches import files_in, person, run, write_people

from candidate_cards import export_candidates, load_shortlist
from candidate_cards.batch import Summary
from candidate_cards.cli.batch import _Telling
from command_line import invoke

if TYPE_CHECKING:
    from pathlib import Path


def test_documents_are_those_that_rendering_one_by_one_gives(tmp_path: Path) -> None:
    """Every format, with the options of `render`, byte for byte."""
    path = tmp_path / "people.jsonl"
    path.write_text(json.dumps(person(1, emails=["a@b.example"])), "utf-8")
    formats = ["element", "email", "fragment", "page", "pdf", "png"]
    arguments = [path, "-o", tmp_path / "out", "--format", ",".join(formats), "--workers", 1]
    options = ["--theme", "light", "--lang", "de"]
    result = invoke("batch", *arguments, *options)
    assert result.exit_code == 0, result.output
    (who,) = load_shortlist(path).candidates
    from candidate_cards import load_labels  # noqa: PLC0415  beside its use

    there = files_in(tmp_path / "out")
    assert len(there) == len(formats)
    for name in formats:
        expected = export_candidates(who, format=name, theme="light", labels=load_labels("de"))
        ending = {"page": ".html", "email": ".eml", "pdf": ".pdf", "png": ".png"}.get(
            name, f".{name}.html"
        )
        (found,) = [p for n, p in there.items() if n.partition(".")[2] == ending[1:]]
        assert found.read_bytes() == expected, name


def test_results_hold_text_and_base64(tmp_path: Path) -> None:
    """A line has documents that are text as text, and others in base64."""
    import base64  # noqa: PLC0415  only here

    people = write_people(tmp_path / "people.jsonl", 1)
    for to, formats in (("out", "page,png"), ("out.jsonl", "page,png")):
        invoke("batch", people, "-o", tmp_path / to, "--format", formats, "--workers", 1)
    line = json.loads((tmp_path / "out.jsonl").read_text("utf-8"))
    assert line["profileId"] == "prof_0"
    there = {path.suffix: path.read_bytes() for path in files_in(tmp_path / "out").values()}
    assert line["outputs"]["page"]["text"].encode() == there[".html"]
    assert base64.b64decode(line["outputs"]["png"]["base64"]) == there[".png"]


def test_programs_get_an_event_a_line(tmp_path: Path) -> None:
    """Problems with their places, and figures at the end, on stdout; nothing else is there."""
    path = tmp_path / "people.jsonl"
    path.write_text(f"{json.dumps(person(1))}\n[]\nnonsense\n", "utf-8")
    result = invoke("batch", path, "-o", tmp_path / "out", "--workers", 1, "--json")
    assert result.exit_code == 3
    events = [json.loads(line) for line in result.stdout.splitlines()]
    assert [event["event"] for event in events] == ["problem", "done"]
    assert events[0]["line"] == 3
    done = events[-1]
    assert (done["rendered"], done["unusable"], done["records"]) == (1, 1, 3)
    assert done["bytesRead"] == done["total"] == path.stat().st_size
    assert not result.stderr


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--format", "pag"], 2, "there is no format 'pag'"),
        (["--format", "page,page"], 1, "each once"),
        (["--format", ""], 1, "at least one format"),
        (["--theme", "nosuch"], 2, "there is no theme"),
        (["--lang", "xx"], 2, "xx"),
        (["--workers", "0"], 2, "--workers"),
    ],
)
def test_wrong_options_are_told_before_anything_is_begun(
    tmp_path: Path, options: list[str], code: int, message: str
) -> None:
    """There is no destination afterwards."""
    people = write_people(tmp_path / "people.jsonl", 1)
    result = invoke("batch", people, "-o", tmp_path / "out", *options)
    assert result.exit_code == code
    assert message in result.stderr
    assert not (tmp_path / "out").exists()


def test_what_a_manifest_says_is_unusable_is_not_missing_from_it(tmp_path: Path) -> None:
    """A verification tells of records that no run has seen, and of no others."""
    path = tmp_path / "people.jsonl"
    records = [person(1), person(2), person(1, headline="Another")]
    path.write_text("".join(f"{json.dumps(each)}\n" for each in records) + "nonsense\n", "utf-8")
    destination = tmp_path / "out"
    assert run(path, "-o", destination, "--workers", 1).returncode == 3
    same = run("verify", destination, path, "--workers", 1)
    assert same.stderr == "Compared 2 candidates: 0 wrong\n"
    assert same.returncode == 0
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{json.dumps(person(3))}\n")
    more = run("verify", destination, path, "--workers", 1)
    assert "1 record of the input not in the manifest" in more.stderr
    assert more.returncode == 3
    estimate = run(path, "-o", destination, "--dry-run")
    assert " a second" not in estimate.stderr


def test_a_sample_is_a_number_or_all(tmp_path: Path) -> None:
    """Anything else is wrong usage."""
    people = write_people(tmp_path / "people.jsonl", 1)
    for sample in ("0", "-1", "some", "1" * 20):
        result = invoke("batch", "verify", tmp_path, people, f"--sample={sample}")
        assert result.exit_code == 2


@pytest.mark.parametrize(
    ("fails_on", "line"), [('card.name == "Person prof_1"', 2), ('card.score.value == "0"', 1)]
)
def test_a_bug_that_one_record_meets_spoils_no_other(
    tmp_path: Path, fails_on: str, line: int
) -> None:
    """A template that fails on one candidate gives an entry with an error, and exit code 3."""
    people = write_people(tmp_path / "people.jsonl", 3)
    templates = tmp_path / "own"
    (templates / "card").mkdir(parents=True)
    text = f"{{% for card in cards %}}{{{{ 1 // (0 if {fails_on} else 1) }}}}{{% endfor %}}\n"
    (templates / "card" / "fragment.html").write_text(text, "utf-8")
    arguments = [people, "-o", tmp_path / "out", "--format", "fragment", "--workers", 1]
    first = run(*arguments, "--templates", templates)
    assert first.returncode == 3, first.stderr
    assert f"error: {people}:{line}: " in first.stderr
    assert f"prof_{line - 1}" not in first.stderr
    assert "1 failed" in first.stderr
    assert len(files_in(tmp_path / "out")) == 2
    again = run(*arguments, "--templates", templates)
    assert again.returncode == 3
    assert "2 unchanged, 1 failed" in again.stderr


def test_progress_is_a_line_with_rate_and_time_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a terminal it is written over; elsewhere there is a line a minute."""
    now = [0.0]
    monkeypatch.setattr("candidate_cards.cli.batch.monotonic", lambda: now[0])
    for is_terminal in (True, False):
        monkeypatch.setattr("sys.stderr.isatty", lambda is_terminal=is_terminal: is_terminal)
        now[0] = 0.0
        telling = _Telling(as_json=False)
        summary = Summary(rendered=900, kept=100, unusable=2, bytes_read=25, total=100)
        for now[0] in range(121):
            telling.progress(summary)
        told = capsys.readouterr().err
        assert told.count("25%, 1,000 candidates") == (120 if is_terminal else 2)
        assert "8 a second" in told
        assert "6 min left" in told
        assert "2 failed" in told
        assert ("\r" in told) == is_terminal
