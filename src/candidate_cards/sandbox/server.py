"""Serving a sandbox: where it listens, and whom it lets in."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from candidate_cards.errors import InputError, MissingDependencyError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    import uvicorn

    from .settings import Settings


@dataclass(frozen=True, slots=True)
class Server:
    """A sandbox whose socket listens already; `run` answers until the process is interrupted.

    Attributes:
        base_url: What a client is configured with.
    """

    base_url: str
    _uvicorn: uvicorn.Server
    _socket: socket.socket

    def run(self) -> None:
        """Answer until SIGINT or SIGTERM; requests under way are answered first.

        Raises:
            KeyboardInterrupt: It was SIGINT.
        """
        self._uvicorn.run(sockets=[self._socket])

    def stop(self) -> None:
        """Ask a server that runs in another thread to end."""
        self._uvicorn.should_exit = True


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
        import uvicorn  # noqa: PLC0415  an extra

        from .app import create_app  # noqa: PLC0415
        from .sandbox import Sandbox  # noqa: PLC0415
    except ModuleNotFoundError as error:
        message = "the sandbox needs: pip install 'candidate-cards[sandbox]'"
        raise MissingDependencyError(message) from error
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    is_loopback = ip_address(address[0]).is_loopback
    if not is_loopback and not allow_network:
        message = "is not this machine alone; a sandbox's keys are public (see --allow-network)"
        raise InputError([Problem(message, source=host)])
    # asyncio switches Nagle's algorithm off only where the protocol is named.
    with socket.socket(family, kind, protocol) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        # From here on the system accepts connections, so whoever is told the URL can use it.
        listening.listen()
        sandbox = Sandbox(settings)
        try:
            app = create_app(sandbox, any_host=not is_loopback)
            config = uvicorn.Config(
                app,
                access_log=False,
                log_level="warning",
                lifespan="on",
                server_header=False,
                timeout_graceful_shutdown=5,
            )
            number = listening.getsockname()[1]
            shown = f"[{host}]" if ":" in host else host
            yield Server(f"http://{shown}:{number}", uvicorn.Server(config), listening)
        finally:
            sandbox.close()
