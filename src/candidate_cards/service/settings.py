"""Settings of the service, from the environment, a ``.env`` file, or files of secrets."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from candidate_cards._validation import problems_in
from candidate_cards.cards import list_languages
from candidate_cards.errors import InputError, Problem
from candidate_cards.instaview._settings import BASE_URL
from candidate_cards.instaview._settings import Settings as VendorSettings
from candidate_cards.relay import Mode  # noqa: TC001  # pydantic reads it at run time
from candidate_cards.webhooks import HmacScheme, StandardWebhooks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PREFIX: Final = "CANDIDATE_CARDS_SERVE_"

#: Where the commands `store` and `keys` look too; counts where the service's own has no value.
STORE: Final = "CANDIDATE_CARDS_STORE"

#: Names the folder of secrets; it is no field, since it says where fields are.
SECRETS_DIR: Final = f"{PREFIX}SECRETS_DIR"

_DOTENV: Final = ".env"
_SECRETS: Final = "/run/secrets"
_ORIGIN: Final = re.compile(r"https?://(\*\.)?[a-z0-9.-]+(:[0-9]{1,5})?")
_ADDRESS: Final = re.compile(
    r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?"
)
_SHORTEST_SECRET: Final = 32
_LONGEST_SAID: Final = 300  # characters; a notice has room for no more

_Seconds = Annotated[float, Field(gt=0, le=3600)]


def _sendable(key: SecretStr) -> SecretStr:
    VendorSettings(key, BASE_URL, None, 1.0)
    return key


def _reachable(url: str) -> str:
    VendorSettings(SecretStr("-"), url, None, 1.0)
    return url


def _origin(text: str) -> str:
    if _ORIGIN.fullmatch(text):
        return text
    message = "must be an origin such as https://ats.example"
    raise ValueError(message)


def _address(text: str) -> str:
    if _ADDRESS.fullmatch(text):
        return text
    message = "must be an address such as https://cards.example, without user, query and fragment"
    raise ValueError(message)


def _long(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) >= _SHORTEST_SECRET:
        return secret
    message = f"must have at least {_SHORTEST_SECRET} characters"
    raise ValueError(message)


def _language(tag: str) -> str:
    if tag in list_languages():
        return tag
    message = f"must be one of: {', '.join(list_languages())}"
    raise ValueError(message)


_Language = Annotated[str, AfterValidator(_language)]
_Said = Annotated[str, Field(max_length=_LONGEST_SAID)]


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
        profile: Name of what its cards show; ``None`` for the service's.
        lang: Of what is shown of its candidates; ``None`` for the service's.
        data_source: Where its data come from, as notices say; empty for what the service says.
        contact: Whom to ask about them; the same.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    vendor_key: Annotated[SecretStr, AfterValidator(_sendable)] | None = None
    webhook_secrets: tuple[SecretStr, ...] = ()
    webhook_scheme: HmacScheme | Literal["standard"] | None = None
    webhook_tolerance: _Seconds | None = 300.0
    frame_ancestors: tuple[Annotated[str, AfterValidator(_origin)], ...] = ()
    profile: str | None = None
    lang: _Language | None = None
    data_source: _Said = ""
    contact: _Said = ""

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
        if self.webhook_secrets and (fault := self._webhook_fault()):
            kind, message = "webhooks", "{fault}"
            raise PydanticCustomError(kind, message, {"fault": fault})
        return self

    def _webhook_fault(self) -> str:
        """Say why deliveries would be lost, or nothing."""
        if self.scheme is None:
            return "webhook_secrets need a webhook_scheme: which header has the signature?"
        if problems := self.scheme.secret_problems(self.webhook_secrets):
            return "; ".join(f"webhook_{problem}" for problem in problems)
        if self.vendor_key is None:
            return "webhook_secrets need a vendor_key: results are fetched with it"
        return ""


class Settings(BaseSettings):
    """Options of the service; each is the environment variable `PREFIX` and its name.

    Lists and ``companies`` are written as JSON. A value may also be in ``.env``, or be a file of
    the variable's name in the folder of secrets, `SECRETS_DIR`, by default ``/run/secrets``.

    Attributes:
        store: URL of the database: ``sqlite:///`` and a path, or ``postgresql://``; by default
            what the variable `STORE` says.
        mode: Where render-html gets its cards.
        vendor_url: Where the vendor's API is.
        vendor_patience: Seconds that a call may wait for the vendor.
        companies: What companies have of their own, by their ids.
        profile_limit: Most ids in a render-html; the vendor's contract says 10.
        render_per_minute: Most calls of render-html of one key; the vendor's contract says 50.
        max_body: Largest body of a request, in bytes.
        header_seconds: How long the head of a request may take to arrive.
        body_seconds: How long a body may take to arrive.
        request_seconds: How long an answer may take to make.
        max_requests: Most requests at a time; one more gets 503.
        drain_seconds: How long after SIGTERM new requests are still answered, while ``/readyz``
            asks to send no more.
        cache_bytes: Memory for rendered cards.
        cache_seconds: How long they are kept.
        pdf_workers: Processes that render PDF and PNG.
        pdf_waiting: Most requests that wait for one; one more gets 503.
        embed_secrets: Sign the tokens of embeds, at least 32 characters; the first signs, the
            others are known still.
        public_url: Where browsers reach this service, as embeds say it; needed behind a proxy.
            Without it embeds say the address that the request for them came to.
        profiles: A folder of profiles of one's own, a TOML file each; read when the service starts.
        profile: Name of what cards show where nothing else is asked for. Messages, dossiers and
            pictures show what ``client`` does, unless this profile puts codes in place of people.
        lang: Language of our own words where nothing else is asked for.
        data_source: Where the data come from, as notices say; empty for the usual words.
        contact: Whom to ask about them; the same.
        blind_secret: Makes the codes of profiles that put them in place of people, at least 32
            characters. Every company has codes of its own. With another secret all codes change.
        retention_days: Candidates saved longer ago are erased; ``None`` keeps them.
        development: Serve the gallery, which reads templates anew.
        metrics: Serve ``/metrics``, which needs no key.
        log_level: Least severe of what is logged.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=_DOTENV,
        env_ignore_empty=True,
        extra="ignore",  # of .env, which others read too; `read_settings` knows misspelt ones
        frozen=True,
        hide_input_in_errors=True,
    )

    store: SecretStr = SecretStr("sqlite:///candidate-cards.sqlite3")
    mode: Mode = "local"
    vendor_url: Annotated[str, AfterValidator(_reachable)] = BASE_URL
    vendor_patience: _Seconds = 5.0
    companies: dict[Annotated[str, Field(min_length=1)], Company] = {}
    profile_limit: Annotated[int, Field(ge=1, le=100)] = 10
    render_per_minute: Annotated[int, Field(ge=1)] = 50
    max_body: Annotated[int, Field(ge=1024)] = 1_048_576
    header_seconds: _Seconds = 10.0
    body_seconds: _Seconds = 10.0
    request_seconds: _Seconds = 30.0
    max_requests: Annotated[int, Field(ge=1)] = 200
    drain_seconds: Annotated[float, Field(ge=0, le=60)] = 1.0
    cache_bytes: Annotated[int, Field(ge=0)] = 67_108_864
    cache_seconds: _Seconds = 600.0
    pdf_workers: Annotated[int, Field(ge=1)] | None = None
    pdf_waiting: Annotated[int, Field(ge=0)] = 4
    embed_secrets: tuple[Annotated[SecretStr, AfterValidator(_long)], ...] = ()
    public_url: Annotated[str, AfterValidator(_address)] | None = None
    profiles: Path | None = None
    profile: str = "internal"
    lang: _Language = "en"
    data_source: _Said = ""
    contact: _Said = ""
    blind_secret: Annotated[SecretStr, AfterValidator(_long)] | None = None
    retention_days: Annotated[int, Field(ge=1)] | None = None
    development: bool = False
    metrics: bool = True
    log_level: Literal["debug", "info", "warning", "error"] = "info"


def read_settings(**chosen: object) -> Settings:
    """Return the settings of the environment.

    Args:
        chosen: Fields that count for more; a ``None`` chooses nothing.

    Raises:
        InputError: A value cannot be, or a variable with our prefix is none of ours. No message
            repeats a value.
    """
    named_in_file = _dotenv()
    named = os.environ.get(SECRETS_DIR) or named_in_file.get(SECRETS_DIR)
    folder = Path(named or _SECRETS)
    found = dict.fromkeys(os.environ, "the environment") | dict.fromkeys(named_in_file, _DOTENV)
    values: dict[str, Any] = {name: value for name, value in chosen.items() if value is not None}
    problems = []
    if folder.is_dir():
        values["_secrets_dir"] = folder
        found |= {path.name: os.fspath(folder) for path in folder.iterdir()}
    elif named:
        problems.append(Problem("must name a folder", path=(SECRETS_DIR,)))
    problems += _unknown(found)
    try:
        settings = Settings(**values)
        if "store" not in settings.model_fields_set and (url := os.environ.get(STORE)):
            settings = settings.model_copy(update={"store": SecretStr(url)})
    except ValidationError as error:
        problems += (
            Problem(problem.message, path=(variable(str(problem.path[0])), *problem.path[1:]))
            for problem in problems_in(error)
        )
    except SettingsError as error:  # it quotes the name of the field, and its cause the value
        field = re.search(r'field "(\w+)"', str(error))
        path = (variable(field[1]),) if field else ()
        problems.append(Problem("cannot be read; lists and companies are JSON", path=path))
    if problems:
        raise InputError(problems)
    return settings


def variable(field: str) -> str:
    """Return the environment variable of a field."""
    return f"{PREFIX}{field.upper()}"


def _dotenv() -> Mapping[str, str | None]:
    from dotenv import dotenv_values  # noqa: PLC0415  pydantic-settings reads the file with it

    return dotenv_values(_DOTENV) if Path(_DOTENV).is_file() else {}


def _unknown(found: Mapping[str, str]) -> Iterator[Problem]:
    """Yield misspelt names, which would be defaults in silence."""
    known = {SECRETS_DIR, *map(variable, Settings.model_fields)}
    for name, where in found.items():
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            message = f"is no setting; there are: {', '.join(sorted(known))}"
            yield Problem(message, source=where, path=(name,))
