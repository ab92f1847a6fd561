"""Wrapped and flat answers."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from candidate_cards.models import unwrap_envelope

RUN = {"requestId": "req_1", "status": "processing"}
CARDS = {"renderedCount": 0, "data": []}


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        ({"data": RUN}, RUN),
        ({"success": True, "data": RUN}, {"success": True, **RUN}),
        ({"success": False, "data": RUN}, {"success": False, **RUN}),
        ({"success": True, "data": {"success": False, **RUN}}, {"success": False, **RUN}),
        ({"success": True, "data": CARDS, "error": None}, {"success": True, **CARDS}),
    ],
)
def test_a_wrapped_body_is_taken_out(answer: dict[str, Any], body: dict[str, Any]) -> None:
    """The object under ``data`` is returned with the verdict of the wrapper, if it has none."""
    before = deepcopy(answer)
    assert unwrap_envelope(answer) == body
    assert answer == before


@pytest.mark.parametrize(
    "answer",
    [
        RUN,
        {"success": True, **CARDS},
        {"requestId": "enr_1", "data": [RUN]},
        {"requestId": "enr_1", "data": None},
        {"data": {"candidates": []}},
        [{"data": RUN}],
        "data",
        None,
    ],
)
def test_everything_else_is_left_alone(answer: object) -> None:
    """Flat bodies, lists under ``data`` and other values are returned as they are."""
    assert unwrap_envelope(answer) is answer
