"""What a process is at, and for how long: nothing within it ends a layout that never ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from types import TracebackType


class Present:
    """The record that a process is at: said by who works, looked at by another thread."""

    def __init__(self) -> None:
        self._begun: tuple[bytes] | None = None
        self._seen: tuple[bytes] | None = None
        self._times = 0

    def at(self, record: bytes) -> Self:
        """Begin with a record, or with the next candidate of it; to be used in a ``with``."""
        self._begun = (record,)
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

    def look(self) -> tuple[bytes, int]:
        """Return the record, and how many looks before this one found what is found now.

        Why not seconds: a process that somebody stops for an hour is not late when it goes on.
        """
        begun = self._begun  # once: it changes meanwhile
        if begun is None:
            self._seen = None
            return b"", 0
        self._times = self._times + 1 if begun is self._seen else 0
        self._seen = begun
        return begun[0], self._times


PRESENT: Final = Present()
"""That of this process. A Dask worker's threads share it, and nobody looks there."""
