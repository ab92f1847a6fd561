"""Settings that would mislead are refused, and what the command says of them leads right."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from candidate_cards.cli.serve import _where
from candidate_cards.errors import InputError
from candidate_cards.service.settings import STORE, read_settings, variable

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No ``.env`` of the folder that tests run in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(STORE, raising=False)


@pytest.mark.parametrize(
    "address",
    [
        *("ats.test", "//ats.test", "ftp://ats.test", "javascript:alert(1)"),
        *(
            "https://",
            "https://ats.test?a=b",
            "https://ats.test/#a",
            "https://a b.example",
        ),
        *("https://user:pass7word@ats.test", 'https://ats.test/"><script>'),
    ],
)
def test_an_address_that_leads_nowhere_is_refused(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """Without a scheme every embed would be an address on the page around it."""
    monkeypatch.setenv(variable("public_url"), address)
    with pytest.raises(InputError) as caught:
        read_settings()
    (problem,) = caught.value.problems
    assert problem.path == (variable("public_url"),)
    assert "pass7word" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "https://ats.test",
        "http://127.0.0.1:8080/",
        "https://[::1]:8443/a/b",
        "https://localhost",
    ],
)
def test_an_address_may_have_a_port_and_a_path(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """Proxies have both."""
    monkeypatch.setenv(variable("public_url"), address)
    assert read_settings().public_url == address


def test_no_company_is_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has no company of ours has none of these keys either."""
    companies = json.dumps({"": {"vendor_key": "sk_live_nobodys"}})
    monkeypatch.setenv(variable("companies"), companies)
    with pytest.raises(InputError, match=variable("companies")):
        read_settings()


def test_commands_are_pointed_to_the_same_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever way the service was told of it; but a password is not repeated."""
    assert _where(read_settings()) == ""
    own = "sqlite:///own.sqlite3"
    assert _where(read_settings(store=own)) == f" --store {own}"
    monkeypatch.setenv(variable("store"), own)
    assert _where(read_settings()) == f" --store {own}"
    monkeypatch.setenv(STORE, own)
    assert _where(read_settings()) == ""
    served = "postgresql://cards:pass7word@db.example/cards"
    assert _where(read_settings(store=served)) == " --store URL"
    monkeypatch.setenv(STORE, served)
    monkeypatch.delenv(variable("store"))
    assert _where(read_settings()) == ""
