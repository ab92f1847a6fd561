"""Where mail is handed in, and how safely."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

from pydantic import SecretStr

from candidate_cards.errors import InputError, Problem

if TYPE_CHECKING:
    from os import PathLike

Security = Literal["starttls", "tls", "none"]

_PORTS: Final[dict[str, int]] = {"starttls": 587, "tls": 465, "none": 25}
_HIGHEST_PORT: Final = 65535
_LONGEST_WAIT: Final = 3600.0
_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST: Final = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")
# Lone surrogates: how a byte that is not UTF-8 comes out of the environment.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Settings of the server that takes our mail.

    Certificates are always verified, with the host's name, by the system's authorities
    (``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` count) and those of ``ca_file``. There is no way to
    switch that off, and no fall-back to an unencrypted connection.

    Attributes:
        host: Name as in its certificate, or an address; without scheme, port or brackets.
        port: ``None`` is the usual one: 587 for ``starttls``, 465 for ``tls``, 25 for ``none``.
        security: ``starttls`` encrypts after the greeting, ``tls`` from the first byte. ``none``
            is for a relay on this machine: loopback hosts only, and never with a login.
        username: Login name, or ``None`` to send without one.
        password: Its password.
        timeout: Seconds to wait for a connection, and for each answer as a whole. Servers that
            scan a message before they confirm it can need a minute.
        ca_file: A file of further authorities in PEM, for a private one.
        pause: Seconds to wait before the last of three attempts at a message.

    Raises:
        InputError: Settings that cannot be, or must not be; it lists all of them.
    """

    host: str
    port: int | None = None
    security: Security = "starttls"
    username: str | None = None
    password: SecretStr | None = None
    timeout: float = 60.0
    ca_file: str | PathLike[str] | None = None
    pause: float = 5.0

    def __post_init__(self) -> None:
        problems = [
            Problem(message, path=(name,))
            for name, message in (
                ("host", _host_fault(self.host)),
                ("port", self._port_fault()),
                ("security", self._security_fault()),
                *self._login_faults(),
                ("timeout", _seconds_fault(self.timeout, above_zero=True)),
                ("ca_file", self._ca_fault()),
                ("pause", _seconds_fault(self.pause)),
            )
            if message
        ]
        if problems:
            raise InputError(problems)

    @property
    def port_number(self) -> int:
        """The port, or the usual one of the security."""
        return _PORTS[self.security] if self.port is None else self.port

    @property
    def address(self) -> str:
        """Host and port as people write them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port_number}"

    def _port_fault(self) -> str:
        if self.port is None or 1 <= self.port <= _HIGHEST_PORT:
            return ""
        return f"must be between 1 and {_HIGHEST_PORT}; leave it out for the usual one"

    def _security_fault(self) -> str:
        if self.security not in get_args(Security):
            return f"must be one of {', '.join(get_args(Security))}"
        if self.security == "none" and not _is_loopback(self.host):
            return (
                "may be none only for a relay on this machine (localhost, 127.0.0.1, ::1); use "
                "starttls or tls"
            )
        return ""

    def _login_faults(self) -> list[tuple[str, str]]:
        username = self.username
        password: object = self.password  # callers without a type checker give plain text
        if username is None and password is None:
            return []
        if self.security == "none":
            message = "would cross an unencrypted connection; use starttls or tls, or no login"
            return [("username", message)]
        if username is None:
            return [("username", "is missing beside a password")]
        faults = []
        if not username or _CONTROL.search(username):
            faults.append(("username", "is empty or has a control character"))
        if password is None:
            faults.append(("password", "is missing beside a username"))
        elif not isinstance(password, SecretStr):
            faults.append(("password", "must be a pydantic.SecretStr, which nothing prints"))
        elif not password.get_secret_value():
            faults.append(("password", "is empty"))
        elif _CONTROL.search(password.get_secret_value()):
            message = "has a control character; was a line break copied with it?"
            faults.append(("password", message))
        return faults

    def _ca_fault(self) -> str:
        if self.ca_file is None or Path(self.ca_file).is_file():
            return ""
        return "is not a file; give one that holds certificates in PEM"


def _host_fault(host: str) -> str:
    if _HOST.fullmatch(host) or _is_address(host):
        return ""
    if not host.isascii():
        return "must be ASCII; write a name in other letters as xn--..."
    if ":" in host or "/" in host:
        return "must be a name or an address alone; the port is a setting of its own"
    return "must be a host name such as smtp.example.com"


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return host.lower() == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


def _seconds_fault(seconds: float, *, above_zero: bool = False) -> str:
    if isfinite(seconds) and 0 <= seconds <= _LONGEST_WAIT and (seconds or not above_zero):
        return ""
    least = "more than 0" if above_zero else "at least 0"
    return f"must be {least} and at most {_LONGEST_WAIT:g} seconds"
