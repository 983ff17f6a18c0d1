"""Summaries of stores, and the accuracy of the forecasts that were served."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the tables; the worker fills them."""
    op.create_table(
        "forecast_summaries",
        sa.Column("forecast_arn", sa.String(300), primary_key=True),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "accuracy_weeks",
        sa.Column("dataset_group", sa.String(63), primary_key=True),
        sa.Column("week", sa.String(10), primary_key=True),
        sa.Column("signature", sa.BigInteger, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "monitored_groups",
        sa.Column("dataset_group", sa.String(63), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("data_version", sa.Integer, nullable=False),
    )
