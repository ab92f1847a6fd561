"""The ratios mean something only if every contender writes the same text; no time is asserted."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from candidate_cards import Candidate
from candidate_cards.cards import CardView, card_view

from .__main__ import Effort, collect, machine
from .candidates import many, uneven
from .cards import card_groups
from .inlining import inlining_group
from .mail import mail_groups, shortlists_of_ten
from .measuring import Claim, Group, table

# About rendering 11, premailer 2, messages 5, starting 3, growth to 100 candidates 5.
_CLAIMS = 26 + 14 + 3 + 7  # and as many about dossiers, about the service, and about batches
_LEAST = Effort(
    candidates=2,
    rounds=1,
    slow_rounds=1,
    growth_rounds=1,
    largest=100,
    dossiers=(1, 2),
    dossier_rounds=1,
    service_rounds=1,
    calls=100,
    batch_rounds=1,
    results=40,
    files=40,
)
_GROUPS = (
    "view to fragment",
    "candidate to fragment",
    "JSON text to page",
    "view to inline styles",
    "message to inline styles, premailer",
    "message to inline styles, css-inline",
    "message to bytes",
    "shortlist to message",
)


@pytest.fixture(scope="module")
def views() -> list[CardView]:
    """Return views that between them take every branch of a card."""
    return [card_view(Candidate.model_validate_json(text)) for text in (*many(20), *uneven())]


@pytest.fixture(scope="module")
def groups(views: list[CardView]) -> dict[str, Group[Any]]:
    """Return every group whose contenders write markup, by name."""
    texts = [*many(20), *uneven()]
    made = [*card_groups(texts), inlining_group(views), *mail_groups(shortlists_of_ten(texts))]
    return {group.name: group for group in made}


@pytest.mark.parametrize("name", _GROUPS)
def test_contenders_of_a_group_write_the_same(name: str, groups: dict[str, Group[Any]]) -> None:
    """Every contender turns every candidate into the same markup."""
    assert groups.keys() == set(_GROUPS)
    group = groups[name]
    assert len(group.contenders) > 1
    for item in group.inputs:
        written = {name: group.canonical(run(item)) for name, run in group.contenders.items()}
        expected = next(iter(written.values()))
        assert expected
        for contender, text in written.items():
            assert text == expected, contender


@pytest.mark.parametrize(
    ("found", "other"),
    [
        (r'style="', 'style="x:1;'),
        (r'style="([^;"]*);([^;"]*)', r'style="\2;\1'),
        (r' class="panel text"', ' class="panel"'),
        (r"<h2(.*)</h2>", r"<h3\1</h3>"),
        (r' width="\d+"', ""),
        (r"</style>\n</head>", "a{}</style>\n</head>"),
        (r"<!--\[if mso\]><t", "<!--[if mso ]><t"),
        ("Somebody who", "Somebody  who"),
    ],
)
def test_the_comparison_of_messages_can_tell_a_difference(
    found: str, other: str, groups: dict[str, Group[Any]]
) -> None:
    """A change to a style, a class, an element, an attribute, the head or a comment is found."""
    group = groups["message to inline styles, css-inline"]
    document = str(group.contenders["ours"](group.inputs[0]))
    changed = re.sub(found, other, document, count=1)
    assert changed != document
    assert group.canonical(changed) != group.canonical(document)


def test_candidates_differ_from_each_other(views: list[CardView]) -> None:
    """A turn renders different cards, so that no cache of ours can answer for them."""
    assert len(set(many(50))) == 50
    assert len(set(views)) > 0.8 * len(views)


def test_everything_is_measured_and_printed() -> None:
    """The smallest possible run yields a positive ratio for every claim, and they all print."""
    rows = collect(_LEAST)
    assert len({row.claim for row in rows}) == len(rows) == _CLAIMS
    for row in rows:
        assert math.isfinite(row.median)
        assert row.low <= row.median <= row.high
        assert (row.met is None) == (row.target == "")
    printed = table(rows)
    assert all(row.claim in printed for row in rows)
    assert {"processor", "python", "jinja2", "markupsafe", "pydantic"} <= machine().keys()


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (Claim("", "a", "b", most=0.6), ("<= 0.6", True)),
        (Claim("", "a", "b", most=0.4), ("<= 0.4", False)),
        (Claim("", "a", "b", least=0.4), (">= 0.4", True)),
        (Claim("", "a", "b", least=0.6), (">= 0.6", False)),
        (Claim("", "a", "b"), ("", None)),
    ],
)
def test_a_claim_is_judged_by_the_median_of_paired_ratios(
    claim: Claim, verdict: tuple[str, bool | None]
) -> None:
    """One slow round changes neither the ratio nor the verdict."""
    row = claim.row({"a": [1.0, 2.0, 90.0], "b": [2.0, 4.0, 1.0]})
    assert row.median == 0.5
    assert (row.target, row.met) == verdict
