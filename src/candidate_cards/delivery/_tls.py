"""TLS that is always verified, and why a connection could not be made."""

from __future__ import annotations

import os
import socket
import ssl
from typing import TYPE_CHECKING, Final

from candidate_cards.delivery._wire import LOST, NO_ANSWER, BrokenError, UnusableError

if TYPE_CHECKING:
    from candidate_cards.delivery.server import SmtpServer

# Of OpenSSL's x509_vfy.h; the module ssl has no names for them.
_EXPIRED: Final = 10
_UNKNOWN_AUTHORITY: Final = frozenset({18, 19, 20, 21})
_OTHER_HOST: Final = frozenset({62, 64})

_CHECK_ADDRESS: Final = "check host and port, and that a firewall lets the connection through"
_CHECK_SECURITY: Final = "check that port and security belong together (587 starttls, 465 tls)"


def client_context(server: SmtpServer) -> ssl.SSLContext:
    """Return a context that verifies certificate and host name, with TLS 1.2 or newer.

    Raises:
        UnusableError: ``ca_file`` holds no certificate.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if server.ca_file is not None:
        try:
            context.load_verify_locations(cafile=server.ca_file)
        except OSError:
            reason = "ca_file cannot be read as certificates in PEM"
            raise UnusableError(reason, "give the certificate of the private authority") from None
    return context


def connection_fault(error: OSError, server: SmtpServer) -> BrokenError:
    """Return what kept a connection from being made, in words with advice."""
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = f"its certificate is not accepted: {error.verify_message}"
        return UnusableError(reason, _certificate_advice(error.verify_code))
    if isinstance(error, ConnectionResetError | ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return BrokenError(LOST, _CHECK_SECURITY)
    if isinstance(error, ssl.SSLError):
        # Only those that OpenSSL made have a reason.
        reason = getattr(error, "reason", None) or "no reason given"
        return UnusableError(f"no encryption was agreed on: {reason}", _CHECK_SECURITY)
    if isinstance(error, TimeoutError):
        return BrokenError(NO_ANSWER.format(server.timeout), f"{_CHECK_ADDRESS}; {_CHECK_SECURITY}")
    if isinstance(error, socket.gaierror):
        return BrokenError("the host's name is not known", "check host")
    # Not its strerror: asyncio puts address and port there.
    reason = os.strerror(error.errno).lower() if error.errno else "it cannot be reached"
    return BrokenError(reason, _CHECK_ADDRESS)


def _certificate_advice(code: int) -> str:
    if code in _UNKNOWN_AUTHORITY:
        return "if it is from a private authority, give that one's certificate as ca_file"
    if code in _OTHER_HOST:
        return "use the host name that is in the certificate"
    if code == _EXPIRED:
        return "the server's administrator has to renew it; is the clock of this machine right?"
    return "ask the server's administrator"
