"""Serving a sandbox: where it listens, and whom it lets in."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from candidate_cards.contract.serving import Server, listening
from candidate_cards.errors import InputError, MissingDependencyError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .settings import Settings

__all__ = ["Server", "open_server"]


@contextmanager
def open_server(
    settings: Settings, *, host: str = "127.0.0.1", port: int = 0, allow_network: bool = False
) -> Iterator[Server]:
    """Open the data and the socket.

    Args:
        settings: Of the sandbox.
        host: Address or name to listen on.
        port: 0 takes a free one.
        allow_network: Listen where other machines can reach it. Its keys are public.

    Raises:
        InputError: The host is not this machine's loopback, or the data cannot be used.
        MissingDependencyError: The extra ``sandbox`` is not installed.
        OSError: The port is taken, or the file cannot be opened.
    """
    try:
        import uvicorn  # noqa: F401, PLC0415  an extra

        from .app import create_app  # noqa: PLC0415
        from .sandbox import Sandbox  # noqa: PLC0415
    except ModuleNotFoundError as error:
        message = "the sandbox needs: pip install 'candidate-cards[sandbox]'"
        raise MissingDependencyError(message) from error
    with listening(host, port) as listener:
        if not listener.is_loopback and not allow_network:
            message = "is not this machine alone; a sandbox's keys are public (see --allow-network)"
            raise InputError([Problem(message, source=host)])
        sandbox = Sandbox(settings)
        try:
            app = create_app(sandbox, any_host=not listener.is_loopback)
            yield listener.server(app, graceful_seconds=5)
        finally:
            sandbox.close()
