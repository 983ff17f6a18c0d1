"""Helpers for files that must be complete and durable, or not exist at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

__all__ = ["link_or_copy", "new_folder", "once_per_content", "reason_of", "sync", "without_folder"]

RECHECK_SECONDS = 600.0  # a file is read again after this time, even if it looks unchanged
REMEMBERED = 4096  # files whose result a process remembers

T = TypeVar("T")


def link_or_copy(source: Path, target: Path) -> None:
    """Make ``target`` a hard link to ``source``, or a copy where links are not possible.

    Neither may be changed afterwards, because both may be the same file.
    """
    with contextlib.suppress(OSError):
        os.link(source, target)
        return
    shutil.copyfile(source, target)


def sync(path: Path) -> None:
    """Wait until the content of a file, or the entries of a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder that is deleted again if its files cannot be written: a full disk needs the space.

    The block may make it, or leave it to a function that writes into it.
    """
    try:
        yield path
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise


def once_per_content(read: Callable[[Path], T]) -> Callable[[Path], T]:
    """``read``, called again only if the file has changed, and every ten minutes.

    OSError if there is no file.
    """

    @lru_cache(REMEMBERED)
    def remembered(path: Path, _signature: tuple[int, ...], _period: int) -> T:
        return read(path)

    def call(path: Path) -> T:
        seen = path.stat()
        signature = (seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)
        return remembered(path, signature, int(time.monotonic() / RECHECK_SECONDS))

    return call


def without_folder(error: Exception, path: Path) -> str:
    """The text of an error about a file, with its name instead of its path on this machine."""
    return str(error).replace(str(path), path.name)


def reason_of(error: OSError) -> str:
    """The reason of an error of the operating system, without the path: ``permission denied``."""
    return (error.strerror or type(error).__name__).lower()
