"""Files of blind mode: the key, what a person decided, and what a person has to decide."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from candidate_cards.cli.option_groups import OptionGroup
from candidate_cards.cli.report import counted
from candidate_cards.cli.usage import usage_error
from candidate_cards.privacy.codes import BlindKey
from candidate_cards.privacy.decisions import Decisions, load_decisions, write_report
from candidate_cards.privacy.key_file import open_key_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from candidate_cards.privacy.codes import CodedPerson
    from candidate_cards.privacy.key_file import KeyFile
    from candidate_cards.privacy.redaction import Find


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindOptions(OptionGroup):
    """The part of a command line that blinds.

    Attributes:
        key_file: Path of the file that leads from codes back to people.
        decisions: Path of a report in which somebody has decided.
        redaction_report: Path of the report to write; decisions in one that is there count too,
            unless ``decisions`` names another.
    """

    key_file: str | None = None
    decisions: str | None = None
    redaction_report: str | None = None

    def open(self, profile: str, *, coded: bool, dry_run: bool = False) -> Blinding | None:
        """Open the files of a profile that codes; ``None`` for one that does not.

        Args:
            profile: Its name, for messages.
            coded: Whether codes stand for people.
            dry_run: Write nothing: without a key file the key is made up, and lost.

        Raises:
            UsageError: An option is missing, or has nothing to do.
            CandidateCardsError: A file cannot be used.
            OSError: The system refused.
        """
        if not coded:
            for name, _ in self._named():
                raise usage_error(f"{name} is for profiles with codes; {profile} has none")
            return None
        if self.key_file is None:
            raise usage_error(
                f"the profile {profile} needs --key-file, which leads from codes back to people; "
                "it is made if it is not there"
            )
        keys = None
        if not dry_run or Path(self.key_file).exists():
            keys = open_key_file(self.key_file)
        key = BlindKey.generate() if keys is None else keys.key
        decisions = Decisions()
        report = self.redaction_report
        if self.decisions is not None:
            decisions = load_decisions(self.decisions, key)
        elif report is not None and Path(report).exists():
            decisions = load_decisions(report, key)
        return Blinding(key, decisions, self, keys, dry_run=dry_run)

    def check_apart_from(self, output: str) -> None:
        """Refuse files that lead back to people where what is made for others goes.

        Args:
            output: A folder, a file or ``-``.

        Raises:
            UsageError: One is there, or would be.
        """
        root = os.path.realpath(output)
        for name, path in self._named():
            if Path(os.path.realpath(path)).is_relative_to(root):
                raise usage_error(f"{name} must not be in OUT, with what leaves the house")

    def _named(self) -> list[tuple[str, str]]:
        """Return the options that are given, as people write them."""
        every = {
            "--key-file": self.key_file,
            "--decisions": self.decisions,
            "--redaction-report": self.redaction_report,
        }
        return [(name, path) for name, path in every.items() if path is not None]


@dataclass(frozen=True, slots=True)
class Blinding:
    """What a profile needs to blind, and where what came of it goes.

    Attributes:
        key: Makes the codes.
        decisions: To obey.
        options: Where the files are.
        keys: The key file, if there is one.
        dry_run: Write nothing.
    """

    key: BlindKey
    decisions: Decisions
    options: BlindOptions
    keys: KeyFile | None
    dry_run: bool

    def keep(
        self, people: Sequence[CodedPerson], finds: Sequence[Find], certain: Mapping[str, int]
    ) -> None:
        """Write who was coded and what is to be decided, with a line on stderr.

        To be called before anything else is written: no code is to be out that leads nowhere.

        Args:
            people: Those who were coded.
            finds: The uncertain ones.
            certain: How many others were removed, by kind.

        Raises:
            CandidateCardsError: A file cannot be used.
            OSError: The system refused.
        """
        report = self.options.redaction_report
        if not self.dry_run:
            if self.keys is not None:
                self.keys.record(people)
            if report is not None:
                write_report(report, finds, certain, self.key)
        removed = sum(certain.values()) + sum(find.removed for find in finds)
        undecided = len({each.id for each in finds if self.decisions.removes(each.id) is None})
        done = "Would code" if self.dry_run else "Coded"
        line = f"{done} {counted(len(people), 'candidate')}, removed {counted(removed, 'find')}"
        if undecided:
            line += f", {undecided} to decide"
            line += f" in {report}" if report else ": name a file for them, --redaction-report"
        click.echo(f"{line}; the key is {self.options.key_file}", err=True)
