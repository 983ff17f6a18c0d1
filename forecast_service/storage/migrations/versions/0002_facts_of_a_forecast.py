"""Facts about each forecast of a series: weights of its algorithms, measured coverage."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column."""
    op.add_column("forecast_values", sa.Column("facts", sa.JSON))
