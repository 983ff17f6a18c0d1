"""Lanes of work, and imports that are loaded together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the columns, and put the imports that wait into the lane of their dataset group."""
    op.add_column("work", sa.Column("set_at", sa.Float))
    op.add_column("work", sa.Column("lane", sa.String(128)))
    op.create_index("ix_work_lane", "work", ["lane", "state"])
    op.add_column("imports", sa.Column("loaded_with", sa.String(32)))
    op.execute(
        "UPDATE work SET lane = (SELECT 'import:' || imports.dataset_group FROM imports "
        "WHERE imports.id = work.subject), requested_at = (SELECT imports.requested_at "
        "FROM imports WHERE imports.id = work.subject) "
        "WHERE kind = 'import' AND state <> 'done' AND subject IN (SELECT id FROM imports)"
    )
