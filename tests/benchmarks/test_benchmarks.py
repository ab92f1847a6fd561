"""The ratios mean something only if every contender writes the same text; no time is asserted."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from candidate_cards import Candidate
from candidate_cards.cards import CardView, card_view

from . import readme, report
from .__main__ import collect
from .candidates import many, uneven
from .cards import card_groups
from .effort import Effort
from .inlining import inlining_group
from .mail import mail_groups, shortlists_of_ten
from .measuring import Claim, Group, Row
from .registry import BENCHMARKS
from .report import Found, Report, Result, facts_after, facts_before, latest

if TYPE_CHECKING:
    from pathlib import Path

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
    cards_in_page=10,
    page_rounds=1,
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


@pytest.fixture(scope="module")
def measured() -> list[Result]:
    """Return the results of the smallest possible run of every benchmark."""
    return collect(_LEAST, [benchmark.name for benchmark in BENCHMARKS])


def test_every_benchmark_has_rows_of_its_own(measured: list[Result]) -> None:
    """Each yields finite ratios, and no two rows are about the same."""
    assert {each.benchmark for each in measured} == {benchmark.name for benchmark in BENCHMARKS}
    names = [benchmark.name for benchmark in BENCHMARKS]
    assert len(set(names)) == len(names) > 10
    rows = [each.row for each in measured]
    assert len({row.what for row in rows}) == len(rows)
    for row in rows:
        assert math.isfinite(row.median)
        assert row.low <= row.median <= row.high
        assert (row.met is None) == (row.target == "")
    assert sum(row.met is not None for row in rows) > 40


def test_what_is_printed_can_be_read_back(measured: list[Result], tmp_path: Path) -> None:
    """A saved table gives each row again, with the machine's facts before it."""
    facts = facts_before([each.benchmark for each in measured], "least") | facts_after(1.0)
    assert {"processor", "Python", "load at the start", "load at the end"} <= facts.keys()
    assert {"premailer", "weasyprint", "typst"} <= {
        each.split()[0] for each in facts["versions"].split(", ")
    }
    text = Report(facts, measured).markdown(date(2030, 1, 2))
    assert all(fact in text for fact in facts.values())
    (tmp_path / "2030-01-02.md").write_text(text, encoding="utf-8")
    found = latest(tmp_path)
    assert list(found) == [each.row.what for each in measured]
    for each in measured:
        one = found[each.row.what]
        assert (one.day, one.benchmark, one.beside) == (
            "2030-01-02",
            each.benchmark,
            each.row.beside,
        )
        assert one.target.startswith(each.row.target)


def test_later_results_take_the_place_of_earlier_ones(tmp_path: Path) -> None:
    """Row by row: what a later run did not measure stays as it was."""
    first, second = Row("a", "x", 0.5, 0.5, 0.5), Row("b", "x", 0.5, 0.5, 0.5)
    for day, rows in ((1, [first, second]), (2, [first._replace(median=0.25)])):
        results = [Result("some", row, 0.0) for row in rows]
        text = Report({}, results).markdown(date(2030, 1, day))
        (tmp_path / f"2030-01-0{day}.md").write_text(text, encoding="utf-8")
    assert {what: (found.day, found.ratio) for what, found in latest(tmp_path).items()} == {
        "a": ("2030-01-02", "0.250x"),
        "b": ("2030-01-01", "0.500x"),
    }


@pytest.mark.parametrize("others", [0.0, report.BUSY, 1.5])
def test_a_busy_machine_is_told_in_the_table(others: float) -> None:
    """Each row says what others used meanwhile, if it was much."""
    row = Row("a", "x", 0.5, 0.5, 0.5)
    text = Report({}, [Result("some", row, others)]).markdown(date(2030, 1, 2))
    assert (f"others used {others:.1f} cores" in text) == (others >= report.BUSY)


def test_what_others_do_is_told_from_what_this_run_does() -> None:
    """The work of this process and of those that it waited for is not other work."""
    with report.watched() as used:
        pass
    assert used[0] >= 0
    own = sum(os.times()[:4])
    sum(range(3_000_000))
    subprocess.run([sys.executable, "-c", "sum(range(3_000_000))"], check=True)
    assert sum(os.times()[:4]) > own


def test_every_benchmark_and_row_of_the_readme_has_a_result() -> None:
    """The newest results have each benchmark, and all that the README shows."""
    found = latest()
    assert {each.benchmark for each in found.values()} == {each.name for each in BENCHMARKS}
    assert set(readme.SHOWN) <= found.keys()
    assert len(set(readme.SHOWN)) == len(readme.SHOWN)


def test_the_readme_shows_the_newest_results() -> None:
    """Its table is what is made of them; `python -m tests.benchmarks --save` writes it."""
    assert readme.written_table() == readme.speed_table(latest())


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("0.431x", "0.43x"),
        ("0.996x", "1x"),
        ("1.839x", "1.8x"),
        ("9.960x", "10x"),
        ("18x", "18x"),
        ("1,245x", "1,200x"),
        ("1/1,245", "1/1,200"),
        ("1/130", "1/130"),
        ("0.040x", "0.04x"),
    ],
)
def test_the_readme_rounds_to_two_digits(printed: str, shown: str) -> None:
    """Whatever the size of a ratio is, and whichever way it is printed."""
    what = readme.SHOWN[0]
    found = dict.fromkeys(readme.SHOWN, Found("2030-01-02", "some", "x", printed, "", ""))
    line = f"| {what.partition(': beside')[0]} | x | {shown} |  |"
    assert line in readme.speed_table(found).splitlines()


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (Claim("", "", "a", "b", most=0.6), ("<= 0.6", True)),
        (Claim("", "", "a", "b", most=0.4), ("<= 0.4", False)),
        (Claim("", "", "a", "b", least=0.4), (">= 0.4", True)),
        (Claim("", "", "a", "b", least=0.6), (">= 0.6", False)),
        (Claim("", "", "a", "b"), ("", None)),
    ],
)
def test_a_claim_is_judged_by_the_median_of_paired_ratios(
    claim: Claim, verdict: tuple[str, bool | None]
) -> None:
    """One slow round changes neither the ratio nor the verdict."""
    row = claim.row({"a": [1.0, 2.0, 90.0], "b": [2.0, 4.0, 1.0]})
    assert row.median == 0.5
    assert (row.target, row.met) == verdict
