"""Days with unusual sales of each store."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column; it is empty until the next import."""
    op.add_column("stores", sa.Column("unusual_days", sa.JSON))
