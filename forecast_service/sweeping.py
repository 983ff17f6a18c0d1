"""Sweeping: deletes files under FORECAST_HOME that nothing names any more."""

from __future__ import annotations

import contextlib
import shutil
import time

import sqlalchemy as sa

from forecast_service.backup import sweeping
from forecast_service.database import Database
from forecast_service.local.models import sweep_models
from forecast_service.local.snapshots import SnapshotStore
from forecast_service.settings import Settings
from forecast_service.tables import imports

__all__ = ["sweep"]

OUR_FOLDERS = "[0-9a-f]" * 20  # named by new_id; other names are of somebody else
FOLDER_SECONDS = 24 * 3600.0  # longer than any upload takes


def sweep(settings: Settings, database: Database) -> int:
    """Delete files that nothing names any more, unless a backup is under way; their number."""
    with sweeping(settings.home) as may_sweep:
        if not may_sweep:
            return 0
        snapshots = SnapshotStore(database, settings.home).sweep()
        models = sweep_models(database, settings.home)
        return len(snapshots) + len(models) + _sweep_folders(settings, database)


def _sweep_folders(settings: Settings, database: Database) -> int:
    """Delete what a killed process left of uploads and imports that nobody knows or waits for."""
    with database.read() as connection:
        is_open = imports.c.finished_at.is_(None)
        waiting = set(connection.execute(sa.select(imports.c.id).where(is_open)).scalars())
    home = settings.home
    places = [home / "uploads", home / "imports", home / "s3" / settings.bucket / "imports"]
    removed = 0
    for folder in (each for above in places for each in sorted(above.glob(OUR_FOLDERS))):
        with contextlib.suppress(FileNotFoundError):
            is_old = time.time() - folder.stat().st_ctime >= FOLDER_SECONDS
            if is_old and folder.name not in waiting:
                shutil.rmtree(folder, ignore_errors=True)
                removed += 1
    return removed
