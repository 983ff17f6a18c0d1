"""S3Store: a bucket on S3, or on another store with its protocol, through boto3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from forecast_service.errors import InvalidData
from forecast_service.settings import Settings
from forecast_service.storage.objects.aws_clients import client_maker
from forecast_service.storage.objects.stored_object import (
    StoredObject,
    bucket_and_key,
    is_content,
)

__all__ = ["S3Store"]

MOST_FOUND = 10_001  # one more than an import may have
LONGEST_NAME = 200  # of a file on this machine, in bytes
KEEP_HERE = "Or keep the files here: make the folder '{bucket}' in FORECAST_S3_FOLDER."
REMEDIES: Mapping[str, str] = {
    "NoSuchBucket": f"Check the name of the bucket. {KEEP_HERE}",
    "AccessDenied": "Who reads needs s3:ListBucket and s3:GetObject there, who exports "
    "s3:PutObject; who assumes the role needs sts:AssumeRole.",
    "NoCredentialsError": f"Set AWS_PROFILE or AWS_ACCESS_KEY_ID for the worker. {KEEP_HERE}",
}
CHECK = "Check the bucket, the role, and AWS_ENDPOINT_URL_S3. Then create the job again."


class S3Store:
    """Objects of a bucket on S3."""

    files_never_change = False

    def __init__(
        self,
        settings: Settings,
        scratch: Path,
        *,
        role_arn: str | None = None,
        kms_key: str | None = None,
    ) -> None:
        self.settings = settings
        self.scratch = scratch
        self.role_arn = role_arn
        self.encryption = (
            {} if kms_key is None else {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key}
        )

    @cached_property
    def client(self) -> Any:
        """boto3's client, made at the first use, so that errors can name an address."""
        return client_maker(self.settings, self.role_arn)("s3")

    def find(self, uri: str) -> list[StoredObject]:
        """The object at an address, else all in the folder; at most one more than is allowed."""
        bucket, key = bucket_and_key(uri)
        with self._translated(uri, "read"):
            first = self._listed(bucket, key, PaginationConfig={"MaxItems": 1})
            itself = [one for one in first if one.uri == f"s3://{bucket}/{key}"]
            if itself and not key.endswith("/"):
                return itself
            folder = key if key.endswith("/") or not key else f"{key}/"
            found = (one for one in self._listed(bucket, folder) if is_content(one.uri))
            return sorted(islice(found, MOST_FOUND))

    @contextmanager
    def opened(self, found: StoredObject) -> Iterator[Path]:
        """A copy of the object, in blocks; it is deleted at the end."""
        bucket, key = bucket_and_key(found.uri)
        path = self.scratch / _file_name(found)
        try:
            with self._translated(found.uri, "read"):
                self._download(bucket, key, path)
            yield path
        finally:
            path.unlink(missing_ok=True)

    def put(self, source: Path, uri: str) -> None:
        """Upload a file of at most 5 GB."""
        bucket, key = bucket_and_key(uri)
        with self._translated(uri, "written"), source.open("rb") as body:
            self.client.put_object(Bucket=bucket, Key=key, Body=body, **self.encryption)

    def _listed(self, bucket: str, prefix: str, **options: Any) -> Iterator[StoredObject]:
        pages = self.client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=bucket, Prefix=prefix, **options):
            for entry in page.get("Contents", ()):
                yield StoredObject(f"s3://{bucket}/{entry['Key']}", entry["Size"])

    def _download(self, bucket: str, key: str, path: Path) -> None:
        try:
            self.client.download_file(bucket, key, str(path))
        except ClientError as error:
            if error.operation_name == "HeadObject":  # its answer has no reason, GetObject has one
                self.client.get_object(Bucket=bucket, Key=key)
            raise

    @contextmanager
    def _translated(self, uri: str, what: str) -> Iterator[None]:
        """Translate errors of S3 and STS to one sentence with their own reason."""
        try:
            yield
        except ClientError as error:
            answer = error.response.get("Error", {})
            code, message = str(answer.get("Code", "")), answer.get("Message", "")
            is_role = error.operation_name == "AssumeRole"
            who = f"The role '{self.role_arn}' cannot be assumed: STS" if is_role else "S3"
            raise InvalidData(
                f"'{uri}' cannot be {what}. {who} answered {error.operation_name} with {code}: "
                f"{message.rstrip('.')}. {_remedy(code, uri)}"
            ) from error
        except BotoCoreError as error:
            remedy = _remedy(type(error).__name__, uri)
            raise InvalidData(
                f"'{uri}' cannot be {what}: {str(error).rstrip('.')}. {remedy}"
            ) from error


def _remedy(code: str, uri: str) -> str:
    return REMEDIES.get(code, CHECK).format(bucket=bucket_and_key(uri)[0])


def _file_name(found: StoredObject) -> str:
    """A name for the copy: that of the object, because errors name it, if a file may have it."""
    name = found.name
    if len(name.encode()) <= LONGEST_NAME and "\0" not in name:
        return name
    return "object" + Path(name).suffix[-20:]
