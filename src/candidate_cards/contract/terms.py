"""What the contract fixes: scopes, rates, sizes, forms."""

from __future__ import annotations

from typing import Final, Literal

ErrorForm = Literal["nested", "framework"]
"""The two documented shapes: ``nested`` has ``error.code``; ``framework`` has a reason phrase."""

#: Largest body of a request, in bytes.
MAX_BODY: Final = 1_048_576

#: What a key may be for.
SCOPES: Final = (
    "sourcing:write",
    "sourcing:read",
    "enrich:write",
    "read:webhooks",
    "write:webhooks",
)

#: Calls per minute and hour of a key: the vendor's plan "Business".
DEFAULT_RATES: Final = (300, 15_000)
