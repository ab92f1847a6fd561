"""How much fits into one message, and what becomes of a shortlist that does not.

Gmail shows 102,400 bytes of HTML and hides the rest. The candidates here are full ones: every field
that a message shows is filled, with texts as long as they usually are.
"""

from __future__ import annotations

import json
import re
from email import policy
from email.parser import BytesParser
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from candidate_cards import (
    Candidate,
    Shortlist,
    export_candidates,
    render_email,
    split_email,
)
from candidate_cards.cards import Density, Part
from candidate_cards.errors import ExportError
from candidate_cards.exports import render
from candidate_cards.exports.email import MOST_BYTES
from candidate_cards.themes import list_themes
from command_line import invoke, sourcing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from candidate_cards import Email

DENSITIES: tuple[Density, ...] = get_args(Density)
THEMES = [info.name for info in list_themes() if info.origin == "bundled"]
REPLY_TO = "recruiter@acme.example"
_MOST_OF_ONE = 3_584

_ROLES = ("Principal Data Engineer", "Senior Platform Engineer", "Lead Analytics Engineer")
_COMPANIES = ("Fjordline Freight", "Ostrava Optics", "Juniper Mutual", "Harbour & Sons")
_PLACES = ("Bergen, Norway", "Brno, Czechia", "Frankfurt, Germany", "Utrecht, Netherlands")
_SKILLS = (
    *("Python", "Apache Airflow", "PostgreSQL", "Kafka", "Terraform", "Kubernetes", "Snowflake"),
    *("dbt", "Great Expectations", "Scala", "Observability"),
)
_POINT = "Led the move from nightly batches to streams and kept every one of her forty people"
_LENGTHS = (40, 60, 80, 50, 70)


def full_candidate(number: int) -> dict[str, Any]:
    """Return a full candidate on the wire; different numbers, different texts."""

    def points(count: int, first: int) -> list[str]:
        lengths = [_LENGTHS[(first + step) % len(_LENGTHS)] for step in range(count)]
        return [f"{number:03} {_POINT}"[:length] for length in lengths]

    return {
        "profileId": f"prof_{number:04}",
        "name": f"Wilhelmina Ashworth-Talbot {number:03}",
        "linkedinUrl": f"https://www.linkedin.com/in/example-wilhelmina-{number:03}",
        "matchScore": 99 - number % 70,
        "headline": "Turns tide tables into timetables, and people into teams",
        "location": _PLACES[number % len(_PLACES)],
        "currentCompany": _COMPANIES[number % len(_COMPANIES)],
        "currentRole": _ROLES[number % len(_ROLES)],
        "skills": list(_SKILLS),
        "rationale": (
            f"Number {number:03} has run the data platform of a shipping company for six years "
            "and moved its forecasts from nightly files to streams. The ports now plan by them. "
            "The teams stayed small and kept their people, and tests are written first. What is "
            "missing is work in a company of more than two hundred people, or abroad."
        ),
        "aiFitPoints": points(5, number),
        "aiRedFlags": points(4, number + 2),
        "aiDetailedRationale": [
            {
                "title": "Data Engineer",
                "company": "Northquay",
                "duration": "4 years",
                "relevanceExplanation": "Owned ingestion for forty ports, end to end.",
            }
        ],
        "detailedExperience": [
            {
                "role": "Analyst",
                "company": "Tern Robotics",
                "duration": "2017 - 2020",
                "highlights": ["Streams instead of files", "Costs down by a third"],
            }
        ],
        "emails": [f"wilhelmina.{number:03}@mail.example"],
    }


@cache
def full_shortlist(count: int) -> Shortlist:
    """Return so many full candidates with everything around them."""
    return Shortlist(
        candidates=tuple(Candidate.model_validate(full_candidate(n + 1)) for n in range(count)),
        title="Principal Data Platform Engineer",
        brief="Someone who has moved a company from files to streams, and would do it again.",
        client="Fjordline Freight",
        author="R. Recruiter",
    )


def html_bytes(shortlist: Shortlist, part: Part = Part(), **look: Any) -> int:  # noqa: ANN401, B008  options; a constant
    """Return the size of a message, whether it fits or not."""
    made = render(shortlist, format="email", reply_to=REPLY_TO, part=part, **look)
    return len(made.document.encode())


def most_that_fit(density: Density) -> int:
    """Return how many full candidates fit into one message."""
    fits, too_many = 1, 1_000
    while too_many - fits > 1:
        count = (fits + too_many) // 2
        if html_bytes(full_shortlist(count), density=density) <= MOST_BYTES:
            fits = count
        else:
            too_many = count
    return fits


def ranked_names(email: Email) -> list[tuple[int, str]]:
    """Return rank and name of each candidate's heading in the HTML, in order."""
    headings = lxml_html.document_fromstring(str(email.html)).xpath("//h2")
    found = [re.fullmatch(r"(\d+)\.\s+(.*)", heading.text_content()) for heading in headings]
    return [(int(match[1]), match[2]) for match in found if match]


def text_ranks(email: Email) -> list[int]:
    """Return the number of each candidate in the text, in order."""
    return [int(number) for number in re.findall(r"^(\d+)\. \S", email.text, re.MULTILINE)]


def test_full_candidates_are_full() -> None:
    """The candidates that are counted have every field, differ, and are as long as is said."""
    people = [full_candidate(number) for number in range(1, 41)]
    assert len({json.dumps(person) for person in people}) == 40
    for person in people:
        assert Candidate.model_validate(person).model_fields_set == set(Candidate.model_fields)
        assert len(person["name"]) == 30
        assert len(person["rationale"]) > 280
        assert (len(person["skills"]), len(person["aiFitPoints"])) == (11, 5)
        assert len(person["aiRedFlags"]) == 4
        lengths = [len(text) for text in (*person["aiFitPoints"], *person["aiRedFlags"])]
        assert (min(lengths), max(lengths)) == (40, 80)
    text = render_email(full_shortlist(5), reply_to=REPLY_TO).text
    assert all(person["name"] in text for person in people[:5])


@pytest.mark.parametrize("theme", THEMES)
def test_twenty_eight_full_cards_fit_into_one_message(theme: str) -> None:
    """A shortlist of 28 full cards is one message that Gmail shows whole, in every theme."""
    assert html_bytes(full_shortlist(28), theme=theme) <= MOST_BYTES


@pytest.mark.parametrize("theme", THEMES)
def test_a_full_card_has_a_bounded_size(theme: str) -> None:
    """Each candidate more, with its line in the comparison, adds at most three and a half KiB."""
    sizes = [html_bytes(full_shortlist(count), theme=theme) for count in range(1, 31)]
    added = [more - less for less, more in pairwise(sizes[1:])]
    assert min(added) > 0
    assert max(added) <= _MOST_OF_ONE


def test_themes_are_measured() -> None:
    """At least three bundled themes are measured, one of them with a logo."""
    assert len(THEMES) >= 3
    assert {"light", "dark", "harbour"} <= set(THEMES)


@pytest.mark.parametrize("count", [5, 25])
@pytest.mark.parametrize("theme", THEMES)
def test_usual_shortlists_are_one_message(theme: str, count: int) -> None:
    """Five and 25 full cards are one message, and splitting them changes nothing."""
    shortlist = full_shortlist(count)
    email = render_email(shortlist, theme=theme, reply_to=REPLY_TO)
    assert email.size == len(str(email.html).encode()) <= MOST_BYTES
    (alone,) = split_email(shortlist, theme=theme, reply_to=REPLY_TO)
    assert (alone.subject, alone.html, alone.text) == (email.subject, email.html, email.text)
    assert "part" not in email.subject


def test_forty_full_cards_are_refused_with_both_ways_out() -> None:
    """An error names the size, the limit, splitting and a shorter density, and no person."""
    shortlist = full_shortlist(40)
    with pytest.raises(ExportError) as raised:
        render_email(shortlist, reply_to=REPLY_TO)
    message = str(raised.value)
    assert f"{html_bytes(shortlist):,}" in message
    assert f"{MOST_BYTES:,}" in message
    assert all(way in message for way in ("--split", "split_email", "--density row"))
    assert not any(person.name in message for person in shortlist.candidates if person.name)


@pytest.mark.parametrize("density", DENSITIES)
def test_every_door_offers_only_what_is_less(density: Density) -> None:
    """The bytes of a file are refused with the same words as the message they would hold."""
    shortlist = full_shortlist(400)
    with pytest.raises(ExportError) as of_message:
        render_email(shortlist, density=density)
    with pytest.raises(ExportError) as of_file:
        export_candidates(shortlist, format="email", density=density)
    assert str(of_message.value) == str(of_file.value)
    assert ("--density row" in str(of_file.value)) == (density == "card")


@pytest.mark.parametrize("theme", THEMES)
def test_forty_full_cards_split_into_two_messages(theme: str) -> None:
    """Both halves fit, say which they are, and between them hold everybody once, in order."""
    shortlist = full_shortlist(40)
    emails = split_email(shortlist, theme=theme, reply_to=REPLY_TO)
    assert len(emails) == 2
    everybody = [(rank, person.name) for rank, person in enumerate(shortlist.candidates, 1)]
    assert [ranked for email in emails for ranked in ranked_names(email)] == everybody
    assert [rank for email in emails for rank in text_ranks(email)] == list(range(1, 41))
    assert [len(ranked_names(email)) for email in emails] == [20, 20]
    for number, email in enumerate(emails, 1):
        which = f"part {number} of 2"
        assert email.size <= MOST_BYTES
        assert email.subject == (
            f"Shortlist for Principal Data Platform Engineer: 40 candidates ({which})"
        )
        document = lxml_html.document_fromstring(str(email.html))
        assert which in document.findtext(".//title")
        (heading,) = document.xpath("//h1/following-sibling::p[1]")
        assert f"40 candidates, {which}" in " ".join(heading.text_content().split())
        assert f"40 candidates, {which}" in email.text.partition("-" * 72)[0]
        table = document.xpath("//tbody/tr/td[1]")
        assert [int(cell.text_content()) for cell in table] == [
            rank for rank, _ in ranked_names(email)
        ]


def test_forty_rows_fit_into_one_message() -> None:
    """In the density that the error names, 40 full candidates fit, and a hundred do."""
    email = render_email(full_shortlist(40), density="row", reply_to=REPLY_TO)
    assert email.size <= MOST_BYTES
    assert text_ranks(email) == list(range(1, 41))
    assert most_that_fit("row") >= 100


def test_a_longer_density_holds_fewer() -> None:
    """Row, card and detail each hold fewer full candidates than the one before, detail 20."""
    fits = [most_that_fit(density) for density in DENSITIES]
    assert fits == sorted(fits, reverse=True)
    assert len(set(fits)) == 3
    assert fits[-1] >= 20


# Rationales in bytes: many small ones, and some of which two are too large for a message.
_sizes = st.lists(st.integers(0, 3_000) | st.integers(0, 60_000), min_size=1, max_size=16)


def _of_sizes(sizes: Sequence[int]) -> Shortlist:
    """Return candidates whose texts have so many bytes, in words as long as a line."""
    texts = [f"{'x' * 60} " * (size // 61) for size in sizes]
    people = [
        Candidate.model_validate({"profileId": f"p{n}", "name": f"Nr{n}", "rationale": text})
        for n, text in enumerate(texts, 1)
    ]
    return Shortlist(candidates=tuple(people), title="Engineer")


def _in_parts(count: int, total: int) -> list[int]:
    """Return how many of ``count`` stand in each of ``total`` messages of about equal length."""
    return [len(range(number, count, total)) for number in range(total)]


def _fit_in(shortlist: Shortlist, total: int) -> bool:
    first = 1
    for number, size in enumerate(_in_parts(len(shortlist.candidates), total), 1):
        if html_bytes(shortlist, Part(number, total, first, size), density="detail") > MOST_BYTES:
            return False
        first += size
    return True


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(sizes=_sizes)
def test_splitting_loses_nobody(sizes: list[int]) -> None:
    """Of any candidates that fit alone, all are there once, in order, in few equal messages."""
    shortlist = _of_sizes(sizes)
    emails = split_email(shortlist, density="detail", reply_to=REPLY_TO)
    ranked = [pair for email in emails for pair in ranked_names(email)]
    assert ranked == [(rank, f"Nr{rank}") for rank in range(1, len(sizes) + 1)]
    assert [rank for email in emails for rank in text_ranks(email)] == [rank for rank, _ in ranked]
    assert all(email.size <= MOST_BYTES for email in emails)
    counts = [len(ranked_names(email)) for email in emails]
    assert counts == _in_parts(len(sizes), len(emails))
    assert max(counts) - min(counts) <= 1
    assert not any(_fit_in(shortlist, total) for total in range(1, len(emails)))
    assert len({email.subject for email in emails}) == len(emails)
    assert all(("part" in email.subject) == (len(emails) > 1) for email in emails)


@pytest.mark.parametrize(("rank", "count"), [(1, 1), (1, 4), (3, 5), (12, 12)])
def test_one_candidate_that_is_too_large_is_named_by_rank(rank: int, count: int) -> None:
    """Where no split helps, the error says which candidate it is, and nothing about the person."""
    people = [full_candidate(number) for number in range(1, count + 1)]
    people[rank - 1]["rationale"] = "Sesquipedalian " * 9_000
    shortlist = Shortlist(candidates=tuple(map(Candidate.model_validate, people)))
    with pytest.raises(ExportError) as raised:
        split_email(shortlist, density="detail", reply_to=REPLY_TO)
    message = str(raised.value)
    assert re.search(rf"\bcandidate {rank}\b", message)
    assert f"{MOST_BYTES:,}" in message
    assert "density" in message
    for text in ("Sesquipedalian", "Wilhelmina", "prof_", "linkedin", "Engineer", "Kafka"):
        assert text not in message


def test_one_candidate_alone_is_not_told_to_split() -> None:
    """The error about a message with one candidate offers a shorter density only."""
    person = full_candidate(1) | {"rationale": "Sesquipedalian " * 9_000}
    for content in (
        Candidate.model_validate(person),
        Shortlist(candidates=(Candidate.model_validate(person),)),
    ):
        with pytest.raises(ExportError) as raised:
            render_email(content, density="detail")
        assert "density" in str(raised.value)
        assert "split" not in str(raised.value)
        assert "Sesquipedalian" not in str(raised.value)


def test_an_empty_shortlist_is_one_message() -> None:
    """Nobody to show is one message, whole or split."""
    (email,) = split_email(Shortlist(title="Engineer"))
    assert email.subject == "Shortlist for Engineer: 0 candidates"
    assert ranked_names(email) == []


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Return a sourcing result of 60 full candidates."""
    path = tmp_path / "in.json"
    path.write_text(sourcing(*map(full_candidate, range(1, 61))), encoding="utf-8")
    return path


def test_the_command_line_splits_into_numbered_files(results: Path) -> None:
    """With ``--split`` there are two messages, and the report lists both with their sizes."""
    out = results.with_name("out.eml")
    result = invoke("render", results, "-o", out, "--split", "--title", "Data Engineer", "--json")
    assert result.exit_code == 0, result.stderr
    paths = [results.with_name("out-1.eml"), results.with_name("out-2.eml")]
    assert sorted(results.parent.glob("*.eml")) == paths
    report = json.loads(result.stdout)
    assert [output["path"] for output in report["outputs"]] == list(map(str, paths))
    assert [output["bytes"] for output in report["outputs"]] == [
        path.stat().st_size for path in paths
    ]
    assert [output["profileId"] for output in report["outputs"]] == [None, None]
    assert (report["candidates"], report["format"]) == (60, "email")
    names: list[str] = []
    for number, path in enumerate(paths, 1):
        message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
        assert message["Subject"] == (
            f"Shortlist for Data Engineer: 60 candidates (part {number} of 2)"
        )
        body = message.get_body(("plain",))
        assert body is not None
        names += re.findall(r"^\d+\. (.*\S)", body.get_content(), re.MULTILINE)
    assert names == [full_candidate(number)["name"] for number in range(1, 61)]


def test_the_command_line_refuses_what_does_not_fit(results: Path) -> None:
    """Without ``--split`` the exit code is 1, both ways out are named, and nothing is written."""
    result = invoke("render", results, "-o", results.with_name("out.eml"))
    assert result.exit_code == 1
    assert "--split" in result.stderr
    assert "--density row" in result.stderr
    assert "Wilhelmina" not in result.output
    assert not list(results.parent.glob("*.eml"))


def test_the_command_line_takes_the_shorter_density(results: Path) -> None:
    """The other way out works too: rows are one message under the name that was asked for."""
    out = results.with_name("out.eml")
    for more in ((), ("--split", "--force")):
        result = invoke("render", results, "-o", out, "--density", "row", *more)
        assert result.exit_code == 0, result.stderr
        assert list(results.parent.glob("*.eml")) == [out]


def test_several_messages_do_not_go_to_stdout(results: Path) -> None:
    """Two messages in one stream are wrong usage: exit code 2, nothing on stdout."""
    result = invoke("render", results, "-o", "-", "--format", "email", "--split")
    assert result.exit_code == 2
    assert result.stdout_bytes == b""
    assert "2 messages" in result.stderr


def test_a_file_of_one_part_is_not_overwritten(results: Path) -> None:
    """If one of the numbered files exists, none is written, unless that is asked for."""
    second = results.with_name("out-2.eml")
    second.write_text("mine", encoding="utf-8")
    command = ("render", results, "-o", results.with_name("out.eml"), "--split")
    result = invoke(*command)
    assert result.exit_code == 1
    assert list(results.parent.glob("*.eml")) == [second]
    assert second.read_text(encoding="utf-8") == "mine"
    assert invoke(*command, "--force").exit_code == 0
    assert b"part 2 of 2" in second.read_bytes()


def test_a_dry_run_measures_the_parts(results: Path) -> None:
    """A dry run reports the numbered files and writes none."""
    result = invoke(
        *("render", results, "-o", results.with_name("out.eml"), "--split", "--dry-run", "--json")
    )
    assert result.exit_code == 0, result.stderr
    outputs = json.loads(result.stdout)["outputs"]
    assert [output["path"][-9:] for output in outputs] == ["out-1.eml", "out-2.eml"]
    assert not list(results.parent.glob("*.eml"))
