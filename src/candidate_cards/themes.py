"""First cut so that rendering can start: Theme and load_theme of the bundled names. Being replaced."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from os import PathLike, fspath
from types import MappingProxyType
from typing import Literal

from candidate_cards._resources import resource_root


@dataclass(frozen=True)
class Logo:
    """A picture."""

    data: bytes = field(repr=False)
    media_type: str
    alt: str


@dataclass(frozen=True, eq=True)
class Theme:
    """Design tokens."""

    name: str
    color_scheme: Literal["dark", "light"]
    tokens: Mapping[str, str]
    extends: str | None = None
    logo: Logo | None = None
    description: str = ""

    def __hash__(self) -> int:
        return hash((self.name, tuple(self.tokens.items())))


@cache
def _bundled(name: str) -> Theme:
    data = tomllib.loads((resource_root("themes") / f"{name}.toml").read_text("utf-8"))
    tokens = {f"color-{key}": value for key, value in data["color"].items()}
    tokens["font-family"] = ", ".join(data["font"]["family"])
    tokens |= {f"length-{key}": value for key, value in data["length"].items()}
    return Theme(
        name=name,
        color_scheme=data["color-scheme"],
        tokens=MappingProxyType(tokens),
        description=data.get("description", ""),
    )


def load_theme(name_or_path: str | PathLike[str]) -> Theme:
    """Return a theme."""
    return _bundled(fspath(name_or_path))
