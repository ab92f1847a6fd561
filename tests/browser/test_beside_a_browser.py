"""What other tests do in a process in which a browser runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asynchronous

if TYPE_CHECKING:
    from harness import PagePool
    from playwright.sync_api import Browser


def test_what_awaits_runs(chromium: Browser) -> None:
    """The browser's own loop is in nobody's way."""
    assert chromium.is_connected()
    assert asynchronous.run(asyncio.sleep(0, "done")) == "done"


def test_a_page_that_was_used_is_blank_again(page_pool: PagePool) -> None:
    """Who borrows it next finds no document, window, record, size or colour scheme of before."""
    leftovers = (
        "<script>open('about:blank'); console.error('x'); setInterval(() => console.error('late'))"
        "</script><img src='https://outside.invalid/a.png'>"
    )
    scheme = "matchMedia('(prefers-color-scheme: dark)').matches"
    with page_pool.borrowed() as page:
        page.show(leftovers)
        assert page.noise()
        page.tab.set_viewport_size({"width": 300, "height": 200})
        page.tab.emulate_media(media="print", color_scheme="dark")
        assert page.tab.evaluate(scheme)
    with page_pool.borrowed() as again:
        assert again is page
        assert again.tab.url == "about:blank"
        assert again.tab.context.pages == [again.tab]
        again.tab.wait_for_timeout(50)
        assert again.noise() == again.requests == []
        assert again.tab.evaluate("[innerWidth, innerHeight]") == [1000, 1200]
        assert not again.tab.evaluate(scheme)
        assert again.tab.evaluate("matchMedia('screen').matches")
