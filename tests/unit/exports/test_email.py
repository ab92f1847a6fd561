"""An `Email`: made once, addressed many times, the same bytes each time."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from candidate_cards import (
    Attachment,
    Candidate,
    Envelope,
    NotAvailableError,
    Shortlist,
    export_candidates,
    message_bytes,
    render_email,
    render_shortlist,
)
from candidate_cards.exports import get_exporter
from hostile_corpus import harmless_candidate

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
    with_file = mail.message(
        envelope("a@x.example"), attachments=[Attachment("x.pdf", b"%PDF", "application/pdf")]
    )
    message = parsed(message_bytes(with_file))
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
    """Neither part is printed by accident."""
    mail = render_email(SHORTLIST)
    assert str(PERSON.name) not in repr(mail)


def test_choices_that_do_not_exist_are_named() -> None:
    """An unknown theme or density says what there is."""
    with pytest.raises(NotAvailableError, match="there is no theme 'x'; available: dark"):
        render_email(SHORTLIST, theme="x")
    with pytest.raises(NotAvailableError, match="available: card, detail, row"):
        render_email(SHORTLIST, density="x")  # type: ignore[arg-type]
