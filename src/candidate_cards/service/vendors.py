"""Clients of the vendor, one a key: each keeps to the vendor's limits of calls for that key."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from math import ceil
from typing import TYPE_CHECKING, Final

from candidate_cards.contract.rate_limits import ENDPOINTS
from candidate_cards.contract.refusals import RefusedError, rate_limited
from candidate_cards.errors import (
    VendorAuthenticationError,
    VendorConnectionError,
    VendorError,
    VendorPermissionError,
    VendorRateLimitError,
    VendorResponseError,
    VendorTimeoutError,
)
from candidate_cards.instaview import AsyncClient
from candidate_cards.instaview._settings import LONGEST_WAIT
from candidate_cards.models import ErrorCode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pydantic import SecretStr

    from .settings import Settings

#: Strangers' keys are let through to the vendor, so somebody may send a new one each time.
_MOST: Final = 100

_MINUTE: Final = 60  # seconds
_SOON: Final = {"Retry-After": "5"}
_UNAVAILABLE: Final = 503

#: Statuses that are about the call, and the code of each where the vendor names none.
_PASSED_ON: Final = {
    400: ErrorCode.INVALID_PAYLOAD,
    401: ErrorCode.UNAUTHORIZED,
    402: ErrorCode.INSUFFICIENT_FUNDS,
    403: ErrorCode.INSUFFICIENT_SCOPES,
}


@dataclass(slots=True)
class _Kept:
    client: AsyncClient
    users: int = 0


class Vendors:
    """The clients of a service; those that were not used for longest are closed first."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

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


def vendor_refusal(error: VendorError, now: int, *, of_caller: bool) -> RefusedError:
    """Return what a caller is told of the vendor's refusal or silence, in the vendor's terms.

    What is wrong with the call keeps its status and code. What is the vendor's own trouble is 502,
    503 or 504, since it is none of this service.

    Args:
        error: Of the client; its text is not repeated.
        now: Milliseconds since 1970.
        of_caller: Whether the key was the caller's own, who then hears what is wrong with it.
    """
    if isinstance(error, VendorRateLimitError) or (
        # A client that keeps to the vendor's limits has no turn, and knows when.
        isinstance(error, VendorTimeoutError) and error.retry_after is not None
    ):
        # A day is long enough: it may ask for 1e308 seconds.
        wait = ceil(min(error.retry_after or _MINUTE, LONGEST_WAIT))
        return rate_limited(ENDPOINTS["POST /sourcing/render-html"], wait, ceil(now / 1000) + wait)
    is_about_key = isinstance(error, VendorAuthenticationError | VendorPermissionError)
    if is_about_key and not of_caller:
        message = "the vendor refuses the vendor_key that the company has in the settings"
        return RefusedError(502, ErrorCode.PROVIDER_TEMPORARILY_UNAVAILABLE, message)
    if isinstance(error, VendorResponseError) and error.status in _PASSED_ON:
        code = error.code or _PASSED_ON[error.status]
        return RefusedError(error.status, code, "the vendor refuses the call")
    status, message = 502, "the vendor has failed, or its answer cannot be used"
    if isinstance(error, VendorTimeoutError):
        status, message = 504, "the vendor has not answered in time"
    elif isinstance(error, VendorConnectionError) or getattr(error, "status", 0) == _UNAVAILABLE:
        status, message = 503, "the vendor cannot be reached, or is not available"
    headers = _SOON if status == _UNAVAILABLE else {}
    return RefusedError(
        status, ErrorCode.PROVIDER_TEMPORARILY_UNAVAILABLE, message, headers=headers
    )
