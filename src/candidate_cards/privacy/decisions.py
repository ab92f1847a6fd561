"""What blinding was not sure of: a report for a person, and what that person decided.

The two are one file. A JSON object, of mode 0600 since it holds words that may be names::

    {"kind": "candidate-cards redaction report", "version": 1, "about": "…", "key": "K-…",
     "certain": {"email": 4, "name": 31},
     "finds": [{"id": "F-…", "decision": null, "code": "C-…", "path": "rationale", "kind": "name",
                "places": [{"word": "Rose", "context": "… led […] Garden …", "removed": true}]}, …],
     "earlier": […]}

Who puts ``"keep"`` or ``"remove"`` in place of ``null`` is obeyed by the next run.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from candidate_cards._private_files import changing
from candidate_cards.privacy._json_files import Faults, JsonFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from os import PathLike

    from candidate_cards.privacy.codes import BlindKey
    from candidate_cards.privacy.redaction import Find

Decision = Literal["keep", "remove"]

_KIND: Final = "candidate-cards redaction report"
# Without the word that people replace by what they decide.
_ABOUT: Final = (
    "Each find may be a part of a name, or not. Make its decision keep or remove, in quotation"
    " marks: the next run with this file obeys. Keep it in the house, as the key file."
)
_DECISIONS: Final = get_args(Decision)


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a person decided of finds; without any, the default, nothing is.

    Attributes:
        by_id: By the id of a find.
    """

    by_id: Mapping[str, Decision] = field(default_factory=dict, repr=False)

    def removes(self, find_id: str) -> bool | None:
        """Return whether a find is to be removed; ``None`` if that is not decided."""
        decision = self.by_id.get(find_id)
        return None if decision is None else decision == "remove"


def load_decisions(path: str | PathLike[str], key: BlindKey) -> Decisions:
    """Read what was filled in in a redaction report.

    Args:
        path: The report; of each find ``id`` and ``decision`` will do.
        key: The one that is used now. Ids of another would be of no find, and nothing obeyed.

    Raises:
        InputError: It is no report, was made with another key, or has something else in place of a
            decision; every problem is listed. Or others on this machine may open it.
        FileNotFoundError: There is none.
        OSError: The system refused.
    """
    file = _file(path)
    value = file.load()
    _check_key(file, value, key)
    return Decisions(_by_id(file, value))


def write_report(
    path: str | PathLike[str], finds: Iterable[Find], certain: Mapping[str, int], key: BlindKey
) -> None:
    """Write what a person has to decide.

    What is decided in the file that is there already stays so: with its find, or under
    ``earlier`` if that was not found this time.

    Args:
        path: Where to, with links followed; the folder has to be there.
        finds: The uncertain ones of one run. Those of one id are decided together.
        certain: How many others were removed, by kind.
        key: The one that the ids were made with.

    Raises:
        InputError: What is there is no report, or one of another key, or broken; it is not touched.
            Or another process does not end changing it.
        OSError: The system refused; the file is as before.
    """
    file = _file(path)
    entries: dict[str, dict[str, Any]] = {}
    places: dict[tuple[str, str, str, bool], None] = {}
    for find in finds:
        entries.setdefault(find.id, _entry(find))
        places[find.id, find.word, find.context, find.removed] = None
    for find_id, word, context, removed in places:
        entries[find_id]["places"].append({"word": word, "context": context, "removed": removed})
    with changing(file.path):
        before: dict[str, Any] = {}
        if file.path.exists():
            before = file.load()
            _check_key(file, before, key)
        for find_id, decision in _by_id(file, before).items():
            if find_id in entries:
                entries[find_id]["decision"] = decision
        earlier = {
            entry["id"]: entry
            for entry in _entries(before)
            if entry.get("decision") is not None and entry["id"] not in entries
        }
        file.save(
            {
                "about": _ABOUT,
                "key": key.name,
                "certain": dict(sorted(certain.items())),
                "finds": [*entries.values()],
                "earlier": [*earlier.values()],
            }
        )


def _file(path: str | PathLike[str]) -> JsonFile:
    return JsonFile(Path(os.path.realpath(path)), _KIND)


def _entry(find: Find) -> dict[str, Any]:
    return {
        "id": find.id,
        "decision": None,
        "code": find.code,
        "path": find.path,
        "kind": find.kind,
        "places": [],
    }


def _check_key(file: JsonFile, value: Mapping[str, Any], key: BlindKey) -> None:
    if value.get("key") != key.name:
        file.refuse("is not the name of the key that is used now: another key file?", ("key",))


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
