"""What the headers of a request say of the answer: which type, and whether it is known already."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from mimeparse import MimeTypeParseException, best_match

from candidate_cards.contract.refusals import RefusedError, invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.datastructures import Headers

_LONGEST_ACCEPT: Final = 2000  # characters; browsers send a tenth of it
_TAG: Final = re.compile(r'(W/)?"([^"]*)"')


def chosen_type(headers: Headers, available: Sequence[str], otherwise: str = "") -> str:
    """Return the media type that a client likes most.

    Args:
        headers: Of the request; without ``Accept``, or with an empty one, anything will do.
        available: Media types, the one to take among equals first.
        otherwise: The one to take if none of these will do.

    Raises:
        RefusedError: 406: none will do; 400: the header cannot be read, or is too long.
    """
    accept = ", ".join(headers.getlist("Accept")).lower()
    if len(accept) > _LONGEST_ACCEPT:
        raise invalid(f"the header Accept has more than {_LONGEST_ACCEPT:,} characters")
    if not accept.strip(" ,"):
        return available[0]
    try:
        chosen: str = best_match(available[::-1], accept) or (
            otherwise and best_match([otherwise], accept)
        )
    except MimeTypeParseException:  # it quotes the header
        raise invalid("the header Accept cannot be read") from None
    if not chosen:
        raise RefusedError(
            406,
            "NOT_ACCEPTABLE",
            "there is nothing that the header Accept allows",
            {"available": [*available, *filter(None, [otherwise])]},
        )
    return chosen


def entity_tag(*parts: str) -> str:
    """Return a tag that is the same if and only if all parts are."""
    lengths = ",".join(str(len(part)) for part in parts)
    return f'"{sha256("".join((lengths, *parts)).encode()).hexdigest()[:32]}"'


def is_known(headers: Headers, tag: str) -> bool:
    """Whether a client has what it asks for (RFC 9110, 13.1.2); both tags may be weak."""
    asked = ", ".join(headers.getlist("If-None-Match"))
    known = {f'"{text}"' for _, text in _TAG.findall(asked)}
    return asked.strip() == "*" or tag.removeprefix("W/") in known


def check_match(headers: Headers, tag: str | None) -> None:
    """Refuse to go on where there is not what a client thinks there is (RFC 9110, 13.1.1).

    Args:
        headers: Of the request.
        tag: Of what is there; ``None`` if nothing is.

    Raises:
        RefusedError: 412.
    """
    if "If-Match" not in headers:
        return
    asked = ", ".join(headers.getlist("If-Match"))
    if not (tag is not None if asked.strip() == "*" else tag in _strong(asked)):
        raise _failed("If-Match")


def check_change(headers: Headers, tag: str | None) -> None:
    """Refuse to change what is not as a client thinks (RFC 9110, 13.2.2).

    Args:
        headers: Of the request.
        tag: Of what is there; ``None`` if nothing is.

    Raises:
        RefusedError: 412.
    """
    check_match(headers, tag)
    if tag is not None and is_known(headers, tag):
        raise _failed("If-None-Match")


def _strong(tags: str) -> set[str]:
    return {f'"{text}"' for weak, text in _TAG.findall(tags) if not weak}


def _failed(header: str) -> RefusedError:
    return RefusedError(
        412, "PRECONDITION_FAILED", f"what is there is not what the header {header} asks for"
    )
