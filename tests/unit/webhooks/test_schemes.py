"""Signing and verifying: published vectors, wrong requests, settings that cannot be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.message import Message
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook

from candidate_cards.errors import InputError
from candidate_cards.webhooks import (
    HmacScheme,
    Scheme,
    Signed,
    StandardWebhooks,
    WebhookSignatureError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from candidate_cards.webhooks.hmac_scheme import Algorithm, SecretEncoding
    from candidate_cards.webhooks.timestamps import TimestampFormat

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
SECRET = SecretStr("5f" * 32)
STANDARD_SECRET = SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
BODY = b'{"event": "ping"}'
ID = "00000000-0000-4000-8000-000000000001"
HEX: SecretEncoding = "hex"
BASE64: SecretEncoding = "base64"
WHOLE = HmacScheme("X-Signature", "X-Timestamp", "X-Id")
SCHEMES = [
    (HmacScheme("X-Signature"), SECRET),
    (HmacScheme("X-Signature", "X-Timestamp"), SECRET),
    (WHOLE, SECRET),
    (StandardWebhooks(), STANDARD_SECRET),
]
every_scheme = pytest.mark.parametrize(
    ("scheme", "secret"), SCHEMES, ids=["body", "timestamp.body", "id.timestamp.body", "standard"]
)


def signed(scheme: Scheme, secret: SecretStr, body: bytes = BODY) -> dict[str, str]:
    """Return the headers of a good request."""
    return scheme.sign(body, secret, delivery_id=ID, timestamp=NOW)


def refusal(scheme: Scheme, headers: object, secret: SecretStr = SECRET, body: bytes = BODY) -> str:
    """Return why a request is not authentic."""
    with pytest.raises(WebhookSignatureError) as caught:
        scheme.verify(body, headers, [secret])  # type: ignore[arg-type]  # hostile on purpose
    assert caught.value.status == 401
    return str(caught.value)


# RFC 4231, test case 4.
RFC_SECRET = SecretStr("0102030405060708090a0b0c0d0e0f10111213141516171819")
RFC_BODY = b"\xcd" * 50


@pytest.mark.parametrize(
    ("algorithm", "digest"),
    [
        ("sha256", "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        (
            "sha384",
            "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e6801dd23c4a7d679ccf8a386c674cffb",
        ),
        (
            "sha512",
            "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3dba91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd",
        ),
    ],
)
def test_the_vectors_of_the_rfc(algorithm: Algorithm, digest: str) -> None:
    """The digests are those of RFC 4231."""
    scheme = HmacScheme("X-Signature", algorithm=algorithm, prefix="", secret_encoding=HEX)
    assert signed(scheme, RFC_SECRET, RFC_BODY) == {"X-Signature": digest}
    assert scheme.verify(RFC_BODY, {"X-Signature": digest}, [RFC_SECRET]) == Signed()


def test_a_vector_of_github() -> None:
    """The example in the documents of a sender with the most usual scheme is authentic."""
    secret = SecretStr("It's a Secret to Everybody")
    digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    headers = {"x-hub-signature-256": f"sha256={digest}"}
    HmacScheme("X-Hub-Signature-256").verify(b"Hello, World!", headers, [secret])


def test_a_vector_of_standard_webhooks() -> None:
    """The example that the libraries of the standard share is authentic."""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    sent = datetime(2021, 2, 25, 15, 2, 10, tzinfo=UTC)
    body = b'{"test": 2432232314}'
    scheme = StandardWebhooks()
    assert scheme.verify(body, headers, [STANDARD_SECRET]) == Signed(headers["webhook-id"], sent)
    assert headers == scheme.sign(
        body, STANDARD_SECRET, delivery_id=headers["webhook-id"], timestamp=sent
    )


def test_the_reference_library_accepts_what_is_signed() -> None:
    """A receiver with the standard's own library takes our requests, in any time zone."""
    now = datetime.now(timezone(timedelta(hours=-7)))
    headers = StandardWebhooks().sign(BODY, STANDARD_SECRET, delivery_id=ID, timestamp=now)
    library = Webhook(STANDARD_SECRET.get_secret_value())
    assert library.verify(BODY, headers) == {"event": "ping"}


def test_what_is_signed_follows_the_headers() -> None:
    """Id and timestamp stand before the body if the scheme has headers for them."""
    texts = {
        ("X-Timestamp", None): b"1780300800." + BODY,
        ("X-Timestamp", "X-Id"): ID.encode() + b".1780300800." + BODY,
        (None, "X-Id"): ID.encode() + b"." + BODY,
    }
    plain = HmacScheme("X-Signature")
    for (timestamp_header, id_header), text in texts.items():
        scheme = HmacScheme("X-Signature", timestamp_header, id_header)
        expected = signed(plain, SECRET, text)["X-Signature"]
        assert signed(scheme, SECRET)["X-Signature"] == expected


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("seconds", "1780300800"),
        ("milliseconds", "1780300800000"),
        ("iso", "2026-06-01T08:00:00.000Z"),
    ],
)
def test_the_forms_of_a_timestamp(form: TimestampFormat, text: str) -> None:
    """Each form is written and read, from any time zone, into UTC."""
    scheme = HmacScheme("X-Signature", "X-Timestamp", timestamp_format=form)
    local = NOW.astimezone(timezone(timedelta(hours=2)))
    headers = scheme.sign(BODY, SECRET, delivery_id=ID, timestamp=local)
    assert headers["X-Timestamp"] == text
    assert scheme.verify(BODY, headers, [SECRET]).timestamp == NOW


def test_a_prefix_may_be_missing_and_hex_may_be_upper_case() -> None:
    """The same digest is read with and without prefix, in either case."""
    scheme = HmacScheme("X-Signature")
    value = signed(scheme, SECRET)["X-Signature"]
    digest = value.removeprefix("sha256=")
    assert value != digest
    for text in (value, digest, digest.upper(), f"sha256={digest.upper()}", f" {value}\t"):
        scheme.verify(BODY, {"X-Signature": text}, [SECRET])
    assert "no signature" in refusal(scheme, {"X-Signature": f"sha512={digest}"})


def test_a_base64_digest_keeps_its_case() -> None:
    """Base64 in another case is another digest."""
    scheme = HmacScheme("X-Signature", encoding="base64", prefix="")
    value = signed(scheme, SECRET)["X-Signature"]
    scheme.verify(BODY, {"X-Signature": value}, [SECRET])
    assert "no signature" in refusal(scheme, {"X-Signature": value.lower()})


def test_the_three_ways_to_read_a_secret_differ() -> None:
    """Text, hexadecimal and base64 readings of one secret make three keys."""
    schemes = [
        HmacScheme("X-Signature", secret_encoding=form) for form in ("text", "hex", "base64")
    ]
    values = {signed(scheme, SECRET)["X-Signature"] for scheme in schemes}
    assert len(values) == 3


@every_scheme
def test_another_secret_is_refused(scheme: Scheme, secret: SecretStr) -> None:
    """A request that another secret signed is not authentic."""
    plain = secret.get_secret_value()
    other = SecretStr(plain[:-1] + ("B" if plain[-1] != "B" else "C"))
    assert "no signature is right" in refusal(scheme, signed(scheme, secret), other)


@every_scheme
def test_every_altered_byte_is_refused(scheme: Scheme, secret: SecretStr) -> None:
    """Whichever byte of the body differs, the request is not authentic."""
    headers = signed(scheme, secret)
    for at in range(len(BODY)):
        altered = BODY[:at] + bytes([BODY[at] ^ 1]) + BODY[at + 1 :]
        assert "no signature is right" in refusal(scheme, headers, secret, altered)


@every_scheme
def test_a_rotated_secret_verifies_beside_the_new_one(scheme: Scheme, secret: SecretStr) -> None:
    """While both are given, what either has signed is authentic; then the old one is refused."""
    new = SecretStr("9d" * 32)
    for signer in (secret, new):
        headers = signed(scheme, signer)
        scheme.verify(BODY, headers, [new, secret])
        scheme.verify(BODY, headers, [secret, new])
    refusal(scheme, signed(scheme, secret), new)


def test_one_of_several_signatures_is_enough() -> None:
    """Signatures by other secrets, of other versions and of no form do not spoil a good one."""
    headers = signed(StandardWebhooks(), STANDARD_SECRET)
    good = headers["webhook-signature"]
    others = [
        "v1,bm90IGl0",
        "v1a,abcd",
        "v1",
        "v1,",
        "v1,a,b",
        "v1,!!",
        ",",
        "",
        "v2,x",
    ]
    for other in others:
        for value in (f"{other} {good}", f"{good} {other}"):
            request = {**headers, "webhook-signature": value}
            StandardWebhooks().verify(BODY, request, [STANDARD_SECRET])
    for other in others:
        refusal(StandardWebhooks(), {**headers, "webhook-signature": other}, STANDARD_SECRET)


def test_many_signatures_are_refused() -> None:
    """Sixteen signatures are compared, more are not."""
    headers = signed(StandardWebhooks(), STANDARD_SECRET)
    good = headers["webhook-signature"]
    many = {**headers, "webhook-signature": " ".join(["v1,AAAA"] * 15 + [good])}
    StandardWebhooks().verify(BODY, many, [STANDARD_SECRET])
    more = {**headers, "webhook-signature": " ".join(["v1,AAAA"] * 16 + [good])}
    assert "too many" in refusal(StandardWebhooks(), more, STANDARD_SECRET)


def message_of(headers: dict[str, str]) -> Message:
    """Return the headers as the standard library's server has them."""
    message = Message()
    for name, value in headers.items():
        message[name] = value
    return message


@pytest.mark.parametrize(
    "form",
    [
        dict,
        lambda headers: {name.upper(): value for name, value in headers.items()},
        lambda headers: {name.lower(): value.encode() for name, value in headers.items()},
        lambda headers: list(headers.items()),
        lambda headers: ((n.lower().encode(), v.encode()) for n, v in headers.items()),
        lambda headers: [[b"Content-Type", b"\xff\xfe"], *map(list, headers.items())],
        lambda headers: {"X-Other": ["a", 1], 5: None, **headers},
        httpx.Headers,
        message_of,
    ],
    ids=[
        "dict",
        "upper case",
        "bytes",
        "pairs",
        "ASGI",
        "lists",
        "odd others",
        "httpx",
        "Message",
    ],
)
@every_scheme
def test_headers_of_any_framework(
    scheme: Scheme, secret: SecretStr, form: Callable[[dict[str, str]], Any]
) -> None:
    """Names in any case, text or bytes, mappings or pairs: all are read."""
    scheme.verify(BODY, form(signed(scheme, secret)), [secret])


@every_scheme
def test_a_repeated_header_is_refused(scheme: Scheme, secret: SecretStr) -> None:
    """Whether the second one is the same, wrong, in another case or joined by a server."""
    headers = signed(scheme, secret)
    for name, value in headers.items():
        for second in (value, "wrong"):
            pairs = [*headers.items(), (name.upper(), second)]
            assert refusal(scheme, pairs, secret) == f"the header {name} is there more than once"
            assert refusal(scheme, pairs[::-1], secret)
            refusal(scheme, {**headers, name: f"{value},{second}"}, secret)


@every_scheme
def test_a_missing_header_is_named(scheme: Scheme, secret: SecretStr) -> None:
    """The message says which one."""
    headers = signed(scheme, secret)
    for name in headers:
        rest = {other: value for other, value in headers.items() if other != name}
        assert refusal(scheme, rest, secret) == f"the header {name} is missing"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "empty or not printable ASCII"),
        (" \t", "empty or not printable ASCII"),
        ("a\nb", "empty or not printable ASCII"),
        ("é", "empty or not printable ASCII"),
        ("\udcff", "empty or not printable ASCII"),
        (b"\xff", "empty or not printable ASCII"),
        (None, "empty or not printable ASCII"),
        (["a"], "empty or not printable ASCII"),
        (1780300800, "empty or not printable ASCII"),
        ("1" * 4097, "more than 4,096 characters"),
        (b"1" * 4097, "more than 4,096 characters"),
    ],
)
def test_a_malformed_header_is_named(value: object, said: str) -> None:
    """Any of the headers may be the malformed one."""
    headers: dict[str, Any] = dict(signed(WHOLE, SECRET))
    for name in headers:
        message = refusal(WHOLE, {**headers, name: value})
        assert message.startswith(f"the header {name} ")
        assert said in message


@pytest.mark.parametrize(
    "text",
    [
        "1780300800.0",
        "1_780_300_800",
        "+1780300800",
        "-1780300800",
        "01780300800",
        "0x6a",
        "1e9",
        "nan",
        "999999999999999",
        "9" * 400,
        "2026-06-01T08:00:00Z",
        "1780300800, 1780300800",
    ],
)
@pytest.mark.parametrize("scheme", [WHOLE, StandardWebhooks()])
def test_seconds_are_digits_only(scheme: Scheme, text: str) -> None:
    """What other libraries take for a number is refused, even if it was signed so."""
    secret = STANDARD_SECRET if isinstance(scheme, StandardWebhooks) else SECRET
    headers = signed(scheme, secret)
    name = str(scheme.timestamp_header)
    message = refusal(scheme, {**headers, name: text}, secret)
    assert message == f"the header {name} is no timestamp"


@pytest.mark.parametrize(
    "text",
    ["2026-13-01T08:00:00Z", "2026-06-01", "2026-06-01T08:00:00+02:00", "0000-01-01T00:00:00Z"],
)
def test_an_iso_timestamp_is_in_utc(text: str) -> None:
    """Other forms of ISO 8601, and dates that are none, are refused."""
    scheme = HmacScheme("X-Signature", "X-Timestamp", timestamp_format="iso")
    headers = {**signed(scheme, SECRET), "X-Timestamp": text}
    assert refusal(scheme, headers) == "the header X-Timestamp is no timestamp"


def test_an_id_that_is_none_is_refused() -> None:
    """Ids end in databases and logs: long ones and ones with spaces are refused."""
    headers = signed(WHOLE, SECRET)
    for text in ("a b", "a" * 256):
        assert refusal(WHOLE, {**headers, "X-Id": text}) == "the header X-Id is no id"


def test_a_header_that_the_scheme_does_not_sign_is_not_read() -> None:
    """A timestamp that nobody signed proves nothing, so it is ignored."""
    scheme = HmacScheme("X-Signature")
    headers = {**signed(scheme, SECRET), "X-Timestamp": "1", "X-Id": "forged"}
    assert scheme.verify(BODY, headers, [SECRET]) == Signed()


def test_a_body_that_is_no_text() -> None:
    """Standard Webhooks signs text only; bytes that are none are refused, in both directions."""
    headers = signed(StandardWebhooks(), STANDARD_SECRET)
    refusal(StandardWebhooks(), headers, STANDARD_SECRET, b"\xff")
    with pytest.raises(InputError, match="body: must be UTF-8"):
        signed(StandardWebhooks(), STANDARD_SECRET, b"\xff")


def faults(error: InputError) -> dict[str, str]:
    """Return what is said of each field."""
    return {problem.field: problem.message for problem in error.problems}


def test_arguments_that_cannot_be_signed() -> None:
    """All of them are named in one error."""
    scheme: Any = WHOLE
    with pytest.raises(InputError) as caught:
        scheme.sign("text", "plain", delivery_id="a\r\nb", timestamp=NOW.replace(tzinfo=None))
    assert set(faults(caught.value)) == {"body", "secret", "delivery_id", "timestamp"}
    with pytest.raises(InputError, match="timestamp: must not be before 1970"):
        WHOLE.sign(BODY, SECRET, delivery_id=ID, timestamp=datetime(1969, 12, 31, tzinfo=UTC))


@pytest.mark.parametrize(
    ("scheme", "secret"),
    [
        (WHOLE, ""),
        (WHOLE, "a" * 23),
        (WHOLE, "a" * 32 + "\n"),
        (WHOLE, " " + "a" * 32),
        (WHOLE, "\ud800" * 32),
        (HmacScheme("X", secret_encoding=HEX), "a" * 63),
        (HmacScheme("X", secret_encoding=HEX), "g" * 64),
        (HmacScheme("X", secret_encoding=HEX), "５" * 64),
        (HmacScheme("X", secret_encoding=HEX), "ab" * 23),
        (HmacScheme("X", secret_encoding=BASE64), "a" * 33),
        (HmacScheme("X", secret_encoding=BASE64), "a-_a" * 16),
        (StandardWebhooks(), "whsec_"),
        (StandardWebhooks(), "whsec_" + "é" * 32),
        (StandardWebhooks(), "whpk_" + "a" * 32),
    ],
)
def test_a_secret_that_is_none(scheme: Scheme, secret: str) -> None:
    """Both directions refuse it, in words that do not hold it."""
    with pytest.raises(InputError) as caught:
        scheme.verify(BODY, {}, [SecretStr("a" * 64), SecretStr(secret)])
    assert set(faults(caught.value)) == {"secrets[1]"}
    assert not secret or secret not in str(caught.value)
    with pytest.raises(InputError) as caught:
        signed(scheme, SecretStr(secret))
    assert set(faults(caught.value)) == {"secret"}


@pytest.mark.parametrize("secrets", [[], (), None, SECRET, "a" * 64, iter([SECRET]), ["a" * 64]])
def test_secrets_that_are_no_list(secrets: Sequence[SecretStr]) -> None:
    """A single secret, none, or plain text is a mistake of the caller, and said to be."""
    with pytest.raises(InputError, match="secrets"):
        WHOLE.verify(BODY, {}, secrets)


@pytest.mark.parametrize("headers", [None, 5, "X-Signature: a", ["X-Signature"], [("a", "b", "c")]])
def test_headers_that_are_none(headers: object) -> None:
    """What is neither mapping nor pairs is a mistake of the caller."""
    with pytest.raises(InputError, match="headers: must be"):
        WHOLE.verify(BODY, headers, [SECRET])  # type: ignore[arg-type]  # hostile on purpose


@pytest.mark.parametrize("body", [BODY.decode(), {"event": "ping"}, None])
def test_a_body_that_was_decoded(body: bytes) -> None:
    """Only the raw bytes can be verified; anything else is a mistake of the caller."""
    with pytest.raises(InputError, match="body: must be the raw bytes"):
        WHOLE.verify(body, {}, [SECRET])


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        ({"signature_header": ""}, {"signature_header"}),
        ({"signature_header": "X:"}, {"signature_header"}),
        ({"id_header": "a b", "timestamp_header": "é"}, {"id_header", "timestamp_header"}),
        ({"id_header": "x-signature"}, {"signature_header"}),
        ({"algorithm": "md5", "encoding": "utf-8"}, {"algorithm", "encoding"}),
        (
            {"secret_encoding": "", "timestamp_format": "hours"},
            {"secret_encoding", "timestamp_format"},
        ),
        ({"prefix": "a b="}, {"prefix"}),
        ({"prefix": "v1"}, {"prefix"}),
        ({"prefix": "=" * 33}, {"prefix"}),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, Any], fields: set[str]) -> None:
    """All of them are named in one error."""
    with pytest.raises(InputError) as caught:
        HmacScheme(**{"signature_header": "X-Signature", **settings})
    assert set(faults(caught.value)) == fields


def test_the_standard_needs_its_headers() -> None:
    """Their names may differ, but all three are there."""
    StandardWebhooks("svix-signature", "svix-timestamp", "svix-id")
    with pytest.raises(InputError) as caught:
        StandardWebhooks(timestamp_header=None, id_header=None)
    assert set(faults(caught.value)) == {"timestamp_header", "id_header"}
