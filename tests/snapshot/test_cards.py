"""Cards as they are, to open in a browser, and a judgement on each.

A snapshot remembers; it does not judge. So each case is also read for what has to be true of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from lxml import html as lxml_html
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from candidate_cards import Candidate, FailedProfile, Shortlist, render_card, render_shortlist
from candidate_cards.cards import DEFAULT_LABELS, Density, card_view

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

FULL = Candidate.model_validate(
    {
        "profileId": "prof_full",
        "name": "Ingrid Solvang",
        "linkedinUrl": "https://no.linkedin.com/in/ingrid-solvang-example",
        "matchScore": 87.4,
        "headline": "Turns tide tables into timetables",
        "location": "Bergen, Norway",
        "currentCompany": "Fjordline Freight",
        "currentRole": "Senior Data Engineer",
        "skills": [
            *("Python", "Apache Airflow", "dbt", "PostgreSQL", "Kafka", "Terraform", "Spark"),
            *("Docker", "Great Expectations", "Norwegian"),
        ],
        "rationale": (
            "Ingrid has run the data platform of a shipping company for six years. She moved its "
            "forecasts from nightly files to streams, and the ports now plan by them. Her teams "
            "stayed small and kept their people. She writes tests first, and says so in her talks. "
            "What she has not done is work in a company of more than two hundred people, or abroad."
        ),
        "aiFitPoints": [
            "Six years with the very tools of this role",
            "Led a migration from batch to streams without an outage",
            "Mentors two juniors a year",
            "Speaks at meetups in two languages",
            "Available from August",
        ],
        "aiRedFlags": ["No experience outside freight", "Asks to work from home four days a week"],
        "aiDetailedRationale": [
            {
                "title": "Data Engineer",
                "company": "Fjordline Freight",
                "duration": "6 years",
                "relevanceExplanation": "Owned ingestion for forty ports, end to end.",
            },
            {"title": "Analyst", "relevanceExplanation": "Learned to ask what a number is for."},
        ],
        "detailedExperience": [
            {
                "role": "Senior Data Engineer",
                "company": "Fjordline Freight",
                "duration": "2020 - today",
                "highlights": ["Streams instead of files", "Costs down by a third"],
            },
            {"role": "Analyst", "company": "Kyst & Co <statistics>", "duration": "2017 - 2020"},
        ],
        "emails": ["ingrid@example.test", "not an address"],
    }
)
SPARSE = Candidate.model_validate({"profileId": "prof_sparse", "name": "Bo", "headline": "Welder"})
FOREIGN = Candidate.model_validate(
    {
        "profileId": "prof_rtl",
        "name": "נועה לוי",
        "currentRole": "מהנדסת נתונים",
        "currentCompany": "Northwind",
        "matchScore": 39,
        "rationale": "ניסיון של שש שנים עם {{ templates }} ו-SQL.",
        "linkedinUrl": "http://example.test/not-linked",
    }
)
SHORTLIST = Shortlist(
    candidates=(FULL, FOREIGN, SPARSE),
    title="Data engineer, Bergen",
    brief="Someone who has moved a company from files to streams, and would do it again.",
    client="Fjordline Freight",
    author="R. Recruiter",
    failed=(FailedProfile(profile_id="prof_gone", error_code="NOT_FOUND"),),
)


class Case(NamedTuple):
    """One picture: who, in which form."""

    format: str
    theme: str
    density: Density
    who: Candidate | Shortlist
    label: str

    @property
    def people(self) -> tuple[Candidate, ...]:
        """Whose cards it holds, in order."""
        return self.who.candidates if isinstance(self.who, Shortlist) else (self.who,)

    def render(self) -> str:
        """Return its markup."""
        look: dict[str, Any] = self._asdict()
        del look["who"], look["label"]
        if isinstance(self.who, Shortlist):
            return str(render_shortlist(self.who, profile="internal", **look))
        return str(render_card(self.who, profile="internal", **look))


CASES = [
    Case("fragment", "dark", "card", FULL, "full"),
    Case("fragment", "light", "detail", FULL, "full"),
    Case("fragment", "dark", "row", FULL, "full"),
    Case("fragment", "light", "card", SPARSE, "sparse"),
    Case("fragment", "dark", "detail", SPARSE, "sparse"),
    Case("fragment", "light", "row", FOREIGN, "foreign"),
    Case("element", "dark", "card", FULL, "full"),
    Case("element", "light", "row", SHORTLIST, "shortlist"),
    Case("element", "harbour", "card", SPARSE, "sparse"),
    Case("page", "dark", "card", SHORTLIST, "shortlist"),
    Case("page", "light", "detail", FULL, "full"),
    Case("page", "harbour", "detail", SHORTLIST, "shortlist"),
    Case("page", "dark", "row", FOREIGN, "foreign"),
]


def _id(case: Case) -> str:
    return f"{case.format}-{case.theme}-{case.density}-{case.label}"


class _HtmlExtension(SingleFileSnapshotExtension):
    """Keeps each case in a file that a browser opens."""

    file_extension = "html"
    _write_mode = WriteMode.TEXT


@pytest.fixture
def pictures(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Snapshots as HTML files."""
    return snapshot.use_extension(_HtmlExtension)


@pytest.mark.parametrize("case", CASES, ids=_id)
def test_a_card_is_what_it_was(case: Case, pictures: SnapshotAssertion) -> None:
    """The markup is the one that was last looked at; what changed is for people to judge."""
    assert case.render() == pictures


@pytest.mark.parametrize("case", CASES, ids=_id)
def test_a_card_is_right(case: Case) -> None:
    """What is shown is all there, in order, in its own words, and under the rules of its format."""
    html = case.render()
    root = lxml_html.document_fromstring(html)
    cards = root.xpath("//*[@role='article']")
    shadow = root.xpath("//template//*[@role='article']")
    assert len(cards) == len(case.people) * (2 if case.format == "element" else 1)
    for number, card in enumerate(cards):
        person = case.people[number % len(case.people)]
        view = card_view(person, density=case.density)
        text = " ".join(card.text_content().split())
        headings = [
            " ".join(part.text_content().split()) for part in card.xpath(".//h1|.//h2|.//h3")
        ]
        assert headings[0] == view.name
        sections = {
            DEFAULT_LABELS.skills: view.skills,
            DEFAULT_LABELS.fit: view.fit,
            DEFAULT_LABELS.check: view.check,
            DEFAULT_LABELS.evidence: view.evidence,
            DEFAULT_LABELS.experience: view.experience,
        }
        expected = [label for label, items in sections.items() if items]
        assert [
            heading.removesuffix(f" {DEFAULT_LABELS.ai}") for heading in headings[1:]
        ] == expected
        at = 0
        for words in _reading_order(view):
            place = text.find(" ".join(words.split()), at)
            assert place >= 0, words
            at = place
        assert view.score.word in text
        inside_a_shadow_root = card in shadow
        classes = card.xpath(".//@class")
        styles = card.xpath(".//@style")
        assert bool(classes) is (inside_a_shadow_root or case.format == "page")
        assert bool(styles) is not bool(classes)
        assert not re.search(r"None|null|undefined|\[object", text)


def _reading_order(view: Any) -> list[str]:  # noqa: ANN401  a view
    """Return texts in the order in which a card has to be read."""
    parts = [view.name, view.role, view.company, view.headline, view.place, view.lead, view.rest]
    parts += [*view.skills, *view.fit, *view.check]
    for item in view.evidence:
        parts += [item.role, item.company, item.duration, item.text]
    for item in view.experience:
        parts += [item.role, item.company, item.duration, *item.highlights]
    if view.profile:
        parts.append(view.profile.text)
    parts += [email.text for email in view.emails]
    return [part for part in parts if part]


def test_cases_cover_every_format_theme_and_density() -> None:
    """Among the pictures is each format, theme and density, full and sparse."""
    assert {case.format for case in CASES} == {"fragment", "element", "page"}
    assert {case.theme for case in CASES} == {"dark", "light", "harbour"}
    assert {case.density for case in CASES} == {"row", "card", "detail"}
    assert {case.label for case in CASES} == {"full", "sparse", "foreign", "shortlist"}
    assert len({_id(case) for case in CASES}) == len(CASES) >= 12
