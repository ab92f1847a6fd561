"""An ASGI application that refuses in the vendor's shape whatever no route of it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from candidate_cards import __version__

from .refusals import framework_refusal, invalid

if TYPE_CHECKING:
    from starlette.requests import Request


def new_application(**options: Any) -> FastAPI:  # noqa: ANN401  of the framework
    """Return an application without routes.

    Args:
        options: Title, description and lifespan.
    """
    return FastAPI(
        **options,
        version=__version__,
        docs_url=None,  # both pages load scripts from other hosts
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        exception_handlers={
            HTTPException: _refuse_as_the_vendor,
            RequestValidationError: _refuse_parameters,
        },
    )


async def _refuse_as_the_vendor(_request: Request, error: Exception) -> NoReturn:
    """Give the framework's own refusals, such as 404 and 405, the vendor's shape."""
    assert isinstance(error, HTTPException)  # noqa: S101  registered for it
    raise framework_refusal(error.status_code, error.headers) from error


async def _refuse_parameters(_request: Request, error: Exception) -> NoReturn:
    raise invalid("a parameter of the URL cannot be used") from error
