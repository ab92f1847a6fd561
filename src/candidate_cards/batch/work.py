"""What a process does with lines: parse, disclose, render; and write, where it shares the disk."""

from __future__ import annotations

import pickle
from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import groupby, islice
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from pydantic_core import to_json

from candidate_cards.batch.names import extension_of, key_of, stem_of
from candidate_cards.batch.placing import Placed, place, write_spool
from candidate_cards.batch.preambles import Encoded, Preamble
from candidate_cards.batch.watching import PRESENT
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
BINARY: Final = frozenset({"pdf", "png"})
_TOGETHER: Final = 16  # lines, and candidates; their pages still fit into a processor's cache


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


class Coded(NamedTuple):
    """What leads back from the codes of a line, and waits for a person's decision."""

    people: tuple[CodedPerson, ...]
    finds: tuple[Find, ...]
    certain: dict[str, int]


class Made(NamedTuple):
    """What became of one candidate.

    Attributes:
        key: What stands for the profile id, or for its code.
        entry: A line of a manifest.
        files: What was made, but for what is in a line of results.
        length: Bytes of that line, its end included.
        error: Why its documents could not be made, or ``""``.
        size: Bytes of all documents.
        coded: Of blinding, in order.
        digests: Of each document, by format, where nothing but these is wanted.
    """

    key: str
    entry: bytes
    files: tuple[File, ...] = ()
    length: int = 0
    error: str = ""
    size: int = 0
    coded: tuple[Coded, ...] = ()
    digests: tuple[tuple[str, str], ...] = ()

    @property
    def failed(self) -> bool:
        """Whether its documents could not be made."""
        return bool(self.error)


class LineResult(NamedTuple):
    """What became of one line.

    Attributes:
        number: Of the line.
        record: Its hash.
        made: Of each candidate in it.
        problems: What reading it found.
    """

    number: int | None
    record: bytes
    made: tuple[Made, ...]
    problems: tuple[Problem, ...]


def warm(plan: bytes) -> None:
    """Compile the templates of a plan, and load its engine, before the first chunk."""
    _Work.of(plan)


class Results(NamedTuple):
    """What became of lines.

    Attributes:
        lines: One after another.
        text: The lines of results, where documents go into one, one after another.
        spool: The file in the folder of unfinished ones that has them in place of ``text``.
    """

    lines: list[LineResult]
    text: bytes = b""
    spool: str = ""


def render_lines(job: Job, origin: Origin, lines: Sequence[Line]) -> Results:
    """Make everything of lines.

    A candidate whose document cannot be made has an error in its entry and spoils no other.

    Raises:
        MissingDependencyError: No document of this format can be made here.
        OSError: A file cannot be written.
    """
    work = _Work.of(job.plan)
    results: list[LineResult] = []
    texts = work.lines(job, origin, lines, results)
    if job.folder is None or not job.inline:
        text = b"".join(texts)  # what fills the list that is returned
        return Results(results, text)
    # A tenth of what it costs to hand them over in memory; each is written while the processor has
    # it at hand.
    spool = write_spool(Path(job.folder), texts)
    return Results(results, spool=spool)


class _Read(NamedTuple):
    """What is in a line.

    Attributes:
        line: That line.
        people: The candidates in it, each with what reading has changed of them.
        problems: All that reading has found.
    """

    line: Line
    people: list[tuple[Candidate, list[Problem]]]
    problems: list[Problem]


class _Rendered(NamedTuple):
    """What came of rendering a candidate.

    Attributes:
        profile_id: As it may be shown; ``""`` where it could not be coded.
        documents: By format.
        error: Why they could not be made, or ``""``.
        coded: Of blinding.
    """

    profile_id: str
    documents: dict[str, str | bytes]
    error: str
    coded: tuple[Coded, ...]


class _Work:
    """A plan, unpacked and compiled; one per process."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.is_coded = plan.is_coded
        self.labels: Labels = load_labels(plan.lang)
        self.words = words_of(self.labels)
        self.groups = [
            (profile, list(looks))
            for profile, looks in groupby(plan.looks, key=lambda look: look.profile)
        ]
        self.preambles = {look.format: self._preamble(look) for look in plan.looks}

    def _preamble(self, look: Look) -> Preamble:
        # Whatever is wrong with all documents is found here, before the first record.
        empty = self.document(Candidate(profile_id="a"), look, self.plan.notice)
        if isinstance(empty, bytes):
            return Preamble()
        # Somebody of whom nothing is known, and two with no letter in common.
        people = (
            Candidate(profile_id="a", name="A", match_score=0, rationale="A"),
            Candidate(profile_id="b", name="B", match_score=100, rationale="B"),
        )
        try:
            others = [str(self.document(each, look, self.plan.notice)) for each in people]
        except CandidateCardsError:  # a record may have what own templates can do nothing with
            return Preamble()
        return Preamble(empty, *others)

    @staticmethod
    @lru_cache(maxsize=4)
    def of(plan: bytes) -> _Work:
        return _Work(cast("Plan", pickle.loads(plan)))  # noqa: S301  made by this run's `Plan.packed`

    def lines(
        self, job: Job, origin: Origin, lines: Sequence[Line], results: list[LineResult]
    ) -> Iterator[bytes]:
        """Yield lines of results, and put what became of each line into ``results``.

        Each step is done for some candidates before the next one: the processor is a tenth faster
        with code that it has at hand.
        """
        for first in range(0, len(lines), _TOGETHER):
            reads: list[_Read] = []
            for line in lines[first : first + _TOGETHER]:
                with PRESENT.at(line.record):
                    reads.append(self.read(origin, line))
            made: list[Made] = []
            for each, text in self.people(job, origin, reads):
                made.append(each)
                yield text
            rest = iter(made)
            for line, people, problems in reads:
                its = tuple(islice(rest, len(people)))
                results.append(LineResult(line.number, line.record, its, tuple(problems)))

    def people(
        self, job: Job, origin: Origin, reads: Sequence[_Read]
    ) -> Iterator[tuple[Made, bytes]]:
        """Yield what becomes of the candidates of some lines."""
        everybody = [(read, at) for read in reads for at in range(len(read.people))]
        for first in range(0, len(everybody), _TOGETHER):
            some = everybody[first : first + _TOGETHER]
            rendered: list[_Rendered] = []
            for read, at in some:
                with PRESENT.at(read.line.record):
                    rendered.append(self.rendered(read.people[at][0]))
            for (read, at), each in zip(some, rendered, strict=True):
                yield self.packed(job, origin, read, at, each)

    @staticmethod
    def read(origin: Origin, line: Line) -> _Read:
        people: list[tuple[Candidate, list[Problem]]] = []
        problems: list[Problem] = []
        before = 0
        for person in read_record(
            line.text, source=origin.source, line=line.number, on_problem=problems.append
        ):
            if isinstance(person, Candidate):
                notices = [each for each in problems[before:] if each.severity == "notice"]
                people.append((person, notices))
                before = len(problems)
        if people:
            # What is found behind the last one goes with it.
            people[-1][1].extend(each for each in problems[before:] if each.severity == "notice")
        return _Read(line, people, problems)

    def rendered(self, person: Candidate) -> _Rendered:
        documents: dict[str, str | bytes] = {}
        coded: list[Coded] = []
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
        if self.is_coded and error:
            # The code may be what could not be made, so nobody is named.
            profile_id = "" if profile_id == person.profile_id else profile_id
            error = error if profile_id else "cannot be coded"
        return _Rendered(profile_id, {} if error else documents, error, tuple(coded))

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

    def encoded(self, name: str, document: str | bytes, *, inline: bool) -> Encoded:
        """Encode a document, for a file or for a line of results."""
        if isinstance(document, str):
            return self.preambles[name].encode(document, as_json=inline)
        data = document
        if inline:
            # Messages are bytes, and text all the same.
            data = to_json(b64encode(document) if name in BINARY else document)
        return Encoded(sha256(document).hexdigest(), len(document), (data,))

    def packed(
        self, job: Job, origin: Origin, read: _Read, at: int, rendered: _Rendered
    ) -> tuple[Made, bytes]:
        """Say what came of a candidate, and write its files if they are this worker's to write.

        Returns:
            What came of it, and its line of results, ``b""`` where documents are files.
        """
        line, people, _ = read
        profile_id, documents, error, coded = rendered
        key = key_of(profile_id)
        said: dict[str, Any] = {"record": line.record.hex(), "at": at, "of": len(people)}
        entry: dict[str, Any] = {
            "id": profile_id,
            **said,
            "source": origin.shown,
            "line": line.number,
            "plan": self.plan.name,
        }
        if warnings := [_without_place(each) for each in people[at][1]]:
            # Where people are coded, keys that nobody knows may be the candidate's own words.
            entry["warnings"] = said["warnings"] = len(warnings) if self.is_coded else warnings
        if error:
            entry["error"] = error
        outputs: list[dict[str, Any]] = []
        files: list[File] = []
        inlined: list[bytes] = []
        for name, document in documents.items():
            encoded = self.encoded(name, document, inline=job.inline)
            output = {"format": name, "sha256": encoded.sha256, "size": encoded.size}
            outputs.append(output)
            if job.inline:
                inlined += _inlined(name, encoded)
                continue
            output["path"] = path = f"{stem_of(profile_id, key)}{extension_of(name)}"
            data = b"".join(encoded.pieces)
            if job.folder is not None:
                files.append(File(path, placed=place(Path(job.folder), path, data)))
            elif not job.hashes_only:
                files.append(File(path, data))
        entry["outputs"] = outputs
        text = b""
        if inlined:
            head = to_json({**said, "profileId": profile_id})
            inlined[0] = b',"outputs":{'  # in place of a comma
            text = b"".join((head[:-1], *inlined, b"}}\n"))
        made = Made(
            key,
            to_json(entry) + b"\n",
            tuple(files),
            len(text),
            error,
            sum([output["size"] for output in outputs]),
            coded,
            tuple([(each["format"], each["sha256"]) for each in outputs])
            if job.hashes_only
            else (),
        )
        return made, text


def _inlined(name: str, encoded: Encoded) -> tuple[bytes, ...]:
    """Return a document as a line of results has it: a member of an object, behind a comma."""
    told = to_json({name: {"sha256": encoded.sha256, "size": encoded.size}})
    kind = b'"base64":' if name in BINARY else b'"text":'
    return b",", told[1:-2], b",", kind, *encoded.pieces, b"}"


def _without_place(problem: Problem) -> str:
    """Return a problem as an entry says it, which has source and line already."""
    return ": ".join(filter(None, (problem.field, problem.message)))
