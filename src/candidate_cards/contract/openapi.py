"""OpenAPI documents of servers that keep the vendor's contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from pydantic.json_schema import models_json_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fastapi import FastAPI

_REF: Final = "#/components/schemas/{model}"

#: Extra members of a route that looks at the key itself.
NEEDS_KEY: Final[Mapping[str, Any]] = {"security": [{"apiKey": []}]}

_KEY: Final = {"type": "http", "scheme": "bearer", "description": "An API key"}

_ERRORS: Final = {
    400: "INVALID_PAYLOAD, INVALID_PATCH_PAYLOAD",
    401: "UNAUTHORIZED, API_KEY_SUSPENDED",
    402: "INSUFFICIENT_FUNDS",
    403: "INSUFFICIENT_SCOPES, WEBHOOK_COMPANY_MISMATCH, RESOURCE_ACCESS_DENIED",
    404: "REQUEST_NOT_FOUND, WEBHOOK_NOT_FOUND, RESOURCE_NOT_FOUND",
    406: "There is nothing that the header Accept allows",
    408: "The body took too long to arrive",
    409: "RUN_IN_PROGRESS",
    412: "What is there is not what If-Match or If-None-Match asks for",
    413: "The body is too large",
    415: "The body is not said to be JSON",
    422: "WEBHOOK_EVENT_NOT_SUBSCRIBED, RENDERING_FAILED",
    429: "RATE_LIMIT_EXCEEDED",
    501: "A library that this format takes is not installed",
    502: "The vendor has failed",
    503: "PROVIDER_TEMPORARILY_UNAVAILABLE",
    504: "The answer, or the vendor's, took too long",
}


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")


class _Problem(_Model):
    code: str
    message: str
    details: dict[str, Any]


class NestedRefusal(_Model):
    """A refusal, unless the server was started with the other form."""

    success: bool
    data: None
    error: _Problem
    timestamp: str


class FrameworkRefusal(_Model):
    """A refusal in the form ``framework``: without a code."""

    status_code: int
    message: str
    error: str


class RateLimitRefusal(FrameworkRefusal):
    """The answer to one call too many, whichever the form."""

    retry_after: int
    limit: int
    remaining: int
    reset: int


_REFUSALS: Final[tuple[type[BaseModel], ...]] = (FrameworkRefusal, NestedRefusal, RateLimitRefusal)


def accepts(model: type[BaseModel]) -> dict[str, Any]:
    """Return the extra members of a route that reads its body itself."""
    return {"requestBody": {"required": True, "content": _content(_ref(model))}}


def answers(
    successes: Mapping[int, tuple[type[BaseModel], ...]], *errors: int, wrapped: bool = False
) -> dict[int | str, dict[str, Any]]:
    """Return the ``responses`` of a route.

    Args:
        successes: Models of the body by status; no model means any object.
        errors: Statuses of refusals, beside those that every route has.
        wrapped: Whether a success is under ``data``.
    """
    described: dict[int | str, dict[str, Any]] = {}
    for status, models in successes.items():
        schema: dict[str, Any] = {"anyOf": [_ref(model) for model in models]}
        if len(models) == 1:
            schema = _ref(models[0])
        if wrapped:
            schema = {
                "type": "object",
                "required": ["success", "data"],
                "properties": {"success": {"const": True}, "data": schema},
            }
        described[status] = {"description": "Done", "content": _content(schema)}
    for status in sorted({*errors, 401, 403, 429, 503, 400}):
        models = (NestedRefusal, FrameworkRefusal)
        schema = {"anyOf": [_ref(model) for model in models]}
        if status == 429:  # noqa: PLR2004
            schema = _ref(RateLimitRefusal)
        described[status] = {"description": _ERRORS[status], "content": _content(schema)}
    return described


def describe(app: FastAPI, models: Iterable[type[BaseModel]]) -> None:
    """Make the application answer with our document.

    Args:
        app: It is asked for the document when it is complete.
        models: What its routes refer to with `accepts` and `answers`.

    Why: FastAPI lists a 422 of its own for every route, and builds models as answers only, which
    unions chosen by a field have no schema for.
    """
    described = (*_REFUSALS, *models)

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
            )
            _, schemas = models_json_schema(
                [(model, "validation") for model in described],
                by_alias=True,
                ref_template=_REF,
            )
            # Pydantic takes every secret for one that is only ever sent to a server.
            for schema in schemas["$defs"].values():
                for member in schema.get("properties", {}).values():
                    member.pop("writeOnly", None)
            components = made.setdefault("components", {})
            components["schemas"] = schemas["$defs"]
            components.setdefault("securitySchemes", {})["apiKey"] = _KEY
            for operations in made["paths"].values():
                for operation in operations.values():
                    refusal = operation["responses"].get("422", {})
                    if "HTTPValidationError" in str(refusal):
                        del operation["responses"]["422"]
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's documented way


def _ref(model: type[BaseModel]) -> dict[str, Any]:
    return {"$ref": _REF.format(model=model.__name__)}


def _content(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
