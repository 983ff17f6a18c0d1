"""A checksum of the values of a forecast: SQLite has none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column; forecasts that were made before have no checksum."""
    op.add_column("forecast_values", sa.Column("checksum", sa.BigInteger))
