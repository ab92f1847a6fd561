"""How a request is signed and how a signature is verified: raw bytes, no clock."""

from __future__ import annotations

import hmac
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from candidate_cards.errors import (
    CandidateCardsError,
    InputError,
    Problem,
    WebhookSignatureError,
)
from candidate_cards.webhooks.headers import header_pairs, read_header
from candidate_cards.webhooks.timestamps import EPOCH, read_time, write_time
from candidate_cards.webhooks.tracebacks import outcome_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from candidate_cards.webhooks.headers import Headers
    from candidate_cards.webhooks.timestamps import TimestampFormat

_LEAST_KEY: Final = 24  # bytes, as Standard Webhooks asks
_MOST_SIGNATURES: Final = 16
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,255}")

DELIVERY_ID: Final = re.compile(r"[\x21-\x7e]{1,255}")
"""Ids that fit a header and the key of a table."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What the headers of an authentic request say, as far as it is signed.

    Attributes:
        delivery_id: ``None`` if the scheme has no header for it.
        timestamp: In UTC; ``None`` if the scheme has no header for it.
    """

    delivery_id: str | None = None
    timestamp: datetime | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What is signed: the texts of the headers that the scheme has, and the body."""

    body: bytes
    timestamp: str | None = None
    delivery_id: str | None = None

    def joined(self) -> bytes:
        """Return ``id.timestamp.body``, without the parts that are not there."""
        texts = (text for text in (self.delivery_id, self.timestamp) if text is not None)
        return b".".join((*(text.encode() for text in texts), self.body))


@dataclass(frozen=True, slots=True)
class Scheme(ABC):
    """A way to sign; :meth:`verify` accepts what :meth:`sign` makes.

    Only what is signed counts. So if the scheme has a header for the id or the timestamp, its text
    is part of what is signed: ``id.timestamp.body``, ``timestamp.body`` or just the body.

    Attributes:
        signature_header: Name of the header with the signature.
        timestamp_header: Name of the header with the time of sending.
        id_header: Name of the header with the id of the delivery.

    Raises:
        InputError: Settings that cannot be; it lists all of them.
    """

    signature_header: str
    timestamp_header: str | None = None
    id_header: str | None = None

    def __post_init__(self) -> None:
        problems = [Problem(message, path=(name,)) for name, message in self._faults()]
        if problems:
            raise InputError(problems)

    def sign(
        self, body: bytes, secret: SecretStr, *, delivery_id: str, timestamp: datetime
    ) -> dict[str, str]:
        """Return the headers to send with a body.

        Args:
            body: The bytes as they will be sent.
            secret: The receiver has the same.
            delivery_id: 1 to 255 visible ASCII characters; a retry repeats it.
            timestamp: When this attempt is sent; with its zone.

        Raises:
            InputError: Arguments that cannot be; it lists all of them.
        """
        outcome = outcome_of(self._sign, body, secret, delivery_id, timestamp)
        del body, secret
        if isinstance(outcome, CandidateCardsError):
            raise outcome
        return outcome

    def verify(self, body: bytes, headers: Headers, secrets: Sequence[SecretStr]) -> Signed:
        """Return what the headers of an authentic request say.

        Whether it is recent and new is not judged here; :class:`WebhookReceiver` does that.

        Args:
            body: The bytes as they came, before any decoding.
            headers: As the framework has them.
            secrets: Any of them may have signed; while one replaces another, give both.

        Raises:
            WebhookSignatureError: It is not authentic.
            InputError: The arguments are no bytes, no headers or no secrets of this scheme.
        """
        outcome = outcome_of(self._verify, body, headers, secrets)
        del body, headers, secrets
        if isinstance(outcome, CandidateCardsError):
            raise outcome
        return outcome

    def secret_problems(self, secrets: object) -> list[Problem]:
        """Return why secrets cannot be used, in words that do not hold them."""
        if not isinstance(secrets, Sequence) or isinstance(secrets, str | bytes):
            return [Problem("must be a list of secrets, even of one", path=("secrets",))]
        faults = [(at, self._secret_fault(secret)) for at, secret in enumerate(secrets)]
        if not faults:
            return [Problem("must hold at least one secret", path=("secrets",))]
        return [Problem(fault, path=("secrets", at)) for at, fault in faults if fault]

    @property
    def _timestamp_format(self) -> TimestampFormat:
        return "seconds"

    @abstractmethod
    def _read_secret(self, secret: str) -> bytes | None:
        """Return the key that a secret stands for, or ``None`` if it is not written right."""

    @abstractmethod
    def _signature(self, key: bytes, content: Content) -> str | None:
        """Return the value of the header, or ``None`` if this content cannot be signed."""

    @abstractmethod
    def _offered(self, header: str) -> Sequence[str]:
        """Return the signatures in a header, each written as :meth:`_signature` does."""

    def _faults(self) -> Iterator[tuple[str, str]]:
        """Yield each setting that cannot be, and why."""
        names = {
            "signature_header": self.signature_header,
            "timestamp_header": self.timestamp_header,
            "id_header": self.id_header,
        }
        given = {setting: name for setting, name in names.items() if name is not None}
        for setting, name in given.items():
            if not _HEADER_NAME.fullmatch(name):
                yield setting, "must be the name of a header"
        if len({name.lower() for name in given.values()}) < len(given):
            yield "signature_header", "must differ from the names of the other headers"

    def _secret_fault(self, secret: object) -> str:
        if not isinstance(secret, SecretStr):
            return "must be a pydantic.SecretStr, which nothing prints"
        key = self._read_secret(secret.get_secret_value())
        if key is None:
            return "is not written as this scheme asks; was a line break or a space copied with it?"
        if len(key) < _LEAST_KEY:
            return f"is too short to be safe: a key has at least {_LEAST_KEY} bytes"
        return ""

    def _sign(
        self, body: bytes, secret: SecretStr, delivery_id: str, timestamp: datetime
    ) -> dict[str, str]:
        faults = {
            "body": _body_fault(body),
            "secret": self._secret_fault(secret),
            "delivery_id": _id_fault(delivery_id),
            "timestamp": _time_fault(timestamp),
        }
        problems = [Problem(fault, path=(name,)) for name, fault in faults.items() if fault]
        if problems:
            raise InputError(problems)
        content = Content(
            body,
            write_time(timestamp, self._timestamp_format) if self.timestamp_header else None,
            delivery_id if self.id_header else None,
        )
        signatures = self._signatures(content, [secret])
        if not signatures:
            raise InputError([Problem("must be UTF-8 in this scheme", path=("body",))])
        named = (
            (self.id_header, content.delivery_id),
            (self.timestamp_header, content.timestamp),
            (self.signature_header, signatures[0]),
        )
        return {name: value for name, value in named if name and value}

    def _verify(self, body: bytes, headers: Headers, secrets: Sequence[SecretStr]) -> Signed:
        problems = self.secret_problems(secrets)
        if fault := _body_fault(body):
            problems.append(Problem(fault, path=("body",)))
        if problems:
            raise InputError(problems)
        pairs = header_pairs(headers)
        offered = self._offered(read_header(pairs, self.signature_header))
        if len(offered) > _MOST_SIGNATURES:
            raise WebhookSignatureError(
                f"the header {self.signature_header} has too many signatures"
            )
        delivery_id = read_header(pairs, self.id_header) if self.id_header else None
        if delivery_id is not None and not DELIVERY_ID.fullmatch(delivery_id):
            raise WebhookSignatureError(f"the header {self.id_header} is no id")
        written = read_header(pairs, self.timestamp_header) if self.timestamp_header else None
        timestamp = None if written is None else read_time(written, self._timestamp_format)
        if written is not None and timestamp is None:
            raise WebhookSignatureError(f"the header {self.timestamp_header} is no timestamp")
        right = self._signatures(Content(body, written, delivery_id), secrets)
        # All are compared: the time it takes must not tell which one was right.
        matches = [hmac.compare_digest(a.encode(), b.encode()) for a in right for b in offered]
        if not any(matches):
            message = "no signature is right: another secret or scheme, or a changed request"
            raise WebhookSignatureError(message)
        return Signed(delivery_id, timestamp)

    def _signatures(self, content: Content, secrets: Iterable[SecretStr]) -> list[str]:
        """Return the right signature for each secret, or none if this cannot be signed."""
        keys = (self._read_secret(secret.get_secret_value()) for secret in secrets)
        signatures = (self._signature(key, content) for key in keys if key is not None)
        return [signature for signature in signatures if signature is not None]


def _body_fault(body: object) -> str:
    return "" if isinstance(body, bytes) else "must be the raw bytes of the request"


def _id_fault(delivery_id: object) -> str:
    if isinstance(delivery_id, str) and DELIVERY_ID.fullmatch(delivery_id):
        return ""
    return "must be 1 to 255 visible ASCII characters"


def _time_fault(timestamp: object) -> str:
    if not isinstance(timestamp, datetime) or timestamp.utcoffset() is None:
        return "must be a datetime with its zone"
    return "" if timestamp >= EPOCH else "must not be before 1970"
