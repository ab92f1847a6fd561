"""Where a client may be pointed, and the limits it keeps."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from candidate_cards.errors import InputError
from candidate_cards.instaview import _endpoints as endpoints
from candidate_cards.instaview._endpoints import Endpoint
from candidate_cards.instaview._limits import Limits
from candidate_cards.instaview._settings import BASE_URL, Settings, id_fault

KEY = SecretStr("sk_test_1")


def settings_with(**changes: Any) -> Settings:  # noqa: ANN401
    """Return settings that differ from the default in one thing."""
    values = {"api_key": KEY, "base_url": BASE_URL, "company_id": None, "timeout": 60.0}
    return Settings(**{**values, **changes})


@pytest.mark.parametrize(
    "url",
    [
        BASE_URL,
        "https://api.instaview.sk/v1",
        "https://api.instaview.sk/",
        "https://10.0.0.1:8443/a/b",
        "https://[2001:db8::1]/",
        "http://localhost:8000",
        "http://127.0.0.1:1/v1/",
        "http://[::1]:8000",
    ],
)
def test_an_address_is_taken(url: str) -> None:
    """HTTPS anywhere, HTTP on this machine, with a path before the endpoints'."""
    made = settings_with(base_url=url).url("/sourcing")
    assert made == f"{url.rstrip('/')}/sourcing"


@pytest.mark.parametrize(
    "url",
    [
        "http://api.instaview.sk",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "https://me:secret@api.instaview.sk",
        "https://api.instaview.sk?key=1",
        "https://api.instaview.sk#x",
        "https://api.instaview.sk/../x",
        "https://api.instaview.sk/a b",
        "https://api.instaview.sk:99999",
        "https://api.instaview.sk:0",
        "https://exämple.com",
        "https://",
        "api.instaview.sk",
        "ftp://api.instaview.sk",
        "file:///etc/passwd",
        "https://[::1",
        "",
        None,
        7,
    ],
)
def test_an_address_is_refused(url: object) -> None:
    """What would show the key, or is no address."""
    with pytest.raises(InputError, match="base_url: must") as caught:
        settings_with(base_url=url)
    assert "secret" not in str(caught.value)


def test_all_faults_are_told_at_once() -> None:
    """Nobody wants to mend settings one by one."""
    with pytest.raises(InputError) as caught:
        settings_with(api_key="sk", base_url="x", company_id="", timeout=float("nan"))
    fields = [problem.field for problem in caught.value.problems]
    assert fields == ["api_key", "base_url", "company_id", "timeout"]


@given(st.text(min_size=1, max_size=50))
def test_an_id_comes_back_from_its_address(identifier: str) -> None:
    """One that is taken is one segment of the path, and nothing else of the address changes."""
    if id_fault(identifier):
        return
    parts = urlsplit(settings_with().url("/sourcing/{}/results", identifier))
    assert (parts.scheme, parts.netloc) == ("https", "api.instaview.sk")
    assert (parts.query, parts.fragment) == ("", "")
    _, first, middle, last = parts.path.split("/")
    assert (first, unquote(middle), last) == ("sourcing", identifier, "results")
    assert middle not in {".", ".."}


ALL = [each for each in vars(endpoints).values() if isinstance(each, Endpoint)]


@pytest.mark.parametrize("endpoint", ALL, ids=lambda each: f"{each.method} {each.path}")
def test_a_minute_has_room_for_as_many_calls_as_the_contract_says(endpoint: Endpoint) -> None:
    """The next has to wait for the first to be a minute old; other endpoints do not."""
    limits = Limits()
    assert [limits.take(endpoint) for _ in range(endpoint.per_minute)] == [0] * endpoint.per_minute
    assert 0 < limits.take(endpoint) <= 60.001
    other = next(each for each in ALL if each != endpoint)
    assert limits.take(other) == 0


def test_the_contracts_numbers_are_these() -> None:
    """Copied from the vendor's table, to be compared with it again."""
    table = {
        f"{each.method} {each.path}": (each.scope, each.per_minute)
        for each in ALL
        if each.path.startswith("/sourcing")
    }
    assert table == {
        "POST /sourcing": ("sourcing:write", 10),
        "PATCH /sourcing/{}": ("sourcing:write", 30),
        "GET /sourcing/{}/results": ("sourcing:read", 120),
        "POST /sourcing/preview": ("sourcing:write", 10),
        "GET /sourcing/preview/{}/results": ("sourcing:read", 120),
        "POST /sourcing/enrich": ("enrich:write", 50),
        "GET /sourcing/enrich/{}/results": ("enrich:write", 120),
        "POST /sourcing/render-html": ("enrich:write", 50),
    }
