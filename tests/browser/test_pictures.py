"""A picture that Chromium refuses for want of a frame is asked for again, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from harness import NO_FRAME

if TYPE_CHECKING:
    from harness import RecordedPage

REFUSED = f"Page.screenshot: Protocol error (Page.captureScreenshot): {NO_FRAME}"


def _refuse(page: RecordedPage, patch: pytest.MonkeyPatch, words: str, times: int) -> list[bytes]:
    """Have the next pictures refused in these words, and return where the others are noted."""
    error = pytest.importorskip("playwright.sync_api").Error
    take, taken, refusals = page.tab.screenshot, [], iter(range(times))

    def screenshot(**options: Any) -> bytes:  # noqa: ANN401  Playwright checks them
        if next(refusals, None) is not None:
            raise error(words)
        taken.append(take(**options))
        return taken[-1]

    patch.setattr(page.tab, "screenshot", screenshot)
    return taken


def test_a_refused_picture_is_asked_for_again(
    page: RecordedPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the one that would have come at once."""
    page.show("<p>A card</p>")
    usual = page.picture()
    taken = _refuse(page, monkeypatch, REFUSED, times=2)
    assert page.picture().tobytes() == usual.tobytes()
    assert len(taken) == 1


@pytest.mark.parametrize(("words", "times"), [(REFUSED, 100), ("Page.screenshot: Timeout", 1)])
def test_a_picture_that_never_comes_is_an_error(
    page: RecordedPage, monkeypatch: pytest.MonkeyPatch, words: str, times: int
) -> None:
    """One that is always refused is, and whatever else goes wrong, at once."""
    taken = _refuse(page, monkeypatch, words, times)
    with pytest.raises(pytest.importorskip("playwright.sync_api").Error, match=words[-10:]):
        page.picture()
    assert not taken
