"""Retries without their pauses, and nothing left open, in every module that imports these."""

from __future__ import annotations

import os
import stat
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
import stamina

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module", autouse=True)
def no_pauses_between_attempts() -> Iterator[None]:
    """Attempts follow each other at once."""
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


def open_sockets() -> set[int]:
    """Return the descriptors of this process that are sockets."""
    found = set()
    for name in os.listdir("/dev/fd"):  # noqa: PTH208  names are all there is
        with suppress(OSError):  # that of the listing itself
            if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                found.add(int(name))
    return found


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """No socket and no thread outlives a test."""
    threads, sockets = set(threading.enumerate()), open_sockets()
    yield
    assert set(threading.enumerate()) <= threads
    assert open_sockets() <= sockets
