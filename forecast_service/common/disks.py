"""Disks that cannot be written: errors of the operating system as errors of the service."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from forecast_service.common.files import reason_of
from forecast_service.errors import ConfigurationError, NotWritable

__all__ = ["disk_full", "is_full", "not_writable", "read_only", "require_folder"]

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
EFFECTIVE_IDS = os.access in os.supports_effective_ids
LEAST_FREE_BYTES = 1024 * 1024


def not_writable(error: BaseException) -> NotWritable | None:
    """The error of the service for a full or read-only disk; None for any other error."""
    number = error.errno if isinstance(error, OSError) else None
    if number in FULL:
        return disk_full("The disk of the service")
    if number in READ_ONLY and isinstance(error, OSError):
        return read_only("The folder of the service", reason_of(error))
    return None


def disk_full(subject: str) -> NotWritable:
    """The error of a full disk; nothing of the request was kept."""
    return NotWritable(
        f"{subject} is full. Free some space: accepted work goes on by itself then, and a request "
        "that was refused can be sent again."
    )


def read_only(subject: str, reason: str) -> NotWritable:
    """The error of a read-only disk; nothing of the request was kept."""
    return NotWritable(
        f"{subject} cannot be written ({reason}). Make it writable: accepted work goes on by "
        "itself then, and a request that was refused can be sent again."
    )


def is_full(folder: Path) -> bool:
    """Whether the disk of a folder has no space for a small file."""
    try:
        state = os.statvfs(folder)
    except OSError:
        return False
    return state.f_bavail * state.f_frsize < LEAST_FREE_BYTES


def require_folder(path: Path, name: str) -> None:
    """Make a folder if it does not exist; ``name`` says what it is for.

    Raises
    ------
    ConfigurationError
        It cannot be made, is not a folder, or cannot be written.
    """
    problem = _problem_of(path)
    if problem is not None:
        raise ConfigurationError(
            f"{name} is '{path}', {problem}. Name a folder that can be written, or make this one "
            "writable."
        )


def _problem_of(path: Path) -> str | None:
    try:
        if path.is_symlink() and not path.exists():
            return f"a link to '{path.readlink()}', which does not exist"
        if path.exists() and not path.is_dir():
            return "which is not a folder"
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return f"which cannot be made ({reason_of(error)})"
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK, effective_ids=EFFECTIVE_IDS):
        is_read_only = os.statvfs(path).f_flag & os.ST_RDONLY
        reason = "read-only file system" if is_read_only else "permission denied"
        return f"which cannot be written ({reason})"
    return None
