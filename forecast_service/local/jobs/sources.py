"""The data of a dataset group at fixed versions, read from its snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import sqlalchemy as sa

from forecast_service.errors import BackendUnavailable, InvalidData
from forecast_service.local import catalog
from forecast_service.local.calls import ACTIVE
from forecast_service.local.catalog import Resource
from forecast_service.local.files.domains import METADATA, RELATED, TARGET
from forecast_service.local.files.schema import DatasetSchema, schema_of
from forecast_service.local.jobs.job import Job
from forecast_service.storage.groups import is_loading

__all__ = ["Source", "Sources", "read_sources"]


@dataclass(frozen=True)
class Source:
    """The rows of one dataset and what its columns mean."""

    table: pa.Table
    schema: DatasetSchema


@dataclass(frozen=True)
class Sources:
    """What a dataset group holds; ``snapshot`` says at which version of each dataset."""

    target: Source
    related: Source | None
    metadata: Source | None
    snapshot: Mapping[str, int]
    import_jobs: tuple[str, ...]
    """ARNs of the newest import job of each dataset."""


def read_sources(job: Job, dataset_group_arn: str) -> Sources:
    """The newest data of every dataset of the group, as of one moment.

    Raises
    ------
    InvalidData
        The group was deleted, or has no target data.
    BackendUnavailable
        An import of the group has loaded one part of its rows and perhaps not the other.
    """
    group = job.get(dataset_group_arn)
    with job.database.read() as connection:
        if is_loading(connection, group.name):
            raise BackendUnavailable(
                f"An import into dataset group '{group.name}' is half loaded. "
                "Try again in a moment."
            )
        datasets = [catalog.get(connection, arn) for arn in group.request["DatasetArns"]]
        present = [each for each in datasets if each is not None]
        versions = {each.arn: job.snapshots.newest(connection, each.arn) for each in present}
        imports = [_newest_import(connection, each.arn) for each in present]
    snapshot = {arn: version for arn, version in versions.items() if version}
    job.remember(snapshot)
    by_type = {
        each.request["DatasetType"]: _read(job, each, versions[each.arn])
        for each in present
        if versions[each.arn]
    }
    if TARGET not in by_type:
        raise InvalidData(
            f"Dataset group '{group.name}' has no data in a {TARGET} dataset. "
            "Import some with CreateDatasetImportJob."
        )
    return Sources(
        target=by_type[TARGET],
        related=by_type.get(RELATED),
        metadata=by_type.get(METADATA),
        snapshot=snapshot,
        import_jobs=tuple(arn for arn in imports if arn is not None),
    )


def _read(job: Job, dataset: Resource, version: int) -> Source:
    return Source(job.snapshots.read(dataset.arn, version), schema_of(dataset))


def _newest_import(connection: sa.Connection, dataset_arn: str) -> str | None:
    job = catalog.newest_child(connection, dataset_arn, ACTIVE)
    return None if job is None else job.arn
