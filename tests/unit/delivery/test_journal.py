"""The file that remembers what was sent."""

from __future__ import annotations

import json
import os
import stat
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from candidate_cards.delivery import Journal
from candidate_cards.delivery.journal import OpenJournal
from candidate_cards.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NINE = datetime(2026, 3, 1, 10, tzinfo=timezone(timedelta(hours=1)))
LINE = '{"key": "a", "status": "sent", "at": "2026-03-01T09:00:00.000Z"}\n'


def read(path: Path, *, retry_unknown: bool = False) -> dict[str, str]:
    """Return the last event of each key that counts."""
    with closing(OpenJournal(Journal(path, retry_unknown=retry_unknown))) as journal:
        return {key: entry.event for key, entry in journal.load().items()}


def write(path: Path, *events: tuple[str, str]) -> None:
    """Append events with their keys."""
    with closing(OpenJournal(Journal(path, clock=lambda: NINE))) as journal:
        journal.load()
        for key, event in events:
            journal.append({"key": key, "status": event}, durable=event == "sending")


def test_a_line_is_an_object_with_the_time_in_utc(tmp_path: Path) -> None:
    """JSON Lines, as documented."""
    path = tmp_path / "j"
    write(path, ("a", "sending"), ("a", "sent"))
    assert path.read_text("utf-8").splitlines() == [
        '{"key": "a", "status": "sending", "at": "2026-03-01T09:00:00.000Z"}',
        '{"key": "a", "status": "sent", "at": "2026-03-01T09:00:00.000Z"}',
    ]


def test_the_last_line_of_a_key_counts(tmp_path: Path) -> None:
    """Whatever was before it."""
    path = tmp_path / "j"
    write(path, ("a", "sending"), ("b", "refused"), ("a", "sent"), ("b", "sending"))
    assert read(path) == {"a": "sent", "b": "sending"}


def test_what_may_have_arrived_is_left_out_if_it_is_to_be_tried_again(tmp_path: Path) -> None:
    """Only that; what was sent stays."""
    path = tmp_path / "j"
    write(path, ("a", "sent"), ("b", "sending"), ("c", "unknown"), ("d", "deferred"))
    assert read(path, retry_unknown=True) == {"a": "sent", "d": "deferred"}


@pytest.mark.skipif(sys.platform == "win32", reason="no modes")
def test_a_new_file_is_for_its_owner_only(tmp_path: Path) -> None:
    """It holds addresses, whatever the umask allows."""
    previous = os.umask(0)
    try:
        write(tmp_path / "j", ("a", "sent"))
    finally:
        os.umask(previous)
    assert stat.S_IMODE((tmp_path / "j").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "half",
    [
        b"{",
        b'{"key": "b", "status": "se',
        b"\0\0\0\0",
        b"\xff",
        b'{"key": "b"}',
        LINE[:-3].encode(),
    ],
)
def test_a_last_line_cut_by_a_crash_is_taken_off(tmp_path: Path, half: bytes) -> None:
    """And what is appended then stands on a line of its own."""
    path = tmp_path / "j"
    path.write_bytes(LINE.encode() + half)
    assert read(path) == {"a": "sent"}
    assert path.read_bytes() == LINE.encode()
    write(path, ("c", "sent"))
    assert read(path) == {"a": "sent", "c": "sent"}


def test_a_whole_last_line_without_its_end_counts(tmp_path: Path) -> None:
    """Editors drop it."""
    path = tmp_path / "j"
    path.write_text(LINE.rstrip(), "utf-8")
    assert read(path) == {"a": "sent"}
    write(path, ("b", "sent"))
    assert read(path) == {"a": "sent", "b": "sent"}


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(min_value=0))
def test_a_file_cut_anywhere_can_be_used(tmp_path: Path, length: int) -> None:
    """At every byte: the lines before are read, and the journal goes on."""
    path = tmp_path / "j"
    path.unlink(missing_ok=True)
    write(path, ("a", "sending"), ("a", "sent"), ("b", "sending"), ("b", "deferred"))
    whole = path.read_bytes()
    cut = whole[: length % (len(whole) + 1)]
    path.write_bytes(cut)
    expected: dict[str, str] = {}
    for line in cut.splitlines():
        if line in whole.splitlines():
            record = json.loads(line)
            expected[record["key"]] = record["status"]
    assert read(path) == expected
    write(path, ("c", "sent"))
    assert read(path) == {**expected, "c": "sent"}


@pytest.mark.parametrize(
    "bad",
    [
        "nonsense",
        "[]",
        "null",
        "1",
        '{"key": "a", "status": "sent"}',
        '{"key": 1, "status": "sent", "at": "2026-03-01T09:00:00Z"}',
        '{"key": "a", "status": "lost", "at": "2026-03-01T09:00:00Z"}',
        '{"key": "a", "status": ["sent"], "at": "2026-03-01T09:00:00Z"}',
        '{"key": "a", "status": "sent", "at": "yesterday"}',
        '{"key": "a", "status": "sent", "at": 5}',
        '{"key": "a", "status": "sent", "at": "2026-03-01T09:00:00"}',
        '{"key": "a", "status": "sent", "at": "0001-01-01T00:00:00+23:00"}',
        "[" * 100_000,
        '{"key": "a", "status": "sent", "at": ' + "9" * 5000 + "}",
    ],
)
def test_a_bad_line_that_was_written_whole_is_an_error_with_its_place(
    tmp_path: Path, bad: str
) -> None:
    """Guessing could send twice; nothing of the line is repeated."""
    path = tmp_path / "j"
    content = f"{LINE}{bad}\n{LINE}{bad}\n"
    path.write_text(content, "utf-8")
    with pytest.raises(InputError) as caught:
        read(path)
    places = [(problem.source, problem.line) for problem in caught.value.problems]
    assert places == [(str(path), 2), (str(path), 4)]
    assert "yesterday" not in str(caught.value)
    assert path.read_text("utf-8") == content


def test_not_every_bad_line_is_listed(tmp_path: Path) -> None:
    """A file that is something else altogether does not flood the screen."""
    path = tmp_path / "j"
    path.write_text("x\n" * 5000, "utf-8")
    with pytest.raises(InputError) as caught:
        read(path)
    assert len(caught.value.problems) == 20


def test_blank_lines_are_passed_over(tmp_path: Path) -> None:
    """A hand that mended the file may leave one."""
    path = tmp_path / "j"
    path.write_text(f"\n{LINE}  \n", "utf-8")
    assert read(path) == {"a": "sent"}


def test_a_journal_in_use_is_refused_until_it_is_closed(tmp_path: Path) -> None:
    """One run at a time."""
    path = tmp_path / "j"
    with closing(OpenJournal(Journal(path))) as first:
        first.load()
        with (
            closing(OpenJournal(Journal(path))) as second,
            pytest.raises(InputError, match=f"{path}: is in use by another run"),
        ):
            second.load()
    assert read(path) == {}


@pytest.mark.skipif(sys.platform == "win32", reason="no /dev/null")
@pytest.mark.parametrize("path", ["/dev/null", "."])
def test_what_cannot_remember_is_refused(path: str) -> None:
    """A device would swallow what was sent."""
    with pytest.raises(InputError, match="must be a regular file"):
        OpenJournal(Journal(path)).load()


def test_a_missing_folder_is_the_systems_error(tmp_path: Path) -> None:
    """It names the path."""
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read(tmp_path / "nowhere" / "j")


def test_closing_is_possible_at_any_time(tmp_path: Path) -> None:
    """Also before loading, and twice; then nothing can be written."""
    journal = OpenJournal(Journal(tmp_path / "j", clock=lambda: datetime.now(UTC)))
    journal.close()
    journal.load()
    journal.close()
    journal.close()
    with pytest.raises(ValueError, match="not open"):
        journal.append({"key": "a", "status": "sent"}, durable=False)


KEYS = st.sampled_from(["a", "b", "ä\n"])
EVENTS = st.sampled_from(["sending", "sent", "refused", "deferred", "failed", "unknown"])


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.lists(st.tuples(KEYS, EVENTS), max_size=5), max_size=4))
def test_what_runs_wrote_one_after_the_other_is_read(
    tmp_path: Path, runs: Sequence[Sequence[tuple[str, str]]]
) -> None:
    """As a dictionary would keep it."""
    path = tmp_path / "j"
    path.unlink(missing_ok=True)
    expected: dict[str, str] = {}
    for events in runs:
        write(path, *events)
        expected |= dict(events)
        assert read(path) == expected
