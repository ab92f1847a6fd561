"""What other tests do in a process in which a browser runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asynchronous

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_what_awaits_runs(chromium: Browser) -> None:
    """The browser's own loop is in nobody's way."""
    assert chromium.is_connected()
    assert asynchronous.run(asyncio.sleep(0, "done")) == "done"
