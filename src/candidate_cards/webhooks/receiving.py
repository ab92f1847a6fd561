"""From a request to a typed event, once."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from candidate_cards._records import parse_records
from candidate_cards._validation import problems_in
from candidate_cards.errors import (
    CandidateCardsError,
    InputError,
    Problem,
    WebhookBodyError,
    WebhookDuplicateError,
    WebhookError,
    WebhookTimestampError,
)
from candidate_cards.models.webhooks import WebhookEvent
from candidate_cards.webhooks.schemes import DELIVERY_ID
from candidate_cards.webhooks.stores import Claim, DeliveryStore, MemoryDeliveryStore
from candidate_cards.webhooks.tracebacks import outcome_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from pydantic import SecretStr

    from candidate_cards.webhooks.headers import Headers
    from candidate_cards.webhooks.schemes import Scheme

_ZERO: Final = timedelta(0)
_log: Final = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, eq=False)
class WebhookReceiver:
    """Judges the requests to a webhook. Make one and share it; threads may use it at once.

    Attributes:
        scheme: How the sender signs.
        secrets: Any of them may have signed; while one replaces another, give both.
        store: Which deliveries were received before. The default is for one process.
        tolerance: How far the time of sending may be from ours, before and after; ``None`` if
            the sender repeats an old time in its retries, and then only the store tells replays.
            The time is the scheme's header or, without one, the ``timestamp`` in the body.
        lease: How long an event may take to handle, at most. If the process ends before, the
            sender's next retry is taken as new after this.
        keep: How long a handled delivery is remembered; at least twice ``tolerance``.
        now: Tells the time; with its zone.

    Raises:
        InputError: Settings that cannot be; it lists all of them.
    """

    scheme: Scheme
    secrets: Sequence[SecretStr] = field(repr=False)
    store: DeliveryStore = field(default_factory=MemoryDeliveryStore, kw_only=True)
    tolerance: timedelta | None = field(default=timedelta(minutes=5), kw_only=True)
    lease: timedelta = field(default=timedelta(minutes=1), kw_only=True)
    keep: timedelta = field(default=timedelta(days=1), kw_only=True)
    now: Callable[[], datetime] = field(default=_now, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        problems = self.scheme.secret_problems(self.secrets)
        window = _ZERO if self.tolerance is None else 2 * self.tolerance
        if self.tolerance is not None and self.tolerance <= _ZERO:
            message = "must be more than 0; None is for no limit"
            problems.append(Problem(message, path=("tolerance",)))
        if self.lease <= _ZERO:
            problems.append(Problem("must be more than 0", path=("lease",)))
        if self.keep <= _ZERO or self.keep < window:
            message = "must be more than 0, and at least twice the tolerance"
            problems.append(Problem(message, path=("keep",)))
        if problems:
            raise InputError(problems)

    def receive(self, body: bytes, headers: Headers) -> Delivery:
        """Return a new delivery, to be handled in a ``with`` statement.

        Args:
            body: The bytes as they came, before any decoding.
            headers: As the framework has them.

        Raises:
            WebhookError: There is no new event; answer with its ``status``.
            InputError: The arguments are no bytes or no headers.
        """
        outcome = outcome_of(self._read, body, headers)
        # A traceback from here on, by us or by somebody's store, does not show them.
        del body, headers
        return self._claimed(outcome)

    def answer(
        self, body: bytes, headers: Headers, handle: Callable[[WebhookEvent], object]
    ) -> int:
        """Handle a new event, and return the HTTP status to answer with, whatever came.

        What ``handle`` raises goes on, to become a 500: the sender's retry is then new. Refusals
        are logged, in words that hold nothing of the request.

        Args:
            body: The bytes as they came, before any decoding.
            headers: As the framework has them.
            handle: Called with a new event. Let it put the event aside and return: senders do not
                wait for long.

        Raises:
            InputError: The arguments are no bytes or no headers.
        """
        outcome = outcome_of(self._read, body, headers)
        del body, headers
        try:
            delivery = self._claimed(outcome)
            with delivery:
                handle(delivery.event)
        except WebhookError as error:
            level = logging.WARNING if error.status >= HTTPStatus.BAD_REQUEST else logging.INFO
            _log.log(level, "webhook answered with %d: %s", error.status, error)
            return error.status
        return HTTPStatus.NO_CONTENT

    def _claimed(self, outcome: Delivery | CandidateCardsError) -> Delivery:
        if isinstance(outcome, CandidateCardsError):
            raise outcome
        match self.store.claim(outcome.id, self.now(), self.lease):
            case Claim.HANDLED:
                message = "this delivery was handled before"
                raise WebhookDuplicateError(message, HTTPStatus.NO_CONTENT)
            case Claim.IN_PROGRESS:
                message = "this delivery is being handled"
                raise WebhookDuplicateError(message, HTTPStatus.CONFLICT)
        return outcome

    def _read(self, body: bytes, headers: Headers) -> Delivery:
        signed = self.scheme.verify(body, headers, self.secrets)
        if signed.timestamp is not None:
            self._check_time(signed.timestamp)
        event = _event(body)
        if signed.timestamp is None and self.tolerance is not None:
            if event.timestamp is None:
                message = "is missing, so nobody knows its age; tolerance=None receives it anyway"
                raise WebhookBodyError([Problem(message, path=("timestamp",))])
            self._check_time(event.timestamp)
        delivery_id = signed.delivery_id or event.delivery_id
        if delivery_id is None:
            # The same bytes are the same delivery; the sender's own time makes them differ.
            delivery_id = f"sha256:{sha256(body).hexdigest()}"
        elif not DELIVERY_ID.fullmatch(delivery_id):
            message = "must be 1 to 255 visible ASCII characters"
            raise WebhookBodyError([Problem(message, path=("deliveryId",))])
        return Delivery(delivery_id, event, self)

    def _check_time(self, timestamp: datetime) -> None:
        if self.tolerance is None:
            return
        age = self.now() - timestamp
        if age > self.tolerance:
            raise WebhookTimestampError("the request is too old")
        if age < -self.tolerance:
            raise WebhookTimestampError("the request is from the future; is a clock wrong?")


@dataclass(frozen=True, slots=True, eq=False)
class Delivery:
    """A new event. ``with`` it is handled: an exception gives it back to the sender's retries.

    Attributes:
        id: What the sender calls this delivery; its retries have the same.
        event: What happened. Fetch the results instead of relying on it.
    """

    id: str
    event: WebhookEvent = field(repr=False)
    _receiver: WebhookReceiver = field(repr=False)

    def __enter__(self) -> WebhookEvent:
        return self.event

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        receiver = self._receiver
        if kind is None:
            receiver.store.confirm(self.id, receiver.now(), receiver.keep)
        else:
            receiver.store.release(self.id)


def _event(body: bytes) -> WebhookEvent:
    """Read the body of an authentic request.

    Raises:
        WebhookBodyError: It is no event.
    """
    problems: list[Problem] = []

    def report(message: str, *, line: int | None = None, column: int | None = None) -> None:
        problems.append(Problem(message, source="body", line=line, column=column))

    values = [record.value for record in parse_records(body, report)]
    if not problems and len(values) == 1:
        try:
            return WebhookEvent.model_validate(values[0])
        except ValidationError as error:
            problems = problems_in(error)
    raise WebhookBodyError(problems or [Problem("must be one JSON object", source="body")])
