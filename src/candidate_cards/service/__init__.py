"""The render service: the vendor's render-html and every format of this package, over HTTP.

It needs the extra ``serve``. Names are imported on first use, and with them what loads a web
framework or a database library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from candidate_cards._lazy import load

if TYPE_CHECKING:
    from candidate_cards.service.server import Server, open_server
    from candidate_cards.service.service import Service
    from candidate_cards.service.settings import Company, Settings

__all__ = ["Company", "Server", "Service", "Settings", "open_server"]

_HOMES: Final = {
    "Company": "settings",
    "Server": "server",
    "Service": "service",
    "Settings": "settings",
    "open_server": "server",
}


if not TYPE_CHECKING:  # seen by a type checker, it would make every misspelt name a valid one

    def __getattr__(name: str) -> object:
        return load(__name__, globals(), _HOMES, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
