"""What a process does with lines: parse, disclose, render; and write, where it shares the disk."""

from __future__ import annotations

import pickle
from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from pydantic_core import to_json

from candidate_cards.batch.names import extension_of, key_of, stem_of
from candidate_cards.batch.placing import Placed, place, write_unfinished
from candidate_cards.cards.languages import load_labels
from candidate_cards.errors import CandidateCardsError, MissingDependencyError, Problem
from candidate_cards.exports import export_candidates, notice_with, render_card, words_of
from candidate_cards.loading import read_record
from candidate_cards.models import Candidate
from candidate_cards.privacy import apply_profile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from candidate_cards.batch.plan import Look, Plan
    from candidate_cards.batch.reading import Line
    from candidate_cards.cards import Labels, NoticeFacts
    from candidate_cards.privacy.codes import CodedPerson
    from candidate_cards.privacy.redaction import Find

#: The PDF engine serves one thread of a process at a time; a Dask worker may have several.
_ENGINE: Final = Lock()
_BINARY: Final = frozenset({"pdf", "png"})


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done with every chunk of a run.

    Attributes:
        plan: Packed.
        inline: Put the documents into a line of results.
        folder: Where to write, if the worker shares the disk of the destination: files, or lines of
            results to be taken over from there.
        hashes_only: Return no document: somebody compares.
    """

    plan: bytes
    inline: bool = False
    folder: str | None = None
    hashes_only: bool = False


class Origin(NamedTuple):
    """Where lines come from; a manifest says so of each candidate.

    Attributes:
        source: How problems call the source.
        shown: What a manifest calls it: where people are coded, a number.
    """

    source: str
    shown: str | int


class File(NamedTuple):
    """A document that goes into a file of its own.

    Attributes:
        path: Below the destination, with slashes.
        data: The document; ``b""`` where the worker wrote it.
        placed: How it was written, if it was.
    """

    path: str
    data: bytes = b""
    placed: Placed | None = None


class Made(NamedTuple):
    """What became of one candidate.

    Attributes:
        key: What stands for the profile id, or for its code.
        entry: A line of a manifest.
        files: What was made, but for what is in ``line``.
        line: A line of results, where documents go into one; ``b""`` if the worker wrote it.
        length: Bytes of that line, its end included.
        error: Why its documents could not be made, or ``""``.
        size: Bytes of all documents.
        digests: Of each document, by format.
    """

    key: str
    entry: bytes
    files: tuple[File, ...] = ()
    line: bytes = b""
    length: int = 0
    error: str = ""
    size: int = 0
    digests: tuple[tuple[str, str], ...] = ()

    @property
    def failed(self) -> bool:
        """Whether its documents could not be made."""
        return bool(self.error)


class Coded(NamedTuple):
    """What leads back from the codes of a line, and waits for a person's decision."""

    people: tuple[CodedPerson, ...]
    finds: tuple[Find, ...]
    certain: dict[str, int]


class LineResult(NamedTuple):
    """What became of one line.

    Attributes:
        number: Of the line.
        record: Its hash.
        made: Of each candidate in it.
        problems: What reading it found.
        coded: Of blinding, in order.
    """

    number: int | None
    record: bytes
    made: tuple[Made, ...]
    problems: tuple[Problem, ...]
    coded: tuple[Coded, ...] = ()


def warm(plan: bytes) -> None:
    """Compile the templates of a plan, and load its engine, before the first chunk."""
    _Work.of(plan)


class Results(NamedTuple):
    """What became of lines.

    Attributes:
        lines: One after another.
        spool: The file in the folder of unfinished ones that holds the lines of results, or ``""``.
    """

    lines: list[LineResult]
    spool: str = ""


def render_lines(job: Job, origin: Origin, lines: Sequence[Line]) -> Results:
    """Make everything of lines.

    A candidate whose document cannot be made has an error in its entry and spoils no other.

    Raises:
        MissingDependencyError: No document of this format can be made here.
        OSError: A file cannot be written.
    """
    work = _Work.of(job.plan)
    if not job.inline or job.folder is None:
        return Results([work.line(job, origin, line) for line in lines])
    results: list[LineResult] = []

    def texts() -> Iterator[bytes]:
        for line in lines:
            result = work.line(job, origin, line)
            for made in result.made:
                yield made.line
            stripped = tuple([made._replace(line=b"") for made in result.made])
            results.append(result._replace(made=stripped))

    # A tenth of what it costs to hand them over in memory; each is written while the processor has
    # it at hand.
    spool = write_unfinished(Path(job.folder), texts())
    return Results(results, spool)


class _Work:
    """A plan, unpacked and compiled; one per process."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.labels: Labels = load_labels(plan.lang)
        self.words = words_of(self.labels)
        self.groups = [
            (profile, list(looks))
            for profile, looks in groupby(plan.looks, key=lambda look: look.profile)
        ]
        sample = Candidate(profile_id="warm-up")
        for look in plan.looks:
            self.document(sample, look, plan.notice)

    @staticmethod
    @lru_cache(maxsize=4)
    def of(plan: bytes) -> _Work:
        return _Work(cast("Plan", pickle.loads(plan)))  # noqa: S301  made by this run's `Plan.packed`

    def line(self, job: Job, origin: Origin, line: Line) -> LineResult:
        problems: list[Problem] = []
        noted: list[int] = []  # how many problems there were when each candidate came
        people = []
        for person in read_record(
            line.text, source=origin.source, line=line.number, on_problem=problems.append
        ):
            if isinstance(person, Candidate):
                people.append(person)
                noted.append(len(problems))
        made: list[Made] = []
        coded: list[Coded] = []
        first = 0
        for at, (person, end) in enumerate(zip(people, noted, strict=True)):
            notices = [problem for problem in problems[first:end] if problem.severity == "notice"]
            first = end
            where = {"record": line.record.hex(), "at": at, "of": len(people)}
            made.append(self.candidate(job, origin, line, where, person, notices, coded))
        return LineResult(line.number, line.record, tuple(made), tuple(problems), tuple(coded))

    def candidate(  # noqa: PLR0913, PLR0917  what an entry says
        self,
        job: Job,
        origin: Origin,
        line: Line,
        where: dict[str, Any],
        person: Candidate,
        notices: Sequence[Problem],
        coded: list[Coded],
    ) -> Made:
        documents: dict[str, str | bytes] = {}
        error = ""
        profile_id = person.profile_id
        try:
            for profile, looks in self.groups:
                shown, notice = person, self.plan.notice
                if not profile.shows_everything:
                    disclosure = apply_profile(person, profile, words=self.words)
                    shown = cast("Candidate", disclosure.content)
                    notice = notice_with(notice, profile)
                    if disclosure.people:
                        coded.append(
                            Coded(disclosure.people, disclosure.finds, dict(disclosure.certain))
                        )
                profile_id = shown.profile_id
                for look in looks:
                    documents[look.format] = self.document(shown, look, notice)
        except MissingDependencyError:
            raise
        except CandidateCardsError as reason:
            error = str(reason)
        except Exception as reason:  # noqa: BLE001  a bug that one record meets spoils no million
            error = f"cannot be rendered ({type(reason).__name__}): a bug; please report it"
        if self.plan.is_coded and error:
            # The code may be what could not be made, so nobody is named.
            profile_id = "" if profile_id == person.profile_id else profile_id
            error = error if profile_id else "cannot be coded"
        return self.packed(job, origin, line, where, profile_id, documents, notices, error)

    def document(self, shown: Candidate, look: Look, notice: NoticeFacts) -> str | bytes:
        if look.exporter.media_type == "text/html":
            # What `export_candidates` encodes, on a shorter way.
            return render_card(
                shown,
                format=look.format,
                theme=look.theme,
                density=self.plan.density,
                profile="internal",
                labels=self.labels,
                notice=notice,
                templates=self.plan.templates,
            )
        with _ENGINE:
            return export_candidates(
                shown,
                format=look.format,
                theme=look.theme,
                density=self.plan.density,
                profile="internal",
                labels=self.labels,
                notice=notice,
                templates=self.plan.templates,
            )

    def packed(  # noqa: PLR0913, PLR0917  what an entry says
        self,
        job: Job,
        origin: Origin,
        line: Line,
        where: dict[str, Any],
        profile_id: str,
        documents: dict[str, str | bytes],
        notices: Sequence[Problem],
        error: str,
    ) -> Made:
        key = key_of(profile_id)
        stem = "" if job.inline else stem_of(profile_id, key)
        warnings: list[str] | int = [_without_place(each) for each in notices]
        if self.plan.is_coded:
            warnings = len(notices)  # keys that nobody knows may be the candidate's own words
        outputs: list[dict[str, Any]] = []
        files: list[File] = []
        inlined: dict[str, Any] = {}
        for name, document in ({} if error else documents).items():
            data = document.encode() if isinstance(document, str) else document
            digest = sha256(data).hexdigest()
            output = {"format": name, "sha256": digest, "size": len(data)}
            outputs.append(output)
            if job.inline:
                said = _inlined(name, document)
                inlined[name] = {"sha256": digest, "size": len(data), **said}
                continue
            output["path"] = path = f"{stem}{extension_of(name)}"
            if job.folder is not None:
                files.append(File(path, placed=place(Path(job.folder), path, data)))
            elif not job.hashes_only:
                files.append(File(path, data))
        entry = {
            "id": profile_id,
            **where,
            "source": origin.shown,
            "line": line.number,
            "plan": self.plan.name,
            "outputs": outputs,
        }
        if warnings:
            entry["warnings"] = warnings
        if error:
            entry["error"] = error
        results = b""
        if job.inline and not error:
            told = {"warnings": warnings} if warnings else {}
            line_of = {**where, "profileId": profile_id, "outputs": inlined, **told}
            results = to_json(line_of) + b"\n"
        return Made(
            key,
            to_json(entry) + b"\n",
            tuple(files),
            results,
            len(results),
            error,
            sum(output["size"] for output in outputs),
            tuple([(output["format"], output["sha256"]) for output in outputs]),
        )


def _inlined(name: str, document: str | bytes) -> dict[str, str | bytes]:
    """Return a document as a line of results has it; messages are bytes, and text all the same."""
    if isinstance(document, bytes) and name in _BINARY:
        return {"base64": b64encode(document)}
    return {"text": document}


def _without_place(problem: Problem) -> str:
    """Return a problem as an entry says it, which has source and line already."""
    return ": ".join(filter(None, (problem.field, problem.message)))
