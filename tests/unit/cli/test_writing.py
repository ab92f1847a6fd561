"""File names and whole writes."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candidate_cards.cli.writing import file_stems, refuse_existing, write_file
from candidate_cards.errors import ExportError

if TYPE_CHECKING:
    from pathlib import Path

_IDS = st.lists(
    st.one_of(
        st.text(max_size=80),
        # Near misses: they fold to each other, to devices and to numbered names.
        st.sampled_from(["prof_1", "PROF_1", "prof 1", "prof-1", "prof-1-2", "index", "CON"]),
        st.from_regex(r"(\.\./|[a-z]:\\|/etc/)[a-z./\\]*", fullmatch=True),
    ),
    max_size=20,
)


@settings(deadline=None)
@given(_IDS)
def test_stems_are_safe_on_every_file_system(profile_ids: list[str]) -> None:
    """Whatever the ids are, a stem is short plain ASCII that cannot leave its folder."""
    stems = list(file_stems(profile_ids))
    assert len(stems) == len(profile_ids)
    for stem in stems:
        assert re.fullmatch(r"[a-z0-9_]([a-z0-9_-]{0,70}[a-z0-9_])?", stem)
        assert not re.fullmatch(r"con|prn|aux|nul|com\d|lpt\d|index", stem)


@settings(deadline=None)
@given(_IDS)
def test_stems_are_unique_and_repeatable(profile_ids: list[str]) -> None:
    """No two stems of one output are equal, and the same ids give the same stems again."""
    stems = list(file_stems(profile_ids))
    assert len(set(stems)) == len(stems)
    assert list(file_stems(profile_ids)) == stems


@settings(deadline=None)
@given(_IDS, st.text(max_size=20))
def test_a_further_profile_leaves_earlier_names_alone(profile_ids: list[str], last: str) -> None:
    """A profile that is added at the end does not rename the files before it."""
    assert list(file_stems([*profile_ids, last]))[:-1] == list(file_stems(profile_ids))


@pytest.mark.parametrize(
    ("profile_id", "stem"),
    [
        ("prof_ab12", "prof_ab12"),
        ("../../etc/passwd", "etc-passwd"),
        ("Zoë Šimková", "zoe-simkova"),
        ("候補者", "candidate"),
        ("", "candidate"),
        ("CON", "candidate-con"),
        ("index", "index-2"),
    ],
)
def test_a_stem_resembles_its_profile_id(profile_id: str, stem: str) -> None:
    """A plain id is its own file name; anything else becomes the nearest safe one."""
    assert list(file_stems([profile_id])) == [stem]


def test_writing_makes_the_folder_and_leaves_nothing_else(tmp_path: Path) -> None:
    """A written file has its content, and its folder holds no leftover."""
    write_file(tmp_path / "new" / "card.html", b"<p>")
    assert (tmp_path / "new" / "card.html").read_bytes() == b"<p>"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["card.html"]


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the system refuses half-way, the file is as before and no temporary file stays."""
    path = tmp_path / "card.html"
    path.write_bytes(b"old")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", refuse)
    with pytest.raises(OSError, match="No space"):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask for files and no /dev")
def test_written_files_are_as_readable_as_the_umask_allows(tmp_path: Path) -> None:
    """A written file has the mode that any other new file gets."""
    (tmp_path / "plain").touch()
    write_file(tmp_path / "card.html", b"")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes in folders")
def test_a_device_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    """A pipe stays a pipe: its reader gets the bytes."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        refuse_existing([pipe])
        write_file(pipe, b"<p>")
        assert os.read(reader, 10) == b"<p>"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_is_followed(tmp_path: Path) -> None:
    """Writing to a link changes the file that it points to and keeps the link."""
    link, target = tmp_path / "link.html", tmp_path / "target.html"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_file(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_existing_files_are_refused_together(tmp_path: Path) -> None:
    """The refusal names the first file, counts the others and tells the way out."""
    paths = [tmp_path / name for name in ("a.html", "b.html", "c.html")]
    refuse_existing(paths)
    for path in paths[1:]:
        path.touch()
    with pytest.raises(ExportError, match=r"b\.html and 1 more; pass --force"):
        refuse_existing(paths)
