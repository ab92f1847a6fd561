"""A candidate that is never done is given up, and everybody else is done."""

from __future__ import annotations

import json
import os
import signal
import sys
from time import sleep
from typing import TYPE_CHECKING

import pytest
from batches import entries, files_in, grown, person, run, started, write_people

from candidate_cards._resources import resource_root
from candidate_cards.batch.watching import Present
from command_line import sourcing

if TYPE_CHECKING:
    from pathlib import Path

_PEOPLE = 40
#: Some hours of loops, for some candidates.
_TEMPLATE = """{% for card in cards %}<p>{{ card.name }}</p>
{% if card.name in ("Person prof_3", "Person prof_4", "Person prof_98") %}
{% for first in "-" * 99999 %}{% for then in "-" * 99999 %}{% endfor %}{% endfor %}
{% endif %}{% endfor %}
"""
_ENDLESS = {3, 4}


def _templates(folder: Path) -> Path:
    (folder / "card").mkdir(parents=True)
    (folder / "card" / "fragment.html").write_text(_TEMPLATE, "utf-8")
    return folder


@pytest.mark.parametrize("to", ["out", "out.jsonl"])
def test_who_is_never_done_is_told_and_everybody_else_is_done(tmp_path: Path, to: str) -> None:
    """Lines and reason are told, nobody's name; of three in a line one is enough."""
    path = tmp_path / "people.jsonl"
    lines = [json.dumps(person(number)) for number in range(_PEOPLE)]
    lines.append(sourcing(person(97), person(98), person(99)))
    path.write_text("\n".join(lines), "utf-8")
    options = ["--format", "fragment", "--templates", _templates(tmp_path / "own"), "--workers", 2]
    done = run(path, "-o", tmp_path / to, *options, "--timeout", 3)
    assert done.returncode == 3, done.stderr
    told = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert told == [
        f"error: {path}:{number + 1}: took longer than 3 s; left out"
        for number in (*sorted(_ENDLESS), _PEOPLE)
    ]
    assert f"Rendered {_PEOPLE - len(_ENDLESS)} candidates" in done.stderr
    manifest = tmp_path / (f"{to}.manifest" if to.endswith("l") else f"{to}/manifest.jsonl")
    made = [entry["id"] for entry in entries(manifest) if entry["id"]]
    assert made == [f"prof_{number}" for number in range(_PEOPLE) if number not in _ENDLESS]
    if to == "out":
        assert len(files_in(tmp_path / to)) == len(made)
        assert not (tmp_path / to / ".unfinished").exists()
    else:
        there = (tmp_path / to).read_text("utf-8").splitlines()
        assert [json.loads(line)["profileId"] for line in there] == made


def test_a_layout_that_never_ends_is_given_up_too(tmp_path: Path) -> None:
    """The PDF engine is ended with the process that it keeps."""
    path = tmp_path / "people.jsonl"
    path.write_text("\n".join(json.dumps(person(number)) for number in range(3)), "utf-8")
    original = (resource_root("templates") / "dossier" / "section.html").read_text("utf-8")
    trap = '{% if cards[0].name == "Person prof_1" %}<table><tr><td colspan=1000000>x</td></tr>'
    changed = original.replace(
        '<body class="sheet">', f'<body class="sheet">{trap}</table>{{% endif %}}'
    )
    assert changed != original
    (tmp_path / "own" / "dossier").mkdir(parents=True)
    (tmp_path / "own" / "dossier" / "section.html").write_text(changed, "utf-8")
    options = ["--format", "pdf", "--templates", tmp_path / "own", "--workers", 1, "--timeout", 8]
    done = run(path, "-o", tmp_path / "out", *options)
    assert done.returncode == 3
    assert f"error: {path}:2: took longer than 8 s; left out" in done.stderr
    assert "Rendered 2 candidates" in done.stderr


def test_without_a_limit_nothing_is_watched(tmp_path: Path) -> None:
    """With 0 a run is as with any other number for who is done in time."""
    path = tmp_path / "people.jsonl"
    path.write_text(json.dumps(person(1)), "utf-8")
    assert run(path, "-o", tmp_path / "out", "--timeout", 0, "--workers", 1).returncode == 0
    assert run(path, "-o", tmp_path / "out", "--timeout", -1).returncode == 2


def test_only_who_is_looked_at_again_and_again_is_late() -> None:
    """Looks are counted for each candidate alone; between two, and after an error, for nobody."""
    present = Present()
    assert present.look() == (b"", 0)
    for _ in range(2):  # two candidates of one record
        with present.at(b"one"):
            assert [present.look() for _ in range(3)] == [(b"one", times) for times in range(3)]
    assert present.look() == (b"", 0)
    with present.at(b"two"):
        assert present.look() == (b"two", 0)
        present.at(b"two")
        assert present.look() == (b"two", 0)
    with pytest.raises(ValueError, match="why"), present.at(b"three"):
        raise ValueError("why")
    assert [present.look() for _ in range(2)] == [(b"", 0), (b"", 0)]


@pytest.mark.skipif(sys.platform == "win32", reason="nobody stops a process there")
def test_a_run_that_is_stopped_for_a_while_is_not_late(tmp_path: Path) -> None:
    """Ctrl-Z for longer than the limit costs nobody a document."""
    people = write_people(tmp_path / "people.jsonl", 2_000)
    folder = tmp_path / "out"
    options = ["--format", "fragment", "--workers", 1, "--timeout", 1.5]
    with started([people, "-o", folder, *options]) as process:
        while not grown(folder / "manifest.jsonl", 20_000)():
            assert process.poll() is None
            sleep(0.002)
        os.killpg(process.pid, signal.SIGSTOP)
        sleep(3)
        os.killpg(process.pid, signal.SIGCONT)
        _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert "lost" not in errors
