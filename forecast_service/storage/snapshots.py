"""Snapshots: what a dataset holds at a version, as immutable Parquet files and a manifest in SQL.

A version is its newest base and the deltas after it; of rows with the same key the newest file's
win. Files are complete on disk before their manifest row exists.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import sqlalchemy as sa

from forecast_service.errors import InvalidData
from forecast_service.storage.database import Database, database_now
from forecast_service.storage.parquet import StagedFile, merge, read_parquet, sha256_of, stage
from forecast_service.storage.tables import series_files

__all__ = ["GRACE_SECONDS", "SnapshotStore", "StagedFile"]

FOLDER = "snapshots"
GRACE_SECONDS = 3600.0  # a file without a row may belong to a job that is about to commit
COMPACT_AFTER = 8  # deltas on one base; each costs every reader a pass over the keys


@dataclass(frozen=True)
class _File:
    version: int
    kind: str
    path: str
    key: tuple[str, ...]
    sha256: str


class SnapshotStore:
    """Versions of every dataset; a version, once written, always reads the same."""

    def __init__(self, database: Database, home: Path) -> None:
        self.database = database
        self.home = home

    def stage(self, content: pa.Table | Path) -> StagedFile:
        """Put a table, or a Parquet file (hard-linked where possible), into the folder.

        A file that is given as a path must never be changed afterwards.
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
        """Make a staged file the next version inside the caller's transaction; give its number.

        ``kind`` is ``base`` (replaces all) or ``delta``; ``key`` names the columns that tell one
        row from another. The number is above ``after`` and above every other of the dataset.
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
        """Remove the newest version again; False when it is not, or its predecessor was swept.

        What was made from the version is for the caller to know.
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

    def version(self, dataset: str) -> int:
        """Newest version of a dataset; 0 when nothing was ever added."""
        with self.database.read() as connection:
            return self.newest(connection, dataset)

    @staticmethod
    def newest(connection: sa.Connection, dataset: str) -> int:
        """The same inside the caller's transaction."""
        statement = sa.select(sa.func.max(series_files.c.version)).where(
            series_files.c.dataset == dataset
        )
        return connection.execute(statement).scalar() or 0

    def read(self, dataset: str, version: int | None = None) -> pa.Table:
        """The rows of a version (default: the newest), base first, then the deltas in order.

        Text columns are dictionary-encoded. Several rows with one key stay only when they came
        with the same file.

        Raises
        ------
        InvalidData
            There is no such version.
        """
        try:
            return self._read(dataset, version)
        except FileNotFoundError:  # a sweep came between the manifest and the files
            return self._read(dataset, version)

    def compact(self, dataset: str) -> bool:
        """Replace the newest version's deltas by one base; False when there are few.

        That version reads the same; older ones keep reading from the older files.
        """
        if not self.version(dataset):
            return False
        files = self._files(dataset, None)
        if len(files) <= COMPACT_AFTER:
            return False
        for file in files:
            self._verify(file)
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
        """Every dataset that has a version."""
        with self.database.read() as connection:
            statement = sa.select(series_files.c.dataset).distinct()
            return sorted(connection.execute(statement).scalars())

    @staticmethod
    def forget(connection: sa.Connection, dataset: str) -> None:
        """Remove a dataset's manifest; its files go with the next sweep."""
        connection.execute(sa.delete(series_files).where(series_files.c.dataset == dataset))

    def sweep(
        self,
        remembered: Callable[[sa.Connection], Collection[tuple[str, int]]],
        grace_seconds: float = GRACE_SECONDS,
        may_go: Callable[[Path], bool] = lambda path: True,
    ) -> list[Path]:
        """Delete files that nothing needs any more, and give their paths.

        Needed are the newest version of every dataset and those ``remembered``, as dataset and
        version; what changed less than ``grace_seconds`` ago is left alone, and what ``may_go``
        says no to.
        """
        with self.database.write() as connection:
            self._forget_old_versions(connection, remembered(connection), grace_seconds)
            known = set(connection.execute(sa.select(series_files.c.path)).scalars())
        removed = []
        for path in sorted((self.home / FOLDER).glob("*.p*")):
            # A hard link keeps the time of its content, but linking renews the change time.
            old = time.time() - path.stat().st_ctime >= grace_seconds
            if old and f"{FOLDER}/{path.name}" not in known and may_go(path):
                path.unlink(missing_ok=True)
                removed.append(path)
        return removed

    @staticmethod
    def _forget_old_versions(
        connection: sa.Connection, remembered: Collection[tuple[str, int]], grace_seconds: float
    ) -> None:
        """Drop manifest rows that no needed version reads, once they are superseded for long."""
        now = connection.execute(sa.select(database_now())).scalar_one()
        statement = sa.select(series_files).order_by(
            series_files.c.dataset, series_files.c.version.desc()
        )
        needed: set[tuple[str, int]] = set()
        dataset, open_until_base, superseded_at = None, False, now
        for row in connection.execute(statement).all():
            if row.dataset != dataset:
                dataset, open_until_base, superseded_at = row.dataset, True, now
                needed.add((row.dataset, row.version))
            open_until_base |= (row.dataset, row.version) in remembered
            if not open_until_base and superseded_at <= now - grace_seconds:
                connection.execute(
                    sa.delete(series_files).where(
                        series_files.c.dataset == row.dataset,
                        series_files.c.version == row.version,
                    )
                )
            if row.kind == "base":
                open_until_base, superseded_at = False, row.created_at

    def _read(self, dataset: str, version: int | None) -> pa.Table:
        files = self._files(dataset, version)
        return merge([read_parquet(self.home / each.path) for each in files], files[-1].key)

    def _files(self, dataset: str, version: int | None) -> list[_File]:
        with self.database.read() as connection:
            newest = self.newest(connection, dataset) if version is None else version
            statement = (
                sa.select(series_files)
                .where(series_files.c.dataset == dataset, series_files.c.version <= newest)
                .order_by(series_files.c.version)
            )
            rows = connection.execute(statement).all()
        bases = [index for index, row in enumerate(rows) if row.kind == "base"]
        if not bases or rows[-1].version != newest:
            raise InvalidData(
                f"Dataset '{dataset}' has no version {newest} with data. "
                "Import all of its data first."
            )
        return [
            _File(row.version, row.kind, row.path, tuple(row.key), row.sha256)
            for row in rows[bases[-1] :]
        ]

    def _verify(self, file: _File) -> None:
        if sha256_of(self.home / file.path) != file.sha256:
            raise InvalidData(
                f"File '{file.path}' was changed after it was imported. Restore it from a backup, "
                "or import all data of the dataset again."
            )
