"""Bodies that the vendor's sourcing endpoints accept, refused here if they cannot succeed."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from ._base import Identifier, RequestModel

MAX_PROFILES: Final = 10


def _refuse_blank(text: str) -> str:
    if text.strip():
        return text
    kind, message = "blank", "Input should not be blank"
    raise PydanticCustomError(kind, message)


def distinct_ids(profile_ids: tuple[str, ...], most: int = MAX_PROFILES) -> tuple[str, ...]:
    """Drop repeated ids, which could be paid for twice, and count what is left."""
    distinct = tuple(dict.fromkeys(profile_ids))
    if 1 <= len(distinct) <= most:
        return distinct
    kind, message = (
        "profile_count",
        "Input should be 1 to {limit} distinct profile ids, not {count}",
    )
    raise PydanticCustomError(kind, message, {"limit": most, "count": len(distinct)})


# After the length: the other way round, Pydantic takes the text for a list and counts "items".
NotBlank: Final = AfterValidator(_refuse_blank)
ProfileIds = Annotated[tuple[Identifier, ...], AfterValidator(distinct_ids)]


class _Search(RequestModel):
    title: Annotated[str, Field(max_length=200), NotBlank]
    job_description: Annotated[str, Field(max_length=10_000), NotBlank]
    location: str | None = None
    query: str | None = None
    webhook_id: Identifier | None = None


class SourcingRequest(_Search):
    """Starts a sourcing run for ``limit`` candidates; the vendor states no upper bound."""

    limit: Annotated[int, Field(ge=1, strict=True)] = 20


class PreviewRequest(_Search):
    """Starts a preview search for ``limit`` candidates."""

    limit: Annotated[int, Field(ge=1, le=100, strict=True)] = 20


class PatchRequest(RequestModel):
    """Refines a finished run by ``query``, asks for ``limit`` more candidates, or both.

    The vendor evaluates 10 more where ``limit`` is left out.
    """

    query: Annotated[str, Field(max_length=500), NotBlank] | None = None
    limit: Annotated[int, Field(ge=1, le=50, strict=True)] | None = None

    @model_validator(mode="after")
    def _refuse_nothing(self) -> Self:
        if self.query is None and self.limit is None:
            kind, message = "empty_patch", "Input should have a query, a limit or both"
            raise PydanticCustomError(kind, message)
        return self


class EnrichRequest(RequestModel):
    """Starts the enrichment of 1 to 10 profiles; repeated ids are dropped."""

    profile_ids: ProfileIds
    webhook_id: Identifier | None = None


class RenderHtmlRequest(RequestModel):
    """Asks for the cards of 1 to 10 profiles; repeated ids are dropped."""

    profile_ids: ProfileIds
    theme: Literal["dark", "light"] = "dark"
