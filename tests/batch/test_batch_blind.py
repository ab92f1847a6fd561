"""Batches and profiles: nothing that a profile hides is in what leaves the house, or its names."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from batches import entries, files_in

from command_line import enrichment, invoke

if TYPE_CHECKING:
    from pathlib import Path

_NAMES = ("Wilhelmina", "Quackenbush", "Thaddeus", "Oberlin")
_PEOPLE: list[dict[str, Any]] = [
    {
        "profileId": f"ident-{first.lower()}",
        "name": f"{first} {last}",
        "linkedinUrl": f"https://www.linkedin.com/in/{first.lower()}-{last.lower()}",
        "emails": [f"{first}.{last}@example.com"],
        "rationale": f"{first} has led Rose teams; {last}'s Rose garden grew.",
        f"key of {last}": "kept as it is",
        "matchScore": 81,
    }
    for first, last in (_NAMES[:2], _NAMES[2:])
]
_ROSE: dict[str, Any] = {
    "profileId": "ident-rose",
    "name": "Rose Marigold",
    "rationale": "Rose wrote of a Rose.",
}


def _write(tmp_path: Path) -> Path:
    path = tmp_path / "thaddeus.jsonl"
    failed = enrichment({"profileId": "ident-oberlin", "success": False, "errorMessage": "Oberlin"})
    lines = [*map(json.dumps, [*_PEOPLE, _ROSE]), failed, '{"name": "Oberlin"', json.dumps(_ROSE)]
    path.write_text("\n".join(lines), "utf-8")
    return path


@pytest.mark.parametrize("to", ["out", "out.jsonl"])
def test_nothing_of_a_blind_batch_says_who_it_is(tmp_path: Path, to: str) -> None:
    """Files, their names, results and manifest hold codes; key file and report lead back."""
    people = _write(tmp_path)
    key, report = tmp_path / "key.json", tmp_path / "report.json"
    options = ["--profile", "blind", "--key-file", key, "--workers", 1]
    arguments = [people, "-o", tmp_path / to, "--format", "page,email", *options]
    result = invoke("batch", *arguments, "--redaction-report", report)
    assert result.exit_code == 3, result.output
    said = [
        path
        for path in (tmp_path.rglob("*"))
        if path.is_file() and (path.relative_to(tmp_path).parts[0].startswith(to))
    ]
    assert len(said) == (7 if to == "out" else 2)
    for path in said:
        text = f"{path.relative_to(tmp_path)} {path.read_text('utf-8')}".casefold()
        for name in (*_NAMES, "ident-", "marigold"):
            assert name.casefold() not in text, path
    manifest = tmp_path / "out/manifest.jsonl" if to == "out" else tmp_path / f"{to}.manifest"
    codes = [entry["id"] for entry in entries(manifest) if entry["id"]]
    assert len(codes) == 3
    for code, person in zip(codes, [*_PEOPLE, _ROSE], strict=True):
        revealed = invoke("reveal", code, "--key-file", key)
        assert person["profileId"] in revealed.stdout
    before = json.loads(report.read_text("utf-8"))
    assert before["finds"]
    again = invoke("batch", *arguments, "--redaction-report", report)
    assert "3 unchanged" in again.stderr
    assert json.loads(report.read_text("utf-8"))["finds"] == before["finds"]
    assert len([entry for entry in entries(manifest) if not entry["id"]]) == 3
    assert (tmp_path / "key.json.batch").stat().st_mode & 0o077 == 0


def test_another_key_makes_everything_again(tmp_path: Path) -> None:
    """Of two keys no code and no hash of a record is in common."""
    people = _write(tmp_path)
    hashes = []
    for name in ("one", "two"):
        options = ["--profile", "blind", "--key-file", tmp_path / f"{name}.json", "--workers", 1]
        invoke("batch", people, "-o", tmp_path / name, *options)
        said = entries(tmp_path / name / "manifest.jsonl")
        hashes.append(
            {entry["record"] for entry in said} | {entry["id"] for entry in said} - {None}
        )
    assert hashes[0]
    assert not hashes[0] & hashes[1]


def test_a_decision_is_obeyed_by_the_next_run(tmp_path: Path) -> None:
    """What somebody decides to keep is in the documents of the rerun."""
    people = tmp_path / "people.jsonl"
    people.write_text(json.dumps(_ROSE), "utf-8")
    key, report = tmp_path / "key.json", tmp_path / "report.json"
    options = ["--profile", "blind", "--key-file", key, "--redaction-report", report]
    arguments = ["batch", people, "-o", tmp_path / "out", "--workers", 1, *options]
    assert invoke(*arguments).exit_code == 0
    (path,) = files_in(tmp_path / "out").values()
    assert "Rose" not in path.read_text("utf-8")
    text = report.read_text("utf-8")
    report.write_text(re.sub(r'"decision": null', '"decision": "keep"', text), "utf-8")
    again = invoke(*arguments)
    assert "Rendered 1 candidate" in again.stderr, again.output
    assert "Rose" in path.read_text("utf-8")


def test_options_of_codes_need_a_profile_that_has_them(tmp_path: Path) -> None:
    """A key file without codes, and codes without a key file, are wrong usage."""
    people = _write(tmp_path)
    arguments = ["batch", people, "-o", tmp_path / "out"]
    assert invoke(*arguments, "--key-file", tmp_path / "k.json").exit_code == 2
    assert invoke(*arguments, "--profile", "blind").exit_code == 2
    inside = invoke(*arguments, "--profile", "blind", "--key-file", tmp_path / "out" / "k.json")
    assert inside.exit_code == 2
    assert "must not be in OUT" in inside.stderr
    assert not (tmp_path / "out").exists()
