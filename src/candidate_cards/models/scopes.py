"""What keys of the vendor's API may do."""

from __future__ import annotations

from typing import Final

SCOPES: Final = (
    "sourcing:write",
    "sourcing:read",
    "enrich:write",
    "read:webhooks",
    "write:webhooks",
)
