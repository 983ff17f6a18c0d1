"""Backup: writes a running installation to one archive, and restores an archive."""

from __future__ import annotations

import contextlib
import fcntl
import json
import shutil
import sqlite3
import tarfile
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

from forecast_service.common.disks import not_writable, require_folder
from forecast_service.errors import Conflict, InvalidData
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.failures import damaged

__all__ = ["backup", "restore", "sweeping", "without_sweeps"]

MANIFEST = "manifest.json"
FORMAT = 1
DATABASE = "forecast.db"
COMPRESSION = 1  # Parquet and npz are compressed already
LEFT_OUT = ("logs", "uploads")
CHUNK_BYTES = 1024 * 1024
SWEEP_LOCK = ".sweep.lock"
PART = ".restoring"  # folder of an unfinished restore


def backup(settings: Settings, database: Database, target: Path) -> list[str]:
    """Write database and files of FORECAST_HOME to ``target`` (.tar.gz); return their names.

    The database is copied first. Files never change and none is swept meanwhile, so all files that
    the database names are in the archive. A PostgreSQL database is not part of it: make its backup
    with ``pg_dump``, at most a day before this one. For one day no sweep deletes a file that the
    dump names.

    Raises
    ------
    Conflict
        ``target`` exists.
    DatabaseDamaged
        The database is damaged: restoring the backup would not help.
    """
    if target.exists():
        raise Conflict(f"'{target}' exists already. Name another file, or delete this one.")
    part = target.with_name(f".{target.name}.part")
    with (
        without_sweeps(settings.home),
        tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder,
    ):
        copy = _copy(database, Path(folder)) if database.is_sqlite else None
        try:
            with tarfile.open(part, "w:gz", compresslevel=COMPRESSION) as archive:
                names = _pack(archive, settings.home, Path(folder), copy)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    return names


def restore(settings: Settings, source: Path) -> list[str]:
    """Unpack a backup into FORECAST_HOME; return the names in it.

    Restore a PostgreSQL database with ``pg_restore``, before or after.

    Raises
    ------
    Conflict
        FORECAST_HOME is not empty.
    InvalidData
        ``source`` is not a backup of this service.
    NotWritable
        The disk is full or read-only.
    """
    home = settings.home
    part = home / PART
    require_folder(home, "FORECAST_HOME")
    if any(path != part for path in home.iterdir()):
        raise Conflict(
            f"'{home}' is not empty, but a backup can only be restored into an empty folder. "
            "Name another folder in FORECAST_HOME, or move this one away."
        )
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir()
        with tarfile.open(source, "r:gz") as archive:
            _check(archive, source)
            archive.extractall(part, filter="data")
            _read_to_end(archive)
        (part / MANIFEST).unlink()
        # All is on disk before anything is moved. The database names the other files: move it last.
        for path in sorted(part.iterdir(), key=lambda path: (path.name == DATABASE, path.name)):
            path.rename(home / path.name)
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise not_writable(error) or InvalidData(
            f"'{source}' could not be restored: {error}. Use a file that a backup wrote."
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return sorted(path.name for path in home.iterdir())


@contextlib.contextmanager
def sweeping(home: Path) -> Iterator[bool]:
    """Yield whether files may be deleted: True unless a backup runs; none begins meanwhile."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / SWEEP_LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


@contextlib.contextmanager
def without_sweeps(home: Path) -> Iterator[None]:
    """Prevent sweeps, so that all files that the copied database names get into the archive."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / SWEEP_LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def _copy(database: Database, folder: Path) -> Path:
    """Make a consistent copy of the SQLite file while others may write."""
    copy = folder / DATABASE
    path = str(database.engine.url.database)
    try:
        with (
            contextlib.closing(sqlite3.connect(path)) as source,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
            found = target.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise database.failure_of(error) or error from error
    if found != "ok":
        raise damaged(found)
    return copy


def _pack(archive: tarfile.TarFile, home: Path, folder: Path, copy: Path | None) -> list[str]:
    manifest = folder / MANIFEST
    manifest.write_text(json.dumps({"format": FORMAT, "made_at": time.time()}), encoding="utf-8")
    archive.add(manifest, MANIFEST)
    names = []
    if copy is not None:
        archive.add(copy, DATABASE)
        names.append(DATABASE)
    for path in sorted(home.iterdir()):
        # Hidden folders are unfinished work, for example this backup's own folder.
        if path.is_dir() and path.name not in LEFT_OUT and not path.name.startswith("."):
            for file in sorted(path.rglob("*")):
                with contextlib.suppress(FileNotFoundError):  # an import that ends deletes files
                    archive.add(file, str(file.relative_to(home)), recursive=False)
            names.append(path.name)
    return names


def _check(archive: tarfile.TarFile, source: Path) -> None:
    first = archive.next()
    content = None if first is None or first.name != MANIFEST else archive.extractfile(first)
    if content is None or _format(content.read()) != FORMAT:
        raise InvalidData(
            f"'{source}' is not a backup of this version of the service. Use a file that a "
            "backup wrote."
        )


def _read_to_end(archive: tarfile.TarFile) -> None:
    """Read the rest: the checksum at the end of a gzip file shows whether it is undamaged."""
    stream = archive.fileobj
    while stream is not None and stream.read(CHUNK_BYTES):
        pass


def _format(manifest: bytes) -> object:
    try:
        return dict(json.loads(manifest)).get("format")
    except (ValueError, TypeError):
        return None
