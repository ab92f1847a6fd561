"""The quick look that spares most texts a closer one: it must never spare a text too much."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from candidate_cards.privacy import DEFAULT_WORDS
from candidate_cards.privacy.plain import is_plain
from candidate_cards.privacy.redaction import Choices, Redactor

#: What addresses and numbers are made of, written in the ways that people try.
_PIECES: Final = (
    *("ada", "mail", "example", "com", "me", "at", "dot", "www", "http", "https", "linkedin", "in"),
    *("tel", "Phone", "WhatsApp", "@", "\uff20", ".", "\uff0e", ":", "\uff1a", "/", "//", "\uff0f"),
    *("(at)", "[dot]", " ", "\u200b", "\u00ad", "&#64;", "&commat;", "<b>", "</b>", "-", "_", "+"),
    *("(0)", "0", "00", "420", "602 123 456", "555-0199", "2019", "\u260e", "?x="),
    *("\u0661\u0662\u0663", "\uff10\uff19\uff10"),
)


def _reader() -> Redactor:
    choices = Choices(names=False, emails=True, links=True, phones=True, titles=False)
    return Redactor(None, words=DEFAULT_WORDS, choices=choices, identify=str)


@settings(deadline=None, max_examples=1500)
@given(st.lists(st.sampled_from(_PIECES), max_size=12).map("".join))
@example("Ask ada@mail.example")
@example("www.ada.example")
@example("linkedin.com")
@example("+420 602 123 456")
@example("\u260e 602 123")
@example("Tel 12 34 56 78")
def test_a_plain_text_holds_nothing_that_is_replaced(text: str) -> None:
    """Whatever the closer look would replace, the quick one sends there."""
    if is_plain(text):
        assert _reader().text(text, "rationale") == text


@pytest.mark.parametrize(
    "text",
    [
        "Led the change from nightly batches to streaming for 2.1 million smart meters",
        "Built 12 services, 3 teams; cut costs by 40 % in 2023.",
        "2017 - 2022",
        "4 years 2 months",
        "Größte Plattform der Branche – und ihr Ruf",
        "قاد فريق البيانات",
        "",
    ],
)
def test_usual_texts_are_spared(text: str) -> None:
    """Prose, years and amounts in any script need no closer look, or it would spare nothing."""
    assert is_plain(text)
