"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

_JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "cards_candidates",
        sa.Column("company", sa.Text, nullable=False),
        sa.Column("profile_id", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("saved_at", sa.BigInteger, nullable=False),
        sa.Column("payload", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("company", "profile_id", name="pk_cards_candidates"),
    )
    _take_no_samples("cards_candidates", "profile_id", "payload")
    op.create_index("ix_cards_candidates_saved_at", "cards_candidates", ["saved_at"])
    op.create_table(
        "cards_keys",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("company", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("per_minute", sa.Integer, nullable=False),
        sa.Column("per_hour", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("revoked_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_cards_keys"),
        sa.UniqueConstraint("hash", name="uq_cards_keys_hash"),
    )
    op.create_index("ix_cards_keys_company", "cards_keys", ["company"])
    op.create_table(
        "cards_embeds",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("company", sa.Text, nullable=False),
        sa.Column("profile_id", sa.Text, nullable=False),
        sa.Column("look", _JSON, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cards_embeds"),
    )
    _take_no_samples("cards_embeds", "profile_id", "look")
    op.create_index("ix_cards_embeds_expires_at", "cards_embeds", ["expires_at"])
    op.create_index("ix_cards_embeds_company_profile_id", "cards_embeds", ["company", "profile_id"])
    op.create_table(
        "cards_deliveries",
        sa.Column("receiver", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("handled", sa.Boolean, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("receiver", "id", name="pk_cards_deliveries"),
    )
    op.create_index("ix_cards_deliveries_expires_at", "cards_deliveries", ["expires_at"])
    op.create_table(
        "cards_fetches",
        sa.Column("company", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("added_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("postponed", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("company", "kind", "request_id", name="pk_cards_fetches"),
    )
    op.create_index("ix_cards_fetches_due_at", "cards_fetches", ["due_at"])
    op.create_table(
        "cards_withheld",
        sa.Column("company", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("company", "kind", "request_id", "hash", name="pk_cards_withheld"),
        sa.ForeignKeyConstraint(
            ["company", "kind", "request_id"],
            ["cards_fetches.company", "cards_fetches.kind", "cards_fetches.request_id"],
            name="fk_cards_withheld_company_kind_request_id",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "cards_erasures",
        sa.Column("id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cards_erasures"),
    )


def _take_no_samples(table: str, *columns: str) -> None:
    """Keep values out of PostgreSQL's statistics, which an erasure does not reach."""
    if op.get_bind().dialect.name == "postgresql":
        for column in columns:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")
