"""Settings of the service, from the environment, a ``.env`` file, or files of secrets."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from candidate_cards.relay import Mode  # noqa: TC001  # pydantic reads it at run time

PREFIX: Final = "CANDIDATE_CARDS_SERVE_"

_Seconds = Annotated[float, Field(gt=0, le=3600)]
#: What a content security policy takes for a place, so that none can add a directive to it.
_Place = Annotated[
    str,
    Field(pattern=r"^https?://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:([0-9]{1,5}|\*))?$"),
]


class Company(BaseModel):
    """What one company has of its own.

    Attributes:
        vendor_key: For its calls to the vendor; without it the caller's own key is used.
        webhook_secrets: Of the vendor's deliveries; two while one replaces the other.
        frame_ancestors: Origins that may frame its cards, such as ``https://ats.example`` or
            ``https://*.ats.example``; by default this service's own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    vendor_key: SecretStr | None = None
    webhook_secrets: tuple[SecretStr, ...] = ()
    frame_ancestors: tuple[_Place, ...] = ()


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
    embed_secrets: tuple[Annotated[SecretStr, Field(min_length=32)], ...] = ()
    public_url: str | None = None
    retention_days: Annotated[int, Field(ge=1)] | None = None
    development: bool = False
