"""The covariate of each text in a column, so that a what-if may name the text."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; it is empty for existing groups until their next full import."""
    op.add_column("dataset_groups", sa.Column("texts", sa.JSON))
