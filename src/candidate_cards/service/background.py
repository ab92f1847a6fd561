"""What goes on beside the requests: an event loop in a thread of its own.

Why not the server's: what a run has found is up to 10 MiB to be parsed and cleaned, and the store
blocks; meanwhile no request would be answered.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from anyio.from_thread import start_blocking_portal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator


@contextmanager
def in_background(task: Callable[[], Awaitable[None]]) -> Iterator[None]:
    """Run a task that does not end by itself, and cancel it at the end."""
    with start_blocking_portal() as portal:
        future = portal.start_task_soon(task)
        try:
            yield
        finally:
            future.cancel()
