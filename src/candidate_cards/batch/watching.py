"""What a process is at, and for how long: nothing within it ends a layout that never ends."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from types import TracebackType


class Present:
    """The record that a process is at: said by who works, asked by another thread."""

    def __init__(self) -> None:
        self._begun: tuple[bytes, float] | None = None

    def at(self, record: bytes) -> Self:
        """Begin with a record, or with the next candidate of it; to be used in a ``with``."""
        self._begun = record, monotonic()
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._begun = None

    def overdue(self, seconds: float) -> bytes | None:
        """Return the record if it, or a candidate of it, has been begun so many seconds ago."""
        begun = self._begun  # once: it changes meanwhile
        if begun is None or monotonic() - begun[1] <= seconds:
            return None
        return begun[0]


PRESENT: Final = Present()
"""That of this process. A Dask worker's threads share it, and nobody watches them."""
