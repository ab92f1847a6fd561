"""Whatever comes in: what we sign is authentic, nothing else is, and only our errors come out."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import SecretStr

from candidate_cards.webhooks import (
    HmacScheme,
    Scheme,
    Signed,
    StandardWebhooks,
    WebhookBodyError,
    WebhookReceiver,
    WebhookSignatureError,
    WebhookTimestampError,
)
from candidate_cards.webhooks.hmac_scheme import Algorithm, Encoding, SecretEncoding
from candidate_cards.webhooks.timestamps import TimestampFormat

if TYPE_CHECKING:
    from collections.abc import Callable

PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
KEYS = st.binary(min_size=24, max_size=64)
IDS = st.text(PRINTABLE, min_size=1, max_size=255)
ZONES = st.integers(-719, 719).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30), timezones=ZONES)  # noqa: DTZ001  # bounds have none
HMAC_SCHEMES = st.builds(
    HmacScheme,
    st.just("X-Signature"),
    st.sampled_from([None, "X-Timestamp"]),
    st.sampled_from([None, "X-Id"]),
    algorithm=st.sampled_from(get_args(Algorithm)),
    encoding=st.sampled_from(get_args(Encoding)),
    prefix=st.sampled_from(["", "sha256=", "v0:", "HMAC-SHA256,", "=", "sha256=sha256="]),
    secret_encoding=st.sampled_from(get_args(SecretEncoding)),
    timestamp_format=st.sampled_from(get_args(TimestampFormat)),
)


@dataclass(frozen=True)
class Request:
    """A good request and who accepts it."""

    scheme: Scheme
    secret: SecretStr
    body: bytes
    delivery_id: str
    timestamp: datetime

    @property
    def headers(self) -> dict[str, str]:
        """What its sender adds."""
        return self.scheme.sign(
            self.body, self.secret, delivery_id=self.delivery_id, timestamp=self.timestamp
        )


def secret_for(scheme: Scheme, key: bytes) -> SecretStr:
    """Write a key as a scheme reads it."""
    base64 = b64encode(key).decode()
    if isinstance(scheme, HmacScheme):
        texts = {"text": base64, "hex": key.hex(), "base64": base64}
        return SecretStr(texts[scheme.secret_encoding])
    return SecretStr(f"whsec_{base64}")


@st.composite
def requests(draw: st.DrawFn, bodies: st.SearchStrategy[bytes] | None = None) -> Request:
    """Draw a scheme, one of its secrets, and what is signed."""
    scheme = draw(st.one_of(HMAC_SCHEMES, st.just(StandardWebhooks())))
    any_bytes = st.binary() if isinstance(scheme, HmacScheme) else st.text().map(str_bytes)
    body = draw(any_bytes if bodies is None else bodies)
    return Request(scheme, secret_for(scheme, draw(KEYS)), body, draw(IDS), draw(TIMES))


def str_bytes(text: str) -> bytes:
    """Return UTF-8, without the halves of characters that it cannot write."""
    return text.encode("utf-8", "ignore")


@given(requests())
def test_what_is_signed_is_authentic(request: Request) -> None:
    """Each scheme accepts what it signs, and says of it what was signed."""
    signed = request.scheme.verify(request.body, request.headers, [request.secret])
    has_id, has_time = request.scheme.id_header, request.scheme.timestamp_header
    assert signed.delivery_id == (request.delivery_id if has_id else None)
    if not has_time:
        assert signed.timestamp is None
        return
    # The header is no finer than its form, and never later than what was signed.
    assert signed.timestamp is not None
    lost = request.timestamp.astimezone(UTC) - signed.timestamp
    seconds = getattr(request.scheme, "timestamp_format", "seconds") == "seconds"
    assert 0 <= lost.total_seconds() < (1 if seconds else 0.001)


@given(requests(), KEYS, KEYS)
def test_any_secret_of_a_rotation_will_do(request: Request, first: bytes, last: bytes) -> None:
    """A right secret is found among wrong ones; without it, nothing is authentic."""
    others = [secret_for(request.scheme, key) for key in (first, last)]
    assume(request.secret not in others)
    secrets = [others[0], request.secret, others[1]]
    assert isinstance(request.scheme.verify(request.body, request.headers, secrets), Signed)
    with pytest.raises(WebhookSignatureError):
        request.scheme.verify(request.body, request.headers, others)


@st.composite
def edits(draw: st.DrawFn, text: bytes) -> bytes:
    """Draw the text with one byte changed, added, missing or doubled."""
    at = draw(st.integers(0, len(text)))
    byte = draw(st.binary(min_size=1, max_size=1))
    rest = text[at + 1 :]
    return text[:at] + draw(
        st.sampled_from([byte + rest, byte + text[at:], rest, text[at : at + 1] + text[at:]])
    )


def means(scheme: Scheme, value: bytes) -> bytes:
    """Return what a header's value says, however it is written."""
    text = value.strip(b" \t")
    if isinstance(scheme, HmacScheme):
        text = text.removeprefix(scheme.prefix.encode())
        return text.lower() if scheme.encoding == "hex" else text
    return text


@given(st.data(), requests())
def test_no_edit_of_a_request_is_authentic(data: st.DataObject, request: Request) -> None:
    """One byte more, less or other in the body or a header, and it is refused."""
    headers = {name: value.encode() for name, value in request.headers.items()}
    body = request.body
    part = data.draw(st.sampled_from(["body", *headers]))
    if part == "body":
        body = data.draw(edits(body))
        assume(body != request.body)
    else:
        edited = data.draw(edits(headers[part]))
        good = headers[part]
        if part == request.scheme.signature_header:
            assume(means(request.scheme, edited) != means(request.scheme, good))
        else:
            assume(edited.strip(b" \t") != good)
        headers[part] = edited
    with pytest.raises(WebhookSignatureError):
        request.scheme.verify(body, headers, [request.secret])


NAMES = st.one_of(
    st.sampled_from(["X-Signature", "x-timestamp", "X-ID", "webhook-id", "Webhook-Signature"]),
    st.sampled_from([b"x-signature", b"X-Timestamp", b"x-id", b"webhook-timestamp"]),
    st.text(),
    st.binary(),
)
VALUES = st.one_of(
    st.text(),
    st.binary(),
    st.from_regex(r"(sha256=|v1,)[0-9a-f]{64}( v1,.*)?"),
    st.integers().map(str),
    st.none(),
    st.lists(st.text(), max_size=2),
)


@given(requests(), st.lists(st.tuples(NAMES, VALUES)), st.sampled_from([list, dict]))
def test_odd_headers_are_refused_and_nothing_else(
    request: Request, pairs: list[tuple[object, object]], form: Callable[[object], object]
) -> None:
    """Whatever the headers are, there is one kind of error."""
    headers = form(pairs)
    with pytest.raises(WebhookSignatureError):
        request.scheme.verify(request.body, headers, [request.secret])  # type: ignore[arg-type]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "event": st.just("ping") | JSON,
        "timestamp": st.just("2026-06-01T08:00:00.000Z") | JSON,
        "deliveryId": st.text() | JSON,
        "data": st.dictionaries(
            st.sampled_from(["requestId", "foundCount", "candidates", "x"]), JSON
        ),
    },
)
BODIES = st.one_of(
    st.binary(), JSON.map(json.dumps).map(str_bytes), EVENTS.map(json.dumps).map(str_bytes)
)


@given(requests(BODIES))
def test_an_authentic_body_is_an_event_or_said_not_to_be(request: Request) -> None:
    """Whatever the sender signs, there is one kind of error."""
    assume(isinstance(request.scheme, HmacScheme) or request.body.isascii())
    receiver = WebhookReceiver(request.scheme, [request.secret], now=lambda: request.timestamp)
    try:
        delivery = receiver.receive(request.body, request.headers)
    except WebhookTimestampError:
        assert request.scheme.timestamp_header is None  # the body has a time of its own
    except WebhookBodyError:
        pass
    else:
        assert delivery.event.event
