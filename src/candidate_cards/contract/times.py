"""Times, as the vendor writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def as_datetime(milliseconds: int) -> datetime:
    """Return a time in UTC with the milliseconds that the wire has.

    Args:
        milliseconds: Since 1970.
    """
    return datetime.fromtimestamp(milliseconds // 1000, tz=UTC).replace(
        microsecond=milliseconds % 1000 * 1000
    )


def to_wire(milliseconds: int) -> str:
    """Return a time as text.

    Args:
        milliseconds: Since 1970.
    """
    text = as_datetime(milliseconds).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"
