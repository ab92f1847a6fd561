"""The answer with the vendor's own cards."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from candidate_cards.models import RenderedCard, RenderHtmlResponse

BODY: dict[str, Any] = {
    "success": True,
    "renderedCount": 1,
    "data": [
        {"profileId": "p1", "success": True, "name": "Io Wren", "htmlContent": "<div>Io</div>"},
        {"profileId": "p2", "success": False, "errorCode": "PROFILE_NOT_FOUND"},
    ],
}


def test_cards_and_failures_come_in_order() -> None:
    """Both kinds of item are read, and the body comes back as it was."""
    answer = RenderHtmlResponse.model_validate(BODY)
    assert [card.success for card in answer.data] == [True, False]
    assert answer.data[0].html_content == "<div>Io</div>"
    assert answer.data[1] == RenderedCard(
        profile_id="p2", success=False, error_code="PROFILE_NOT_FOUND"
    )
    assert answer.to_wire() == BODY


@pytest.mark.parametrize("data", [{}, {"data": None}, {"data": []}])
def test_no_cards_is_an_answer(data: dict[str, Any]) -> None:
    """A count of zero with an empty or missing list is valid."""
    assert RenderHtmlResponse.model_validate({"renderedCount": 0, **data}).data == ()


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, ("renderedCount",)),
        ({"renderedCount": 1, "success": False}, ("success",)),
        ({"renderedCount": 1, "data": [{"profileId": "p"}]}, ("data", 0, "success")),
        ({"renderedCount": 1, "data": [{"success": True}]}, ("data", 0, "profileId")),
    ],
)
def test_what_is_required(body: dict[str, Any], place: tuple[str | int, ...]) -> None:
    """A body without its count, or an item without id and verdict, is an error at its place."""
    with pytest.raises(ValidationError) as caught:
        RenderHtmlResponse.model_validate(body)
    assert [problem["loc"] for problem in caught.value.errors()] == [place]
