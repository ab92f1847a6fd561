"""The service as an ASGI application."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from candidate_cards.contract.application import new_application
from candidate_cards.contract.openapi import describe

from .gate import Gate
from .logs import hush
from .paths import PathsAsSent
from .routes import candidates, codes, embeds, gallery, operations, render, render_html, webhooks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import FastAPI

    from .service import Service

#: One module per group of routes; each has a ``router``, and ``MODELS`` for the OpenAPI document.
_GROUPS = (render_html, render, candidates, codes, embeds, webhooks, gallery, operations)


def create_app(service: Service) -> FastAPI:
    """Return the application; it does the service's work while it is served.

    Args:
        service: Its state; the caller closes it.
    """

    @asynccontextmanager
    async def work(_app: FastAPI) -> AsyncIterator[None]:
        hush(asyncio.get_running_loop())
        async with service.working():
            yield

    app = new_application(
        title="candidate-cards",
        lifespan=work,
    )
    app.state.service = service
    for group in _GROUPS:
        app.include_router(group.router)
    app.add_middleware(PathsAsSent, prefix=candidates.router.prefix)
    app.add_middleware(Gate, service=service)
    describe(app, [model for group in _GROUPS for model in group.MODELS])
    return app
