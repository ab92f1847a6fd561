"""The sandbox as an ASGI application."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, NoReturn

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from candidate_cards import __version__
from candidate_cards.contract.openapi import describe
from candidate_cards.contract.refusals import framework_refusal, invalid

from .faults import HEADER
from .gate import Gate
from .openapi import BANNER, MODELS
from .routes import admin, sourcing, webhooks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from .sandbox import Sandbox


def create_app(sandbox: Sandbox, *, any_host: bool = False) -> FastAPI:
    """Return the application; it does the sandbox's work while it is served.

    Args:
        sandbox: Its state; the caller closes it.
        any_host: Answer requests that name another host than this machine.
    """

    @asynccontextmanager
    async def work(app: FastAPI) -> AsyncIterator[None]:
        sandbox.store.keep_to_this_thread()
        async with sandbox.new_client() as client:
            app.state.client = client
            worker = asyncio.create_task(sandbox.worker.work(client))
            try:
                yield
            finally:
                worker.cancel()
                with suppress(asyncio.CancelledError):
                    await worker

    app = FastAPI(
        title="Sourcing API sandbox",
        version=__version__,
        description=f"{BANNER}\n\nThe header `{HEADER}` makes a request go wrong on purpose.",
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
    app.state.sandbox = sandbox
    for module in (sourcing, webhooks, admin):
        app.include_router(module.router)
    app.add_middleware(Gate, sandbox=sandbox, any_host=any_host)
    describe(app, MODELS)
    return app


async def _refuse_as_the_vendor(_request: Request, error: Exception) -> NoReturn:
    """Give the framework's own refusals, such as 404 and 405, the vendor's shape."""
    assert isinstance(error, HTTPException)  # noqa: S101  registered for it
    raise framework_refusal(error.status_code, error.headers) from error


async def _refuse_parameters(_request: Request, error: Exception) -> NoReturn:
    raise invalid("a parameter of the URL cannot be used") from error
