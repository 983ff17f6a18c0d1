"""Kinds of work: how each kind is performed, failed and stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from forecast_service.importer import steps as importer
from forecast_service.local.jobs import lifecycle
from forecast_service.local.jobs.evaluating import evaluation
from forecast_service.monitoring import monitor
from forecast_service.runs import run_rows, steps
from forecast_service.service import Service
from forecast_service.storage.queue import Claim
from forecast_service.upkeep import maintenance

__all__ = ["KINDS", "Kind"]


@dataclass(frozen=True)
class Kind:
    """One kind of work; ``fail`` and ``stop`` run in the transaction that ends the work."""

    perform: Callable[[Service, Claim], None]
    fail: Callable[[Service, sa.Connection, str, str], None]
    """Ends the subject as failed, with a reason."""
    stop: Callable[[Service, sa.Connection, str], None]
    """Ends the subject after a cancellation."""
    is_short: bool = False
    """Whether it is so quick that it needs no child process."""
    is_stopped_after: bool = False
    """Whether failed work is performed once more, to stop what it had started."""


def _step(service: Service, claim: Claim) -> None:
    steps.RunStep(
        service.session, service.settings, service.queue, claim, monitor.is_summarised
    ).go()


def _fail_run(service: Service, connection: sa.Connection, run_id: str, reason: str) -> None:
    steps.fail(connection, run_id, reason)


def _run_job(service: Service, claim: Claim) -> None:
    lifecycle.perform(service.database, service.settings, service.queue, claim)


def _fail_job(service: Service, connection: sa.Connection, arn: str, reason: str) -> None:
    lifecycle.fail(connection, arn, reason)


def _stop_job(service: Service, connection: sa.Connection, arn: str) -> None:
    lifecycle.stop(connection, arn)


def _evaluate(service: Service, claim: Claim) -> None:
    evaluation.perform(service.database, service.settings, service.queue, claim)


def _import(service: Service, claim: Claim) -> None:
    service.imports.perform(service.queue, claim)


def _fail_import(service: Service, connection: sa.Connection, import_id: str, reason: str) -> None:
    importer.fail(connection, service.session.details, import_id, reason)


def _stop_import(service: Service, connection: sa.Connection, import_id: str) -> None:
    reason = "The import was stopped before it had read all data."
    _fail_import(service, connection, import_id, reason)


def _maintain(service: Service, claim: Claim) -> None:
    maintenance.perform(service.settings, service.database, service.session, service.queue, claim)


def _monitor(service: Service, claim: Claim) -> None:
    monitor.perform(service.settings, service.database, service.queue, claim)


def _do_nothing(service: Service, connection: sa.Connection, *_: str) -> None:
    """The end of the work changes no other row."""


KINDS: Mapping[str, Kind] = {
    run_rows.KIND: Kind(_step, _fail_run, _do_nothing, is_short=True, is_stopped_after=True),
    lifecycle.KIND: Kind(_run_job, _fail_job, _stop_job),
    evaluation.KIND: Kind(_evaluate, _do_nothing, _do_nothing),
    importer.KIND: Kind(_import, _fail_import, _stop_import),
    monitor.KIND: Kind(_monitor, _do_nothing, _do_nothing),
    maintenance.KIND: Kind(_maintain, _do_nothing, _do_nothing),
}
