"""Serving the service: where it listens, and how it ends."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from candidate_cards.contract.serving import Drain, Server, listening
from candidate_cards.errors import MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from candidate_cards.contract.serving import Listener

    from .service import Service
    from .settings import Settings

__all__ = ["Server", "open_server"]

_GRACEFUL_SECONDS = 10


@contextmanager
def open_server(
    settings: Settings | None = None, *, host: str = "127.0.0.1", port: int = 0
) -> Iterator[Server]:
    """Open the database and the socket.

    Args:
        settings: By default the environment's.
        host: Address or name to listen on.
        port: 0 takes a free one.

    Raises:
        InputError: A setting cannot be.
        MissingDependencyError: The extra ``serve`` is not installed.
        StoreError: The database cannot be used.
        OSError: The port is taken.
    """
    try:
        from . import app  # noqa: F401, PLC0415  an extra
        from .service import Service  # noqa: PLC0415
    except ModuleNotFoundError as error:
        message = "the service needs: pip install 'candidate-cards[serve]'"
        raise MissingDependencyError(message) from error
    with listening(host, port) as listener, Service(settings) as service:
        yield serve_on(listener, service)


def serve_on(
    listener: Listener,
    service: Service,
    protocol: type[Any] | None = None,
) -> Server:
    """Return the server of a service.

    Args:
        listener: Where.
        service: What is spoken over HTTP.
        protocol: Of uvicorn's for HTTP; by default the faster one whose parser is installed.
    """
    from uvicorn.protocols.http.auto import AutoHTTPProtocol  # noqa: PLC0415  an extra

    from .app import create_app  # noqa: PLC0415
    from .protocols import limited  # noqa: PLC0415

    settings = service.settings
    return listener.server(
        create_app(service),
        graceful_seconds=_GRACEFUL_SECONDS,
        drain=Drain(settings.drain_seconds, service.stop),
        http=limited(
            protocol or AutoHTTPProtocol,
            header_seconds=settings.header_seconds,
            idle_seconds=settings.request_seconds,
        ),
        ws="none",  # or an upgrade would go past the gate
        log_config=None,
        log_level=None,
    )
