"""What no log, message, representation or traceback of ours holds."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from traceback import StackSummary, walk_tb
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

import candidate_cards
from candidate_cards.errors import CandidateCardsError, InputError
from candidate_cards.webhooks import (
    Claim,
    HmacScheme,
    MemoryDeliveryStore,
    Scheme,
    SqliteDeliveryStore,
    StandardWebhooks,
    WebhookReceiver,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from candidate_cards.models.webhooks import WebhookEvent

OURS = str(Path(candidate_cards.__file__).parent)
NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
CANARY = "c0ffee5ecrets"
SECRET = SecretStr(CANARY + "ab" * 32)
STANDARD_SECRET = SecretStr("whsec_" + "canary" * 8)
PERSON = "Ada Canary"
BODY = (
    f'{{"event": "ping", "timestamp": "{NOW.isoformat()}", "data": {{"x": "{PERSON}"}}}}'.encode()
)
SCHEMES = [
    (HmacScheme("X-Signature", "X-Timestamp", "X-Id"), SECRET),
    (StandardWebhooks(), STANDARD_SECRET),
]


class BrokenStore:
    """A store of somebody else's, whose database is away."""

    def claim(self, delivery_id: str, now: datetime, lease: timedelta) -> Claim:
        """Fail."""
        raise ConnectionError(delivery_id, now, lease)

    def confirm(self, delivery_id: str, now: datetime, keep: timedelta) -> None:
        """Fail."""
        raise ConnectionError(delivery_id, now, keep)

    def release(self, delivery_id: str) -> None:
        """Fail."""
        raise ConnectionError(delivery_id)


def told(error: BaseException) -> str:
    """Return all that a reporter of errors can find, our variables included, causes as well."""
    texts: list[str] = []
    rest: list[BaseException | None] = [error]
    while rest:
        one = rest.pop()
        if one is None:
            continue
        rest += [one.__cause__, one.__context__]
        frames = [f for f in walk_tb(one.__traceback__) if f[0].f_code.co_filename.startswith(OURS)]
        stack = StackSummary.extract(iter(frames), capture_locals=True)
        texts += [str(one), repr(one), repr(one.args), *stack.format()]
        texts += [repr(vars(one))]
    return "\n".join(texts)


def told_of(call: Callable[[], object]) -> str:
    """Return all that can be found of the error that a call raises."""
    with pytest.raises((CandidateCardsError, ConnectionError)) as caught:
        call()
    text = told(caught.value)
    assert OURS in text  # a frame of ours was looked at
    return text


def fail(event: WebhookEvent) -> None:
    """Handle an event badly."""
    raise ConnectionError(event.event_name)


def variations(headers: dict[str, str]) -> Iterator[tuple[bytes, Any]]:
    """Yield requests that are refused, each for another reason."""
    yield BODY + b" ", headers
    yield BODY, []
    yield BODY, {**headers, "X-More": None, **dict.fromkeys(headers, "wrong")}
    for name, value in headers.items():
        rest = {other: text for other, text in headers.items() if other != name}
        yield BODY, rest
        yield BODY, [*headers.items(), (name, value)]
        for wrong in ("", value * 200, value + "\n", value + "é", value[:-1], f"{value}, {value}x"):
            yield BODY, {**rest, name: wrong}
        yield BODY, {**rest, name: [value]}
    yield BODY, [(*pair, "more") for pair in headers.items()]


@pytest.mark.parametrize(("scheme", "secret"), SCHEMES)
def test_a_refused_request_is_not_shown(
    scheme: Scheme,
    secret: SecretStr,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Neither the secret, nor the signature, nor the body."""
    caplog.set_level(logging.DEBUG)
    headers = scheme.sign(BODY, secret, delivery_id="id-1", timestamp=NOW)
    hidden = (secret.get_secret_value(), headers[scheme.signature_header][10:-2], PERSON)
    receiver = WebhookReceiver(scheme, [secret], now=lambda: NOW)
    requests = list(variations(headers))
    assert len(requests) > 25
    texts = []
    for request in requests:
        texts.append(told_of(partial(scheme.verify, *request, [secret])))
        texts.append(told_of(partial(receiver.receive, *request)))
        with suppress(InputError):
            receiver.answer(*request, fail)
    assert len(caplog.records) > 25
    printed = capfd.readouterr()
    for word in hidden:
        assert word not in "\n".join((*texts, caplog.text, printed.out, printed.err))


@pytest.mark.parametrize(("scheme", "secret"), SCHEMES)
def test_an_authentic_request_is_not_shown(
    scheme: Scheme, secret: SecretStr, tmp_path: Path
) -> None:
    """Not where it is old, no event or a duplicate, and not where a store fails."""
    old, future = NOW - timedelta(days=1), NOW + timedelta(days=1)
    receiver = WebhookReceiver(scheme, [secret], now=lambda: NOW)
    no_event = BODY.replace(b'"ping"', b"[]")
    no_json = BODY[:-2]
    deep = BODY.replace(b'"x": ', b'"foundCount": ')
    cases = [(BODY, old), (BODY, future), (no_event, NOW), (no_json, NOW), (deep, NOW)]
    texts = []
    for body, time in cases:
        headers = scheme.sign(body, secret, delivery_id="id-1", timestamp=time)
        texts.append(told_of(partial(receiver.receive, body, headers)))
    headers = scheme.sign(BODY, secret, delivery_id="id-1", timestamp=NOW)
    delivery = receiver.receive(BODY, headers)
    texts.append(told_of(partial(receiver.receive, BODY, headers)))
    texts.append(
        told_of(partial(replace(receiver, store=MemoryDeliveryStore()).answer, BODY, headers, fail))
    )
    texts.append(told_of(partial(receiver.answer, BODY, [1], fail)))  # type: ignore[list-item]
    for store in (BrokenStore(), SqliteDeliveryStore(tmp_path)):
        failing = replace(receiver, store=store)
        if isinstance(store, BrokenStore):
            texts.append(told_of(partial(failing.answer, BODY, headers, fail)))
        texts.append(told_of(partial(failing.receive, BODY, headers)))
        unconfirmed = replace(delivery, _receiver=failing)
        texts.append(told_of(partial(unconfirmed.__exit__, None, None, None)))
    texts += [repr(delivery), repr(receiver), repr(scheme)]
    for word in (secret.get_secret_value(), headers[scheme.signature_header][10:-2], PERSON):
        assert word not in "\n".join(texts)


@pytest.mark.parametrize(
    ("scheme", "secret"),
    [
        (HmacScheme("X-Signature"), CANARY),
        (HmacScheme("X-Signature"), CANARY * 3 + "\n"),
        (HmacScheme("X-Signature", secret_encoding="hex"), CANARY * 5),  # noqa: S106  # its form
        (HmacScheme("X-Signature", secret_encoding="base64"), CANARY * 3 + "!"),  # noqa: S106
        (StandardWebhooks(), "whsec_" + CANARY),
        (StandardWebhooks(), "whsec_" + CANARY * 3 + "é"),
    ],
)
def test_a_malformed_secret_is_not_shown(scheme: Scheme, secret: str) -> None:
    """Wherever it is given."""
    masked = SecretStr(secret)
    calls = (
        partial(WebhookReceiver, scheme, [masked]),
        partial(scheme.verify, BODY, {}, [masked]),
        partial(scheme.sign, BODY, masked, delivery_id="id-1", timestamp=NOW),
        partial(scheme.sign, BODY, secret, delivery_id="id-1", timestamp=NOW),  # type: ignore[arg-type]
        partial(scheme.verify, BODY, {}, [secret]),  # type: ignore[list-item]
    )
    for call in calls:
        text = told_of(call)
        assert CANARY not in text
        assert PERSON not in text
