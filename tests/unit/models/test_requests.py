"""Requests: the documented limits hold before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from candidate_cards.models import (
    EnrichRequest,
    PatchRequest,
    PreviewRequest,
    RenderHtmlRequest,
    SourcingRequest,
)

SEARCH = {"title": "Site engineer", "jobDescription": "Keep the dam dry."}
SEARCHES = (SourcingRequest, PreviewRequest)
PROFILES = (EnrichRequest, RenderHtmlRequest)
PRIVATE = "Zbigniewa"


@pytest.mark.parametrize("request_type", SEARCHES)
def test_the_number_of_candidates_is_always_sent(
    request_type: type[SourcingRequest | PreviewRequest],
) -> None:
    """A search without a limit sends the default of 20, and no field that was not given."""
    assert request_type.model_validate(SEARCH).to_wire() == SEARCH | {"limit": 20}


@pytest.mark.parametrize("request_type", SEARCHES)
def test_every_field_of_a_search_is_sent(
    request_type: type[SourcingRequest | PreviewRequest],
) -> None:
    """All six documented fields reach the wire under their names."""
    body = SEARCH | {
        "location": "Delta",
        "query": "x" * 5_000,
        "limit": 100,
        "webhookId": "8d0e0000-0000-4000-8000-000000000000",
    }
    assert request_type.model_validate(body).to_wire() == body


@pytest.mark.parametrize(
    ("request_type", "field", "value", "accepted"),
    [
        *(
            (request_type, field, value, accepted)
            for request_type in SEARCHES
            for field, value, accepted in (
                ("title", "x" * 200, True),
                ("title", "x" * 201, False),
                ("title", "", False),
                ("title", " \n", False),
                ("title", None, False),
                ("jobDescription", "x" * 10_000, True),
                ("jobDescription", "x" * 10_001, False),
                ("jobDescription", "\t", False),
                ("limit", 1, True),
                ("limit", 0, False),
                ("limit", True, False),
                ("limit", "5", False),
                ("location", None, True),
                ("webhookId", "", False),
            )
        ),
        (SourcingRequest, "limit", 100_000, True),
        (PreviewRequest, "limit", 100, True),
        (PreviewRequest, "limit", 101, False),
        (PatchRequest, "limit", 1, True),
        (PatchRequest, "limit", 50, True),
        (PatchRequest, "limit", 0, False),
        (PatchRequest, "limit", 51, False),
        (PatchRequest, "query", "x" * 500, True),
        (PatchRequest, "query", "x" * 501, False),
        (PatchRequest, "query", "  ", False),
    ],
)
def test_limits(
    request_type: type[SourcingRequest], field: str, value: object, *, accepted: bool
) -> None:
    """A value at a documented limit is accepted; one past it is an error at its field."""
    body = SEARCH if request_type in SEARCHES else {}
    if accepted:
        assert request_type.model_validate(body | {field: value})
        return
    with pytest.raises(ValidationError) as caught:
        request_type.model_validate(body | {field: value})
    assert [problem["loc"] for problem in caught.value.errors()] == [(field,)]


@pytest.mark.parametrize("missing", ["title", "jobDescription"])
@pytest.mark.parametrize("request_type", SEARCHES)
def test_a_search_needs_both_texts(
    request_type: type[SourcingRequest | PreviewRequest], missing: str
) -> None:
    """Title and job description are required."""
    with pytest.raises(ValidationError, match=missing):
        request_type.model_validate({key: SEARCH[key] for key in SEARCH if key != missing})


@pytest.mark.parametrize("body", [{"query": "nearer"}, {"limit": 5}, {"query": "n", "limit": 5}])
def test_a_patch_sends_what_it_has(body: dict[str, Any]) -> None:
    """Query, limit or both are sent, and no default."""
    assert PatchRequest.model_validate(body).to_wire() == body


@pytest.mark.parametrize("body", [{}, {"query": None}, {"query": None, "limit": None}])
def test_a_patch_of_nothing_is_refused(body: dict[str, Any]) -> None:
    """A patch without query and limit says what it needs."""
    with pytest.raises(ValidationError, match="a query, a limit or both"):
        PatchRequest.model_validate(body)


@pytest.mark.parametrize("request_type", PROFILES)
def test_repeated_ids_are_dropped_in_order(
    request_type: type[EnrichRequest | RenderHtmlRequest],
) -> None:
    """Each id is sent once, at its first place, and repeats do not count against the limit."""
    request = request_type.model_validate({"profileIds": ["b", "a", "b", *"aaaaaaaaaa", "c"]})
    assert request.profile_ids == ("b", "a", "c")
    assert request.to_wire()["profileIds"] == ["b", "a", "c"]


@pytest.mark.parametrize("request_type", PROFILES)
@pytest.mark.parametrize("count", [0, 11, 500])
def test_the_number_of_profiles_is_limited(
    request_type: type[EnrichRequest | RenderHtmlRequest], count: int
) -> None:
    """None or more than ten distinct ids are refused with their number, not their names."""
    with pytest.raises(ValidationError, match=f"1 to 10 distinct profile ids, not {count}") as e:
        request_type.model_validate({"profileIds": [f"{PRIVATE}{n}" for n in range(count)]})
    assert PRIVATE not in str(e.value)


@pytest.mark.parametrize("request_type", PROFILES)
@pytest.mark.parametrize("ids", [None, PRIVATE, [""], [None], [{PRIVATE: 1}]])
def test_profile_ids_are_a_list_of_texts(
    request_type: type[EnrichRequest | RenderHtmlRequest], ids: object
) -> None:
    """Anything but a list of ids is an error at that field without the value."""
    with pytest.raises(ValidationError, match="profileIds") as caught:
        request_type.model_validate({"profileIds": ids})
    assert PRIVATE not in str(caught.value)


def test_ten_profiles_are_allowed() -> None:
    """The largest allowed list passes."""
    ids = [f"p{n}" for n in range(10)]
    assert EnrichRequest(profile_ids=tuple(ids)).to_wire() == {"profileIds": ids}


@pytest.mark.parametrize(
    ("given", "sent"), [({}, "dark"), ({"theme": "dark"}, "dark"), ({"theme": "light"}, "light")]
)
def test_cards_are_dark_unless_asked(given: dict[str, str], sent: str) -> None:
    """The theme is always sent, dark by default."""
    request = RenderHtmlRequest.model_validate({"profileIds": ["p"], **given})
    assert request.to_wire() == {"profileIds": ["p"], "theme": sent}


def test_the_vendor_has_two_themes() -> None:
    """Another theme is refused."""
    with pytest.raises(ValidationError, match="theme"):
        RenderHtmlRequest.model_validate({"profileIds": ["p"], "theme": "harbour"})


@pytest.mark.parametrize(
    ("request_type", "body"),
    [
        (SourcingRequest, SEARCH),
        (PreviewRequest, SEARCH),
        (PatchRequest, {"limit": 3}),
        (EnrichRequest, {"profileIds": ["p"]}),
        (RenderHtmlRequest, {"profileIds": ["p"]}),
    ],
)
def test_an_unknown_field_is_a_mistake(
    request_type: type[SourcingRequest], body: dict[str, Any]
) -> None:
    """A field that the vendor does not have is refused by name."""
    with pytest.raises(ValidationError, match="limitt"):
        request_type.model_validate(body | {"limitt": 3})


@pytest.mark.parametrize(
    ("request_type", "field", "limit"),
    [
        *((kind, "title", 200) for kind in SEARCHES),
        *((kind, "jobDescription", 10_000) for kind in SEARCHES),
        (PatchRequest, "query", 500),
    ],
)
def test_a_text_that_is_too_long_is_told_in_characters(
    request_type: type[SourcingRequest | PreviewRequest | PatchRequest], field: str, limit: int
) -> None:
    """Whoever reads the message counts characters, and the text itself is not in it."""
    body = SEARCH if request_type in SEARCHES else {}
    body = {**body, field: PRIVATE * limit}
    with pytest.raises(ValidationError, match=f"at most {limit} characters") as caught:
        request_type.model_validate(body)
    assert PRIVATE not in str(caught.value)
