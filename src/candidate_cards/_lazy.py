"""Names of a package that are imported when first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def load(package: str, names: dict[str, object], homes: Mapping[str, str], name: str) -> object:
    """Import a name, and keep it in its package.

    Args:
        package: Its dotted name.
        names: What it holds: its ``globals()``.
        homes: The module that each name comes from.
        name: The one asked for.

    Raises:
        AttributeError: The package has no such name.
    """
    home = homes.get(name)
    if home is None:
        message = f"module {package!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = names[name] = getattr(import_module(f".{home}", package), name)
    return value
