"""The data of a dataset group, read from snapshots of fixed versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from forecast_service.storage import manifest
from forecast_service.storage.groups import is_loading

__all__ = ["Source", "Sources", "metadata_at", "read_sources", "sources_at"]


@dataclass(frozen=True)
class Source:
    """The rows and the schema of one dataset."""

    table: pa.Table
    schema: DatasetSchema


@dataclass(frozen=True)
class Sources:
    """The data of a dataset group; ``snapshot`` has the version of each dataset."""

    target: Source
    related: Source | None
    metadata: Source | None
    snapshot: Mapping[str, int]
    import_jobs: tuple[str, ...]
    """ARN of the newest import job of each dataset."""


def read_sources(job: Job, dataset_group_arn: str) -> Sources:
    """The newest data of every dataset of the group, all at the same moment.

    Raises
    ------
    InvalidData
        The group was deleted, or has no target data.
    BackendUnavailable
        An import has loaded only a part of its rows.
    """
    group = job.get(dataset_group_arn)
    with job.database.read() as connection:
        if is_loading(connection, group.name):
            raise BackendUnavailable(
                f"An import into dataset group '{group.name}' is half loaded. "
                "Try again in a moment."
            )
        listed = [catalog.get(connection, arn) for arn in group.request["DatasetArns"]]
        datasets = [dataset for dataset in listed if dataset is not None]
        versions = {data.arn: manifest.newest(connection, data.arn) for data in datasets}
        imports = [_newest_import(connection, dataset.arn) for dataset in datasets]
    snapshot = {arn: version for arn, version in versions.items() if version}
    job.record_snapshot(snapshot)
    return _sources(job, datasets, snapshot, group.name, imports)


def sources_at(job: Job, dataset_group_arn: str, snapshot: Mapping[str, int]) -> Sources:
    """The data that an earlier job read: these versions of the datasets.

    Raises
    ------
    InvalidData
        The group, or a dataset, was deleted.
    """
    group = job.get(dataset_group_arn)
    datasets = [job.get(arn) for arn in snapshot]
    return _sources(job, datasets, snapshot, group.name, ())


def metadata_at(job: Job, snapshot: Mapping[str, int]) -> Source | None:
    """The item metadata that an earlier job read, or None if it read none.

    Raises
    ------
    InvalidData
        A dataset was deleted.
    """
    for dataset in [job.get(arn) for arn in snapshot]:
        if dataset.request["DatasetType"] == METADATA:
            return _read(job, dataset, snapshot[dataset.arn])
    return None


def _sources(
    job: Job,
    datasets: Sequence[Resource],
    snapshot: Mapping[str, int],
    group: str,
    imports: Sequence[str | None],
) -> Sources:
    by_type = {
        dataset.request["DatasetType"]: _read(job, dataset, snapshot[dataset.arn])
        for dataset in datasets
        if dataset.arn in snapshot
    }
    if TARGET not in by_type:
        raise InvalidData(
            f"Dataset group '{group}' has no data in a {TARGET} dataset. "
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
