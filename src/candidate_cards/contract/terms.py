"""What the contract fixes: rates, sizes, forms."""

from __future__ import annotations

from typing import Final, Literal

ErrorForm = Literal["nested", "framework"]
"""The two documented shapes: ``nested`` has ``error.code``; ``framework`` has a reason phrase."""

#: Largest body of a request, in bytes.
MAX_BODY: Final = 1_048_576

#: Calls per minute and hour of a key: the vendor's plan "Business".
DEFAULT_RATES: Final = (300, 15_000)
