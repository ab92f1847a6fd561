"""``store`` and ``keys``: the database of candidates, from a terminal."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import click
from pydantic import SecretStr

from candidate_cards import iter_candidates
from candidate_cards.cli.exit_codes import ExitCode
from candidate_cards.cli.key_files import key_in
from candidate_cards.cli.report import counted, exit_code, lost, print_lost, visible
from candidate_cards.cli.usage import usage_error
from candidate_cards.store import SCOPES, open_store, store_status, upgrade_store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from candidate_cards.errors import Problem
    from candidate_cards.store import ApiKey, Store

#: Candidates in one transaction, so that a stream of any length takes little memory.
_AT_ONCE: Final = 500


def print_status(*, url: str, company: str | None, as_json: bool) -> ExitCode:
    """Print whose tables a database has, and how many candidates.

    Returns:
        ``FAILURE`` if it has to be upgraded first.

    Raises:
        CandidateCardsError: It cannot be used.
    """
    status = store_status(url)
    ready = status.schema == status.newest
    candidates = None
    if ready:
        with open_store(url) as store:
            candidates = store.count(company)
    if as_json:
        _print_json(
            store=status.name, schema=status.schema, newest=status.newest, candidates=candidates
        )
    elif candidates is not None:
        click.echo(f"{status.name}: schema {status.schema}, {counted(candidates, 'candidate')}")
    else:
        has = "is empty" if status.schema is None else f"has schema {status.schema}"
        click.echo(
            f"{status.name}: {has}; schema {status.newest} is needed:"
            " run candidate-cards store upgrade"
        )
    return ExitCode.OK if ready else ExitCode.FAILURE


def upgrade(*, url: str, as_json: bool) -> None:
    """Bring a database to the newest schema, and say from which.

    Raises:
        CandidateCardsError: It cannot be.
    """
    before = upgrade_store(url)
    if as_json:
        _print_json(store=before.name, before=before.schema, schema=before.newest)
    elif before.schema == before.newest:
        click.echo(f"{before.name}: has schema {before.newest} already")
    else:
        click.echo(f"{before.name}: from {before.schema or 'nothing'} to {before.newest}")


def import_candidates(*, url: str, company: str, inputs: Sequence[str], as_json: bool) -> ExitCode:
    """Save the candidates of files, a few hundred in each transaction.

    Returns:
        ``PARTIAL`` if a record could not be used, ``FAILURE`` if none could.

    Raises:
        CandidateCardsError: The database failed; what was saved before is there.
        OSError: The system refused.
    """
    problems: list[Problem] = []
    totals = [0, 0, 0]
    with open_store(url) as store:
        for source in inputs:
            candidates = iter_candidates(source, on_problem=problems.append)
            while some := [*islice(candidates, _AT_ONCE)]:
                saved = store.save(company, some, at=datetime.now(UTC))
                totals = [
                    total + more
                    for total, more in zip(
                        totals, (saved.added, saved.changed, saved.unchanged), strict=True
                    )
                ]
    added, changed, unchanged = totals
    if as_json:
        _print_json(
            company=company, added=added, changed=changed, unchanged=unchanged, **lost(problems, ())
        )
    else:
        print_lost(problems, ())
        click.echo(f"Added {added}, changed {changed}, as before {unchanged}", err=True)
    code = exit_code(problems, ())
    return ExitCode.FAILURE if code is ExitCode.PARTIAL and not any(totals) else code


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """The command line of ``store erase``, checked by click.

    Attributes:
        url: Of the store.
        company: Whose candidates; ``None`` for everybody's, which is for old ones only.
        profile_ids: Who is erased.
        everything: Erase the company instead, its keys included.
        older_than: Or those that were last saved so many days ago.
        yes: Do it.
        as_json: Report as JSON.
    """

    url: str
    company: str | None
    profile_ids: tuple[str, ...]
    everything: bool
    older_than: int | None
    yes: bool
    as_json: bool

    def run(self) -> ExitCode:
        """Erase, or say what would be.

        Returns:
            ``PARTIAL`` if one of the named was not there, ``FAILURE`` if none was.

        Raises:
            UsageError: It does not say what to erase.
            CandidateCardsError: The database failed.
        """
        if [bool(self.profile_ids), self.everything, self.older_than is not None].count(True) != 1:
            raise usage_error("name PROFILE_IDs, or give --everything, or --older-than")
        if self.company is None and self.older_than is None:
            raise usage_error("whose? give --company")
        with open_store(self.url) as store:
            count = self._erase(store) if self.yes else self._count(store)
        unknown = max(len(set(self.profile_ids)) - count, 0)
        if self.as_json:
            _print_json(dryRun=not self.yes, candidates=count, unknown=unknown)
        else:
            if unknown:
                click.echo(f"Not in the store: {counted(unknown, 'profile')}", err=True)
            done = "Erased" if self.yes else "Would erase"
            what = " and all else of the company" if self.everything else ""
            hint = "" if self.yes else ". Nothing was erased: add --yes to erase"
            click.echo(f"{done} {counted(count, 'candidate')}{what}{hint}", err=True)
        if not unknown:
            return ExitCode.OK
        return ExitCode.PARTIAL if count else ExitCode.FAILURE

    def _count(self, store: Store) -> int:
        if self.profile_ids:
            return len(store.versions(self.company or "", self.profile_ids))
        return store.count(self.company, older_than=self._limit())

    def _erase(self, store: Store) -> int:
        company = self.company or ""
        if self.profile_ids:
            return sum(store.erase(company, one) for one in dict.fromkeys(self.profile_ids))
        if (limit := self._limit()) is not None:
            return store.erase_older(limit, self.company)
        return store.erase_company(company)

    def _limit(self) -> datetime | None:
        if self.older_than is None:
            return None
        return datetime.now(UTC) - timedelta(days=self.older_than)


def sweep(*, url: str, as_json: bool) -> None:
    """Remove what has expired, and finish erasures that were cut short.

    Raises:
        CandidateCardsError: The database failed.
    """
    with open_store(url) as store:
        swept = store.sweep(datetime.now(UTC))
    if as_json:
        _print_json(embeds=swept.embeds, deliveries=swept.deliveries)
    else:
        embeds = counted(swept.embeds, "embed")
        click.echo(f"Swept {embeds} and {counted(swept.deliveries, 'delivery record')}", err=True)


def add_key(  # noqa: PLR0913  the options of the command
    *,
    url: str,
    company: str,
    name: str,
    scopes: tuple[str, ...],
    per_minute: int,
    per_hour: int,
    valid_days: int | None,
    key_file: str | None,
    as_json: bool,
) -> None:
    """Add a key, and print it unless its owner has it already.

    Raises:
        CandidateCardsError: It cannot be, or the database failed.
        OSError: Its file cannot be read.
    """
    now = datetime.now(UTC)
    with open_store(url) as store:
        key, secret = store.add_key(
            company,
            name=name,
            scopes=scopes or SCOPES,
            per_minute=per_minute,
            per_hour=per_hour,
            expires_at=None if valid_days is None else now + timedelta(days=valid_days),
            at=now,
            secret=None if key_file is None else SecretStr(key_in(key_file)),
        )
    shown = {} if key_file else {"key": secret.get_secret_value()}
    if as_json:
        _print_json(**_as_json(key), **shown)
        return
    click.echo(f"Key {key.id} of {visible(company)}: {' '.join(sorted(key.scopes))}", err=True)
    if shown:
        click.echo("It is shown only now:", err=True)
        click.echo(shown["key"])


def print_keys(*, url: str, company: str, as_json: bool) -> None:
    """Print a company's keys, one a line, without their secrets.

    Raises:
        CandidateCardsError: The database failed.
    """
    with open_store(url) as store:
        keys = store.keys(company)
    if as_json:
        click.echo(json.dumps([_as_json(key) for key in keys], indent=2))
        return
    for key in keys:
        click.echo(f"{key.id}  {_state(key):10}  {visible(key.name) or '-'}")


def revoke_key(*, url: str, key_id: str, as_json: bool) -> ExitCode:
    """Switch a key off.

    Returns:
        ``FAILURE`` if there is no such key.

    Raises:
        CandidateCardsError: The database failed.
    """
    with open_store(url) as store:
        revoked = store.revoke_key(key_id, at=datetime.now(UTC))
    if as_json:
        _print_json(id=key_id, revoked=revoked)
    else:
        click.echo("Revoked" if revoked else "There is no such key", err=True)
    return ExitCode.OK if revoked else ExitCode.FAILURE


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return "revoked"
    if key.expires_at is not None and key.expires_at <= datetime.now(UTC):
        return "expired"
    return "valid"


def _as_json(key: ApiKey) -> dict[str, Any]:
    times = {
        "createdAt": key.created_at,
        "expiresAt": key.expires_at,
        "revokedAt": key.revoked_at,
    }
    return {
        "id": key.id,
        "company": key.company,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "perMinute": key.per_minute,
        "perHour": key.per_hour,
        **{name: None if at is None else at.isoformat() for name, at in times.items()},
    }


def _print_json(**value: object) -> None:
    click.echo(json.dumps(value, indent=2))
