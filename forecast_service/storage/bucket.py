"""Where data files stand that Amazon Forecast (or our own) reads by ``s3://`` address."""

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
    """A place that takes files by ``s3://`` address."""

    def put(self, source: Path, uri: str) -> None:
        """Store a file under ``uri``; readers see it whole or not at all."""

    def discard(self, uri: str) -> None:
        """Give back the room that a folder takes on this machine; nobody reads it any more."""


class LocalBucket:
    """The folder ``s3`` of FORECAST_HOME: ``s3://bucket/key`` is the file ``s3/bucket/key``."""

    def __init__(self, home: Path) -> None:
        self.root = home / "s3"

    def path_of(self, uri: str) -> Path:
        """The file or folder behind an address, whether it exists or not.

        Raises
        ------
        InvalidData
            It is no ``s3://`` address, or it points out of the bucket.
        """
        segments = [part for part in uri.removeprefix(SCHEME).split("/") if part]
        if not uri.startswith(SCHEME) or not segments:
            raise InvalidData(
                f"'{uri}' is no address in a bucket. Write it as 's3://bucket/folder/file.csv'."
            )
        if ".." in segments or "." in segments or "\0" in uri:
            raise InvalidData(
                f"'{uri}' points out of its bucket. Leave out '.' and '..' between the slashes."
            )
        return self.root.joinpath(*segments)

    def put(self, source: Path, uri: str) -> None:
        """Store a file under ``uri``: a hard link where possible, else a copy.

        The source must not be changed afterwards: it may be the very same file.
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
        """Delete the folder behind an address, if it is there."""
        shutil.rmtree(self.path_of(uri), ignore_errors=True)
