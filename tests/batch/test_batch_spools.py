"""What workers hand over in files: written over one another, and nothing is left of before."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from candidate_cards.batch.placing import UNFINISHED, let_go, make_unfinished, write_spool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_a_file_that_was_let_go_is_written_over(tmp_path: Path) -> None:
    """There is one file then; its beginning is what was written, whatever is behind that."""
    make_unfinished(tmp_path)
    folder = tmp_path / UNFINISHED
    for text in (b"long " * 100_000, b"short", b"", b"longer " * 100_000):
        spool = folder / write_spool(tmp_path, [text, b"."])
        assert [*folder.iterdir()] == [spool]
        assert spool.read_bytes().startswith(text + b".")
        let_go(spool)


def test_a_file_is_taken_over_by_one_alone(tmp_path: Path) -> None:
    """Processes that look for one at once write into files of their own."""
    make_unfinished(tmp_path)
    folder = tmp_path / UNFINISHED
    with ThreadPoolExecutor(8) as executor:
        for _ in range(20):
            texts = [b"%d" % number * 1000 for number in range(16)]
            names = list(executor.map(lambda text: write_spool(tmp_path, [text]), texts))
            assert len(set(names)) == len(texts)
            for name, text in zip(names, texts, strict=True):
                assert (folder / name).read_bytes().startswith(text)
            for name in names[:5]:
                let_go(folder / name)
            for name in names[5:]:
                (folder / name).unlink()


def test_what_fails_leaves_no_file(tmp_path: Path) -> None:
    """Neither a new one nor one that was taken over."""

    def failing() -> Iterator[bytes]:
        yield b"half"
        raise OSError

    make_unfinished(tmp_path)
    let_go(tmp_path / UNFINISHED / write_spool(tmp_path, [b"before"]))
    for _ in range(2):
        with pytest.raises(OSError, match=r"^$"):
            write_spool(tmp_path, failing())
        assert not [*(tmp_path / UNFINISHED).iterdir()]
