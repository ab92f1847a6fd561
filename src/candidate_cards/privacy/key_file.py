"""The file that leads from codes back to people, which stays in the house.

A JSON object::

    {"kind": "candidate-cards key file", "version": 1, "about": "…", "secret": "…",
     "people": {"C-K7Q4-T2M9-X3R8-B5N1": {"profileId": "prof_…", "name": "…"}, …}}

Without it nobody can tell who a code is, its maker included; with it anybody can.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from candidate_cards._private_files import changing
from candidate_cards.privacy._json_files import Faults, JsonFile
from candidate_cards.privacy.codes import BlindKey, CodedPerson, read_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from os import PathLike

_KIND: Final = "candidate-cards key file"
_ABOUT: Final = (
    "This file tells who is behind the codes. Keep it from everybody who is given these, and keep"
    " it: without it nobody can tell."
)


def open_key_file(path: str | PathLike[str], *, create: bool = True) -> KeyFile:
    """Open a key file; where there is none, make one with a new key.

    Args:
        path: Where it is; links are followed.
        create: Whether to make one. Its folder has to be there.

    Raises:
        InputError: It is no key file, or others on this machine may open it.
        FileNotFoundError: There is none, and none is to be made.
        OSError: The system refused.
    """
    file = JsonFile(Path(os.path.realpath(path)), _KIND)
    try:
        return KeyFile(file, *_read(file))
    except FileNotFoundError:
        if not create:
            raise
    with changing(file.path):
        # Another process may have made it meanwhile.
        if not file.path.exists():
            _save(file, BlindKey.generate(), {})
        return KeyFile(file, *_read(file))


class KeyFile:
    """An open key file; made by :func:`open_key_file`.

    Attributes:
        path: Where it is, with links followed.
        key: What its codes are made with.
    """

    __slots__ = ("_file", "_people", "key", "path")

    def __init__(self, file: JsonFile, key: BlindKey, people: Mapping[str, CodedPerson]) -> None:
        self.path = file.path
        self.key = key
        self._file = file
        self._people = people

    def __repr__(self) -> str:
        return f"KeyFile({str(self.path)!r})"

    def record(self, people: Iterable[CodedPerson]) -> None:
        """Bring people into the file, beside those who are there.

        When it returns they are on the disk. Several processes may do so at a time. A name that
        was recorded stays if the new one is blank.

        Args:
            people: With codes of this file's key.

        Raises:
            ValueError: A code is of another key.
            InputError: The file is broken, has another key by now, or is open to others; or another
                process does not end changing it.
            OSError: The system refused; the file is as before.
        """
        new = {person.code: person for person in people}
        if any(self.key.code(person.profile_id) != code for code, person in new.items()):
            message = "people can be recorded only with codes of this file's key"
            raise ValueError(message)
        with changing(self.path):
            key, known = _read(self._file)
            if key != self.key:
                self._file.refuse("has another key than it had; start again", ("secret",))
            merged = known | {
                code: person
                for code, person in new.items()
                if code not in known or (person.name or "").strip()
            }
            if merged != known:
                _save(self._file, key, merged)
        self._people = merged

    def reveal(self, code: str) -> CodedPerson | None:
        """Return whose code it is, or ``None`` for one that was not in the file when last read.

        Args:
            code: As somebody may have written it: in lower case, without hyphens, an ``O`` for a
                zero.
        """
        return self._people.get(read_code(code) or "")


def _save(file: JsonFile, key: BlindKey, people: Mapping[str, CodedPerson]) -> None:
    file.save(
        {
            "about": _ABOUT,
            "secret": b64encode(key.secret).decode(),
            "people": {
                code: {"profileId": person.profile_id, "name": person.name}
                for code, person in people.items()
            },
        }
    )


def _read(file: JsonFile) -> tuple[BlindKey, dict[str, CodedPerson]]:
    value = file.load()
    faults = Faults(file)
    key = _key(value.get("secret"))
    if key is None:
        faults.add("must be the base64 text of at least 32 bytes", ("secret",))
    people = {}
    entries = value.get("people")
    if not isinstance(entries, dict):
        faults.add("must be an object", ("people",))
        entries = {}
    for number, (code, entry) in enumerate(entries.items()):
        person = _person(code, entry)
        if person is None:
            # The place is a number: what is there may be a name.
            faults.add("must be a code with the profileId and name behind it", ("people", number))
        else:
            people[code] = person
    faults.raise_any()
    assert key is not None  # noqa: S101  or there was a fault
    return key, people


def _key(text: object) -> BlindKey | None:
    try:
        return BlindKey(b64decode(text, validate=True)) if isinstance(text, str) else None
    except ValueError:
        return None


def _person(code: str, entry: Any) -> CodedPerson | None:  # noqa: ANN401  any JSON
    if read_code(code) != code or not isinstance(entry, dict):
        return None
    profile_id, name = entry.get("profileId"), entry.get("name")
    if isinstance(profile_id, str) and isinstance(name, str | None):
        return CodedPerson(code, profile_id, name)
    return None
