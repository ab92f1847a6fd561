"""What goes in and what comes out: a message for one person, and what became of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Literal

from candidate_cards.errors import InputError, Problem

if TYPE_CHECKING:
    from email.message import EmailMessage

Status = Literal["sent", "refused", "deferred", "failed", "unknown", "skipped"]

_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# Dots may stand anywhere: some providers have given out addresses with two in a row.
_ADDRESS: Final = re.compile(
    rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Za-z:.]+\])"
)
_MOST_OF_ADDRESS: Final = 254  # RFC 5321: a path of 256 with its angle brackets
_ADDRESS_RULE: Final = (
    "must be a bare ASCII address such as name@example.com; a domain in other letters goes in as "
    "xn--..., a display name belongs into the message"
)
_VISIBLE: Final = re.compile(r"[!-~]{1,998}")
_BCC: Final = re.compile(rb"(?im)^(?:resent-)?bcc[ \t]*:")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A finished message for one person.

    Attributes:
        recipient: Bare ASCII address, its domain in punycode; goes into RCPT TO.
        sender: Bare ASCII address; goes into MAIL FROM.
        content: The whole message, headers and body: ASCII, lines ended by CRLF, no Bcc header.
            It arrives as it is, but for a CRLF after a last line that has none.
        key: What identifies this message to this person, for instance a digest; visible ASCII.
        message_id: What its Message-ID header says, for journal and outcome; may be empty.

    Raises:
        InputError: A field is not like that. Nothing of its value is repeated.
    """

    recipient: str = field(repr=False)
    sender: str = field(repr=False)
    content: bytes = field(repr=False)
    key: str
    message_id: str = ""

    @classmethod
    def from_message(cls, message: EmailMessage, *, key: str = "") -> Outgoing:
        """Take a message that names one recipient, such as `Email.message` makes.

        Args:
            message: With one address in ``From`` and one in ``To``.
            key: By default a digest of recipient, subject and body: the same whenever the same is
                sent to the same person.

        Raises:
            InputError: It names no or several recipients.
            ExportError: It would not be read as it was meant.
        """
        from candidate_cards.exports._mime import message_bytes  # noqa: PLC0415  e-mail package

        sender, recipient = (_only_address(message, name) for name in ("From", "To"))
        content = message_bytes(message)
        if not key:
            body = content.partition(b"\r\n\r\n")[2]
            named = (recipient.encode(), str(message["Subject"]).encode())
            key = sha256(b"\0".join((*named, body))).hexdigest()
        message_id = str(message["Message-ID"] or "")
        return cls(recipient, sender, content, key, message_id)

    def __post_init__(self) -> None:
        problems = [
            Problem(_ADDRESS_RULE, path=(name,))
            for name, value in (("recipient", self.recipient), ("sender", self.sender))
            if len(value) > _MOST_OF_ADDRESS or not _ADDRESS.fullmatch(value)
        ]
        if message := _fault_of(self.content):
            problems.append(Problem(message, path=("content",)))
        if not _VISIBLE.fullmatch(self.key):
            problems.append(
                Problem("must be visible ASCII, such as a digest in hex", path=("key",))
            )
        if self.message_id and not _VISIBLE.fullmatch(self.message_id):
            problems.append(
                Problem("must be visible ASCII, such as <1@example.com>", path=("message_id",))
            )
        if problems:
            raise InputError(problems)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message.

    Attributes:
        recipient: As in the message.
        key: As in the message.
        message_id: As in the message.
        status: One of

            - ``sent``: the server has taken it;
            - ``refused``: the server will not take it (5xx);
            - ``deferred``: the server will not take it now (4xx);
            - ``failed``: certainly not delivered, since no connection held long enough;
            - ``unknown``: the connection broke between the message and the server's answer to it,
              now or in an earlier run (no attempts): it may have arrived, so it is not repeated;
            - ``skipped``: not sent now, since it was sent before.
        code: What the server answered last, 200 to 599, or ``None``.
        detail: The server's words, at most 300 characters of them, or ours where it said nothing:
            one line without control characters and without our credentials.
        attempts: How many times a delivery was begun; 0 if none was.
    """

    recipient: str = field(repr=False)
    key: str
    message_id: str
    status: Status
    code: int | None = None
    detail: str = ""
    attempts: int = 0


def _only_address(message: EmailMessage, name: str) -> str:
    header = message[name]
    addresses = [] if header is None else [str(box.addr_spec) for box in header.addresses]
    if len(addresses) != 1:
        raise InputError([Problem("must hold one address", path=(name,))])
    return addresses[0]


def _fault_of(content: bytes) -> str:
    if not content:
        return "is empty"
    if not content.isascii() or b"\0" in content:
        return "must be ASCII without NUL; encode the body as quoted-printable or base64"
    text = content.replace(b"\r\n", b"")
    if b"\r" in text or b"\n" in text:
        # A bare one can end the message early at one server and not at the next, which then reads
        # the rest as commands ("SMTP smuggling", 2023).
        return "has a CR or LF alone; every line must end with CRLF"
    if _BCC.search(content.partition(b"\r\n\r\n")[0]):
        return "has a Bcc header, which would tell its reader of the others"
    return ""
