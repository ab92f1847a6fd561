"""The vendor's Sourcing API, typed: :class:`Client` blocks, :class:`AsyncClient` awaits.

Both run the same protocol code. Names are imported on first use, and with them what loads a
network library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from candidate_cards._lazy import load

if TYPE_CHECKING:
    from candidate_cards.instaview.batches import Enrichment
    from candidate_cards.instaview.client import AsyncClient, Client

__all__ = ["AsyncClient", "Client", "Enrichment"]

_HOMES: Final = {"AsyncClient": "client", "Client": "client", "Enrichment": "batches"}


if not TYPE_CHECKING:  # seen by a type checker, it would make every misspelt name a valid one

    def __getattr__(name: str) -> object:
        return load(__name__, globals(), _HOMES, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
