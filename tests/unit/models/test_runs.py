"""Runs: the status decides the state, and a run answers with every profile it was given."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from candidate_cards.models import (
    EnrichedProfile,
    EnrichmentCompleted,
    EnrichmentFailed,
    EnrichmentItem,
    EnrichmentProcessing,
    PreviewCandidate,
    PreviewCompleted,
    PreviewFailed,
    PreviewProcessing,
    RunAccepted,
    SourcingCompleted,
    SourcingFailed,
    SourcingProcessing,
    UnenrichedProfile,
    parse_enrichment_run,
    parse_preview_run,
    parse_sourcing_run,
)

if TYPE_CHECKING:
    from collections.abc import Callable

STARTED = "2026-03-09T10:15:00.000Z"
ENDED = "2026-03-09T10:16:30.250Z"
PARSERS = (parse_sourcing_run, parse_preview_run, parse_enrichment_run)

PROCESSING = {
    "success": True,
    "requestId": "req_7",
    "status": "processing",
    "candidatesSourcedCount": 4,
    "message": "please come back",
    "createdAt": STARTED,
}
COMPLETED = {
    "success": True,
    "requestId": "req_7",
    "status": "completed",
    "foundCount": 31,
    "scoredCount": 2,
    "createdAt": STARTED,
    "completedAt": ENDED,
    "candidates": [{"profileId": "p2", "matchScore": 71}, {"profileId": "p1", "matchScore": 90}],
}
FAILED = {
    "success": True,
    "requestId": "req_7",
    "status": "failed",
    "errorCode": "AGENT_ERROR",
    "errorMessage": "no plan was found",
    "createdAt": STARTED,
    "completedAt": ENDED,
}
ENRICHED: dict[str, Any] = {
    "success": True,
    "requestId": "enr_3",
    "status": "completed",
    "enrichedCount": 1,
    "failureCount": 1,
    "creditsConsumed": 1,
    "createdAt": STARTED,
    "completedAt": ENDED,
    "data": [
        {
            "profileId": "p1",
            "success": True,
            "candidate": {"profileId": "p1", "emails": ["x@example.test"]},
        },
        {
            "profileId": "p2",
            "success": False,
            "errorCode": "PROFILE_NOT_FOUND",
            "errorMessage": "not one of yours",
        },
    ],
}


@pytest.mark.parametrize(
    ("parse", "body", "state"),
    [
        (parse_sourcing_run, PROCESSING, SourcingProcessing),
        (parse_sourcing_run, COMPLETED, SourcingCompleted),
        (parse_sourcing_run, FAILED, SourcingFailed),
        (parse_preview_run, PROCESSING, PreviewProcessing),
        (parse_preview_run, COMPLETED, PreviewCompleted),
        (parse_preview_run, FAILED, PreviewFailed),
        (parse_enrichment_run, PROCESSING, EnrichmentProcessing),
        (parse_enrichment_run, ENRICHED, EnrichmentCompleted),
        (parse_enrichment_run, FAILED, EnrichmentFailed),
    ],
)
def test_the_status_decides_the_state(
    parse: Callable[[object], object], body: dict[str, Any], state: type[SourcingCompleted]
) -> None:
    """Each body becomes the type of its status and comes back as it was."""
    run = parse(body)
    assert type(run) is state
    assert run.to_wire() == body


@pytest.mark.parametrize("status", ["processing", "completed", "failed"])
@pytest.mark.parametrize("parse", PARSERS)
def test_fields_of_other_states_are_kept_aside(
    parse: Callable[[object], SourcingFailed], status: str
) -> None:
    """A body with the fields of every state is read by its status and loses nothing."""
    body = FAILED | PROCESSING | ENRICHED | COMPLETED | {"data": [], "status": status}
    run = parse(body)
    assert run.status == status
    assert run.to_wire() == body
    assert run.model_extra


@pytest.mark.parametrize("status", [None, "queued", "COMPLETED", "", 1, True, ["completed"], {}])
@pytest.mark.parametrize("parse", PARSERS)
def test_an_unknown_status_is_refused_without_repeating_it(
    parse: Callable[[object], object], status: object
) -> None:
    """A status outside the three is an error at ``status`` that lists what is expected."""
    with pytest.raises(ValidationError) as caught:
        parse(PROCESSING | {"status": status})
    (problem,) = caught.value.errors()
    assert problem["loc"] == ("status",)
    assert problem["msg"] == "Input should be one of: processing, completed, failed"


@pytest.mark.parametrize("body", [None, 3, "completed", [], [COMPLETED]])
@pytest.mark.parametrize("parse", PARSERS)
def test_only_an_object_is_a_run(parse: Callable[[object], object], body: object) -> None:
    """Anything but an object is refused as such."""
    with pytest.raises(ValidationError, match="should be an object"):
        parse(body)


@pytest.mark.parametrize("body", [PROCESSING, COMPLETED, FAILED])
def test_a_refusal_is_no_run(body: dict[str, Any]) -> None:
    """A body that says ``success: false`` at the top is an error, whatever its status is."""
    with pytest.raises(ValidationError) as caught:
        parse_sourcing_run(body | {"success": False})
    assert caught.value.errors()[0]["loc"] == ("success",)


@pytest.mark.parametrize("empty", [{}, {"candidates": None}, {"candidates": []}])
def test_no_candidates_is_a_result(empty: dict[str, Any]) -> None:
    """A completed run without candidates is valid and has an empty list."""
    body = {key: COMPLETED[key] for key in COMPLETED if key != "candidates"} | empty
    run = parse_sourcing_run(body)
    assert isinstance(run, SourcingCompleted)
    assert run.candidates == ()


def test_the_ranking_is_the_order_of_the_answer() -> None:
    """Candidates stay in their order, even if scores say otherwise."""
    run = parse_sourcing_run(COMPLETED)
    assert isinstance(run, SourcingCompleted)
    assert [candidate.profile_id for candidate in run.candidates] == ["p2", "p1"]


def test_previews_have_candidates_of_their_own_type() -> None:
    """A completed preview holds preview candidates."""
    run = parse_preview_run(COMPLETED | {"candidates": [{"profileId": "p", "fullName": "Io Wren"}]})
    assert isinstance(run, PreviewCompleted)
    assert run.candidates == (PreviewCandidate(profile_id="p", full_name="Io Wren"),)


def test_enrichment_keeps_its_failed_profiles() -> None:
    """A completed enrichment lists successes and failures in one sequence, each by its type."""
    run = parse_enrichment_run(ENRICHED)
    assert isinstance(run, EnrichmentCompleted)
    enriched, failed = run.data
    assert isinstance(enriched, EnrichedProfile)
    assert enriched.candidate.emails == ("x@example.test",)
    assert isinstance(failed, UnenrichedProfile)
    assert failed.error_code == "PROFILE_NOT_FOUND"


@pytest.mark.parametrize("candidate", [{}, {"profileId": None}, {"name": "Io Wren"}])
def test_a_nested_candidate_gets_the_id_of_its_item(candidate: dict[str, Any]) -> None:
    """A candidate without an id takes the item's, and the input is left as it was."""
    item = {"profileId": "p1", "success": True, "candidate": dict(candidate)}
    run = parse_enrichment_run(ENRICHED | {"data": [item]})
    assert isinstance(run, EnrichmentCompleted)
    (profile,) = run.data
    assert isinstance(profile, EnrichedProfile)
    assert profile.candidate.profile_id == "p1"
    assert item["candidate"] == candidate


@pytest.mark.parametrize(
    ("item", "place"),
    [
        ({"profileId": "p1"}, ("success",)),
        ({"profileId": "p1", "success": "yes"}, ("success",)),
        ({"profileId": "p1", "success": 1, "candidate": {}}, ("success",)),
        ({"profileId": "p1", "success": True}, ("candidate",)),
        ({"profileId": "p1", "success": True, "candidate": None}, ("candidate",)),
        ({"success": False}, ("profileId",)),
        (
            {"profileId": "p1", "success": True, "candidate": {"skills": ["Go", 7]}},
            ("candidate", "skills", 1),
        ),
        ("p1", ()),
    ],
)
def test_a_bad_item_is_named_by_its_place(item: object, place: tuple[str | int, ...]) -> None:
    """An item that cannot be read is an error at its index, with no other key in between."""
    with pytest.raises(ValidationError) as caught:
        parse_enrichment_run(ENRICHED | {"data": [*ENRICHED["data"], item]})
    assert [problem["loc"] for problem in caught.value.errors()] == [("data", 2, *place)]


def test_an_item_can_be_read_alone() -> None:
    """The item type works outside its run, and models pass through it."""
    items: TypeAdapter[EnrichedProfile | UnenrichedProfile] = TypeAdapter(EnrichmentItem)
    item = items.validate_json('{"profileId": "p", "success": false, "errorCode": "OTHER"}')
    assert item == UnenrichedProfile(profile_id="p", success=False, error_code="OTHER")
    assert items.validate_python(item) is item


@pytest.mark.parametrize("outer", [{}, {"success": True, "error": None, "timestamp": STARTED}])
@pytest.mark.parametrize(
    ("parse", "body"),
    [
        (parse_sourcing_run, COMPLETED),
        (parse_preview_run, COMPLETED),
        (parse_enrichment_run, ENRICHED),
    ],
)
def test_a_wrapped_run_is_unwrapped(
    parse: Callable[[object], object], body: dict[str, Any], outer: dict[str, Any]
) -> None:
    """A run under ``data`` reads the same as a flat one."""
    assert parse({"data": body, **outer}) == parse(body)


@pytest.mark.parametrize(
    ("written", "time"),
    [
        (STARTED, datetime(2026, 3, 9, 10, 15, tzinfo=UTC)),
        ("2026-03-09T11:15:00+01:00", datetime(2026, 3, 9, 10, 15, tzinfo=UTC)),
        ("2026-03-09T10:15:00", datetime(2026, 3, 9, 10, 15, tzinfo=UTC)),
        (None, None),
    ],
)
def test_times_are_in_utc(written: str | None, time: datetime | None) -> None:
    """Times with another offset are converted; those without one are taken as UTC."""
    run = parse_sourcing_run(PROCESSING | {"createdAt": written})
    assert run.created_at == time
    assert run.to_wire()["createdAt"] == (time and STARTED)


def test_microseconds_survive() -> None:
    """A time that is finer than a millisecond is written in full."""
    fine = "2026-03-09T10:15:00.123456Z"
    assert parse_sourcing_run(PROCESSING | {"createdAt": fine}).to_wire()["createdAt"] == fine


@pytest.mark.parametrize("written", ["0001-01-01T00:00:00+10:00", "9999-12-31T23:00:00-10:00"])
def test_a_time_outside_the_calendar_is_an_error(written: str) -> None:
    """A time that UTC cannot express is refused, not a crash."""
    with pytest.raises(ValidationError) as caught:
        parse_sourcing_run(PROCESSING | {"createdAt": written})
    assert caught.value.errors()[0]["loc"] == ("createdAt",)


def test_an_accepted_run() -> None:
    """The answer to a start has the id to poll, and nothing else is required of it."""
    body = {
        "success": True,
        "requestId": "req_9",
        "status": "processing",
        "message": "on its way",
        "webhookId": "6f1f5a4e-0000-4000-8000-000000000000",
        "createdAt": STARTED,
        "updatedAt": STARTED,
    }
    assert RunAccepted.model_validate(body).to_wire() == body
    least = RunAccepted.model_validate({"requestId": "req_9", "status": "processing"})
    assert least.webhook_id is None
    assert least.created_at is None
