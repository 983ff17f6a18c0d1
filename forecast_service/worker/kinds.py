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
    fail: Callable[[sa.Connection, str, str], None]
    """Ends the subject as failed, with the reason."""
    stop: Callable[[sa.Connection, str], None]
    """Ends the subject as stopped on request."""
    is_short: bool = False
    """Whether it takes so little time that it needs no process of its own."""
    is_stopped_after: bool = False
    """Whether one that failed is performed once more, to stop what it had started."""


def _step(service: Service, claim: Claim) -> None:
    steps.RunStep(service.session, service.settings, service.queue, claim).go()


def _run_job(service: Service, claim: Claim) -> None:
    lifecycle.perform(service.database, service.settings, service.queue, claim)


def _import(service: Service, claim: Claim) -> None:
    service.imports.perform(service.queue, claim)


def _stop_import(connection: sa.Connection, import_id: str) -> None:
    importer.fail(connection, import_id, "The import was stopped before it had read everything.")


def _tidy(service: Service, claim: Claim) -> None:
    maintenance.perform(service.settings, service.database, service.session, service.queue, claim)


def _leave(connection: sa.Connection, *_: str) -> None:
    """Nothing has to be said about the subject."""


KINDS: Mapping[str, Kind] = {
    run_rows.KIND: Kind(_step, steps.fail, _leave, is_short=True, is_stopped_after=True),
    lifecycle.KIND: Kind(_run_job, lifecycle.fail, lifecycle.stopped),
    importer.KIND: Kind(_import, importer.fail, _stop_import),
    maintenance.KIND: Kind(_tidy, _leave, _leave),
}
