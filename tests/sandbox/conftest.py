"""One sandbox for all tests that need no settings of their own; each makes accounts of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandboxes import LocalSandbox, Receiver, receiving, serving

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def sandbox() -> Iterator[LocalSandbox]:
    """A sandbox whose runs end when a test skips time."""
    with serving() as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Where webhooks are delivered."""
    with receiving() as running:
        yield running
