"""The parts of forecasts, and scenarios: named what-ifs that are kept for some time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the tables; forecasts that were made before have no parts."""
    op.create_table(
        "forecast_parts",
        sa.Column("forecast_arn", sa.String(300), primary_key=True),
        sa.Column("series_key", sa.String(1024), primary_key=True),
        sa.Column("names", sa.Text, nullable=False),
        sa.Column("step", sa.Float, nullable=False),
        sa.Column("values", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "scenarios",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("dataset_group", sa.String(63), nullable=False),
        sa.Column("store", sa.String(256), nullable=False),
        sa.Column("item", sa.String(256)),
        sa.Column("name", sa.String(256), nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("changes", sa.JSON, nullable=False),
        sa.Column("forecast_arn", sa.String(300), nullable=False),
        sa.Column("total", sa.JSON, nullable=False),
        sa.Column("made_by", sa.String(256), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    op.create_index("ix_scenarios_group", "scenarios", ["dataset_group", "created_at"])
