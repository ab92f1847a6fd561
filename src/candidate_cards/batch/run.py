"""A batch from its first line to its last: what is committed when, and what is left alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pydantic_core import to_json

from candidate_cards.batch.manifest import KIND, VERSION, Index, Kept, Unusable
from candidate_cards.batch.names import key_of
from candidate_cards.batch.ordered import Ordered
from candidate_cards.batch.reading import read_chunks
from candidate_cards.batch.work import Coded, Job, LineResult, Made, Origin, Results
from candidate_cards.errors import Problem
from candidate_cards.loading import read_record
from candidate_cards.models import Candidate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from candidate_cards.batch.crews import Crew
    from candidate_cards.batch.outputs import Outputs
    from candidate_cards.batch.plan import Plan
    from candidate_cards.batch.reading import Chunk, Line, Source

_MOST_BYTES: Final = 1 << 22  # of a chunk
_LIGHT, _HEAVY = 512, 4  # lines of a chunk: a twentieth of a second, and a second
#: Where people are coded, what is wrong may say who it is, as may a source.
_HIDDEN: Final = "cannot be used"
_HIDDEN_DUPLICATE: Final = "is the same profile as another; left out"


@dataclass(slots=True)
class Summary:
    """What a batch has done so far.

    Attributes:
        rendered: Candidates of whom everything was made.
        kept: Candidates who were left as they are.
        failed: Candidates of whom something could not be made.
        unusable: Records, or parts of them, of which nothing was made.
        duplicates: Of these, how many are of a candidate who came before.
        notices: Texts that were changed, those of candidates who were left as they are too.
        records: Lines, or whole documents, that were dealt with.
        size: Bytes of documents.
        losses: How often a worker was lost.
        bytes_read: Of all sources.
        total: Bytes of all sources; ``None`` if one does not tell.
    """

    rendered: int = 0
    kept: int = 0
    failed: int = 0
    unusable: int = 0
    duplicates: int = 0
    notices: int = 0
    records: int = 0
    size: int = 0
    losses: int = 0
    bytes_read: int = 0
    total: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing failed and everything could be used."""
        return not (self.failed or self.unusable)


def _ignore(_: object) -> None:
    """Do nothing with what a caller may want to know."""


@dataclass(slots=True, kw_only=True)
class Batch:
    """Everything of a plan for everybody in sources.

    Attributes:
        plan: What is made of each.
        sources: Whom of.
        outputs: Where to.
        check_hashes: Read what is there before it is left alone, rather than believe its size.
        most_lines: Of a chunk; by default what takes a moment.
        on_problem: Told of each record that cannot be used, and of each that is changed.
        on_progress: Told of the state now and then.
        on_coded: Given what leads back from codes, before anything with these codes is written.
    """

    plan: Plan
    sources: Sequence[Source]
    outputs: Outputs
    check_hashes: bool = False
    most_lines: int | None = None
    on_problem: Callable[[Problem], object] = _ignore
    on_progress: Callable[[Summary], object] = _ignore
    on_coded: Callable[[Sequence[Coded]], object] = _ignore
    summary: Summary = field(default_factory=Summary, init=False)
    _before: int = field(default=0, init=False)  # bytes of the sources before the present one
    _ordinal: int = field(default=1, init=False)

    def run(self, crew: Crew) -> Summary:
        """Make what is not there yet.

        Whatever ends it, another run with the same arguments goes on where it was.

        Raises:
            InputError: Another run is using the destination, or its manifest is broken.
            CandidateCardsError: Nothing of this kind can be made here.
            OSError: Something could not be written.
        """
        with Index() as index:
            self.outputs.open(self.plan)
            try:
                self._load(index)
                ordered = Ordered(crew, self._job(crew), self._origin, self._tick)
                for chunk, pieces in ordered.run(self._chunks(index)):
                    self.summary.losses = ordered.losses
                    self._commit(index, chunk, pieces)
                    self._count(chunk)
                self.outputs.finish()
            finally:
                self.outputs.close()
        return self.summary

    def _job(self, crew: Crew) -> Job:
        # With codes nothing is to be out before the way back is on the disk.
        shared = crew.shares_disk and not self.plan.is_coded
        folder = self.outputs.folder if shared else None
        return Job(self.plan.packed(), self.outputs.inline, folder)

    def _load(self, index: Index) -> None:
        plans = index.load(self.outputs.manifest_lines(), self._manifest_name)
        if self.plan.name not in plans:
            header = {"kind": KIND, "version": VERSION, **self.plan.header}
            self.outputs.append(to_json(header) + b"\n")
        self._measure()

    @property
    def _manifest_name(self) -> str:
        return f"the manifest of {self.outputs.address}"

    def _measure(self) -> None:
        sizes = [source.size for source in self.sources]
        if None not in sizes:
            self.summary.total = sum(size or 0 for size in sizes)

    def _chunks(self, index: Index) -> Iterator[Chunk]:
        chunks = read_chunks(
            self.sources,
            self.plan.hash_of,
            most_lines=self.most_lines or (_HEAVY if self.plan.is_heavy else _LIGHT),
            most_bytes=_MOST_BYTES,
        )
        for chunk in chunks:
            if not index.is_empty:
                chunk.done = {line.record for line in chunk.lines if self._is_done(index, line)}
            yield chunk

    def _is_done(self, index: Index, line: Line) -> bool:
        known = index.complete(line.record)
        return bool(known) and all(
            self.outputs.holds(line.record, each, hashed=self.check_hashes) for each in known
        )

    def _origin(self, chunk: Chunk) -> Origin:
        return Origin(chunk.source, chunk.ordinal if self.plan.is_coded else chunk.source)

    def _tick(self) -> None:
        self.on_progress(self.summary)

    def _count(self, chunk: Chunk) -> None:
        if chunk.ordinal != self._ordinal:
            sizes = [source.size or 0 for source in self.sources[: chunk.ordinal - 1]]
            self._before, self._ordinal = sum(sizes), chunk.ordinal
        self.summary.bytes_read = self._before + chunk.bytes_read
        self.summary.records += len(chunk.lines)
        self.on_progress(self.summary)

    def _commit(self, index: Index, chunk: Chunk, pieces: Sequence[Results]) -> None:
        """Write what was made of a chunk: the way back from codes, documents, manifest."""
        results = [line for piece in pieces for line in piece.lines]
        if coded := [each for result in results for made in result.made for each in made.coded]:
            self.on_coded(coded)
        taken = _Taken(index, chunk, results, is_coded=self.plan.is_coded)
        self.outputs.write(taken.sequence, taken.left_out, pieces)
        made = [each for each in taken.sequence if isinstance(each, Made)]
        entries = [each.entry for each in made]
        unread = [
            (
                Unusable(
                    self.plan.hash_of(str(each).encode()),
                    _HIDDEN if self.plan.is_coded else each.message,
                ),
                each.line,
            )
            for each in chunk.problems
        ]
        for unusable, line in (*unread, *taken.unusable):
            if index.note_unusable(unusable):
                entries.append(self._unusable_entry(chunk, unusable, line))
        if entries:
            self.outputs.append(b"".join(entries))
        self._tell(chunk, taken)

    def _tell(self, chunk: Chunk, taken: _Taken) -> None:
        """Add what became of a chunk to the summary, and tell what is wrong in it."""
        summary = self.summary
        for each in taken.sequence:
            if isinstance(each, Kept):
                summary.kept += 1
            elif each.failed:
                summary.failed += 1
            else:
                summary.rendered += 1
                summary.size += each.size
        summary.duplicates += taken.duplicates
        summary.notices += taken.notices
        for problem in (*chunk.problems, *taken.problems):
            summary.unusable += problem.severity == "error"
            self.on_problem(problem)
        for problem in taken.failures:
            self.on_problem(problem)

    def _unusable_entry(self, chunk: Chunk, unusable: Unusable, line: int | None) -> bytes:
        entry: dict[str, object] = {
            "id": None,
            "record": unusable.record.hex(),
            "source": self._origin(chunk).shown,
            "line": line,
            "plan": self.plan.name,
            "error": unusable.error,
        }
        if unusable.is_duplicate:
            entry["duplicate"] = True
        return to_json(entry) + b"\n"

    def estimate(self) -> Summary:
        """Say what `run` would do, without doing it: records are parsed here, nothing is rendered.

        It counts what `run` counts, but for what only rendering tells: whoever cannot be rendered
        is among those who would be, and ``size`` is 0. Nothing is written or locked, so it can be
        asked beside a run; then what is not committed yet is still to be done.

        Raises:
            InputError: The manifest is broken, or what is there is nothing of this kind.
            OSError: Something could not be read.
        """
        with Index() as index:
            try:
                self.outputs.look(self.plan)
                index.load(self.outputs.manifest_lines(), self._manifest_name)
                self._measure()
                for chunk in self._chunks(index):
                    results = [self._parsed(chunk, line) for line in chunk.todo]
                    self._tell(chunk, _Taken(index, chunk, results, is_coded=self.plan.is_coded))
                    self._count(chunk)
            finally:
                self.outputs.close()
        return self.summary

    def _parsed(self, chunk: Chunk, line: Line) -> LineResult:
        """Return what would become of a line, of which nothing is made."""
        problems: list[Problem] = []
        people = read_record(
            line.text, source=chunk.source, line=line.number, on_problem=problems.append
        )
        made = [
            Made(self._key(person.profile_id), b"")
            for person in people
            if isinstance(person, Candidate)
        ]
        return LineResult(line.number, line.record, tuple(made), tuple(problems))

    def _key(self, profile_id: str) -> str:
        """Return what would stand for a profile id; where people are coded, for its code."""
        profile = self.plan.looks[-1].profile
        if profile.identity == "coded" and profile.key is not None:
            profile_id = profile.key.code(profile_id)
        return key_of(profile_id)


class _Taken:
    """What counts of a chunk: of two records of a candidate, the first.

    Attributes:
        sequence: Who is to have documents, in order.
        left_out: What is to be discarded.
        problems: In the order of the lines.
        failures: Of candidates that could not be made.
        unusable: What a manifest says of records of which nothing is made, and their lines.
        duplicates: How many candidates came before.
        notices: How many texts were changed.
    """

    def __init__(
        self, index: Index, chunk: Chunk, results: Sequence[LineResult], *, is_coded: bool
    ) -> None:
        self.sequence: list[Made | Kept] = []
        self.left_out: list[Made] = []
        self.problems: list[Problem] = []
        self.failures: list[Problem] = []
        self.unusable: list[tuple[Unusable, int | None]] = []
        self.duplicates = self.notices = 0
        self._is_coded = is_coded
        self._index = index
        self._source = chunk.source
        if not chunk.done and self._take_all(results):
            return
        rest = iter(results)
        for line in chunk.lines:
            if line.record in chunk.done:
                self._keep(line)
            else:
                self._take(next(rest))

    def _take_all(self, results: Sequence[LineResult]) -> bool:
        """Take results among which there is no second record of anybody, nor a failure."""
        made = [(each, result.number) for result in results for each in result.made]
        if any(each.failed for each, _ in made):
            return False
        keys = [each.key for each, _ in made]
        if not self._index.claim_all(keys, lambda at: self._place(made[at][1])):
            return False
        self.sequence += [each for each, _ in made]
        for result in results:
            self._note(result)
        return True

    def _take(self, result: LineResult) -> None:
        for each in result.made:
            if each.failed:
                self.sequence.append(each)
                self.failures.append(Problem(each.error, self._source, line=result.number))
            elif other := self._index.claim(each.key, self._place(result.number)):
                self.left_out.append(each)
                self._duplicate(result.record, result.number, other)
            else:
                self.sequence.append(each)
        self._note(result)

    def _note(self, result: LineResult) -> None:
        errors = [problem for problem in result.problems if problem.severity == "error"]
        self.problems += result.problems
        self.notices += len(result.problems) - len(errors)
        # One by one, so that a rerun tells as many.
        for number, each in enumerate(errors, 1):
            error = ": ".join(filter(None, (each.field, each.message)))
            if self._is_coded:
                error = _HIDDEN if number == 1 else f"{_HIDDEN} ({number})"
            self.unusable.append((Unusable(result.record, error), result.number))

    def _keep(self, line: Line) -> None:
        for known in self._index.complete(line.record):
            if other := self._index.claim(known.key, self._place(line.number)):
                self._duplicate(line.record, line.number, other)
            else:
                self.sequence.append(Kept(line.record, known))
            self._note_again(line, known.warnings)
        self.problems += [
            Problem(error, self._source, line=line.number)
            for error in self._index.errors_of(line.record)
        ]

    def _note_again(self, line: Line, warnings: list[str] | int) -> None:
        """Tell what was changed when a candidate was made who is left as they are now."""
        if isinstance(warnings, int):  # what it was, a manifest of people with codes does not say
            self.notices += warnings
            return
        self.notices += len(warnings)
        self.problems += [
            Problem(each, self._source, line=line.number, severity="notice") for each in warnings
        ]

    def _duplicate(self, record: bytes, number: int | None, other: str) -> None:
        message = f"is the same profile as {other}; left out"
        self.problems.append(Problem(message, self._source, line=number))
        error = _HIDDEN_DUPLICATE if self._is_coded else message
        self.unusable.append((Unusable(record, error, is_duplicate=True), number))
        self.duplicates += 1

    def _place(self, number: int | None) -> str:
        return self._source if number is None else f"{self._source}:{number}"
