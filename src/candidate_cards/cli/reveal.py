"""``reveal``: whose code it is, for who has the key file."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from candidate_cards.cli.exit_codes import ExitCode
from candidate_cards.cli.report import visible
from candidate_cards.privacy.key_file import open_key_file

if TYPE_CHECKING:
    from collections.abc import Iterator

_STDIN = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class RevealOptions:
    """The command line of ``reveal``, checked by click.

    Attributes:
        codes: As somebody has written them, or ``-`` once for those on standard input.
        key_file: Path of the file that leads back from them.
        as_json: Print JSON.
    """

    codes: tuple[str, ...]
    key_file: str
    as_json: bool = False


def run(options: RevealOptions) -> ExitCode:
    """Print a line for each code that the key file has: code, profile id, name.

    Returns:
        ``PARTIAL`` if it does not have one of them, ``FAILURE`` if it has none.

    Raises:
        InputError: The key file cannot be used.
        OSError: It cannot be read.
    """
    keys = open_key_file(options.key_file, create=False)
    asked = [*dict.fromkeys(_codes(options))]
    found = [(code, keys.reveal(code)) for code in asked]
    people = [*dict.fromkeys(person for _, person in found if person is not None)]
    unknown = [code for code, person in found if person is None]
    if options.as_json:
        value = {
            "people": [
                {"code": person.code, "profileId": person.profile_id, "name": person.name}
                for person in people
            ],
            "unknown": unknown,
        }
        click.echo(json.dumps(value, indent=2))
    else:
        for person in people:
            click.echo("\t".join(visible(text or "-") for text in person))
        for code in unknown:
            click.echo(f"Not in {options.key_file}: {visible(code)}", err=True)
    if not people:
        return ExitCode.FAILURE
    return ExitCode.PARTIAL if unknown else ExitCode.OK


def _codes(options: RevealOptions) -> Iterator[str]:
    for code in options.codes:
        if code == _STDIN:
            # Not text: a byte that is no UTF-8 belongs to a word that is no code.
            words = sys.stdin.buffer.read().decode("utf-8", "replace").split()
            yield from words
        else:
            yield code
