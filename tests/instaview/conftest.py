"""Retries without their pauses, and nothing left open."""

from __future__ import annotations

import gc
import socket
import threading
from typing import TYPE_CHECKING

import pytest
import stamina

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session", autouse=True)
def _no_pauses_between_attempts() -> Iterator[None]:
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


def _open_sockets() -> set[int]:
    gc.collect()
    return {
        id(each)
        for each in gc.get_objects()
        if type(each).__module__ in {"socket", "ssl"}
        and isinstance(each, socket.socket)
        and each.fileno() != -1
    }


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    """No socket and no thread outlives a test."""
    threads, sockets = set(threading.enumerate()), _open_sockets()
    yield
    assert set(threading.enumerate()) <= threads
    assert _open_sockets() <= sockets
