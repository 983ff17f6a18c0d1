"""How the values of a group's files are read, and the weekdays on which a store never sold."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns; what was imported before has neither until its next import."""
    op.add_column("dataset_groups", sa.Column("conventions", sa.JSON))
    op.add_column("stores", sa.Column("rest_days", sa.String(30)))
