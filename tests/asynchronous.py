"""Running what awaits, in a test that may share its process with a browser."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T], *, debug: bool = False) -> T:
    """Run to the end in a thread of its own.

    Why: Playwright leaves its loop marked as running in the thread that started the browser.
    """
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(asyncio.run, coroutine, debug=debug).result()
