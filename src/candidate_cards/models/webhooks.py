"""Webhooks: their configurations, and the events they deliver."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from ._base import Identifier, Many, NullMeans, RequestModel, Secret, Timestamp, WireModel


class WebhookEventName(StrEnum):
    """Events by the names they are registered with; the vendor may add others."""

    SOURCING_COMPLETED = "SOURCING_COMPLETED"
    SOURCING_FAILED = "SOURCING_FAILED"
    ENRICH_COMPLETED = "ENRICH_COMPLETED"
    ENRICH_FAILED = "ENRICH_FAILED"
    PING = "PING"
    ANALYSIS_COMPLETED = "ANALYSIS_COMPLETED"
    ANALYSIS_FAILED = "ANALYSIS_FAILED"
    INTERVIEW_COMPLETED = "INTERVIEW_COMPLETED"
    INTERVIEW_FAILED = "INTERVIEW_FAILED"
    INTERVIEW_STARTED = "INTERVIEW_STARTED"


# An older guide of the vendor registers events by these numbers.
_NUMBERED: Final = (
    WebhookEventName.ANALYSIS_COMPLETED,
    WebhookEventName.ANALYSIS_FAILED,
    WebhookEventName.PING,
    WebhookEventName.INTERVIEW_COMPLETED,
    WebhookEventName.INTERVIEW_FAILED,
    WebhookEventName.INTERVIEW_STARTED,
)


def normalise_event_name(name: str | int) -> str:
    """Return the upper-case form of an event's name: ``sourcing.failed`` is ``SOURCING_FAILED``.

    Args:
        name: Upper-case or dotted, known or not, or one of the six numbers of an older guide.

    Raises:
        ValueError: The name is blank, or no event has that number.
    """
    if isinstance(name, int):
        if isinstance(name, bool) or not 0 <= name < len(_NUMBERED):
            message = "no event has this number"
            raise ValueError(message)
        return _NUMBERED[name].value
    if not name.strip():
        message = "the name of an event is blank"
        raise ValueError(message)
    return _upper_case(name)


def _upper_case(name: str) -> str:
    return name.strip().replace(".", "_").upper()


class WebhookEventData(WireModel):
    """What an event may say about a run. Fetch the results instead of relying on it."""

    model_config = ConfigDict(defer_build=True)

    request_id: str | None = None
    status: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    found_count: int | None = None
    scored_count: int | None = None
    enriched_count: int | None = None
    failure_count: int | None = None
    credits_consumed: int | None = None
    candidates: Any = None
    data: Any = None


class WebhookEvent(WireModel):
    """The body of a delivery. Retries repeat it: compare ``delivery_id``."""

    model_config = ConfigDict(defer_build=True)

    event: Annotated[str, Field(min_length=1)]
    timestamp: Timestamp | None = None
    delivery_id: str | None = None
    data: Annotated[WebhookEventData, NullMeans(WebhookEventData)] = WebhookEventData()

    @property
    def event_name(self) -> str:
        """The event as it was registered: ``SOURCING_COMPLETED``; empty if its name is blank."""
        return _upper_case(self.event)


class WebhookHeaderInfo(WireModel):
    """A header of a configuration; the vendor does not return its value."""

    model_config = ConfigDict(defer_build=True)

    name: str
    is_masked: bool | None = None


class WebhookConfig(WireModel):
    """A webhook's configuration; ``company_id`` null means every company of the key."""

    model_config = ConfigDict(defer_build=True)

    id: Identifier
    api_key_id: str | None = None
    company_id: str | None = None
    url: str | None = None
    name: str | None = None
    description: str | None = None
    headers: Many[WebhookHeaderInfo] = ()
    events: Many[str | int] = ()
    is_active: bool | None = None
    max_retries: int | None = None
    timeout_ms: int | None = None
    consecutive_failures: int | None = None
    circuit_opened_at: Timestamp | None = None
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None


class WebhookCreated(WebhookConfig):
    """A new configuration with its secret, which the vendor shows only this once."""

    signing_secret: Secret


class WebhookList(WireModel):
    """Configurations that the key can see."""

    model_config = ConfigDict(defer_build=True)

    data: Many[WebhookConfig] = ()
    total: int | None = None


class WebhookTestResult(WireModel):
    """The verdict of a test delivery; only ``message`` comes with a failed one."""

    model_config = ConfigDict(defer_build=True)

    success: bool
    delivery_id: str | None = None
    http_status: int | None = None
    duration_ms: float | None = None
    message: str | None = None


def unwrap_webhook_answer(answer: object) -> object:
    """Return the object under ``data`` of an answer about webhooks, which are always wrapped.

    Why: not ``unwrap_envelope``, since here the outer ``success`` says nothing about a test call.
    """
    match answer:
        case {"success": bool(), "data": dict(body)}:
            return body
        case _:
            return answer


_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def _read_event_name(name: object) -> str:
    if isinstance(name, str | int):
        return normalise_event_name(name)
    kind, message = "event_name", "Input should be the name of an event"
    raise PydanticCustomError(kind, message)


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _secure_url(url: str) -> str:
    """Take ``https``, and ``http`` to this machine, where a sandbox delivers to a receiver."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if host and (parts.scheme == "https" or (parts.scheme == "http" and host in _THIS_MACHINE)):
        return url
    kind, message = "https_url", "Input should be a URL with https, or with http to this machine"
    raise PydanticCustomError(kind, message)


Url = Annotated[str, Field(max_length=2048), AfterValidator(_secure_url)]
EventName = Annotated[str, BeforeValidator(_read_event_name)]
EventNames = Annotated[tuple[EventName, ...], Field(min_length=1), AfterValidator(_distinct)]


class WebhookHeader(RequestModel):
    """A header that every delivery carries; its value is masked in ``repr``."""

    name: Annotated[str, Field(min_length=1, max_length=255)]
    value: Annotated[Secret, Field(min_length=1, max_length=4096)]


Headers = Annotated[tuple[WebhookHeader, ...], Field(max_length=50)]


class WebhookCreateRequest(RequestModel):
    """Creates a configuration; events may come in any form and are sent in upper case."""

    url: Url
    events: EventNames
    name: Annotated[str, Field(max_length=255)] | None = None
    description: str | None = None
    company_id: Identifier | None = None
    headers: Headers = ()


class WebhookUpdateRequest(RequestModel):
    """Changes the fields that are given; ``headers`` replaces the whole list."""

    url: Url | None = None
    events: EventNames | None = None
    name: Annotated[str, Field(max_length=255)] | None = None
    description: str | None = None
    headers: Headers | None = None
    is_active: bool | None = None

    @model_validator(mode="after")
    def _refuse_nothing(self) -> Self:
        if not self.to_wire():
            kind, message = "empty_update", "Input should change at least one field"
            raise PydanticCustomError(kind, message)
        return self
