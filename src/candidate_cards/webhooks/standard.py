"""Standard Webhooks, by the library of those who wrote the standard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from standardwebhooks import Webhook

from candidate_cards.webhooks.schemes import Content, Scheme
from candidate_cards.webhooks.secrets import bytes_of_base64
from candidate_cards.webhooks.timestamps import read_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True)
class StandardWebhooks(Scheme):
    """The symmetric scheme (``v1``) of https://www.standardwebhooks.com; a secret is ``whsec_…``.

    The library makes the signatures. Why it does not verify them too: it reads the clock, and what
    is malformed leaves it as ``ValueError``.

    Attributes:
        signature_header: Name of the header with the signatures, spaces between them.
        timestamp_header: Name of the header with the time of sending, in Unix seconds.
        id_header: Name of the header with the id of the delivery.
    """

    signature_header: str = "webhook-signature"
    timestamp_header: str | None = "webhook-timestamp"
    id_header: str | None = "webhook-id"

    def _faults(self) -> Iterator[tuple[str, str]]:
        yield from Scheme._faults(self)  # noqa: SLF001  super() is lost in a class with slots
        for setting in ("timestamp_header", "id_header"):
            if getattr(self, setting) is None:
                yield setting, "must be given: the standard signs it"

    def _read_secret(self, secret: str) -> bytes | None:
        return bytes_of_base64(secret.removeprefix("whsec_"))

    def _signature(self, key: bytes, content: Content) -> str | None:
        timestamp = read_time(content.timestamp or "", self._timestamp_format)
        try:
            body = content.body.decode()
        except UnicodeDecodeError:  # the library signs text
            return None
        if timestamp is None or content.delivery_id is None:
            return None
        return Webhook(key).sign(content.delivery_id, timestamp, body)

    def _offered(self, header: str) -> Sequence[str]:
        # Signatures of other versions, for other receivers, equal none of ours.
        return header.split(" ")
