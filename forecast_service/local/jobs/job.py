"""One job of a worker: what it can use, and how it reports its progress."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa

from forecast_service.errors import InvalidData
from forecast_service.local import catalog
from forecast_service.local.catalog import Resource
from forecast_service.local.resource_details import DataDetails, JobDetails, details_of
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.objects.object_store import ObjectStore, open_store
from forecast_service.storage.queue import Claim, Queue, new_id
from forecast_service.storage.snapshots import SnapshotStore

__all__ = ["SCRATCH", "Finish", "Job", "Stopped"]

SCRATCH = ".scratch"  # in FORECAST_HOME; backups leave hidden folders out
PROGRESS_SECONDS = 0.5  # each note is a transaction on disk

Finish = Callable[[sa.Connection], JobDetails]
"""Writes the result in the last transaction of the job and returns the resource's details."""


class Stopped(Exception):
    """StopResource was called; it ends a job that runs in the worker's own process."""


@dataclass
class Job:
    """A claimed import job, predictor or forecast, with what is needed to make it."""

    database: Database
    settings: Settings
    queue: Queue
    claim: Claim
    resource: Resource
    noted_at: float = 0.0

    @contextmanager
    def object_store(self, s3_config: Mapping[str, str]) -> Iterator[ObjectStore]:
        """The store with the path of an S3Config of Amazon's.

        Raises
        ------
        InvalidData
            There is no such address, or no access to it.
        """
        with self.scratch() as scratch:
            yield open_store(self.settings, s3_config, scratch)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """An empty folder that is deleted at the end; sweeps delete what a killed job leaves."""
        folder = self.settings.home / SCRATCH / new_id()
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def snapshots(self) -> SnapshotStore:
        return SnapshotStore(self.database, self.settings.home)

    def progress(self, share: float, note: str) -> None:
        """Note the finished share (0 to 1) and the current step, at most twice a second.

        Raises
        ------
        LeaseLost
            Another worker does this job now.
        Stopped
            StopResource was called.
        """
        if time.monotonic() - self.noted_at < PROGRESS_SECONDS:
            return
        self.noted_at = time.monotonic()
        with self.queue.fenced(self.claim) as connection:
            if self.queue.is_cancelled(connection, self.claim):
                raise Stopped(f"'{self.resource.arn}' is being stopped.")
            catalog.update(connection, self.resource.arn, progress=share, progress_note=note)

    def record_snapshot(self, snapshot: Mapping[str, int]) -> None:
        """Record the version of each dataset that is used, so that no sweep deletes it."""
        before = details_of(self.resource.type, self.resource.details)
        if not isinstance(before, DataDetails):  # such as a monitor, which keeps nothing of it
            return
        details = replace(before, snapshot=dict(snapshot))
        with self.queue.fenced(self.claim) as connection:
            catalog.update(connection, self.resource.arn, details=details)

    def get(self, arn: str) -> Resource:
        """Another resource that this job needs.

        Raises
        ------
        InvalidData
            The resource was deleted.
        """
        with self.database.read() as connection:
            resource = catalog.get(connection, arn)
        if resource is None:
            raise InvalidData(f"'{arn}' was deleted before this job began. Create it again.")
        return resource
