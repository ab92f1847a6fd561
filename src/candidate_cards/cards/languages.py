"""Labels in other languages, read from gettext catalogues.

A catalogue is ``locales/LANGUAGE/LC_MESSAGES/candidate_cards.po``: the context of each message is a
field of `Labels` (``bands.strong`` for an entry of one), its id the English text. They are read as
they stand; nothing is compiled. A new language is one more such file.

What is a candidate's own stays as its source wrote it: prose is not translated, and names are not
put into another order, since a record holds them as one text that does not say which part is which.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache, lru_cache
from os import PathLike, fspath, sep
from pathlib import Path
from string import Formatter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from candidate_cards._data_files import read_bounded, why_unread
from candidate_cards._resources import resource_root
from candidate_cards.cards.labels import DEFAULT_LABELS, Labels, Plural
from candidate_cards.errors import InputError, NotAvailableError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date
    from importlib.resources.abc import Traversable

    from babel.messages import Catalog

__all__ = ["date_text", "list_languages", "load_labels"]

_EXTENSION: Final = ".po"
_FILE: Final = ("LC_MESSAGES", f"candidate_cards{_EXTENSION}")
_MOST_BYTES: Final = 1_048_576
_SETTINGS: Final = ("lang", "dir")  # the fields of `Labels` that are no words
_TRIED: Final = 200  # numbers that a rule for plurals is tried with; they repeat after 100


@cache
def list_languages() -> tuple[str, ...]:
    """Return the languages that there are labels in, as BCP 47 tags, sorted."""
    return tuple(sorted(entry.name for entry in resource_root("locales").iterdir()))


def load_labels(language: str | PathLike[str]) -> Labels:
    """Return the labels of a language: one object for each, as long as the process lives.

    Args:
        language: One of `list_languages`; or the path of a gettext catalogue of your own, which is
            what a ``PathLike`` is taken for, and a text that holds a path separator or ends in
            ``.po``. Its header says which ``Language`` it is, and it has every text.

    Raises:
        NotAvailableError: There is no language of that name.
        InputError: The catalogue cannot be used; it lists every text that is missing or wrong.
    """
    if isinstance(language, str) and not _is_path(language):
        return _bundled(language)
    path = fspath(language)
    return _own(str(Path(path).absolute()), path)


def date_text(day: date, labels: Labels) -> str:
    """Return a day as the language of the labels writes it: ``2. September 2026``.

    In English, and where the language is not known, it is the ISO 8601 date: of 2/9 and 9/2 readers
    of English do not agree which is in September, and of their two long forms neither is neutral.
    """
    if labels.lang == DEFAULT_LABELS.lang:
        return day.isoformat()
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415  English does without
    from babel.dates import format_date  # noqa: PLC0415

    try:
        locale = Locale.parse(labels.lang, sep="-")
    except (ValueError, UnknownLocaleError):
        return day.isoformat()
    return format_date(day, format="long", locale=locale)


def _is_path(text: str) -> bool:
    return "/" in text or sep in text or text.endswith(_EXTENSION)


@cache
def _bundled(language: str) -> Labels:
    if language == DEFAULT_LABELS.lang:
        return DEFAULT_LABELS
    if language not in list_languages():
        raise NotAvailableError("language", language, list_languages())
    file = resource_root("locales").joinpath(language, *_FILE)
    return _labels(file, f"{language}/{file.name}")


@lru_cache(maxsize=64)  # more than one application has languages of its own
def _own(path: str, source: str) -> Labels:
    return _labels(Path(path), source)


def _labels(file: Traversable, source: str) -> Labels:
    """Read a catalogue, and tell all that is wrong with it at once."""
    catalog = _catalog(file, source)
    language = catalog.locale_identifier
    locale = catalog.locale
    if locale is None:
        what = f"Language {language!r} is not known" if language else "has no Language"
        raise InputError([Problem(f"the header {what}; write Language: de", source=source)])
    reading = _Reading(catalog, source)
    values: dict[str, Any] = {
        field.name: reading.value(field.name, getattr(DEFAULT_LABELS, field.name))
        for field in fields(Labels)
        if field.name not in _SETTINGS
    }
    if reading.problems:
        raise InputError(reading.problems)
    values["dir"] = locale.text_direction
    return Labels(lang=str(locale).replace("_", "-"), **values)


def _catalog(file: Traversable, source: str) -> Catalog:
    from babel.messages.pofile import PoFileError, read_po  # noqa: PLC0415  English does without

    try:
        data = read_bounded(file, _MOST_BYTES)
    except (OSError, ValueError) as error:  # of no file the name may hold U+0000
        raise InputError([Problem(why_unread(error), source=source)]) from error
    try:
        return read_po(data.splitlines(keepends=True), abort_invalid=True)
    except PoFileError as error:
        line = error.lineno + 1
        raise InputError([Problem("is no gettext message", source=source, line=line)]) from error
    except (LookupError, ValueError, TypeError) as error:  # its charset, or its header
        raise InputError([Problem("is no gettext catalogue", source=source)]) from error


class _Reading:
    """The texts of one catalogue, and what is wrong with them."""

    def __init__(self, catalog: Catalog, source: str) -> None:
        self.problems: list[Problem] = []
        self._catalog = catalog
        self._source = source
        self._rule = self._plural_rule()

    def value(self, name: str, english: object) -> object:
        """Return a field of `Labels` in this language."""
        if isinstance(english, Plural):
            forms = self._texts(name, english.forms)
            return Plural(*forms, rule=self._rule) if forms else english
        if isinstance(english, str):
            return next(iter(self._texts(name, (english,))), english)
        assert isinstance(english, MappingProxyType)  # noqa: S101  there is no other kind
        return MappingProxyType(
            {key: self.value(f"{name}.{key}", text) for key, text in english.items()}
        )

    def _texts(self, context: str, english: tuple[str, ...]) -> tuple[str, ...]:
        """Return the forms of a text, or none and a problem."""
        key = english[0] if len(english) == 1 else english
        message = self._catalog.get(key, context=context)
        if message is None or message.fuzzy:
            self._report(context, "is missing" if message is None else "is marked as fuzzy")
            return ()
        written = message.string
        texts = (written,) if isinstance(written, str) else tuple(written or ())
        if not (texts and all(texts)):
            self._report(context, "is empty, or one of its forms is")
        elif len(english) > 1 and len(texts) != self._catalog.num_plurals:
            self._report(context, f"has {len(texts)} of {self._catalog.num_plurals} forms")
        elif not all(
            _placeholders(text) == expected or (expected == ["count"] and not _placeholders(text))
            for expected in [_placeholders(english[-1])]
            for text in texts
        ):
            self._report(context, f"must have what is in braces in {english[-1]!r}, and no more")
        else:
            return texts
        return ()

    def _plural_rule(self) -> Callable[[int], int]:
        from gettext import c2py  # noqa: PLC0415  English does without

        try:
            rule = c2py(self._catalog.plural_expr)
            known = {rule(number) for number in range(_TRIED)} <= {
                *range(self._catalog.num_plurals)
            }
        except (ValueError, ArithmeticError):
            known = False
        if known:
            return rule
        self._report("Plural-Forms", "is no rule that tells which of its forms a number takes")
        return _first

    def _report(self, context: str, message: str) -> None:
        self.problems.append(Problem(message, source=self._source, path=(context,)))


def _placeholders(text: str) -> list[str] | None:
    """Return the sorted names in braces, or ``None`` where the braces are wrong."""
    try:
        return sorted(_fields(text))
    except ValueError:
        return None


def _fields(text: str) -> Iterator[str]:
    for _, name, specification, conversion in Formatter().parse(text):
        if name is not None:
            yield f"{name}{specification}{conversion or ''}"


def _first(_: int) -> int:
    return 0
