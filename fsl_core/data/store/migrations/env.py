"""Alembic runs this file. It uses the connection, and the transaction, that fsl_core.data.store.migrate made."""

from __future__ import annotations

from alembic import context

from fsl_core.data.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # Our SQLite connections begin their transactions themselves, so a failed migration leaves nothing.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
