"""The store: every query in one place, each with the company it is for."""

from __future__ import annotations

import hmac
import json
import re
import secrets
import string
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Self, get_args

from pydantic import SecretStr
from sqlalchemy import Text, and_, bindparam, cast, delete, exists, func, literal, select, update

from candidate_cards.errors import InputError, Problem, StoreError
from candidate_cards.models._base import MOST_OF_ID

from .database import Query, QueryByIds
from .deliveries import StoredDeliveries
from .payloads import (
    MOST_OF_COMPANY,
    canonical_text,
    check_texts,
    id_fault,
    look_text,
    read_payload,
    storable,
    text_fault,
    version_of,
)
from .records import (
    KEY_PREFIX,
    SCOPES,
    ApiKey,
    Embed,
    Fetch,
    FetchKind,
    Saved,
    StoredCandidate,
    Swept,
)
from .tables import CANDIDATES, DELIVERIES, EMBEDS, ERASURES, FETCHES, KEYS, WITHHELD
from .times import as_number, as_time

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from sqlalchemy import ColumnElement, Connection, Delete, Table

    from candidate_cards.models import Candidate
    from candidate_cards.webhooks import DeliveryStore

    from .database import Database
    from .records import Outcome

    Check = Callable[[Mapping[str, str]], object]

_LETTERS: Final = string.ascii_letters + string.digits
_SECRET: Final = re.compile(r"[\x21-\x7e]{20,1000}")
_END: Final = 1 << 62  # of all times
_MOST_CALLS: Final = 1_000_000_000


def _anything(_found: object) -> None:
    """Allow a change of whatever is there."""


class Store:
    """An open store; `open_store` makes one. Threads may share it.

    An id of another company is answered as one that is not there; so is one that no database could
    hold. After an erasure the database is written anew, which takes the longer the more is left in
    it (about 15 ms for each MB of SQLite): to erase many, let `erase_older` or `erase_company` do
    it in one go.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        company = CANDIDATES.c.company == bindparam("company")
        profile_id = CANDIDATES.c.profile_id
        payload = cast(CANDIDATES.c.payload, Text)
        self._versions = QueryByIds(
            database, select(profile_id, CANDIDATES.c.version).where(company), profile_id
        )
        self._ids = Query(database, select(profile_id).where(company).order_by(profile_id))
        self._candidates = QueryByIds(
            database,
            select(profile_id, CANDIDATES.c.version, CANDIDATES.c.saved_at, payload).where(company),
            profile_id,
        )
        self._key = Query(database, select(KEYS).where(KEYS.c.hash == bindparam("hash")))
        self._keys = Query(
            database,
            select(KEYS)
            .where(KEYS.c.company == bindparam("company"))
            .order_by(KEYS.c.created_at, KEYS.c.id),
        )
        self._embed = Query(
            database,
            select(
                EMBEDS.c.id,
                EMBEDS.c.company,
                EMBEDS.c.profile_id,
                cast(EMBEDS.c.look, Text),
                EMBEDS.c.expires_at,
            ).where(EMBEDS.c.id == bindparam("id")),
        )
        self._due = Query(
            database,
            select(FETCHES)
            .where(FETCHES.c.due_at <= bindparam("now"))
            .order_by(FETCHES.c.due_at, FETCHES.c.request_id)
            .limit(bindparam("most")),
        )
        self._count = Query(
            database,
            select(func.count())
            .select_from(CANDIDATES)
            .where(
                CANDIDATES.c.company == func.coalesce(bindparam("company"), CANDIDATES.c.company),
                CANDIDATES.c.saved_at < bindparam("before"),
            ),
        )
        self._unpurged = Query(database, select(func.max(ERASURES.c.id)))

    def __repr__(self) -> str:
        return f"<Store {self._database.name}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection; what is asked later is a ``StoreError``."""
        self._database.close()

    def ping(self) -> None:
        """Ask the database something.

        Raises:
            StoreError: It does not answer.
        """
        self._unpurged.rows()

    # Candidates

    def save(
        self,
        company: str,
        candidates: Sequence[Candidate],
        *,
        at: datetime,
        check: Check = _anything,
    ) -> Saved:
        """Merge candidates over what is stored of the same profiles; all of them or none.

        The rule is ``Candidate.merged_with``: newer values win unless they are empty.

        Args:
            company: Whose they are; at most 255 bytes.
            candidates: In any order; several of one profile are merged in this order.
            at: Now, with its zone: when these profiles were last saved, changed or not.
            check: Called with the versions that are stored of these profiles, before anybody else
                can change them; what it raises is raised here, and nothing is saved.

        Raises:
            InputError: A candidate holds what cannot be stored, such as a NUL character, a lone
                surrogate, or an id of more than 2,048 bytes. None is saved.
            StoreError: The database failed. None is saved.
        """
        number = as_number(at)
        _check_ids(company=company)
        given = storable(candidates)
        with self._database.writing() as connection:
            self._database.lock(connection, company)
            return self._merge(connection, company, given, number, check)

    def _merge(
        self,
        connection: Connection,
        company: str,
        given: Mapping[str, Candidate],
        number: int,
        check: Check = _anything,
    ) -> Saved:
        """See `save`; within a transaction that has the company's lock."""
        stored = {
            profile_id: (version, payload)
            for profile_id, version, _, payload in self._candidates.rows(company, given, connection)
        }
        check({profile_id: version for profile_id, (version, _) in stored.items()})
        added, changed = [], []
        for profile_id, candidate in given.items():
            if (known := stored.get(profile_id)) is None:
                added.append(_row(company, candidate, number))
                continue
            row = _row(company, read_payload(known[1]).merged_with(candidate), number)
            if row["version"] != known[0]:
                changed.append(row)
        kept = given.keys() - {row["profile_id"] for row in (*added, *changed)}
        self._write(connection, [*added, *changed])
        self._touch(connection, company, kept, number)
        outcomes: dict[str, Outcome] = dict.fromkeys(kept, "unchanged")
        outcomes |= {str(row["profile_id"]): "added" for row in added}
        outcomes |= {str(row["profile_id"]): "changed" for row in changed}
        return Saved(len(added), len(changed), len(kept), outcomes)

    def _write(self, connection: Connection, rows: list[dict[str, object]]) -> None:
        if not rows:
            return
        insert = self._database.insert(CANDIDATES)
        connection.execute(
            insert.on_conflict_do_update(
                index_elements=[CANDIDATES.c.company, CANDIDATES.c.profile_id],
                set_={name: insert.excluded[name] for name in ("version", "saved_at", "payload")},
            ),
            rows,
        )

    def _touch(
        self, connection: Connection, company: str, profile_ids: Collection[str], number: int
    ) -> None:
        if not profile_ids:
            return
        connection.execute(
            update(CANDIDATES)
            .where(
                CANDIDATES.c.company == company,
                CANDIDATES.c.profile_id == bindparam("its_profile_id"),
            )
            .values(saved_at=number),
            [{"its_profile_id": profile_id} for profile_id in profile_ids],
        )

    def versions(self, company: str, profile_ids: Sequence[str]) -> dict[str, str]:
        """Return the versions of those candidates that are stored, in no particular order.

        Raises:
            StoreError: The database failed.
        """
        return dict(self._versions.rows(company, _findable(company, profile_ids)))

    def load(self, company: str, profile_ids: Sequence[str]) -> dict[str, StoredCandidate]:
        """Return those candidates that are stored, in no particular order.

        Raises:
            StoreError: The database failed.
        """
        found = self._candidates.rows(company, _findable(company, profile_ids))
        return {
            profile_id: StoredCandidate(read_payload(payload), version, as_time(saved_at))
            for profile_id, version, saved_at, payload in found
        }

    def profile_ids(self, company: str) -> list[str]:
        """Return the ids of a company's candidates, sorted.

        Raises:
            StoreError: The database failed.
        """
        if not _findable(company, [company]):
            return []
        return [profile_id for (profile_id,) in self._ids.rows(company=company)]

    def count(self, company: str | None = None, *, older_than: datetime | None = None) -> int:
        """Return how many candidates there are.

        Args:
            company: Whose; ``None`` for everybody's.
            older_than: Only those that were last saved before.

        Raises:
            StoreError: The database failed.
        """
        if company is not None and not _findable(company, [company]):
            return 0
        before = _END if older_than is None else as_number(older_than, "older_than")
        ((count,),) = self._count.rows(company=company, before=before)
        return int(count)

    def erase(self, company: str, profile_id: str, *, check: Check = _anything) -> bool:
        """Erase a candidate and its embeds, and leave no byte of them in the database's files.

        What the file system, a backup or PostgreSQL's own log keeps: see the database's class.

        Fetches that were asked for before leave this candidate out, stored here or not: until such
        a fetch ends, there is a hash of the id beside it. Who is found by a later run, or saved by
        `save`, is stored again; the vendor still has them, so erase there first.

        Args:
            company: Whose candidate it is.
            profile_id: Any text.
            check: As in `save`.

        Returns:
            Whether there was anything.

        Raises:
            StoreError: The database failed; or the candidate is erased for everybody who asks, and
                the text says why its bytes are still there and what to do then.
        """
        if not _findable(company, [profile_id]):
            return False
        columns = FETCHES.primary_key.columns
        fetches = select(*columns, literal(_hash(profile_id))).where(FETCHES.c.company == company)
        insert = self._database.insert(WITHHELD).from_select(WITHHELD.c.keys(), fetches)

        def begin(connection: Connection) -> None:
            check(dict(self._versions.rows(company, [profile_id], connection)))
            connection.execute(insert.on_conflict_do_nothing())

        erased = self._erase(
            company,
            *(
                delete(table).where(table.c.company == company, table.c.profile_id == profile_id)
                for table in (CANDIDATES, EMBEDS)
            ),
            begin=begin,
        )
        return any(erased)

    def erase_company(self, company: str) -> int:
        """Erase all that is stored of a company, its keys included.

        Returns:
            How many candidates it had.

        Raises:
            StoreError: As `erase`.
        """
        if not _findable(company, [company]):
            return 0
        tables = (CANDIDATES, EMBEDS, KEYS, FETCHES)
        return self._erase(
            company,
            *(delete(table).where(table.c.company == company) for table in tables),
            delete(DELIVERIES).where(DELIVERIES.c.receiver == company),
        )[0]

    def erase_older(self, than: datetime, company: str | None = None) -> int:
        """Erase candidates that were last saved before a time, with their embeds.

        Args:
            than: With its zone.
            company: Whose candidates; ``None`` for everybody's.

        Returns:
            How many there were.

        Raises:
            StoreError: As `erase`.
        """
        old = CANDIDATES.c.saved_at < as_number(than, "than")
        if company is not None:
            if not _findable(company, [company]):
                return 0
            old = and_(CANDIDATES.c.company == company, old)
        shown = exists().where(
            CANDIDATES.c.company == EMBEDS.c.company,
            CANDIDATES.c.profile_id == EMBEDS.c.profile_id,
            old,
        )
        # Embeds first: whose they are is known by the candidates.
        return self._erase(company, delete(EMBEDS).where(shown), delete(CANDIDATES).where(old))[-1]

    def sweep(self, now: datetime) -> Swept:
        """Remove embeds and deliveries that have expired, and finish erasures that were cut short.

        Raises:
            StoreError: As `erase`.
        """
        number = as_number(now, "now")
        with self._database.writing() as connection:
            self._database.lock(connection, None)
            counts = [
                connection.execute(delete(table).where(table.c.expires_at <= number)).rowcount
                for table in (EMBEDS, DELIVERIES)
            ]
        self._purge()
        return Swept(*counts)

    def _erase(
        self,
        company: str | None,
        *deletions: Delete,
        begin: Callable[[Connection], object] = _anything,
    ) -> list[int]:
        """Run deletions in one transaction, then clear the files of what they left there."""
        with self._database.writing() as connection:
            self._database.lock(connection, company)
            begin(connection)
            counts = [connection.execute(deletion).rowcount for deletion in deletions]
            if any(counts):
                # If this process ends before the files are clear, a later call does that.
                connection.execute(ERASURES.insert())
        self._purge()
        return counts

    def _purge(self) -> None:
        ((newest,),) = self._unpurged.rows()
        if newest is None:
            return
        try:
            self._database.purge()
        except StoreError as error:
            message = (
                f"{error}; what was erased is gone for all who ask, but not from the files yet:"
                " later run candidate-cards store sweep"
            )
            raise StoreError(message) from None
        with self._database.writing() as connection:
            connection.execute(delete(ERASURES).where(ERASURES.c.id <= newest))

    # Keys

    def add_key(  # noqa: PLR0913  the columns of a key
        self,
        company: str,
        *,
        name: str = "",
        scopes: Collection[str] = SCOPES,
        per_minute: int = 300,
        per_hour: int = 15_000,
        expires_at: datetime | None = None,
        at: datetime,
        secret: SecretStr | None = None,
    ) -> tuple[ApiKey, SecretStr]:
        """Add a key. Only a hash of it is stored, so this is the only time that it can be shown.

        Args:
            company: Whose it is.
            name: For its owner.
            scopes: What it may do; any of ``SCOPES``.
            per_minute: Most calls in a minute.
            per_hour: Most calls in an hour.
            expires_at: From when on it is not valid.
            at: Now.
            secret: An existing key to take, at least 20 visible ASCII characters, hard to guess;
                ``None`` makes one.

        Raises:
            InputError: The values cannot be, or the key is stored already.
            StoreError: The database failed.
        """
        _check_ids(company=company)
        check_texts(name=name)
        problems = [
            Problem("is unknown; known are " + ", ".join(SCOPES), path=("scopes", at_scope))
            for at_scope, scope in enumerate(scopes)
            if scope not in SCOPES
        ]
        problems += (
            Problem(f"must be 1 to {_MOST_CALLS:,}", path=(limit,))
            for limit, calls in (("per_minute", per_minute), ("per_hour", per_hour))
            if not 1 <= calls <= _MOST_CALLS
        )
        if secret is None:
            secret = SecretStr(KEY_PREFIX + "".join(secrets.choice(_LETTERS) for _ in range(40)))
        elif not _SECRET.fullmatch(secret.get_secret_value()):
            message = "must be 20 to 1,000 visible ASCII characters"
            problems.append(Problem(message, path=("secret",)))
        if problems:
            raise InputError(problems)
        key = ApiKey(
            id=_random_id(),
            company=company,
            name=name,
            scopes=frozenset(scopes),
            per_minute=per_minute,
            per_hour=per_hour,
            created_at=at,
            expires_at=expires_at,
            revoked_at=None,
        )
        row = {
            **{field: getattr(key, field) for field in ("id", "company", "name")},
            "hash": _hash(secret.get_secret_value()),
            "scopes": " ".join(sorted(key.scopes)),
            "per_minute": per_minute,
            "per_hour": per_hour,
            "created_at": as_number(at),
            "expires_at": None if expires_at is None else as_number(expires_at, "expires_at"),
        }
        with self._database.writing() as connection:
            insert = self._database.insert(KEYS).values(row).on_conflict_do_nothing()
            if connection.execute(insert.returning(KEYS.c.id)).first() is None:
                raise InputError([Problem("is stored already", path=("secret",))])
        return key, secret

    def find_key(self, secret: str) -> ApiKey | None:
        """Return the key with this secret, also one that has expired or been revoked.

        Raises:
            StoreError: The database failed.
        """
        try:
            digest = _hash(secret)
        except UnicodeEncodeError:
            return None
        finally:
            del secret  # reporters of errors show variables
        for row in self._key.rows(hash=digest):
            key, stored = _key(row)
            # The index has compared them already, but hashes: nobody can choose how one begins.
            if hmac.compare_digest(stored, digest):
                return key
        return None

    def keys(self, company: str) -> tuple[ApiKey, ...]:
        """Return a company's keys, oldest first.

        Raises:
            StoreError: The database failed.
        """
        if not _findable(company, [company]):
            return ()
        return tuple(_key(row)[0] for row in self._keys.rows(company=company))

    def revoke_key(self, key_id: str, *, at: datetime) -> bool:
        """Switch a key off for good.

        Returns:
            Whether there is such a key. One that was revoked before stays as it was.

        Raises:
            StoreError: The database failed.
        """
        number = as_number(at)
        if not _findable(key_id, [key_id]):
            return False
        with self._database.writing() as connection:
            revoked_at = func.coalesce(KEYS.c.revoked_at, number)
            revoked = update(KEYS).where(KEYS.c.id == key_id).values(revoked_at=revoked_at)
            return connection.execute(revoked).rowcount > 0

    # Embeds

    def add_embed(
        self, company: str, profile_id: str, *, look: Mapping[str, str], expires_at: datetime
    ) -> str:
        """Remember what an embed shows, so that its address need not say it.

        The candidate need not be stored.

        Returns:
            A random id.

        Raises:
            InputError: A text cannot be stored.
            StoreError: The database failed.
        """
        _check_ids(company=company, profile_id=profile_id)
        embed_id = _random_id()
        row = {
            "id": embed_id,
            "company": company,
            "profile_id": profile_id,
            "look": look_text(look),
            "expires_at": as_number(expires_at, "expires_at"),
        }
        with self._database.writing() as connection:
            connection.execute(EMBEDS.insert(), row)
        return embed_id

    def find_embed(self, embed_id: str) -> Embed | None:
        """Return an embed, also one that has expired and was not swept yet.

        Raises:
            StoreError: The database failed.
        """
        if not _findable(embed_id, [embed_id]):
            return None
        for found, company, profile_id, look, expires_at in self._embed.rows(id=embed_id):
            return Embed(found, company, profile_id, json.loads(look), as_time(expires_at))
        return None

    def erase_embed(self, company: str, embed_id: str) -> bool:
        """Make an embed's address lead nowhere; the candidate stays.

        Returns:
            Whether there was such an embed of this company.

        Raises:
            StoreError: The database failed.
        """
        if not _findable(company, [embed_id]):
            return False
        erasure = delete(EMBEDS).where(EMBEDS.c.company == company, EMBEDS.c.id == embed_id)
        with self._database.writing() as connection:
            return connection.execute(erasure).rowcount > 0

    # Webhooks

    def deliveries(self, receiver: str) -> DeliveryStore:
        """Return the deliveries of one webhook, for ``candidate_cards.webhooks.WebhookReceiver``.

        Args:
            receiver: Tells the webhooks apart; where a company has one, its id, so that they are
                erased with the company.

        Raises:
            InputError: It cannot be stored.
        """
        _check_ids(receiver=receiver)
        return StoredDeliveries(self._database, receiver)

    def add_fetch(self, company: str, kind: FetchKind, request_id: str, *, at: datetime) -> None:
        """Ask for the results of a run to be fetched; asked twice, it is one fetch, due again.

        Raises:
            InputError: A value cannot be.
            StoreError: The database failed.
        """
        _check_ids(company=company, request_id=request_id)
        if kind not in get_args(FetchKind):
            message = "must be one of " + ", ".join(get_args(FetchKind))
            raise InputError([Problem(message, path=("kind",))])
        number = as_number(at)
        insert = self._database.insert(FETCHES).values(
            company=company,
            kind=kind,
            request_id=request_id,
            added_at=number,
            due_at=number,
            postponed=0,
        )
        renewed = {name: insert.excluded[name] for name in ("added_at", "due_at", "postponed")}
        keys = FETCHES.primary_key.columns
        with self._database.writing() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=renewed))

    def due_fetches(self, now: datetime, limit: int) -> tuple[Fetch, ...]:
        """Return fetches that are due, the longest due first.

        Two processes that ask get the same ones: fetching twice is safe, and costs nothing.

        Raises:
            StoreError: The database failed.
        """
        return tuple(
            Fetch(company, kind, request_id, as_time(added_at), as_time(due_at), postponed)
            for company, kind, request_id, added_at, due_at, postponed in self._due.rows(
                now=as_number(now, "now"), most=limit
            )
        )

    def save_fetched(
        self, fetch: Fetch, candidates: Sequence[Candidate], *, at: datetime
    ) -> Saved | None:
        """Save what a fetch has found, as `save` does, and end it; both or neither.

        It is not ended if it was asked for again since.

        Returns:
            What became of the candidates but those who were erased since the fetch was first asked
            for; ``None`` if nothing was saved, since somebody else has ended the fetch, or its
            company was erased.

        Raises:
            InputError: As `save`.
            StoreError: As `save`.
        """
        number = as_number(at)
        given = storable(candidates)
        with self._database.writing() as connection:
            self._database.lock(connection, fetch.company)
            if connection.scalar(select(FETCHES.c.due_at).where(*_is(fetch, FETCHES))) is None:
                return None
            hashes = connection.scalars(select(WITHHELD.c.hash).where(*_is(fetch, WITHHELD)))
            withheld = frozenset(hashes)
            saved = self._merge(
                connection,
                fetch.company,
                {name: each for name, each in given.items() if _hash(name) not in withheld},
                number,
            )
            connection.execute(delete(FETCHES).where(*_is_still(fetch)))
        return saved

    def end_fetch(self, fetch: Fetch) -> None:
        """Forget a fetch that was done, unless it was asked for again since.

        Raises:
            StoreError: The database failed.
        """
        with self._database.writing() as connection:
            connection.execute(delete(FETCHES).where(*_is_still(fetch)))

    def postpone_fetch(self, fetch: Fetch, until: datetime) -> None:
        """Have a fetch tried later, unless it was asked for again since.

        Raises:
            StoreError: The database failed.
        """
        later = {"due_at": as_number(until, "until"), "postponed": fetch.postponed + 1}
        with self._database.writing() as connection:
            connection.execute(update(FETCHES).where(*_is_still(fetch)).values(later))


def _row(company: str, candidate: Candidate, number: int) -> dict[str, object]:
    payload = canonical_text(candidate)
    return {
        "company": company,
        "profile_id": candidate.profile_id,
        "version": version_of(payload),
        "saved_at": number,
        "payload": payload,
    }


def _key(row: tuple[Any, ...]) -> tuple[ApiKey, str]:
    """Return a key and its hash."""
    values = dict(zip(KEYS.c.keys(), row, strict=True))
    stored = values.pop("hash")
    values["scopes"] = frozenset(values["scopes"].split())
    for name in ("created_at", "expires_at", "revoked_at"):
        if values[name] is not None:
            values[name] = as_time(values[name])
    return ApiKey(**values), stored


def _is(fetch: Fetch, table: Table) -> list[ColumnElement[bool]]:
    return [
        table.c.company == fetch.company,
        table.c.kind == fetch.kind,
        table.c.request_id == fetch.request_id,
    ]


def _is_still(fetch: Fetch) -> list[ColumnElement[bool]]:
    """Tell a fetch that was not asked for again."""
    return [*_is(fetch, FETCHES), FETCHES.c.added_at == as_number(fetch.added_at)]


def _findable(company: str, ids: Iterable[str]) -> Collection[str]:
    """Return those ids, each once, that a database could hold; others are simply not there."""
    distinct = dict.fromkeys(ids)
    if not text_fault(company + "".join(distinct)):
        return distinct
    return () if text_fault(company) else [one for one in distinct if not text_fault(one)]


def _check_ids(**ids: str) -> None:
    """Refuse ids that cannot be stored.

    Raises:
        InputError: With the names of all of them.
    """
    faults = {
        name: id_fault(value, MOST_OF_ID if name.endswith("_id") else MOST_OF_COMPANY)
        for name, value in ids.items()
    }
    if any(faults.values()):
        raise InputError(Problem(fault, path=(name,)) for name, fault in faults.items() if fault)


def _hash(text: str) -> str:
    """Hash a key or an id; quick is enough for keys, since they are too long to be guessed."""
    return sha256(text.encode()).hexdigest()


def _random_id() -> str:
    return secrets.token_urlsafe(18)
