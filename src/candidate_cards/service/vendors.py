"""Clients of the vendor, one a key: each keeps to the vendor's limits of calls for that key."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from candidate_cards.instaview import AsyncClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pydantic import SecretStr

    from .settings import Settings

#: Strangers' keys are let through to the vendor, so somebody may send a new one each time.
_MOST: Final = 100


@dataclass(slots=True)
class _Kept:
    client: AsyncClient
    users: int = 0


class Vendors:
    """The clients of a service; those that were not used for longest are closed first."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()

    @asynccontextmanager
    async def client(self, key: SecretStr) -> AsyncIterator[AsyncClient]:
        """Yield the client of a key.

        Raises:
            InputError: No key looks like this.
        """
        name = sha256(key.get_secret_value().encode()).digest()
        kept = self._kept.pop(name, None)
        if kept is None:
            kept = _Kept(
                AsyncClient(
                    key,
                    base_url=self._settings.vendor_url,
                    timeout=self._settings.vendor_patience,
                )
            )
        self._kept[name] = kept
        kept.users += 1
        try:
            await self._close_unused()
            yield kept.client
        finally:
            kept.users -= 1

    async def _close_unused(self) -> None:
        surplus = len(self._kept) - _MOST
        idle = [name for name, kept in self._kept.items() if not kept.users]
        for name in idle[: max(surplus, 0)]:
            await self._kept.pop(name).client.aclose()

    async def close(self) -> None:
        """Close every client."""
        while self._kept:
            _, kept = self._kept.popitem()
            await kept.client.aclose()
