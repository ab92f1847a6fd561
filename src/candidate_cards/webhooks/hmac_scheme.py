"""Signatures as most senders make them; every part in which they differ is a setting."""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

from candidate_cards.webhooks.schemes import Content, Scheme
from candidate_cards.webhooks.secrets import bytes_of_base64, bytes_of_hex, bytes_of_text
from candidate_cards.webhooks.timestamps import TimestampFormat

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Algorithm = Literal["sha1", "sha256", "sha384", "sha512"]
Encoding = Literal["hex", "base64"]
SecretEncoding = Literal["text", "hex", "base64"]

_PREFIX: Final = re.compile(r"(?:[\x21-\x7e]{0,31}(?![A-Za-z0-9+/])[\x21-\x7e])?")
_READ_SECRET: Final = {"text": bytes_of_text, "hex": bytes_of_hex, "base64": bytes_of_base64}


@dataclass(frozen=True, slots=True)
class HmacScheme(Scheme):
    """One HMAC in a header.

    Why there is no default name of a header: the vendor documents none. It says that a secret has
    64 hexadecimal digits, and not whether the key is these or the bytes that they stand for.

    Attributes:
        signature_header: Name of the header with the signature.
        timestamp_header: Name of the header with the time of sending, if that is signed.
        id_header: Name of the header with the id of the delivery, if that is signed.
        algorithm: The hash function.
        encoding: How the digest is written: ``hex``, in either case, or padded ``base64``.
        prefix: Written before the digest; where a signature is read, it may be missing. Ends with
            a character that no digest has, such as ``=``.
        secret_encoding: The key is the secret's ``text`` in UTF-8, or the bytes that it stands for
            in ``hex`` or ``base64``.
        timestamp_format: Unix ``seconds`` or ``milliseconds``, or ``iso``, such as
            ``2026-06-01T08:00:00.000Z``.
    """

    algorithm: Algorithm = "sha256"
    encoding: Encoding = "hex"
    prefix: str = "sha256="
    secret_encoding: SecretEncoding = "text"  # noqa: S105  no secret
    timestamp_format: TimestampFormat = "seconds"

    @property
    def _timestamp_format(self) -> TimestampFormat:
        return self.timestamp_format

    def _faults(self) -> Iterator[tuple[str, str]]:
        yield from Scheme._faults(self)  # noqa: SLF001  super() is lost in a class with slots
        for name, value, choices in (
            ("algorithm", self.algorithm, get_args(Algorithm)),
            ("encoding", self.encoding, get_args(Encoding)),
            ("secret_encoding", self.secret_encoding, get_args(SecretEncoding)),
            ("timestamp_format", self.timestamp_format, get_args(TimestampFormat)),
        ):
            if value not in choices:
                yield name, f"must be one of {', '.join(choices)}"
        if not _PREFIX.fullmatch(self.prefix):
            yield "prefix", "must be short visible ASCII that ends with a sign such as ="

    def _read_secret(self, secret: str) -> bytes | None:
        return _READ_SECRET[self.secret_encoding](secret)

    def _signature(self, key: bytes, content: Content) -> str:
        digest = hmac.digest(key, content.joined(), self.algorithm)
        written = digest.hex() if self.encoding == "hex" else b64encode(digest).decode()
        return self.prefix + written

    def _offered(self, header: str) -> Sequence[str]:
        digest = header.removeprefix(self.prefix)
        return [self.prefix + (digest.lower() if self.encoding == "hex" else digest)]
