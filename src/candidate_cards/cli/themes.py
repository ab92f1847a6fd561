"""``themes``: list them, check one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from candidate_cards import list_themes, load_theme
from candidate_cards.cli.exit_codes import ExitCode
from candidate_cards.errors import CandidateCardsError, InputError
from candidate_cards.exports import compiled_template, get_exporter

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def print_list(*, as_json: bool) -> None:
    """Print every theme that a name can choose, on stdout."""
    element = get_exporter("element")
    rows = [
        {
            "name": info.name,
            "colorScheme": info.color_scheme,
            "origin": info.origin,
            "extends": info.extends,
            "csp": compiled_template(element, load_theme(info.name)).style_hash,
        }
        for info in list_themes()
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    titles = {"name": "NAME", "colorScheme": "SCHEME", "origin": "ORIGIN", "extends": "EXTENDS"}
    widths = {
        key: max(len(title), *(len(row[key] or "-") for row in rows))
        for key, title in titles.items()
    }
    for row in [{**titles, "csp": "CSP"}, *rows]:
        cells = [(row[key] or "-").ljust(width) for key, width in widths.items()]
        click.echo("  ".join([*cells, row["csp"] or "-"]))


def print_check(paths: Iterable[Path], *, as_json: bool) -> ExitCode:
    """Print what is wrong with theme files: one line per problem on stdout.

    Returns:
        ``FAILURE`` if there is a problem.
    """
    problems = {str(path): _problems(path) for path in paths}
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


def _problems(path: Path) -> list[str]:
    try:
        load_theme(path)
    except InputError as error:
        return [str(problem) for problem in error.problems]
    except CandidateCardsError as error:
        return [f"{path}: {error}"]
    return []
