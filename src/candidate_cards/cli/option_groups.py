"""Options that belong together, taken out of all that a command was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionGroup:
    """A dataclass of options; the defaults are what an untouched command line gives."""

    @classmethod
    def taken_from(cls, options: dict[str, Any]) -> Self:
        """Take the group's options out of a command's."""
        return cls(**{name: options.pop(name) for name in cls.__dataclass_fields__})

    @property
    def given(self) -> bool:
        """Whether any of them is on the command line."""
        return self != type(self)()
