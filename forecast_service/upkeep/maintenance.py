"""Maintenance: deletes what is no longer needed, once a day or on request."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from forecast_service.amazon.cleaning import delete_superseded
from forecast_service.errors import DamagedData, ForecastServiceError
from forecast_service.session import ForecastSession, open_session
from forecast_service.settings import Settings
from forecast_service.storage.database import Database, database_now
from forecast_service.storage.queue import Claim, Queue
from forecast_service.storage.snapshots import SnapshotStore
from forecast_service.storage.tables import work
from forecast_service.storage.work import add_work
from forecast_service.upkeep.backup import backup, restore
from forecast_service.upkeep.damage import find_damage
from forecast_service.upkeep.pruning import Pruning
from forecast_service.upkeep.sweeping import sweep

__all__ = ["KIND", "Pruned", "backup", "perform", "prune", "restore", "schedule"]

logger = logging.getLogger(__name__)

KIND = "maintenance"
SUBJECT = "daily"
PERIOD_SECONDS = 24 * 3600.0
FIRST_DELAY_SECONDS = 60.0  # after a start, other work comes first


@dataclass(frozen=True)
class Pruned:
    """Numbers of things that were deleted."""

    forecasts: int
    predictors: int
    import_jobs: int
    runs: int
    rows: int
    """Finished work, old import reports, the oldest entries of the audit log."""
    files: int
    """Snapshots, models and folders of imports that are not in use any more."""
    compacted: int
    """Datasets with many small files that were merged into one."""
    at_amazon: int
    """Resources that we made at Amazon, older than the newest three of their kind."""


def schedule(database: Database) -> bool:
    """Queue the daily maintenance if the last one was a day ago; return whether it was queued."""
    last = sa.select(sa.func.max(work.c.requested_at)).where(work.c.kind == KIND)
    with contextlib.suppress(sa.exc.IntegrityError), database.write() as connection:
        now = connection.execute(sa.select(database_now())).scalar_one()
        before = connection.execute(last).scalar_one()
        if before is not None and now - before < PERIOD_SECONDS:
            return False
        add_work(connection, KIND, SUBJECT, delay_seconds=FIRST_DELAY_SECONDS)
        return True
    return False  # another worker was faster


def perform(
    settings: Settings, database: Database, session: ForecastSession, queue: Queue, claim: Claim
) -> None:
    """Do the claimed maintenance, and log which files are damaged."""
    pruned = prune(settings, database, session)
    for damage in find_damage(settings, database):
        log = logger.error if damage.is_needed else logger.warning
        log("%s", damage.sentence(), extra={"event": "file_damaged"})
    with queue.fenced(claim) as connection:
        queue.finish(connection, claim)
    if any(asdict(pruned).values()):
        logger.info("pruned: %s", pruned, extra={"event": "pruned"})


def prune(settings: Settings, database: Database, session: ForecastSession | None = None) -> Pruned:
    """Delete what is old and not in use, and compact datasets with many files.

    Only things that the service itself made are deleted. These stay: the current forecast,
    forecasts younger than ``FORECAST_KEEP_DAYS``, the latest predictor, and the predictors and
    data behind them.
    """
    pruning = Pruning(settings, database, session or open_session(settings, database))
    forecasts, predictors = pruning.forecasts(), pruning.predictors()
    import_jobs, runs, rows = pruning.import_jobs(), pruning.runs(), pruning.rows()
    store = SnapshotStore(database, settings.home)
    compacted = sum(_compact(store, dataset) for dataset in store.datasets())
    files = sweep(settings, database)
    at_amazon = _clean_amazon(pruning.session, settings.dataset_group)
    return Pruned(forecasts, predictors, import_jobs, runs, rows, files, compacted, at_amazon)


def _clean_amazon(session: ForecastSession, group: str) -> int:
    """Delete what is superseded at Amazon; if it is away, the next maintenance does it."""
    if session.remote is None:
        return 0
    try:
        return delete_superseded(session.remote, group)
    except ForecastServiceError as error:
        logger.warning("nothing deleted at Amazon: %s", error, extra={"event": "not_cleaned"})
        return 0


def _compact(store: SnapshotStore, dataset: str) -> bool:
    """Compact a dataset; one with damaged files stays as it is."""
    try:
        return store.compact(dataset)
    except DamagedData as error:
        logger.warning("not compacted: %s", error, extra={"event": "not_compacted"})
        return False
