"""What is said of a command line that cannot be followed."""

from __future__ import annotations

import click


def usage_error(message: str) -> click.UsageError:
    """Return the error for a wrong command line, with the usage of the command that was given."""
    return click.UsageError(message, click.get_current_context(silent=True))
