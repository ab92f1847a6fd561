"""Running code that is written as a coroutine, where nothing in it awaits a loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")


def finished(coroutine: Coroutine[object, None, T]) -> T:
    """Run a coroutine that never has to wait for a loop, and return its result."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    coroutine.close()
    message = "a blocking wire has waited for a loop"
    raise AssertionError(message)
