"""A full disk: a small filesystem where it can be mounted, else writes that fail as on one."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

__all__ = ["FullDisk", "small_disk"]

SIZE_BYTES = 24 * 1024 * 1024


class FullDisk:
    """A folder on a disk that can be filled and freed again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ballast = folder / ".ballast"

    def fill(self) -> None:
        """Use all space."""
        with contextlib.suppress(OSError), self.ballast.open("wb", buffering=0) as file:
            for size in (1024 * 1024, 4096, 1):
                with contextlib.suppress(OSError):
                    while file.write(b"\0" * size) == size:
                        pass

    def free(self) -> None:
        """Free the space again."""
        self.ballast.unlink()


class RefusedWrites(FullDisk):
    """Without the right to mount: the calls that need space are refused, as by a full disk."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(folder)
        self.monkeypatch = monkeypatch

    def fill(self) -> None:
        for name in ("mkdir", "open", "write_text"):
            self.monkeypatch.setattr(Path, name, self._refused(getattr(Path, name)))
        import pyarrow.parquet as pq

        self.monkeypatch.setattr(pq, "write_table", self._refused(pq.write_table, place=1))

    def free(self) -> None:
        self.monkeypatch.undo()

    def _refused(self, original: Callable[..., object], place: int = 0) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            path = Path(str(args[place]))
            is_new = not path.exists() and self.folder in path.parents
            if is_new and not (args[1:] and str(args[1]).startswith("r")):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return original(*args, **kwargs)

        return call


@contextlib.contextmanager
def small_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FullDisk]:
    """A folder on a disk of 24 MiB."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_BYTES}", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        yield RefusedWrites(folder, monkeypatch)
        return
    try:
        yield FullDisk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
