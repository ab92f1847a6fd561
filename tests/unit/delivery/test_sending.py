"""The public face of delivery."""

from __future__ import annotations

import inspect
import json
import pickle
import subprocess
import sys

import candidate_cards.delivery
from candidate_cards import CandidateCardsError
from candidate_cards.delivery import DeliveryError, Outcome, deliver, deliver_async

#: What only a delivery needs.
NETWORK = {"aiosmtplib", "asyncio", "smtplib", "ssl"}


def modules_after(code: str) -> set[str]:
    """Return the modules that some code leaves imported in a new process."""
    report = "import json, sys; print(json.dumps([*sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], capture_output=True, check=True
    )
    return set(json.loads(done.stdout))


def test_both_drivers_have_one_signature() -> None:
    """What one takes the other takes, with the same defaults."""
    assert inspect.signature(deliver) == inspect.signature(deliver_async)
    assert inspect.iscoroutinefunction(deliver_async)


def test_all_is_sorted_and_there() -> None:
    """The public names are those of `__all__`."""
    names = candidate_cards.delivery.__all__
    assert list(names) == sorted(names)
    assert all(hasattr(candidate_cards.delivery, name) for name in names)


def test_network_libraries_load_when_something_is_sent() -> None:
    """Neither the import nor the settings need them, and each driver loads its own."""
    settings = "from candidate_cards.delivery import *; server = SmtpServer('localhost', 1)"
    assert not modules_after(settings) & NETWORK
    after = modules_after(f"{settings}; deliver([], server)")
    assert {"smtplib", "ssl"} <= after
    assert not after & {"aiosmtplib", "asyncio"}
    awaiting = f"import asyncio; {settings}; asyncio.run(deliver_async([], server))"
    after = modules_after(awaiting)
    assert "aiosmtplib" in after
    assert "smtplib" not in after


def test_a_delivery_error_carries_outcomes_that_it_does_not_show() -> None:
    """Its text and its repr name no recipient; it survives a process boundary."""
    outcome = Outcome("ada@example.com", "k", "", "sent", 250)
    error = DeliveryError("smtp.example.com:587: refused", [outcome])
    assert isinstance(error, CandidateCardsError)
    assert error.outcomes == (outcome,)
    assert "ada@" not in f"{error} {error!r}"
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  our own bytes
    assert (str(copy), copy.outcomes) == (str(error), error.outcomes)
