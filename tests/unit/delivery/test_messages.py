"""What may be handed in for delivery."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candidate_cards.delivery import Outgoing
from candidate_cards.errors import InputError

CONTENT = b"Subject: Cards\r\n\r\nHello\r\n"


def outgoing(**fields: object) -> Outgoing:
    """Return a message with some fields exchanged."""
    values: dict[str, object] = {
        "recipient": "ada@example.com",
        "sender": "me@example.com",
        "content": CONTENT,
        "key": "9f86d081",
        **fields,
    }
    return Outgoing(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["recipient", "sender"])
@pytest.mark.parametrize(
    "address",
    [
        "ada@example.com\r\nRCPT TO:<eve@example.com>",
        "ada@example.com\n",
        "ada@example.com\r",
        "\r\nada@example.com",
        "ada@example.com> SIZE=1",
        "<ada@example.com>",
        "Ada <ada@example.com>",
        "ada @example.com",
        "ada@exa mple.com",
        " ada@example.com",
        '"ada lovelace"@example.com',
        "ada@exämple.com",
        "ädä@example.com",
        "ada@example.com\0",
        "ada\t@example.com",
        "ada@example.com, eve@example.com",
        "ada@eve@example.com",
        "@example.com",
        "ada@",
        "ada",
        "",
        "ada@-example.com",
        "ada@example..com",
        "ada@example.com.",
        f"{'a' * 65}@example.com",
        f"ada@{'a.' * 130}com",
        "ada\u2028@example.com",
        "ada@example.com\u202e",
        "\ud800@example.com",
    ],
)
def test_what_could_be_more_than_an_address_is_refused(field: str, address: str) -> None:
    """Line ends, spaces, brackets and other letters never reach a command; the field is named."""
    with pytest.raises(InputError) as caught:
        outgoing(**{field: address})
    (problem,) = caught.value.problems
    assert problem.path == (field,)
    assert "eve" not in str(caught.value)
    assert "ada" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.com",
        "a@localhost",
        "ada+tag_x.y-z@mail.example.co.uk",
        "o'brien@example.com",
        "a..b.@xn--exmple-cua.com",
        "ada@[127.0.0.1]",
        "ada@[IPv6:2001:db8::1]",
        "!#$%&'*+/=?^_`{|}~-@example.com",
    ],
)
def test_addresses_that_people_have_are_taken(address: str) -> None:
    """Plus signs, apostrophes, punycode, address literals and even double dots exist."""
    assert outgoing(recipient=address, sender=address).recipient == address


@settings(deadline=None)
@given(st.text())
def test_no_text_becomes_a_second_command(text: str) -> None:
    """Whatever is taken is one visible ASCII word without brackets."""
    try:
        message = outgoing(recipient=text)
    except InputError:
        return
    assert message.recipient.isascii()
    assert message.recipient.isprintable()
    assert not set(message.recipient) & set(' <>"\\,;:()') - set(":[]")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"Subject: a\n\nb\n", "CRLF"),
        (b"Subject: a\r\n\r\nb\n.\nMAIL FROM:<x@y.z>\r\n", "CRLF"),
        (b"Subject: a\r\n\r\nb\r.\rMAIL\r\n", "CRLF"),
        (b"Subject: a\r\r\n\r\n", "CRLF"),
        ("Subject: ä\r\n\r\n".encode(), "ASCII"),
        (b"Subject: \0\r\n\r\n", "ASCII"),
        (b"To: a@b.c\r\nBcc: d@e.f\r\n\r\nb\r\n", "Bcc"),
        (b"To: a@b.c\r\nBCC : d@e.f\r\n\r\nb\r\n", "Bcc"),
        (b"Resent-Bcc: d@e.f\r\n\r\nb\r\n", "Bcc"),
        (b"bcc: d@e.f", "Bcc"),
    ],
)
def test_content_that_is_no_finished_message_is_refused(content: bytes, said: str) -> None:
    """Line ends that smuggle, other letters, a Bcc header; the content is not repeated."""
    with pytest.raises(InputError, match=said) as caught:
        outgoing(content=content)
    assert [problem.path for problem in caught.value.problems] == [("content",)]
    assert "d@e.f" not in str(caught.value)


def test_a_body_may_speak_of_bcc() -> None:
    """Only headers count."""
    outgoing(content=b"Subject: a\r\n\r\nBcc: is a header\r\n")


@pytest.mark.parametrize("field", ["key", "message_id"])
@pytest.mark.parametrize("value", ["a b", "a\n", "ä", "x" * 999])
def test_key_and_message_id_are_one_visible_word(field: str, value: str) -> None:
    """They are written into the journal and shown."""
    with pytest.raises(InputError) as caught:
        outgoing(**{field: value})
    assert [problem.path for problem in caught.value.problems] == [(field,)]


def test_a_key_there_must_be_a_message_id_need_not() -> None:
    """Without a key nothing could be remembered."""
    assert outgoing(message_id="").message_id == ""
    with pytest.raises(InputError):
        outgoing(key="")


def test_every_problem_is_told_at_once() -> None:
    """Not one after the other."""
    with pytest.raises(InputError) as caught:
        outgoing(recipient="", sender="", content=b"", key="", message_id=" ")
    paths = [problem.path for problem in caught.value.problems]
    assert paths == [(name,) for name in ("recipient", "sender", "content", "key", "message_id")]


def test_the_content_is_not_shown() -> None:
    """A message in a traceback or a log does not bring its text along."""
    assert "Hello" not in repr(outgoing())
