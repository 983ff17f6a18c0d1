"""Bucket: stores data files that Amazon Forecast (or our own) reads by ``s3://`` address."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Protocol

from forecast_service.common.files import link_or_copy, sync
from forecast_service.errors import InvalidData

__all__ = ["Bucket", "LocalBucket"]

SCHEME = "s3://"


class Bucket(Protocol):
    """Stores files under ``s3://`` addresses."""

    def put(self, source: Path, uri: str) -> None:
        """Store a file under ``uri``; readers see the complete file or none."""

    def discard(self, uri: str) -> None:
        """Free the space of a folder on this machine; nobody reads it any more."""


class LocalBucket:
    """A folder with buckets: ``s3://bucket/key`` is the file ``bucket/key`` in it.

    It is FORECAST_S3_FOLDER, by default the folder ``s3`` of FORECAST_HOME.
    """

    def __init__(self, home: Path, folder: Path | None = None) -> None:
        self.root = home / "s3" if folder is None else folder

    def path_of(self, uri: str) -> Path:
        """Path of the file or folder at an address; it need not exist.

        Raises
        ------
        InvalidData
            The text is not an ``s3://`` address, or points outside the bucket.
        """
        segments = [part for part in uri.removeprefix(SCHEME).split("/") if part]
        if not uri.startswith(SCHEME) or not segments:
            raise InvalidData(
                f"'{uri}' is not an address in a bucket. Write it as 's3://bucket/folder/file.csv'."
            )
        if ".." in segments or "." in segments or "\0" in uri:
            raise InvalidData(
                f"'{uri}' points outside its bucket. Leave out '.' and '..' between the slashes."
            )
        return self.root.joinpath(*segments)

    def has_bucket(self, uri: str) -> bool:
        """Whether the bucket of an address exists as a folder."""
        return (self.root / self.path_of(uri).relative_to(self.root).parts[0]).is_dir()

    def put(self, source: Path, uri: str) -> None:
        """Store a file under ``uri``: as a hard link if possible, else as a copy.

        The source must not be changed afterwards, because both may be the same file.
        """
        target = self.path_of(uri)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{os.getpid()}")
        temporary.unlink(missing_ok=True)
        try:
            link_or_copy(source, temporary)
            sync(temporary)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        sync(target.parent)

    def discard(self, uri: str) -> None:
        """Delete the folder at an address, if it exists."""
        shutil.rmtree(self.path_of(uri), ignore_errors=True)
