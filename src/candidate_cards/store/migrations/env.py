"""How alembic runs migrations here: on a connection that is given, in its transaction."""

from __future__ import annotations

from alembic import context

from candidate_cards.store.tables import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    render_as_batch=True,  # SQLite cannot alter what a table has
)
context.run_migrations()
