"""The public face of the vendor client."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys

import pytest

import candidate_cards.instaview
from candidate_cards.instaview import AsyncClient, Client

#: What only a call needs.
NETWORK = {"asyncio", "httpcore", "httpx", "pyrate_limiter", "ssl", "stamina"}
_OWN_WAY = {"close", "aclose"}


def methods(cls: type) -> dict[str, object]:
    """Return the public methods of a class."""
    return {
        name: value
        for name, value in vars(cls).items()
        if not name.startswith("_") and name not in _OWN_WAY
    }


def modules_after(code: str) -> set[str]:
    """Return the modules that some code leaves imported in a new process."""
    report = "import json, sys; print(json.dumps([*sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], capture_output=True, check=True
    )
    return set(json.loads(done.stdout))


def test_both_clients_have_the_same_methods() -> None:
    """Names, parameters, defaults and results are one; only one of the two is awaited."""
    blocking, awaiting = methods(Client), methods(AsyncClient)
    assert list(blocking) == list(awaiting)
    assert len(blocking) == 21
    for name, method in blocking.items():
        assert callable(method)
        other = awaiting[name]
        assert callable(other)
        assert inspect.signature(method) == inspect.signature(other), name
        assert not inspect.iscoroutinefunction(method)
        assert inspect.iscoroutinefunction(other)
        assert inspect.getdoc(other) == f"Like :meth:`Client.{name}`."


def test_both_clients_take_the_same_settings() -> None:
    """They differ in the kind of HTTP client that they take."""
    blocking = inspect.signature(Client).parameters
    awaiting = inspect.signature(AsyncClient).parameters
    assert list(blocking) == list(awaiting)
    assert {name for name in blocking if blocking[name] != awaiting[name]} == {"http_client"}


def test_all_is_sorted_and_there() -> None:
    """The public names are those of `__all__`, and no other is."""
    names = candidate_cards.instaview.__all__
    assert list(names) == sorted(names)
    assert all(getattr(candidate_cards.instaview, name).__name__ == name for name in names)
    assert set(names) <= set(dir(candidate_cards.instaview))
    with pytest.raises(AttributeError, match="no_such_name"):
        candidate_cards.instaview.no_such_name  # type: ignore[attr-defined]  # noqa: B018


def test_network_libraries_load_with_a_client() -> None:
    """The package alone and the result of a batch need none."""
    assert not modules_after("from candidate_cards.instaview import Enrichment") & NETWORK
    assert modules_after("from candidate_cards.instaview import Client") >= NETWORK - {
        "httpcore",
        "ssl",
    }
