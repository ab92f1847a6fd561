"""Match scores: the shown number and its band."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from candidate_cards.cards import DEFAULT_BANDS, Bands
from candidate_cards.cards.bands import TONES, shown_score

on_scale = st.floats(min_value=0, max_value=100) | st.integers(min_value=0, max_value=100)
_ORDER = ("low", "partial", "good", "strong")


@settings(deadline=None)
@given(on_scale)
@example(0.5)
@example(79.5)
@example(0.49999999999999994)
@example(-0.0)
def test_half_rounds_up(score: float) -> None:
    """The shown number is the nearest whole one, and of two equally near ones the greater."""
    assert shown_score(score) == math.floor(Fraction(score) + Fraction(1, 2))


@settings(deadline=None)
@given(st.floats().filter(lambda score: not 0 <= score <= 100) | st.integers(min_value=101))
def test_a_number_off_the_scale_is_no_score(score: float) -> None:
    """Negative, too large, infinite and not-a-number scores are shown as missing ones."""
    assert shown_score(score) is None


def test_no_score_is_no_number() -> None:
    """A missing score has no number to show."""
    assert shown_score(None) is None


@settings(deadline=None)
@given(st.integers(0, 100), st.integers(0, 100))
def test_a_higher_score_is_never_in_a_lower_band(one: int, other: int) -> None:
    """Bands are ordered as scores are."""
    low, high = sorted((one, other))
    assert _ORDER.index(DEFAULT_BANDS.tone(low)) <= _ORDER.index(DEFAULT_BANDS.tone(high))


@settings(deadline=None)
@given(
    st.tuples(st.floats(0, 100), st.floats(0, 100), st.floats(0, 100)).map(sorted),
    st.floats(0, 100),
)
def test_a_band_begins_at_its_own_limit(limits: list[float], score: float) -> None:
    """A score is in the highest band whose limit it reaches, and low if it reaches none."""
    partial, good, strong = limits
    reached = [
        name
        for name, limit in (("partial", partial), ("good", good), ("strong", strong))
        if score >= limit
    ]
    assert Bands(strong, good, partial).tone(score) == (reached or ["low"])[-1]


@pytest.mark.parametrize(
    ("score", "tone"),
    [(100, "strong"), (80, "strong"), (79, "good"), (60, "good"), (59, "partial"), (39, "low")],
)
def test_default_bands(score: int, tone: str) -> None:
    """The default limits are 80, 60 and 40."""
    assert DEFAULT_BANDS.tone(score) == tone


def test_every_tone_has_a_place_in_the_order() -> None:
    """The tones are the four bands and the one of a missing score."""
    assert sorted(TONES) == sorted((*_ORDER, "none"))
