"""Whatever the vendor answers, every profile that was asked for is in the result once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from candidate_cards.errors import VendorError
from candidate_cards.instaview.batches import CardBatch, EnrichedRun, EnrichmentBatch
from candidate_cards.models import (
    Candidate,
    FailedProfile,
    RenderedCard,
    RenderHtmlResponse,
    Shortlist,
)

ids = st.integers(0, 40).map(str)
wanted = st.lists(ids, min_size=1, max_size=60)
#: What one call ends with: an error that ends the batch, one of a single run, or an answer.
outcomes = st.lists(
    st.one_of(st.sampled_from(["stop", "fail"]), st.lists(st.tuples(ids, st.booleans()))),
    min_size=6,
    max_size=6,
)


@given(wanted, outcomes)
def test_no_enriched_profile_is_lost_or_foreign(
    profile_ids: list[str], ends: list[str | list[tuple[str, bool]]]
) -> None:
    """In the order asked, enriched or failed; what was not asked for is not there."""
    batch = EnrichmentBatch(profile_ids)
    good: set[str] = set()
    seen: list[str] = []
    for chunk, end in zip(batch.chunks(), ends, strict=False):
        assert len(chunk) <= 10
        seen += chunk
        if end == "stop":
            batch.stop(chunk, VendorError("no"))
        elif isinstance(end, str):
            batch.fail(chunk, VendorError("no"))
        else:
            people = Shortlist(
                candidates=tuple(Candidate(profile_id=each) for each, fine in end if fine),
                failed=tuple(FailedProfile(profile_id=each) for each, fine in end if not fine),
            )
            batch.add(chunk, EnrichedRun(people, 1))
            good |= {each for each, fine in end if fine and each in chunk}
    result = batch.result()
    distinct = list(dict.fromkeys(profile_ids))
    assert distinct[: len(seen)] == seen
    assert [each.profile_id for each in result.candidates] == [e for e in distinct if e in good]
    assert [each.profile_id for each in result.failed] == [e for e in distinct if e not in good]


@given(wanted, outcomes)
def test_no_card_is_lost_or_foreign(
    profile_ids: list[str], ends: list[str | list[tuple[str, bool]]]
) -> None:
    """The same for cards, and their count is that of the successes."""
    batch = CardBatch(profile_ids)
    good: set[str] = set()
    for chunk, end in zip(batch.chunks(), ends, strict=False):
        if isinstance(end, str):
            batch.stop(chunk, VendorError("no"))
            continue
        cards = [{"profileId": each, "success": fine} for each, fine in dict(end).items()]
        body = {"renderedCount": 99, "data": cards}
        batch.add(chunk, RenderHtmlResponse.model_validate(body))
        good |= {each for each, fine in dict(end).items() if fine and each in chunk}
    missing = batch.missing
    result = batch.result()
    named = {card.profile_id for card in result.data if card.error_message is None}
    reasons = {card.profile_id: card.error_message for card in result.data}
    assert set(missing) == {
        each for each in reasons if reasons[each] == "the answer does not name it"
    }
    assert not named & set(missing)
    assert [card.profile_id for card in result.data] == list(dict.fromkeys(profile_ids))
    assert {card.profile_id for card in result.data if card.success} == good
    assert result.rendered_count == len(good)
    batch.put(RenderedCard(profile_id=each, success=True) for each in missing)
    assert batch.missing == ()
    assert batch.result().rendered_count == len(good) + len(missing)
