"""Backup: one archive of an installation while it runs, and an installation out of one."""

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

from forecast_service.errors import Conflict, InvalidData
from forecast_service.settings import Settings
from forecast_service.storage.database import Database

__all__ = ["backup", "restore", "sweeping", "without_sweeps"]

MANIFEST = "manifest.json"
FORMAT = 1
DATABASE = "forecast.db"
COMPRESSION = 1  # Parquet and npz are compressed already
LEFT_OUT = ("logs", "uploads")
CHUNK_BYTES = 1024 * 1024
SWEEP_LOCK = ".sweep.lock"
PART = ".restoring"  # a restore that was not finished


def backup(settings: Settings, database: Database, target: Path) -> list[str]:
    """Write database and files of FORECAST_HOME to ``target`` (.tar.gz), and give what is in it.

    A database on PostgreSQL is not part of it: ``pg_dump`` makes that backup, before this one and
    not more than a day before, for so long no sweep takes a file that the dump names.
    The database is copied first: files are never changed, and none is swept meanwhile, so those
    that it names are all there.

    Raises
    ------
    Conflict
        ``target`` exists.
    """
    if target.exists():
        raise Conflict(f"'{target}' exists already. Name another file, or remove this one.")
    part = target.with_name(f".{target.name}.part")
    with (
        without_sweeps(settings.home),
        tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder,
    ):
        copy = _copied(database, Path(folder)) if database.is_sqlite else None
        try:
            with tarfile.open(part, "w:gz", compresslevel=COMPRESSION) as archive:
                names = _pack(archive, settings.home, Path(folder), copy)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    return names


def restore(settings: Settings, source: Path) -> list[str]:
    """Unpack a backup into FORECAST_HOME, and give what is there now.

    A database on PostgreSQL is restored with ``pg_restore``, before or after.

    Raises
    ------
    Conflict
        FORECAST_HOME holds something already.
    InvalidData
        ``source`` is no backup of this service.
    """
    home = settings.home
    part = home / PART
    if home.exists() and any(path != part for path in home.iterdir()):
        raise Conflict(
            f"'{home}' is not empty, and a backup is restored into an empty folder only. "
            "Name another one in FORECAST_HOME, or move this one away."
        )
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        with tarfile.open(source, "r:gz") as archive:
            _check(archive, source)
            archive.extractall(part, filter="data")
            _read_to_end(archive)
        (part / MANIFEST).unlink()
        # Whole on disk before any of it is in place; the database, which names the rest, last.
        for path in sorted(part.iterdir(), key=lambda path: (path.name == DATABASE, path.name)):
            path.rename(home / path.name)
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise InvalidData(
            f"'{source}' could not be restored: {error}. Use a file that a backup wrote."
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return sorted(path.name for path in home.iterdir())


@contextlib.contextmanager
def sweeping(home: Path) -> Iterator[bool]:
    """Whether files may be deleted now, which is so until the end unless a backup is under way."""
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
    """Keep every file that the copied database names, until it is in the archive."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / SWEEP_LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def _copied(database: Database, folder: Path) -> Path:
    """A consistent copy of the SQLite file, made while others write."""
    copy = folder / DATABASE
    path = str(database.engine.url.database)
    with (
        contextlib.closing(sqlite3.connect(path)) as source,
        contextlib.closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
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
        # Hidden ones are unfinished work, such as this backup's own folder.
        if path.is_dir() and path.name not in LEFT_OUT and not path.name.startswith("."):
            for file in sorted(path.rglob("*")):
                with contextlib.suppress(FileNotFoundError):  # an import has just ended
                    archive.add(file, str(file.relative_to(home)), recursive=False)
            names.append(path.name)
    return names


def _check(archive: tarfile.TarFile, source: Path) -> None:
    first = archive.next()
    content = None if first is None or first.name != MANIFEST else archive.extractfile(first)
    if content is None or _format(content.read()) != FORMAT:
        raise InvalidData(
            f"'{source}' is no backup of this version of the service. Use a file that a "
            "backup wrote."
        )


def _read_to_end(archive: tarfile.TarFile) -> None:
    """Only at its very end a gzip file says whether all that was read is what was written."""
    stream = archive.fileobj
    while stream is not None and stream.read(CHUNK_BYTES):
        pass


def _format(manifest: bytes) -> object:
    try:
        return dict(json.loads(manifest)).get("format")
    except (ValueError, TypeError):
        return None
