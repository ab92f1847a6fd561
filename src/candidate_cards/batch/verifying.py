"""Whether what a manifest says is true: documents made anew, and compared by their hashes."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from candidate_cards.batch.manifest import Index, Known
from candidate_cards.batch.ordered import Ordered
from candidate_cards.batch.reading import Chunk, read_chunks
from candidate_cards.batch.work import Job, Origin
from candidate_cards.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from candidate_cards.batch.crews import Crew
    from candidate_cards.batch.outputs import Outputs
    from candidate_cards.batch.plan import Plan
    from candidate_cards.batch.reading import Line, Source

_LINES = 32


@dataclass(slots=True)
class Verdict:
    """What was found.

    Attributes:
        checked: Candidates who were compared.
        missing: Records of the input that the manifest does not know, or not any more.
        wrong: What is not as the manifest says, by place and format.
    """

    checked: int = 0
    missing: int = 0
    wrong: list[Problem] = field(default_factory=list)

    @property
    def is_true(self) -> bool:
        """Whether all that was compared is as the manifest says."""
        return not self.wrong


def verify(  # noqa: PLR0913  what is compared with what
    plan: Plan,
    sources: Sequence[Source],
    outputs: Outputs,
    crew: Crew,
    *,
    sample: int | None = 100,
    seed: int = 0,
) -> Verdict:
    """Render candidates anew, and compare with what is there and what the manifest says.

    Args:
        plan: The one that the batch was made by.
        sources: The same as then.
        outputs: Where it went.
        crew: Who renders.
        sample: How many records to draw; ``None`` for all.
        seed: Draws the sample: the same one gives the same.

    Raises:
        InputError: The manifest is of other plans, is broken or in use.
        CandidateCardsError: Nothing of this kind can be made here.
        OSError: The destination cannot be read.
    """
    verdict = Verdict()
    with Index() as index:
        outputs.open(plan)
        try:
            plans = index.load(outputs.manifest_lines(), f"the manifest of {outputs.address}")
            if plan.name not in plans:
                message = (
                    "was not made with this version and these options; give those that it was "
                    "made with"
                )
                raise InputError([Problem(message, outputs.address)])
            chunks = _known(plan, sources, index, verdict)
            if sample is not None:
                chunks = _drawn(chunks, sample, seed)
            ordered = Ordered(crew, Job(plan.packed(), hashes_only=True), _origin)
            for chunk, pieces in ordered.run(chunks):
                for result in (line for piece in pieces for line in piece.lines):
                    known = {each.key: each for each in index.complete(result.record)}
                    verdict.wrong += result.problems if not result.made else ()
                    for made in result.made:
                        if made.key not in known:
                            continue  # of a candidate who came before in the input
                        verdict.checked += 1
                        of = known[made.key]
                        place = Problem("", chunk.source, line=result.number)
                        verdict.wrong += _compared(outputs, result.record, of, made.digests, place)
        finally:
            outputs.close()
    return verdict


def _origin(chunk: Chunk) -> Origin:
    return Origin(chunk.source, chunk.ordinal)


def _known(
    plan: Plan, sources: Sequence[Source], index: Index, verdict: Verdict
) -> Iterator[Chunk]:
    """Yield chunks of the records that the manifest knows."""
    for chunk in read_chunks(sources, plan.hash_of, most_lines=_LINES, most_bytes=1 << 20):
        lines: list[Line] = []
        for line in chunk.lines:
            if index.complete(line.record):
                lines.append(line)
            else:
                verdict.missing += not index.is_unusable(line.record)
        chunk.lines = lines
        yield chunk


def _drawn(chunks: Iterator[Chunk], sample: int, seed: int) -> Iterator[Chunk]:
    """Yield a chunk for each record of a sample; only the sample is in memory."""
    drawn: list[tuple[bytes, int, Chunk]] = []
    number = 0
    for chunk in chunks:
        for line in chunk.lines:
            number += 1
            # The smallest hashes: which ones, nobody can have foreseen without the seed.
            rank = bytes(255 - byte for byte in sha256(b"%d " % seed + line.record).digest()[:8])
            item = (rank, -number, Chunk(chunk.source, chunk.ordinal, [line]))
            if len(drawn) < sample:
                heapq.heappush(drawn, item)
            else:
                heapq.heappushpop(drawn, item)
    for _, _, chunk in sorted(drawn, key=lambda item: -item[1]):
        yield chunk


def _compared(
    outputs: Outputs,
    record: bytes,
    known: Known,
    digests: tuple[tuple[str, str], ...],
    place: Problem,
) -> Iterator[Problem]:
    said = {output["format"]: output["sha256"] for output in known.outputs}
    for name, digest in digests:
        if said.get(name) != digest:
            message = f"rendered anew, its {name} is not what the manifest says"
            yield Problem(message, place.source, line=place.line)
    if not outputs.holds(record, known, hashed=True):
        message = "is missing, or not what the manifest says"
        yield Problem(message, place.source, line=place.line)
