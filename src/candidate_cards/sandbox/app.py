"""The sandbox as an ASGI application."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from candidate_cards.contract.application import new_application
from candidate_cards.contract.openapi import describe

from .faults import HEADER
from .gate import Gate
from .openapi import BANNER, MODELS
from .routes import admin, sourcing, webhooks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import FastAPI

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

    app = new_application(
        title="Sourcing API sandbox",
        description=f"{BANNER}\n\nThe header `{HEADER}` makes a request go wrong on purpose.",
        lifespan=work,
    )
    app.state.sandbox = sandbox
    for module in (sourcing, webhooks, admin):
        app.include_router(module.router)
    app.add_middleware(Gate, sandbox=sandbox, any_host=any_host)
    describe(app, MODELS)
    return app
