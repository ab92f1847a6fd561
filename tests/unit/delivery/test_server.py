"""Settings of a server: what they may be, and what they refuse with which advice."""

from __future__ import annotations

import dataclasses
import pickle

import pytest
from pydantic import SecretStr

from candidate_cards.delivery import SmtpServer
from candidate_cards.errors import InputError

HOST = "smtp.example.com"
PASSWORD = "hunter2-hunter2"  # noqa: S105  a test's own


def refused(**settings: object) -> dict[str, str]:
    """Return the refused settings with what is said of each."""
    with pytest.raises(InputError) as caught:
        SmtpServer(**{"host": HOST, **settings})  # type: ignore[arg-type]
    assert PASSWORD not in str(caught.value)
    return {problem.field: problem.message for problem in caught.value.problems}


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_each_security_has_its_usual_port(security: str, port: int) -> None:
    """Without a port the usual one is taken."""
    server = SmtpServer("localhost", security=security)  # type: ignore[arg-type]
    assert server.port_number == port
    assert server.address == f"localhost:{port}"
    assert SmtpServer("::1", 2525, "none").address == "[::1]:2525"


def test_encryption_is_the_default() -> None:
    """Nobody has to ask for it."""
    assert SmtpServer(HOST).security == "starttls"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1"])
def test_no_encryption_is_for_this_machine(host: str) -> None:
    """A relay on loopback needs none."""
    assert SmtpServer(host, security="none").security == "none"


@pytest.mark.parametrize("host", [HOST, "10.0.0.1", "localhost.example.com", "::", "0.0.0.0"])  # noqa: S104
def test_no_encryption_is_refused_for_any_other(host: str) -> None:
    """The advice is what to use."""
    assert "use starttls or tls" in refused(host=host, security="none")["security"]


def test_a_login_is_refused_without_encryption() -> None:
    """Not even on loopback do credentials travel in the clear."""
    said = refused(host="localhost", security="none", username="me", password=SecretStr(PASSWORD))
    assert "unencrypted" in said["username"]


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("", "such as smtp.example.com"),
        ("smtp.example.com:587", "port is a setting of its own"),
        ("smtps://smtp.example.com", "port is a setting of its own"),
        ("[::1]", "port is a setting of its own"),
        ("smtp example.com", "such as"),
        ("smtp.example.com\r\n", "such as"),
        ("smtp..example.com", "such as"),
        ("-smtp.example.com", "such as"),
        (f"{'a' * 64}.com", "such as"),
        (f"{'a.' * 127}com", "such as"),
        ("smtp.exämple.com", "xn--"),
    ],
)
def test_a_host_is_a_name_or_an_address_alone(host: str, said: str) -> None:
    """What is pasted along with it is recognised."""
    assert said in refused(host=host)["host"]


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"port": 0}, "port"),
        ({"port": 65536}, "port"),
        ({"security": "ssl"}, "security"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": -1}, "timeout"),
        ({"timeout": float("nan")}, "timeout"),
        ({"timeout": float("inf")}, "timeout"),
        ({"pause": -1}, "pause"),
        ({"username": "me"}, "password"),
        ({"password": SecretStr(PASSWORD)}, "username"),
        ({"username": "", "password": SecretStr(PASSWORD)}, "username"),
        ({"username": "me\n", "password": SecretStr(PASSWORD)}, "username"),
        ({"username": "me", "password": SecretStr("")}, "password"),
        ({"username": "me", "password": SecretStr(f"{PASSWORD}\n")}, "password"),
        ({"username": "me", "password": SecretStr(f"{PASSWORD}\0")}, "password"),
        ({"username": "me", "password": SecretStr(f"{PASSWORD}\udcff")}, "password"),
        ({"username": "me", "password": PASSWORD}, "password"),
        ({"ca_file": "no/such/file.pem"}, "ca_file"),
    ],
)
def test_what_cannot_be_is_refused_when_the_settings_are_made(
    settings: dict[str, object], field: str
) -> None:
    """Long before anything is sent."""
    assert list(refused(**settings)) == [field]


def test_every_problem_is_told_at_once() -> None:
    """Not one after the other."""
    said = refused(host="a b", port=0, timeout=0, username="me")
    assert set(said) == {"host", "port", "timeout", "password"}


def test_the_password_is_shown_nowhere() -> None:
    """Neither by repr, nor in a dictionary that is printed."""
    server = SmtpServer(HOST, username="me", password=SecretStr(PASSWORD))
    assert PASSWORD not in repr(server)
    assert PASSWORD not in str(dataclasses.asdict(server))
    assert pickle.loads(pickle.dumps(server)) == server  # noqa: S301  our own bytes


def test_settings_are_frozen() -> None:
    """What was checked stays so."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        SmtpServer(HOST).security = "none"  # type: ignore[misc]
