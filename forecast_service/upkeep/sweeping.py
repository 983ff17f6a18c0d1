"""Sweeping: deletes files under FORECAST_HOME that nothing names any more."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlalchemy as sa

from forecast_service.importer.workspace import replacing
from forecast_service.local import catalog
from forecast_service.local.jobs.predictor_models import sweep_models
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.snapshots import GRACE_SECONDS, SnapshotStore
from forecast_service.storage.tables import imports
from forecast_service.upkeep.backup import sweeping

__all__ = ["LEDGER", "long_unnamed", "sweep"]

OUR_FOLDERS = "[0-9a-f]" * 20  # named by new_id; other names are of somebody else
LEDGER = ".unnamed.json"  # path -> epoch seconds at which it was found unnamed
DUMP_SECONDS = 24 * 3600.0  # between pg_dump and the backup of the files that it names
FOLDER_SECONDS = 24 * 3600.0  # longer than any upload takes


def sweep(
    settings: Settings,
    database: Database,
    *,
    file_seconds: float = GRACE_SECONDS,
    folder_seconds: float = FOLDER_SECONDS,
) -> int:
    """Delete files that nothing names any more, unless a backup is under way; their number.

    Files of snapshots and models stay until they are ``file_seconds`` old, folders of uploads and
    imports until ``folder_seconds``. With PostgreSQL a file stays for ``DUMP_SECONDS`` more: a dump
    may name it, whose files are backed up after it.
    """
    seconds = 0.0 if database.is_sqlite else DUMP_SECONDS
    with sweeping(settings.home) as may_sweep:
        if not may_sweep:
            return 0
        with long_unnamed(settings.home, seconds) as is_long:
            snapshots = SnapshotStore(database, settings.home).sweep(
                catalog.used_snapshots, file_seconds, is_long
            )
            models = sweep_models(database, settings.home, file_seconds, is_long)
        return len(snapshots) + len(models) + _sweep_folders(settings, database, folder_seconds)


@contextlib.contextmanager
def long_unnamed(home: Path, seconds: float) -> Iterator[Callable[[Path], bool]]:
    """Says of a path whether it was found unnamed so long ago; what it is asked is remembered."""
    ledger = home / LEDGER
    try:
        before = dict(json.loads(ledger.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        before = {}
    now = time.time()
    found: dict[str, float] = {}

    def is_long(path: Path) -> bool:
        name = str(path.relative_to(home))
        found[name] = float(before.get(name, now))
        return now - found[name] >= seconds

    yield is_long
    left = {name: since for name, since in found.items() if now - since < seconds}
    if left != before:
        with replacing(ledger) as temporary:
            temporary.write_text(json.dumps(left), encoding="utf-8")


def _sweep_folders(settings: Settings, database: Database, grace_seconds: float) -> int:
    """Delete what a killed process left of uploads and imports that nobody knows or waits for."""
    with database.read() as connection:
        is_open = imports.c.finished_at.is_(None)
        waiting = set(connection.execute(sa.select(imports.c.id).where(is_open)).scalars())
    home = settings.home
    places = [home / "uploads", home / "imports", home / "s3" / settings.bucket / "imports"]
    removed = 0
    for folder in (each for above in places for each in sorted(above.glob(OUR_FOLDERS))):
        with contextlib.suppress(FileNotFoundError):
            is_old = time.time() - folder.stat().st_ctime >= grace_seconds
            if is_old and folder.name not in waiting:
                shutil.rmtree(folder, ignore_errors=True)
                removed += 1
    return removed
