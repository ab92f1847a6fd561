"""Candidates by company and profile id, and the keys, embeds and webhooks of a service with them.

It needs the extra ``store``, and for PostgreSQL the extra ``postgresql``. Calls block; threads and
processes may share a database::

    from candidate_cards.store import open_store

    with open_store("sqlite:///candidate-cards.sqlite3") as store:
        store.save("acme", shortlist.candidates, at=datetime.now(UTC))
        found = store.load("acme", ["p1", "p2"])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from candidate_cards._lazy import load

if TYPE_CHECKING:
    from .opening import Status, open_store, store_status, upgrade_store
    from .records import (
        KEY_PREFIX,
        SCOPES,
        ApiKey,
        Embed,
        Fetch,
        FetchKind,
        Outcome,
        Saved,
        StoredCandidate,
        Swept,
    )
    from .store import Store

__all__ = [
    "KEY_PREFIX",
    "SCOPES",
    "ApiKey",
    "Embed",
    "Fetch",
    "FetchKind",
    "Outcome",
    "Saved",
    "Status",
    "Store",
    "StoredCandidate",
    "Swept",
    "open_store",
    "store_status",
    "upgrade_store",
]

_HOMES: Final = {
    **dict.fromkeys(("Status", "open_store", "store_status", "upgrade_store"), "opening"),
    **dict.fromkeys(
        (
            "KEY_PREFIX",
            "SCOPES",
            "ApiKey",
            "Embed",
            "Fetch",
            "FetchKind",
            "Outcome",
            "Saved",
            "StoredCandidate",
            "Swept",
        ),
        "records",
    ),
    "Store": "store",
}


if not TYPE_CHECKING:  # seen by a type checker, it would make every misspelt name a valid one

    def __getattr__(name: str) -> object:
        return load(__name__, globals(), _HOMES, name)
