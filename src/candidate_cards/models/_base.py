"""What every model shares: camelCase on the wire, snake_case in Python, frozen."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
    SecretStr,
    ValidationError,
)
from pydantic.alias_generators import to_camel
from pydantic_core import (
    CoreSchema,
    InitErrorDetails,
    PydanticCustomError,
    core_schema,
    to_jsonable_python,
)

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class WireModel(BaseModel):
    """A frozen object of the vendor's API.

    Input may use the wire's names (``matchScore``) or Python's (``match_score``); output uses the
    wire's. Unknown fields are kept and written back. Validation messages name places, never values.
    """

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=True,
        serialize_by_alias=True,
        extra="allow",
        hide_input_in_errors=True,
    )

    def to_wire(self) -> dict[str, Any]:
        """Return the JSON value that the model was read from, with absent fields left out."""
        return _as_json(partial(self.model_dump, by_alias=True, exclude_unset=True))


class StrictModel(WireModel):
    """A frozen object that this package composes: an unknown field is a mistake."""

    model_config = ConfigDict(extra="forbid")


class RequestModel(StrictModel):
    """The body of a request; defaults are sent too, so the vendor's own cannot surprise."""

    model_config = ConfigDict(defer_build=True)

    def to_wire(self) -> dict[str, Any]:
        """Return the JSON value to send: every field that is not ``None``."""
        return _as_json(partial(self.model_dump, by_alias=True, exclude_none=True))


def _as_json(dump: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return the JSON value that a model dumps.

    Why the second way: Pydantic's own refuses a lone surrogate in a key of an unknown field, which
    JSON can hold.
    """
    try:
        return dump(mode="json")
    except UnicodeEncodeError:
        fields = dump()
    value: dict[str, Any] = json.loads(json.dumps(fields, default=_plain))
    return value


def _plain(value: object) -> object:
    """Return what a field that JSON has no type for is on the wire."""
    if isinstance(value, datetime):
        return _as_timestamp(value)
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return to_jsonable_python(value)


@dataclass(frozen=True, slots=True)
class NullMeans:
    """Annotation: a JSON null stands for ``factory()``.

    Why: an after-validator around a nullable schema leaves the reading of JSON to pydantic-core; a
    before-validator would turn the whole list into Python objects first.
    """

    factory: Callable[[], object]

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        factory = self.factory

        def replace_null(value: object) -> object:
            return factory() if value is None else value

        return core_schema.no_info_after_validator_function(
            replace_null, core_schema.nullable_schema(handler(source))
        )


Many = Annotated[tuple[T, ...], NullMeans(tuple)]
"""A list on the wire, a tuple in Python; null is the empty list, a null entry is an error."""

Identifier = Annotated[str, Field(min_length=1, coerce_numbers_to_str=True)]
"""An opaque id; a JSON number is taken as its digits."""

MOST_OF_ID: Final = 2048
"""Bytes in UTF-8 of an id that can be kept: with a company's it fits in a page of an index."""


def _in_utc(value: datetime) -> datetime:
    """Take a time without an offset as UTC, since the contract says that times are."""
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        kind, message = "timestamp", "Input should be a time between the years 1 and 9999 in UTC"
        raise PydanticCustomError(kind, message) from error


def _as_timestamp(value: datetime) -> str:
    """Write milliseconds and ``Z``, as the vendor does, unless that would lose microseconds."""
    precision = "microseconds" if value.microsecond % 1000 else "milliseconds"
    return value.isoformat(timespec=precision).removesuffix("+00:00") + "Z"


Timestamp = Annotated[
    datetime,
    AfterValidator(_in_utc),
    PlainSerializer(_as_timestamp, return_type=str, when_used="json"),
]
"""A time in UTC, written as ``2026-06-01T08:00:00.000Z``."""

Secret = Annotated[
    SecretStr, PlainSerializer(SecretStr.get_secret_value, return_type=str, when_used="json")
]
"""Masked in ``repr``, in the clear in ``to_wire``."""


@dataclass(frozen=True, slots=True)
class ChosenBy:
    """Annotation for a union of models: ``field`` decides which one reads the object.

    Why: ``Field(discriminator=...)`` does the same, but repeats an unexpected value in its message
    and puts its tags between the keys that lead to a problem.

    Attributes:
        field: Key on the wire.
        choices: Value of it and its model.
    """

    field: str
    choices: tuple[tuple[str | bool, type[WireModel]], ...]

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self._read, json_schema_input_schema=handler(source)
        )

    def _read(self, value: object) -> WireModel:
        if isinstance(value, dict):
            tag = value.get(self.field)
        elif isinstance(value, WireModel):
            tag = getattr(value, self.field, None)
        else:
            kind, message = "object_type", "Input should be an object"
            raise PydanticCustomError(kind, message)
        for choice, model in self.choices:
            # 1 == True, but only a boolean is one on the wire.
            if tag == choice and type(tag) is type(choice):
                return model.model_validate(value)
        expected = ", ".join(str(choice).lower() for choice, _ in self.choices)
        kind, message = "choice", "Input should be one of: {expected}"
        wrong = PydanticCustomError(kind, message, {"expected": expected})
        raise ValidationError.from_exception_data(
            self.field,
            [InitErrorDetails(type=wrong, loc=(self.field,), input=tag)],
            hide_input=True,
        )


PARSER_CONFIG: Final = ConfigDict(hide_input_in_errors=True, defer_build=True)
"""For type adapters, which do not take the configuration of the models in them."""
