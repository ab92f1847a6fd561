"""Serving an application: a socket that listens before anybody is told of it."""

from __future__ import annotations

import signal
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    import uvicorn
    from starlette.types import ASGIApp


@dataclass(frozen=True, slots=True)
class Drain:
    """A time after SIGTERM in which requests still come, and are answered.

    Attributes:
        seconds: How long; whoever sends requests here has to have noticed by then.
        begin: Called at its beginning.
    """

    seconds: float
    begin: Callable[[], object]


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

    def server(
        self,
        app: ASGIApp,
        *,
        graceful_seconds: int,
        drain: Drain | None = None,
        **options: Any,  # noqa: ANN401  uvicorn's
    ) -> Server:
        """Return the server of an application on this socket.

        Args:
            app: What answers.
            graceful_seconds: How long requests under way may take after a signal.
            drain: What comes between SIGTERM and the end.
            options: Of ``uvicorn.Config``.
        """
        import uvicorn  # noqa: PLC0415  an extra

        config = uvicorn.Config(
            app,
            access_log=False,
            lifespan="on",
            server_header=False,
            timeout_graceful_shutdown=graceful_seconds,
            **{"log_level": "warning", **options},
        )
        server = uvicorn.Server(config) if drain is None else _draining(config, drain)
        return Server(self.base_url, server, self._socket)


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


def _draining(config: uvicorn.Config, drain: Drain) -> uvicorn.Server:
    """Return a server that drains; having ended in good order after SIGTERM is a success."""
    import uvicorn  # noqa: PLC0415  an extra

    class Draining(uvicorn.Server):
        end: float | None = None

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            if sig == signal.SIGTERM and self.end is None:
                self.end = monotonic() + drain.seconds
                drain.begin()
            else:
                super().handle_exit(sig, frame)

        async def on_tick(self, counter: int) -> bool:
            if self.end is not None and monotonic() >= self.end:
                self.should_exit = True
            return await super().on_tick(counter)

    return Draining(config)


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
