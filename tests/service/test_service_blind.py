"""People in codes over HTTP: nothing names them, their company maps codes back, and decides."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import pikepdf
import pypdf
import pytest
from pydantic import SecretStr
from searching import Searcher, View, needles, views_of

from candidate_cards import list_formats
from candidate_cards.privacy.codes import BlindKey
from candidate_cards.service.formats import FORMATS
from services import Account, LocalService, serving_cards

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

SECRET: Final = "a secret of a test, long enough."  # noqa: S105  as it says
OTHER_SECRET: Final = "another secret, just as long as it."  # noqa: S105  as it says
BLIND: Final = {"profile": "blind"}

ID: Final = "prof_quillon77"
PEOPLE: Final[list[dict[str, Any]]] = [
    {
        "profileId": ID,
        "name": "Quillon Marwick",
        "currentRole": "Rust engineer",
        "currentCompany": "Tessaract Freight",
        "location": "Brno",
        "matchScore": 91,
        "headline": "QUILLON MARWICK | Rust engineer",
        "rationale": "Quillon's teams shipped. <b>Marwick</b> (q.marwick@acme.example) mentors.",
        "skills": ["Rust", "Linux"],
        "aiFitPoints": ["Marwick-led rewrite, see linkedin.com/in/quillon-marwick"],
        "emails": ["q.marwick@acme.example"],
        "linkedinUrl": "https://www.linkedin.com/in/quillon-marwick",
        "detailedExperience": [
            {
                "role": "Rust engineer",
                "company": "Ferrous Yard",
                "duration": "2015 - 2019",
                "highlights": ["Hired by Marwick"],
            }
        ],
    },
    {
        "profileId": "prof_ottilie78",
        "name": "Ottilie Brandvold",
        "matchScore": 77,
        "rationale": "Worked with Quillon Marwick before.",
        "linkedinUrl": "https://www.linkedin.com/in/ottilie-brandvold",
    },
]
FAILED: Final = {"profileId": "prof_lumley79", "errorCode": "PROFILE_NOT_FOUND"}
#: Parts of names, slugs, ids and addresses.
NAMES: Final = (
    *("quillon", "marwick", "ottilie", "brandvold", "lumley"),
    *("prof_quillon77", "prof_ottilie78", "prof_lumley79"),
)
#: A body whose frame names people too.
SHORTLIST: Final = {
    "candidates": PEOPLE,
    "title": "Engineer to follow Quillon Marwick",
    "brief": "As good as Ottilie Brandvold.",
    "failed": [FAILED],
}


@pytest.fixture(scope="module")
def running() -> Iterator[LocalService]:
    """A service that codes."""
    with serving_cards(
        blind_secret=SECRET, embed_secrets=["s" * 32], pdf_workers=1, log_level="debug"
    ) as service:
        yield service


@pytest.fixture(scope="module")
def account(running: LocalService) -> Account:
    """A company with two people."""
    account = running.account()
    assert account.http.post("/candidates", json=PEOPLE).status_code == 200
    return account


def _code(company: str, profile_id: str, secret: str = SECRET) -> str:
    return BlindKey(secret.encode()).derived(company).code(profile_id)


# Nothing names anybody


_EXTENSIONS: Final = {
    "text/html": ".html",
    "message/rfc822": ".eml",
    "application/pdf": ".pdf",
    "image/png": ".png",
    "application/json": ".json",
}
_SEARCHER: Final = Searcher(
    needle
    for person in (*PEOPLE, {"profileId": "prof_lumley79", "name": "Lumley"})
    for needle in needles(
        name=person["name"],
        emails=["q.marwick@acme.example"],
        linkedin_url=person.get("linkedinUrl", ""),
        profile_id=person["profileId"],
    )
)


def _views(answer: httpx.Response) -> Iterator[View]:
    """Yield all that an answer holds: its headers, its bytes, and what is packed in these."""
    for name, value in answer.headers.items():
        yield View("header", unquote(f"{name}: {value}"))
    extension = _EXTENSIONS[answer.headers["Content-Type"].partition(";")[0]]
    yield from views_of(answer.content, extension)


def _named(answer: httpx.Response) -> list[str]:
    """Return what an answer says of who it is about."""
    assert answer.status_code in {200, 201}, answer.text
    return sorted({hit.needle.text for hit in _SEARCHER.hits(_views(answer))})


@pytest.mark.parametrize("name", list_formats())
def test_no_format_names_anybody(account: Account, name: str) -> None:
    """Of a posted shortlist and of a stored person: bytes, packed parts, headers, file names."""
    query = dict(BLIND)
    if name == "email":
        query["subject"] = "About Quillon Marwick"
    posted = account.http.post(f"/render/{name}", json=SHORTLIST, params=query)
    assert _named(posted) == []
    alone = account.http.post(f"/render/{name}", json=PEOPLE[0], params=BLIND)
    assert _named(alone) == []
    stored = account.http.get(f"/candidates/{ID}/{name}", params=BLIND)
    assert _named(stored) == []
    assert int(stored.headers["X-Redaction-Undecided"]) == 0
    # The search finds what is there.
    internal = {"profile": "internal"}
    found = _named(account.http.post(f"/render/{name}", json=SHORTLIST, params=internal))
    assert found or name == "png"


@pytest.mark.parametrize("name", [name for name in list_formats() if name != "png"])
def test_codes_are_the_same_in_every_format(account: Account, name: str) -> None:
    """Whoever has two documents of a company knows that they are about the same people."""
    answer = account.http.post(f"/render/{name}", json=SHORTLIST, params=BLIND)
    spaced = re.sub(r"\s+", "", "\n".join(view.text for view in _views(answer)))
    for person in PEOPLE:
        assert _code(account.company, person["profileId"]) in spaced


def test_embeds_and_their_addresses_name_nobody(running: LocalService, account: Account) -> None:
    """Page, title, oEmbed, pasted HTML, tokens; and what says who it is, its maker has sent."""
    answer = account.http.post("/embeds", json={"profileIds": [ID], **BLIND, "lang": "de"})
    (made,) = answer.json()["data"]
    assert made.pop("profileId") == ID
    about = running.http.get("/oembed", params={"url": made["url"]})
    page = running.http.get(f"/embed/{made['token']}")
    for answer in (about, page):
        assert _named(answer) == []
    assert not [name for name in NAMES if name in json.dumps(made).lower()]
    assert _code(account.company, ID) in page.text
    assert 'lang="de"' in page.text


def test_a_report_on_a_body_names_nobody_but_what_is_to_be_decided(account: Account) -> None:
    """Profiles that failed are in codes too."""
    answer = account.http.post(
        "/render", json=SHORTLIST, params=BLIND, headers={"Accept": "application/json"}
    )
    assert _named(answer) == []
    report = answer.json()
    assert report["failed"][0]["profileId"] == _code(account.company, "prof_lumley79")
    assert report["redaction"]["certain"]
    plain = account.http.post("/render", json=SHORTLIST, headers={"Accept": "application/json"})
    assert plain.json()["redaction"] is None
    assert plain.json()["failed"][0]["profileId"] == "prof_lumley79"


# Codes


def test_a_company_s_own_codes_lead_back(account: Account) -> None:
    """In any spelling, in the order asked; what is none leads nowhere."""
    code = _code(account.company, ID)
    asked = [code, code.lower().replace("-", ""), "C-nothing", _code("nobody", ID), code]
    answer = account.http.post("/codes", json={"codes": asked})
    assert answer.status_code == 200
    unknown = {"success": False, "errorCode": "PROFILE_NOT_FOUND"}
    known = {"success": True, "profileId": ID}
    outcomes = [known, known, unknown, unknown, known]
    assert answer.json() == {
        "success": True,
        "data": [{"code": text, **outcome} for text, outcome in zip(asked, outcomes, strict=True)],
    }


def test_another_company_s_codes_are_as_unknown_as_nobody_s(running: LocalService) -> None:
    """Companies with the same people have no code in common, and map back only their own."""
    accounts = [running.account() for _ in range(4)]
    ids = [f"prof_{number}" for number in range(20)]
    codes: dict[str, list[str]] = {}
    for account in accounts:
        running.people(account.company, 20)
        shown = account.http.post(
            "/render/page",
            json=[{"profileId": each, "name": "Quillon Marwick"} for each in ids],
            params=BLIND,
        ).text
        codes[account.company] = [_code(account.company, each) for each in ids]
        assert all(code in shown for code in codes[account.company])
    assert len({code for some in codes.values() for code in some}) == 4 * 20
    for account in accounts:
        for company, asked in codes.items():
            data = account.http.post("/codes", json={"codes": asked}).json()["data"]
            found = [each.get("profileId") for each in data]
            assert found == (ids if company == account.company else [None] * 20)


def test_codes_of_the_erased_lead_nowhere(running: LocalService) -> None:
    """From the answer on."""
    account = running.account()
    running.people(account.company, 2)
    codes = [_code(account.company, f"prof_{number}") for number in range(2)]
    assert account.http.delete("/candidates/prof_0").status_code == 204
    data = account.http.post("/codes", json={"codes": codes}).json()["data"]
    assert [each["success"] for each in data] == [False, True]


def test_mapping_back_takes_the_right_to_change_people(running: LocalService) -> None:
    """A key that shows people cannot tell who they are; nor can one see what is to be decided."""
    company = running.company()
    running.people(company, 1)
    for scopes, expected in ((["cards:render", "enrich:write"], 403), (["cards:write"], 200)):
        http = running.account(company, scopes=scopes).http
        code = _code(company, "prof_0")
        assert http.post("/codes", json={"codes": [code]}).status_code == expected
        answer = http.get("/candidates/prof_0/redaction", params=BLIND)
        assert answer.status_code == expected
    assert running.http.post("/codes", json={"codes": ["x"]}).status_code == 401


@pytest.mark.parametrize(
    "body", [{}, {"codes": []}, {"codes": ["x"] * 101}, {"codes": ["y" * 101]}]
)
def test_a_wrong_question_is_refused(account: Account, body: dict[str, Any]) -> None:
    """With 400, and nothing is looked for."""
    assert account.http.post("/codes", json=body).status_code == 400


def test_another_secret_has_no_code_in_common() -> None:
    """The same secret gives the same codes in another process; without one there are none."""
    pages = []
    for secret in (SECRET, SECRET, OTHER_SECRET):
        with serving_cards(blind_secret=SecretStr(secret)) as running:
            account = running.account("acme")
            pages.append(account.http.post("/render/page", json=PEOPLE, params=BLIND).text)
    codes = [set(re.findall(r"C(?:-[A-Z0-9]{4}){4}", page)) for page in pages]
    assert codes[0] == codes[1]
    assert len(codes[0]) == len(PEOPLE)
    assert not codes[0] & codes[2]
    with serving_cards(embed_secrets=["s" * 32]) as running:
        account = running.account("acme")
        running.people("acme", 1)
        for refused in (
            account.http.post("/render/page", json=PEOPLE, params=BLIND),
            account.http.get("/candidates/prof_0/page", params=BLIND),
            account.http.post("/embeds", json={"profileIds": ["prof_0"], **BLIND}),
        ):
            assert refused.status_code == 400
            (problem,) = refused.json()["error"]["details"]["problems"]
            assert problem["field"] == "profile"
            assert "CANDIDATE_CARDS_SERVE_BLIND_SECRET" in problem["message"]
        answer = account.http.post("/codes", json={"codes": ["C-1"]})
        assert answer.status_code == 501
        assert answer.json()["error"]["code"] == "NOT_CONFIGURED"


# Decisions

#: Whose name is a skill too: what is meant, only a person can say.
UNSURE: Final = {
    "profileId": "prof_rust80",
    "name": "Rust Marwick",
    "skills": ["Rust", "Linux"],
    "rationale": "Rust since 2015.",
}


def test_what_is_unsure_is_counted_told_and_decided(running: LocalService) -> None:
    """Taken out until somebody keeps it; the count goes down; the report is the same both ways."""
    account = running.account()
    account.http.post("/candidates", json=[UNSURE])
    posted = account.http.post(
        "/render", json=UNSURE, params=BLIND, headers={"Accept": "application/json"}
    )
    report = account.http.get("/candidates/prof_rust80/redaction")
    assert report.status_code == 200
    assert posted.json()["redaction"] == report.json()
    assert posted.headers["X-Redaction-Undecided"] == str(report.json()["undecided"])
    finds = report.json()["finds"]
    assert len(finds) == report.json()["undecided"] >= 2
    assert {place["word"] for find in finds for place in find["places"]} == {"Rust"}
    before = account.http.get("/candidates/prof_rust80/page", params=BLIND)
    assert "Rust" not in before.text
    for way in ("keep", "remove"):
        params = {**BLIND, way: [find["id"] for find in finds]}
        after = account.http.get("/candidates/prof_rust80/page", params=params)
        assert after.headers["X-Redaction-Undecided"] == "0"
        assert after.headers["ETag"] != before.headers["ETag"]
        assert ("Rust" in after.text) == (way == "keep")
        assert "Marwick" not in after.text
        told = account.http.get("/candidates/prof_rust80/redaction", params=params).json()
        assert {find["decision"] for find in told["finds"]} == {way}
    one = account.http.get("/candidates/prof_rust80/page", params={**BLIND, "keep": finds[0]["id"]})
    assert one.headers["X-Redaction-Undecided"] == str(len(finds) - 1)


def test_decisions_are_of_one_company(running: LocalService, account: Account) -> None:
    """The ids of another company's finds are ids of nothing here."""
    other = running.account()
    for each in (account, other):
        each.http.post("/candidates", json=[UNSURE])
    report = other.http.get("/candidates/prof_rust80/redaction", params=BLIND).json()
    keep = [find["id"] for find in report["finds"]]
    page = account.http.get("/candidates/prof_rust80/page", params={**BLIND, "keep": keep})
    assert page.headers["X-Redaction-Undecided"] == str(report["undecided"])
    assert "Rust" not in page.text


def test_decisions_that_cannot_be_are_refused(account: Account) -> None:
    """Both ways at once, more than there may be, and what is no id; a profile without codes."""
    find = "F-K7Q4-T2M9-X3R8-B5N1"
    http = account.http
    for params in (
        {**BLIND, "keep": find, "remove": find},
        {**BLIND, "keep": [find] * 101},
        {**BLIND, "keep": "Quillon Marwick"},
    ):
        answer = http.get(f"/candidates/{ID}/page", params=params)
        assert answer.status_code == 400
        assert "uillon" not in answer.text
    for name in ("client", "nobody"):
        answer = http.get(f"/candidates/{ID}/redaction", params={"profile": name})
        assert answer.status_code == 400
    assert http.get("/candidates/nobody/redaction", params=BLIND).status_code == 404


# Passwords

PASSWORD: Final = "correct horse häuser"  # noqa: S105  of a test
HEADER: Final = "X-Document-Password"


def test_a_dossier_opens_with_its_password_alone(account: Account) -> None:
    """Posted or stored: encrypted, with no tag to keep it by."""
    headers = {HEADER.encode(): PASSWORD.encode()}
    for answer in (
        account.http.post("/render/pdf", json=PEOPLE, headers=headers),
        account.http.get(f"/candidates/{ID}/pdf", headers=headers),
    ):
        assert answer.status_code == 200
        assert "ETag" not in answer.headers
        assert answer.headers["Cache-Control"] == "private, no-store"
        with pytest.raises(pikepdf.PasswordError):
            pikepdf.open(io.BytesIO(answer.content))
        with pikepdf.open(io.BytesIO(answer.content), password=PASSWORD) as pdf:
            assert pdf.encryption.bits == 256


def test_a_password_that_would_be_for_nothing_is_refused(account: Account) -> None:
    """For other formats, too short, or in another encoding; nothing repeats it."""
    for path, password in (
        ("page", b"longer than twelve"),
        ("email", b"longer than twelve"),
        ("pdf", b"too short"),
        ("pdf", "häuser und mäuse".encode("latin-1")),
    ):
        answer = account.http.post(
            f"/render/{path}", json=PEOPLE, headers={HEADER.encode(): password}
        )
        assert answer.status_code == 400
        assert HEADER in answer.text
        assert "longer than" not in answer.text
        assert "too short" not in answer.text


def test_options_of_a_copy_reach_the_dossier(account: Account) -> None:
    """Whom it is for stands on each page."""
    query = {"recipient": "Bo Li of Jantar", "recipientId": "JAN-7", "keepUntil": "2031-05-06"}
    answer = account.http.post("/render/pdf", json=PEOPLE, params=query)
    reader = pypdf.PdfReader(io.BytesIO(answer.content))
    for page in reader.pages:
        assert "JAN-7" in page.extract_text()
    assert "2031-05-06" in "".join(page.extract_text() for page in reader.pages)


# Notices


def test_notices_say_what_companies_and_requests_say() -> None:
    """A request wins over its company, a company over the service; leaving out is told."""
    companies = {"acme": {"data_source": "Acme's own research", "contact": "dpo@acme.example"}}
    with serving_cards(companies=companies, data_source="the usual pool") as running:
        for company, query, expected, absent in (
            ("acme", {}, ["Acme&#39;s own research", "dpo@acme.example"], ["the usual pool"]),
            ("other", {}, ["the usual pool"], ["Acme"]),
            ("acme", {"dataSource": "a fair"}, ["a fair", "dpo@acme.example"], ["research"]),
            ("acme", {"keepUntil": "2031-05-06"}, ["2031-05-06"], []),
            ("acme", {"notice": "false"}, ["left out by the sender"], ["Acme"]),
        ):
            http = running.account(company).http
            text = http.post("/render/page", json=PEOPLE, params=query).text
            assert all(word in text for word in expected), (company, query)
            assert not any(word in text for word in absent)


def test_a_blind_answer_says_that_people_are_coded(account: Account) -> None:
    """To programs too."""
    texts = [
        account.http.post("/render/page", json=PEOPLE, params={"profile": name}).text
        for name in ("blind", "client")
    ]
    sentence = "Names and other identifying details are replaced by codes."
    assert [sentence in text for text in texts] == [True, False]


def test_the_document_describes_what_there_is(running: LocalService) -> None:
    """Profile, language and notice of every rendering route, the password of dossiers."""
    paths = running.http.get("/openapi.json").json()["paths"]
    common = {"profile", "lang", "dataSource", "contact", "keepUntil", "notice", "keep", "remove"}
    for name in FORMATS:
        for path, way in (
            (f"/render/{name}", "post"),
            (f"/candidates/{{profile_id}}/{name}", "get"),
        ):
            described = {each["name"] for each in paths[path][way]["parameters"]}
            assert common <= described
            assert (HEADER in described) == (name == "pdf")
            assert ("recipient" in described) == (name == "pdf")
    assert "/codes" in paths
