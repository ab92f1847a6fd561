"""Template source: included files are joined into one flat text before anything is compiled.

Why: an include costs 4 to 5 microseconds each time it is rendered, a whole card some 30. People
read small files, the machine one flat one. Only ``{% include "name" %}`` is joined; what cannot
be flattened (``extends``, ``import``, ``block``, ``macro``) is refused at compile time, since
styles are resolved on the flat text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from candidate_cards._resources import resource_root
from candidate_cards.errors import NotAvailableError, RenderingError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.resources.abc import Traversable

_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_INCLUDE = re.compile(r"""\{%[-+]?\s*include\s+(?:"([^"]+)"|'([^']+)')\s*-?%\}""")
_UNFLATTENABLE = re.compile(
    r"\{%[-+]?\s*(extends|import|from|block|macro|call|include|autoescape|raw|set|filter)\b"
)
_MAX_DEPTH = 16


class Origin(NamedTuple):
    """Where a line of flat text comes from."""

    template: str
    line: int


class FlatSource(NamedTuple):
    """A flattened template: ``origins[i]`` is where line ``i + 1`` of ``text`` stands."""

    text: str
    origins: Sequence[Origin]

    def origin(self, line: int) -> Origin:
        """Return the file and line behind a line of the flat text, both from 1."""
        return self.origins[min(max(line, 1), len(self.origins)) - 1]

    def error(self, message: str, line: int) -> RenderingError:
        """Make an error that points at the file a person can edit."""
        origin = self.origin(line)
        return RenderingError(message, template=origin.template, line=origin.line)


class TemplateFolder:
    """Reads templates and style sheets, from a folder of the user's or the bundled one."""

    def __init__(self, root: Traversable | None = None) -> None:
        self._root = root

    def read(self, name: str) -> str:
        """Return the text of a template or style sheet.

        Args:
            name: Path below the folder, with slashes: ``card/card.css``. What a user's own
                folder lacks is taken from the bundled one.

        Raises:
            NotAvailableError: There is no such file.
        """
        if not name or any(part in {"", ".", ".."} for part in name.split("/")):
            raise NotAvailableError("template", name, self.names())
        for root in (self._root, resource_root("templates")):
            if root is None:
                continue
            entry = root
            for part in name.split("/"):
                entry = entry / part
            if entry.is_file():
                return entry.read_text(encoding="utf-8")
        raise NotAvailableError("template", name, self.names())

    def names(self) -> list[str]:
        """List the files that exist, the user's own and the bundled ones."""
        found: set[str] = set()
        for root in (self._root, resource_root("templates")):
            if root is not None:
                found.update(_walk(root))
        return sorted(found)


def _walk(folder: Traversable, prefix: str = "") -> list[str]:
    names: list[str] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            names += _walk(entry, f"{prefix}{entry.name}/")
        else:
            names.append(prefix + entry.name)
    return names


def flatten(name: str, folder: TemplateFolder) -> FlatSource:
    """Join a template and all that it includes.

    Raises:
        NotAvailableError: A file does not exist.
        RenderingError: A construct that cannot be flattened, or includes that never end.
    """
    parts: list[str] = []
    origins: list[Origin] = [Origin(name, 1)]
    _append(name, folder, parts, origins, chain=())
    return FlatSource("".join(parts), origins)


def _append(
    name: str,
    folder: TemplateFolder,
    parts: list[str],
    origins: list[Origin],
    chain: tuple[str, ...],
) -> None:
    # A comment keeps its line breaks, so that every later line keeps its number.
    text = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), folder.read(name))
    text = text.rstrip("\n")
    if name in chain:
        message = f"includes itself: {' > '.join((*chain, name))}"
        raise RenderingError(message, template=name, line=1)
    if len(chain) > _MAX_DEPTH:
        message = f"is included {len(chain)} levels deep; at most {_MAX_DEPTH} are followed"
        raise RenderingError(message, template=name, line=1)
    at = 0
    origins[-1] = Origin(name, 1)
    for match in _INCLUDE.finditer(text):
        _add(name, text, at, match.start(), parts, origins)
        _append(match[1] or match[2], folder, parts, origins, (*chain, name))
        at = match.end()
        if text[at:].partition("\n")[0].strip():
            # The line goes on after the included text: it belongs to this file again.
            origins[-1] = Origin(name, text.count("\n", 0, at) + 1)
    _add(name, text, at, len(text), parts, origins)


def _add(  # noqa: PLR0913, PLR0917  a piece of one file, and where it goes
    name: str, text: str, start: int, end: int, parts: list[str], origins: list[Origin]
) -> None:
    piece = text[start:end]
    refused = _UNFLATTENABLE.search(piece)
    if refused:
        line = text.count("\n", 0, start + refused.start()) + 1
        message = (
            f"{{% {refused[1]} %}} cannot be compiled into one flat template; "
            'use {% include "name" %} with {% with %} instead'
        )
        raise RenderingError(message, template=name, line=line)
    first = text.count("\n", 0, start) + 1
    origins.extend(Origin(name, first + step + 1) for step in range(piece.count("\n")))
    parts.append(piece)
