"""Times as the tables hold them: microseconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from candidate_cards.errors import InputError, Problem

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def as_number(at: datetime, name: str = "at") -> int:
    """Return a time as a number.

    Raises:
        InputError: It is without a zone.
    """
    if at.tzinfo is None:
        raise InputError([Problem("must be a time with its zone", path=(name,))])
    return (at - _EPOCH) // _MICROSECOND


def as_time(number: int) -> datetime:
    """Return the time of a number, in UTC."""
    return _EPOCH + timedelta(microseconds=number)
