"""A server's words, as they are shown and kept."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from candidate_cards.delivery import SmtpServer
from candidate_cards.delivery._server_text import ServerText

PASSWORD = "pässword (1)"  # noqa: S105  a test's own
TEXT = ServerText(
    SmtpServer("smtp.example.com", username="me@example.com", password=SecretStr(PASSWORD))
)


@settings(deadline=None)
@given(st.text() | st.text("\x1b\x00\u202e\u2066\n\ta\u0301\ud800", max_size=1000))
def test_any_text_becomes_one_short_printable_line(text: str) -> None:
    """Whatever a server says."""
    for cleaner in (TEXT, ServerText(SmtpServer("smtp.example.com"))):
        cleaned = cleaner.clean(text)
        assert cleaned == "" or cleaned.isprintable()
        assert len(cleaned) <= 300
        assert "\n" not in cleaned
        assert not set(cleaned) & set("\u202e\u2066\u200f")


def test_ordinary_words_stay() -> None:
    """Lines are joined by spaces."""
    assert TEXT.clean("5.1.1 no such\nperson:  Ä") == "5.1.1 no such person: Ä"


def test_long_words_are_cut_with_an_ellipsis() -> None:
    """A reader sees that there was more."""
    assert TEXT.clean("x" * 100_000) == "x" * 299 + "…"


def encoded(text: str) -> str:
    """Return Base64."""
    return b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "secret",
    [
        PASSWORD,
        PASSWORD.upper(),
        encoded(PASSWORD),
        encoded(PASSWORD).rstrip("="),
        encoded("me@example.com"),
        encoded(f"\0me@example.com\0{PASSWORD}"),
        "me@example.com",
        f"{PASSWORD[:4]}\x00{PASSWORD[4:]}",
        f"{PASSWORD[:4]}\u200b{PASSWORD[4:]}",
        PASSWORD.replace(" ", "\n"),
    ],
)
def test_credentials_are_taken_out_however_they_are_spelled(secret: str) -> None:
    """Plain, encoded, in capitals, with invisible characters between."""
    assert TEXT.clean(f"535 <{secret}> is wrong") == "535 <[removed]> is wrong"


def test_a_password_that_cleaning_would_change_is_taken_out_before() -> None:
    """Two spaces would become one, and be found no more."""
    odd = SecretStr("two  spaces\u200b")
    text = ServerText(SmtpServer("smtp.example.com", username="me", password=odd))
    assert text.clean(f"535 {odd.get_secret_value()}!") == "535 [removed]!"


def test_credentials_are_taken_out_before_the_text_is_cut() -> None:
    """Half a password is too much of it."""
    assert PASSWORD[:6] not in TEXT.clean("x" * 293 + PASSWORD)


def test_a_name_is_taken_out_only_where_it_stands_alone() -> None:
    """A short one is part of many words."""
    text = ServerText(SmtpServer("a.test", username="me", password=SecretStr("secret-1")))
    assert text.clean("some message for me, meme") == "some message for [removed], meme"
