"""Dataset import jobs: the files in the bucket become the next version of a dataset."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from forecast_service.errors import InvalidData
from forecast_service.local import catalog
from forecast_service.local.files.data_files import read_files
from forecast_service.local.files.domains import TARGET
from forecast_service.local.files.field_statistics import field_statistics
from forecast_service.local.files.schema import schema_of
from forecast_service.local.jobs.job import Finish, Job
from forecast_service.local.operations.import_jobs import DATE_AND_TIME
from forecast_service.local.operations.insights.evaluated import queue_evaluations
from forecast_service.local.resource_details import ImportJobDetails
from forecast_service.storage import manifest
from forecast_service.storage.objects.object_store import find_objects

__all__ = ["run_import"]

BYTES_PER_GB = 1024**3


def run_import(job: Job) -> Finish:
    """Read, check and stage the data; the returned function adds them to the dataset.

    Raises
    ------
    InvalidData
        There are no files or no access to them, or one does not fit the schema. Nothing was
        imported.
    """
    request = job.resource.request
    dataset = job.get(request["DatasetArn"])
    schema = schema_of(dataset)
    job.progress(0.0, "reading the files")
    time_format = request.get("TimestampFormat", DATE_AND_TIME[0])  # absent for item metadata
    s3_config = request["DataSource"]["S3Config"]
    with job.object_store(s3_config) as store:
        found = find_objects(store, s3_config["Path"])
        content = read_files(store, found, schema, request["Format"], time_format)
    job.progress(0.6, "describing the columns")
    details = replace(
        ImportJobDetails.of(job.resource.details),
        data_size_gb=content.size_bytes / BYTES_PER_GB,
        field_statistics=field_statistics(content.table, schema),
    )
    job.progress(0.8, "storing the rows")
    kind = "base" if request["ImportMode"] == "FULL" else "delta"
    if kind == "delta":
        job.snapshots.compact(dataset.arn)
    staged = job.snapshots.stage(content.canonical or content.table)

    def finish(connection: sa.Connection) -> ImportJobDetails:
        newest = manifest.newest(connection, dataset.arn)
        if kind == "delta" and not newest:
            raise InvalidData(
                f"Dataset '{dataset.name}' has no data yet, so rows cannot be added. "
                "Import with ImportMode FULL first."
            )
        # A dataset with the ARN of a deleted one must not use the same version numbers again.
        after = newest or _last_used_version(connection, dataset.arn)
        version = manifest.add(connection, dataset.arn, kind, staged, key=schema.key, after=after)
        if dataset.request["DatasetType"] == TARGET:
            queue_evaluations(connection, dataset.arn)
        catalog.update(connection, dataset.arn)  # the end of the import is its LastModificationTime
        return replace(details, version=version)

    return finish


def _last_used_version(connection: sa.Connection, dataset: str) -> int:
    versions = catalog.used_snapshots(connection)
    return max((version for name, version in versions if name == dataset), default=0)
