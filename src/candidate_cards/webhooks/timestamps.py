"""The times of sending, as headers have them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

TimestampFormat = Literal["seconds", "milliseconds", "iso"]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,14}")
_ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z")


def write_time(timestamp: datetime, form: TimestampFormat) -> str:
    """Return the text of a time from 1970 on; what is finer than its unit is cut off."""
    since = timestamp - EPOCH
    if form == "iso":
        moment = (EPOCH + since).isoformat(timespec="milliseconds")
        return moment.removesuffix("+00:00") + "Z"
    return str(since // timedelta(**{form: 1}))


def read_time(text: str, form: TimestampFormat) -> datetime | None:
    """Return the time in UTC, or ``None`` if the text is not exactly of this form."""
    try:
        if form == "iso":
            return datetime.fromisoformat(text) if _ISO.fullmatch(text) else None
        if _NUMBER.fullmatch(text):
            return EPOCH + timedelta(**{form: int(text)})
    except (ValueError, OverflowError):  # month 13, year 10,000
        pass
    return None
