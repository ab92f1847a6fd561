"""JSON objects in files for their owner alone, each saying what it is."""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from candidate_cards._private_files import read_private, write_private
from candidate_cards._records import NotJsonError, decode
from candidate_cards.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from candidate_cards._records import Place


@dataclass(frozen=True, slots=True)
class JsonFile:
    """A file of one kind.

    Attributes:
        path: Where it is, with links followed.
        kind: What it has under ``kind``.
        version: The newest that is known; what it has under ``version``.
    """

    path: Path
    kind: str
    version: int = 1

    def load(self) -> dict[str, Any]:
        """Return the object.

        Raises:
            InputError: It is of another kind or a newer version, no JSON, or open to others.
            FileNotFoundError: There is none.
            OSError: The system refused.
        """
        content = read_private(self.path).removeprefix(codecs.BOM_UTF8)  # of some editors
        try:
            value = decode(content).value
        except NotJsonError as error:
            problem = Problem(
                error.message, source=str(self.path), line=error.line, column=error.column
            )
            raise InputError([problem]) from None
        if not isinstance(value, dict) or value.get("kind") != self.kind:
            self.refuse(f"is no {self.kind}")
        version = value.get("version")
        if type(version) is not int or version < 1:
            self.refuse("must be a whole number from 1", ("version",))
        if version > self.version:
            message = f"is {version}, of a newer candidate-cards; this one knows {self.version}"
            self.refuse(message, ("version",))
        return value

    def save(self, value: Mapping[str, object]) -> None:
        """Write the object; only while nobody else changes it.

        Raises:
            OSError: The system refused; the file is as before.
        """
        whole = {"kind": self.kind, "version": self.version, **value}
        text = json.dumps(whole, indent=2, ensure_ascii=False)
        if not text.replace("\n", "").isprintable():
            # Whoever shows it in a terminal is safe from what moves cursors or turns text around.
            text = "".join(
                char if char.isprintable() or char == "\n" else json.dumps(char)[1:-1]
                for char in text
            )
        write_private(self.path, f"{text}\n".encode())

    def refuse(self, message: str, place: Place = ()) -> NoReturn:
        """Raise for one thing that is wrong."""
        raise InputError([Problem(message, source=str(self.path), path=place)])


@dataclass(slots=True)
class Faults:
    """What is wrong with the file, of which not all is listed if it is much."""

    file: JsonFile
    problems: list[Problem] = field(default_factory=list)

    def add(self, message: str, place: Place) -> None:
        """Take note of one."""
        self.problems.append(Problem(message, source=str(self.file.path), path=place))

    def raise_any(self) -> None:
        """Raise the first twenty.

        Raises:
            InputError: There are some.
        """
        if self.problems:
            raise InputError(self.problems[:20])
