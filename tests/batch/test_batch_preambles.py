"""What documents begin with is hashed, encoded and written as JSON once, and nobody can tell."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from batches import person
from hypothesis import given
from hypothesis import strategies as st

from candidate_cards import parse_shortlist, render_card
from candidate_cards.batch import make_plan
from candidate_cards.batch.preambles import Preamble
from candidate_cards.batch.reading import Line
from candidate_cards.batch.work import Job, Origin, _Work, render_lines

_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(begins=_TEXT, one=_TEXT, other=_TEXT, document=_TEXT, same=st.booleans())
def test_a_document_is_encoded_as_it_is_without_a_preamble(
    *, begins: str, one: str, other: str, document: str, same: bool
) -> None:
    """Whether it begins like the others or not: quotation marks, controls and emoji included."""
    preamble = Preamble(begins + one, begins + other)
    document = begins + document if same else document
    data = document.encode()
    plain = preamble.encode(document, as_json=False)
    assert b"".join(plain.pieces) == data
    assert plain[:2] == (sha256(data).hexdigest(), len(data))
    quoted = preamble.encode(document, as_json=True)
    assert json.loads(b"".join(quoted.pieces)) == document
    assert quoted[:2] == plain[:2]


@pytest.mark.parametrize("profile", ["internal", "client"])
def test_pages_have_most_of_their_text_in_common(profile: str) -> None:
    """So that it pays, for whoever it is: nothing of a candidate stands before the style sheet."""
    plan = make_plan(["page"], profile=profile)
    people = [
        person(1, name="1 Somebody"),
        {"profileId": "prof_2"},
        {"profileId": "3", "name": "3"},
    ]
    texts = [json.dumps(each).encode() for each in people]
    pages = [
        render_card(*parse_shortlist(text).candidates, format="page", profile=profile)
        for text in texts
    ]
    preamble = _Work(plan).preambles["page"]
    for page in pages:
        encoded = preamble.encode(page, as_json=False)
        assert len(encoded.pieces[0]) > 0.5 * encoded.size
    lines = [Line(number, text, b"%16d" % number) for number, text in enumerate(texts, 1)]
    results = render_lines(Job(plan.packed(), hashes_only=True), Origin("x", "x"), lines)
    said = [made.digests for line in results.lines for made in line.made]
    assert said == [(("page", sha256(page.encode()).hexdigest()),) for page in pages]
