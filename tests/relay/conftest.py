"""No pauses between attempts, and an eye on the keys; as in the tests of the client."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from leftovers import no_pauses_between_attempts  # noqa: F401

from relaying import CANARY
from sandboxes import LocalSandbox, serving

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def sandbox() -> Iterator[LocalSandbox]:
    """A sandbox whose runs end when a test skips time."""
    with serving() as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Neither the key nor what the vendor sends gets into a record of ours."""
    caplog.set_level(logging.DEBUG)
    yield
    for record in caplog.get_records("call"):
        assert CANARY not in record.getMessage() + repr(vars(record))
        assert not record.name.startswith("candidate_cards")
