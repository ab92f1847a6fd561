"""More profiles than the vendor takes at once: chunks out, one result back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from candidate_cards.errors import (
    InputError,
    Problem,  # pydantic reads it at run time
    VendorError,
    VendorResponseError,
    VendorRunError,
)
from candidate_cards.models import (
    Candidate,  # pydantic reads it at run time
    FailedProfile,
    RenderedCard,
    RenderHtmlResponse,
)
from candidate_cards.models._base import StrictModel
from candidate_cards.models.requests import MAX_PROFILES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from candidate_cards.models import Shortlist


class Enrichment(StrictModel):
    """Profiles of any number, enriched in runs of ten.

    Every profile id that was asked for is in ``candidates`` or in ``failed``, in the order asked.

    Attributes:
        candidates: Those that were enriched.
        failed: The others, each with a reason. One without ``error_code`` is this client's.
        runs: Ids of all runs that were started. Each may have been paid for.
        unfinished: Those of them that had not ended when the client stopped waiting. Wait for them
            again, rather than for the same profiles in new runs.
        credits_consumed: As far as the ended runs tell.
        problems: What could not be read of somebody, and was left out.
    """

    candidates: tuple[Candidate, ...] = ()
    failed: tuple[FailedProfile, ...] = ()
    runs: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    credits_consumed: int = 0
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class EnrichedRun:
    """A run that has ended, as far as it can be read."""

    people: Shortlist
    credits_consumed: int


def checked_ids(profile_ids: Sequence[str]) -> tuple[str, ...]:
    """Return the ids of profiles as a tuple.

    Raises:
        InputError: There are none, or one is no id; a single text is not a list of its letters.
    """
    if isinstance(profile_ids, str):
        raise InputError([Problem("must be a list of ids, not a text", path=("profile_ids",))])
    wanted = tuple(profile_ids)
    problems = [
        Problem(fault, path=("profile_ids", index))
        for index, profile_id in enumerate(wanted)
        if (fault := _fault(profile_id))
    ]
    if not wanted:
        problems.append(Problem("must name at least one profile", path=("profile_ids",)))
    if problems:
        raise InputError(problems)
    return wanted


def _fault(profile_id: object) -> str:
    if not isinstance(profile_id, str) or not profile_id.strip():
        return "must be a text that is not blank"
    has_lone_surrogate = any("\ud800" <= character <= "\udfff" for character in profile_id)
    return "has a lone surrogate" if has_lone_surrogate else ""


class Batch:
    """Profile ids, what has failed of them, and whether it makes sense to go on.

    Raises:
        InputError: They are none that could be asked for; see `checked_ids`.
    """

    def __init__(self, profile_ids: Sequence[str]) -> None:
        self._ids = tuple(dict.fromkeys(checked_ids(profile_ids)))
        self._failed: dict[str, FailedProfile] = {}
        self._stopped = False

    def chunks(self) -> Iterator[tuple[str, ...]]:
        """Yield distinct ids in their order, ten at a time, until ``stop`` is called."""
        for start in range(0, len(self._ids), MAX_PROFILES):
            if self._stopped:
                return
            yield self._ids[start : start + MAX_PROFILES]

    def stop(self, chunk: Sequence[str], error: VendorError) -> None:
        """Take note of a call that failed, and go no further: the next would fail as well.

        Why: what else could be the reason, such as a lost connection, leaves open what the call
        has cost. Somebody should know before there is another.
        """
        self.fail(chunk, error)
        self._stopped = True
        later = self._ids[self._ids.index(chunk[-1]) + 1 :]
        message = f"not tried, since a call before it failed: {error}"
        for profile_id in later:
            self._failed[profile_id] = FailedProfile(profile_id=profile_id, error_message=message)

    def fail(self, chunk: Iterable[str], error: VendorError) -> None:
        """Take note of an error that all profiles of a chunk share."""
        code = error.code if isinstance(error, VendorResponseError | VendorRunError) else None
        for profile_id in chunk:
            self._failed[profile_id] = FailedProfile(
                profile_id=profile_id, error_code=code, error_message=str(error)
            )

    def _failure(self, profile_id: str) -> FailedProfile:
        unnamed = FailedProfile(profile_id=profile_id, error_message="the answer does not name it")
        return self._failed.get(profile_id, unnamed)


class EnrichmentBatch(Batch):
    """Gathers the runs of an ``Enrichment``."""

    def __init__(self, profile_ids: Sequence[str]) -> None:
        super().__init__(profile_ids)
        self.started: list[tuple[str, tuple[str, ...]]] = []
        self.unfinished: list[str] = []
        self._enriched: dict[str, Candidate] = {}
        self._credits = 0
        self._problems: list[Problem] = []

    def add(self, chunk: Sequence[str], run: EnrichedRun) -> None:
        """Take over what a run says of the profiles that it was asked for, and only of those."""
        self._credits += run.credits_consumed
        self._problems += run.people.problems
        self._enriched |= {
            person.profile_id: person
            for person in run.people.candidates
            if person.profile_id in chunk
        }
        self._failed |= {each.profile_id: each for each in run.people.failed}

    def result(self) -> Enrichment:
        """Return everything, in the order of the ids."""
        enriched = self._enriched
        return Enrichment(
            candidates=tuple(enriched[each] for each in self._ids if each in enriched),
            failed=tuple(self._failure(each) for each in self._ids if each not in enriched),
            runs=tuple(run_id for run_id, _ in self.started),
            unfinished=tuple(self.unfinished),
            credits_consumed=self._credits,
            problems=tuple(self._problems),
        )


class CardBatch(Batch):
    """Gathers the answers of a ``RenderHtmlResponse``."""

    def __init__(self, profile_ids: Sequence[str]) -> None:
        super().__init__(profile_ids)
        self._cards: dict[str, RenderedCard] = {}

    def add(self, chunk: Sequence[str], answer: RenderHtmlResponse) -> None:
        """Take over the cards that were asked for, and only those."""
        self._cards |= {card.profile_id: card for card in answer.data if card.profile_id in chunk}

    def put(self, cards: Iterable[RenderedCard]) -> None:
        """Take over cards that were made in another way; each takes the place of an earlier one."""
        self._cards |= {card.profile_id: card for card in cards}

    @property
    def missing(self) -> tuple[str, ...]:
        """Ids of which nothing is known, not even why, in their order."""
        return tuple(each for each in self._ids if each not in self._cards | self._failed)

    def result(self) -> RenderHtmlResponse:
        """Return everything, in the order of the ids."""
        cards = tuple(self._cards.get(each) or self._no_card(each) for each in self._ids)
        count = sum(card.success for card in cards)
        return RenderHtmlResponse(success=True, rendered_count=count, data=cards)

    def _no_card(self, profile_id: str) -> RenderedCard:
        failure = self._failure(profile_id)
        return RenderedCard(
            profile_id=profile_id,
            success=False,
            error_code=failure.error_code,
            error_message=failure.error_message,
        )
