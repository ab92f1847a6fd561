"""Every mail of ours is what the clients of its readers can show, in every theme and density."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, get_args

import pytest
from caniemail import CanIEmail, report
from enhancements import ALLOWED
from mail_document import Mail
from mail_rules import RULES, candidates_have_headings
from mail_uses import UNLISTED

from candidate_cards import Candidate, Shortlist, render_shortlist
from candidate_cards.cards import Density, Labels
from candidate_cards.exports import list_formats, render
from candidate_cards.models import FailedProfile
from candidate_cards.themes import list_themes
from hostile_corpus import harmless_candidate

if TYPE_CHECKING:
    from pathlib import Path

    from caniemail import Finding

DENSITIES: tuple[Density, ...] = get_args(Density)
THEMES = [info.name for info in list_themes()]
_FULL = harmless_candidate()
_FROM_THE_RIGHT = {
    **_FULL,
    "profileId": "prof_rtl",
    "name": "\u05e0\u05d5\u05e2\u05d4 \u05dc\u05d5\u05d9",
    "headline": "\u05de\u05d4\u05e0\u05d3\u05e1\u05ea \u05ea\u05d5\u05e8\u05d9\u05dd",
    "location": "\u062d\u064a\u0641\u0627",
    "currentRole": "\u05de\u05d4\u05e0\u05d3\u05e1\u05ea",
    "currentCompany": "\u0634\u0631\u0643\u0629 Queue",
    "rationale": "\u05e2\u05d1\u05d3\u05d4 \u05e2\u05dc \u05ea\u05d5\u05e8\u05d9\u05dd (SQS).",
    "skills": ["\u05ea\u05d5\u05e8\u05d9\u05dd", "Elixir"],
    "aiFitPoints": ["\u05d1\u05e2\u05dc\u05ea \u05e4\u05e8\u05d9\u05e1\u05d4", "Calm on call"],
    "aiRedFlags": ["\u062e\u0628\u0631\u0629 \u0642\u0635\u064a\u0631\u0629"],
    "detailedExperience": [
        {
            "role": "\u05de\u05d4\u05e0\u05d3\u05e1\u05ea",
            "company": "\u0634\u0631\u0643\u0629",
            "duration": "2019 - 2022",
            "highlights": ["\u05e9\u05e2\u05e8\u05d9\u05dd", "Night shifts"],
        }
    ],
}
_PEOPLE = {
    "nobody": (),
    "one": (_FULL,),
    "several": (
        _FULL,
        {"profileId": "prof_bare", "name": "Bo Sparse"},
        {"profileId": "prof_nameless"},
        {**_FULL, "profileId": "prof_low", "name": "Cy & S\u00f6hne <x>", "matchScore": 12},
        {**_FULL, "profileId": "prof_http", "linkedinUrl": "http://www.linkedin.com/in/x"},
        {**_FULL, "profileId": "prof_script", "linkedinUrl": "javascript:1", "emails": ["a b"]},
        {**_FULL, "profileId": "prof_good", "matchScore": 65, "currentCompany": None},
        {**_FULL, "profileId": "prof_strong", "matchScore": 92, "name": "X" * 60},
        _FROM_THE_RIGHT,
    ),
}
LOOKS = list(product(_PEOPLE, THEMES, DENSITIES))


def _shortlist(people: str) -> Shortlist:
    return Shortlist(
        candidates=tuple(map(Candidate.model_validate, _PEOPLE[people])),
        title="Data Platform Engineer",
        brief="Runs what others build on, and says no to half of it. Two more sentences. Here.",
        client="Douro Trips",
        author="Ada Example",
        failed=(FailedProfile(profile_id="prof_gone", error_code="NOT_FOUND"),),
    )


@lru_cache
def _mails(people: str, theme: str, density: Density) -> tuple[Mail, ...]:
    """Return a mail with all that can be asked for, one with the least, and one from the right."""
    shortlist = _shortlist(people)
    most = render(
        shortlist,
        format="email",
        theme=theme,
        density=density,
        profile="internal",
        reply_to="hiring@example.test",
    ).document
    least = Shortlist(candidates=shortlist.candidates)
    arabic = Labels(lang="ar", dir="rtl")
    return tuple(
        Mail(str(html))
        for html in (
            most,
            render_shortlist(least, format="email", theme=theme, density=density),
            render_shortlist(
                shortlist, format="email", theme=theme, density=density, labels=arabic
            ),
        )
    )


@pytest.fixture(scope="module")
def data(node_modules: Path) -> CanIEmail:
    """The data of the npm package."""
    return CanIEmail(node_modules)


@lru_cache
def _findings(data: CanIEmail, mail: Mail) -> list[Finding]:
    return data.lint(mail)


def _defects(data: CanIEmail, mail: Mail) -> list[Finding]:
    return [
        finding
        for finding in _findings(data, mail)
        if not any(allowance.covers(finding) for allowance in ALLOWED)
    ]


def test_there_is_something_to_test() -> None:
    """The format, themes and densities that the project promises are the ones walked here."""
    assert "email" in list_formats()
    assert {"dark", "harbour", "light"} <= set(THEMES)
    assert DENSITIES == ("row", "card", "detail")
    assert len(LOOKS) >= 27


@pytest.mark.parametrize(("people", "theme", "density"), LOOKS)
def test_nothing_is_used_that_readers_lack(
    people: str, theme: str, density: Density, data: CanIEmail
) -> None:
    """Beyond the enhancements that are explained, every client supports every feature used."""
    for mail in _mails(people, theme, density):
        defects = _defects(data, mail)
        assert not defects, report(defects)


def test_every_enhancement_is_explained_and_used(data: CanIEmail) -> None:
    """Each entry has a sentence and, for each of its clients, a mail that needs it."""
    needed = {
        (allowance, finding.client)
        for look in LOOKS
        for mail in _mails(*look)
        for finding in _findings(data, mail)
        for allowance in ALLOWED
        if allowance.covers(finding)
    }
    for allowance in ALLOWED:
        assert allowance.feature in data.slugs or allowance.feature.startswith(UNLISTED)
        assert allowance.why.endswith(".")
        for client in allowance.clients:
            assert (allowance, client) in needed, f"{allowance.feature} on {client} is not needed"


def test_the_linter_sees_what_the_template_would_add(data: CanIEmail) -> None:
    """A real mail with one bad declaration, element or rule more has exactly that defect."""
    mail, *_ = _mails("one", "light", "card")
    for old, new, feature in (
        ('style="', 'style="opacity:0.5;', "css-opacity"),
        ("</div>\n</body>", "<video></video></div>\n</body>", "html-video"),
        ("</style>", ".a:nth-child(2){color:#fff}</style>", "css-pseudo-class-nth-child"),
    ):
        assert old in mail.source
        added = Mail(mail.source.replace(old, new, 1))
        before = {finding.feature for finding in _defects(data, mail)}
        assert {finding.feature for finding in _defects(data, added)} - before >= {feature}


@pytest.mark.parametrize(("people", "theme", "density"), LOOKS)
def test_every_rule_is_kept(people: str, theme: str, density: Density) -> None:
    """Structure, dark rules, what Word needs, language, images, preheader, head and safety."""
    complaints = [
        f"{rule.__name__}: {complaint}"
        for mail in _mails(people, theme, density)
        for rule in RULES
        for complaint in rule(mail)
    ]
    assert not complaints, "\n".join(dict.fromkeys(complaints))


@pytest.mark.parametrize(("people", "theme", "density"), LOOKS)
def test_every_candidate_has_a_heading(people: str, theme: str, density: Density) -> None:
    """Names are headings, or head a row where the mail is one table, in the order of the list."""
    names = [person.get("name") or Labels().unnamed for person in _PEOPLE[people]]
    for mail in _mails(people, theme, density):
        complaints = candidates_have_headings(mail, names)
        assert not complaints, "\n".join(complaints)
