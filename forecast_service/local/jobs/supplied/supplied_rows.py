"""Rows of the files that a request names, read by the schema in the same request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from forecast_service.local.files.data_files import read_files
from forecast_service.local.files.domains import METADATA, RELATED
from forecast_service.local.files.schema import DatasetSchema
from forecast_service.local.jobs.job import Job
from forecast_service.local.operations.import_jobs import DATE_AND_TIME
from forecast_service.storage.objects.object_store import find_objects

__all__ = ["read_rows", "supplied_schema"]


def read_rows(job: Job, source: Mapping[str, Any], schema: DatasetSchema) -> pa.Table:
    """The rows; ``source`` has the members S3Config, Format and TimestampFormat of Amazon's.

    Raises
    ------
    InvalidData
        There are no files or no access to them, or one does not fit the schema.
    """
    s3_config = source["S3Config"]
    time_format = source.get("TimestampFormat", DATE_AND_TIME[0])
    with job.object_store(s3_config) as store:
        found = find_objects(store, s3_config["Path"])
        return read_files(store, found, schema, source.get("Format", "CSV"), time_format).table


def supplied_schema(keys: Sequence[str], schema: Mapping[str, Any]) -> DatasetSchema:
    """The columns of a Schema of Amazon's; the first of ``keys`` is the item."""
    entries = schema["Attributes"]
    fields = tuple((entry["AttributeName"], entry["AttributeType"]) for entry in entries)
    has_times = any(kind == "timestamp" for _, kind in fields)
    return DatasetSchema(RELATED if has_times else METADATA, keys[0], fields)
