"""Indexes for look-ups by predictor, and for the newest resource of a parent."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the indexes."""
    op.create_index("ix_training_runs_predictor", "training_runs", ["predictor_arn"])
    op.create_index("ix_forecasts_predictor", "forecasts", ["predictor_arn"])
    op.drop_index("ix_resources_parent", "resources")
    op.create_index("ix_resources_parent", "resources", ["parent_arn", "sequence"])
