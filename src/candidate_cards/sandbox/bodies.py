"""Bodies of requests: the models of this package, with the limits that a server sets."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from candidate_cards.contract.bodies import WIRE_NAMES
from candidate_cards.contract.terms import DEFAULT_RATES
from candidate_cards.models import (
    EnrichRequest,
    PatchRequest,
    PreviewRequest,
    SourcingRequest,
    WebhookCreateRequest,
    WebhookEventName,
    WebhookHeader,
    WebhookUpdateRequest,
)
from candidate_cards.models._base import NullMeans
from candidate_cards.models.scopes import SCOPES
from candidate_cards.models.webhooks import EventNames

from .faults import Planned, parse_fault

Body = TypeVar("Body", bound=BaseModel)

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

_NOT_BLANK: Final = r"\S"

# Null is as good as absent.
_Limit = Annotated[int, Field(ge=1, le=100, strict=True), NullMeans(lambda: 20)]


class SourcingBody(SourcingRequest):
    """Body of ``POST /sourcing``."""

    model_config = WIRE_NAMES
    title: Annotated[str, Field(max_length=200, pattern=_NOT_BLANK)]
    job_description: Annotated[str, Field(max_length=10_000, pattern=_NOT_BLANK)]
    location: Annotated[str, Field(max_length=200)] | None = None
    query: Annotated[str, Field(max_length=500)] | None = None
    limit: _Limit = 20


class PreviewBody(PreviewRequest):
    """Body of ``POST /sourcing/preview``."""

    model_config = WIRE_NAMES
    title: Annotated[str, Field(max_length=200, pattern=_NOT_BLANK)]
    job_description: Annotated[str, Field(max_length=10_000, pattern=_NOT_BLANK)]
    location: Annotated[str, Field(max_length=200)] | None = None
    query: Annotated[str, Field(max_length=500)] | None = None
    limit: _Limit = 20


class PatchBody(PatchRequest):
    """Body of ``PATCH /sourcing/{id}``."""

    model_config = WIRE_NAMES


class EnrichBody(EnrichRequest):
    """Body of ``POST /sourcing/enrich``."""

    model_config = WIRE_NAMES


def _receiver(url: str) -> str:
    """Take ``https``, and ``http`` to this machine, where a developer's receiver runs."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    is_plain = host and url.isascii() and url.isprintable() and " " not in url
    if is_plain and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)):
        return url
    kind, message = "receiver", "Input should be a URL with https, or with http to this machine"
    raise PydanticCustomError(kind, message)


_Receiver = Annotated[str, Field(max_length=2048), AfterValidator(_receiver)]


# What would break the frame of a delivery.
_FRAMING: Final = frozenset({"connection", "content-length", "host", "transfer-encoding"})


def _sendable(header: WebhookHeader) -> WebhookHeader:
    """Refuse what no HTTP message can hold."""
    value = header.value.get_secret_value()
    if (
        re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", header.name)
        and header.name.lower() not in _FRAMING
        and value.isascii()
        and value.isprintable()
        and value == value.strip()
    ):
        return header
    kind, message = "header", "Input should be a header that HTTP can carry"
    raise PydanticCustomError(kind, message)


_Headers = Annotated[
    tuple[Annotated[WebhookHeader, AfterValidator(_sendable)], ...], Field(max_length=50)
]


def _known(names: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse misspelt events, which would never be delivered."""
    if set(names) <= set(WebhookEventName):
        return names
    kind, message = "event_name", "Input should be of: {names}"
    raise PydanticCustomError(kind, message, {"names": ", ".join(WebhookEventName)})


_Events = Annotated[EventNames, AfterValidator(_known)]


class WebhookCreateBody(WebhookCreateRequest):
    """Body of ``POST /webhooks``."""

    model_config = WIRE_NAMES
    url: _Receiver
    events: _Events
    headers: Annotated[_Headers, NullMeans(tuple)] = ()


class WebhookUpdateBody(WebhookUpdateRequest):
    """Body of ``PATCH /webhooks/{id}``."""

    model_config = WIRE_NAMES
    url: _Receiver | None = None
    events: _Events | None = None
    headers: _Headers | None = None


class _AdminBody(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class CompanyBody(_AdminBody):
    """Body of ``POST /sandbox/companies``."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    billing: Literal["prepaid", "postpaid"] = "prepaid"
    credits: Annotated[int, Field(ge=0, le=1_000_000_000)] = 1_000


class KeyBody(_AdminBody):
    """Body of ``POST /sandbox/keys``."""

    companyIds: Annotated[tuple[str, ...], Field(min_length=1, max_length=100)]  # noqa: N815
    scopes: tuple[Annotated[str, Field(max_length=100)], ...] = SCOPES
    name: Annotated[str, Field(max_length=200)] = ""
    perMinute: Annotated[int, Field(ge=1, le=1_000_000)] = DEFAULT_RATES[0]  # noqa: N815
    perHour: Annotated[int, Field(ge=1, le=1_000_000)] = DEFAULT_RATES[1]  # noqa: N815
    lifetimeSeconds: Annotated[float, Field(ge=0, le=1e9)] | None = None  # noqa: N815


class CreditsBody(_AdminBody):
    """Body of ``PUT /sandbox/companies/{id}/credits``: what to add."""

    add: Annotated[int, Field(ge=1, le=1_000_000_000)]


class ClockBody(_AdminBody):
    """Body of ``PATCH /sandbox/clock``: seconds to skip."""

    skip: Annotated[float, Field(gt=0, le=1e8)]


class _PlannedBody(_AdminBody):
    fault: str
    count: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    method: str | None = None
    path: str | None = None


class FaultsBody(_AdminBody):
    """Body of ``PUT /sandbox/faults``."""

    faults: Annotated[tuple[_PlannedBody, ...], Field(max_length=1_000)]

    def planned(self) -> list[Planned]:
        """Return them, read.

        Raises:
            RefusedError: There is no such fault.
        """
        return [
            Planned(parse_fault(item.fault), item.count, item.method, item.path)
            for item in self.faults
        ]
