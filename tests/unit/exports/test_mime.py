"""E-mail messages: structure, headers, addresses, files, and what is refused."""

from __future__ import annotations

import copy
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.generator import BytesGenerator
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8, EmailPolicy, default
from io import BytesIO
from typing import Any

import pytest
import regex

from candidate_cards.errors import ExportError, InputError
from candidate_cards.exports import _mime
from candidate_cards.exports._headers import (
    Address,
    Envelope,
    display_name,
    file_name,
    parse_address,
    subject_text,
)
from candidate_cards.exports._mime import (
    Attachment,
    InlineImage,
    address,
    make_body,
    message_bytes,
)

INJECTION = "Zoë =?UTF-8?Q?=0A?=Bcc: x@y"
SHOWN = "Zoë = ?UTF-8?Q?=0A?=Bcc: x@y"
WHEN = datetime(2026, 3, 1, 9, 30, 15, tzinfo=timezone(timedelta(hours=5, minutes=30)))
TEXT = "Zoë – 5 candidates\n" + "a long line of plain text " * 20 + "\n.\nFrom here on\n"
HTML = "<!doctype html>\n<p>Zoë = 100&nbsp;%</p>\n" + "<td>Ł</td>" * 300 + "\n"
LOGO = InlineImage("logo@cards", b"\x89PNG\r\n\x1a\n", "image/png", "logo.png")
CV = Attachment("cv.pdf", bytes(range(256)) * 9, "application/pdf")
ALL = Envelope(
    sender="Ana Müller <ana@müller.example>",
    to=("bob@recipient.test", "李明 <ming@recipient.test>"),
    reply_to="Replies <reply@sender.test>",
    date=WHEN,
    unsubscribe="https://sender.test/u?who=1&key=a=b",
)
SIX = (
    ("Müller, Zoë", "zoe@recipient.test"),
    ('Bob "The (Builder)" O\'Neil; Sr.', "bob@recipient.test"),
    ("李明（リ・ミン）", "ming@xn--fiqs8s.test"),
    ("د. فاطمة الزهراء", "fatima@recipient.test"),
    ("Ana 👩🏽‍💻 \\ dev: lead <x@y>", "ana@recipient.test"),
    ("می‌خواهم, נועה לוי", "noa@recipient.test"),
)


def message(envelope: Envelope | None = ALL, subject: str = "Hi", **parts: Any) -> EmailMessage:  # noqa: ANN401
    """Return a message with both texts."""
    return address(make_body(**{"text": TEXT, "html": HTML} | parts), envelope, subject)


def read(data: bytes) -> EmailMessage:
    """Return a message as a reader sees it."""
    found = message_from_bytes(data, policy=default)
    assert isinstance(found, EmailMessage)
    return found


def structure(part: EmailMessage) -> Any:  # noqa: ANN401
    """Return the media types of a message as a tree."""
    kind = part.get_content_type()
    return (kind, *map(structure, part.iter_parts())) if part.is_multipart() else kind  # type: ignore[arg-type]


def content(part: Any) -> str:  # noqa: ANN401
    """Return a text part with newlines."""
    return str(part.get_content()).replace("\r\n", "\n")


def raw_headers(data: bytes) -> str:
    """Return the header as it is written."""
    return data.partition(b"\r\n\r\n")[0].decode("ascii")


ALTERNATIVE = ("multipart/alternative", "text/plain", "text/html")
RELATED = ("multipart/related", "text/html", "image/png")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({}, ALTERNATIVE),
        ({"images": [LOGO]}, (*ALTERNATIVE[:2], RELATED)),
        ({"attachments": [CV, CV]}, ("multipart/mixed", ALTERNATIVE, *["application/pdf"] * 2)),
        (
            {"images": [LOGO], "attachments": [CV]},
            ("multipart/mixed", (*ALTERNATIVE[:2], RELATED), "application/pdf"),
        ),
    ],
    ids=["texts", "picture", "files", "both"],
)
def test_structure(parts: dict[str, Any], expected: object) -> None:
    """Plain text stands before HTML, pictures beside the HTML, files beside both."""
    found = read(message_bytes(message(**parts)))
    assert structure(found) == expected
    assert not any(part.defects for part in found.walk())
    assert content(found.get_body(("plain",))) == TEXT
    assert content(found.get_body(("html",))) == HTML


def test_bytes_are_ascii_in_short_lines_that_end_in_crlf() -> None:
    """A message is ASCII, has CRLF only, and body lines of at most 76 octets."""
    data = message_bytes(message(images=[LOGO], attachments=[CV]))
    assert data.isascii()
    lines = data.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert data.endswith(b"\r\n")
    assert max(map(len, lines)) <= 76
    assert b"Content-Transfer-Encoding: quoted-printable" in data


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", "\n"),
        ("no end", "no end\n"),
        ("two ends\n\n", "two ends\n\n"),
        ("a\r\nb\rc\nd", "a\nb\nc\nd\n"),
        ("torn \ud83d, joined \ud83d\ude00", "torn \ufffd, joined 😀\n"),
        (
            "space \n\ttab\t\n=3D = \x00\x7f\x85\u2028\n",
            "space \n\ttab\t\n=3D = \x00\x7f\x85\u2028\n",
        ),
        ("From me\n.\n..\n--=_alternative_", "From me\n.\n..\n--=_alternative_\n"),
    ],
)
def test_texts_come_back_exact(text: str, shown: str) -> None:
    """A text part is what went in, with newlines, one at the end, and no lone surrogate."""
    found = read(message_bytes(message(text=text, html=text)))
    assert content(found.get_body(("plain",))) == shown
    assert content(found.get_body(("html",))) == shown


def test_a_part_cannot_end_a_message() -> None:
    """A text that quotes every boundary of its own message is still one text."""
    first = message(images=[LOGO], attachments=[CV])
    boundaries = re.findall(rb'boundary="([^"]+)"', message_bytes(first))
    assert len(set(boundaries)) == 3
    text = "".join(f"\n--{boundary.decode()}--\n" for boundary in boundaries)
    body = make_body(text=text, html=text)
    # The hash cannot be known beforehand; were it so, the encoding would still break the lines.
    assert not any(b"=_" in str(part.get_payload()).encode() for part in body.parts)
    assert content(read(message_bytes(address(body, ALL, ""))).get_body(("plain",))) == text


def test_headers_are_exactly_those_asked_for() -> None:
    """A message has every header that was asked for, once, and they say what was asked."""
    found = read(message_bytes(message(subject="Zoë’s shortlist")))
    assert found.keys() == [
        *("From", "To", "Reply-To", "Subject", "Date", "Message-ID"),
        *("List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version", "Content-Type"),
    ]
    assert str(found["From"]) == "Ana Müller <ana@xn--mller-kva.example>"
    assert str(found["Reply-To"]) == "Replies <reply@sender.test>"
    assert found["Subject"] == "Zoë’s shortlist"
    assert found["Date"] == "Sun, 01 Mar 2026 09:30:15 +0530"
    assert found["List-Unsubscribe"] == "<https://sender.test/u?who=1&key=a=b>"
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert not any(part["MIME-Version"] for part in found.iter_parts())


def test_what_is_not_given_is_not_invented() -> None:
    """Without recipients, date, reply and unsubscribing there are no such headers."""
    found = read(message_bytes(message(Envelope(sender="ana@sender.test"))))
    assert found.keys() == ["From", "Subject", "Message-ID", "MIME-Version", "Content-Type"]


def test_a_draft_has_nobody() -> None:
    """Without an envelope it is a draft that mail programs open for sending."""
    found = read(message_bytes(message(None, subject=INJECTION)))
    assert found.keys() == ["Subject", "X-Unsent", "MIME-Version", "Content-Type"]
    assert found["X-Unsent"] == "1"
    assert found["Subject"] == SHOWN


@pytest.mark.parametrize(
    ("date", "written"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, 999999, tzinfo=UTC), "Fri, 02 Jan 2026 03:04:05 +0000"),
        (datetime(1900, 1, 1, tzinfo=UTC), "Mon, 01 Jan 1900 00:00:00 +0000"),
        (
            datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=-3, minutes=-30))),
            "Fri, 02 Jan 2026 00:00:00 -0330",
        ),
        (
            datetime(1910, 1, 2, 12, tzinfo=timezone(timedelta(minutes=57, seconds=44))),
            "Sun, 02 Jan 1910 11:02:16 +0000",
        ),
    ],
)
def test_dates_have_a_zone_in_minutes(date: datetime, written: str) -> None:
    """A date is written in its own zone, and in UTC where the zone has seconds."""
    envelope = Envelope(sender="a@b.test", date=date)
    assert f"\r\nDate: {written}\r\n" in raw_headers(message_bytes(message(envelope)))


def test_equal_messages_have_equal_bytes_in_every_process() -> None:
    """Boundaries and Message-ID come from the content, so another process writes the same."""
    code = (
        "from candidate_cards.exports._mime import *;"
        "file = Attachment('é.txt', b'1', 'text/plain');"
        "body = make_body(text='ü', html='<p>', attachments=[file]);"
        "print(address(body, Envelope(sender='a@b.test'), 'Zoë').as_bytes().hex())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "Ho"},
        {"text": TEXT + "."},
        {"html": HTML + "."},
        {"images": [LOGO]},
        {"attachments": [CV]},
        {"envelope": Envelope(sender="ana@müller.example")},
        {"envelope": Envelope(sender="ana@müller.example", to=("a@b.test",))},
        {"envelope": Envelope(sender="ana@müller.example", date=WHEN)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_message_id_is_of_all_content(change: dict[str, Any]) -> None:
    """Whatever of a message changes, its derived identifier does; its domain is the sender's."""
    first, other = message()["Message-ID"], message(**change)["Message-ID"]
    assert first == message()["Message-ID"] != other
    for identifier in (first, other):
        assert re.fullmatch(r"<[0-9a-f]{32}@xn--mller-kva\.example>", identifier)


def test_a_given_message_id_is_kept() -> None:
    """An identifier that a caller has is written, its domain as punycode."""
    for given, written in (
        ("<1.a+b=c@host_1.sender.test>", "<1.a+b=c@host_1.sender.test>"),
        ("<1@müller.example>", "<1@xn--mller-kva.example>"),
    ):
        found = read(message_bytes(message(Envelope(sender="a@b.test", message_id=given))))
        assert found["Message-ID"] == written


def test_six_recipients_come_back_whole() -> None:
    """Names with commas, quotes, brackets, emoji and three scripts are read as they were given."""
    recipients = [Address(*recipient) for recipient in SIX]
    envelope = Envelope(sender="a@b.test", to=tuple(map(str, recipients)))
    data = message_bytes(message(envelope))
    found = read(data)
    assert [(box.display_name, box.addr_spec) for box in found["To"].addresses] == list(SIX)
    assert max(map(len, raw_headers(data).split("\r\n"))) <= 78
    for _, written in SIX:
        assert len(re.findall(re.escape(f"<{written}>"), raw_headers(data))) == 1


def test_a_name_in_ascii_is_written_plainly() -> None:
    """Words stand as they are, anything else in quotes with its quotes and backslashes escaped."""
    names = ("Ana O'Neil-Smith", "Smith, Ana", 'A "B" \\ C', "a.b")
    to = tuple(str(Address(name, "x@y.test")) for name in names)
    written = raw_headers(message_bytes(message(Envelope(sender="a@b.test", to=to))))
    for line in (
        "To: Ana O'Neil-Smith <x@y.test>,",
        ' "Smith, Ana" <x@y.test>,',
        ' "A \\"B\\" \\\\ C" <x@y.test>,',
        ' "a.b" <x@y.test>',
    ):
        assert f"{line}\r\n" in written


def test_a_name_is_one_encoded_word() -> None:
    """A long name is not split, since Python's own parser puts spaces into names that are."""
    name = "Мария Щербакова-Преображенская, Отдел подбора персонала и развития"
    found = message(Envelope(sender=str(Address(name, "a@b.test"))))
    written = raw_headers(message_bytes(found))
    assert re.search(
        r"^From: =\?utf-8\?b\?[A-Za-z0-9+/=]{100,}\?=\r\n <a@b\.test>", written, re.MULTILINE
    )
    assert found["From"].addresses[0].display_name == name


def test_a_subject_is_folded_between_encoded_words_and_words() -> None:
    """A subject of 200 characters stands on lines of 78, in ASCII and in other scripts."""
    for subject in ("staff engineer " * 13, "Щербакова " * 19, "a" * 200):
        data = message_bytes(message(subject=subject))
        assert read(data)["Subject"] == subject.strip()
        if " " in subject:
            assert max(map(len, raw_headers(data).split("\r\n"))) <= 78


def test_an_injection_is_text_in_its_own_place() -> None:
    """The payload that makes Python 3.11.7 write a Bcc stays a name, a subject, a file name."""
    person = str(Address(INJECTION, "x@y.test"))
    found = read(
        message_bytes(
            message(
                Envelope(sender=person, to=(person, person), reply_to=person),
                subject=INJECTION,
                attachments=[Attachment(f"{INJECTION}.pdf", b"", "application/pdf")],
            )
        )
    )
    assert "Bcc" not in found
    assert found["Subject"] == SHOWN
    for header in ("From", "To", "Reply-To"):
        assert {box.display_name for box in found[header].addresses} == {SHOWN}
    (attached,) = found.iter_attachments()
    assert attached.get_filename() == "Zoë = _UTF-8_Q_=0A_=Bcc_ x@y.pdf"


@pytest.mark.parametrize(
    ("value", "clean"),
    [
        ("a\r\nBcc: b", "a Bcc: b"),
        ("a\tb\u2028c\u2029d\x85e", "a b c d e"),
        ("a\x00b\x1bc\x7fd\x9fe\ufffef", "abcdef"),
        ("torn \ud83d end", "torn \ufffd end"),
        ("\u202eright\u202c \u2066iso\u2069 \u200e\u200f\u061cmarks", "right iso marks"),
        ("می\u200cخواهم 👩\u200d💻", "می\u200cخواهم 👩\u200d💻"),
        ("  a \xa0 b\u3000c  ", "a b\u3000c"),
        ("==??= =?x", "== ??= = ?x"),
        ("\u200b\u2060", ""),
    ],
)
def test_header_texts_are_cleaned(value: str, clean: str) -> None:
    """Controls, directions, runs of spaces and encoded words go; joiners stay."""
    assert subject_text(value) == display_name(value) == clean


def test_lengths_are_bounded_in_characters_and_octets() -> None:
    """Long texts are cut between characters, so that an encoded-word fits its line."""
    family = "👨‍👩‍👧‍👦"
    assert subject_text("x" * 300) == "x" * 199 + "…"
    assert subject_text("=?" * 150) == "= ?" * 66 + "=…"
    assert display_name("x" * 300) == "x" * 99 + "…"
    name = display_name(family * 90)
    assert set(regex.findall(r"\X", name)) == {family}
    assert 600 < len(name.encode()) <= 660
    endless = display_name("👨" + "‍👨" * 2000)
    assert 600 < len(endless.encode()) <= 660
    for text in (family * 300, "👨" + "‍👨" * 2000, "字" * 500, "\U0010fffd" * 500):
        assert message_bytes(message(Envelope(sender=str(Address(text, "a@b.test"))), subject=text))


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("ana@sender.test", "", "ana@sender.test"),
        ("  <ana@sender.test> ", "", "ana@sender.test"),
        ("Dr. Ana Müller<Ana.M@Müller.Example>", "Dr. Ana Müller", "Ana.M@xn--mller-kva.example"),
        (r'"Müller, \"Ana\" \\" <a+b@b.test>', r'Müller, "Ana" \ '.strip(), "a+b@b.test"),
        ('"می\u200cخواهم" <a@b.test>', "می\u200cخواهم", "a@b.test"),
        ("Tab\there\u2028there <a@b.test>", "Tab here there", "a@b.test"),
        ("a@faß.example", "", "a@xn--fa-hia.example"),
        ("a@日本。example", "", "a@xn--wgv71a.example"),
        ("a@xn--wgv71a.example", "", "a@xn--wgv71a.example"),
        ("root@localhost", "", "root@localhost"),
        ("Printer <scan@office.local>", "Printer", "scan@office.local"),
        ("x@mailhost", "", "x@mailhost"),
    ],
)
def test_addresses(text: str, name: str, found: str) -> None:
    """One mailbox is read with its name, and its domain becomes punycode."""
    assert parse_address(text, field="to[0]") == Address(name, found)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("zoë@secret.test", "ASCII address"),
        ("Zoë <zoë@secret.test>", "ASCII address"),
        ("a@secret.test, b@secret.test", "second address"),
        ("A <a@secret.test>, B <b@secret.test>", "one address"),
        ("Secret, A <a@secret.test>", '"name" <address>'),
        ("Team: a@secret.test;", "group"),
        ("Team: A <a@secret.test>;", "group"),
        ("a(secret)@secret.test", "comment"),
        ("a@secret.test (secret)", "comment"),
        ("(secret) <a@secret.test>", "brackets"),
        ('"secret <a@secret.test>', "one address"),
        ("a@secret.test\r\nBcc: b@secret.test", "line break"),
        ("Secret\n <a@secret.test>", "line break"),
        ("a@secret.test\n", "line break"),
        ("a\x00@secret.test", "plain address"),
        ("a\u2028@secret.test", "plain address"),
        ('"a b"@secret.test', "plain address"),
        ("a@[127.0.0.1]", "plain address"),
        ("=?utf-8?q?=0A?=@secret.test", "encoded word"),
        ("a@" + "secret." * 40 + "test", "254"),
        ("secret", "name@domain"),
        ("@secret.test", "name@domain"),
        ("a@-secret.test", "name@domain"),
        ("a@sécret☃.test", "name@domain"),
        ("a..b@secret.test", "name@domain"),
        ("a@secret.invalid", "name@domain"),
        ("<a@secret.test", "plain address"),
        ("", "name@domain"),
        ("<>", "name@domain"),
    ],
)
def test_what_is_no_address_is_refused(text: str, reason: str) -> None:
    """A text that is not one plain mailbox is refused with the reason, and not repeated."""
    with pytest.raises(InputError) as caught:
        parse_address(text, field="to[3]")
    assert str(caught.value).startswith("to[3]: ")
    assert reason in str(caught.value)
    assert "secret" not in str(caught.value).lower()
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_an_envelope_names_every_field_that_cannot_be_used() -> None:
    """All problems come at once, by field, without the personal data in them."""
    with pytest.raises(InputError) as caught:
        Envelope(
            sender="secret",
            to=("a@b.test", "secret", "zoë@secret.test"),
            reply_to="a@secret.test\n",
            date=datetime(2026, 1, 1),  # noqa: DTZ001
            message_id="secret",
            unsubscribe="http://secret.test",
        )
    fields = [problem.field for problem in caught.value.problems]
    assert fields == ["sender", "to[1]", "to[2]", "reply_to", "date", "message_id", "unsubscribe"]
    assert "secret" not in str(caught.value)
    with pytest.raises(InputError, match="date: is before 1900"):
        Envelope(sender="a@b.test", date=datetime(1899, 12, 31, tzinfo=UTC))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://a.test/u",
        "HTTPS:/a.test",
        "mailto:a@b.test",
        "https://",
        "https:///u",
        "https://a.test/u u",
        "https://a.test/<u>",
        "https://a.test/u\r\nBcc: x@y.test",
        "https://a.test/u\x7f",
        "https://user:key@a.test/u",
        "https://ä.test/u",
        "https://a.test/ü",
        "https://a.test/?q==?utf-8?q?=0A?=",
        "https://a.test/u\n",
        "https://a.test/" + "u" * 900,
    ],
)
def test_only_plain_https_can_unsubscribe(url: str) -> None:
    """An address for unsubscribing is https, ASCII and cannot leave its brackets."""
    with pytest.raises(InputError, match="unsubscribe: is not a plain https URL"):
        Envelope(sender="a@b.test", unsubscribe=url)


@pytest.mark.parametrize(
    "identifier",
    [
        *("", "<>", "a@b", "<a>", "<@b>", "<a@>", "<a@b> <c@d>", "<a b@c>", "<a@b\r\n>", "<é@b>"),
        *("<a..b@c>", "<.a@c>", "<a@c.>", "<=?utf-8?q?x?=@b>", "<a@b@c>", "<a@☃.test>"),
        "<" + "a" * 300 + "@b>",
    ],
)
def test_what_is_no_message_id_is_refused(identifier: str) -> None:
    """An identifier has the form of an address in brackets and nothing around it."""
    with pytest.raises(InputError, match="message_id"):
        Envelope(sender="a@b.test", message_id=identifier)


def test_nothing_personal_shows_in_a_repr() -> None:
    """Envelopes, addresses and files show no address, name or content in logs."""
    shown = f"{ALL!r} {Address('Ana', 'a@b.test')!r} {CV!r} {LOGO!r}"
    assert not re.search(r"Ana|ana|@(?!cards)|https|PNG", shown)


@pytest.mark.parametrize(
    ("given", "shown", "fallback"),
    [
        ("cv.pdf", "cv.pdf", "cv.pdf"),
        ("Živa Müller – CV.pdf", "Živa Müller – CV.pdf", "Ziva Muller  CV.pdf"),
        ("履歴書.pdf", "履歴書.pdf", "attachment.pdf"),
        ("/etc/passwd", "passwd", "passwd"),
        ("..\\..\\C:evil.exe", "evil.exe", "evil.exe"),
        ("C:\\Users\\ana\\cv.pdf", "cv.pdf", "cv.pdf"),
        ("...", "attachment", "attachment"),
        ("", "attachment", "attachment"),
        (".bashrc", "attachment.bashrc", "attachment.bashrc"),
        (". ..cv .pdf. ", "cv.pdf", "cv.pdf"),
        ("ada\u202efdp.exe", "adafdp.exe", "adafdp.exe"),
        ("c\x00v\r\n.p\x07df", "cv.pdf", "cv.pdf"),
        ('a<b>:"c"|d?*.pdf', "a_b___c__d__.pdf", "a_b___c__d__.pdf"),
        ("C:\u200b.exe", "attachment.exe", "attachment.exe"),
        ("a\uff0fb\uff1ac℀.pdf", "a\uff0fb\uff1ac℀.pdf", "c.pdf"),
        ("x" * 100 + ".docx", "x" * 54 + ".docx", "x" * 54 + ".docx"),
        ("x" * 100, "x" * 59, "x" * 59),
        ("字" * 100 + ".pdf", "字" * 55 + ".pdf", "attachment.pdf"),
    ],
)
def test_file_names(given: str, shown: str, fallback: str) -> None:
    """A file is named by the last part of what was given, cleaned, its extension kept."""
    found = read(message_bytes(message(attachments=[Attachment(given, b"x", "text/csv")])))
    (part,) = found.iter_attachments()
    assert part.get_filename() == shown
    assert part["Content-Type"].params == {"name": " ".join(fallback.split())}
    assert part.get_content_disposition() == "attachment"


def test_long_file_names_fit_their_line() -> None:
    """The longest name there is stands in one parameter on one line."""
    name = file_name("👨‍👩‍👧‍👦" * 60 + ".pdf")
    assert name.endswith("👨‍👩‍👧‍👦.pdf")
    assert len(name.encode()) <= 240
    data = message_bytes(message(attachments=[Attachment(name, b"", "application/pdf")]))
    assert b"\r\n filename*=UTF-8''%F0%9F" in data


def test_files_come_back_byte_for_byte() -> None:
    """Attachments are base64 in lines of 76, pictures are inline under their Content-ID."""
    data = message_bytes(
        message(images=[LOGO], attachments=[CV, Attachment("0", b"", "application/x-0")])
    )
    found = read(data)
    files = [part for part in found.walk() if part["Content-Disposition"]]
    assert [part.get_content() for part in files] == [LOGO.data, CV.data, b""]
    picture = files[0]
    assert picture["Content-ID"] == "<logo@cards>"
    assert picture.get_content_disposition() == "inline"
    encoded = [line for line in data.split(b"\r\n") if re.fullmatch(rb"[A-Za-z0-9+/=]{60,}", line)]
    assert {len(line) for line in encoded} == {76}


@pytest.mark.parametrize(
    "media_type",
    [
        *("", "pdf", "a/", "/b", "a/b/c", "a b/c", "a/b; c=d", "a/b\r\nBcc: x", "ä/b", "a/b\n"),
        *("multipart/mixed", "Message/RFC822", "-a/b", "a" * 128 + "/b"),
    ],
)
def test_media_types_are_strict(media_type: str) -> None:
    """A media type is two plain names, and not one that has parts of its own."""
    with pytest.raises(InputError, match="media_type"):
        Attachment("x", b"", media_type)


@pytest.mark.parametrize(
    ("content_id", "media_type", "fields"),
    [
        ("logo", "image/png", ["content_id"]),
        ("a>b@c", "image/png", ["content_id"]),
        ("a@b\r\n", "image/png", ["content_id"]),
        ("é@b", "image/svg+xml", ["content_id", "media_type"]),
        ("a@b", "image/webp", ["media_type"]),
    ],
)
def test_pictures_are_strict(content_id: str, media_type: str, fields: list[str]) -> None:
    """A picture has an identifier like an address, and a kind that every client shows."""
    with pytest.raises(InputError) as caught:
        InlineImage(content_id, b"", media_type, "logo")
    assert [problem.field for problem in caught.value.problems] == fields


def test_two_pictures_with_one_id_are_refused() -> None:
    """An identifier that two pictures share names the second of them."""
    with pytest.raises(InputError, match=r"images\[1\]\.content_id"):
        make_body(text="", html="", images=[LOGO, LOGO])


def test_one_body_serves_many_messages() -> None:
    """Messages share the encoded parts, and adding to one leaves the others alone."""
    body = make_body(text=TEXT, html=HTML, attachments=[CV])
    first = address(body, ALL, "Hi")
    second = address(body, Envelope(sender="b@sender.test"), "Ho")
    for one, other in zip(first.iter_parts(), second.iter_parts(), strict=True):
        assert one is other
    assert message_bytes(first) == message_bytes(message(attachments=[CV]))
    first.add_attachment("more", filename="more.txt")
    first["X-Tag"] = "a"
    assert message_bytes(second) == message_bytes(
        address(body, Envelope(sender="b@sender.test"), "Ho")
    )


@pytest.mark.parametrize("policy", [SMTP, SMTPUTF8, default, default.clone(max_line_length=30)])
def test_whoever_writes_a_message_writes_it_as_it_is(policy: EmailPolicy[EmailMessage]) -> None:
    """Libraries that write by a policy of their own put out the very same lines."""
    to = tuple(str(Address(*recipient)) for recipient in SIX)
    made = message(Envelope(sender=to[0], to=to), subject="Щ, ж " * 20, attachments=[CV])
    out = BytesIO()
    BytesGenerator(out, policy=policy).flatten(made, linesep="\r\n")
    assert out.getvalue() == message_bytes(made)
    assert message_bytes(copy.deepcopy(made)) == message_bytes(made)


def test_headers_added_by_hand_are_written_if_they_read_back() -> None:
    """A caller may add a header of any name, and finds it in the bytes."""
    made = message()
    made["X-Entity-Ref-ID"] = "run 42 – " + "Ł" * 60
    assert read(message_bytes(made))["X-Entity-Ref-ID"] == made["X-Entity-Ref-ID"]


@pytest.mark.parametrize(
    "name",
    ["Bcc", "bcc", "Resent-Bcc"],
)
def test_a_blind_copy_is_refused(name: str) -> None:
    """A header that would tell everyone of a hidden recipient is an error instead of bytes."""
    made = message()
    made[name] = "x@y.test"
    with pytest.raises(ExportError, match="Bcc"):
        message_bytes(made)


def test_a_header_twice_is_refused() -> None:
    """A second header of one name, in any case, is an error instead of bytes."""
    made = message()
    made.set_raw("subject", "another")
    with pytest.raises(ExportError, match="twice"):
        message_bytes(made)


def test_an_injection_by_hand_never_gets_out() -> None:
    """A subject set by Python's own rules is refused where they make a header of it."""
    made = message()
    del made["Subject"]
    made["Subject"] = INJECTION
    try:
        data = message_bytes(made)
    except ExportError:
        return
    assert sorted(read(data).keys()) == sorted(made.keys())  # a Python that is mended


def test_recipients_set_by_hand_are_not_lost() -> None:
    """A list of names whose comma Python 3.11.7 encodes is refused rather than sent."""
    made = message()
    del made["To"]
    made["To"] = [f"{'Щербакова, ' * 6} <{number}@y.test>" for number in range(3)]
    try:
        data = message_bytes(made)
    except ExportError:
        return
    assert str(read(data)["To"]) == str(made["To"])


@pytest.mark.parametrize(
    ("raw", "value", "reason"),
    [
        ("Subject", "two\r\nX-Injected: yes", "headers"),
        ("X-Raw", "one\r\n\r\nbody", "X-Raw"),
        ("X-Raw", "\ud800", "X-Raw|written"),
        ("Message-ID", "<a", "Message-ID has a defect"),
        ("Date", "tomorrow", "Date has a defect"),
        ("Content-Transfer-Encoding", "base64", "message has a defect"),
    ],
)
def test_raw_damage_is_found(raw: str, value: str, reason: str) -> None:
    """A raw header that ends early, or that readers make something else of, is never put out."""
    made = message()
    del made[raw]
    made.set_raw(raw, value)
    with pytest.raises(ExportError, match=reason):
        message_bytes(made)


@pytest.mark.parametrize(
    ("number", "payload", "reason"),
    [
        (0, "before\n--{boundary}\n\nafter\n", "parts"),
        (1, "before\n--{boundary}--\nafter\n", "a part"),
        (0, "y" * 999, "998"),
        (0, "é", "cannot be written"),
    ],
    ids=["boundary", "end", "long", "not ASCII"],
)
def test_a_changed_part_is_found(number: int, payload: str, reason: str) -> None:
    """A part that a reader would not get, or no server takes, is an error instead of bytes."""
    made = message()
    part = [*made.iter_parts()][number]
    part.set_payload(payload.format(boundary=made.get_boundary()))
    with pytest.raises(ExportError, match=reason):
        message_bytes(made)


def test_a_header_that_reads_otherwise_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """If a parser disagrees with what was asked for, the header is named and nothing sent."""

    def wrong(*_: object) -> list[tuple[str, str]]:
        return [("From", "other@sender.test"), ("Subject", "Hi")]

    monkeypatch.setattr(_mime, "header_fields", wrong)
    with pytest.raises(ExportError, match="header From"):
        message(Envelope(sender="ana@sender.test"))


def test_importing_costs_nothing_heavy() -> None:
    """The address library and the parser are loaded by the first message, not before."""
    code = (
        "import sys, candidate_cards.exports._mime;"
        "sys.exit(not {'email_validator', 'email.policy', 'email.parser'}.isdisjoint(sys.modules))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
