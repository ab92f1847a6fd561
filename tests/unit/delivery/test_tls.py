"""Encryption is verified, and what goes wrong is told with advice."""

from __future__ import annotations

import errno
import os
import socket
import ssl

import pytest

from candidate_cards.delivery import SmtpServer
from candidate_cards.delivery._tls import client_context, connection_fault
from candidate_cards.delivery._wire import UnusableError

SERVER = SmtpServer("smtp.example.com")


def test_certificates_and_names_are_verified_with_tls_1_2_or_newer() -> None:
    """There is no setting that changes it."""
    context = client_context(SERVER)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(
    ("error", "reason", "advice"),
    [
        (TimeoutError(), "no answer within 60 seconds", "465 tls"),
        (socket.gaierror(-2, "x"), "the host's name is not known", "check host"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), "connection refused", "firewall"),
        (ConnectionResetError(errno.ECONNRESET, "x"), "the connection was lost", "belong together"),
        (ssl.SSLEOFError(8, "x"), "the connection was lost", "belong together"),
        (OSError(errno.ENETUNREACH, "x"), os.strerror(errno.ENETUNREACH).lower(), "firewall"),
        (OSError("Multiple exceptions: secret"), "it cannot be reached", "firewall"),
    ],
)
def test_a_fault_of_the_network_has_a_reason_and_advice(
    error: OSError, reason: str, advice: str
) -> None:
    """In words of ours."""
    fault = connection_fault(error, SERVER)
    assert fault.reason == reason
    assert advice in fault.advice
    assert not isinstance(fault, UnusableError)


def test_a_fault_of_the_encryption_is_final() -> None:
    """Trying again cannot help, whoever made the error."""
    unexplained = connection_fault(ssl.SSLError(1, "x"), SERVER)
    assert isinstance(unexplained, UnusableError)
    assert unexplained.reason == "no encryption was agreed on: no reason given"
    explained = ssl.SSLError(1, "x")
    explained.reason = "WRONG_VERSION_NUMBER"
    assert "WRONG_VERSION_NUMBER" in connection_fault(explained, SERVER).reason


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (10, "renew"),
        (18, "ca_file"),
        (20, "ca_file"),
        (62, "host name"),
        (64, "host name"),
        (1, "ask"),
    ],
)
def test_a_refused_certificate_comes_with_advice(code: int, advice: str) -> None:
    """For each of the usual reasons."""
    error = ssl.SSLCertVerificationError(1, "x")
    error.verify_code, error.verify_message = code, "certificate has expired"
    fault = connection_fault(error, SERVER)
    assert isinstance(fault, UnusableError)
    assert fault.reason == "its certificate is not accepted: certificate has expired"
    assert advice in fault.advice
