"""What is particular to the wire that awaits."""

from __future__ import annotations

import asyncio
import threading

import pytest

import asynchronous
from candidate_cards.delivery import SmtpServer
from candidate_cards.delivery._awaiting import AwaitingWire


def test_a_cancelled_write_is_over_before_anything_is_closed() -> None:
    """The cancellation arrives, but only once the thread has let go of the journal."""
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def write() -> None:
        begun.set()
        may_end.wait(30)
        ended.set()

    async def cancel_midway() -> None:
        wire = AwaitingWire(SmtpServer("localhost"))
        writing = asyncio.ensure_future(wire.off_loop(write))
        await asyncio.to_thread(begun.wait, 30)
        writing.cancel()
        await asyncio.sleep(0.01)
        assert not writing.done()
        may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert ended.is_set()

    asynchronous.run(cancel_midway())


def test_what_fails_off_the_loop_fails_on_it() -> None:
    """Errors of the disk come through."""

    async def fail() -> None:
        def write() -> None:
            raise OSError(28, "No space left on device")

        await AwaitingWire(SmtpServer("localhost")).off_loop(write)

    with pytest.raises(OSError, match="No space left"):
        asynchronous.run(fail())


def test_closing_a_wire_that_was_never_open_is_nothing() -> None:
    """Whatever state a run ends in."""

    async def close() -> None:
        wire = AwaitingWire(SmtpServer("localhost"))
        await wire.quit()
        await wire.abandon()
        assert not wire.encrypted

    asynchronous.run(close())
