"""The manifest: which files make up each version of a dataset.

A version consists of its newest base and the deltas after it. Every function works in the
transaction of its caller. ``snapshots`` has the files.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from forecast_service.errors import Conflict
from forecast_service.storage.database import database_now
from forecast_service.storage.integrity import problem_of
from forecast_service.storage.parquet import StagedFile
from forecast_service.storage.tables import series_files

__all__ = [
    "SnapshotFile",
    "add",
    "all_files",
    "delete",
    "delete_old_versions",
    "files_of",
    "make_base",
    "newest",
    "restore",
    "take_back",
]


@dataclass(frozen=True)
class SnapshotFile:
    """One file of a dataset, as the manifest has it."""

    dataset: str
    version: int
    kind: str
    path: str
    """Relative to FORECAST_HOME."""
    key: tuple[str, ...]
    rows: int
    sha256: str
    created_at: float

    def problem(self, home: Path) -> str | None:
        """What is wrong with the file, in a few words; None if it is as it was written."""
        return problem_of(home / self.path, self.sha256)


def add(
    connection: sa.Connection,
    dataset: str,
    kind: str,
    staged: StagedFile,
    *,
    key: Sequence[str],
    after: int = 0,
) -> int:
    """Make a staged file the next version of a dataset and return its number.

    ``kind`` is ``base`` (replaces all) or ``delta``; ``key`` names the columns that identify
    a row. The number is above ``after`` and above all other versions of the dataset.
    """
    version = 1 + max(newest(connection, dataset), after)
    connection.execute(
        sa.insert(series_files).values(
            dataset=dataset,
            version=version,
            kind=kind,
            path=staged.path,
            rows=staged.rows,
            key=list(key),
            sha256=staged.sha256,
            created_at=database_now(),
        )
    )
    return version


def take_back(connection: sa.Connection, dataset: str, version: int) -> bool:
    """Remove the newest version; False if a newer one exists or the one before was swept.

    The caller must make sure that nothing was made from the version.
    """
    if version != newest(connection, dataset):
        return False
    of_dataset = series_files.c.dataset == dataset
    older = sa.select(series_files.c.version).where(
        of_dataset, series_files.c.version == version - 1
    )
    if version > 1 and connection.execute(older).first() is None:
        return False
    connection.execute(sa.delete(series_files).where(of_dataset, series_files.c.version == version))
    return True


def restore(connection: sa.Connection, dataset: str, version: int) -> None:
    """Make the rows of an earlier version the newest ones; 0 deletes the dataset's manifest.

    They get new numbers, because predictors may remember those in between. Files are shared.

    Raises
    ------
    Conflict
        The files of the version were swept.
    """
    last = newest(connection, dataset)
    if version == last:
        return
    if version == 0:
        delete(connection, dataset)
        return
    files = files_of(connection, dataset, version)
    if not files or files[-1].version != version:
        raise Conflict(
            f"Version {version} of dataset '{dataset}' is not kept any more, so its rows "
            "cannot come back. Import all data of the dataset again."
        )
    columns = ("dataset", "kind", "path", "rows", "key", "sha256")
    values = [{name: getattr(file, name) for name in columns} for file in files]
    numbers = itertools.count(last + 1)
    connection.execute(
        sa.insert(series_files).values(created_at=database_now()),
        [{**value, "version": next(numbers)} for value in values],
    )


def delete(connection: sa.Connection, dataset: str) -> None:
    """Delete a dataset's manifest; the next sweep deletes its files."""
    connection.execute(sa.delete(series_files).where(series_files.c.dataset == dataset))


def newest(connection: sa.Connection, dataset: str) -> int:
    """Newest version of a dataset; 0 if it has none."""
    statement = sa.select(sa.func.max(series_files.c.version)).where(
        series_files.c.dataset == dataset
    )
    return connection.execute(statement).scalar() or 0


def files_of(connection: sa.Connection, dataset: str, version: int) -> list[SnapshotFile]:
    """The files of a version, its base first; empty without a base."""
    statement = (
        sa.select(series_files)
        .where(series_files.c.dataset == dataset, series_files.c.version <= version)
        .order_by(series_files.c.version)
    )
    files = [_file(row) for row in connection.execute(statement)]
    bases = [index for index, file in enumerate(files) if file.kind == "base"]
    return files[bases[-1] :] if bases else []


def all_files(connection: sa.Connection) -> list[SnapshotFile]:
    """The files of every version of all datasets."""
    statement = sa.select(series_files).order_by(series_files.c.dataset, series_files.c.version)
    return [_file(row) for row in connection.execute(statement)]


def make_base(connection: sa.Connection, file: SnapshotFile, staged: StagedFile) -> bool:
    """Put a base with the same rows in place of a version; False if another was quicker.

    ``file`` is the last one of the version.
    """
    result = connection.execute(
        sa.update(series_files)
        .where(
            series_files.c.dataset == file.dataset,
            series_files.c.version == file.version,
            series_files.c.path == file.path,
        )
        .values(
            kind="base",
            path=staged.path,
            rows=staged.rows,
            sha256=staged.sha256,
            created_at=database_now(),
        )
    )
    return bool(result.rowcount)


def delete_old_versions(
    connection: sa.Connection, used_versions: Collection[tuple[str, int]], grace_seconds: float
) -> None:
    """Delete manifest rows of old versions, ``grace_seconds`` after a newer base was made."""
    now = connection.execute(sa.select(database_now())).scalar_one()
    statement = sa.select(series_files).order_by(
        series_files.c.dataset, series_files.c.version.desc()
    )
    dataset, needed_until_base, superseded_at = None, False, now
    for row in connection.execute(statement).all():
        if row.dataset != dataset:
            dataset, needed_until_base, superseded_at = row.dataset, True, now
        needed_until_base |= (row.dataset, row.version) in used_versions
        if not needed_until_base and superseded_at <= now - grace_seconds:
            connection.execute(
                sa.delete(series_files).where(
                    series_files.c.dataset == row.dataset,
                    series_files.c.version == row.version,
                )
            )
        if row.kind == "base":
            needed_until_base, superseded_at = False, row.created_at


def _file(row: sa.Row[Any]) -> SnapshotFile:
    return SnapshotFile(
        dataset=row.dataset,
        version=row.version,
        kind=row.kind,
        path=row.path,
        key=tuple(row.key),
        rows=row.rows,
        sha256=row.sha256,
        created_at=row.created_at,
    )
