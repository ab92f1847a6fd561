"""Candidates in a body to every format: the library's bytes, and what cannot be rendered."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from datetime import date, datetime
from email.message import EmailMessage
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import Headers

from candidate_cards import (
    Envelope,
    export_candidates,
    list_formats,
    message_bytes,
    parse_shortlist,
    render_card,
    render_email,
)
from candidate_cards.cards import DENSITIES, NoticeFacts
from candidate_cards.contract.refusals import RefusedError
from candidate_cards.exports.pdf import DossierFacts, render_dossier
from candidate_cards.exports.png import render_picture
from candidate_cards.service.formats import (
    FORMATS,
    THEMES,
    CardOptions,
    DossierOptions,
    Frame,
    MailOptions,
    PictureOptions,
)
from candidate_cards.service.negotiation import chosen_type
from sandboxes import error_code
from services import Account, LocalService, serving_cards

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

EXAMPLES: Final = Path("examples/payloads")
SHORTLIST: Final = (EXAMPLES / "shortlist.json").read_bytes()
ONE: Final = (
    b'{"profileId": "p1", "name": "Ada Example", "matchScore": 91, "emails": ["a@b.example"]}'
)
JSON: Final = {"Content-Type": "application/json"}
PLANTED: Final = "Xylophone Quartz"


@pytest.fixture(scope="module")
def running() -> Iterator[LocalService]:
    """A service that renders."""
    with serving_cards(pdf_workers=1) as service:
        yield service


@pytest.fixture(scope="module")
def account(running: LocalService) -> Account:
    """A key that may render."""
    return running.account(scopes=["cards:render"])


def _post(account: Account, path: str, body: bytes, **query: Any) -> httpx.Response:  # noqa: ANN401
    return account.http.post(path, content=body, headers=JSON, params=query)


def _done(answer: httpx.Response) -> bytes:
    assert answer.status_code == 200, answer.text
    return answer.content


# The library's bytes


@pytest.mark.parametrize("body", [SHORTLIST, ONE], ids=["shortlist", "one"])
@pytest.mark.parametrize("name", list_formats())
def test_the_bytes_are_the_library_s(account: Account, name: str, body: bytes) -> None:
    """Every format that is installed comes back as the library exports it, with its media type."""
    shortlist = parse_shortlist(body)
    answer = _post(account, f"/render/{name}", body)
    assert _done(answer) == export_candidates(shortlist.alone or shortlist, format=name)
    expected = FORMATS[name].exporter.media_type
    assert answer.headers["Content-Type"].partition(";")[0] == expected
    assert answer.headers["X-Problems"] == str(len(shortlist.failed))
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in answer.headers


_LOOKS: Final = st.fixed_dictionaries(
    {},
    optional={
        "theme": st.sampled_from(THEMES),
        "density": st.sampled_from(DENSITIES),
        "heading_level": st.integers(1, 6),
        "show_emails": st.booleans(),
        "nonce": st.from_regex(r"[A-Za-z0-9+/_-]{1,30}={0,2}", fullmatch=True),
        "fallback": st.booleans(),
    },
)
_FRAMES: Final = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("title", "brief", "client", "author"), st.text(max_size=40))
)


def _query(options: dict[str, Any]) -> dict[str, str]:
    """Write options as a query does."""
    names = {"heading_level": "headingLevel", "show_emails": "showEmails"}
    return {
        names.get(name, name): str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in options.items()
    }


@given(name=st.sampled_from(["element", "fragment", "page"]), look=_LOOKS, frame=_FRAMES)
@settings(max_examples=60, deadline=None)
def test_options_mean_what_they_mean_in_the_library(
    account: Account, name: str, look: dict[str, Any], frame: dict[str, str]
) -> None:
    """Whatever is asked for in a query gives the bytes of the same call in Python."""
    answer = _post(account, f"/render/{name}", ONE, **_query(look), **frame)
    shortlist = parse_shortlist(ONE, **frame)
    content = shortlist.alone or shortlist
    assert _done(answer) == export_candidates(content, format=name, **look)


def test_options_are_named_as_the_library_s_arguments_are() -> None:
    """Names and defaults are those of the functions that are called."""
    # A notice is there or not; what it says are options of their own.
    formats_own = {"theme": None, "reply_to": None, "notice": NoticeFacts().shown}
    for model, function in (
        (CardOptions, render_card),
        (MailOptions, render_email),
        (DossierOptions, render_dossier),
        (PictureOptions, render_picture),
    ):
        arguments = inspect.signature(function).parameters
        defaults = {name: argument.default for name, argument in arguments.items()} | formats_own
        shared = model.model_fields.keys() & arguments.keys()
        assert len(shared) >= 2
        assert {name: model.model_fields[name].default for name in shared} == {
            name: defaults[name] for name in shared
        }
    assert Frame.model_fields.keys() < inspect.signature(parse_shortlist).parameters.keys()
    facts = (
        ("date", DossierFacts().issued),
        ("confidential", DossierFacts().confidential),
        ("recipient", DossierFacts().recipient),
        ("recipient_id", DossierFacts().recipient_id),
        ("data_source", NoticeFacts().source),
        ("contact", NoticeFacts().contact),
        ("keep_until", NoticeFacts().keep_until),
    )
    for option, default in facts:
        assert DossierOptions.model_fields[option].default == default


def test_a_dossier_with_all_its_options(account: Account) -> None:
    """Paper, dates and confidence are the library's."""
    answer = _post(
        account,
        "/render/pdf",
        SHORTLIST,
        theme="harbour",
        pageSize="Letter",
        date="2026-03-02",
        keepUntil="2026-09-02",
        confidential="false",
        showEmails="true",
    )
    facts = DossierFacts(issued=date(2026, 3, 2), confidential=False)
    expected = render_dossier(
        parse_shortlist(SHORTLIST),
        theme="harbour",
        page_size="Letter",
        facts=facts,
        show_emails=True,
        notice=NoticeFacts(keep_until=date(2026, 9, 2)),
    )
    assert _done(answer) == expected


def test_a_picture_with_all_its_options(account: Account) -> None:
    """A picture of several people is that of the first three, at the scale asked for."""
    body = (EXAMPLES / "sourcing-completed.json").read_bytes()
    shortlist = parse_shortlist(body)
    assert len(shortlist.candidates) > 3
    answer = _post(account, "/render/png", body, theme="light", scale="2")
    assert _done(answer) == render_picture(shortlist, theme="light", scale=2)


def test_a_message_with_all_its_options(account: Account) -> None:
    """An envelope makes of the draft the message that the library makes."""
    sender, to = "Ana Müller <ana@acme.example>", ("Bo Li <bo@client.example>", "c@client.example")
    answer = _post(
        account,
        "/render/email",
        SHORTLIST,
        density="row",
        subject="Three people",
        **{"from": sender},
        to=list(to),
        replyTo="office@acme.example",
        date="2026-03-02T10:00:00+01:00",
        unsubscribe="https://acme.example/stop?u=1",
    )
    email = render_email(
        parse_shortlist(SHORTLIST),
        density="row",
        subject="Three people",
        reply_to="office@acme.example",
    )
    envelope = Envelope(
        sender=sender,
        to=to,
        reply_to="office@acme.example",
        date=datetime.fromisoformat("2026-03-02T10:00:00+01:00"),
        unsubscribe="https://acme.example/stop?u=1",
    )
    assert _done(answer) == message_bytes(email.message(envelope))


def test_without_another_address_the_sender_is_answered(account: Account) -> None:
    """The buttons of a message write to who it is from, as on the command line."""
    answer = _post(account, "/render/email", ONE, **{"from": "Ana <ana@acme.example>"})
    email = render_email(parse_shortlist(ONE).candidates[0], reply_to="ana@acme.example")
    envelope = Envelope(sender="Ana <ana@acme.example>")
    assert _done(answer) == message_bytes(email.message(envelope))


def test_a_new_format_is_there_unasked(tmp_path: Path) -> None:
    """One module in the folder of formats is a route with its options, and described."""
    (tmp_path / "leaflet.py").write_text(
        dedent(
            """
            from candidate_cards.exports._exporter import Exporter
            from candidate_cards.rendering import TemplateSpec

            EXPORTER = Exporter(
                name="leaflet",
                media_type="text/x-leaflet",
                file_extension=".leaflet",
                template=TemplateSpec("card/fragment.html", inline=("card/card.css",)),
            )
            """
        ),
        "utf-8",
    )
    script = f"""
        import sys
        sys.path.insert(0, "tests")
        from candidate_cards import exports
        exports.__path__.append({str(tmp_path)!r})
        from services import serving_cards
        with serving_cards(pdf_workers=1) as service:
            paths = service.http.get("/openapi.json").json()["paths"]
            assert "text/x-leaflet" in str(paths["/render"]["post"]["responses"]["200"])
            assert "density" in str(paths["/render/leaflet"]["post"]["parameters"])
            assert "get" in paths["/candidates/{{profile_id}}/leaflet"]
            account = service.account()
            answer = account.http.post(
                "/render", json={{"profileId": "p"}}, headers={{"Accept": "text/x-leaflet"}}
            )
            assert answer.status_code == 200, answer.text
            assert answer.headers["Content-Disposition"].endswith('.leaflet"')
            print(answer.text)
    """
    done = subprocess.run(
        [sys.executable, "-c", dedent(script)], capture_output=True, check=False, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("<div")


# Which format


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "text/html"),
        ("", "text/html"),
        ("*/*", "text/html"),
        ("application/pdf", "application/pdf"),
        ("IMAGE/PNG", "image/png"),
        ("message/*", "message/rfc822"),
        ("text/html;q=0.2, message/rfc822;q=0.3", "message/rfc822"),
        ("application/pdf;q=0, */*;q=0.1", "text/html"),
        ("text/html;q=0, image/*", "image/png"),
        ("application/json, text/plain, */*", "text/html"),
        ("application/json", "application/json"),
        ("text/plain, application/json;q=0.1", "application/json"),
    ],
)
def test_the_format_is_what_the_client_likes_most(
    account: Account, accept: str | None, chosen: str
) -> None:
    """Weights count, precise ranges before wide ones; JSON is a report if nothing else will do."""
    request = account.http.build_request("POST", "/render", content=ONE, headers=JSON)
    del request.headers["Accept"]
    if accept is not None:
        request.headers["Accept"] = accept
    answer = account.http.send(request)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].partition(";")[0] == chosen
    assert answer.headers["Vary"] == "Accept"
    if chosen == "text/html":
        assert answer.content == export_candidates(parse_shortlist(ONE).candidates[0])


_TYPES: Final = ("text/html", "message/rfc822", "application/pdf", "image/png")
_RANGES: Final = st.sampled_from(
    [*_TYPES, "text/*", "image/*", "application/*", "*/*", "audio/mpeg", "text/css"]
)
_WEIGHTS: Final = st.sampled_from(["", ";q=1", ";q=0.5", "; q=0.001", ";Q=0.9", ";q=0"])


@given(accept=st.dictionaries(_RANGES, _WEIGHTS, min_size=1))
def test_weights_are_those_of_the_most_precise_ranges(accept: dict[str, str]) -> None:
    """What is chosen has the greatest weight of all (RFC 9110, 12.5.1), and never none."""

    def weight(media_type: str) -> float:
        major = media_type.partition("/")[0]
        for name in (media_type, f"{major}/*", "*/*"):
            if name in accept:
                return float(accept[name].rpartition("=")[2] or 1)
        return 0.0

    headers = Headers({"Accept": ", ".join(f"{name}{text}" for name, text in accept.items())})
    weights = {name: weight(name) for name in _TYPES}
    greatest = max(weights.values())
    if greatest:
        assert weights[chosen_type(headers, _TYPES)] == greatest
        return
    with pytest.raises(RefusedError) as caught:
        chosen_type(headers, _TYPES)
    assert caught.value.status == 406


@pytest.mark.parametrize("path", ["/render", *(f"/render/{name}" for name in list_formats())])
def test_where_nothing_will_do_it_says_what_there_is(account: Account, path: str) -> None:
    """406 lists the types; the format in the path counts for as much as the header."""
    answer = account.http.post(path, content=ONE, headers={**JSON, "Accept": "audio/*, text/css"})
    assert (answer.status_code, error_code(answer)) == (406, "NOT_ACCEPTABLE")
    available = answer.json()["error"]["details"]["available"]
    name = path.removeprefix("/render").removeprefix("/")
    named = [FORMATS[name]] if name else FORMATS.values()
    assert set(available) == {form.exporter.media_type for form in named} | {"application/json"}


def test_a_header_that_is_no_list_of_types(account: Account) -> None:
    """It is a mistake of the client's, and is not repeated."""
    answer = account.http.post("/render", content=ONE, headers={**JSON, "Accept": f"<{PLANTED}>"})
    assert (answer.status_code, error_code(answer)) == (400, "INVALID_PAYLOAD")
    assert PLANTED not in answer.text


def test_a_header_or_a_query_that_takes_long_to_read_is_not_read(account: Account) -> None:
    """Both are read where every other request waits, so neither may have thousands of parts."""
    headers = {**JSON, "Accept": "text/html," * 150}
    assert account.http.post("/render", content=ONE, headers=headers).status_code == 200
    headers["Accept"] *= 2
    answer = account.http.post("/render", content=ONE, headers=headers)
    assert (answer.status_code, error_code(answer)) == (400, "INVALID_PAYLOAD")
    assert "Accept" in answer.json()["error"]["message"]
    for count, told in ((200, "cannot be used"), (201, "more than 200")):
        query = "&".join(f"n{number}" for number in range(count))
        answer = account.http.post(f"/render/page?{query}", content=ONE, headers=JSON)
        assert (answer.status_code, error_code(answer)) == (400, "INVALID_PAYLOAD")
        assert told in answer.json()["error"]["message"]


# What cannot be


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("page", {"colour": "red"}, "colour"),
        ("page", {"theme": "../../etc/passwd"}, "theme"),
        ("page", {"theme": "./acme.toml"}, "theme"),
        ("page", {"density": "huge"}, "density"),
        ("page", {"headingLevel": "7"}, "headingLevel"),
        ("page", {"heading_level": "2"}, "heading_level"),
        ("page", {"headingLevel": "٣"}, "headingLevel"),
        ("page", {"showEmails": "yes"}, "showEmails"),
        ("page", {"nonce": '"><script>'}, "nonce"),
        ("page", {"theme": ["dark", "light"]}, "theme"),
        ("page", {"templates": "own"}, "templates"),
        ("page", {"pageSize": "A4"}, "pageSize"),
        ("page", {"title": "x" * 301}, "title"),
        ("png", {"scale": "5"}, "scale"),
        ("png", {"density": "row"}, "density"),
        ("pdf", {"date": "1700000000"}, "date"),
        ("pdf", {"date": "2026-02-30"}, "date"),
        ("pdf", {"headingLevel": "2"}, "headingLevel"),
        ("email", {"from": "a@b.example", "date": "2026-03-02T10:00:00"}, "date"),
        ("email", {"from": "a@b.example", "date": "1700000000"}, "date"),
        ("email", {"from": "a@b.example", "to": ["c@d.example", f"{PLANTED} <"]}, "to[1]"),
        ("email", {"from": f"{PLANTED}"}, "from"),
        ("email", {"from": "a@b.example", "unsubscribe": "http://x.example"}, "unsubscribe"),
        ("email", {"replyTo": f"a@b.example\r\nBcc: {PLANTED}"}, "replyTo"),
    ],
)
def test_an_option_that_cannot_be_is_named(
    account: Account, path: str, query: dict[str, str], field: str
) -> None:
    """The refusal says which, and repeats no value."""
    answer = _post(account, f"/render/{path}", ONE, **query)
    assert (answer.status_code, error_code(answer)) == (400, "INVALID_PAYLOAD"), answer.text
    problems = answer.json()["error"]["details"]["problems"]
    assert field in {problem["field"] for problem in problems}
    assert PLANTED not in answer.text
    assert "etc" not in answer.text


def test_an_envelope_needs_a_sender(account: Account) -> None:
    """A recipient without a sender would be dropped in silence."""
    answer = _post(account, "/render/email", ONE, to="a@b.example")
    assert (answer.status_code, error_code(answer)) == (400, "INVALID_PAYLOAD")


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "text/plain"}, ONE, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, ONE, 415),
        ({}, ONE, 415),
        ({**JSON, "Content-Encoding": "gzip"}, ONE, 415),
        (JSON, b"", 400),
        (JSON, b"{}", 400),
        (JSON, b"[1, 2]", 400),
        (JSON, b'{"profileId": NaN}', 400),
        (JSON, b"[" * 100_000, 400),
        (JSON, b'{"requestId": "r", "status": "processing"}', 400),
        (JSON, b" " * 1_048_577, 413),
        (JSON, json.dumps([{"profileId": str(number)} for number in range(1001)]).encode(), 400),
    ],
)
def test_a_body_that_cannot_be_used(
    account: Account, headers: dict[str, str], body: bytes, status: int
) -> None:
    """Each has its status, whichever the format."""
    for path in ("/render", "/render/pdf"):
        answer = account.http.post(path, content=body, headers=headers)
        assert answer.status_code == status, answer.text
        error_code(answer)


def test_lines_of_json_are_a_body_too(account: Account) -> None:
    """What the command line writes can be sent as it is."""
    body = b"".join(b'{"profileId": "%d"}\n' % number for number in range(3))
    for media_type in ("application/jsonl", "application/x-ndjson"):
        headers = {"Content-Type": media_type}
        answer = account.http.post("/render/page", content=body, headers=headers)
        assert _done(answer) == export_candidates(parse_shortlist(body))


BROKEN: Final = json.dumps(
    [
        {"profileId": "p1", "name": PLANTED},
        {"name": PLANTED},
        {"profileId": "p2", "name": PLANTED, "skills": PLANTED},
        {"profileId": "p3", "success": False, "errorCode": "PROFILE_NOT_FOUND"},
        {"profileId": "p4", "name": f"{PLANTED}\u202e"},
    ]
).encode()


def test_what_is_missing_is_counted_and_reported(account: Account) -> None:
    """Good records are rendered; the header counts the rest, and a report says what and where."""
    answer = _post(account, "/render/page", BROKEN)
    assert _done(answer) == export_candidates(parse_shortlist(BROKEN))
    assert answer.headers["X-Problems"] == "3"
    accept = {**JSON, "Accept": "application/json"}
    for path in ("/render?theme=dark", "/render/page", "/render/pdf?pageSize=Letter"):
        report = account.http.post(path, content=BROKEN, headers=accept).json()
        assert report["candidates"] == 3
        (failed,) = report["failed"]
        assert (failed["profileId"], failed["errorCode"]) == ("p3", "PROFILE_NOT_FOUND")
        told = [(problem["severity"], problem["field"]) for problem in report["problems"]]
        assert told == [("error", "[1].profileId"), ("error", "[2].skills"), ("notice", "[4].name")]
        assert report["problemCount"] == 3
        assert PLANTED not in json.dumps(report)


def test_a_body_without_a_good_record_is_refused_with_every_place(account: Account) -> None:
    """The refusal lists places and reasons, never the data; of lines, their numbers."""
    body = b'{"name": "%b"}\n{"name": "%b"}\nx' % (PLANTED.encode(), PLANTED.encode())
    answer = account.http.post(
        "/render/page", content=body, headers={"Content-Type": "application/jsonl"}
    )
    assert (answer.status_code, error_code(answer)) == (400, "INVALID_PAYLOAD")
    problems = answer.json()["error"]["details"]["problems"]
    assert [problem["line"] for problem in problems] == [1, 2, 3]
    assert PLANTED not in answer.text


def test_half_a_million_problems_are_not_all_told(account: Account) -> None:
    """A megabyte of nonsense is given up early, and its refusal is short."""
    answer = _post(account, "/render/page", b"[" + b"1," * 500_000 + b"1]")
    assert answer.status_code == 400
    details = answer.json()["error"]["details"]
    assert details["problemCount"] < 20_000
    assert len(details["problems"]) == 100
    assert "problems" in details["problems"][0]["message"]


def test_a_message_that_is_too_long_is_refused_with_a_way_out(account: Account) -> None:
    """What the library raises is the answer: 422 and what helps."""
    people = [{"profileId": str(at), "rationale": "Much. " * 400} for at in range(150)]
    answer = _post(account, "/render/email", json.dumps(people).encode())
    assert (answer.status_code, error_code(answer)) == (422, "RENDERING_FAILED")
    assert "row" in answer.json()["error"]["message"]


def test_who_may_not_render(running: LocalService) -> None:
    """A key without the scope gets 403, none at all 401, before the body is looked at."""
    other = running.account(scopes=["cards:write", "enrich:write"])
    answer = other.http.post("/render/page", content=b"{")
    assert (answer.status_code, error_code(answer)) == (403, "INSUFFICIENT_SCOPES")
    assert running.http.post("/render", content=b"{").status_code == 401


# Names of files


_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f/\\:*?<>|\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@given(title=st.text(max_size=80) | st.text(alphabet='/\\.."%;=\r\n\u202eé日', max_size=40))
@settings(max_examples=150, deadline=None)
def test_a_name_leads_nowhere_and_reads_one_way(account: Account, title: str) -> None:
    """Any title makes a header of one line with an ASCII name and, if need be, another one."""
    answer = _post(account, "/render/email", ONE, title=title)
    _done(answer)
    header = answer.headers["Content-Disposition"]
    assert header.isascii()
    match = re.fullmatch(
        r"""attachment;\ filename="(?P<plain>[^"%\\]+)"
            (?:;\ filename\*=UTF-8''(?P<encoded>[A-Za-z0-9._~%-]+))?""",
        header,
        re.VERBOSE,
    )
    assert match, header
    message = EmailMessage()
    message["Content-Disposition"] = re.sub(r' filename="[^"]*";', "", header)
    name = message.get_filename()
    assert name is not None
    for found in (match["plain"], name):
        assert found.endswith(".eml")
        assert not found.startswith(".")
        assert not _UNSAFE.search(found)
        assert len(found.encode()) <= 255


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Staff Engineer", 'attachment; filename="Staff Engineer.eml"'),
        ("C/C++ Engineer", 'attachment; filename="C-C++ Engineer.eml"'),
        (
            "Kuchař 9 %",
            "attachment; filename=\"Kuchar 9 _.eml\"; filename*=UTF-8''Kucha%C5%99%209%20%25.eml",
        ),
        ("", 'attachment; filename="candidates.eml"'),
    ],
)
def test_a_file_is_named_after_the_role(account: Account, title: str, expected: str) -> None:
    """Letters beyond ASCII have a stand-in for programs that know no better."""
    answer = _post(account, "/render/email", ONE, title=title)
    assert answer.headers["Content-Disposition"] == expected


def test_html_is_for_a_page_and_closed(account: Account) -> None:
    """A browser that shows it by itself loads nothing, and no other page frames it."""
    for name in ("page", "fragment", "element"):
        headers = _post(account, f"/render/{name}", ONE, title="Röle").headers
        assert headers["Content-Disposition"].startswith("inline; ")
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
        assert "frame-ancestors 'none'" in policy


def test_now_is_nowhere(account: Account) -> None:
    """The same request has the same bytes, whenever it is made."""
    for name in ("pdf", "email"):
        first = _done(_post(account, f"/render/{name}", SHORTLIST))
        assert _done(_post(account, f"/render/{name}", SHORTLIST)) == first
