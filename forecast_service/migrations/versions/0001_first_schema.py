"""The first schema."""

from __future__ import annotations

from alembic import op

from forecast_service.tables import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table. The next revision spells its changes out and freezes this one."""
    metadata.create_all(op.get_bind())
