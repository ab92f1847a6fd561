"""Laws of the models: nothing is lost between the wire and Python, or between two records."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from candidate_cards import models
from candidate_cards.models import (
    Candidate,
    EnrichmentCompleted,
    PreviewCandidate,
    PreviewCompleted,
    RenderHtmlResponse,
    SourcingCompleted,
    SourcingFailed,
    SourcingProcessing,
    WebhookConfig,
    WebhookEvent,
    parse_error_body,
)

if TYPE_CHECKING:
    from collections.abc import Callable

RESERVED = {
    key
    for name in models.__all__
    if isinstance(model := getattr(models, name), type) and issubclass(model, BaseModel)
    for field, info in model.model_fields.items()
    for key in (field, info.alias)
}

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
UNKNOWN = st.dictionaries(st.text().filter(lambda key: key not in RESERVED), JSON, max_size=3)
NAME = st.none() | st.text()
NAMES = st.lists(st.text(), max_size=3)
COUNT = st.none() | st.integers(0, 10**6)
IDENTIFIER = st.text(min_size=1)
TIME = st.none() | st.datetimes().map(lambda time: time.isoformat(timespec="milliseconds") + "Z")


def objects(
    required: dict[str, st.SearchStrategy[Any]], optional: dict[str, st.SearchStrategy[Any]]
) -> st.SearchStrategy[dict[str, Any]]:
    """Well-typed JSON objects with these fields and some unknown ones."""
    known = st.fixed_dictionaries(required, optional=optional)
    return st.builds(lambda fields, unknown: unknown | fields, known, UNKNOWN)


CANDIDATE_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "name": NAME,
    "linkedinUrl": NAME,
    "matchScore": st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    "skills": NAMES,
    "headline": NAME,
    "location": NAME,
    "currentCompany": NAME,
    "currentRole": NAME,
    "rationale": NAME,
    "aiFitPoints": NAMES,
    "aiRedFlags": NAMES,
    "aiDetailedRationale": st.lists(
        objects(
            {},
            dict.fromkeys(("title", "company", "duration", "relevanceExplanation"), NAME),
        ),
        max_size=2,
    ),
    "detailedExperience": st.lists(
        objects({}, {**dict.fromkeys(("role", "company", "duration"), NAME), "highlights": NAMES}),
        max_size=2,
    ),
    "emails": NAMES,
}
CANDIDATES = objects({"profileId": IDENTIFIER}, CANDIDATE_FIELDS)
SAME_PERSON = objects({"profileId": st.just("p1")}, CANDIDATE_FIELDS).map(Candidate.model_validate)
PREVIEWS = objects(
    {"profileId": IDENTIFIER},
    dict.fromkeys(
        (
            "fullName",
            "profileUrl",
            "title",
            "headline",
            "location",
            "country",
            "companyName",
            "companyUrl",
        ),
        NAME,
    ),
)


def runs(status: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Well-typed bodies of a run in that state."""
    return objects(
        {"requestId": IDENTIFIER, "status": st.just(status)},
        {"success": st.just(value=True), "createdAt": TIME, **fields},
    )


SHAPES: dict[type[BaseModel], st.SearchStrategy[dict[str, Any]]] = {
    Candidate: CANDIDATES,
    PreviewCandidate: PREVIEWS,
    SourcingProcessing: runs("processing", candidatesSourcedCount=COUNT, message=NAME),
    SourcingCompleted: runs(
        "completed",
        completedAt=TIME,
        foundCount=COUNT,
        scoredCount=COUNT,
        candidates=st.lists(CANDIDATES, max_size=2),
    ),
    SourcingFailed: runs("failed", completedAt=TIME, errorCode=NAME, errorMessage=NAME),
    PreviewCompleted: runs("completed", candidates=st.lists(PREVIEWS, max_size=2)),
    EnrichmentCompleted: runs(
        "completed",
        enrichedCount=COUNT,
        failureCount=COUNT,
        creditsConsumed=COUNT,
        data=st.lists(
            objects(
                {"profileId": IDENTIFIER, "success": st.just(value=True), "candidate": CANDIDATES},
                {},
            )
            | objects(
                {"profileId": IDENTIFIER, "success": st.just(value=False)},
                {"errorCode": NAME, "errorMessage": NAME},
            ),
            max_size=2,
        ),
    ),
    RenderHtmlResponse: objects(
        {"renderedCount": st.integers(0, 10)},
        {
            "data": st.lists(
                objects(
                    {"profileId": IDENTIFIER, "success": st.booleans()},
                    dict.fromkeys(("name", "htmlContent", "errorCode"), NAME),
                ),
                max_size=2,
            )
        },
    ),
    WebhookEvent: objects(
        {"event": IDENTIFIER},
        {
            "timestamp": TIME,
            "deliveryId": NAME,
            "data": objects({}, {"requestId": NAME, "foundCount": COUNT, "candidates": JSON}),
        },
    ),
    WebhookConfig: objects(
        {"id": IDENTIFIER},
        {
            "url": NAME,
            "companyId": NAME,
            "events": st.lists(st.text() | st.integers(0, 5), max_size=3),
            "headers": st.lists(
                objects({"name": st.text()}, {"isMasked": st.booleans()}), max_size=2
            ),
            "isActive": st.booleans(),
            "circuitOpenedAt": TIME,
        },
    ),
}


@pytest.mark.parametrize("model", SHAPES)
@given(data=st.data())
def test_the_wire_comes_back(model: type[Candidate], data: st.DataObject) -> None:
    """A well-typed object with known and unknown fields is written as it was read."""
    wire = data.draw(SHAPES[model])
    assert model.model_validate(wire).to_wire() == wire
    read = model.model_validate_json(json.dumps(wire))
    assert read.to_wire() == wire
    assert model.model_validate(read.to_wire()) == read


@given(wire=PREVIEWS)
def test_a_preview_loses_nothing_on_its_way(wire: dict[str, Any]) -> None:
    """Every value of a preview is in its candidate, and the id is the same."""
    candidate = PreviewCandidate.model_validate(wire).to_candidate()
    kept = list(candidate.to_wire().values())
    assert candidate.profile_id == wire["profileId"]
    assert all(value in kept for key, value in wire.items() if key != "location")


@given(one=SAME_PERSON)
def test_merging_with_oneself_changes_nothing(one: Candidate) -> None:
    """A record merged over itself, or over its bare id, is itself."""
    assert one.merged_with(one) == one
    assert one.merged_with(one).to_wire() == one.to_wire()
    assert one.merged_with(Candidate(profile_id="p1")).to_wire() == one.to_wire()
    assert Candidate(profile_id="p1").merged_with(one).to_wire() == one.to_wire()


@given(older=SAME_PERSON, newer=SAME_PERSON)
def test_merging_again_changes_nothing(older: Candidate, newer: Candidate) -> None:
    """The same newer record can be merged twice."""
    once = older.merged_with(newer)
    assert once.merged_with(newer).to_wire() == once.to_wire()


@given(first=SAME_PERSON, second=SAME_PERSON, third=SAME_PERSON)
def test_merging_in_steps_is_merging_at_once(
    first: Candidate, second: Candidate, third: Candidate
) -> None:
    """It does not matter which two of three successive records are merged first."""
    left = first.merged_with(second).merged_with(third)
    right = first.merged_with(second.merged_with(third))
    assert left.to_wire() == right.to_wire()


def is_filled(value: object) -> bool:
    """Tell whether a JSON value holds anything but nulls, blank text and empty containers."""
    if isinstance(value, dict):
        return any(map(is_filled, value.values()))
    if isinstance(value, list):
        return any(map(is_filled, value))
    return value is not None and (not isinstance(value, str) or value.strip() != "")


@given(older=SAME_PERSON, newer=SAME_PERSON)
def test_merging_never_loses_a_value(older: Candidate, newer: Candidate) -> None:
    """Each field has the newer value if that is filled, else the older one; none is made up."""
    before, after = older.to_wire(), newer.to_wire()
    merged = older.merged_with(newer).to_wire()
    assert merged.keys() == before.keys() | after.keys()
    for key, value in merged.items():
        newest = after if key not in before or is_filled(after.get(key)) else before
        assert value == newest[key]


@given(
    field=st.sampled_from(
        sorted(CANDIDATE_FIELDS.keys() - {"aiDetailedRationale", "detailedExperience"})
    ),
    value=JSON,
    wrap=st.sampled_from([lambda x: x, lambda x: [x, x], lambda x: [[x]]]),
)
def test_a_wrong_type_is_an_error_at_its_field(
    field: str, value: object, wrap: Callable[[object], object]
) -> None:
    """An object where text or a number belongs is refused at its field and not repeated."""
    wrong = wrap({"marker-7f3a": value})
    with pytest.raises(ValidationError) as caught:
        Candidate.model_validate({"profileId": "p1", field: wrong})
    assert {problem["loc"][0] for problem in caught.value.errors()} == {field}
    assert "marker-7f3a" not in str(caught.value)


@given(status=st.integers(100, 599), body=JSON, reason=st.text())
def test_every_error_body_can_be_read(status: int, body: object, reason: str) -> None:
    """Any JSON at all becomes an error with its status."""
    assert parse_error_body(status, body, reason).status == status


@given(
    status=st.integers(100, 599),
    body=st.dictionaries(
        st.sampled_from(
            [
                "error",
                "errorCode",
                "errorMessage",
                "code",
                "message",
                "details",
                "requestId",
                "retryAfter",
                "limit",
                "remaining",
                "reset",
            ]
        ),
        JSON | st.dictionaries(st.sampled_from(["code", "message", "details", "reset"]), JSON),
    ),
)
def test_odd_values_under_known_keys_are_no_trouble(status: int, body: dict[str, Any]) -> None:
    """Wrong types under the documented keys are passed over."""
    error = parse_error_body(status, body)
    assert error.status == status
    assert error.reset is None or isinstance(error.reset, datetime)
