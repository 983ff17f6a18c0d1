"""Failures of the database, as errors of the service."""

from __future__ import annotations

from pathlib import Path

from forecast_service.common.disks import disk_full, is_full, read_only
from forecast_service.errors import BackendUnavailable, DatabaseDamaged, Remedy

__all__ = ["damaged", "failure_of"]

DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_FORMAT")
POSTGRESQL_FULL = "53100"
POSTGRESQL_READ_ONLY = "25006"
SUBJECT = "The database"


def failure_of(error: BaseException, folder: Path | None = None) -> BackendUnavailable | None:
    """The error of the service for an error of a driver; None if a statement is at fault.

    ``folder`` is the folder of an SQLite database.
    """
    name = str(getattr(error, "sqlite_errorname", None) or "")
    state = str(getattr(error, "sqlstate", None) or "")
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    if name.startswith(DAMAGED):
        return damaged(reason)
    if name == "SQLITE_FULL" or state == POSTGRESQL_FULL or _is_of_full_disk(name, folder):
        return disk_full("The disk of the database")
    if name.startswith("SQLITE_READONLY") or state == POSTGRESQL_READ_ONLY:
        return read_only(SUBJECT, "it is read-only")
    if _is_operational(error):
        return BackendUnavailable(f"The database did not answer: {reason}. Try again in a moment.")
    return None


def damaged(reason: str) -> DatabaseDamaged:
    """The error of a database that cannot be read."""
    text = reason.strip().splitlines()[0].removeprefix("*** ").removesuffix(" ***")
    return DatabaseDamaged(f"The database is damaged ({text}).", remedy=Remedy.RESTORE)


def _is_of_full_disk(name: str, folder: Path | None) -> bool:
    is_file_error = name.startswith(("SQLITE_IOERR", "SQLITE_CANTOPEN"))
    return is_file_error and folder is not None and is_full(folder)


def _is_operational(error: BaseException) -> bool:
    """Whether the driver calls it an OperationalError; drivers share no base class."""
    return any(kind.__name__ == "OperationalError" for kind in type(error).__mro__)
