"""The file that leads from codes back to people."""

from __future__ import annotations

import ast
import json
import os
import random
import signal
import stat
import subprocess
import sys
from base64 import b64encode
from time import sleep
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from candidate_cards._private_files import changing
from candidate_cards.errors import InputError
from candidate_cards.privacy.codes import BlindKey, CodedPerson
from candidate_cards.privacy.key_file import KeyFile, open_key_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SECRET = bytes(range(32))
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")

#: Records people whose ids begin with a word, one after another, and tells of each.
RECORDER = """
import os, sys
from candidate_cards.privacy.codes import CodedPerson
from candidate_cards.privacy.key_file import open_key_file

path, word, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
keys = open_key_file(path)
for number in range(count):
    profile_id = f"{word}{number}"
    keys.record([CodedPerson(keys.key.code(profile_id), profile_id, "NAME")])
    os.write(1, profile_id.encode() + b"\\n")  # all of it or nothing
"""

#: Records people, each in a process that dies before one more of the calls that an update makes
#: of the system, up to one that survives; then it tells how many had died.
DYING = """
import os, signal, sys
from itertools import count
from candidate_cards.privacy.codes import CodedPerson
from candidate_cards.privacy.key_file import open_key_file


def die(event, _):
    if event.startswith(("open", "os.", "fcntl.")) and next(calls) == number:
        signal.raise_signal(signal.SIGKILL)


path = sys.argv[1]
for number in count(1):
    pid = os.fork()
    if not pid:
        keys = open_key_file(path)
        calls = count(1)
        sys.addaudithook(die)
        keys.record([CodedPerson(keys.key.code(str(number)), str(number), "NAME")])
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    keys = open_key_file(path)
    assert keys.reveal(keys.key.code("first")), number
    there = keys.reveal(keys.key.code(str(number))) is not None
    print(number, os.WIFSIGNALED(status), there, sorted(os.listdir(os.path.dirname(path))))
    if not os.WIFSIGNALED(status):
        assert there
        break
"""


def person(keys: KeyFile, profile_id: str, name: str | None = "Ada") -> CodedPerson:
    """Return somebody with a code of the file's key."""
    return CodedPerson(keys.key.code(profile_id), profile_id, name)


def content(**changes: object) -> dict[str, Any]:
    """Return what a key file holds, with some of it changed; ``...`` takes a member out."""
    value = {
        "kind": "candidate-cards key file",
        "version": 1,
        "secret": b64encode(SECRET).decode(),
        "people": {BlindKey(SECRET).code("p1"): {"profileId": "p1", "name": "Ada"}},
        **changes,
    }
    return {key: part for key, part in value.items() if part is not ...}


def write(path: Path, text: str | bytes) -> None:
    """Write a file for its owner alone."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(0o600)


def problems(path: Path) -> list[tuple[str, str]]:
    """Return field and message of each problem of a file, which all name the file."""
    with pytest.raises(InputError) as caught:
        open_key_file(path)
    assert {problem.source for problem in caught.value.problems} == {str(path)}
    return [(problem.field, problem.message) for problem in caught.value.problems]


def test_who_was_recorded_is_found_by_code(tmp_path: Path) -> None:
    """Also by somebody who opens the file later, and however the code is written."""
    path = tmp_path / "keys.json"
    keys = open_key_file(path)
    ada, nobody = person(keys, "prof_1"), person(keys, "prof_2", None)
    keys.record([ada, nobody])
    for opened in (keys, open_key_file(path, create=False)):
        assert opened.key == keys.key
        assert opened.reveal(ada.code) == ada
        assert opened.reveal(nobody.code.lower().replace("-", "")) == nobody
        assert opened.reveal(opened.key.code("prof_3")) is None
        assert opened.reveal("Ada") is None


def test_a_file_has_a_key_of_its_own_and_keeps_it(tmp_path: Path) -> None:
    """The same codes whenever it is opened; none in common with those of another file."""
    first, again = open_key_file(tmp_path / "a"), open_key_file(tmp_path / "a")
    other = open_key_file(tmp_path / "b")
    ids = [f"prof_{number}" for number in range(10_000)]
    codes = set(map(first.key.code, ids))
    assert codes == set(map(again.key.code, ids))
    assert codes.isdisjoint(map(other.key.code, ids))


texts = st.text(st.characters(), max_size=30)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.lists(st.tuples(texts, st.none() | texts), max_size=4), max_size=4))
def test_the_file_is_what_a_dictionary_would_be(
    tmp_path: Path, batches: Sequence[Sequence[tuple[str, str | None]]]
) -> None:
    """Any ids and names; a later name replaces an earlier one, and a blank one does not."""
    path = tmp_path / "keys.json"
    path.unlink(missing_ok=True)
    keys = open_key_file(path)
    expected: dict[str, CodedPerson] = {}
    for batch in batches:
        people = [person(keys, profile_id, name) for profile_id, name in batch]
        keys.record(people)
        for each in {each.code: each for each in people}.values():
            if each.code not in expected or (each.name or "").strip():
                expected[each.code] = each
    for opened in (keys, open_key_file(path)):
        assert {code: opened.reveal(code) for code in expected} == expected
    assert json.loads(path.read_bytes())["people"].keys() == expected.keys()


def test_the_file_is_plain_to_read_and_safe_to_show(tmp_path: Path) -> None:
    """Letters of any script are themselves; what moves a cursor or turns text is escaped."""
    path = tmp_path / "keys.json"
    keys = open_key_file(path)
    keys.record([person(keys, "p", "Žofie 王\x1b[2J\x9b\u202e\ud800")])
    text = path.read_text("utf-8")
    assert "Žofie 王" in text
    assert text.replace("\n", "").isprintable()


def test_recording_nothing_new_leaves_the_file_alone(tmp_path: Path) -> None:
    """A rerun does not even touch it."""
    path = tmp_path / "keys.json"
    keys = open_key_file(path)
    keys.record([person(keys, "p")])
    before = path.stat()
    keys.record([person(keys, "p"), person(keys, "p", None)])
    keys.record([])
    assert path.stat() == before


def test_a_code_of_another_key_is_not_recorded(tmp_path: Path) -> None:
    """It would lead nowhere once the file is used again; the file is as before."""
    keys = open_key_file(tmp_path / "keys.json")
    foreign = CodedPerson(BlindKey.generate().code("p"), "p", "Ada")
    with pytest.raises(ValueError, match="this file's key") as caught:
        keys.record([person(keys, "q"), foreign])
    assert "Ada" not in str(caught.value)
    assert open_key_file(tmp_path / "keys.json").reveal(keys.key.code("q")) is None


def test_a_file_that_was_replaced_meanwhile_is_not_mixed_with_what_it_was(tmp_path: Path) -> None:
    """Codes of two keys in one file: nobody could go on with either."""
    path = tmp_path / "keys.json"
    keys = open_key_file(path)
    path.unlink()
    other = open_key_file(path)
    with pytest.raises(InputError, match="another key"):
        keys.record([person(keys, "p")])
    assert open_key_file(path).key == other.key


def test_nothing_of_the_content_is_in_a_repr(tmp_path: Path) -> None:
    """Only where the file is."""
    path = tmp_path / "keys.json"
    write(path, json.dumps(content()))
    assert repr(open_key_file(path)) == f"KeyFile({str(path)!r})"


@posix
def test_all_that_is_written_is_for_its_owner_only(tmp_path: Path) -> None:
    """Whatever the umask allows: the file when it is made and changed, and what is beside it."""
    previous = os.umask(0)
    try:
        keys = open_key_file(tmp_path / "keys.json")
        modes = [stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()]
        keys.record([person(keys, "p")])
        modes += [stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()]
    finally:
        os.umask(previous)
    assert set(modes) == {0o600}


@posix
@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o660, 0o666, 0o602, 0o620, 0o777])
def test_a_file_that_others_may_open_is_refused(tmp_path: Path, mode: int) -> None:
    """When it is opened and when it is changed, with what to do about it."""
    path = tmp_path / "keys.json"
    keys = open_key_file(path)
    before = path.read_bytes()
    path.chmod(mode)
    with pytest.raises(InputError, match=r"chmod 600 keys\.json"):
        open_key_file(path)
    with pytest.raises(InputError, match=r"chmod 600 keys\.json"):
        keys.record([person(keys, "p")])
    assert path.read_bytes() == before
    path.chmod(0o400)
    assert open_key_file(path).key == keys.key


@posix
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_is_no_file_is_refused(tmp_path: Path, kind: str) -> None:
    """Without waiting for somebody at the other end of a pipe."""
    path = tmp_path / "keys.json"
    if kind == "pipe":
        os.mkfifo(path, 0o600)
    else:
        path.symlink_to("/dev/null")
    with pytest.raises(InputError, match="must be a regular file"):
        open_key_file(path)


@posix
def test_a_link_stays_one(tmp_path: Path) -> None:
    """What it leads to is changed."""
    (tmp_path / "elsewhere").mkdir()
    link, target = tmp_path / "keys.json", tmp_path / "elsewhere" / "real.json"
    link.symlink_to(target)
    keys = open_key_file(link)
    keys.record([person(keys, "p")])
    assert link.is_symlink()
    assert open_key_file(target).reveal(keys.key.code("p")) is not None


def test_a_missing_file_or_folder_is_the_systems_error(tmp_path: Path) -> None:
    """Where a file is not to be made, and where it cannot be."""
    with pytest.raises(FileNotFoundError, match=r"keys\.json"):
        open_key_file(tmp_path / "keys.json", create=False)
    assert not any(tmp_path.iterdir())
    with pytest.raises(FileNotFoundError, match="nowhere"):
        open_key_file(tmp_path / "nowhere" / "keys.json")
    with pytest.raises(OSError, match=tmp_path.name):
        open_key_file(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "Ada Lovelace",
        b"\xff\xfeA",
        b"\x80",
        "\0" * 20,
        "[" * 100_000,
        "null",
        "[]",
        '"candidate-cards key file"',
        '{"secret": "Ada"}',
        '{"kind": "candidate-cards redaction report", "version": 1}',
    ],
)
def test_something_else_is_refused_and_left_alone(tmp_path: Path, text: str | bytes) -> None:
    """Nothing of it is in the message, and it is not taken for a new file."""
    path = tmp_path / "keys.json"
    write(path, text)
    before = path.read_bytes()
    ((_, message),) = problems(path)
    assert "Ada" not in message
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"version": 2}, [("version", "is 2, of a newer candidate-cards; this one knows 1")]),
        ({"version": ...}, [("version", "must be a whole number from 1")]),
        ({"version": True}, [("version", "must be a whole number from 1")]),
        ({"version": "1"}, [("version", "must be a whole number from 1")]),
        ({"secret": ...}, [("secret", "must be the base64 text of at least 32 bytes")]),
        ({"secret": "Ada"}, [("secret", "must be the base64 text of at least 32 bytes")]),
        ({"secret": "ß" * 64}, [("secret", "must be the base64 text of at least 32 bytes")]),
        (
            {"secret": b64encode(bytes(31)).decode()},
            [("secret", "must be the base64 text of at least 32 bytes")],
        ),
        (
            {"people": ["Ada"], "secret": 5},
            [
                ("secret", "must be the base64 text of at least 32 bytes"),
                ("people", "must be an object"),
            ],
        ),
        (
            {
                "people": {
                    "Ada": {"profileId": "p", "name": None},
                    BlindKey(SECRET).code("1").lower(): {"profileId": "1", "name": None},
                    BlindKey(SECRET).code("2"): {"profileId": 2, "name": None},
                    BlindKey(SECRET).code("3"): {"profileId": "3", "name": ["Ada"]},
                    BlindKey(SECRET).code("4"): "Ada",
                    BlindKey(SECRET).code("5"): {"profileId": "5"},
                }
            },
            [
                (f"people[{at}]", "must be a code with the profileId and name behind it")
                for at in range(5)
            ],
        ),
    ],
)
def test_every_problem_is_listed_with_its_place(
    tmp_path: Path, changes: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    """None of them repeats what is in the file."""
    path = tmp_path / "keys.json"
    write(path, json.dumps(content(**changes)))
    assert problems(path) == expected


def test_not_every_problem_of_a_broken_file_is_listed(tmp_path: Path) -> None:
    """The first twenty will do."""
    path = tmp_path / "keys.json"
    write(path, json.dumps(content(people={str(at): None for at in range(1000)})))
    assert len(problems(path)) == 20


def test_a_file_of_which_something_else_was_written_beside_is_read(tmp_path: Path) -> None:
    """A byte order mark and members of one's own are no harm."""
    path = tmp_path / "keys.json"
    write(path, b"\xef\xbb\xbf" + json.dumps(content(note="the client's")).encode())
    assert open_key_file(path).key.secret == SECRET


def test_processes_that_record_at_a_time_lose_nothing(tmp_path: Path) -> None:
    """Four of them, that also make the file."""
    path, words, count = tmp_path / "keys.json", "abcd", 25
    started = [
        subprocess.Popen(
            [sys.executable, "-c", RECORDER, str(path), word, str(count)],
            stdout=subprocess.DEVNULL,
        )
        for word in words
    ]
    assert [process.wait() for process in started] == [0] * len(words)
    keys = open_key_file(path)
    for word in words:
        for number in range(count):
            expected = person(keys, f"{word}{number}", "NAME")
            assert keys.reveal(expected.code) == expected


def test_who_waits_too_long_for_another_is_told(tmp_path: Path) -> None:
    """And has changed nothing."""
    path = tmp_path / "keys.json"
    with (
        changing(path),
        pytest.raises(InputError, match="is being changed by another process"),
        changing(path, patience=0.05),
    ):
        pytest.fail("two have it")
    with changing(path, patience=0.0):
        pass


@posix
def test_a_process_killed_amid_updates_leaves_all_that_it_told(tmp_path: Path) -> None:
    """A dozen deaths: the file is whole, every earlier entry is there, and nothing piles up."""
    path = tmp_path / "keys.json"
    key = open_key_file(path).key
    chance = random.Random(12)  # noqa: S311  no secret is made of it
    told: list[str] = []
    for life in range(12):
        with subprocess.Popen(
            [sys.executable, "-c", RECORDER, str(path), f"{life}.", "100000"],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            told += [process.stdout.readline().strip() for _ in range(chance.randrange(1, 5))]
            sleep(chance.uniform(0, 0.01))
            os.kill(process.pid, signal.SIGKILL)
            told += process.stdout.read().split()
        keys = open_key_file(path)
        assert keys.key == key
        lost = [each for each in told if keys.reveal(key.code(each)) is None]
        assert lost == []
    assert len(told) >= 12
    keys.record([person(keys, "last")])
    names = {each.name for each in tmp_path.iterdir()}
    assert names == {"keys.json", ".keys.json.lock"}


@posix
def test_a_process_may_die_before_any_call_of_an_update(tmp_path: Path) -> None:
    """The file is whole and the next update works, wherever it was; both outcomes were seen."""
    path = tmp_path / "keys.json"
    keys = open_key_file(path)
    keys.record([person(keys, "first")])
    output = subprocess.check_output(
        [sys.executable, "-c", DYING, str(path)], text=True, timeout=60
    )
    lives = [line.split(" ", 3) for line in output.splitlines()]
    assert len(lives) > 5
    assert {there for _, died, there, _ in lives if died == "True"} == {"True", "False"}
    beside = {"keys.json", ".keys.json.lock"}
    unfinished = {*beside, ".keys.json.tmp"}
    assert {frozenset(ast.literal_eval(names)) for *_, names in lives} == {
        frozenset(beside),
        frozenset(unfinished),
    }
    assert set(ast.literal_eval(lives[-1][-1])) == beside


@posix
def test_a_disk_that_is_full_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be written whole is not written."""
    path = tmp_path / "keys.json"
    keys = open_key_file(path)
    before = path.read_bytes()

    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        keys.record([person(keys, "p")])
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert keys.reveal(keys.key.code("p")) is None
    assert {each.name for each in tmp_path.iterdir()} == {"keys.json", ".keys.json.lock"}
