"""An `Email`: made once, addressed many times, the same bytes each time."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from candidate_cards import (
    Attachment,
    Candidate,
    Envelope,
    ExportError,
    InputError,
    NotAvailableError,
    Shortlist,
    export_candidates,
    list_languages,
    load_labels,
    message_bytes,
    render_email,
    render_shortlist,
)
from candidate_cards.delivery import Outgoing
from candidate_cards.exports import get_exporter, parse_address
from hostile_corpus import harmless_candidate

if TYPE_CHECKING:
    from candidate_cards.cards import Density

PERSON = Candidate.model_validate(harmless_candidate())
SHORTLIST = Shortlist(candidates=(PERSON,), title="Engineer", client="C", author="A")
DATE = datetime(2026, 3, 2, 10, tzinfo=UTC)


def envelope(*to: str) -> Envelope:
    """Return who a message is from and to."""
    return Envelope(sender="Ana <ana@acme.example>", to=to, date=DATE)


def parsed(data: bytes) -> EmailMessage:
    """Read a message back."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def body(message: EmailMessage, kind: str) -> str:
    """Return the text of one alternative."""
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_both_parts_are_what_was_rendered() -> None:
    """The HTML is the format's document, to the letter, and the text stands before it."""
    mail = render_email(SHORTLIST, theme="harbour", density="detail")
    message = parsed(message_bytes(mail.message(envelope("bo@client.example"))))
    assert body(message, "html") == f"{mail.html}\n"
    assert body(message, "plain") == mail.text
    assert mail.html == render_shortlist(
        SHORTLIST, format="email", theme="harbour", density="detail"
    )
    assert mail.subject == message["Subject"] == "Shortlist for Engineer: 1 candidate"
    assert mail.size == len(mail.html.encode())


def test_the_body_is_encoded_once_for_all() -> None:
    """Messages to many share their parts; only headers differ."""
    mail = render_email(SHORTLIST)
    first, second = (mail.message(envelope(to)) for to in ("a@x.example", "b@x.example"))
    assert [id(part) for part in first.iter_parts()] == [id(part) for part in second.iter_parts()]
    assert first["Message-ID"] != second["Message-ID"]
    one, other = (message_bytes(message).partition(b"\r\n\r\n")[2] for message in (first, second))
    assert one == other


def test_the_format_is_the_draft() -> None:
    """Exporting gives what an email without an envelope gives; light where no theme is named."""
    data = export_candidates(SHORTLIST, format="email")
    assert data == message_bytes(render_email(SHORTLIST).message())
    assert get_exporter("email").theme == "light"
    assert parsed(data)["X-Unsent"] == "1"


@pytest.mark.parametrize("theme", ["light", "dark", "harbour"])
def test_a_logo_is_carried_where_the_theme_has_one(theme: str) -> None:
    """The picture that the HTML refers to is there, once, and no other; its name is text too."""
    mail = render_email(SHORTLIST, theme=theme)
    message = parsed(message_bytes(mail.message()))
    named = re.findall(r'src="cid:([^"]+)"', mail.html)
    carried = [
        part for part in message.walk() if part.get_content_maintype() not in {"text", "multipart"}
    ]
    assert [f"<{name}>" for name in named] == [part["Content-ID"] for part in carried]
    assert bool(named) == (theme == "harbour")
    for part in carried:
        assert part.get_content_type() == "image/png"
        assert part.get_filename() == "logo.png"
        assert part.get_content().startswith(b"\x89PNG")
        assert ">Harbour</td>" in mail.html


def test_attachments_go_along_and_leave_the_rest_alone() -> None:
    """A file changes neither text nor HTML, nor the messages made without it."""
    mail = render_email(SHORTLIST)
    plain = message_bytes(mail.message(envelope("a@x.example")))
    file = Attachment("x.pdf", b"%PDF", "application/pdf")
    with_file = replace(mail, attachments=(file,))
    assert with_file.digest != mail.digest
    message = parsed(message_bytes(with_file.message(envelope("a@x.example"))))
    assert [part.get_content() for part in message.iter_attachments()] == [b"%PDF"]
    assert body(message, "html") == f"{mail.html}\n"
    assert message_bytes(mail.message(envelope("a@x.example"))) == plain


def test_a_reader_can_answer_where_told_whom() -> None:
    """With an address each candidate has a button that writes to it about that candidate."""
    mail = render_email(SHORTLIST, reply_to="desk@acme.example")
    (href,) = re.findall(r'href="(mailto:[^"]+)"', mail.html)
    assert href.startswith("mailto:desk@acme.example?subject=Re%3A%20")
    assert "mailto:" not in render_email(SHORTLIST).html


def test_one_candidate_makes_a_message_of_their_own() -> None:
    """A candidate alone is the subject, has no rank, no table to compare, and the first heading."""
    mail = render_email(PERSON)
    assert mail.subject.startswith(str(PERSON.name))
    assert "<th" not in mail.html
    assert re.search(rf"<h1[^>]*>{re.escape(str(PERSON.name))}</h1>", mail.html)


def test_its_repr_holds_nobody() -> None:
    """Neither part is printed by accident, nor whom it is about."""
    for content in (SHORTLIST, PERSON):
        assert str(PERSON.name) not in repr(render_email(content))


def test_choices_that_do_not_exist_are_named() -> None:
    """An unknown theme or density says what there is."""
    with pytest.raises(NotAvailableError, match="there is no theme 'x'; available: dark"):
        render_email(SHORTLIST, theme="x")
    with pytest.raises(NotAvailableError, match="available: card, detail, row"):
        render_email(SHORTLIST, density="x")  # type: ignore[arg-type]


def test_the_text_holds_what_the_html_has_no_room_for() -> None:
    """Every reason, point, skill and the whole summary are in the text of a capped message."""
    wire = {
        "profileId": "p",
        "name": "Ada",
        "rationale": "A sentence of forty characters, about it. " * 12 + "The end.",
        "skills": [f"skill-{number}" for number in range(20)],
        "aiFitPoints": [f"reason-{number}" for number in range(9)],
        "aiRedFlags": [f"check-{number}" for number in range(9)],
    }
    shortlist = Shortlist(candidates=(Candidate.model_validate(wire),))
    mail = render_email(shortlist, profile="internal")
    words = [*wire["skills"], *wire["aiFitPoints"], *wire["aiRedFlags"], "The end."]
    text = " ".join(mail.text.split())
    assert [word for word in words if word not in text] == []
    assert [word for word in words if word not in mail.html]


@pytest.mark.parametrize(
    "address", ["Ana <a@b.example>", "o'brien@acme.example", "a%b@c.example", "a@localhost"]
)
def test_any_address_can_be_answered(address: str) -> None:
    """What is an address to an envelope gets its button too."""
    (href,) = re.findall(r'href="(mailto:[^"?]+)', render_email(PERSON, reply_to=address).html)
    local, _, domain = parse_address(address, field="x").address.rpartition("@")
    assert unquote(href) == f"mailto:{local}@{domain}"


def test_no_address_is_an_error_and_no_missing_button() -> None:
    """What is no address is refused by name."""
    with pytest.raises(InputError, match=r"^reply_to: "):
        render_email(PERSON, reply_to="nobody")


def test_a_name_cannot_add_headers_to_a_reply() -> None:
    """Line breaks of a record made in Python do not get into the reply's subject."""
    for name in ("A\r\nBcc: x@y.example", "A\x0bB\u2028C"):
        person = Candidate(profile_id="1", name=name)
        (href,) = re.findall(
            r'href="(mailto:[^"]+)"', render_email(person, reply_to="a@b.example").html
        )
        assert not re.search("%0[0-9a-f]|%e2%80%a8", href.lower())


@pytest.mark.parametrize("lang", list_languages())
def test_no_latin_question_mark_stands_before_words_from_right_to_left(lang: str) -> None:
    """Points to check have it beside their heading in the other languages only."""
    labels = load_labels(lang)
    html = render_email(PERSON, profile="internal", labels=labels).html
    assert html.count(f">? {labels.check}") == (labels.dir == "ltr")
    assert html.count(f"{labels.check} ({labels.ai})</h") == 1


def test_a_subject_is_one_clean_line_everywhere() -> None:
    """What is given as subject is the same in title, label and header."""
    mail = render_email(SHORTLIST, subject="A\x1b\u202e B\n\nC")
    assert mail.subject == "A B C"
    assert f"<title>{mail.subject}</title>" in mail.html
    assert mail.message()["Subject"] == mail.subject


@pytest.mark.parametrize(("density", "offer"), [("detail", "card or row"), ("card", "density row")])
def test_too_long_a_message_offers_only_what_helps(density: Density, offer: str) -> None:
    """The error names both ways out, and not the density that was too much."""
    people = tuple(PERSON.model_copy(update={"profile_id": str(n)}) for n in range(80))
    with pytest.raises(ExportError, match="split_email") as caught:
        render_email(Shortlist(candidates=people), density=density)
    assert offer in str(caught.value)
    many = Shortlist(candidates=people * 4)
    with pytest.raises(ExportError, match="split_email") as caught:
        render_email(many, density="row")
    assert "density" not in str(caught.value)


def test_one_text_is_not_several_recipients() -> None:
    """A text where addresses are wanted is one problem, not one a letter."""
    with pytest.raises(InputError) as caught:
        Envelope(sender="a@b.example", to="bo@client.example")  # type: ignore[arg-type]
    assert [problem.field for problem in caught.value.problems] == ["to"]
    assert hash(Envelope(sender="a@b.example", to=["a@b.example"]))  # type: ignore[arg-type]


def test_a_message_tells_delivery_all_it_needs() -> None:
    """Recipient, sender, bytes and id come from the message; the key is another day's too."""
    mail = render_email(SHORTLIST)
    first = Outgoing.from_message(mail.message(envelope("Bo <bo@müller.example>")))
    assert (first.sender, first.recipient) == ("ana@acme.example", "bo@xn--mller-kva.example")
    later = replace(envelope("bo@müller.example"), date=DATE + timedelta(days=1))
    second = Outgoing.from_message(mail.message(later))
    assert second.key == first.key
    assert second.message_id != first.message_id
    assert Outgoing.from_message(mail.message(envelope("al@x.example"))).key != first.key
    with pytest.raises(InputError, match="To: must hold one address"):
        Outgoing.from_message(mail.message(envelope("a@x.example", "b@x.example")))
