"""Files that are there whole and durably, or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

__all__ = ["link_or_copy", "sync"]


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name where the file system can, else a copy.

    Neither may be changed afterwards: they may be the very same file.
    """
    with contextlib.suppress(OSError):
        os.link(source, target)
        return
    shutil.copyfile(source, target)


def sync(path: Path) -> None:
    """Return once a file's content, or a folder's entries, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
