"""Alembic's entry point; ``Database.migrate`` passes an open connection."""

from __future__ import annotations

from alembic import context

config = context.config
context.configure(
    connection=config.attributes["connection"], target_metadata=config.attributes["metadata"]
)
with context.begin_transaction():
    context.run_migrations()
