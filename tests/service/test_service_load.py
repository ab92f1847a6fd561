"""Load from another process: every answer right, nobody's people in somebody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_small_load_is_answered_right(record_property: Callable[[str, object], None]) -> None:
    """A few hundred calls over 50 connections of ten companies, warm and cold."""
    from benchmarks.service import measured  # noqa: PLC0415  a package beside the tests

    turns = measured(rounds=1, calls=400)
    assert len(turns) == 3
    for name, (turn,) in turns.items():
        assert (turn.load.calls, turn.load.errors) == (400, [])
        record_property(
            "measured",
            f"{name}: {turn.load.rate:.0f} calls a second, p50 {turn.load.p50:.0f} ms,"
            f" p99 {turn.load.p99:.0f} ms",
        )
