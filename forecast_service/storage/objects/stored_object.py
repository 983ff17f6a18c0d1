"""An object in a bucket, and its address."""

from __future__ import annotations

from dataclasses import dataclass

from forecast_service.errors import InvalidData

__all__ = ["StoredObject", "bucket_and_key", "is_content"]

SCHEME = "s3://"


@dataclass(frozen=True, order=True)
class StoredObject:
    """An object that exists."""

    uri: str
    size_bytes: int

    @property
    def name(self) -> str:
        """The last part of its address."""
        return self.uri.rpartition("/")[2]


def bucket_and_key(uri: str) -> tuple[str, str]:
    """Bucket and key of an ``s3://`` address; the key is empty for a whole bucket.

    Raises
    ------
    InvalidData
        The text is no such address.
    """
    bucket, _, key = uri.removeprefix(SCHEME).partition("/")
    if not uri.startswith(SCHEME) or not bucket:
        raise InvalidData(
            f"'{uri}' is not an address in a bucket. Write it as 's3://bucket/folder/file.csv'."
        )
    return bucket, key


def is_content(uri: str) -> bool:
    """Whether an object is one with data: no folder, no marker such as ``_SUCCESS``."""
    name = uri.rpartition("/")[2]
    return bool(name) and not name.startswith((".", "_"))
