"""Profiles: what may be shown to whom, as data.

A profile is one TOML file: a bundled one in ``profiles/``, or a user's own by path. It decides on
every field of a candidate, and may extend another and then holds only what differs::

    description = "For the hiring panel"
    extends = "client"
    employers = "hidden"          # or "shown", "current-hidden"

    [fields]
    match_score = false
    detailed_experience.highlights = false
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from dataclasses import fields as fields_of
from functools import cache, cached_property, partial
from importlib.resources import files
from os import PathLike, fspath, sep
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, cast, get_args

from candidate_cards._data_files import (
    decode_text,
    is_file_name,
    is_line,
    nearest,
    parse_toml,
    printable,
    read_bounded,
    why_unread,
)
from candidate_cards.errors import InputError, NotAvailableError, Problem
from candidate_cards.privacy.decisions import Decisions
from candidate_cards.privacy.fields import FIELDS, PATHS, Field
from candidate_cards.privacy.redaction.data import pronouns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

    from candidate_cards.privacy.codes import BlindKey

Employers = Literal["shown", "current-hidden", "hidden"]
Identity = Literal["shown", "coded"]
Gender = Literal["shown", "neutral"]

_EXTENSION: Final = ".toml"
_MOST_OF_DESCRIPTION: Final = 200
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "employers": get_args(Employers),
        "identity": get_args(Identity),
        "gender": get_args(Gender),
    }
)
_KEYS: Final = ("description", "extends", *_CHOICES, "gender_languages", "fields")
_IDENTIFYING: Final = ("linkedin_url", "emails")


@dataclass(frozen=True, eq=False, kw_only=True)
class Profile:
    """What may be shown.

    Attributes:
        name: Of a bundled profile, or the stem of its file.
        description: One line for lists; plain text, not escaped.
        fields: Whether each field of `PATHS` is shown.
        employers: ``shown``; ``current-hidden`` puts neutral words in place of the present one,
            wherever it stands; ``hidden`` does so for every company of the record.
        identity: ``shown``, or ``coded``: a code stands in place of whatever tells who it is.
        gender: ``shown``, or ``neutral``: pronouns and titles give way to ones that do not tell.
        gender_languages: Of the texts in which they do, as codes such as ``en``.
        key: Makes the codes; not in its ``repr``, and needed before anybody is coded.
        decisions: What a person decided of words that may be names.

    Raises:
        InputError: A field has no decision, or decisions contradict one another.
    """

    name: str
    description: str = ""
    fields: Mapping[str, bool] = field(repr=False)
    employers: Employers = "shown"
    identity: Identity = "shown"
    gender: Gender = "shown"
    gender_languages: tuple[str, ...] = ()
    key: BlindKey | None = field(default=None, repr=False)
    decisions: Decisions = field(default=Decisions(), repr=False)

    def __post_init__(self) -> None:
        problems = list(_contradictions(self.fields, self.identity, self.name))
        if problems:
            raise InputError(problems)
        decisions = MappingProxyType({path: self.fields[path] for path in PATHS})
        object.__setattr__(self, "fields", decisions)

    def __reduce__(self) -> tuple[partial[Profile], tuple[()]]:
        # A mapping proxy cannot be pickled, and batches hand profiles to other processes.
        values = {each.name: getattr(self, each.name) for each in fields_of(self)}
        values["fields"] = dict(self.fields)
        values["decisions"] = Decisions(dict(self.decisions.by_id))
        return partial(Profile, **values), ()

    @cached_property
    def shows_everything(self) -> bool:
        """Whether it changes nothing."""
        return all(self.fields.values()) and not self.redacts

    @cached_property
    def redacts(self) -> bool:
        """Whether it also changes texts that are shown."""
        choices = (self.employers, self.identity, self.gender)
        return set(choices) != {"shown"} or not all(map(self.fields.get, _IDENTIFYING))

    @cached_property
    def shown(self) -> tuple[Field, ...]:
        """The fields that are shown, those within entries too."""
        return tuple(_shown(FIELDS, self.fields))

    def with_emails(self, *, shown: bool) -> Profile:
        """Return the profile that shows e-mail addresses, or does not, and else is the same.

        Raises:
            InputError: They would tell whose code it is.
        """
        return self if shown == self.fields["emails"] else self._with_other_emails

    @cached_property
    def _with_other_emails(self) -> Profile:
        return replace(self, fields={**self.fields, "emails": not self.fields["emails"]})


def _shown(
    fields: tuple[Field, ...], decisions: Mapping[str, bool], before: str = ""
) -> Iterator[Field]:
    for each in fields:
        path = f"{before}{each.name}"
        if each.kind == "entries":
            inner = tuple(_shown(each.fields, decisions, f"{path}."))
            if inner:
                yield each._replace(fields=inner)
        elif decisions[path]:
            yield each


def _contradictions(
    fields: Mapping[str, bool], identity: Identity, source: str
) -> Iterator[Problem]:
    for path in PATHS:
        if path not in fields:
            message = "has no decision; give it, or extend a profile that has it"
            yield Problem(message, source=source, path=("fields", *path.split(".")))
    for path in fields.keys() - set(PATHS):
        yield Problem("is no field of a candidate", source=source, path=("fields", path))
    if identity == "coded":
        for path in _IDENTIFYING:
            if fields.get(path):
                message = 'must be false where identity is "coded": it tells who it is'
                yield Problem(message, source=source, path=("fields", path))


@cache
def list_profiles() -> tuple[str, ...]:
    """Return the names of the bundled profiles, sorted."""
    return tuple(sorted(_bundled_files()))


def load_profile(
    profile: Profile | str | PathLike[str],
    *,
    key: BlindKey | None = None,
    decisions: Decisions | None = None,
) -> Profile:
    """Return a profile.

    Bundled profiles are kept for the life of the process, without a key.

    Args:
        profile: One already; the name of a bundled one; or the path of a file, which is what a
            ``PathLike`` is taken for, and a text that holds a path separator or ends in ``.toml``.
        key: Makes the codes of one whose identity is coded.
        decisions: What a person decided of words that may be names.

    Raises:
        NotAvailableError: There is no profile of that name.
        InputError: The file breaks rules; it lists every one that it breaks.
    """
    if isinstance(profile, Profile):
        loaded = profile
    elif isinstance(profile, str) and not _is_path(profile):
        loaded = _load_bundled(profile)
    else:
        path = fspath(profile)
        loaded = _load_file(Path(path), path, ())
    if key is not None:
        loaded = replace(loaded, key=key)
    return loaded if decisions is None else replace(loaded, decisions=decisions)


@cache
def _load_bundled(name: str) -> Profile:
    bundled = _bundled_files()
    if name not in bundled:
        raise NotAvailableError("profile", name, bundled)
    return _load_file(bundled[name], bundled[name].name, ())


def _bundled_files() -> dict[str, Traversable]:
    folder = files(__package__) / "profiles"
    return {file.name.removesuffix(_EXTENSION): file for file in folder.iterdir()}


def _is_path(text: str) -> bool:
    return "/" in text or sep in text or text.lower().endswith(_EXTENSION)


def _load_file(file: Traversable, source: str, before: tuple[str, ...]) -> Profile:
    """Read and judge one file.

    Args:
        file: The file; what it extends by a path is looked for beside it.
        source: How messages call it.
        before: The files that led to it, by extending one another.
    """
    if str(file) in before:
        raise _CycleError
    try:
        data = read_bounded(file)
    except (OSError, ValueError) as error:
        raise InputError([Problem(why_unread(error), source=source)]) from error
    reading = _Reading(*parse_toml(decode_text(data, source), source), file, source, before)
    return reading.profile()


class _Reading:
    """One file on its way to a profile; collects every problem before it gives up."""

    def __init__(
        self,
        content: Mapping[str, object],
        lines: Mapping[tuple[str, ...], int],
        file: Traversable,
        source: str,
        before: tuple[str, ...],
    ) -> None:
        self._content = content
        self._lines = lines
        # Every kind of Traversable that is a file has a parent, though the protocol lacks it.
        self._folder = cast("Path", file).parent
        self._stem = file.name.partition(".")[0]
        self._source = source
        self._before = (*before, str(file))
        self._problems: list[Problem] = []

    def profile(self) -> Profile:
        """Return the profile, or raise ``InputError`` with all that is wrong with it."""
        for key in self._content:
            if key not in _KEYS:
                self._report(f"is not known{nearest(key, _KEYS)}", key)
        base = self._base()
        fields = dict(base.fields) if base else {}
        fields |= self._decisions(self._content.get("fields", {}), ())
        values: dict[str, Any] = {name: self._choice(name, base) for name in _CHOICES}
        values["description"] = self._description()
        values["gender_languages"] = self._languages(base)
        # Of a base that cannot be read nobody knows what it decides.
        if base is not None or "extends" not in self._content:
            for problem in _contradictions(fields, values["identity"], self._source):
                self._report(problem.message, *map(str, problem.path))
        if self._problems:
            raise InputError(self._problems)
        return Profile(name=self._stem, fields=fields, **values)

    def _report(self, message: str, *path: str) -> None:
        place = tuple(map(printable, path))
        line = self._lines.get(path)
        self._problems.append(Problem(message, source=self._source, path=place, line=line))

    def _base(self) -> Profile | None:
        extends = self._content.get("extends")
        if extends is None:
            return None
        if not is_file_name(extends):
            message = "must be the name of a profile, or of a file in the same folder"
        else:
            try:
                return self._load_base(extends)
            except NotAvailableError as error:
                message = str(error)
            except _CycleError:
                message = "leads back to this file"
            except InputError as error:
                self._problems += error.problems
                return None
        self._report(message, "extends")
        return None

    def _load_base(self, extends: str) -> Profile:
        if not _is_path(extends):
            return _load_bundled(extends)
        file = self._folder / extends
        return _load_file(file, str(file), self._before)

    def _decisions(self, table: object, above: tuple[str, ...]) -> dict[str, bool]:
        """Return what a table decides, by path."""
        if not isinstance(table, Mapping):
            self._report("must be a table of fields", "fields", *above)
            return {}
        found: dict[str, bool] = {}
        for key, value in table.items():
            place = (*above, key)
            path = ".".join(place)
            if path in PATHS:
                if isinstance(value, bool):
                    found[path] = value
                else:
                    self._report("must be true or false", "fields", *place)
            elif inner := [known for known in PATHS if known.startswith(f"{path}.")]:
                if isinstance(value, Mapping):
                    found |= self._decisions(value, place)
                else:
                    message = f"takes a decision for each of: {', '.join(inner)}"
                    self._report(message, "fields", *place)
            elif path == "profile_id":
                message = 'cannot be hidden; identity = "coded" puts a code in its place'
                self._report(message, "fields", *place)
            else:
                self._report(f"is no field of a candidate{nearest(path, PATHS)}", "fields", *place)
        return found

    def _choice(self, name: str, base: Profile | None) -> str:
        known = _CHOICES[name]
        value = self._content.get(name)
        if value is None and base is not None:
            return str(getattr(base, name))
        if value not in known:
            if value is not None or "extends" not in self._content:
                self._report(f"must be one of: {', '.join(known)}", name)
            return known[0]
        return str(value)

    def _description(self) -> str:
        text = self._content.get("description", "")
        if not is_line(text, _MOST_OF_DESCRIPTION):
            message = f"must be one line of at most {_MOST_OF_DESCRIPTION} characters"
            self._report(message, "description")
        return str(text).strip()

    def _languages(self, base: Profile | None) -> tuple[str, ...]:
        value = self._content.get("gender_languages")
        if value is None:
            return base.gender_languages if base else ()
        if not isinstance(value, list) or not all(is_line(item, 20) and item for item in value):
            self._report('must be a list of languages, such as ["en", "fr"]', "gender_languages")
            return ()
        for language in value:
            if not pronouns(language):
                self._report(
                    f"has a language without a list of pronouns: {language}", "gender_languages"
                )
        return tuple(value)


class _CycleError(Exception):
    """A file extends itself, by way of others or not."""
