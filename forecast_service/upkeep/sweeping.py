"""Sweeping: deletes files under FORECAST_HOME that are not in use any more."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlalchemy as sa

from forecast_service.importer.undoing.reversal import versions_to_undo
from forecast_service.importer.workspace import FOLDER_SECONDS, replacing
from forecast_service.local import catalog
from forecast_service.local.jobs.job import SCRATCH
from forecast_service.local.jobs.predictor_models import sweep_models
from forecast_service.settings import Settings
from forecast_service.storage.bucket import LocalBucket
from forecast_service.storage.database import Database
from forecast_service.storage.snapshots import GRACE_SECONDS, SnapshotStore
from forecast_service.storage.tables import imports
from forecast_service.upkeep.backup import sweeping

__all__ = ["LEDGER", "long_unused", "sweep"]

OUR_FOLDERS = "[0-9a-f]" * 20  # names by new_id; others are not ours
LEDGER = ".unnamed.json"  # path -> epoch seconds of the first sweep that found it unused
DUMP_SECONDS = 24 * 3600.0  # between pg_dump and the backup of the files that it names


def sweep(
    settings: Settings,
    database: Database,
    *,
    file_seconds: float = GRACE_SECONDS,
    folder_seconds: float = FOLDER_SECONDS,
) -> int:
    """Delete files that are not in use any more, unless a backup runs; return their number.

    Files of snapshots and models stay until they are ``file_seconds`` old, folders of uploads and
    imports until ``folder_seconds``. With PostgreSQL a file stays ``DUMP_SECONDS`` longer, because
    a dump may name it, and the files are backed up after the dump.
    """
    seconds = 0.0 if database.is_sqlite else DUMP_SECONDS
    with sweeping(settings.home) as may_sweep:
        if not may_sweep:
            return 0
        with long_unused(settings.home, seconds) as is_long_unused:
            snapshots = SnapshotStore(database, settings.home).sweep(
                _used_versions, file_seconds, is_long_unused
            )
            models = sweep_models(database, settings.home, file_seconds, is_long_unused)
        return len(snapshots) + len(models) + _sweep_folders(settings, database, folder_seconds)


def _used_versions(connection: sa.Connection) -> set[tuple[str, int]]:
    return catalog.used_snapshots(connection) | versions_to_undo(connection)


@contextlib.contextmanager
def long_unused(home: Path, seconds: float) -> Iterator[Callable[[Path], bool]]:
    """Yield a function that returns whether a path was first found unused ``seconds`` ago.

    The function is called for every unused path; a ledger keeps the times for the next sweep.
    """
    ledger = home / LEDGER
    try:
        before = dict(json.loads(ledger.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        before = {}
    now = time.time()
    unused_since: dict[str, float] = {}

    def is_long_unused(path: Path) -> bool:
        name = str(path.relative_to(home))
        unused_since[name] = float(before.get(name, now))
        return now - unused_since[name] >= seconds

    yield is_long_unused
    waiting = {name: since for name, since in unused_since.items() if now - since < seconds}
    if waiting != before:
        with replacing(ledger) as temporary:
            temporary.write_text(json.dumps(waiting), encoding="utf-8")


def _sweep_folders(settings: Settings, database: Database, grace_seconds: float) -> int:
    """Delete folders of uploads and imports that a killed process left and no import needs."""
    with database.read() as connection:
        is_open = imports.c.finished_at.is_(None)
        waiting = set(connection.execute(sa.select(imports.c.id).where(is_open)).scalars())
    home, buckets = settings.home, LocalBucket(settings.home, settings.s3_folder).root
    places = [home / "uploads", home / "imports", home / SCRATCH]
    places.append(buckets / settings.bucket / "imports")
    removed = 0
    for folder in (folder for place in places for folder in sorted(place.glob(OUR_FOLDERS))):
        with contextlib.suppress(FileNotFoundError):
            is_old = time.time() - folder.stat().st_ctime >= grace_seconds
            if is_old and folder.name not in waiting:
                shutil.rmtree(folder, ignore_errors=True)
                removed += 1
    return removed
