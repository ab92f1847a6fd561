"""What the vendor's contract says of each endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method and path.

    Attributes:
        method: Of HTTP.
        path: With ``{}`` for an id.
        scope: What a key needs.
        per_minute: Calls in any 60 seconds.
        costs: Whether a call starts something that is paid for.
    """

    method: str
    path: str
    scope: str
    per_minute: int
    costs: bool = False

    @property
    def only_reads(self) -> bool:
        """Whether a call changes and costs nothing, however often it is made."""
        return self.method == "GET"


SOURCING: Final = Endpoint("POST", "/sourcing", "sourcing:write", 10, costs=True)
PATCH: Final = Endpoint("PATCH", "/sourcing/{}", "sourcing:write", 30, costs=True)
RESULTS: Final = Endpoint("GET", "/sourcing/{}/results", "sourcing:read", 120)
# The contract names no scopes for previews, and no limit for starting one.
PREVIEW: Final = Endpoint("POST", "/sourcing/preview", "sourcing:write", 10, costs=True)
PREVIEW_RESULTS: Final = Endpoint("GET", "/sourcing/preview/{}/results", "sourcing:read", 120)
ENRICH: Final = Endpoint("POST", "/sourcing/enrich", "enrich:write", 50, costs=True)
ENRICH_RESULTS: Final = Endpoint("GET", "/sourcing/enrich/{}/results", "enrich:write", 120)
RENDER_HTML: Final = Endpoint("POST", "/sourcing/render-html", "enrich:write", 50)
# Webhooks have no limits of their own; 60 is the vendor's default for a key.
CREATE_WEBHOOK: Final = Endpoint("POST", "/webhooks", "write:webhooks", 60)
LIST_WEBHOOKS: Final = Endpoint("GET", "/webhooks", "read:webhooks", 60)
GET_WEBHOOK: Final = Endpoint("GET", "/webhooks/{}", "read:webhooks", 60)
UPDATE_WEBHOOK: Final = Endpoint("PATCH", "/webhooks/{}", "write:webhooks", 60)
DELETE_WEBHOOK: Final = Endpoint("DELETE", "/webhooks/{}", "write:webhooks", 60)
TEST_WEBHOOK: Final = Endpoint("POST", "/webhooks/{}/test", "write:webhooks", 60)
RESET_WEBHOOK: Final = Endpoint("POST", "/webhooks/{}/reset-circuit", "write:webhooks", 60)
