"""Snapshots: versions of a dataset, as immutable Parquet files and a manifest in SQL.

Among rows with the same key, those of the newest file of a version count. A file is complete on
disk before its row in the ``manifest`` exists.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from pathlib import Path

import pyarrow as pa
import sqlalchemy as sa

from forecast_service.errors import DamagedData, InvalidData, Remedy
from forecast_service.storage import manifest
from forecast_service.storage.database import Database
from forecast_service.storage.manifest import SnapshotFile
from forecast_service.storage.parquet import StagedFile, merge, read_parquet, stage

__all__ = ["GRACE_SECONDS", "SnapshotStore"]

FOLDER = "snapshots"
GRACE_SECONDS = 3600.0  # a younger file without a row may belong to a job that will commit
COMPACT_AFTER = 8  # files in one version; each delta costs every reader a pass over the keys


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

    def version(self, dataset: str) -> int:
        """Newest version of a dataset; 0 if it has none."""
        with self.database.read() as connection:
            return manifest.newest(connection, dataset)

    def read(
        self,
        dataset: str,
        version: int | None = None,
        *,
        columns: Collection[str] | None = None,
    ) -> pa.Table:
        """Read the rows of a version (default: the newest), base first, then the deltas in order.

        ``columns``: only the key and these columns, as far as they exist. Text columns are
        dictionary-encoded. Several rows with the same key stay only if they are in the same file.

        Raises
        ------
        InvalidData
            There is no such version.
        DamagedData
            A file of the version is lost or was changed.
        """
        files = self.verified(dataset, version)
        key = files[-1].key
        names = None if columns is None else {*key, *columns}
        return merge([read_parquet(self.home / file.path, names) for file in files], key)

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
        with self.database.read() as connection:
            return manifest.all_files(connection)

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
            return manifest.make_base(connection, files[-1], staged)

    def datasets(self) -> list[str]:
        """All datasets that have a version."""
        return sorted({file.dataset for file in self.files()})

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
            manifest.delete_old_versions(connection, used_versions(connection), grace_seconds)
            needed = {file.path for file in manifest.all_files(connection)}
        removed = []
        for path in sorted((self.home / FOLDER).glob("*.p*")):
            # A hard link keeps the modification time, but linking renews the change time.
            is_old = time.time() - path.stat().st_ctime >= grace_seconds
            if is_old and f"{FOLDER}/{path.name}" not in needed and may_delete(path):
                path.unlink(missing_ok=True)
                removed.append(path)
        return removed

    def _files(self, dataset: str, version: int | None) -> list[SnapshotFile]:
        with self.database.read() as connection:
            newest = manifest.newest(connection, dataset) if version is None else version
            files = manifest.files_of(connection, dataset, newest)
        if not files or files[-1].version != newest:
            raise InvalidData(
                f"Dataset '{dataset}' has no version {newest} with data. "
                "Import all of its data first."
            )
        return files

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
