"""Where the data folders are: inside the package when installed, else in the checkout."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


@cache
def resource_root(name: str) -> Traversable:
    """Return the folder ``locales``, ``templates`` or ``themes``.

    Args:
        name: Folder name.

    Returns:
        A ``Traversable``: read through it, since a zipped wheel has no path on disk.

    Raises:
        FileNotFoundError: The folder is in neither place; the installation is broken.
    """
    packaged = files("candidate_cards") / name
    if packaged.is_dir():
        return packaged
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "pyproject.toml").is_file() and (checkout / name).is_dir():
        return checkout / name
    message = f"the {name} folder is missing from this installation of candidate-cards"
    raise FileNotFoundError(message)
