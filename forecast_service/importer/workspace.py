"""The folder of one import: its files as they were sent, and the files made from them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from forecast_service.common.disks import not_writable
from forecast_service.common.files import link_or_copy
from forecast_service.errors import InvalidData
from forecast_service.storage.queue import new_id

__all__ = ["FOLDER_SECONDS", "Workspace", "replacing"]

FOLDER = "imports"
FOLDER_SECONDS = 24 * 3600.0  # files wait for so long to be imported; longer than any upload takes


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file to write, which replaces ``path`` at the end.

    An existing file is never written again. It may be hard-linked into a snapshot, and a frozen
    worker may wake up and write after another one has taken over.
    """
    temporary = path.with_name(f".{path.name}.{new_id()}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


class Workspace:
    """``imports/<id>`` in FORECAST_HOME; removed when the import has ended."""

    def __init__(self, home: Path, import_id: str) -> None:
        self.home = home
        self.path = home / FOLDER / import_id

    @staticmethod
    def all(home: Path) -> list[str]:
        """Ids of the imports that have a folder."""
        return sorted(path.name for path in (home / FOLDER).glob("*"))

    def keep(self, files: Mapping[str, Path]) -> dict[str, str]:
        """Copy the files, as the originals may change; return role -> path below ``home``.

        Raises
        ------
        InvalidData
            A file cannot be read; nothing is kept.
        NotWritable
            The disk is full or read-only; nothing is kept.
        """
        kept = {}
        try:
            for role, source in files.items():
                target = self.path / role / source.name
                target.parent.mkdir(parents=True)
                keep = link_or_copy if self._is_ours(source) else shutil.copyfile
                keep(source, target)
                kept[role] = target.relative_to(self.home).as_posix()
        except OSError as error:
            self.remove()
            is_source = isinstance(error, PermissionError) and error.filename == str(source)
            raise (None if is_source else not_writable(error)) or InvalidData(
                f"'{source}' cannot be read: {error.strerror}. Name a file that is readable."
            ) from error
        return kept

    def remove(self) -> None:
        """Delete the folder and all its files."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _is_ours(self, source: Path) -> bool:
        """Whether a file is in our own home: such a file never changes."""
        return self.home.resolve() in source.resolve().parents
