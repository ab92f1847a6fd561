"""Serving an application: a socket that listens before anybody is told of it."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import uvicorn
    from starlette.types import ASGIApp


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket that listens: from here on the system accepts connections.

    Attributes:
        base_url: What a client is configured with.
        is_loopback: Whether only this machine reaches it.
    """

    base_url: str
    is_loopback: bool
    _socket: socket.socket

    def server(self, app: ASGIApp, *, graceful_seconds: int, **options: Any) -> Server:  # noqa: ANN401  uvicorn's
        """Return the server of an application on this socket.

        Args:
            app: What answers.
            graceful_seconds: How long requests under way may take after a signal.
            options: Of ``uvicorn.Config``.
        """
        import uvicorn  # noqa: PLC0415  an extra

        config = uvicorn.Config(
            app,
            access_log=False,
            log_level="warning",
            lifespan="on",
            server_header=False,
            timeout_graceful_shutdown=graceful_seconds,
            **options,
        )
        return Server(self.base_url, uvicorn.Server(config), self._socket)


@dataclass(frozen=True, slots=True)
class Server:
    """An application whose socket listens already; `run` answers until it is interrupted.

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
def listening(host: str, port: int) -> Iterator[Listener]:
    """Open a socket.

    Args:
        host: Address or name to listen on.
        port: 0 takes a free one.

    Raises:
        OSError: The port is taken, or the host is not this machine's.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    # asyncio switches Nagle's algorithm off only where the protocol is named.
    with socket.socket(family, kind, protocol) as opened:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen()
        shown = f"[{host}]" if ":" in host else host
        base_url = f"http://{shown}:{opened.getsockname()[1]}"
        yield Listener(base_url, ip_address(address[0]).is_loopback, opened)
