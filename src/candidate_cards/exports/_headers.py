"""What stands in the header of an e-mail: addresses, one-line texts, and how both are written.

Every value leaves here finished: ASCII, encoded, folded, ready to be written as it is. Python's
own folding is not asked, because it is where headers are injected: on 3.11.7 it turns an
encoded-word inside a text into the line break that the word encodes (CVE-2024-6923), and encodes
the comma between two recipients (CVE-2025-1795).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from textwrap import wrap
from typing import Final
from urllib.parse import quote

from candidate_cards._text import ELLIPSIS, clean_text, is_visible
from candidate_cards.errors import InputError, Problem

MAX_SUBJECT_CHARACTERS: Final = 200
MAX_NAME_CHARACTERS: Final = 100
MAX_FILE_NAME_CHARACTERS: Final = 60
MAX_URL_CHARACTERS: Final = 900

# A name is one encoded-word and a file name one parameter, each on one line of at most 998 octets
# (RFC 5322, 2.1.1). Base64 adds a third, percent-encoding makes three of one; file systems take
# 255 bytes anyway.
_MAX_NAME_BYTES: Final = 660
_MAX_FILE_NAME_BYTES: Final = 240

_MAX_ADDRESS: Final = 254  # RFC 3696, erratum 1690; longer ones are not even looked at
_FOLDED_LINE: Final = 76
_FIRST_YEAR: Final = 1900  # RFC 5322, 3.3

_LINE_BREAK: Final = re.compile("[\n\r]")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_BIDI: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SPACES: Final = re.compile(r"\s{2,}")
_ENCODED_WORD: Final = "=?"  # how one begins

_NAMED: Final = re.compile(
    r"""(?: "(?P<quoted>(?:[^"\\]|\\.)*+)" | (?P<plain>[^"()<>\[\]:;@\\,]*+) )
    [ ]* <(?P<address>[^<>]*)>""",
    re.VERBOSE | re.DOTALL,
)
# Where an address stands for itself: no list, group, comment, quotes, brackets or space.
_LOOSE: Final = re.compile(r"[\s,;:()<>\[\]\"\\]")
_WORDS: Final = re.compile(r"[A-Za-z0-9'-]+(?: [A-Za-z0-9'-]+)*")
_MESSAGE_ID: Final = re.compile(r"<([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[^<>@\s]+)>")
_ID_DOMAIN: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_UNSUBSCRIBE: Final = re.compile(
    r"https://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?"
    r"(?:[/?#][A-Za-z0-9._~:/?#@!$&'()*+,;=%\[\]-]*)?"
)
# Refused by email-validator 2.4 whatever it is told, yet real: a test server, an office's own.
_OWN_NETWORK: Final = re.compile(r"(?:.*[.@])?(?:localhost|local)", re.IGNORECASE)
_STAND_IN: Final = ".test"

_DRIVE: Final = re.compile(r"\A[A-Za-z]:")
_NOT_IN_FILE_NAMES: Final = re.compile(r'[<>:"|?*]')  # Windows; a colon there hides a stream
_MAX_EXTENSION: Final = 10
_EXTENSION: Final = re.compile(rf"[A-Za-z0-9]{{1,{_MAX_EXTENSION}}}")
_NAMELESS: Final = "attachment"

Field = tuple[str, str]
"""A header's name and its value as it is written: ASCII, with folds."""


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox; `parse_address` makes it.

    Attributes:
        name: Display name, one clean line; empty for none.
        address: ``local@domain``, all ASCII; the domain in lower case, other scripts as punycode.
    """

    name: str = field(repr=False)
    address: str = field(repr=False)

    def __str__(self) -> str:
        """Return the form that `parse_address` takes, with the name in quotes.

        Why: names come from data, and a comma or a line break in one must not become syntax.
        """
        name = display_name(self.name)
        return f"{_quoted(name)} <{self.address}>" if name else self.address


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Who a message is from and to.

    Nothing of it shows in its ``repr``: all of it is personal or secret.

    Attributes:
        sender: ``Ana Müller <ana@müller.example>``, a name in double quotes where it has commas
            or the like, or only an address.
        to: The same form; empty for a message whose recipients are not disclosed.
        reply_to: The same form, or ``None``.
        date: When it is sent, with a zone; to the second. ``None``: the message has no date, which
            whoever sends it must add.
        message_id: ``<...@...>``; ``None``: derived from sender, recipients and content.
        unsubscribe: An ``https`` URL that takes a POST (RFC 8058), or ``None``.

    Raises:
        InputError: With every field that cannot be used; it repeats none of them.
    """

    sender: str = field(repr=False)
    to: tuple[str, ...] = field(default=(), repr=False)
    reply_to: str | None = field(default=None, repr=False)
    date: datetime | None = field(default=None, repr=False)
    message_id: str | None = field(default=None, repr=False)
    unsubscribe: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        problems: list[Problem] = []
        object.__setattr__(self, "to", _several(self.to))
        addresses: list[tuple[tuple[str | int, ...], str]] = [
            (("sender",), self.sender),
            *((("to", number), text) for number, text in enumerate(self.to)),
        ]
        if self.reply_to is not None:
            addresses.append((("reply_to",), self.reply_to))
        for path, text in addresses:
            try:
                _parsed(text)
            except _NotAnAddressError as error:
                problems.append(Problem(str(error), path=path))
        if self.date is not None:
            if self.date.utcoffset() is None:
                problems.append(Problem("has no time zone", path=("date",)))
            elif self.date.year < _FIRST_YEAR:
                problems.append(Problem(f"is before {_FIRST_YEAR}", path=("date",)))
        if self.message_id is not None and not _ascii_message_id(self.message_id):
            problems.append(Problem("is not of the form <name@domain>", path=("message_id",)))
        if self.unsubscribe is not None and not _is_unsubscribe_url(self.unsubscribe):
            message = (
                f"is not a plain https URL of at most {MAX_URL_CHARACTERS} ASCII characters; "
                "percent-encode the rest"
            )
            problems.append(Problem(message, path=("unsubscribe",)))
        if problems:
            raise InputError(problems)

    def mailboxes(self) -> dict[str, tuple[Address, ...]]:
        """Return what is to stand in ``From``, ``To`` and ``Reply-To``; only headers that do."""
        mailboxes = {"From": (_parsed(self.sender),), "To": tuple(map(_parsed, self.to))}
        if self.reply_to is not None:
            mailboxes["Reply-To"] = (_parsed(self.reply_to),)
        return {name: addresses for name, addresses in mailboxes.items() if addresses}


def _several(addresses: object) -> tuple[str, ...]:
    """Return addresses as a tuple; one text alone would be taken letter by letter."""
    if isinstance(addresses, str) or not isinstance(addresses, Iterable):
        raise InputError([Problem("must be several addresses, in a tuple", path=("to",))])
    return tuple(addresses)


class _NotAnAddressError(ValueError):
    """The reason, without the text."""


def parse_address(text: str, *, field: str) -> Address:
    r"""Return the one mailbox that a text names: ``Ana Müller <ana@müller.example>``.

    A name that holds any of ``()<>[]:;@\,"`` must be in double quotes. It is cleaned like any
    other text of a header. Addresses on ``localhost``, ``.local`` and ``.test`` pass.

    Args:
        text: A name and an address in angle brackets, or only an address.
        field: What the error calls the text: ``to[3]``.

    Raises:
        InputError: It is no address, more than one, a group, has a comment or a line break, or
            letters beyond ASCII before the ``@``. The error does not repeat it.
    """
    try:
        return _parsed(text)
    except _NotAnAddressError as error:
        raise InputError([Problem(str(error), path=(field,))]) from None


def _parsed(text: str) -> Address:
    if _LINE_BREAK.search(text):
        raise _NotAnAddressError("holds a line break")
    text = text.strip(" ")
    if not text.endswith(">"):
        return Address("", _ascii_address(text))
    # The library reads names too, but refuses "Ana Müller" and "Dr. Ana" without quotes, and the
    # joiners of Persian names and of emoji even with them.
    named = _NAMED.fullmatch(text)
    if named is None:
        raise _NotAnAddressError(
            "is not one address with a name; where the name has commas, brackets, colons, "
            'semicolons, quotes or an @, write "name" <address>'
        )
    name = named["plain"] if named["quoted"] is None else re.sub(r"\\(.)", r"\1", named["quoted"])
    return Address(display_name(name), _ascii_address(named["address"]))


def _ascii_address(text: str) -> str:
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415  # 40 ms

    if len(text) > _MAX_ADDRESS:
        raise _NotAnAddressError(f"is longer than the {_MAX_ADDRESS} octets of an address")
    if _CONTROL.search(text) or _LOOSE.search(text):
        raise _NotAnAddressError(
            "is not one plain address: there is a space, a comment, a group or a second address"
        )
    # A local part may begin like an encoded-word, and readers decode it.
    if _ENCODED_WORD in text:
        raise _NotAnAddressError("holds what mail programs read as an encoded word")
    if not text.rpartition("@")[0].isascii():
        raise _NotAnAddressError(
            "has letters beyond ASCII before the @, which few mail servers take; "
            "every such mailbox has an ASCII address too"
        )
    stand_in = _STAND_IN if _OWN_NETWORK.fullmatch(text) else ""
    try:
        valid = validate_email(
            text + stand_in,
            check_deliverability=False,
            globally_deliverable=False,  # a host without a dot
            test_environment=True,  # .test
        )
    except EmailNotValidError:  # its message quotes the address
        raise _NotAnAddressError("is not a valid address of the form name@domain") from None
    return str(valid.ascii_email).removesuffix(stand_in)


def _ascii_message_id(text: str) -> str | None:
    """Return an identifier with its domain as punycode, or ``None`` if it is none."""
    match = _MESSAGE_ID.fullmatch(text)
    if match is None or len(text) > _MAX_ADDRESS or _ENCODED_WORD in text:
        return None
    local, _, domain = match[1].rpartition("@")
    if local != local.strip(".") or ".." in match[1]:
        return None
    if domain.isascii():  # made by software, and not always as strict as an address
        return text if _ID_DOMAIN.fullmatch(domain) else None
    try:
        return f"<{_ascii_address(match[1])}>"
    except _NotAnAddressError:
        return None


def _is_unsubscribe_url(text: str) -> bool:
    return (
        len(text) <= MAX_URL_CHARACTERS
        and _UNSUBSCRIBE.fullmatch(text) is not None
        and _ENCODED_WORD not in text
    )


def header_text(value: str, limit: int) -> str:
    """Return a text as one line that means nothing but itself in a header.

    As `clean_text`, and: no direction control or mark at all (joiners stay: Persian, Indic scripts
    and emoji need them), no two spaces of any kind in a row, which readers make one of, and a
    space in each ``=?``, so that no reader finds an encoded-word in a text that is decoded already.

    Args:
        value: Any string.
        limit: Most grapheme clusters in the result.
    """
    text, _ = clean_text(_BIDI.sub("", value), limit=limit)
    text = _SPACES.sub(" ", text.replace(_ENCODED_WORD, "= ?"))
    return clean_text(text, limit=limit)[0]  # the spaces may have made it too long


def subject_text(value: str) -> str:
    """Return a subject as readers show it; empty if nothing of it is visible."""
    return header_text(value, MAX_SUBJECT_CHARACTERS)


def display_name(value: str) -> str:
    """Return a mailbox's name as readers show it; empty if nothing of it is visible."""
    name = header_text(value, MAX_NAME_CHARACTERS)
    return _within_bytes(name, _MAX_NAME_BYTES)


def file_name(value: str) -> str:
    """Return a name that any system can save a file under, in no folder but the chosen one.

    The last part of a path, without drive, dots at its ends, or what Windows forbids; its
    extension is kept when it is cut. ``attachment`` stands for a name of which nothing is left.
    """
    base = value.replace("\\", "/").rpartition("/")[2].rstrip(". ")
    stem, dot, extension = base.rpartition(".")
    extension = header_text(extension, _MAX_EXTENSION + 1)
    if dot and _EXTENSION.fullmatch(extension):
        extension = dot + extension
    else:
        stem, extension = base, ""
    stem = header_text(stem, MAX_FILE_NAME_CHARACTERS - len(extension)).removesuffix(ELLIPSIS)
    stem = _NOT_IN_FILE_NAMES.sub("_", _DRIVE.sub("", stem))
    stem = _within_bytes(stem, _MAX_FILE_NAME_BYTES - len(extension)).strip(". ")
    return (stem if is_visible(stem) else _NAMELESS) + extension


def ascii_file_name(name: str) -> str:
    """Return the nearest ASCII name, with the extension, for readers that know no other."""
    # Decomposed again to what may be a slash or a colon, so it is cleaned again.
    return file_name(unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii"))


def _within_bytes(text: str, limit: int) -> str:
    """Cut a text to a number of UTF-8 bytes, between two grapheme clusters if it has several."""
    encoded = text.encode()
    if len(encoded) <= limit:
        return text
    import regex  # noqa: PLC0415  # costs 10 ms, and few texts are too long

    cut = encoded[:limit].decode("utf-8", "ignore")
    return ("".join(regex.findall(r"\X", cut)[:-1]) or cut).rstrip()


def header_fields(envelope: Envelope | None, subject: str, digest: str) -> list[Field]:
    """Return the fields that come before those of MIME, written.

    Args:
        envelope: ``None`` for a draft, which has no sender, recipient or date.
        subject: From `subject_text`.
        digest: Hash of the body, for a ``Message-ID`` that is not given.
    """
    if envelope is None:
        return [("Subject", _written_subject(subject)), ("X-Unsent", "1")]
    mailboxes = envelope.mailboxes()
    fields = [(name, _written_mailboxes(boxes)) for name, boxes in mailboxes.items()]
    fields.append(("Subject", _written_subject(subject)))
    if envelope.date is not None:
        fields.append(("Date", _written_date(envelope.date)))
    message_id = envelope.message_id and _ascii_message_id(envelope.message_id)
    fields.append(("Message-ID", message_id or _derived_id(mailboxes["From"][0], fields, digest)))
    if envelope.unsubscribe is not None:
        fields += (
            ("List-Unsubscribe", f"<{envelope.unsubscribe}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        )
    return fields


def _derived_id(sender: Address, fields: Iterable[Field], digest: str) -> str:
    """Return an identifier on the sender's domain, which tells nothing of this machine."""
    written = "".join(f"{name}: {value}\r\n" for name, value in fields)
    unique = sha256(f"{written}\r\n{digest}".encode("ascii")).hexdigest()[:32]
    return f"<{unique}@{sender.address.rpartition('@')[2]}>"


def file_name_parameters(name: str) -> tuple[str, str]:
    """Return the parameters of ``Content-Disposition`` and ``Content-Type`` that name a file.

    Why: the ASCII name stands in ``Content-Type``, where readers look that know no RFC 2231. A
    second ``filename`` beside ``filename*`` is a defect to Python's parser.
    """
    fallback = f'name="{ascii_file_name(name)}"'
    if name.isascii():
        return f'filename="{name}"', fallback
    return f"filename*=UTF-8''{quote(name, safe='')}", fallback


def _written_subject(text: str) -> str:
    if text.isascii():
        room = " " * len("Subject: ")
        lines = wrap(
            text,
            _FOLDED_LINE,
            initial_indent=room,
            break_long_words=False,
            break_on_hyphens=False,
        )
        return _folded(lines).lstrip()
    from email.header import Header  # noqa: PLC0415  # 10 ms

    return Header(text, "utf-8", _FOLDED_LINE, "Subject").encode(linesep="\r\n")


def _written_mailboxes(addresses: Iterable[Address]) -> str:
    """Return the addresses, each on its own line, or two where there is a name beyond ASCII."""
    return _folded(map(_written_mailbox, addresses), ",")


def _written_mailbox(mailbox: Address) -> str:
    name = mailbox.name
    if not name:
        return mailbox.address
    if name.isascii():
        return f"{name if _WORDS.fullmatch(name) else _quoted(name)} <{mailbox.address}>"
    from email.charset import Charset  # noqa: PLC0415  # 10 ms

    # One encoded-word, though longer than the 75 characters of RFC 2047: of names in several,
    # Python's parser gives back nine in ten with a space that they did not have (gh-128110).
    return f"{Charset('utf-8').header_encode(name)}\r\n <{mailbox.address}>"


def _written_date(date: datetime) -> str:
    from email.utils import format_datetime  # noqa: PLC0415  # 25 ms

    # RFC 5322 knows zones to the minute; the local mean times of old dates have seconds.
    offset = date.utcoffset()
    if offset and offset % timedelta(minutes=1):
        date = date.astimezone(UTC)
    return format_datetime(date)


def _quoted(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def _folded(lines: Iterable[str], separator: str = "") -> str:
    return f"{separator}\r\n ".join(lines)
