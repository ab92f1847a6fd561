"""One sandbox for all tests that need no settings of their own, and an eye on the keys."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING

import pytest
from leftovers import no_pauses_between_attempts  # noqa: F401

from sandboxes import LocalSandbox, serving
from talking import RAISED, SECRETS

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def sandbox() -> Iterator[LocalSandbox]:
    """A sandbox whose runs end when a test skips time."""
    with serving() as running:
        yield running


@pytest.fixture(autouse=True)
def no_key_is_shown(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No test here leaves a client's key in a log record or in what was raised."""
    SECRETS.clear()
    RAISED.clear()
    caplog.set_level(logging.DEBUG)
    yield
    texts = [*shown(), *(text for record in caplog.get_records("call") for text in logged(record))]
    assert not SECRETS or "httpcore" in "".join(texts)
    assert not [text for text in texts if any(secret in text for secret in SECRETS)]


def logged(record: logging.LogRecord) -> Iterator[str]:
    """Yield all that a handler could write of a record."""
    yield record.getMessage()
    yield repr(vars(record))


def shown() -> Iterator[str]:
    """Yield all that a report of what was raised could show, with the variables of frames."""
    for raised in RAISED:
        error: BaseException | None = raised
        while error is not None:
            yield from (str(error), repr(error), repr(vars(error)), repr(error.args))
            report = traceback.TracebackException.from_exception(error, capture_locals=True)
            yield "".join(report.format())
            error = error.__cause__ or error.__context__
