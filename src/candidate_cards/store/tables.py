"""The tables. A change here needs a migration beside it; a test compares the two.

All names begin with ``cards_``, so that a database may hold an application's own tables too. Times
are microseconds since 1970 in UTC, which both databases keep and compare alike.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

VERSION_TABLE: Final = "cards_schema"

_JSON: Final = JSON().with_variant(JSONB(), "postgresql")

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# The payload comes last: what is asked for often is then read without it.
CANDIDATES: Final = Table(
    "cards_candidates",
    METADATA,
    Column("company", Text, primary_key=True),
    Column("profile_id", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("saved_at", BigInteger, nullable=False, index=True),
    Column("payload", _JSON, nullable=False),
)

KEYS: Final = Table(
    "cards_keys",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("company", Text, nullable=False, index=True),
    Column("hash", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("per_minute", Integer, nullable=False),
    Column("per_hour", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    UniqueConstraint("hash"),
)

# No foreign key leads to a candidate: who is shown may be stored with the vendor only.
EMBEDS: Final = Table(
    "cards_embeds",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("company", Text, nullable=False),
    Column("profile_id", Text, nullable=False),
    Column("look", _JSON, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Index(None, "company", "profile_id"),
)

DELIVERIES: Final = Table(
    "cards_deliveries",
    METADATA,
    Column("receiver", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("handled", Boolean, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

FETCHES: Final = Table(
    "cards_fetches",
    METADATA,
    Column("company", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("request_id", Text, primary_key=True),
    Column("added_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False, index=True),
    Column("postponed", Integer, nullable=False),
)

# Who was erased while results were to be fetched, as a hash of the id: it goes with the fetch.
WITHHELD: Final = Table(
    "cards_withheld",
    METADATA,
    Column("company", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("request_id", Text, primary_key=True),
    Column("hash", Text, primary_key=True),
    ForeignKeyConstraint(
        ["company", "kind", "request_id"],
        [FETCHES.c.company, FETCHES.c.kind, FETCHES.c.request_id],
        ondelete="CASCADE",
    ),
)

# A row for each erasure whose bytes may still be in the files; it says nothing of whom.
ERASURES: Final = Table(
    "cards_erasures",
    METADATA,
    Column("id", Integer, primary_key=True),
)
