"""The companies and keys that every sandbox has, so that nobody needs an account."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from candidate_cards.models.scopes import SCOPES

if TYPE_CHECKING:
    from collections.abc import Sequence

Billing = Literal["prepaid", "postpaid"]


@dataclass(frozen=True, slots=True)
class ReadyMadeKey:
    """A key that every sandbox has.

    It is no secret: everyone who has this package knows it.
    """

    name: str
    company: str
    about: str
    scopes: Sequence[str] = SCOPES
    state: Literal["active", "expired", "suspended"] = "active"

    @property
    def api_key(self) -> str:
        """The key, the same in every sandbox."""
        digest = hashlib.sha256(f"candidate-cards sandbox: {self.name}".encode()).hexdigest()
        return f"sk_test_{digest[:32]}"


@dataclass(frozen=True, slots=True)
class _Company:
    id: str
    name: str
    billing: Billing
    credits: int


COMPANIES: Final = (
    _Company("company-acme", "Acme Talent (example)", "prepaid", 1_000),
    _Company("company-globex", "Globex People (example)", "postpaid", 0),
    _Company("company-initech", "Initech Staffing (example)", "prepaid", 3),
)

READY_MADE: Final = (
    ReadyMadeKey("acme", "company-acme", "1,000 prepaid credits, every scope"),
    ReadyMadeKey("globex", "company-globex", "another company, postpaid, every scope"),
    ReadyMadeKey("initech", "company-initech", "3 prepaid credits: runs into 402"),
    ReadyMadeKey("acme-reader", "company-acme", "sourcing:read only: runs into 403", SCOPES[1:2]),
    ReadyMadeKey("acme-expired", "company-acme", "expired: 401", state="expired"),
    ReadyMadeKey("acme-suspended", "company-acme", "suspended: 401", state="suspended"),
)
