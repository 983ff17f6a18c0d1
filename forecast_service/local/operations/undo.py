"""Undo: what an import had loaded into our own datasets is taken out again."""

from __future__ import annotations

import sqlalchemy as sa

from forecast_service.local import catalog
from forecast_service.local.calls import ACTIVE, CREATE_PENDING, JOB_KIND
from forecast_service.local.catalog import Resource
from forecast_service.local.kinds import DATASET_GROUP, IMPORT_JOB
from forecast_service.local.resource_details import ImportJobDetails
from forecast_service.storage.queue import Queue
from forecast_service.storage.snapshots import SnapshotStore

__all__ = ["undo"]

TAKEN_BACK = "Another part of the same import failed, so these rows were taken out again."
ENDED = ("CREATE_FAILED", "CREATE_STOPPED")
UNFINISHED = (CREATE_PENDING, "CREATE_IN_PROGRESS", "CREATE_STOPPING")


def undo(connection: sa.Connection, group: str, job_name: str) -> None:
    """Take back the versions that import jobs of this name made, and end those that still run.

    A dataset that never had rows is deleted: one without rows keeps predictors from being
    trained, and its columns would bind the corrected files. To undo twice changes nothing.
    """
    jobs = catalog.named(connection, IMPORT_JOB.word, job_name)
    for job in jobs:
        if job.status not in ENDED:
            _take_back(connection, job)
    datasets = [job.parent_arn for job in jobs if job.parent_arn is not None]
    emptied = {arn for arn in datasets if _is_empty(connection, arn)}
    found = catalog.find(connection, DATASET_GROUP.word, group)
    if found is not None and emptied:
        kept = [arn for arn in found.request.get("DatasetArns", []) if arn not in emptied]
        catalog.update(connection, found.arn, request={**found.request, "DatasetArns": kept})
    for arn in emptied:
        for each in catalog.children(connection, arn):
            catalog.delete(connection, each.arn)
        catalog.delete(connection, arn)


def _take_back(connection: sa.Connection, job: Resource) -> None:
    Queue.withdraw(connection, JOB_KIND, job.arn)
    version = ImportJobDetails.of(job.details).version if job.status == ACTIVE else None
    if version is None or _drop(connection, str(job.parent_arn), version):
        catalog.update(connection, job.arn, status="CREATE_FAILED", message=TAKEN_BACK)


def _drop(connection: sa.Connection, dataset: str, version: int) -> bool:
    """Take back a version unless something was made from it; False when it stays."""
    is_used = (dataset, version) in catalog.remembered(connection)
    return not is_used and SnapshotStore.take_back(connection, dataset, version)


def _is_empty(connection: sa.Connection, dataset: str) -> bool:
    """Whether a dataset has no rows, and no import job that may bring some."""
    under_way = (each.status in UNFINISHED for each in catalog.children(connection, dataset))
    return not SnapshotStore.newest(connection, dataset) and not any(under_way)
