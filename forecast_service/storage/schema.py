"""Schema upgrades: Alembic runs the scripts of ``migrations/versions``."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from forecast_service.storage.tables import metadata

__all__ = ["upgrade"]

SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(connection: sa.Connection, revision: str = "head") -> None:
    """Upgrade the schema to this revision, in the transaction of the connection."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    config.attributes["metadata"] = metadata
    command.upgrade(config, revision)
