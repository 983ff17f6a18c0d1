"""Interpretation: what the files of imports mean, given the state after earlier imports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from forecast_service.errors import ForecastServiceError
from forecast_service.importer.batch_reading import Batch, BatchReader
from forecast_service.importer.history import with_rows
from forecast_service.importer.merging.earlier_imports import read_earlier_imports
from forecast_service.importer.merging.future_sales import last_possible_day
from forecast_service.importer.options import ImportOptions
from forecast_service.importer.understanding.understanding import Understanding, understand
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.snapshots import SnapshotStore

__all__ = ["understand_files", "understand_imports"]

FIRST_IS_FULL = "Mode INCREMENTAL became FULL: there was no earlier import to add to."


def understand_imports(
    database: Database, settings: Settings, rows: Sequence[sa.RowMapping], folder: Path
) -> Batch:
    """What an import and its followers mean together; ``folder`` is for temporary files."""
    with database.read() as connection:
        earlier = read_earlier_imports(connection, settings.dataset_group)
    if len(rows) > 1 and earlier is not None:
        earlier = with_rows(SnapshotStore(database, settings.home), earlier)
        return BatchReader(rows, earlier, settings, folder).read()
    first = rows[0]
    files = {role: settings.home / path for role, path in first["files"].items()}
    options = ImportOptions.from_dict(first["options"])
    try:
        found = understand_files(database, settings, files, first["mode"], options)
    except ForecastServiceError as error:
        if error.retryable:
            raise
        return Batch(None, {}, {first["id"]: error})
    return Batch(found, {first["id"]: found.report}, {}, {first["id"]: found.touched})


def understand_files(
    database: Database,
    settings: Settings,
    files: Mapping[str, Path],
    mode: str,
    options: ImportOptions,
) -> Understanding:
    """Read and check files, given the state after earlier imports; nothing is written.

    Raises
    ------
    InvalidData
        The files cannot be used.
    """
    group = settings.dataset_group
    last_day = last_possible_day(settings.timezone)
    with database.read() as connection:
        earlier = read_earlier_imports(connection, group)
    if earlier is None:
        understanding = understand(files, "FULL", options, settings, None, last_day)
        if mode != "FULL":
            notes = (FIRST_IS_FULL, *understanding.report.notes)
            understanding = replace(
                understanding, report=replace(understanding.report, notes=notes)
            )
        return understanding
    if mode == "INCREMENTAL":
        earlier = with_rows(SnapshotStore(database, settings.home), earlier)
    return understand(files, mode, options, settings, earlier, last_day)
