"""The exit codes, and the one table that maps errors to them."""

from __future__ import annotations

from enum import IntEnum

from candidate_cards.errors import CandidateCardsError, NotAvailableError


class ExitCode(IntEnum):
    """What a command's status means; ``--help`` prints the same list."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    PARTIAL = 3
    INTERRUPTED = 130


#: The first row that matches decides. An error that matches none is a bug and crashes.
_TABLE: tuple[tuple[type[Exception], ExitCode], ...] = (
    (NotAvailableError, ExitCode.USAGE),
    (CandidateCardsError, ExitCode.FAILURE),
    (OSError, ExitCode.FAILURE),
)

USER_ERRORS: tuple[type[Exception], ...] = tuple(error for error, _ in _TABLE)


def exit_code(error: Exception) -> ExitCode:
    """Return the exit code of one of ``USER_ERRORS``."""
    return next(code for kind, code in _TABLE if isinstance(error, kind))
