"""Presence of workers: each touches a file of its own, so that others see that it lives.

It is a file and no row, because the sign must not take the write lock of the database.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from socket import gethostname

__all__ = ["SIGN_SECONDS", "Workers", "give_sign", "take_leave", "workers"]

FOLDER = "workers"
SIGN_SECONDS = 5.0  # between two signs of a worker
ALIVE_SECONDS = 60.0  # a step of a run on AWS may take so long
FORGOTTEN_SECONDS = 24 * 3600.0


@dataclass(frozen=True)
class Workers:
    """The workers of an installation, on all hosts."""

    alive: int
    seen_at: float | None
    """Epoch seconds of the newest sign of any worker; None if there never was one."""


def give_sign(home: Path) -> None:
    """Show that this worker lives; a disk that cannot be written is not its fault."""
    path = _own_file(home)
    with contextlib.suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        path.touch()


def take_leave(home: Path) -> None:
    """Show that this worker has ended."""
    with contextlib.suppress(OSError):
        _own_file(home).unlink()


def workers(home: Path, now: float | None = None) -> Workers:
    """The workers that gave a sign; files of workers that were killed are deleted after a day."""
    now = time.time() if now is None else now
    signs = []
    for path in (home / FOLDER).glob("*"):
        with contextlib.suppress(OSError):
            seen_at = path.stat().st_mtime
            if now - seen_at > FORGOTTEN_SECONDS:
                path.unlink()
            signs.append(seen_at)
    alive = sum(now - seen_at <= ALIVE_SECONDS for seen_at in signs)
    return Workers(alive, max(signs, default=None))


def _own_file(home: Path) -> Path:
    return home / FOLDER / f"{gethostname()}-{os.getpid()}"
