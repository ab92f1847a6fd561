"""What blinding was not sure of: a report for a person, and what that person decided.

The two are one file. A JSON object, of mode 0600 since it holds words that may be names::

    {"kind": "candidate-cards redaction report", "version": 1, "about": "…", "key": "K-…",
     "certain": {"name": 31, "email": 4},
     "finds": [{"id": "F-…", "code": "C-…", "path": "rationale", "kind": "name", "word": "Rose",
                "context": "… led the Rose Garden team …", "removed": true, "decision": null}, …],
     "earlier": […]}

Who fills in ``"keep"`` or ``"remove"`` in place of ``null`` is obeyed by the next run.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Protocol, get_args

from candidate_cards._private_files import changing
from candidate_cards.privacy._json_files import Faults, JsonFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from os import PathLike

    from candidate_cards.privacy.codes import BlindKey

Decision = Literal["keep", "remove"]

_KIND: Final = "candidate-cards redaction report"
_ABOUT: Final = (
    'Each find may be a part of a name, or not. Put "keep" or "remove" in place of null: the next'
    " run with this file obeys. Keep it in the house, as the key file."
)
_DECISIONS: Final = get_args(Decision)
_NONE: Final[Mapping[str, Decision]] = MappingProxyType({})


class Found(Protocol):
    """What is said of a find; see :class:`candidate_cards.privacy.redaction.Find`."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def code(self) -> str: ...  # noqa: D102
    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def word(self) -> str: ...  # noqa: D102
    @property
    def context(self) -> str: ...  # noqa: D102
    @property
    def certain(self) -> bool: ...  # noqa: D102
    @property
    def removed(self) -> bool: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a person decided of finds; without any, the default, nothing is.

    Attributes:
        by_id: By the id of a find.
        key: Name of the key that the ids were made with; ``None`` if the file does not say.
    """

    by_id: Mapping[str, Decision] = field(default=_NONE, repr=False)
    key: str | None = None

    def removes(self, find_id: str) -> bool | None:
        """Return whether a find is to be removed; ``None`` if that is not decided."""
        decision = self.by_id.get(find_id)
        return None if decision is None else decision == "remove"


class Summary(NamedTuple):
    """What a report says in short.

    Attributes:
        removed: How many finds were removed.
        undecided: How many finds wait for a decision.
    """

    removed: int
    undecided: int


def load_decisions(path: str | PathLike[str], *, key: BlindKey | None = None) -> Decisions:
    """Read what was filled in in a redaction report.

    Args:
        path: The report, or a file with as much of it as ``kind``, ``version``, and of each find
            ``id`` and ``decision``.
        key: The one that is used now.

    Raises:
        InputError: It is no report, was made with another key, or has something else in place of a
            decision; every problem is listed. Or others on this machine may open it.
        FileNotFoundError: There is none.
        OSError: The system refused.
    """
    file = _file(path)
    value = file.load()
    return Decisions(_by_id(file, value), _key_name(file, value, key))


def write_report(path: str | PathLike[str], finds: Iterable[Found], key: BlindKey) -> None:
    """Write what a person has to decide, and count the rest by kind.

    What is decided in the file that is there already stays so: with its find, or under
    ``earlier`` if that was not found this time.

    Args:
        path: Where to, with links followed; the folder has to be there.
        finds: Of one run. Of those with the same id the first is listed.
        key: The one that their ids were made with.

    Raises:
        InputError: What is there is no report, or one of another key, or broken; it is not touched.
            Or another process does not end changing it.
        OSError: The system refused; the file is as before.
    """
    file = _file(path)
    certain: Counter[str] = Counter()
    listed: dict[str, Found] = {}
    for find in finds:
        if find.certain:
            certain[find.kind] += 1
        else:
            listed.setdefault(find.id, find)
    with changing(file.path):
        before: dict[str, Any] = {}
        if file.path.exists():
            before = file.load()
            _key_name(file, before, key)
        decisions = _by_id(file, before)
        entries = [_entry(find, decisions.get(find.id)) for find in listed.values()]
        earlier = {
            entry["id"]: entry
            for entry in _entries(before)
            if entry["id"] in decisions and entry["id"] not in listed and entry.get("decision")
        }
        file.save(
            {
                "about": _ABOUT,
                "key": key.name,
                "certain": dict(sorted(certain.items())),
                "finds": entries,
                "earlier": [*earlier.values()],
            }
        )


def summarise(finds: Iterable[Found], decisions: Decisions) -> Summary:
    """Count finds, as for a line on the screen."""
    removed = 0
    undecided = set()
    for find in finds:
        removed += find.removed
        if not find.certain and decisions.removes(find.id) is None:
            undecided.add(find.id)
    return Summary(removed, len(undecided))


def _file(path: str | PathLike[str]) -> JsonFile:
    return JsonFile(Path(os.path.realpath(path)), _KIND)


def _entry(find: Found, decision: Decision | None) -> dict[str, object]:
    return {
        "id": find.id,
        "code": find.code,
        "path": find.path,
        "kind": find.kind,
        "word": find.word,
        "context": find.context,
        "removed": find.removed,
        "decision": decision,
    }


def _key_name(file: JsonFile, value: Mapping[str, Any], key: BlindKey | None) -> str | None:
    name = value.get("key")
    if not isinstance(name, str | None):
        file.refuse("must be text", ("key",))
    if key is not None and name is not None and name != key.name:
        file.refuse("was made with another key, so it says nothing of these finds", ("key",))
    return name


def _entries(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [*value.get("finds", ()), *value.get("earlier", ())]


def _by_id(file: JsonFile, value: Mapping[str, Any]) -> dict[str, Decision]:
    """Return what is decided, having looked at everything that is used of a report."""
    faults = Faults(file)
    decided: dict[str, Decision] = {}
    for part in ("finds", "earlier"):
        entries = value.get(part, [])
        if not isinstance(entries, list):
            faults.add("must be a list", (part,))
            continue
        for number, entry in enumerate(entries):
            if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
                faults.add("must be an object with an id", (part, number))
                continue
            decision, place = entry.get("decision"), (part, number, "decision")
            if decision is None:
                continue
            if decision not in _DECISIONS:
                faults.add('must be null, "keep" or "remove"', place)
            elif decided.setdefault(entry["id"], decision) != decision:
                faults.add("is not what another entry of the same id says", place)
    faults.raise_any()
    return decided
