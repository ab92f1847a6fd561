"""``candidate-cards reveal``."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from candidate_cards.privacy.codes import CodedPerson
from candidate_cards.privacy.key_file import KeyFile, open_key_file
from command_line import invoke

if TYPE_CHECKING:
    from pathlib import Path

PEOPLE = {"prof_1": "Ada Lovelace", "prof_2": "Žofie\x1b[2J\u202e Nová", "prof_3": None}


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    """A key file of three people."""
    keys = open_key_file(tmp_path / "keys.json")
    keys.record(
        CodedPerson(keys.key.code(profile_id), profile_id, name)
        for profile_id, name in PEOPLE.items()
    )
    return keys


def test_each_code_is_a_line_of_code_id_and_name(keys: KeyFile) -> None:
    """In the order asked for, each person once; nothing moves the terminal's cursor."""
    one, two, three = map(keys.key.code, PEOPLE)
    result = invoke("reveal", "--key-file", keys.path, two.lower(), one, three, two)
    assert result.exit_code == 0, result.output
    assert result.stdout.split("\n") == [
        f"{two}\tprof_2\tŽofie\\x1b[2J\\u202e Nová",
        f"{one}\tprof_1\tAda Lovelace",
        f"{three}\tprof_3\t-",
        "",
    ]
    assert result.stderr == ""


def test_json_is_one_object_with_what_is_unknown(keys: KeyFile) -> None:
    """For programs; names are as they were recorded."""
    one, two, three = map(keys.key.code, PEOPLE)
    unknown = keys.key.code("prof_4")
    result = invoke("reveal", "--json", "--key-file", keys.path, one, two, unknown, three, "Ada")
    assert result.exit_code == 3
    assert json.loads(result.stdout) == {
        "people": [
            {"code": keys.key.code(profile_id), "profileId": profile_id, "name": name}
            for profile_id, name in PEOPLE.items()
        ],
        "unknown": [unknown, "Ada"],
    }
    assert result.stderr == ""


def test_codes_come_from_stdin_too(keys: KeyFile) -> None:
    """Whatever is between them, and whatever else is there."""
    one, two, three = map(keys.key.code, PEOPLE)
    stdin = f"{one}\r\n\r\n  {two}\t\xff".encode("latin-1")
    result = invoke("reveal", "--key-file", keys.path, "-", three, stdin=stdin)
    assert result.exit_code == 3
    assert [line.split("\t")[0] for line in result.stdout.splitlines()] == [one, two, three]
    assert result.stderr == f"Not in {keys.path}: \ufffd\n"


def test_the_exit_code_says_whether_all_some_or_none_were_found(keys: KeyFile) -> None:
    """0, 3 and 1; what is not there is named on stderr, with nothing that moves a cursor."""
    known = keys.key.code("prof_1")
    for codes, expected, missing in (
        ([known], 0, []),
        ([known, "C-\x1b[2J"], 3, ["C-\\x1b[2J"]),
        (["C-1", "C-2"], 1, ["C-1", "C-2"]),
    ):
        result = invoke("reveal", "--key-file", keys.path, *codes)
        assert result.exit_code == expected
        assert result.stderr.splitlines() == [f"Not in {keys.path}: {each}" for each in missing]
    assert invoke("reveal", "--key-file", keys.path, "-", stdin="").exit_code == 1


def test_a_wrong_command_line_is_a_matter_of_usage(keys: KeyFile, tmp_path: Path) -> None:
    """Nobody is revealed; no key file is made."""
    missing = tmp_path / "missing.json"
    for arguments in (
        ("reveal", "--key-file", keys.path),
        ("reveal", "C-1"),
        ("reveal", "--key-file", missing, "C-1"),
        ("reveal", "--key-file", keys.path, "-", "-"),
    ):
        result = invoke(*arguments)
        assert result.exit_code == 2
        assert result.stdout == ""
    assert not missing.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_a_key_file_that_others_may_read_reveals_nobody(keys: KeyFile) -> None:
    """The error says what to do."""
    keys.path.chmod(0o644)
    result = invoke("reveal", "--key-file", keys.path, keys.key.code("prof_1"))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "chmod 600 keys.json" in result.stderr


@pytest.mark.parametrize("text", ["{", "[]", '{"secret": "c2VjcmV0"}', "Ada"])
def test_a_broken_key_file_is_an_error_without_its_content(tmp_path: Path, text: str) -> None:
    """Its name, and what is wrong."""
    path = tmp_path / "keys.json"
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    result = invoke("reveal", "--key-file", path, "C-1")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {path}")
    assert "c2Vj" not in result.output
    assert "Ada" not in result.output


def test_the_secret_is_never_printed(keys: KeyFile) -> None:
    """In no form of the output."""
    secret = json.loads(keys.path.read_bytes())["secret"]
    code = keys.key.code("prof_1")
    for options in ((), ("--json",)):
        result = invoke("reveal", *options, "--key-file", keys.path, code, "C-1")
        assert secret not in result.output
        assert keys.key.secret.hex() not in result.output
