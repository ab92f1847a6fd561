"""Who calls: a key, for one company."""

from __future__ import annotations

from dataclasses import dataclass

from candidate_cards.models import ErrorCode

from .refusals import RefusedError


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request: a key, for one company."""

    key_id: str
    company_id: str
    scopes: frozenset[str]
    per_minute: int
    per_hour: int

    def need(self, scope: str) -> None:
        """Refuse a caller whose key is not for this.

        Raises:
            RefusedError: 403.
        """
        if scope not in self.scopes:
            raise RefusedError(
                403,
                ErrorCode.INSUFFICIENT_SCOPES,
                f"the key lacks the scope {scope}",
                {"required": [scope]},
            )


def bearer_key(authorization: str | None) -> str:
    """Return the API key in a header.

    Raises:
        RefusedError: There is none.
    """
    scheme, _, api_key = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not api_key.strip():
        raise unauthorized("the header Authorization should be: Bearer <API key>")
    return api_key.strip()


def unauthorized(message: str) -> RefusedError:
    """Return the refusal of a key."""
    return RefusedError(
        401, ErrorCode.UNAUTHORIZED, message, headers={"WWW-Authenticate": "Bearer"}
    )
