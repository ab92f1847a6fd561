"""Paths and URLs: this machine's files without more, all others through fsspec."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from candidate_cards.errors import ExportError, MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fsspec import AbstractFileSystem

_URL: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+://|[a-z]+::")


def is_url(address: str) -> bool:
    """Tell a URL, such as ``s3://bucket/people.jsonl``, from a path."""
    return _URL.match(address) is not None


def open_url(url: str) -> tuple[AbstractFileSystem, str]:
    """Return the file system of a URL, and what the URL is called there.

    Raises:
        MissingDependencyError: fsspec is not there, or what it needs for this kind of store.
        ExportError: The URL is none that fsspec knows, or the store does not answer.
    """
    try:
        from fsspec.core import url_to_fs  # noqa: PLC0415  files of this machine do without
    except ModuleNotFoundError:
        message = "URLs need fsspec: pip install 'candidate-cards[batch]'"
        raise MissingDependencyError(message) from None
    scheme = url.partition(":")[0]
    try:
        system, path = url_to_fs(url)
    except ImportError as error:
        # fsspec says which package it is; that is all it says.
        raise MissingDependencyError(f"{scheme} URLs: {error}") from None
    except ValueError:
        raise ExportError(f"{scheme}: is no kind of store that fsspec knows") from None
    return system, path


def asking(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
    """Call a store, whose driver may raise anything.

    Raises:
        OSError: Whatever it was; other errors than the system's say only their kind, since drivers
            quote requests, with keys in them.
    """
    try:
        return function(*arguments, **options)
    except OSError:
        raise
    except Exception as error:
        message = f"the store failed ({type(error).__name__})"
        raise OSError(message) from error
