"""Codes come from the key alone: the same one gives the same bytes, another no code in common."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest
from people import GROUPS, people_of, shortlist_of
from searching import View, views_of

from candidate_cards import export_candidates, list_formats
from candidate_cards.exports import get_exporter
from candidate_cards.models import Candidate, Shortlist
from candidate_cards.privacy import apply_profile, load_profile
from candidate_cards.privacy.codes import BlindKey, read_code
from candidate_cards.privacy.key_file import open_key_file

if TYPE_CHECKING:
    from pathlib import Path

    from candidate_cards.privacy import Profile

#: Over the group: scripts that differ, one with nicknames.
_PEOPLE: Final = tuple(people_of(group)[3] for group in GROUPS[::6])
#: As `read_code` takes it, in the small letters of file names and broken over lines too.
_CODE: Final = re.compile(r"\bC(?:-\s?(?:[A-Z][0-9]){2}){4}\b", re.IGNORECASE)
_SHORTLIST: Final = shortlist_of(_PEOPLE)


def _profile(key: BlindKey) -> Profile:
    return load_profile("blind", key=key)


def _codes(found: list[View]) -> set[str]:
    written = {code for view in found for code in _CODE.findall(view.text)}
    return {code for text in written if (code := read_code(text))}


def _document(format_name: str, key: BlindKey) -> tuple[bytes, set[str]]:
    data = export_candidates(_SHORTLIST, format=format_name, profile=_profile(key))
    return data, _codes(list(views_of(data, get_exporter(format_name).file_extension)))


@pytest.mark.parametrize("format_name", list_formats())
def test_the_same_key_gives_the_same_bytes(format_name: str) -> None:
    """A second rendering with an equal key differs in no byte; another key shares no code."""
    secret = bytes(range(32))
    first, codes = _document(format_name, BlindKey(secret))
    again, _ = _document(format_name, BlindKey(bytes(secret)))
    assert first == again
    other, other_codes = _document(format_name, BlindKey(bytes(range(1, 33))))
    assert first != other
    if format_name != "png":  # which holds none but in pixels
        assert len(codes) == len(other_codes) >= len(_PEOPLE)
        assert not codes & other_codes


def test_keys_share_no_code_of_anybody() -> None:
    """Of all the people of the corpus, no code of one key is one of another's."""
    ids = [person.candidate.profile_id for group in GROUPS for person in people_of(group)]
    everybody = [Candidate(profile_id=profile_id) for profile_id in ids]
    codes = []
    for key in (BlindKey.generate(), BlindKey.generate()):
        shown = apply_profile(Shortlist(candidates=tuple(everybody)), _profile(key)).content
        assert isinstance(shown, Shortlist)
        codes.append({candidate.profile_id for candidate in shown.candidates})
        assert codes[-1] == {key.code(candidate.profile_id) for candidate in everybody}
    assert len(codes[0]) == len(codes[1]) == len(everybody)
    assert not codes[0] & codes[1]


def _run(source: Path, out: Path, key: Path, format_name: str, seed: str) -> dict[str, bytes]:
    """Render in a process of its own, whose hashes are of another seed; return files by name."""
    where = out if format_name == "pdf" else f"{out}{os.sep}"
    command = [sys.executable, "-m", "candidate_cards", "render", str(source), "-o", str(where)]
    options = ["--format", format_name, "--profile", "blind", "--key-file", str(key)]
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run(
        [*command, *options], capture_output=True, env=environment, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr.decode()
    files = [out] if format_name == "pdf" else sorted(out.iterdir())
    return {file.name: file.read_bytes() for file in files}


@pytest.mark.parametrize("format_name", [name for name in list_formats() if name != "png"])
def test_a_key_file_gives_the_same_files_in_any_process(format_name: str, tmp_path: Path) -> None:
    """Names and bytes of files are the same in each process; a new key file changes every code."""
    source = tmp_path / "people.jsonl"
    lines = [person.candidate.model_dump_json(by_alias=True) for person in _PEOPLE[:2]]
    source.write_text("\n".join(lines), "utf-8")
    extension = get_exporter(format_name).file_extension
    runs = []
    for number, key in enumerate(("one.json", "one.json", "two.json")):
        out = tmp_path / str(number) / f"out{extension if format_name == 'pdf' else ''}"
        out.parent.mkdir()
        runs.append(_run(source, out, tmp_path / key, format_name, str(number + 1)))
    assert runs[0] == runs[1]
    codes = [
        {
            code
            for name, data in run.items()
            for code in _codes([View("file name", name), *views_of(data, extension)])
        }
        for run in runs
    ]
    assert codes[0] == codes[1]
    assert codes[0]
    assert not codes[0] & codes[2]
    keys = open_key_file(tmp_path / "one.json", create=False)
    known = {person.candidate.profile_id for person in _PEOPLE[:2]}
    assert {found.profile_id for code in codes[0] if (found := keys.reveal(code))} == known
