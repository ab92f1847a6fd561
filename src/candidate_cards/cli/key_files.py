"""Keys and passwords that are in files, since others can list what is on a command line."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import click
from pydantic import SecretStr

from candidate_cards.errors import InputError, Problem

_STDIN = "-"


def key_in(path: str) -> str:
    """Return the key in a file; warn if everybody on this machine can read it.

    Raises:
        InputError: It is not text.
        OSError: It cannot be read.
    """
    with Path(path).open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        content = file.read()
    # A warning, not an error: containers mount secrets so that every user in them can read.
    if os.name == "posix" and stat.S_ISREG(mode) and mode & stat.S_IROTH:
        click.echo(f"warning: {path} can be read by everybody on this machine; chmod 600", err=True)
    return _text(content, path)


def password_in(path: str | None) -> SecretStr | None:
    """Return the password in a file, or on standard input for ``-``; ``None`` if there is no file.

    White space around it is no part of it.

    Raises:
        InputError: It is not text.
        OSError: It cannot be read.
    """
    if path is None:
        return None
    if path != _STDIN:
        return SecretStr(key_in(path))
    return SecretStr(_text(sys.stdin.buffer.read(), path))


def _text(content: bytes, path: str) -> str:
    try:
        return content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:  # it holds what it could not decode
        raise InputError([Problem("is not text in UTF-8", source=path)]) from None
