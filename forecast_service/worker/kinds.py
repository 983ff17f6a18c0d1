"""Kinds of work: what a worker does for each, and how each one ends when it cannot be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from forecast_service.importer import steps as importer
from forecast_service.local.jobs import lifecycle
from forecast_service.runs import run_rows, steps
from forecast_service.service import Service
from forecast_service.storage.queue import Claim
from forecast_service.upkeep import maintenance

__all__ = ["KINDS", "Kind"]


@dataclass(frozen=True)
class Kind:
    """One kind of work; ``fail`` and ``stop`` run in the transaction that finishes it."""

    perform: Callable[[Service, Claim], None]
    fail: Callable[[Service, sa.Connection, str, str], None]
    """Ends the subject as failed, with the reason."""
    stop: Callable[[Service, sa.Connection, str], None]
    """Ends the subject as stopped on request."""
    is_short: bool = False
    """Whether it takes so little time that it needs no process of its own."""
    is_stopped_after: bool = False
    """Whether one that failed is performed once more, to stop what it had started."""


def _step(service: Service, claim: Claim) -> None:
    steps.RunStep(service.session, service.settings, service.queue, claim).go()


def _fail_run(service: Service, connection: sa.Connection, run_id: str, reason: str) -> None:
    steps.fail(connection, run_id, reason)


def _run_job(service: Service, claim: Claim) -> None:
    lifecycle.perform(service.database, service.settings, service.queue, claim)


def _fail_job(service: Service, connection: sa.Connection, arn: str, reason: str) -> None:
    lifecycle.fail(connection, arn, reason)


def _stop_job(service: Service, connection: sa.Connection, arn: str) -> None:
    lifecycle.stop(connection, arn)


def _import(service: Service, claim: Claim) -> None:
    service.imports.perform(service.queue, claim)


def _fail_import(service: Service, connection: sa.Connection, import_id: str, reason: str) -> None:
    importer.fail(connection, service.session.details, import_id, reason)


def _stop_import(service: Service, connection: sa.Connection, import_id: str) -> None:
    reason = "The import was stopped before it had read everything."
    _fail_import(service, connection, import_id, reason)


def _tidy(service: Service, claim: Claim) -> None:
    maintenance.perform(service.settings, service.database, service.session, service.queue, claim)


def _leave(service: Service, connection: sa.Connection, *_: str) -> None:
    """Nothing has to be said about the subject."""


KINDS: Mapping[str, Kind] = {
    run_rows.KIND: Kind(_step, _fail_run, _leave, is_short=True, is_stopped_after=True),
    lifecycle.KIND: Kind(_run_job, _fail_job, _stop_job),
    importer.KIND: Kind(_import, _fail_import, _stop_import),
    maintenance.KIND: Kind(_tidy, _leave, _leave),
}
