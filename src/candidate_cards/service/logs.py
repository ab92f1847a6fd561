"""The log: one JSON object a line, which names no person, no key and no address of a request."""

from __future__ import annotations

import asyncio
import logging
import traceback
from contextlib import nullcontext
from functools import lru_cache
from hashlib import blake2s
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final, TextIO

from pydantic_core import to_json

if TYPE_CHECKING:
    from .gate import Exchange

_log = logging.getLogger("candidate_cards.service")

#: What HTTP knows; anything else is the caller's own text.
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

#: Of whose records messages are known to hold no data, at every level.
_OURS: Final = "candidate_cards"


def log_answer(  # noqa: PLR0913, PLR0917  what an answer is told by
    level: int, exchange: Exchange, method: str, route: str, status: int, seconds: float
) -> None:
    """Log an answer.

    Args:
        level: How much it matters.
        exchange: The request's.
        method: Of HTTP; only a known one is named.
        route: The template of its path, without ids.
        status: Of HTTP; 0 if there was none.
        seconds: That it took.
    """
    if not _log.isEnabledFor(level):
        return
    facts = {
        "requestId": exchange.request_id,
        "method": method if method in METHODS else "",
        "route": route,
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
        "company": company_hash(exchange.company),
    }
    # Not by `info`, which looks for the line that called it: nobody wants to know it.
    _log.handle(_log.makeRecord(_log.name, level, "", 0, "answered", (), None, extra=facts))


def log_failure(what: str, error: BaseException, exchange: Exchange) -> None:
    """Log what was raised and where, without its text and the variables there.

    Args:
        what: In words of ours.
        error: What was raised.
        exchange: The request's.
    """
    _log.error(what, extra={"requestId": exchange.request_id, "raised": described(error)})


def described(error: BaseException) -> list[str]:
    """Return the classes of an error and its causes, and the lines that raised them."""
    lines = []
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        lines.append(type(found).__qualname__)
        lines += (
            f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(found.__traceback__)
        )
        found = found.__cause__ or found.__context__
    return lines


@lru_cache(maxsize=1000)
def company_hash(company: str | None) -> str:
    """Return what stands for a company in a log: always the same, and not its name."""
    if company is None:
        return ""
    return blake2s(company.encode(), digest_size=6, person=b"cardslog").hexdigest()


def configure(level: str) -> None:
    """Write the log of this process to standard error.

    Args:
        level: The least severe of our own records; of other packages, warnings and worse.
    """
    handler = _Lines()
    handler.setFormatter(_formatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger(_OURS).setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "asyncio", "sqlalchemy"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Its warnings quote what was raised, and that quotes the vendor.
    logging.getLogger("stamina").setLevel(logging.ERROR)


def hush(loop: asyncio.AbstractEventLoop) -> None:
    """Have a loop log what nobody caught in our way; its own shows the error's text."""

    def handle(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        raised = [] if error is None else described(error)
        _log.error("an error that nobody caught", extra={"raised": raised})

    loop.set_exception_handler(handle)


class _Lines(logging.StreamHandler[TextIO]):
    """Writes lines to standard error; those of one turn of the event loop in one go.

    Why: each time the loop writes, it lets other threads go first.
    """

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, or have it written when the loop has come round."""
        try:
            line = self.format(record) + self.terminator
        except Exception:  # noqa: BLE001  as its parent
            self.handleError(record)
            return
        self._waiting.append(line)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
            return
        if record.levelno >= logging.WARNING:
            self.flush()
        elif len(self._waiting) == 1:
            loop.call_soon(self.flush)

    def flush(self) -> None:
        """Write what waits."""
        with self.lock or nullcontext():
            text, self._waiting = "".join(self._waiting), []
            if text:
                self.stream.write(text)
            super().flush()


def _formatter() -> logging.Formatter:
    from pythonjsonlogger.json import JsonFormatter  # noqa: PLC0415  an extra

    class Formatter(JsonFormatter):
        def formatException(self, ei: Any) -> Any:  # noqa: ANN401, N802  its parent's
            return described(ei[1])

    return Formatter(
        "%(levelname)s %(name)s %(message)s",
        json_serializer=_to_json,
        timestamp="time",
        rename_fields={"levelname": "level", "name": "logger"},
    )


def _to_json(value: object, **_: object) -> str:
    """Write what a record says; several times faster than the library's own."""
    return to_json(value, fallback=repr).decode("utf-8", "backslashreplace")
