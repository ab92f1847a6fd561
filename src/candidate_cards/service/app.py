"""The service as an ASGI application."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NoReturn

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from candidate_cards import __version__
from candidate_cards.contract.openapi import describe
from candidate_cards.contract.refusals import framework_refusal, invalid

from .gate import Gate
from .logs import hush
from .paths import PathsAsSent
from .routes import candidates, embeds, gallery, operations, render, render_html, webhooks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from .service import Service

#: One module per group of routes; each has a ``router``, and ``MODELS`` for the OpenAPI document.
_GROUPS = (render_html, render, candidates, embeds, webhooks, gallery, operations)


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

    app = FastAPI(
        title="candidate-cards",
        version=__version__,
        lifespan=work,
        docs_url=None,  # both pages load scripts from other hosts
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        exception_handlers={
            HTTPException: _refuse_as_the_vendor,
            RequestValidationError: _refuse_parameters,
        },
    )
    app.state.service = service
    for group in _GROUPS:
        app.include_router(group.router)
    app.add_middleware(PathsAsSent, prefix=candidates.router.prefix)
    app.add_middleware(Gate, service=service)
    describe(app, [model for group in _GROUPS for model in group.MODELS])
    return app


async def _refuse_as_the_vendor(_request: Request, error: Exception) -> NoReturn:
    """Give the framework's own refusals, such as 404 and 405, the vendor's shape."""
    assert isinstance(error, HTTPException)  # noqa: S101  registered for it
    raise framework_refusal(error.status_code, error.headers) from error


async def _refuse_parameters(_request: Request, error: Exception) -> NoReturn:
    raise invalid("a parameter of the URL cannot be used") from error
