"""Messages as they are, to open in a browser or a mail program, and a judgement on each.

A snapshot remembers; it does not judge. So each case is also read for what has to be true of it.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from email import policy
from email.parser import BytesParser
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from lxml import html as lxml_html
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from candidate_cards import (
    Candidate,
    Email,
    Envelope,
    FailedProfile,
    Shortlist,
    message_bytes,
    render_email,
)
from candidate_cards.cards import DEFAULT_LABELS, CardView, Density, card_view
from hostile_corpus import folded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

    from syrupy.assertion import SnapshotAssertion

FULL = Candidate.model_validate(
    {
        "profileId": "prof_full",
        "name": "Tomasz O'Dell-Żuk",
        "linkedinUrl": "https://pl.linkedin.com/in/tomasz-odell-example",
        "matchScore": 91,
        "headline": "Kitchens that run on time",
        "location": "Gdynia, Poland",
        "currentCompany": "Bałtyk Catering & Sons",
        "currentRole": "Head of Kitchen Operations",
        "skills": [
            *("Menu costing", "HACCP", "Rota planning", "Procurement", "Stock <control>"),
            *("Supplier audits", "Training", "Budgets", "Polish", "English"),
        ],
        "rationale": (
            "Tomasz has run four kitchens for a ferry line, three of them at once. He cut what is "
            "thrown away by a third and kept his people through two seasons. His rotas are planned "
            "six weeks ahead, and changed by nobody but himself. He has cooked for twelve hundred "
            "guests a day. What he has not done is open a kitchen from nothing."
        ),
        "aiFitPoints": [
            "Four kitchens at once, two of them at sea",
            "Waste down by a third within a year",
            "Holds a HACCP trainer's certificate",
            "Hired and kept fourteen cooks",
            "Can start in May",
        ],
        "aiRedFlags": ["Has never opened a kitchen", "Wants to stay within an hour of Gdynia"],
        "aiDetailedRationale": [
            {
                "title": "Head Chef",
                "company": "Wisła Ferries",
                "duration": "4 years",
                "relevanceExplanation": "Ran three galleys and the stores ashore.",
            },
            {"relevanceExplanation": "Two seasons abroad taught him to plan for absent suppliers."},
        ],
        "detailedExperience": [
            {
                "role": "Head of Kitchen Operations",
                "company": "Bałtyk Catering & Sons",
                "duration": "2021 - today",
                "highlights": ["Four kitchens", "One supplier for all of them"],
            },
            {"role": "Head Chef", "company": "Wisła Ferries", "duration": "2017 - 2021"},
        ],
        "emails": ["tomasz@example.test", "not an address"],
    }
)
SPARSE = Candidate.model_validate({"profileId": "prof_sparse", "name": "Io", "headline": "Baker"})
FOREIGN = Candidate.model_validate(
    {
        "profileId": "prof_rtl",
        "name": "דנה ברק",
        "currentRole": "שפית",
        "currentCompany": "Northwind",
        "matchScore": 44,
        "rationale": "שמונה שנים במטבח עם {{ templates }} ו-HACCP.",
        "linkedinUrl": "http://example.test/not-linked",
    }
)
SHORTLIST = Shortlist(
    candidates=(FULL, FOREIGN, SPARSE),
    title="Kitchen manager, Gdynia",
    brief="Someone who keeps four kitchens calm in August. Opening one is a bonus.",
    client="Hotel Mewa & Spa",
    author="R. Recruiter",
    failed=(FailedProfile(profile_id="prof_gone", error_code="NOT_FOUND"),),
)
ENVELOPE = Envelope(
    sender='"Zoë Recruiter, R&D" <zoe@agency.example>',
    to=('"Müller, Jörg" <joerg@client.example>', "hr@client.example"),
    reply_to="desk@agency.example",
    date=datetime(2026, 3, 2, 9, 30, tzinfo=timezone(timedelta(hours=1))),
)


class Case(NamedTuple):
    """One message: about whom, in which look."""

    theme: str
    density: Density
    who: Candidate | Shortlist
    label: str

    @property
    def people(self) -> tuple[Candidate, ...]:
        """Who is in it, in order."""
        return self.who.candidates if isinstance(self.who, Shortlist) else (self.who,)

    def views(self, *, capped: bool = True) -> list[CardView]:
        """Return what is shown of each: in the HTML, or, not capped, in the text."""
        look: dict[str, Any] = {"density": self.density, "reply_to": "desk@agency.example"}
        return [card_view(person, capped=capped, **look) for person in self.people]

    def render(self) -> Email:
        """Return the message."""
        look: dict[str, Any] = {"theme": self.theme, "density": self.density}
        return render_email(self.who, profile="internal", reply_to="desk@agency.example", **look)


CASES = [
    Case("light", "card", SHORTLIST, "shortlist"),
    Case("dark", "card", SHORTLIST, "shortlist"),
    Case("harbour", "detail", SHORTLIST, "shortlist"),
    Case("light", "row", SHORTLIST, "shortlist"),
    Case("light", "detail", FULL, "single"),
]
TEXTS = [CASES[0], CASES[4]]
WHOLE = CASES[2]


def _id(case: Case) -> str:
    return f"{case.theme}-{case.density}-{case.label}"


class _HtmlExtension(SingleFileSnapshotExtension):
    """Keeps each case in a file that a browser opens."""

    file_extension = "html"
    _write_mode = WriteMode.TEXT


class _TextExtension(SingleFileSnapshotExtension):
    """Keeps each case in a text file."""

    file_extension = "txt"
    _write_mode = WriteMode.TEXT


class _MessageExtension(SingleFileSnapshotExtension):
    """Keeps a message, byte for byte, in a file that a mail program opens."""

    file_extension = "eml"


@pytest.mark.parametrize("case", CASES, ids=_id)
def test_a_mail_is_what_it_was(case: Case, snapshot: SnapshotAssertion) -> None:
    """The HTML is the one that was last looked at; what changed is for people to judge."""
    assert str(case.render().html) == snapshot.use_extension(_HtmlExtension)


@pytest.mark.parametrize("case", TEXTS, ids=_id)
def test_a_text_is_what_it_was(case: Case, snapshot: SnapshotAssertion) -> None:
    """The text is the one that was last looked at; what changed is for people to judge."""
    assert case.render().text == snapshot.use_extension(_TextExtension)


def test_a_whole_message_is_what_it_was(snapshot: SnapshotAssertion) -> None:
    """With a date given, a message with headers, texts and a logo always has the same bytes."""
    data = message_bytes(WHOLE.render().message(ENVELOPE))
    assert data == snapshot.use_extension(_MessageExtension)
    assert data == message_bytes(WHOLE.render().message(ENVELOPE))


@pytest.mark.parametrize("case", CASES, ids=_id)
def test_a_mail_is_right(case: Case) -> None:
    """All that a card shows is there in its own words and in order, below head and comparison."""
    document = lxml_html.document_fromstring(str(case.render().html))
    (body,) = document.xpath("//body")
    preheader = body.xpath(".//div[contains(@style, 'display:none')]")
    assert len(preheader) == 1
    preheader[0].drop_tree()
    text = folded(body.text_content())
    assert not re.search(r"None|null|undefined|\[object", text)
    at = _follow(text, _head(case), 0)
    compared = isinstance(case.who, Shortlist) and case.density != "row"
    if compared:
        for rank, view in enumerate(case.views(), 1):
            row = (str(rank), view.name, view.role, view.company, view.score.value)
            at = _follow(text, (*row, view.score.word), at)
    for rank, view in enumerate(case.views(), 1):
        parts = [str(rank) if isinstance(case.who, Shortlist) else "", *_reading_order(view)]
        parts += [email.text for email in view.emails]
        if case.density == "row":
            parts += [DEFAULT_LABELS.respond, view.score.value, view.score.word]
        else:
            if view.profile and view.profile.href:
                parts.append(view.profile.text)
            parts.append(DEFAULT_LABELS.respond)
        at = _follow(text, parts, at)
    _follow(text, _foot(case), at)
    names = [folded(heading.text_content()) for heading in body.xpath(".//h2")]
    if compared:
        assert names == [f"{rank}. {view.name}" for rank, view in enumerate(case.views(), 1)]


@pytest.mark.parametrize("case", CASES, ids=_id)
def test_links_of_a_mail_are_right(case: Case) -> None:
    """A profile, an address and a reply are links where they can be one, and nothing else is."""
    document = lxml_html.document_fromstring(str(case.render().html))
    expected: list[str] = []
    for view in case.views():
        addresses = [email.href for email in view.emails]
        profile = [view.profile.href] if view.profile else []
        reply = [view.respond.href] if view.respond else []
        # A row links the name itself, which stands before the addresses.
        shown = profile + addresses if case.density == "row" else addresses + profile
        expected += filter(None, shown + reply)
    assert document.xpath("//a/@href") == expected
    assert len(expected) >= 2


@pytest.mark.parametrize("case", CASES, ids=_id)
def test_a_text_is_right(case: Case) -> None:
    """The text says the same in the same order, with addresses in full."""
    text = folded(case.render().text.replace(f"\n{'-' * 72}\n", ""))
    assert not re.search(r"None|null|undefined|\[object|[<]/?(p|td|span)\b", text)
    at = _follow(text, _head(case) if isinstance(case.who, Shortlist) else (), 0)
    for rank, view in enumerate(case.views(capped=False), 1):
        number = f"{rank}. " if isinstance(case.who, Shortlist) else ""
        parts = [f"{number}{view.name}", *_reading_order(view, score_first=True)]
        if view.profile and view.profile.href:
            parts += [f"{view.profile.text}:", view.profile.href]
        parts += [email.text for email in view.emails]
        at = _follow(text, parts, at)
    _follow(text, _foot(case), at)


def test_a_whole_message_is_right() -> None:
    """Its header says who, to whom, what and when; its parts are text, then HTML with its logo."""
    email = WHOLE.render()
    data = message_bytes(email.message(ENVELOPE))
    assert data.isascii()
    assert data.count(b"\n") == data.count(b"\r\n") == data.count(b"\r")
    assert max(map(len, data.split(b"\r\n"))) <= 998
    message = BytesParser(policy=policy.default).parsebytes(data)
    assert message.keys() == [
        *("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version"),
        "Content-Type",
    ]
    assert [(box.display_name, box.addr_spec) for box in message["From"].addresses] == [
        ("Zoë Recruiter, R&D", "zoe@agency.example")
    ]
    assert [(box.display_name, box.addr_spec) for box in message["To"].addresses] == [
        ("Müller, Jörg", "joerg@client.example"),
        ("", "hr@client.example"),
    ]
    assert message["Reply-To"] == "desk@agency.example"
    assert (
        message["Subject"]
        == email.subject
        == ("Shortlist for Kitchen manager, Gdynia: 3 candidates")
    )
    assert message["Date"].datetime == ENVELOPE.date
    assert re.fullmatch(r"<[^<>@\s]+@agency\.example>", message["Message-ID"])
    assert list(_structure(message)) == [
        *("multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png")
    ]
    assert not any(part.defects for part in message.walk())
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == email.text
    assert html.get_content().replace("\r\n", "\n").rstrip("\n") == str(email.html).rstrip("\n")
    (logo,) = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert logo.get_content().startswith(b"\x89PNG\r\n")
    assert f'src="cid:{logo["Content-ID"][1:-1]}"' in email.html
    assert logo.get_content_disposition() == "inline"


def _structure(part: EmailMessage) -> Iterator[str]:
    for one in part.walk():
        yield one.get_content_type()


def _follow(text: str, parts: Any, at: int) -> int:  # noqa: ANN401  any texts
    """Assert that texts stand in a text one after the other; return where the last one ends."""
    for part in filter(None, parts):
        place = text.find(folded(part), at)
        assert place >= 0, part
        at = place + len(folded(part))
    return at


def _head(case: Case) -> tuple[str, ...]:
    if not isinstance(case.who, Shortlist):
        return ()
    return (
        *("Kitchen manager, Gdynia", "3 candidates", "Prepared for", "Hotel Mewa & Spa"),
        "Someone who keeps four kitchens calm in August.",
    )


def _foot(case: Case) -> tuple[str, ...]:
    notice = (
        *(DEFAULT_LABELS.notice_title, DEFAULT_LABELS.notice_score),
        *(DEFAULT_LABELS.notice_decision, DEFAULT_LABELS.notice_source_usual),
    )
    if not isinstance(case.who, Shortlist):
        return notice
    return (
        *(DEFAULT_LABELS.not_included, "prof_gone"),
        *(DEFAULT_LABELS.prepared_by, "R. Recruiter"),
        *notice,
    )


def _reading_order(view: CardView, *, score_first: bool = False) -> list[str]:
    """Return texts in the order in which a card has to be read, up to its links."""
    parts = [view.name] if not score_first else []
    parts += [view.role, view.joint, view.company, view.headline, view.place]
    if score_first:
        parts += [DEFAULT_LABELS.match, view.score.value, view.score.word]
    parts.append(view.lead)
    for label, points, more in (
        (DEFAULT_LABELS.fit, view.fit, view.fit_more),
        (DEFAULT_LABELS.check, view.check, view.check_more),
        (DEFAULT_LABELS.skills, view.skills, view.skills_more),
    ):
        parts += [label if points else "", *points, more]
    parts.append(DEFAULT_LABELS.evidence if view.evidence else "")
    for why in view.evidence:
        parts += [why.role, why.company, why.duration, why.text]
    parts.append(DEFAULT_LABELS.experience if view.experience else "")
    for post in view.experience:
        parts += [post.role, post.company, post.duration, *post.highlights]
    if view.profile and not view.profile.href:
        parts.append(view.profile.text)
    return parts


def test_cases_cover_themes_densities_and_both_kinds() -> None:
    """Among them is each theme and density, a shortlist and a candidate, full and sparse."""
    assert {case.theme for case in CASES} == {"dark", "light", "harbour"}
    assert {case.density for case in CASES} == {"row", "card", "detail"}
    assert {type(case.who) for case in CASES} == {Candidate, Shortlist}
    assert len({_id(case) for case in CASES}) == len(CASES) >= 5
    assert FULL.model_fields_set == set(Candidate.model_fields)
    assert len(SPARSE.model_fields_set) == 3
