"""Undoing: what a failed import had loaded into our own datasets is taken out again."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from forecast_service.local import catalog
from forecast_service.local.calls import ACTIVE, JOB_KIND
from forecast_service.local.kinds import DATASET_GROUP
from forecast_service.local.snapshots import SnapshotStore
from forecast_service.queue import Queue

__all__ = ["undo"]

TAKEN_BACK = "Another part of the same import failed, so these rows were taken out again."


def undo(connection: sa.Connection, group: str, job_arns: Iterable[str]) -> None:
    """Take back the versions that these import jobs made, and end those that still run.

    A dataset that never had rows leaves the group: one without rows keeps predictors from being
    trained. Amazon Forecast has no call that takes rows out of a dataset: there they stay.
    """
    emptied = set()
    for arn in job_arns:
        job = catalog.get(connection, arn)
        if (
            job is None
            or job.parent_arn is None
            or job.status in ("CREATE_FAILED", "CREATE_STOPPED")
        ):
            continue
        Queue.withdraw(connection, JOB_KIND, arn)
        version = job.details.get("version") if job.status == ACTIVE else None
        if version is None or SnapshotStore.take_back(connection, job.parent_arn, version):
            catalog.update(connection, arn, status="CREATE_FAILED", message=TAKEN_BACK)
        if not SnapshotStore.newest(connection, job.parent_arn):
            emptied.add(job.parent_arn)
    found = catalog.find(connection, DATASET_GROUP.word, group)
    if found is not None and emptied:
        kept = [arn for arn in found.request.get("DatasetArns", []) if arn not in emptied]
        catalog.update(connection, found.arn, request={**found.request, "DatasetArns": kept})
