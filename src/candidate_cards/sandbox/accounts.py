"""Companies, their credits, and the keys that act for them."""

from __future__ import annotations

import hashlib
import json
import secrets
import string
import uuid
from typing import TYPE_CHECKING, Any, Final

from candidate_cards.contract.callers import Caller, bearer_key, unauthorized
from candidate_cards.contract.refusals import RefusedError, invalid, no_resource
from candidate_cards.contract.terms import DEFAULT_RATES
from candidate_cards.contract.times import to_wire
from candidate_cards.models import ErrorCode
from candidate_cards.models.scopes import SCOPES

from .keys import COMPANIES, READY_MADE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .keys import Billing
    from .store import Store

_LETTERS: Final = string.ascii_letters + string.digits


class Accounts:
    """Companies and keys in a store. Only a key's hash is kept."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add_ready_made(self, now: int) -> None:
        """Add what is missing of `COMPANIES` and `READY_MADE`."""
        with self._store.transaction():
            for company in COMPANIES:
                self._store.execute(
                    "INSERT OR IGNORE INTO companies VALUES (?, ?, ?, ?)",
                    company.id,
                    company.name,
                    company.billing,
                    company.credits,
                )
            for key in READY_MADE:
                if self._store.row("SELECT 1 FROM keys WHERE id = ?", f"key-{key.name}") is None:
                    self._add_key(
                        f"key-{key.name}",
                        key.api_key,
                        name=key.name,
                        companies=[key.company],
                        scopes=key.scopes,
                        expires_at=now if key.state == "expired" else None,
                        suspended_at=now if key.state == "suspended" else None,
                    )

    def add_company(self, name: str, billing: Billing, credits_granted: int) -> str:
        """Add a company and return its id."""
        company_id = str(uuid.uuid4())
        self._store.execute(
            "INSERT INTO companies VALUES (?, ?, ?, ?)", company_id, name, billing, credits_granted
        )
        return company_id

    def add_key(
        self,
        companies: Iterable[str],
        scopes: Sequence[str] = SCOPES,
        *,
        name: str = "",
        expires_at: int | None = None,
        rates: tuple[int, int] = DEFAULT_RATES,
    ) -> tuple[str, str]:
        """Add a key and return its id and the key itself, which is shown only this once.

        Raises:
            RefusedError: A company does not exist.
        """
        api_key = "sk_test_" + "".join(secrets.choice(_LETTERS) for _ in range(32))
        key_id = str(uuid.uuid4())
        with self._store.transaction():
            for company in companies:
                self.usage(company)
            self._add_key(
                key_id,
                api_key,
                name=name,
                companies=companies,
                scopes=scopes,
                expires_at=expires_at,
                rates=rates,
            )
        return key_id, api_key

    def _add_key(  # noqa: PLR0913  the columns of a key
        self,
        key_id: str,
        api_key: str,
        *,
        name: str,
        companies: Iterable[str],
        scopes: Sequence[str],
        expires_at: int | None = None,
        suspended_at: int | None = None,
        rates: tuple[int, int] = DEFAULT_RATES,
    ) -> None:
        self._store.execute(
            "INSERT INTO keys VALUES (?, ?, ?, ?, ?, NULL, ?, ?, ?)",
            key_id,
            _hash(api_key),
            name,
            json.dumps(sorted(scopes)),
            expires_at,
            suspended_at,
            *rates,
        )
        for company in companies:
            self._store.execute("INSERT INTO key_companies VALUES (?, ?)", key_id, company)

    def revoke(self, key_id: str, now: int) -> None:
        """Switch a key off for good."""
        if not self._store.execute("UPDATE keys SET revoked_at = ? WHERE id = ?", now, key_id):
            raise no_resource("ApiKey", key_id)

    def authenticate(
        self,
        authorization: str | None,
        company_id: str | None,
        now: int,
        *,
        needs_company: bool = True,
    ) -> Caller:
        """Find out who calls.

        Args:
            authorization: Value of the header.
            company_id: Query parameter; it counts for keys of several companies only.
            now: Milliseconds since 1970.
            needs_company: Whether the request is about one company. If not, and none is named,
                the caller's company is any of the key's.

        Raises:
            RefusedError: 401; for a key of several companies also 400 or 403.
        """
        api_key = bearer_key(authorization)
        key = self._store.row("SELECT * FROM keys WHERE hash = ?", _hash(api_key))
        if key is None or key["revoked_at"] is not None:
            raise unauthorized("the API key is not valid")
        if key["expires_at"] is not None and key["expires_at"] <= now:
            raise unauthorized("the API key has expired")
        if key["suspended_at"] is not None:
            raise RefusedError(
                401,
                ErrorCode.API_KEY_SUSPENDED,
                "the API key is suspended",
                {
                    "suspendedAt": to_wire(key["suspended_at"]),
                    "reason": "made so, to be tried",
                },
            )
        companies = self.companies_of(key["id"])
        if len(companies) == 1:
            (company_id,) = companies
        elif company_id is None and not needs_company:
            company_id = min(companies)
        elif company_id is None:
            raise invalid("this key acts for several companies: add ?companyId=")
        elif company_id not in companies:
            raise RefusedError(
                403, ErrorCode.RESOURCE_ACCESS_DENIED, "the key does not act for this company"
            )
        return Caller(
            key["id"],
            company_id,
            frozenset(json.loads(key["scopes"])),
            key["per_minute"],
            key["per_hour"],
        )

    def companies_of(self, key_id: str) -> frozenset[str]:
        """Return the companies that a key acts for."""
        rows = self._store.rows("SELECT company_id FROM key_companies WHERE key_id = ?", key_id)
        return frozenset(row[0] for row in rows)

    def grant(self, company_id: str, credits_granted: int) -> None:
        """Add credits to a company's balance."""
        if not self._store.execute(
            "UPDATE companies SET granted = granted + ? WHERE id = ?", credits_granted, company_id
        ):
            raise no_resource("Company", company_id)

    def usage(self, company_id: str) -> dict[str, Any]:
        """Return what a company has, holds for open runs, and was charged.

        Raises:
            RefusedError: It does not exist.
        """
        company = self._store.row("SELECT * FROM companies WHERE id = ?", company_id)
        if company is None:
            raise no_resource("Company", company_id)
        charged = self._store.value(
            "SELECT coalesce(sum(credits), 0) FROM charges WHERE company_id = ?", company_id
        )
        held = self._store.value(
            "SELECT coalesce(sum(held), 0) FROM runs"
            " WHERE company_id = ? AND status = 'processing'",
            company_id,
        )
        return {
            "companyId": company_id,
            "name": company["name"],
            "billing": company["billing"],
            "granted": company["granted"],
            "charged": charged,
            "held": held,
            "available": company["granted"] - charged - held,
        }

    def check_funds(self, company_id: str, credits_needed: int) -> None:
        """Refuse a run that a prepaid company could not pay at its dearest.

        Raises:
            RefusedError: 402.
        """
        usage = self.usage(company_id)
        if usage["billing"] == "prepaid" and usage["available"] < credits_needed:
            raise RefusedError(
                402,
                ErrorCode.INSUFFICIENT_FUNDS,
                "the balance is below the highest cost of this run",
                {"required": credits_needed, "available": usage["available"]},
            )


def _hash(api_key: str) -> bytes:
    return hashlib.sha256(api_key.encode()).digest()
