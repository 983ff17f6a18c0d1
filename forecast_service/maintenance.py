"""Maintenance: what is no longer needed goes, once a day or on request."""

from __future__ import annotations

import contextlib
import logging
import shutil
import time
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from forecast_service.backup import backup, restore, sweeping
from forecast_service.database import Database, database_now
from forecast_service.errors import Conflict, NotFound
from forecast_service.groups import read_group
from forecast_service.local.models import sweep_models
from forecast_service.local.snapshots import SnapshotStore
from forecast_service.queue import Claim, Queue
from forecast_service.session import ForecastSession, calling, open_session
from forecast_service.settings import Settings
from forecast_service.tables import (
    dataset_groups,
    forecast_values,
    forecasts,
    imports,
    training_runs,
    work,
)
from forecast_service.trainer import Trainer

__all__ = ["KIND", "Pruned", "backup", "perform", "prune", "restore", "schedule"]

logger = logging.getLogger(__name__)

KIND = "maintenance"
SUBJECT = "daily"
PERIOD_SECONDS = 24 * 3600.0
FIRST_DELAY_SECONDS = 60.0  # a service that has just been started has better things to do
SECONDS_PER_DAY = 86400.0
WORK_DAYS = 30  # finished work is kept so long, for whoever wonders what the service did
OUR_FOLDERS = "[0-9a-f]" * 20  # named by new_id; other names are of somebody else
FOLDER_SECONDS = SECONDS_PER_DAY  # longer than any upload takes
UNUSED_PREDICTOR_DAYS = 7  # a predictor of ours that no forecast was made with


@dataclass(frozen=True)
class Pruned:
    """How many of each were removed."""

    forecasts: int
    predictors: int
    rows: int
    """Finished work and old import reports."""
    files: int
    """Snapshots, models and folders of imports that nothing names any more."""
    compacted: int
    """Datasets whose many small files became one."""


def schedule(database: Database) -> bool:
    """Put the daily maintenance into the queue if the last one is a day ago."""
    last = sa.select(sa.func.max(work.c.requested_at)).where(work.c.kind == KIND)
    with contextlib.suppress(sa.exc.IntegrityError), database.write() as connection:
        now = connection.execute(sa.select(database_now())).scalar_one()
        before = connection.execute(last).scalar_one()
        if before is not None and now - before < PERIOD_SECONDS:
            return False
        Queue.put(connection, KIND, SUBJECT, delay_seconds=FIRST_DELAY_SECONDS)
        return True
    return False  # another worker was faster


def perform(
    settings: Settings, database: Database, session: ForecastSession, queue: Queue, claim: Claim
) -> None:
    """Do the claimed maintenance."""
    pruned = prune(settings, database, session)
    with queue.fenced(claim) as connection:
        queue.finish(connection, claim)
    if any(asdict(pruned).values()):
        logger.info("pruned: %s", pruned, extra={"event": "pruned"})


def prune(settings: Settings, database: Database, session: ForecastSession | None = None) -> Pruned:
    """Remove what is too old and in nobody's use, and compact what grew.

    Of forecasts and predictors only those that training runs made are touched; the current
    forecast, every one younger than ``FORECAST_KEEP_DAYS``, and the latest predictor stay.
    """
    session = session or open_session(settings, database)
    forecasts_removed = _prune_forecasts(settings, database, session)
    predictors_removed = _prune_predictors(settings, database, session)
    rows = _prune_rows(settings, database)
    store = SnapshotStore(database, settings.home)
    compacted = sum(store.compact(dataset) for dataset in store.datasets())
    with sweeping(settings.home) as may_sweep:
        files = _sweep(settings, database) if may_sweep else 0
    return Pruned(forecasts_removed, predictors_removed, rows, files, compacted)


def _sweep(settings: Settings, database: Database) -> int:
    """Delete files that nothing names any more, and give their number."""
    snapshots = SnapshotStore(database, settings.home).sweep()
    models = sweep_models(database, settings.home)
    return len(snapshots) + len(models) + _sweep_folders(settings, database)


def _sweep_folders(settings: Settings, database: Database) -> int:
    """Delete what a killed process left of uploads and imports that nobody knows or waits for."""
    with database.read() as connection:
        is_open = imports.c.finished_at.is_(None)
        waiting = set(connection.execute(sa.select(imports.c.id).where(is_open)).scalars())
    home = settings.home
    places = [home / "uploads", home / "imports", home / "s3" / settings.bucket / "imports"]
    removed = 0
    for folder in (each for above in places for each in sorted(above.glob(OUR_FOLDERS))):
        with contextlib.suppress(FileNotFoundError):
            is_old = time.time() - folder.stat().st_ctime >= FOLDER_SECONDS
            if is_old and folder.name not in waiting:
                shutil.rmtree(folder, ignore_errors=True)
                removed += 1
    return removed


def _prune_forecasts(settings: Settings, database: Database, session: ForecastSession) -> int:
    with database.read() as connection:
        now = connection.execute(sa.select(database_now())).scalar_one()
        limit = now - settings.keep_days * SECONDS_PER_DAY
        current = sa.select(dataset_groups.c.current_forecast_arn).where(
            dataset_groups.c.current_forecast_arn.is_not(None)
        )
        old = connection.execute(
            sa.select(forecasts.c.forecast_arn).where(
                forecasts.c.created_at < limit,
                forecasts.c.run_id.is_not(None),
                forecasts.c.forecast_arn.not_in(current),
            )
        ).scalars()
        arns = list(old)
    removed = [arn for arn in arns if _deleted(session, "forecast", arn)]
    with database.write() as connection:
        kept = set(connection.execute(current).scalars())
        for table in (forecast_values, forecasts):
            for arn in set(removed) - kept:
                connection.execute(sa.delete(table).where(table.c.forecast_arn == arn))
    return len(removed)


def _prune_predictors(settings: Settings, database: Database, session: ForecastSession) -> int:
    """Delete predictors of runs that have no forecast any more, but never the latest one."""
    with database.read() as connection:
        group = read_group(connection, settings.dataset_group)
        now = connection.execute(sa.select(database_now())).scalar_one()
        ours = set(
            connection.execute(
                sa.select(training_runs.c.predictor_arn).where(
                    training_runs.c.trains.is_(True),
                    training_runs.c.finished_at < now - UNUSED_PREDICTOR_DAYS * SECONDS_PER_DAY,
                )
            ).scalars()
        )
        used = set(connection.execute(sa.select(forecasts.c.predictor_arn)).scalars())
    if group is None or not ours - used:
        return 0
    trainer = Trainer(session, settings, group)
    latest = trainer.get_latest_predictor()
    there = {summary["PredictorArn"] for summary in trainer.predictors()}
    unused = (ours - used) & there - {latest and latest["PredictorArn"]}
    return sum(_deleted(session, "predictor", arn) for arn in sorted(unused))


def _deleted(session: ForecastSession, type: str, arn: str) -> bool:
    """Delete a resource; False when something still needs it."""
    delete = getattr(session.forecast, f"delete_{type}")
    try:
        with calling():
            delete(**{f"{type.capitalize()}Arn": arn})
    except NotFound:
        return True
    except Conflict as error:
        logger.info("kept: %s", error, extra={"event": "prune_kept"})
        return False
    return True


def _prune_rows(settings: Settings, database: Database) -> int:
    with database.write() as connection:
        now = connection.execute(sa.select(database_now())).scalar_one()
        old_work = now - WORK_DAYS * SECONDS_PER_DAY
        old_imports = now - settings.keep_days * SECONDS_PER_DAY
        done = connection.execute(sa.delete(work).where(work.c.finished_at < old_work))
        reports = connection.execute(sa.delete(imports).where(imports.c.finished_at < old_imports))
        return done.rowcount + reports.rowcount
