"""Errors without the variables of the code that found them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ParamSpec, TypeVar

from candidate_cards.errors import CandidateCardsError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
P = ParamSpec("P")


def outcome_of(
    function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
) -> T | CandidateCardsError:
    """Return what a function returns, or the error of ours that it raises, without its frames.

    Why: reporters of errors store the variables of every frame, and those of ours hold keys and
    bodies. The caller raises the error after deleting its own.
    """
    try:
        return function(*args, **kwargs)
    except CandidateCardsError as error:
        error.__context__ = None
        return error.with_traceback(None)
