"""What is known of Amazon Forecast, and which step of the ladder a run and a forecast stand on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the table and the columns; earlier runs and forecasts never left the first step."""
    op.create_table(
        "amazon_states",
        sa.Column("dataset_group", sa.String(63), primary_key=True),
        sa.Column("reason", sa.String(32)),
        sa.Column("detail", sa.Text),
        sa.Column("since", sa.Float),
        sa.Column("group_arn", sa.String(300)),
        sa.Column("predictor", sa.JSON(none_as_null=True)),
    )
    op.add_column("training_runs", sa.Column("step", sa.String(16)))
    op.add_column("training_runs", sa.Column("ladder", sa.JSON(none_as_null=True)))
    op.add_column("training_runs", sa.Column("away_since", sa.Float))
    op.add_column("forecasts", sa.Column("ladder", sa.JSON(none_as_null=True)))
