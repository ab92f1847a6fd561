"""The wrapper that some answers of the vendor come in."""

from __future__ import annotations


def unwrap_envelope(answer: object) -> object:
    """Return the body of a run or of rendered cards, taken out of ``data`` where it is wrapped.

    Why: the vendor's general guide wraps every body, its sourcing pages wrap none. A list under
    ``data`` is content (enrichment items, cards), so it is never a wrapper. The wrapper's
    ``success`` is kept where the body has none, because a refusal must not get lost.

    Args:
        answer: Decoded JSON; it is not changed.
    """
    match answer:
        case {"data": {"requestId": _} | {"renderedCount": _} as body, "success": success}:
            return {"success": success, **body}
        case {"data": {"requestId": _} | {"renderedCount": _} as body}:
            return body
        case _:
            return answer
