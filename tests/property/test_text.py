"""Laws of cleaning that hold for any text."""

from __future__ import annotations

import unicodedata

import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from candidate_cards._text import MOST_MARKS, clean_text

# A busy machine is no failure.
unhurried = settings(deadline=None)

SURROGATES = regex.compile("[\ud800-\udfff]")
HOSTILE = st.characters(categories=["Cs", "Cc", "Cf", "Cn", "Mn", "Me", "Mc", "Zl", "Zp", "Zs"])
TRICKY = st.sampled_from(
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\n\r\t\x85 ab"
    "\u0301\u0344\u0f73\u1e69\ufb2c\U0001f1e6\u200d\u1100\u1161\u11a8\u0600😀\u200b"
)
TEXT = st.text(st.one_of(st.characters(), HOSTILE, TRICKY), max_size=120)
LIMIT = st.integers(1, 60)


@given(text=TEXT, limit=LIMIT, multiline=st.booleans())
@unhurried
def test_cleaning_twice_changes_nothing(text: str, limit: int, *, multiline: bool) -> None:
    """Clean text is clean, whatever it was before."""
    clean, _ = clean_text(text, limit=limit, multiline=multiline)
    assert clean_text(clean, limit=limit, multiline=multiline) == (clean, ())


@given(text=TEXT, limit=LIMIT, multiline=st.booleans())
@unhurried
def test_every_change_is_named(text: str, limit: int, *, multiline: bool) -> None:
    """There are words about a change if and only if there is a change."""
    clean, changes = clean_text(text, limit=limit, multiline=multiline)
    assert (clean == text) == (changes == ())


@given(text=TEXT, limit=LIMIT, multiline=st.booleans())
@unhurried
def test_result_is_presentable(text: str, limit: int, *, multiline: bool) -> None:
    """The result encodes, keeps its limit, and has neither controls nor stray white space."""
    clean, _ = clean_text(text, limit=limit, multiline=multiline)
    clean.encode("utf-8")
    clean.encode("utf-16")
    assert len(regex.findall(r"\X", clean)) <= limit
    assert clean == clean.strip()
    forbidden = regex.findall(r"[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]", clean)
    assert set(forbidden) <= ({"\n"} if multiline else set())


@given(text=TEXT, limit=LIMIT, multiline=st.booleans())
@unhurried
def test_bidirectional_controls_balance(text: str, limit: int, *, multiline: bool) -> None:
    """On every line, taking matched pairs away from the inside out leaves no control."""
    clean, _ = clean_text(text, limit=limit, multiline=multiline)
    for line in clean.split("\n"):
        controls = "".join(regex.findall("[\u202a-\u202e\u2066-\u2069]", line))
        while True:
            fewer = regex.sub(
                "[\u202a\u202b\u202d\u202e]\u202c|[\u2066-\u2068]\u2069", "", controls
            )
            if fewer == controls:
                break
            controls = fewer
        assert controls == ""


@given(text=TEXT, limit=LIMIT)
@unhurried
def test_no_base_has_too_many_marks(text: str, limit: int) -> None:
    """In canonical decomposition, controls aside, no run of marks is longer than eight."""
    clean, _ = clean_text(text, limit=limit)
    visible = regex.sub("[\u202a-\u202e\u2066-\u2069]", "", clean)
    runs = regex.findall(r"\p{M}+", unicodedata.normalize("NFD", visible))
    known = (run for run in runs if all(unicodedata.category(mark)[0] == "M" for mark in run))
    assert all(len(run) <= MOST_MARKS for run in known)


@given(
    text=TEXT.filter(lambda text: not SURROGATES.search(text)),
    limit=LIMIT,
    multiline=st.booleans(),
)
@unhurried
def test_composed_text_stays_composed(text: str, limit: int, *, multiline: bool) -> None:
    """Text in NFC stays in NFC, and normalising clean text leaves it clean."""
    composed = unicodedata.normalize("NFC", text)
    clean, _ = clean_text(composed, limit=limit, multiline=multiline)
    assert unicodedata.is_normalized("NFC", clean)
    other, _ = clean_text(text, limit=limit, multiline=multiline)
    normal = unicodedata.normalize("NFC", other)
    assert clean_text(normal, limit=limit, multiline=multiline) == (normal, ())


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=60))
@unhurried
def test_visible_text_within_the_limit_is_untouched(text: str) -> None:
    """Letters, digits, punctuation and symbols of any script are never changed."""
    blank = not text.strip("\u115f\u1160\u2800\u3164\uffa0")
    assert blank or clean_text(text, limit=60) == (text, ())
