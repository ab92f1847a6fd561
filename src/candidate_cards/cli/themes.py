"""``themes``: list them, check one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from candidate_cards import list_themes, load_theme, style_source
from candidate_cards.cli.exit_codes import ExitCode
from candidate_cards.errors import CandidateCardsError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from candidate_cards.themes import ThemeInfo


def print_list(*, as_json: bool) -> None:
    """Print every theme that a name can choose, on stdout."""
    rows = [_row(info) for info in list_themes()]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    titles = {"name": "NAME", "colorScheme": "SCHEME", "origin": "ORIGIN", "extends": "EXTENDS"}
    widths = {
        key: max(len(title), *(len(row[key] or "-") for row in rows))
        for key, title in titles.items()
    }
    header: dict[str, str | None] = {**titles, "csp": "CSP"}
    for row in [header, *rows]:
        cells = [(row[key] or "-").ljust(width) for key, width in widths.items()]
        click.echo("  ".join([*cells, row["csp"] or f"error: {row['error']}"]))


def _row(info: ThemeInfo) -> dict[str, str | None]:
    row: dict[str, str | None] = {
        "name": info.name,
        "colorScheme": None,
        "origin": info.origin,
        "extends": info.extends,
        "csp": None,
        "error": info.error,
    }
    if info.error is None:
        theme = load_theme(info.name)
        row |= {"colorScheme": theme.color_scheme, "csp": style_source(theme)}
    return row


def print_check(paths: Iterable[str], *, as_json: bool) -> ExitCode:
    """Print what is wrong with theme files: one line per problem on stdout.

    Returns:
        ``FAILURE`` if there is a problem.
    """
    problems = {path: _problems(path) for path in paths}
    if as_json:
        rows = [{"path": path, "problems": found} for path, found in problems.items()]
        click.echo(json.dumps(rows, indent=2))
    else:
        for path, found in problems.items():
            for problem in found:
                click.echo(problem)
            if not found:
                click.echo(f"{path}: ok")
    return ExitCode.FAILURE if any(problems.values()) else ExitCode.OK


def _problems(path: str) -> list[str]:
    try:
        load_theme(Path(path))  # a path even if it looks like a name
    except InputError as error:
        return [str(problem) for problem in error.problems]
    except CandidateCardsError as error:
        return [f"{path}: {error}"]
    return []
