"""What an import found, so that it can be undone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns; they are empty for earlier imports, which cannot be undone."""
    op.add_column("dataset_groups", sa.Column("trained_after", sa.Float))
    op.add_column("imports", sa.Column("before", sa.JSON(none_as_null=True)))
