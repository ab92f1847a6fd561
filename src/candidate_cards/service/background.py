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
def working(*tasks: Callable[[], Awaitable[None]]) -> Iterator[Callable[[], bool]]:
    """Run tasks that never end by themselves, and cancel them at the end.

    Yields:
        Tells whether all of them still run.
    """
    with start_blocking_portal() as portal:
        futures = [portal.start_task_soon(task) for task in tasks]
        try:
            yield lambda: not any(future.done() for future in futures)
        finally:
            for future in futures:
                future.cancel()
