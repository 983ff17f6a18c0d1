"""The life of a job, from CREATE_PENDING to ACTIVE or CREATE_FAILED, under the queue's fence.

    CREATE_PENDING ─► CREATE_IN_PROGRESS ─► ACTIVE
                              │           └► CREATE_FAILED    the data cannot be used; Message
                              └► CREATE_STOPPING ─► CREATE_STOPPED    StopResource

A job may be killed at any point and started again. It only writes new files, and one last
transaction makes the whole result visible.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from forecast_service.errors import ForecastServiceError, LeaseLost
from forecast_service.local import catalog
from forecast_service.local.calls import JOB_KIND
from forecast_service.local.catalog import Resource
from forecast_service.local.jobs.explaining.explainability import run_explainability
from forecast_service.local.jobs.exports.backtest_export import run_backtest_export
from forecast_service.local.jobs.exports.explainability_export import run_explainability_export
from forecast_service.local.jobs.exports.forecast_export import run_forecast_export
from forecast_service.local.jobs.exports.what_if_export import run_what_if_export
from forecast_service.local.jobs.forecasting import run_forecast
from forecast_service.local.jobs.importing import run_import
from forecast_service.local.jobs.job import Finish, Job, Stopped
from forecast_service.local.jobs.training import run_training
from forecast_service.local.jobs.what_ifs.analyses import run_analysis
from forecast_service.local.jobs.what_ifs.what_if_forecasts import run_what_if_forecast
from forecast_service.local.operations.insights.dependents import follow
from forecast_service.local.resource_details import details_of
from forecast_service.settings import Settings
from forecast_service.storage.database import Database, database_now
from forecast_service.storage.queue import Claim, Queue

__all__ = ["KIND", "fail", "perform", "stop"]

KIND = JOB_KIND
UNFINISHED = ("CREATE_PENDING", "CREATE_IN_PROGRESS")

WORK: dict[str, Callable[[Job], Finish]] = {
    "dataset-import-job": run_import,
    "predictor": run_training,
    "forecast": run_forecast,
    "forecast-export-job": run_forecast_export,
    "explainability": run_explainability,
    "explainability-export": run_explainability_export,
    "what-if-analysis": run_analysis,
    "what-if-forecast": run_what_if_forecast,
    "predictor-backtest-export-job": run_backtest_export,
    "what-if-forecast-export": run_what_if_export,
}

logger = logging.getLogger(__name__)


def perform(database: Database, settings: Settings, queue: Queue, claim: Claim) -> None:
    """Do the claimed job until it is ACTIVE, or CREATE_FAILED because the data cannot be used.

    Raises
    ------
    LeaseLost
        Another worker does it now; nothing was written.
    """
    resource = _begin(queue, claim)
    if resource is None:
        return
    started = time.monotonic()
    try:
        finish = WORK[resource.type](Job(database, settings, queue, claim, resource))
        with queue.fenced(claim) as connection:
            if _is_result_wanted(connection, resource):
                details = finish(connection)
                _end(connection, resource.arn, "ACTIVE", None, details=details, progress=1.0)
            queue.finish(connection, claim)
    except Stopped:
        with queue.fenced(claim) as connection:
            stop(connection, resource.arn)
            queue.finish(connection, claim)
        logger.info("%s is stopped", resource.arn, extra={"event": "job_stopped"})
        return
    except ForecastServiceError as error:
        if isinstance(error, LeaseLost) or error.retryable:
            raise
        with queue.fenced(claim) as connection:
            fail(connection, resource.arn, error.detail)
            queue.finish(connection, claim)
        logger.warning("%s failed: %s", resource.arn, error.detail, extra={"event": "job_failed"})
        return
    logger.info(
        "%s is active after %.1f s",
        resource.arn,
        time.monotonic() - started,
        extra={"event": "job_succeeded"},
    )


def fail(connection: sa.Connection, arn: str, message: str) -> None:
    """Mark a job as failed; the caller ends its work in the same transaction."""
    _end(connection, arn, "CREATE_FAILED", message)


def stop(connection: sa.Connection, arn: str) -> None:
    """Mark a job as stopped; the caller ends its work in the same transaction."""
    _end(connection, arn, "CREATE_STOPPED", None)


def _begin(queue: Queue, claim: Claim) -> Resource | None:
    """Set the resource to CREATE_IN_PROGRESS and return it; None if nothing is left to do."""
    with queue.fenced(claim) as connection:
        resource = catalog.get(connection, claim.subject)
        if resource is None or resource.status not in UNFINISHED:
            if resource is not None and resource.status == "CREATE_STOPPING":
                stop(connection, resource.arn)  # StopResource came after the claim
            queue.finish(connection, claim)
            return None
        now = connection.execute(sa.select(database_now())).scalar_one()
        details = replace(details_of(resource.type, resource.details), started_at=now)
        catalog.update(
            connection,
            resource.arn,
            status="CREATE_IN_PROGRESS",
            message=None,
            details=details,
            progress=0.0,
            progress_note=None,
        )
    return replace(resource, details=details.stored())


def _is_result_wanted(connection: sa.Connection, resource: Resource) -> bool:
    """Whether the resource still needs the result; ends one that is being stopped."""
    current = catalog.get(connection, resource.arn)
    if current is None or current.sequence != resource.sequence:
        return False  # deleted while the job ran, and perhaps created again
    if current.status == "CREATE_STOPPING":
        stop(connection, resource.arn)
    return current.status == "CREATE_IN_PROGRESS"


def _end(
    connection: sa.Connection, arn: str, status: str, message: str | None, **columns: Any
) -> None:
    catalog.update(connection, arn, status=status, message=message, progress_note=None, **columns)
    follow(connection, arn, status)
