"""Settings of the service, from the environment, a ``.env`` file, or files of secrets."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from candidate_cards.relay import Mode  # noqa: TC001  # pydantic reads it at run time
from candidate_cards.webhooks import HmacScheme, StandardWebhooks

PREFIX: Final = "CANDIDATE_CARDS_SERVE_"

_Seconds = Annotated[float, Field(gt=0, le=3600)]


class Company(BaseModel):
    """What one company has of its own.

    Attributes:
        vendor_key: For its calls to the vendor; without it the caller's own key is used.
        webhook_secrets: Of the vendor's deliveries; two while one replaces the other.
        webhook_scheme: How the vendor signs them: the attributes of
            `candidate_cards.webhooks.HmacScheme`, or ``standard`` for Standard Webhooks.
        webhook_tolerance: Seconds that their time of sending may be from ours; ``None`` for a
            sender whose retries repeat an old one.
        frame_ancestors: Origins that may frame its cards, such as ``https://ats.example``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    vendor_key: SecretStr | None = None
    webhook_secrets: tuple[SecretStr, ...] = ()
    webhook_scheme: HmacScheme | Literal["standard"] | None = None
    webhook_tolerance: _Seconds | None = 300.0
    frame_ancestors: tuple[str, ...] = ()

    @property
    def scheme(self) -> HmacScheme | StandardWebhooks | None:
        """How the vendor signs deliveries, if there are any."""
        return StandardWebhooks() if self.webhook_scheme == "standard" else self.webhook_scheme

    @property
    def tolerance(self) -> timedelta | None:
        """How far a delivery's time of sending may be from ours."""
        seconds = self.webhook_tolerance
        return None if seconds is None else timedelta(seconds=seconds)

    @model_validator(mode="after")
    def _check_webhooks(self) -> Self:
        if not self.webhook_secrets:
            return self
        if self.scheme is None:
            message = "webhook_secrets need a webhook_scheme: which header has the signature?"
            raise ValueError(message)
        if problems := self.scheme.secret_problems(self.webhook_secrets):
            raise ValueError("; ".join(f"webhook_{problem}" for problem in problems))
        if self.vendor_key is None:
            message = "webhook_secrets need a vendor_key: results are fetched with it"
            raise ValueError(message)
        return self


class Settings(BaseSettings):
    """Options of the service; each is the environment variable `PREFIX` and its name.

    Attributes:
        store: URL of the database: ``sqlite:///`` and a path, or ``postgresql+psycopg://``.
        mode: Where render-html gets its cards.
        vendor_url: Where the vendor's API is.
        vendor_patience: Seconds that a call may wait for the vendor.
        companies: What companies have of their own, by their ids.
        profile_limit: Most ids in a render-html; the vendor's contract says 10.
        max_body: Largest body of a request, in bytes.
        body_seconds: How long a body may take to arrive.
        request_seconds: How long an answer may take to make.
        max_requests: Most requests at a time; one more gets 503.
        cache_bytes: Memory for rendered cards.
        pdf_workers: Processes that render PDF and PNG.
        pdf_waiting: Most requests that wait for one; one more gets 503.
        embed_secrets: Sign the tokens of embeds, at least 32 characters; the first signs, the
            others are known still.
        public_url: Where browsers reach this service, as embeds say it.
        retention_days: Candidates saved longer ago are erased; ``None`` keeps them.
        development: Serve the gallery, which reads templates anew.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", frozen=True, hide_input_in_errors=True
    )

    store: SecretStr = SecretStr("sqlite:///candidate-cards.sqlite3")
    mode: Mode = "local"
    vendor_url: str = "https://api.instaview.sk"
    vendor_patience: _Seconds = 5.0
    companies: dict[str, Company] = {}
    profile_limit: Annotated[int, Field(ge=1, le=100)] = 10
    max_body: Annotated[int, Field(ge=1024)] = 1_048_576
    body_seconds: _Seconds = 10.0
    request_seconds: _Seconds = 30.0
    max_requests: Annotated[int, Field(ge=1)] = 200
    cache_bytes: Annotated[int, Field(ge=0)] = 67_108_864
    pdf_workers: Annotated[int, Field(ge=1)] | None = None
    pdf_waiting: Annotated[int, Field(ge=0)] = 4
    embed_secrets: tuple[SecretStr, ...] = ()
    public_url: str | None = None
    retention_days: Annotated[int, Field(ge=1)] | None = None
    development: bool = False
