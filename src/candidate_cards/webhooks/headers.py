"""The headers of a request, in whatever form a framework has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from candidate_cards.errors import InputError, Problem, WebhookSignatureError

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST: Final = 4096  # characters of a header that is read


class HasItems(Protocol):
    """A mapping of header names, or what the frameworks have in its place."""

    def items(self) -> Iterable[tuple[object, object]]:
        """Return names and values."""


Headers: TypeAlias = "HasItems | Iterable[tuple[str | bytes, str | bytes]]"
"""Anything with ``items()``, or pairs: names in any case, names and values text or bytes."""


def header_pairs(headers: Headers) -> list[tuple[object, object]]:
    """Return names and values, in whatever form they came.

    Raises:
        InputError: These are no headers.
    """
    items = getattr(headers, "items", None)
    pairs: Any = items() if callable(items) else headers
    try:
        return [(name, value) for name, value in pairs]
    except (TypeError, ValueError):
        message = "must be a mapping of header names, or pairs of name and value"
        raise InputError([Problem(message, path=("headers",))]) from None


def read_header(pairs: Iterable[tuple[object, object]], name: str) -> str:
    """Return the one value of a header, without spaces around it.

    Raises:
        WebhookSignatureError: It is missing, there several times, too long or not ASCII. Several
            are refused even if one would do: a proxy and we could disagree which.
    """
    wanted = name.lower()
    values = [value for key, value in pairs if _text(key).lower() == wanted]
    if not values:
        raise WebhookSignatureError(f"the header {name} is missing")
    if len(values) > 1:
        raise WebhookSignatureError(f"the header {name} is there more than once")
    if isinstance(values[0], str | bytes) and len(values[0]) > _LONGEST:
        raise WebhookSignatureError(f"the header {name} has more than {_LONGEST:,} characters")
    value = _text(values[0]).strip(" \t")
    if not (value and value.isascii() and value.isprintable()):
        raise WebhookSignatureError(f"the header {name} is empty or not printable ASCII")
    return value


def _text(value: object) -> str:
    """Return text; anything that is neither text nor bytes has none."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value if isinstance(value, str) else ""
