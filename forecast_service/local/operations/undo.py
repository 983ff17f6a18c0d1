"""Undo: removes the rows that an import loaded, or comes back to earlier rows.

``prefix`` begins the ARNs of the region and account that the dataset group belongs to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from forecast_service.local import catalog
from forecast_service.local.calls import ACTIVE, CREATE_PENDING, JOB_KIND
from forecast_service.local.catalog import Resource
from forecast_service.local.kinds import DATASET_GROUP, IMPORT_JOB
from forecast_service.local.resource_details import ImportJobDetails
from forecast_service.storage import manifest
from forecast_service.storage.work import withdraw_work

__all__ = ["data_state", "restore_data", "undo"]

REMOVED = "Another part of the same import failed, so these rows were removed again."
ENDED = ("CREATE_FAILED", "CREATE_STOPPED")
UNFINISHED = (CREATE_PENDING, "CREATE_IN_PROGRESS", "CREATE_STOPPING")


def undo(connection: sa.Connection, prefix: str, group: str, job_name: str) -> None:
    """Remove the versions that import jobs of this name made, and end jobs that still run.

    A dataset that is left without rows is deleted: it would block trainings, and the corrected
    files would need the same columns. A second call changes nothing.
    """
    jobs = catalog.find_all(connection, IMPORT_JOB.word, job_name, prefix)
    for job in jobs:
        if job.status not in ENDED:
            _undo_job(connection, job)
    datasets = [job.parent_arn for job in jobs if job.parent_arn is not None]
    emptied = {arn for arn in datasets if _is_empty(connection, arn)}
    resource = catalog.find(connection, DATASET_GROUP.word, group, prefix)
    if resource is not None and emptied:
        arns = [arn for arn in resource.request.get("DatasetArns", []) if arn not in emptied]
        catalog.update(connection, resource.arn, request={**resource.request, "DatasetArns": arns})
    for arn in emptied:
        _delete_dataset(connection, arn)


def data_state(connection: sa.Connection, prefix: str, group: str) -> dict[str, Any]:
    """The datasets of a dataset group, and the newest version of each."""
    arns = _datasets(connection, prefix, group)
    return {"datasets": {arn: manifest.newest(connection, arn) for arn in arns}}


def restore_data(
    connection: sa.Connection, prefix: str, group: str, state: Mapping[str, Any]
) -> None:
    """Come back to a ``data_state``. Datasets that did not exist or had no rows are deleted."""
    versions: Mapping[str, int] = state["datasets"]
    for arn in _datasets(connection, prefix, group):
        if not versions.get(arn):
            manifest.delete(connection, arn)
            _delete_dataset(connection, arn)
    kept = [arn for arn, version in versions.items() if version]
    for arn in kept:
        manifest.restore(connection, arn, versions[arn])
    resource = catalog.find(connection, DATASET_GROUP.word, group, prefix)
    if resource is not None:
        catalog.update(connection, resource.arn, request={**resource.request, "DatasetArns": kept})


def _datasets(connection: sa.Connection, prefix: str, group: str) -> list[str]:
    resource = catalog.find(connection, DATASET_GROUP.word, group, prefix)
    return [] if resource is None else list(resource.request.get("DatasetArns", []))


def _delete_dataset(connection: sa.Connection, arn: str) -> None:
    for job in catalog.children(connection, arn):
        catalog.delete(connection, job.arn)
    catalog.delete(connection, arn)


def _undo_job(connection: sa.Connection, job: Resource) -> None:
    withdraw_work(connection, JOB_KIND, job.arn)
    version = ImportJobDetails.of(job.details).version if job.status == ACTIVE else None
    if version is None or _remove_version(connection, str(job.parent_arn), version):
        catalog.update(connection, job.arn, status="CREATE_FAILED", message=REMOVED)


def _remove_version(connection: sa.Connection, dataset: str, version: int) -> bool:
    """Remove a version unless something was made from it; False if it stays."""
    is_used = (dataset, version) in catalog.used_snapshots(connection)
    return not is_used and manifest.take_back(connection, dataset, version)


def _is_empty(connection: sa.Connection, dataset: str) -> bool:
    """Whether a dataset has no rows, and no import job that may add some."""
    is_importing = any(job.status in UNFINISHED for job in catalog.children(connection, dataset))
    return not manifest.newest(connection, dataset) and not is_importing
