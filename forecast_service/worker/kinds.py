"""Kinds of work: what a worker does for each, and how each one ends when it cannot be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from forecast_service.importer import steps as importer
from forecast_service.importer.imports import Imports
from forecast_service.local.jobs import lifecycle
from forecast_service.runs import TrainingRuns, run_rows, steps
from forecast_service.session import ForecastSession, open_session
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.queue import Claim, Queue
from forecast_service.upkeep import maintenance

__all__ = ["KINDS", "Kind", "Surroundings", "open_surroundings"]


@dataclass(frozen=True)
class Surroundings:
    """What work needs; one per process."""

    settings: Settings
    database: Database
    session: ForecastSession
    queue: Queue


def open_surroundings(settings: Settings) -> Surroundings:
    """Open the database and the session of this process."""
    database = Database(settings.resolved_database_url)
    return Surroundings(
        settings=settings,
        database=database,
        session=open_session(settings, database),
        queue=Queue(database, settings.lease_seconds),
    )


@dataclass(frozen=True)
class Kind:
    """One kind of work; ``fail`` and ``stop`` run in the transaction that finishes it."""

    perform: Callable[[Surroundings, Claim], None]
    fail: Callable[[Surroundings, sa.Connection, str, str], None]
    """Ends the subject as failed, with the reason."""
    stop: Callable[[Surroundings, sa.Connection, str], None]
    """Ends the subject as stopped on request."""
    is_short: bool = False
    """Whether it takes so little time that it needs no process of its own."""
    is_stopped_after: bool = False
    """Whether one that failed is performed once more, to stop what it had started."""


def _step(around: Surroundings, claim: Claim) -> None:
    steps.RunStep(around.session, around.settings, around.queue, claim).go()


def _fail_run(around: Surroundings, connection: sa.Connection, run_id: str, reason: str) -> None:
    steps.fail(connection, run_id, reason)


def _run_job(around: Surroundings, claim: Claim) -> None:
    lifecycle.perform(around.database, around.settings, around.queue, claim)


def _fail_job(around: Surroundings, connection: sa.Connection, arn: str, reason: str) -> None:
    lifecycle.fail(connection, arn, reason)


def _stop_job(around: Surroundings, connection: sa.Connection, arn: str) -> None:
    lifecycle.stop(connection, arn)


def _import(around: Surroundings, claim: Claim) -> None:
    runs = TrainingRuns(around.database, around.settings, around.session)
    importing = Imports(around.database, around.settings, around.session, runs.refresh)
    importing.perform(around.queue, claim)


def _fail_import(
    around: Surroundings, connection: sa.Connection, import_id: str, reason: str
) -> None:
    importer.fail(connection, around.session.details, import_id, reason)


def _stop_import(around: Surroundings, connection: sa.Connection, import_id: str) -> None:
    reason = "The import was stopped before it had read everything."
    _fail_import(around, connection, import_id, reason)


def _tidy(around: Surroundings, claim: Claim) -> None:
    maintenance.perform(around.settings, around.database, around.session, around.queue, claim)


def _leave(around: Surroundings, connection: sa.Connection, *_: str) -> None:
    """Nothing has to be said about the subject."""


KINDS: Mapping[str, Kind] = {
    run_rows.KIND: Kind(_step, _fail_run, _leave, is_short=True, is_stopped_after=True),
    lifecycle.KIND: Kind(_run_job, _fail_job, _stop_job),
    importer.KIND: Kind(_import, _fail_import, _stop_import),
    maintenance.KIND: Kind(_tidy, _leave, _leave),
}
