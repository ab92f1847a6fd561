"""Whatever stands in a text, an e-mail has the headers that were asked for and no other."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from email.policy import default
from itertools import cycle

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from candidate_cards.errors import InputError
from candidate_cards.exports._headers import (
    MAX_FILE_NAME_CHARACTERS,
    MAX_NAME_CHARACTERS,
    MAX_SUBJECT_CHARACTERS,
    Address,
    ascii_file_name,
    display_name,
    file_name,
    header_text,
    parse_address,
    subject_text,
)
from candidate_cards.exports._mime import (
    Attachment,
    Envelope,
    InlineImage,
    address,
    make_body,
    message_bytes,
)
from hostile_corpus import HOSTILE_EMAILS, PAYLOADS, payloads

# A busy machine is no failure.
unhurried = settings(deadline=None)

HEADERS = ["From", "To", "Reply-To", "Subject", "Message-ID", "MIME-Version", "Content-Type"]
INJECTION = "Zoë =?UTF-8?Q?=0A?=Bcc: x@y"
_PIECES = (
    *("=?UTF-8?Q?", "=?utf-8?b?Cg==?=", "=0A", "=0D=0A", "?=", "=", "?", "_", "Bcc: x@y.test"),
    *(",", ";", ":", '"', "\\", "(", ")", "<", ">", "@", "[", "]", "'", ".", "/", "%00", "--"),
    *("\r\n", "\n", "\r", "\t", "\x00", "\x0b", "\x85", "\u2028", "\u2029", "\ud800", "\udc00"),
    *("\xa0", "\u3000", "\u202e", "\u2066", "\u200e", "\u061c", "\u200d", "\u200c", "\ufffe"),
    *("\u0301", "  ", " ", "a", "Zoë", "李明", "נועה", "👩\u200d💻"),
    *("--=_alternative_", "From ", ".", "\n.\n", "\nFrom "),
)
any_text = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=60),
    st.sampled_from(PAYLOADS).map(lambda payload: payload.text[:3000]),
    st.lists(st.sampled_from(_PIECES), max_size=12).map("".join),
    st.text(min_size=60, max_size=300),
)

_SCRIPTS = (
    *("abcXYZ", "äöüßéñøłŽşđ", "αβγδέώΆ", "абвгЖщЪї", "אבגדהו", "ابتثجفاطمة", "देवनागरी", "தமிழ்"),
    *("สมชายใจดี", "李明王小龙", "リミンやまだ", "김민준서울", "ქართული", "հայերեն", "አማርኛ"),
    *("𝓐𝓭𝓪", "👩🏽👨🇧🇷"),
)
words = st.sampled_from(_SCRIPTS).flatmap(lambda script: st.text(script, min_size=1, max_size=12))
joins = st.sampled_from(
    (
        *(" ", ", ", " (", ") ", '"', '" ', "; ", ": ", " & "),
        *("\\", "-", "’", ".", " @ ", "<", "> ", "/"),
    )
)


@st.composite
def real_names(draw: st.DrawFn) -> str:
    """Names and titles as people write them: words of any script and any punctuation."""
    name = draw(words)
    for _ in range(draw(st.integers(0, 5))):
        name += draw(joins) + draw(words)
    # A word may begin with a mark, where a name does not.
    name = " ".join(name.split())
    return name if display_name(name) == name else draw(words)


def _read(message: EmailMessage) -> EmailMessage:
    """Return the message as a reader sees it, after what holds for the bytes of any."""
    data = message_bytes(message)
    assert data.isascii()
    lines = data.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert not re.search(rb"\n", b"".join(lines))
    assert not re.search(rb"\r", b"".join(lines))
    # No parser of anyone's: a line of the header begins a field that was asked for, or goes on.
    header = lines[: lines.index(b"")]
    assert all(re.match(rb"[ ]\S|[A-Z][A-Za-z-]+: ?", line) for line in header)
    names = [line.split(b":")[0].decode() for line in header if not line.startswith(b" ")]
    assert names == message.keys()
    read = message_from_bytes(data, policy=default)
    assert isinstance(read, EmailMessage)
    for part in read.walk():
        assert not part.defects
        assert not any(value.defects for value in part.values())
    return read


def _content(part: MIMEPart | None) -> str:
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def _as_body(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text if text.endswith("\n") else text + "\n"


def _assert_all_is_text(subject: str, name: str, file: str, text: str, html: str) -> None:
    recipients = [Address(name, f"r{number}@recipient.test") for number in range(3)]
    envelope = Envelope(
        sender=str(Address(name, "ana@sender.test")),
        to=tuple(map(str, recipients)),
        reply_to=str(Address(name, "reply@sender.test")),
    )
    body = make_body(
        text=text,
        html=html,
        images=[InlineImage("logo@cards", b"\x89PNG", "image/png", file)],
        attachments=[Attachment(file, b"%PDF", "application/pdf")],
    )
    read = _read(address(body, envelope, subject))
    assert read.keys() == HEADERS
    assert read["Subject"] == subject_text(subject)
    shown = display_name(name)
    mailboxes = [box for header in ("From", "To", "Reply-To") for box in read[header].addresses]
    assert [box.display_name for box in mailboxes] == [shown] * 5
    assert [box.addr_spec for box in mailboxes] == [
        "ana@sender.test",
        *(recipient.address for recipient in recipients),
        "reply@sender.test",
    ]
    assert _content(read.get_body(("plain",))) == _as_body(text)
    assert _content(read.get_body(("html",))) == _as_body(html)
    files = [part for part in read.walk() if part.get_filename()]
    assert [part.get_filename() for part in files] == [file_name(file)] * 2
    assert [part.get_content() for part in files] == [b"\x89PNG", b"%PDF"]


@unhurried
@given(subject=any_text, name=any_text, file=any_text, text=any_text, html=any_text)
def test_any_text_stays_in_its_own_place(
    subject: str, name: str, file: str, text: str, html: str
) -> None:
    """Any text as subject, name, file name, plain text and HTML is read as that and no more."""
    _assert_all_is_text(subject, name, file, text, html)


def test_every_payload_in_every_place_is_text() -> None:
    """Each payload of the corpus stays text in each of the five places of a message."""
    texts = [INJECTION, *(payload.text for payload in PAYLOADS)]
    shifted = [cycle(texts[shift:] + texts[:shift]) for shift in range(5)]
    for _ in texts:
        subject, name, file, text, html = map(next, shifted)
        _assert_all_is_text(subject, name, file, text[:5000], html[:5000])
    assert len(texts) > 240


@unhurried
@given(name=real_names(), subject=real_names())
def test_names_in_any_script_come_back_whole(name: str, subject: str) -> None:
    """A name of words in any script with any punctuation is read letter for letter."""
    envelope = Envelope(sender="a@b.test", to=(str(Address(name, "c@d.test")),))
    read = _read(address(make_body(text="", html=""), envelope, subject))
    assert read["Subject"] == subject
    assert [box.display_name for box in read["To"].addresses] == [name]


@pytest.mark.parametrize("payload", payloads("ordinary"), ids=lambda payload: payload.id)
def test_ordinary_odd_text_passes_unchanged(payload: object) -> None:
    """What real people have in names and titles is neither cleaned away nor broken."""
    text = payload.text  # type: ignore[attr-defined]
    assert display_name(text) == subject_text(text) == text


@unhurried
@given(text=any_text, limit=st.integers(1, 200))
def test_header_text_is_one_harmless_line(text: str, limit: int) -> None:
    """No control, direction, double space or encoded word is left, and cleaning again is idle."""
    clean = header_text(text, limit)
    assert not regex.search(r"[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Nchar}]|\s\s|=\?", clean)
    assert clean == clean.strip()
    assert len(regex.findall(r"\X", clean)) <= limit
    assert header_text(clean, limit) == clean


@unhurried
@given(text=any_text)
def test_cleaned_texts_have_bounds(text: str) -> None:
    """Subjects, names and file names fit their limits, and are clean after one cleaning."""
    subject, name, file = subject_text(text), display_name(text), file_name(text)
    assert len(regex.findall(r"\X", subject)) <= MAX_SUBJECT_CHARACTERS
    assert len(regex.findall(r"\X", name)) <= MAX_NAME_CHARACTERS
    assert len(regex.findall(r"\X", file)) <= MAX_FILE_NAME_CHARACTERS
    assert subject_text(subject) == subject
    assert display_name(name) == name


@unhurried
@given(text=any_text)
def test_a_file_name_names_a_file_in_its_folder(text: str) -> None:
    """No file name is empty, hidden, a path, or what Windows refuses; the ASCII one neither."""
    for name in (file_name(text), ascii_file_name(file_name(text))):
        assert not re.search(r'[/\\<>:"|?*\x00-\x1f]', name)
        assert name.strip(". ") == name != ""
    assert ascii_file_name(text).isascii()


@unhurried
@given(name=any_text)
def test_an_address_is_read_from_how_it_is_written(name: str) -> None:
    """`str` of an address with any name is the one address with the cleaned name."""
    address = Address(name, "ana@xn--mller-kva.example")
    assert parse_address(str(address), field="x") == Address(display_name(name), address.address)


@unhurried
@given(
    text=st.one_of(
        any_text,
        any_text.map("{}@example.test".format),
        any_text.map("ana@{}".format),
        any_text.map("{} <ana@example.test>".format),
        any_text.map("Ana <{}>".format),
        st.sampled_from(HOSTILE_EMAILS),
    )
)
def test_any_text_is_one_address_or_none(text: str) -> None:
    """Any text is one plain ASCII address, or refused like any input."""
    try:
        address = parse_address(text, field="to[3]")
    except InputError:
        return
    assert re.fullmatch(
        r"[^\s,;:()<>\[\]\"\\@\x00-\x1f\x7f-\U0010ffff]+@[a-z0-9.-]+", address.address
    )
    assert "\n" not in text
    assert display_name(address.name) == address.name
