"""Who was coded, and what waits for a decision: kept from the first chunk on, whatever ends a run.

A key file and a redaction report are each one document, so to bring every chunk into them would
take longer with each. Instead a journal beside the key file, of mode 0600 as that is, is appended
to before anything with a code is written, and brought into the two at the end. It stays: a rerun
that finds most of a batch done has what was found in it from there.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from candidate_cards._private_files import lock_file, open_for_owner
from candidate_cards.errors import InputError, Problem
from candidate_cards.privacy.codes import CodedPerson
from candidate_cards.privacy.redaction import Find

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import FileIO

    from candidate_cards.batch.work import Coded

_EXTENSION: Final = ".batch"


class CodedJournal:
    """The journal of a key file, in use by one run.

    Attributes:
        people: Whose codes are out, or may be.
        finds: What waits for a decision, of this plan.
        certain: How many others were removed, by kind, of this plan.
    """

    def __init__(self, key_file: str, plan: str) -> None:
        """Open it, and make it if it is not there.

        Args:
            key_file: The key file.
            plan: The name of the plan. What was found by another is found anew, and forgotten.

        Raises:
            InputError: Another run is using it.
            OSError: The system refused.
        """
        self.people: dict[str, CodedPerson] = {}
        self.finds: list[Find] = []
        self.certain: Counter[str] = Counter()
        self._plan = plan
        target = Path(os.path.realpath(key_file))
        self._path = target.with_name(f"{target.name}{_EXTENSION}")
        self._file: FileIO = open(  # noqa: SIM115  closed by `close`
            self._path, "ab+", buffering=0, opener=open_for_owner
        )
        try:
            lock_file(self._file)
        except (BlockingIOError, PermissionError):
            self._file.close()
            message = "is in use by another run; wait for its end"
            raise InputError([Problem(message, str(self._path))]) from None
        self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _read(self) -> None:
        self._file.seek(0)
        whole = 0
        with open(self._file.fileno(), "rb", closefd=False) as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    self._file.truncate(whole)  # nothing of its codes was written
                    return
                whole += len(line)
                value = json.loads(line)
                people = [CodedPerson(*each) for each in value["people"]]
                self.people |= {each.code: each for each in people}
                if value["plan"] == self._plan:
                    self.finds += [Find(**each) for each in value["finds"]]
                    self.certain.update(value["certain"])

    def add(self, coded: Sequence[Coded]) -> None:
        """Write down what is in a chunk; it is on the disk when this returns.

        Raises:
            OSError: The system refused.
        """
        people = [person for each in coded for person in each.people]
        finds = [find for each in coded for find in each.finds]
        certain: Counter[str] = Counter()
        for each in coded:
            certain.update(each.certain)
        value = {
            "plan": self._plan,
            "people": people,
            "finds": [asdict(find) for find in finds],
            "certain": certain,
        }
        rest = memoryview(json.dumps(value).encode() + b"\n")
        while rest:
            rest = rest[self._file.write(rest) :]
        os.fsync(self._file.fileno())
        self.people |= {person.code: person for person in people}
        self.finds += finds
        self.certain.update(certain)
