"""The command line: arguments, files and exit codes.

``commands`` declares every command and its options with click alone; what a command does is in
the module of its name and is imported when it runs, so ``--help`` stays quick.
"""

from __future__ import annotations

import sys

from candidate_cards import __version__


def main() -> None:
    """Run ``candidate-cards`` on the process's arguments and exit with its status.

    Raises:
        SystemExit: Always, but for ``--version``; the code is one of ``exit_codes.ExitCode``.
    """
    if sys.argv[1:] == ["--version"]:
        # Scripts probe for it, and importing click takes longer than all the rest.
        sys.stdout.write(f"candidate-cards {__version__}\n")
        return
    try:
        from candidate_cards.cli.commands import application  # noqa: PLC0415 - see above

        application(prog_name="candidate-cards")
    except KeyboardInterrupt:
        sys.exit(130)
