"""Finished parts in, an e-mail message out that is safe, well-formed and always the same.

A body (both texts, pictures, files) is encoded once and can then be addressed any number of times:

    body = make_body(text=..., html=..., attachments=...)
    for envelope in envelopes:
        data = message_bytes(address(body, envelope, subject))

Nothing here takes a clock, a host name or chance: the boundaries, and a ``Message-ID`` that was not
given, come from a hash of the content. Header values are written by `_headers` and put out as they
are, by whatever generator and policy. Both the header and the finished bytes are read back before
anyone gets them.
"""

from __future__ import annotations

import re
from binascii import b2a_base64, b2a_qp
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from candidate_cards.errors import ExportError, InputError, Problem
from candidate_cards.exports._headers import (
    Address,
    Envelope,
    file_name,
    file_name_parameters,
    header_fields,
    parse_address,
    subject_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from email.message import EmailMessage
    from email.policy import EmailPolicy

    from candidate_cards.exports._headers import Field

__all__ = [
    "Address",
    "Attachment",
    "Body",
    "Envelope",
    "InlineImage",
    "address",
    "make_body",
    "message_bytes",
    "parse_address",
]

MAX_LINE_OCTETS: Final = 998  # RFC 5322, 2.1.1; without the line break

_RESTRICTED_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"  # RFC 6838, 4.2
_MEDIA_TYPE: Final = re.compile(f"(?P<type>{_RESTRICTED_NAME})/{_RESTRICTED_NAME}")
# Their bodies are messages themselves, which base64 may not wrap (RFC 2045, 6.4).
_COMPOSITE: Final = frozenset({"message", "multipart"})
_IMAGES: Final = ("image/gif", "image/jpeg", "image/png")
_CONTENT_ID: Final = re.compile(
    r"[A-Za-z0-9_+-][A-Za-z0-9._+-]{0,63}@[A-Za-z0-9][A-Za-z0-9.-]{0,99}"
)
_BASE64_LINE: Final = 76
_LINE_ENDS: Final = re.compile("\r\n?")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that comes with a message.

    Attributes:
        name: Any text; what readers see is the last part of it as a path, cleaned and at most 60
            characters, extension kept.
        data: The file's bytes.
        media_type: ``type/subtype`` without parameters; neither a multipart nor a message.

    Raises:
        InputError: The media type is not of that form.
    """

    name: str = field(repr=False)  # often somebody's
    data: bytes = field(repr=False)
    media_type: str

    def __post_init__(self) -> None:
        match = _MEDIA_TYPE.fullmatch(self.media_type)
        if match is None or match["type"].lower() in _COMPOSITE:
            message = "is not a media type of a file, such as application/pdf"
            raise InputError([Problem(message, path=("media_type",))])


@dataclass(frozen=True, slots=True)
class InlineImage:
    """A picture that the HTML shows by ``src="cid:..."``.

    Attributes:
        content_id: What follows ``cid:``, in the form of an address: ``logo@cards``.
        data: The picture's bytes.
        media_type: ``image/png``, ``image/jpeg`` or ``image/gif``; mail programs show no other.
        name: As of an `Attachment`.

    Raises:
        InputError: With each of the first two that cannot be used.
    """

    content_id: str
    data: bytes = field(repr=False)
    media_type: str
    name: str

    def __post_init__(self) -> None:
        problems = []
        if _CONTENT_ID.fullmatch(self.content_id) is None:
            message = "is not of the form name@domain, in letters, digits, dots, hyphens"
            problems.append(Problem(message, path=("content_id",)))
        if self.media_type not in _IMAGES:
            message = f"is none of {', '.join(_IMAGES)}"
            problems.append(Problem(message, path=("media_type",)))
        if problems:
            raise InputError(problems)


@dataclass(frozen=True, slots=True)
class Body:
    """Everything of a message but its header, encoded; messages share it.

    Attributes:
        content_type: The value of that header of the message, as it is written.
        parts: What the message is made of, in order; not to be changed.
        digest: Hash of the content, 64 hexadecimal digits.
    """

    content_type: str
    parts: tuple[EmailMessage, ...] = field(repr=False)
    digest: str


def make_body(
    *,
    text: str,
    html: str,
    images: Sequence[InlineImage] = (),
    attachments: Sequence[Attachment] = (),
) -> Body:
    """Return the body of a message: alternative(plain, html), with its pictures and files.

    With pictures the HTML is related(html, images...); with files the whole is
    mixed(alternative, attachments...).

    Args:
        text: What is read as plain text.
        html: The same as a document. Of both, line breaks of any kind come back as newlines, lone
            surrogates as U+FFFD, a last newline is added if it is missing, and the rest is exact.
        images: Pictures that the HTML shows.
        attachments: Files, in the order in which they are listed.

    Raises:
        InputError: Two images have one ``content_id``.
    """
    _refuse_repeated_ids(images)
    plain, rich = _text_part("plain", text), _text_part("html", html)
    pictures = [_image_part(image) for image in images]
    files = [_attachment_part(attachment) for attachment in attachments]
    digest = _digest([plain, rich, *pictures, *files])
    if pictures:
        rich = _multipart("related", digest, [rich, *pictures])
    body = Body(_multipart_type("alternative", digest), (plain, rich), digest)
    if files:
        alternative = _multipart("alternative", digest, body.parts)
        body = Body(_multipart_type("mixed", digest), (alternative, *files), digest)
    return body


def address(body: Body, envelope: Envelope | None, subject: str) -> EmailMessage:
    """Return a message with this body, which is neither copied nor encoded again.

    It has ``From``, ``To`` (unless there is no recipient), ``Reply-To`` (if given), ``Subject``,
    ``Date`` (if given), ``Message-ID``, ``List-Unsubscribe`` and its ``-Post`` (if given),
    ``MIME-Version`` and ``Content-Type``, never ``Bcc``. Equal arguments make equal bytes.

    Args:
        body: From `make_body`.
        envelope: Who it is from and to. ``None`` makes a draft, which a mail program opens to be
            sent: ``Subject``, ``X-Unsent``, ``MIME-Version`` and ``Content-Type`` only.
        subject: Any text; one clean line of at most 200 characters is shown of it. If nothing is
            left, the header is there and empty.

    Raises:
        ExportError: Python's parser does not read a header as it was meant.
    """
    subject = subject_text(subject)
    fields = header_fields(envelope, subject, body.digest)
    mime = (("MIME-Version", "1.0"), ("Content-Type", body.content_type))
    message = _part((*fields, *mime), body.parts)
    asked = dict(fields) | {"Subject": subject}
    _check_header(message, asked, envelope)
    return message


def message_bytes(message: EmailMessage) -> bytes:
    """Return a message as it is sent or saved (``.eml``): ASCII, lines ended by CRLF.

    What was written is read back and compared with the message, part by part: names, order and
    values of headers, bodies, structure. Headers that a caller added by hand are held to the same,
    since Python writes those by its own rules: each comes back as it was set, or nothing comes
    out. There is no ``Bcc``, and no header twice.

    Raises:
        ExportError: It reads back as something else, has a defect, or breaks a rule above.
    """
    from email.errors import MessageError  # noqa: PLC0415  # 25 ms, with the next two
    from email.parser import BytesParser  # noqa: PLC0415
    from email.policy import SMTP, default  # noqa: PLC0415

    names = {name.lower() for name in message}
    if names & {"bcc", "resent-bcc"} or len(names) < len(message):
        raise ExportError("the message has a Bcc header, or a header twice")
    try:
        data = message.as_bytes(policy=SMTP)
    except (MessageError, ValueError):  # the exception quotes the header
        raise ExportError("the message holds something that cannot be written") from None
    if not data.isascii() or max(map(len, data.split(b"\r\n"))) > MAX_LINE_OCTETS:
        raise ExportError(f"the message is not ASCII in lines of {MAX_LINE_OCTETS} octets")
    _check_same(message, BytesParser(policy=default).parsebytes(data))
    return data


def _part(fields: Iterable[Field], payload: str | Sequence[EmailMessage]) -> EmailMessage:
    from email.message import EmailMessage  # noqa: PLC0415  # 25 ms
    from email.policy import SMTP  # noqa: PLC0415

    part = EmailMessage(SMTP)
    for name, value in fields:
        header = SMTP.header_factory(name, value.replace("\r\n", ""))
        # A header that folds itself: other policies fold again what is longer than 78, and a
        # library may have its own (aiosmtplib 5.1 takes `email.policy.SMTP`). On 3.11.7 three
        # recipients became eight that way.
        header.fold = partial(_as_written, name, value)
        part.set_raw(name, header)
    part.set_payload(payload if isinstance(payload, str) else [*payload])
    return part


def _as_written(name: str, value: str, *, policy: EmailPolicy[EmailMessage]) -> str:
    return f"{name}: {value}\r\n".replace("\r\n", policy.linesep)


def _text_part(subtype: str, text: str) -> EmailMessage:
    text = _newlines(text)
    if not text.endswith("\n"):
        text += "\n"
    try:
        data = text.encode()
    except UnicodeEncodeError:
        data = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()
    # The email package's own encoder is Python: five times as long for 100 kB.
    return _part(
        (
            ("Content-Type", f'text/{subtype}; charset="utf-8"'),
            ("Content-Transfer-Encoding", "quoted-printable"),
        ),
        b2a_qp(data).decode("ascii"),
    )


def _image_part(image: InlineImage) -> EmailMessage:
    id_field = ("Content-ID", f"<{image.content_id}>")
    return _file_part(image.name, image.data, image.media_type, "inline", id_field)


def _attachment_part(attachment: Attachment) -> EmailMessage:
    return _file_part(attachment.name, attachment.data, attachment.media_type, "attachment")


def _file_part(
    name: str, data: bytes, media_type: str, disposition: str, *fields: Field
) -> EmailMessage:
    filename, fallback = file_name_parameters(file_name(name))
    encoded = b2a_base64(data, newline=False).decode("ascii")
    lines = (encoded[at : at + _BASE64_LINE] for at in range(0, len(encoded), _BASE64_LINE))
    return _part(
        (
            ("Content-Type", f"{media_type};\r\n {fallback}"),
            ("Content-Transfer-Encoding", "base64"),
            ("Content-Disposition", f"{disposition};\r\n {filename}"),
            *fields,
        ),
        "\n".join((*lines, "")),
    )


def _multipart(subtype: str, digest: str, parts: Sequence[EmailMessage]) -> EmailMessage:
    return _part((("Content-Type", _multipart_type(subtype, digest)),), parts)


def _multipart_type(subtype: str, digest: str) -> str:
    # "=_" stands neither in quoted-printable nor in base64 (RFC 2045, 6.7), so no part can hold
    # the boundary; nor does one boundary begin another.
    kind = 'related;\r\n type="text/html"' if subtype == "related" else subtype
    return f'multipart/{kind};\r\n boundary="=_{subtype}_{digest[:32]}"'


def _refuse_repeated_ids(images: Sequence[InlineImage]) -> None:
    ids = [image.content_id for image in images]
    problems = [
        Problem("repeats the one of another image", path=("images", number, "content_id"))
        for number, content_id in enumerate(ids)
        if content_id in ids[:number]
    ]
    if problems:
        raise InputError(problems)


def _digest(parts: Iterable[EmailMessage]) -> str:
    """Hash the parts as they are written; no payload has a CR, so none can pass for two."""
    content = sha256()
    for part in parts:
        fields = "".join(value.fold(policy=part.policy) for value in part.values())
        content.update(f"{fields}\r\n{part.get_payload()}".encode("ascii"))
    return content.hexdigest()


def _check_header(
    message: EmailMessage, fields: Mapping[str, str], envelope: Envelope | None
) -> None:
    """Compare what a parser makes of a header with what was asked for."""
    asked: dict[str, object] = {**fields}
    if envelope is not None:
        asked |= envelope.mailboxes()
        if envelope.date is not None:
            asked["Date"] = envelope.date.replace(microsecond=0)
    for name, value in asked.items():
        header = message[name]
        read: object = str(header)
        if isinstance(value, tuple):
            read = tuple(Address(box.display_name, box.addr_spec) for box in header.addresses)
        elif name == "Date":
            read = header.datetime
        if read != value:
            raise ExportError(f"the header {name} would not be read as it was meant")


def _check_same(written: EmailMessage, read: EmailMessage) -> None:
    """Compare a part with what a parser made of it, and the parts in it.

    Raises:
        ExportError: They differ; the message names the header, never a value.
    """
    if read.defects:
        raise ExportError(f"the message has a defect: {type(read.defects[0]).__name__}")
    headers, found_headers = written.items(), read.items()
    if [name for name, _ in headers] != [name for name, _ in found_headers]:
        raise ExportError("the message would not be read with the headers that it has")
    for (name, asked), (_, found) in zip(headers, found_headers, strict=True):
        if str(asked) != str(found):
            raise ExportError(f"the header {name} would not be read as it was set")
        if found.defects:
            defect = type(found.defects[0]).__name__
            raise ExportError(f"the header {name} has a defect: {defect}")
    parts, found_parts = written.get_payload(), read.get_payload()
    if isinstance(parts, str) and isinstance(found_parts, str):
        if _newlines(parts) != _newlines(found_parts):
            raise ExportError("a part of the message would not be read as it was written")
        return
    if len(parts) != len(found_parts):
        raise ExportError("the message would not be read in the parts that it is made of")
    for part, found_part in zip(parts, found_parts, strict=True):
        _check_same(part, found_part)


def _newlines(text: str) -> str:
    return _LINE_ENDS.sub("\n", text)
