"""Where the vendor is, and who calls."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from math import isfinite
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from pydantic import SecretStr

from candidate_cards.errors import InputError, Problem

BASE_URL: Final = "https://api.instaview.sk"
LONGEST_WAIT: Final = 86_400.0  # seconds

_VISIBLE: Final = re.compile(r"[\x21-\x7e]+")
_HOST: Final = re.compile(r"[A-Za-z0-9_.-]{1,253}|[0-9A-Fa-f:.]{2,45}")
_PATH: Final = re.compile(r"(/[A-Za-z0-9_~.-]+)*/?")
_LONGEST_ID: Final = 1000


@dataclass(frozen=True, slots=True)
class Settings:
    """What every call of a client has in common.

    Raises:
        InputError: Settings that cannot be, or must not be; it lists all of them.
    """

    api_key: SecretStr
    base_url: str
    company_id: str | None
    timeout: float

    def __post_init__(self) -> None:
        problems = [
            Problem(message, path=(name,))
            for name, message in (
                ("api_key", _key_fault(self.api_key)),
                ("base_url", _url_fault(self.base_url)),
                ("company_id", "" if self.company_id is None else id_fault(self.company_id)),
                ("timeout", seconds_fault(self.timeout)),
            )
            if message
        ]
        if problems:
            raise InputError(problems)

    def url(self, path: str, *ids: str) -> str:
        """Return the address of an endpoint.

        Args:
            path: With ``{}`` for each id.
            ids: Opaque, and checked with ``id_fault``.
        """
        quoted = (quote(part, safe="") for part in ids)
        query = "" if self.company_id is None else "?" + urlencode({"companyId": self.company_id})
        return self.base_url.rstrip("/") + path.format(*quoted) + query


def id_fault(value: object) -> str:
    """Say what is wrong with an id that goes into an address, or nothing."""
    if not isinstance(value, str) or not value.strip():
        return "must be a text that is not blank"
    if value in {".", ".."}:
        return "must be an id; this one would lead to another address"
    if len(value) > _LONGEST_ID:
        return f"must be at most {_LONGEST_ID} characters"
    try:
        value.encode()
    except UnicodeEncodeError:
        return "has a lone surrogate"
    return ""


def seconds_fault(value: Any, *, zero: bool = False) -> str:  # noqa: ANN401  callers err
    """Say what is wrong with a number of seconds, or nothing."""
    is_number = isinstance(value, int | float) and isfinite(value)
    if is_number and 0 <= value <= LONGEST_WAIT and (value or zero):
        return ""
    least = "at least 0" if zero else "more than 0"
    return f"must be {least} and at most {LONGEST_WAIT:.0f} seconds"


def _key_fault(key: object) -> str:
    if not isinstance(key, SecretStr):
        return "must be a pydantic.SecretStr, which nothing prints"
    if not key.get_secret_value():
        return "is empty"
    if not _VISIBLE.fullmatch(key.get_secret_value()):
        return "has a space, a line break or another character that no key has"
    return ""


def _url_fault(url: object) -> str:
    fault = f"must be an address such as {BASE_URL}"
    try:
        parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return fault
    if parts.username is not None or parts.password is not None:
        fault = "must not hold a login"
    elif (
        port != 0
        and _HOST.fullmatch(host)
        and _PATH.fullmatch(parts.path)
        and ".." not in parts.path
        and not parts.query
        and not parts.fragment
    ):
        fault = "must begin with https://, or the key is seen; http:// is for this machine only"
        if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host)):
            fault = ""
    return fault


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
