"""One job in the hands of a worker: what it may use, and how it says how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa

from forecast_service.errors import InvalidData
from forecast_service.local import catalog
from forecast_service.local.catalog import Resource
from forecast_service.local.resource_details import JobDetails, data_details_of
from forecast_service.settings import Settings
from forecast_service.storage.bucket import LocalBucket
from forecast_service.storage.database import Database
from forecast_service.storage.queue import Claim, Queue
from forecast_service.storage.snapshots import SnapshotStore

__all__ = ["Finish", "Job", "Stopped"]

PROGRESS_SECONDS = 0.5  # each note is a transaction on disk

Finish = Callable[[sa.Connection], JobDetails]
"""Writes the result inside the job's last transaction, and gives the resource's details."""


class Stopped(Exception):
    """The job was asked to stop; a worker that computes in its own process learns it so."""


@dataclass
class Job:
    """A claimed job-like resource (import job, predictor or forecast) and its surroundings."""

    database: Database
    settings: Settings
    queue: Queue
    claim: Claim
    resource: Resource
    noted_at: float = 0.0

    @property
    def bucket(self) -> LocalBucket:
        return LocalBucket(self.settings.home)

    @property
    def snapshots(self) -> SnapshotStore:
        return SnapshotStore(self.database, self.settings.home)

    def progress(self, share: float, note: str) -> None:
        """Note the finished share (0 to 1) and what is being done; at most twice a second.

        Raises
        ------
        LeaseLost
            Somebody else does this job now.
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

    def remember(self, snapshot: Mapping[str, int]) -> None:
        """Write down which version of each dataset is used, so that no sweep takes it away."""
        before = data_details_of(self.resource.type, self.resource.details)
        details = replace(before, snapshot=dict(snapshot))
        with self.queue.fenced(self.claim) as connection:
            catalog.update(connection, self.resource.arn, details=details)

    def get(self, arn: str) -> Resource:
        """Another resource of the catalog, which this job rests on.

        Raises
        ------
        InvalidData
            It was deleted in the meantime.
        """
        with self.database.read() as connection:
            found = catalog.get(connection, arn)
        if found is None:
            raise InvalidData(f"'{arn}' was deleted before this job began. Create it again.")
        return found
