"""Snapshots: versions of a dataset, as immutable Parquet files and a manifest in SQL.

A version consists of its newest base and the deltas after it. Among rows with the same key, those
of the newest file count. A file is complete on disk before its manifest row exists.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from forecast_service.errors import Conflict, DamagedData, InvalidData, Remedy
from forecast_service.storage.database import Database, database_now
from forecast_service.storage.integrity import problem_of
from forecast_service.storage.parquet import StagedFile, merge, read_parquet, stage
from forecast_service.storage.tables import series_files

__all__ = ["GRACE_SECONDS", "SnapshotFile", "SnapshotStore", "StagedFile"]

FOLDER = "snapshots"
GRACE_SECONDS = 3600.0  # a younger file without a row may belong to a job that will commit
COMPACT_AFTER = 8  # files in one version; each delta costs every reader a pass over the keys


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


class SnapshotStore:
    """Versions of all datasets; the rows of a version never change."""

    def __init__(self, database: Database, home: Path) -> None:
        self.database = database
        self.home = home

    def stage(self, content: pa.Table | Path) -> StagedFile:
        """Put a table, or a Parquet file (hard-linked if possible), into the folder.

        A file passed as a path must not be changed afterwards.
        """
        return stage(self.home, FOLDER, content)

    @staticmethod
    def add(
        connection: sa.Connection,
        dataset: str,
        kind: str,
        staged: StagedFile,
        *,
        key: Sequence[str],
        after: int = 0,
    ) -> int:
        """Make a staged file the next version in the caller's transaction; return its number.

        ``kind`` is ``base`` (replaces all) or ``delta``; ``key`` names the columns that identify
        a row. The number is above ``after`` and above all other versions of the dataset.
        """
        version = 1 + max(SnapshotStore.newest(connection, dataset), after)
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

    @staticmethod
    def take_back(connection: sa.Connection, dataset: str, version: int) -> bool:
        """Remove the newest version; False if a newer one exists or the one before was swept.

        The caller must make sure that nothing was made from the version.
        """
        if version != SnapshotStore.newest(connection, dataset):
            return False
        of_dataset = series_files.c.dataset == dataset
        older = sa.select(series_files.c.version).where(
            of_dataset, series_files.c.version == version - 1
        )
        if version > 1 and connection.execute(older).first() is None:
            return False
        connection.execute(
            sa.delete(series_files).where(of_dataset, series_files.c.version == version)
        )
        return True

    @staticmethod
    def restore(connection: sa.Connection, dataset: str, version: int) -> None:
        """Make the rows of an earlier version the newest ones; 0 deletes the dataset's manifest.

        They get new numbers, because predictors may remember those in between. Files are shared.

        Raises
        ------
        Conflict
            The files of the version were swept.
        """
        newest = SnapshotStore.newest(connection, dataset)
        if version == newest:
            return
        if version == 0:
            SnapshotStore.delete(connection, dataset)
            return
        files = SnapshotStore._rows(connection, dataset, version)
        if not files or files[-1].version != version:
            raise Conflict(
                f"Version {version} of dataset '{dataset}' is not kept any more, so its rows "
                "cannot come back. Import all data of the dataset again."
            )
        columns = ("dataset", "kind", "path", "rows", "key", "sha256")
        values = [{name: getattr(file, name) for name in columns} for file in files]
        numbers = itertools.count(newest + 1)
        connection.execute(
            sa.insert(series_files).values(created_at=database_now()),
            [{**value, "version": next(numbers)} for value in values],
        )

    @staticmethod
    def _rows(connection: sa.Connection, dataset: str, version: int) -> list[sa.Row[Any]]:
        """Manifest rows of a version, its base first; empty without a base."""
        statement = (
            sa.select(series_files)
            .where(series_files.c.dataset == dataset, series_files.c.version <= version)
            .order_by(series_files.c.version)
        )
        rows = connection.execute(statement).all()
        bases = [index for index, row in enumerate(rows) if row.kind == "base"]
        return list(rows[bases[-1] :]) if bases else []

    def version(self, dataset: str) -> int:
        """Newest version of a dataset; 0 if it has none."""
        with self.database.read() as connection:
            return self.newest(connection, dataset)

    @staticmethod
    def newest(connection: sa.Connection, dataset: str) -> int:
        """Newest version of a dataset, read in the caller's transaction; 0 if it has none."""
        statement = sa.select(sa.func.max(series_files.c.version)).where(
            series_files.c.dataset == dataset
        )
        return connection.execute(statement).scalar() or 0

    def read(self, dataset: str, version: int | None = None) -> pa.Table:
        """Read the rows of a version (default: the newest), base first, then the deltas in order.

        Text columns are dictionary-encoded. Several rows with the same key stay only if they are
        in the same file.

        Raises
        ------
        InvalidData
            There is no such version.
        DamagedData
            A file of the version is lost or was changed.
        """
        files = self.verified(dataset, version)
        return merge([read_parquet(self.home / file.path) for file in files], files[-1].key)

    def verified(self, dataset: str, version: int | None = None) -> list[SnapshotFile]:
        """The files of a version, base first; each one is as it was written.

        Raises
        ------
        InvalidData
            There is no such version.
        DamagedData
            A file is lost or was changed.
        """
        files = self._files(dataset, version)
        try:
            return self._verify(files)
        except DamagedData:
            again = self._files(dataset, version)
            if again == files:
                raise
            return self._verify(again)  # a compaction had replaced the files meanwhile

    def files(self) -> list[SnapshotFile]:
        """The files of every version of all datasets."""
        statement = sa.select(series_files).order_by(series_files.c.dataset, series_files.c.version)
        with self.database.read() as connection:
            return [_file(row) for row in connection.execute(statement)]

    def compact(self, dataset: str) -> bool:
        """Replace base and deltas of the newest version by one base; False if they are few.

        The rows of that version stay the same. Older versions still use the older files.
        """
        if not self.version(dataset):
            return False
        files = self._files(dataset, None)
        if len(files) <= COMPACT_AFTER:
            return False
        staged = self.stage(self.read(dataset, files[-1].version))
        with self.database.write() as connection:
            result = connection.execute(
                sa.update(series_files)
                .where(
                    series_files.c.dataset == dataset,
                    series_files.c.version == files[-1].version,
                    series_files.c.path == files[-1].path,
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

    def datasets(self) -> list[str]:
        """All datasets that have a version."""
        with self.database.read() as connection:
            statement = sa.select(series_files.c.dataset).distinct()
            return sorted(connection.execute(statement).scalars())

    @staticmethod
    def delete(connection: sa.Connection, dataset: str) -> None:
        """Delete a dataset's manifest; the next sweep deletes its files."""
        connection.execute(sa.delete(series_files).where(series_files.c.dataset == dataset))

    def sweep(
        self,
        used_versions: Callable[[sa.Connection], Collection[tuple[str, int]]],
        grace_seconds: float = GRACE_SECONDS,
        may_delete: Callable[[Path], bool] = lambda path: True,
    ) -> list[Path]:
        """Delete files that nothing needs any more and return their paths.

        The newest version of every dataset is needed, and so are ``used_versions`` (dataset and
        version). A file stays if it changed less than ``grace_seconds`` ago, or if ``may_delete``
        is False for it.
        """
        with self.database.write() as connection:
            self._delete_old_versions(connection, used_versions(connection), grace_seconds)
            needed = set(connection.execute(sa.select(series_files.c.path)).scalars())
        removed = []
        for path in sorted((self.home / FOLDER).glob("*.p*")):
            # A hard link keeps the modification time, but linking renews the change time.
            is_old = time.time() - path.stat().st_ctime >= grace_seconds
            if is_old and f"{FOLDER}/{path.name}" not in needed and may_delete(path):
                path.unlink(missing_ok=True)
                removed.append(path)
        return removed

    @staticmethod
    def _delete_old_versions(
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

    def _files(self, dataset: str, version: int | None) -> list[SnapshotFile]:
        with self.database.read() as connection:
            newest = self.newest(connection, dataset) if version is None else version
            rows = self._rows(connection, dataset, newest)
        if not rows or rows[-1].version != newest:
            raise InvalidData(
                f"Dataset '{dataset}' has no version {newest} with data. "
                "Import all of its data first."
            )
        return [_file(row) for row in rows]

    def _verify(self, files: list[SnapshotFile]) -> list[SnapshotFile]:
        for file in files:
            problem = file.problem(self.home)
            if problem is not None:
                raise DamagedData(
                    f"The stored data '{file.dataset}' cannot be used: version {file.version} "
                    f"{problem}.",
                    remedy=Remedy.IMPORT_ALL_AGAIN,
                )
        return files


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
