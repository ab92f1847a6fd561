"""A local server that speaks the vendor's Sourcing API, so that nobody needs an account to develop.

It needs the extra ``sandbox``. Its people are synthetic, its keys are public, and its state is in
one SQLite file or in memory::

    from candidate_cards.sandbox import Settings, open_server

    with open_server(Settings(speed=10)) as server:
        print(server.base_url)
        server.run()
"""

from __future__ import annotations

from candidate_cards.contract.terms import ErrorForm

from .keys import READY_MADE, ReadyMadeKey
from .server import Server, open_server
from .settings import Settings

__all__ = ["READY_MADE", "ErrorForm", "ReadyMadeKey", "Server", "Settings", "open_server"]
