"""The fields of a candidate that a profile decides on, read off the models.

A field that is added to a model is found here without being named, so profiles that do not decide
on it no longer load.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NamedTuple, get_args, get_origin

from candidate_cards.models import Candidate
from candidate_cards.models._base import WireModel

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["score", "text", "texts", "entries"]


class Field(NamedTuple):
    """One field of a model.

    Attributes:
        name: In Python.
        kind: A score, a text, several, or entries of a model of their own.
        model: Of the entries, ``None`` for other kinds.
        fields: Of the entries, empty for other kinds.
    """

    name: str
    kind: Kind
    model: type[WireModel] | None = None
    fields: tuple[Field, ...] = ()


def _fields(model: type[WireModel]) -> Iterator[Field]:
    for name, info in model.model_fields.items():
        if name != "profile_id":
            yield _field(name, info.annotation)


def _field(name: str, annotation: Any) -> Field:  # noqa: ANN401  what a model declares
    kinds = [_plain(kind) for kind in get_args(annotation)]
    if get_origin(annotation) is tuple:
        element = kinds[0]
        if element is str:
            return Field(name, "texts")
        if issubclass(element, WireModel):
            return Field(name, "entries", element, tuple(_fields(element)))
    elif set(kinds) == {str, type(None)}:
        return Field(name, "text")
    elif set(kinds) == {int, float, type(None)}:
        return Field(name, "score")
    message = f"a profile cannot decide on a field of this type: {name}"
    raise TypeError(message)


def _plain(kind: Any) -> Any:  # noqa: ANN401  what a model declares
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _paths(fields: tuple[Field, ...], before: str = "") -> Iterator[str]:
    for field in fields:
        if field.kind == "entries":
            yield from _paths(field.fields, f"{before}{field.name}.")
        else:
            yield f"{before}{field.name}"


FIELDS: Final = tuple(_fields(Candidate))
"""All but the profile id, which identifies and is never hidden, only coded."""

PATHS: Final = tuple(_paths(FIELDS))
"""What a profile decides on: ``name``, ``detailed_experience.company``, in the models' order."""
