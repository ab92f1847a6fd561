"""Themes: design tokens as data, never markup.

A theme is one file, in either of the formats of :mod:`candidate_cards._design_tokens`: a bundled
one in ``themes/``, a user's own by path, or one that an installed package registers under the
entry point group ``candidate_cards.themes``, with the path of the file as its object. Each may
extend another and then holds only what differs.

What a theme can say is closed: a fixed list of tokens, each with a grammar that its whole value
matches, and one picture. So a theme from a stranger can be ugly but not active, and since its
colours are measured when it is loaded, not illegible either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from os import PathLike, fspath, sep
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, TypeGuard, cast

from candidate_cards._contrast import ContrastProblem, check_contrast
from candidate_cards._data_files import (
    is_file_name,
    is_line,
    nearest,
    printable,
    read_bounded,
    why_unread,
)
from candidate_cards._design_tokens import (
    JSON_EXTENSIONS,
    TOML_EXTENSIONS,
    TokenFile,
    parse_token_file,
)
from candidate_cards._logo import (
    MAX_ALT_CHARACTERS,
    MAX_LOGO_BYTES,
    Logo,
    check_raster,
    recognise,
)
from candidate_cards._resources import resource_root
from candidate_cards._token_values import TOKENS, VOCABULARY, is_canonical, parse_value
from candidate_cards.errors import InputError, NotAvailableError, Problem

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint
    from importlib.resources.abc import Traversable

__all__ = [
    "ContrastProblem",
    "Logo",
    "Theme",
    "ThemeInfo",
    "check_theme",
    "list_themes",
    "load_theme",
]

ColorScheme = Literal["dark", "light"]
Origin = Literal["bundled", "entry point"]

ENTRY_POINT_GROUP: Final = "candidate_cards.themes"
_SCHEMES: Final[tuple[ColorScheme, ...]] = ("dark", "light")
_DARK_BY_DEFAULT: Final = "dark"
_EXTENSIONS: Final = (*TOML_EXTENSIONS, *JSON_EXTENSIONS)
_KEYS: Final = ("name", "description", "extends", "color-scheme", *VOCABULARY, "logo")
_LOGO_KEYS: Final = ("file", "alt", "raster")
_MAX_GENERATIONS: Final = 8
_MAX_NAME_CHARACTERS: Final = 40
_MAX_DESCRIPTION_CHARACTERS: Final = 200


@dataclass(frozen=True)
class Theme:
    """Design tokens that cards are drawn with; hashable, and safe to paste into a style sheet.

    Attributes:
        name: Lower-case letters, digits and hyphens.
        color_scheme: What the tokens are made for, as CSS names it.
        tokens: Every token by its flat name: ``color-*`` and ``dark-*`` as ``#rrggbb`` in lower
            case, ``length-*`` as ``<number>px``, ``font-family`` as unquoted names separated by
            ``", "``.
        extends: The theme that it was derived from, as its file names it, or ``None``.
        logo: A picture for the head of a card or page, or ``None``.
        description: One line for lists; plain text, not escaped.

    Raises:
        InputError: A token is missing, unknown, or not in the form above. This keeps the promise
            for themes that are made in code, which pass by no file.
    """

    name: str
    color_scheme: ColorScheme
    tokens: Mapping[str, str] = field(repr=False)
    extends: str | None = None
    logo: Logo | None = None
    description: str = ""

    def __post_init__(self) -> None:
        problems = [
            Problem("is missing", source=self.name, path=tuple(token.split("-", 1)))
            for token in TOKENS
            if token not in self.tokens
        ]
        problems += [
            Problem("is not a token", source=self.name, path=("tokens",))
            for token in self.tokens.keys() - set(TOKENS)
        ]
        problems += [
            Problem("is not in the form of a token", source=self.name, path=(token,))
            for token in TOKENS
            if token in self.tokens and not is_canonical(token, self.tokens[token])
        ]
        if self.color_scheme not in _SCHEMES:
            problems.append(
                Problem('must be "dark" or "light"', source=self.name, path=("color_scheme",))
            )
        if not _is_name(self.name):
            problems.append(Problem(_NAME_RULE, path=("name",)))
        if problems:
            raise InputError(problems)
        ordered = {token: self.tokens[token] for token in TOKENS}
        object.__setattr__(self, "tokens", MappingProxyType(ordered))
        object.__setattr__(self, "_hash", hash((self.name, self.color_scheme, *ordered.items())))

    def __hash__(self) -> int:
        return cast("int", self.__dict__["_hash"])

    def __reduce__(self) -> tuple[type[Theme], tuple[object, ...]]:
        # A mapping proxy cannot be pickled, and batches hand themes to other processes.
        extras = (self.extends, self.logo, self.description)
        return Theme, (self.name, self.color_scheme, dict(self.tokens), *extras)


@dataclass(frozen=True, slots=True)
class ThemeInfo:
    """A theme that can be loaded by name.

    Attributes:
        name: What :func:`load_theme` takes.
        origin: Where it comes from.
        extends: The theme that it is derived from, or ``None``.
        description: One line, perhaps empty.
        error: Why it cannot be loaded, or ``None``.
    """

    name: str
    origin: Origin
    extends: str | None = None
    description: str = ""
    error: str | None = None


def load_theme(name_or_path: str | PathLike[str]) -> Theme:
    """Return a theme.

    Themes loaded by name are kept for the life of the process. Contrast is measured each time but
    for bundled themes, whose colours the project's own tests measure.

    Args:
        name_or_path: Name of a bundled or installed theme; or the path of a file, which is what a
            ``PathLike`` is taken for, and a text that holds a path separator or ends in ``.toml``,
            ``.json`` or ``.tokens``.

    Raises:
        NotAvailableError: There is no theme of that name.
        InputError: The theme breaks rules; it lists every one that it breaks, contrast included.
    """
    if isinstance(name_or_path, str) and not _is_path(name_or_path):
        return _load_named(name_or_path)
    path = fspath(name_or_path)
    return _load_file(Path(path), source=path)


def forget_themes() -> None:
    """Read themes anew when they are next asked for, since somebody edits them."""
    _load_named.cache_clear()


def list_themes() -> tuple[ThemeInfo, ...]:
    """Return the themes that can be loaded by name: bundled ones, then installed ones, by name.

    A theme that cannot be loaded is listed with its ``error``; it does not hide the others.
    """
    infos = [_info(name, "bundled", partial(_load_named, name)) for name in _bundled_files()]
    seen = {info.name for info in infos}
    for entry_point in _entry_points():
        if entry_point.name in seen:
            error = "another theme has this name and comes first"
            infos.append(ThemeInfo(entry_point.name, "entry point", error=error))
        else:
            load = partial(_load_installed, entry_point)
            infos.append(_info(entry_point.name, "entry point", load))
        seen.add(entry_point.name)
    return tuple(infos)


def check_theme(theme: Theme) -> tuple[ContrastProblem, ...]:
    """Measure a theme's colour pairs.

    Returns:
        Pairs under 4.5:1 for text or 3:1 for graphics; empty if the theme is legible.
    """
    return check_contrast(theme.tokens)


def _info(name: str, origin: Origin, load: Callable[[], Theme]) -> ThemeInfo:
    try:
        theme = load()
    except InputError as error:
        return ThemeInfo(name, origin, error=str(error))
    return ThemeInfo(name, origin, theme.extends, theme.description)


def _is_path(text: str) -> bool:
    return "/" in text or sep in text or text.lower().endswith(_EXTENSIONS)


def _bundled_files() -> dict[str, Traversable]:
    files = {
        file.name.partition(".")[0]: file
        for file in resource_root("themes").iterdir()
        if file.name.endswith(_EXTENSIONS)
    }
    return dict(sorted(files.items()))


def _entry_points() -> list[EntryPoint]:
    from importlib.metadata import entry_points  # noqa: PLC0415 - bundled themes do without

    return sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda found: found.name)


@cache
def _load_named(name: str, generation: int = 0) -> Theme:
    bundled = _bundled_files()
    if name in bundled:
        return _load_file(
            bundled[name],
            source=bundled[name].name,
            name=name,
            generation=generation,
            measured=False,
        )
    installed = _entry_points()
    for entry_point in installed:
        if entry_point.name == name:
            return _load_installed(entry_point, generation)
    names = {*bundled, *(entry_point.name for entry_point in installed)}
    raise NotAvailableError(kind="theme", name=name, available=names)


def _load_installed(entry_point: EntryPoint, generation: int = 0) -> Theme:
    source = f"entry point {entry_point.name}"
    try:
        found = entry_point.load()
    except Exception as error:  # somebody else's module: it may raise anything
        message = f"cannot be imported: {type(error).__name__}"
        raise InputError([Problem(message, source=source)]) from error
    file = Path(found) if isinstance(found, str | PathLike) else found
    if not all(hasattr(file, attribute) for attribute in ("open", "name", "parent")):
        message = "must be the path of a theme's file, as a text, Path or Traversable"
        raise InputError([Problem(message, source=source)])
    return _load_file(
        cast("Traversable", file), source=str(file), name=entry_point.name, generation=generation
    )


def _load_file(
    file: Traversable,
    *,
    source: str,
    name: str | None = None,
    generation: int = 0,
    measured: bool = True,
) -> Theme:
    """Read and judge one file.

    Args:
        file: The file; a logo is looked for beside it.
        source: How messages call it; its end tells the format.
        name: The name under which it is registered, if it is.
        generation: How many themes extend one another down to this one.
        measured: Refuse colour pairs with too little contrast.
    """
    try:
        data = read_bounded(file)
    except (OSError, ValueError) as error:
        raise InputError([Problem(why_unread(error), source=source)]) from error
    reading = _Reading(parse_token_file(data, source=source), file, generation)
    return reading.theme(name, measured=measured)


class _Reading:
    """One theme's file on its way to a theme; collects every problem before it gives up."""

    def __init__(self, file: TokenFile, place: Traversable, generation: int) -> None:
        self._content = file.content
        self._lines = file.lines
        self._source = file.source
        # Every kind of Traversable that is a file has a parent, though the protocol lacks it.
        self._folder = cast("Path", place).parent
        self._stem = place.name.partition(".")[0]
        self._generation = generation
        self._problems = list(file.problems)

    def theme(self, registered: str | None, *, measured: bool) -> Theme:
        """Return the theme, or raise ``InputError`` with all that is wrong with it."""
        self._check_keys((), self._content, _KEYS)
        base = self._base()
        name = self._name(registered)
        description = self._description()
        scheme = self._color_scheme(base)
        tokens = self._tokens(base, scheme)
        logo = self._logo(base)
        if measured:
            self._check_contrast(tokens)
        if self._problems or scheme is None:
            raise InputError(self._problems)
        extends = self._content.get("extends")
        return Theme(
            name=name,
            color_scheme=scheme,
            tokens=tokens,
            extends=extends if isinstance(extends, str) else None,
            logo=logo,
            description=description,
        )

    def _report(self, message: str, *path: str) -> None:
        self._problems.append(
            Problem(
                message,
                source=self._source,
                path=tuple(map(printable, path)),
                line=self._lines.get(path),
            )
        )

    def _check_keys(self, path: tuple[str, ...], keys: Iterable[str], known: Sequence[str]) -> None:
        for key in keys:
            if key not in known:
                self._report(f"is not known{nearest(key, known)}", *path, key)

    def _base(self) -> Theme | None:
        extends = self._content.get("extends")
        if extends is None:
            return None
        if not is_file_name(extends):
            message = "must be the name of a theme, or of a file in the same folder"
        elif self._generation >= _MAX_GENERATIONS:
            message = f"leads back to itself, or to more than {_MAX_GENERATIONS} themes in a row"
        else:
            try:
                return self._load_base(extends)
            except NotAvailableError as error:
                message = str(error)
            except InputError as error:
                self._problems += error.problems
                return None
        self._report(message, "extends")
        return None

    def _load_base(self, extends: str) -> Theme:
        generation = self._generation + 1
        if not _is_path(extends):
            return _load_named(extends, generation)
        file = self._folder / extends
        return _load_file(file, source=str(file), generation=generation)

    def _name(self, registered: str | None) -> str:
        name = self._content.get("name")
        if name is None:
            return registered or _slug(self._stem)
        if not _is_name(name):
            self._report(_NAME_RULE, "name")
        elif registered not in {None, name}:
            self._report("must be the name under which the theme is found", "name")
        return str(name)

    def _description(self) -> str:
        text = self._content.get("description", "")
        if not is_line(text, _MAX_DESCRIPTION_CHARACTERS):
            message = f"must be one line of at most {_MAX_DESCRIPTION_CHARACTERS} characters"
            self._report(message, "description")
        return str(text).strip()

    def _color_scheme(self, base: Theme | None) -> ColorScheme | None:
        scheme = self._content.get("color-scheme")
        for known in _SCHEMES:
            if scheme == known:
                return known
        if scheme is None and base is not None:
            return base.color_scheme
        if scheme is not None or self._content.get("extends") is None:
            self._report('must be "dark" or "light"', "color-scheme")
        return None

    def _tokens(self, base: Theme | None, scheme: ColorScheme | None) -> dict[str, str]:
        tokens = dict(base.tokens) if base else {}
        if scheme == "light" and base is None:
            tokens |= _as_dark(_load_named(_DARK_BY_DEFAULT).tokens)
        for kind, known in VOCABULARY.items():
            group = self._content.get(kind, {})
            if not isinstance(group, Mapping):
                self._report("must be a table of tokens", kind)
                group = {}
            self._check_keys((kind,), group, known)
            for name in known:
                token = f"{kind}-{name}"
                if name in group:
                    tokens.pop(token, None)
                    try:
                        tokens[token] = parse_value(kind, name, group[name])
                    except ValueError as error:
                        self._report(str(error), kind, name)
                elif (
                    kind != "dark"
                    and "extends" not in self._content
                    and not self._unread(kind, name)
                ):
                    message = "is missing; give it, or extend a theme that has it"
                    self._report(message, kind, name)
        if scheme == "dark":
            if "dark" in self._content:
                self._report("is for light themes: a dark theme is its own", "dark")
            tokens |= _as_dark(tokens)
        return tokens

    def _unread(self, kind: str, name: str) -> bool:
        """Tell whether a token is there but was a problem to its format's reader already."""
        return any(
            problem.path[:1] == (kind,) and "-".join(map(str, problem.path[1:])) == name
            for problem in self._problems
        )

    def _logo(self, base: Theme | None) -> Logo | None:
        table = self._content.get("logo")
        if table is None:
            return base.logo if base else None
        if table is False:
            return None
        if not isinstance(table, Mapping):
            self._report(
                "must be a table with file, alt and perhaps raster, or false for none", "logo"
            )
            return None
        self._check_keys(("logo",), table, _LOGO_KEYS)
        file, alt = table.get("file"), table.get("alt")
        if not is_line(alt, MAX_ALT_CHARACTERS) or not str(alt).strip():
            message = f"must be the words for the picture, 1 to {MAX_ALT_CHARACTERS} characters"
            self._report(message, "logo", "alt")
            alt = None
        if not is_file_name(file):
            self._report("must be the name of a file in the theme's own folder", "logo", "file")
            return None
        try:
            data = read_bounded(self._folder / file, MAX_LOGO_BYTES)
            media_type = recognise(data)
        except (OSError, ValueError) as error:
            self._report(why_unread(error), "logo", "file")
            return None
        raster = self._raster(table.get("raster"))
        return Logo(data, media_type, alt.strip(), raster) if isinstance(alt, str) else None

    def _raster(self, file: object) -> bytes | None:
        if file is None:
            return None
        if not is_file_name(file):
            self._report("must be the name of a file in the theme's own folder", "logo", "raster")
            return None
        try:
            data = read_bounded(self._folder / file, MAX_LOGO_BYTES)
            check_raster(data)
        except (OSError, ValueError) as error:
            self._report(why_unread(error), "logo", "raster")
            return None
        return data

    def _check_contrast(self, tokens: Mapping[str, str]) -> None:
        for problem in check_contrast(tokens):
            # The token that this file sets is where its author can mend it.
            for name in (*problem.foreground.split(", "), problem.background):
                kind, _, token = name.partition("-")
                if (kind, token) in self._lines:
                    break
            else:
                kind, _, token = problem.foreground.split(", ")[-1].partition("-")
            self._report(problem.message, kind, token)


def _as_dark(tokens: Mapping[str, str]) -> dict[str, str]:
    """Return a theme's colours as the ones for readers who asked for dark."""
    return {
        f"dark-{name}": tokens[f"color-{name}"]
        for name in VOCABULARY["dark"]
        if f"color-{name}" in tokens
    }


_NAME_RULE: Final = (
    f"must be lower-case letters, digits and hyphens, at most {_MAX_NAME_CHARACTERS}, "
    "with a letter first"
)


def _is_name(name: object) -> TypeGuard[str]:
    return (
        isinstance(name, str)
        and re.fullmatch(rf"[a-z][a-z0-9-]{{0,{_MAX_NAME_CHARACTERS - 1}}}", name) is not None
    )


def _slug(stem: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:_MAX_NAME_CHARACTERS]
    return words if _is_name(words) else f"theme-{words}"[:_MAX_NAME_CHARACTERS].strip("-")
