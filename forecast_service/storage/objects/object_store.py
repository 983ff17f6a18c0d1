"""ObjectStore: what import and export jobs need of files under ``s3://`` addresses.

A bucket that exists as a folder in FORECAST_S3_FOLDER is that folder. Every other bucket is on S3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Protocol

from forecast_service.common.disks import not_writable
from forecast_service.common.files import reason_of
from forecast_service.errors import InvalidData
from forecast_service.settings import Settings
from forecast_service.storage.bucket import LocalBucket
from forecast_service.storage.objects.s3_store import S3Store
from forecast_service.storage.objects.stored_object import StoredObject, is_content

__all__ = ["FolderStore", "ObjectStore", "each_opened", "find_objects", "open_store"]

MAX_FILES = 10_000
OURS = "imports"  # folder in FORECAST_BUCKET that only this service writes


class ObjectStore(Protocol):
    """Files under the addresses of one bucket."""

    files_never_change: bool
    """Whether an opened file stays as it is for ever, so that others may link to it."""

    def find(self, uri: str) -> Sequence[StoredObject]:
        """The object at an address, else all in the folder of that name, sorted by address.

        Names that begin with ``.`` or ``_`` are left out: markers such as ``_SUCCESS``.
        """

    def opened(self, found: StoredObject) -> AbstractContextManager[Path]:
        """The content of an object as a file on this machine."""

    def put(self, source: Path, uri: str) -> None:
        """Store a file under ``uri``; readers see the complete file or none."""


def open_store(settings: Settings, s3_config: Mapping[str, str], scratch: Path) -> ObjectStore:
    """The store of an S3Config of Amazon's; objects from S3 are copied to ``scratch`` for reading.

    Raises
    ------
    InvalidData
        The path is no address in a bucket, or there are no credentials for S3.
    """
    bucket = LocalBucket(settings.home, settings.s3_folder)
    uri = s3_config["Path"]
    if bucket.has_bucket(uri):
        return FolderStore(bucket, is_ours=uri.startswith(f"s3://{settings.bucket}/{OURS}/"))
    role = s3_config.get("RoleArn") if settings.assume_role else None
    return S3Store(settings, scratch, role_arn=role, kms_key=s3_config.get("KMSKeyArn"))


def find_objects(store: ObjectStore, uri: str) -> Sequence[StoredObject]:
    """The objects at an address: the one itself, or all in the folder.

    Raises
    ------
    InvalidData
        There are none, or more than 10,000, or they cannot be listed.
    """
    found = store.find(uri)
    if not found:
        # The first half is what Amazon says.
        raise InvalidData(
            f"No objects found in s3 path {uri}, please ensure the path is specified correctly. "
            "A folder in FORECAST_S3_FOLDER with the name of a bucket takes the place of that "
            "bucket."
        )
    if len(found) > MAX_FILES:
        raise InvalidData(
            f"'{uri}' holds more than {MAX_FILES:,} files, and no more are allowed. Merge some."
        )
    return found


def each_opened(store: ObjectStore, found: Sequence[StoredObject]) -> Iterator[Path]:
    """A file on this machine for each object, one after another."""
    for one in found:
        with store.opened(one) as path:
            yield path


class FolderStore:
    """Buckets that are folders on this machine."""

    def __init__(self, bucket: LocalBucket, *, is_ours: bool = False) -> None:
        self.bucket = bucket
        self.files_never_change = is_ours

    def find(self, uri: str) -> list[StoredObject]:
        """The file at an address, else all in the folder."""
        path = self.bucket.path_of(uri)
        with _without_path(uri, "read"):
            if path.is_file():
                return [self._object(path)]
            found = (self._object(file) for file in path.rglob("*") if file.is_file())
            return sorted(one for one in found if is_content(one.uri))

    def opened(self, found: StoredObject) -> AbstractContextManager[Path]:
        """The file itself."""
        return nullcontext(self.bucket.path_of(found.uri))

    def put(self, source: Path, uri: str) -> None:
        """Store a file as a hard link if possible: the source must not be changed afterwards."""
        with _without_path(uri, "written"):
            self.bucket.put(source, uri)

    def _object(self, path: Path) -> StoredObject:
        key = path.relative_to(self.bucket.root).as_posix()
        return StoredObject(f"s3://{key}", path.stat().st_size)


@contextmanager
def _without_path(uri: str, what: str) -> Iterator[None]:
    """Name the address in errors of the operating system, not the path on this machine."""
    try:
        yield
    except OSError as error:
        if not isinstance(error, PermissionError) and not_writable(error):
            raise  # accepted work waits for space
        raise InvalidData(
            f"'{uri}' cannot be {what}: {reason_of(error)}. Check the folder of this bucket in "
            "FORECAST_S3_FOLDER."
        ) from error
