"""Rows of ``training_runs``: insert, join, change and end runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from forecast_service.runs.run import RUNNING_STATES, TrainingRun, read_run
from forecast_service.storage.database import database_now
from forecast_service.storage.groups import DatasetGroup, raise_runs_version
from forecast_service.storage.queue import new_id
from forecast_service.storage.tables import training_runs, work
from forecast_service.storage.work import add_work

__all__ = ["KIND", "RunRequest", "change", "end", "insert_or_join", "is_busy", "run_in_state"]

KIND = "run"


@dataclass(frozen=True)
class RunRequest:
    """What a run must do to satisfy a request, and why."""

    store: str | None
    trains: bool
    reason: str
    detail: str
    forced: bool = False
    requested_by: str | None = None
    """Name of the caller."""


def insert_or_join(
    connection: sa.Connection, group: DatasetGroup, request: RunRequest, *, counts: bool
) -> tuple[TrainingRun, bool]:
    """Find or insert the run for a request; return it, and whether it existed before.

    The caller holds the lock on the group's row. ``counts`` adds 1 to the run's joined requests.
    A running run is joined if it includes the newest data. Otherwise the waiting run is joined;
    there is at most one.
    """
    running = run_in_state(connection, group.name, RUNNING_STATES)
    if running is not None and _satisfies(running, request, group.data_version):
        return _join(connection, running, counts), True
    waiting = run_in_state(connection, group.name, ("waiting",))
    if waiting is None:
        return _insert(connection, group.name, request), False
    _extend(connection, waiting, request)
    return _join(connection, waiting, counts), True


def run_in_state(
    connection: sa.Connection, group: str, states: Sequence[str]
) -> TrainingRun | None:
    """The group's run in one of these states, or None."""
    rows = connection.execute(
        sa.select(training_runs).where(
            training_runs.c.dataset_group == group, training_runs.c.state.in_(states)
        )
    ).mappings()
    row = rows.first()
    return None if row is None else TrainingRun(**row)


def is_busy(connection: sa.Connection, group: str) -> bool:
    """Whether a run of the group is running, or resources of an ended run still have to stop."""
    if run_in_state(connection, group, RUNNING_STATES) is not None:
        return True
    stopping = (
        sa.select(work.c.id)
        .join(training_runs, training_runs.c.id == work.c.subject)
        .where(work.c.kind == KIND, work.c.state != "done")
        .where(training_runs.c.dataset_group == group)
        .where(training_runs.c.state.in_(("cancelled", "failed")))
    )
    return connection.execute(stopping.limit(1)).first() is not None


def change(connection: sa.Connection, run_id: str, **columns: Any) -> None:
    """Change columns of a run."""
    connection.execute(
        sa.update(training_runs).where(training_runs.c.id == run_id).values(**columns)
    )


def end(connection: sa.Connection, run: TrainingRun, state: str, **columns: Any) -> None:
    """End a run in this state; decisions about the group that are being made start again."""
    change(connection, run.id, state=state, finished_at=database_now(), expected_at=None, **columns)
    raise_runs_version(connection, run.dataset_group)


def _satisfies(running: TrainingRun, request: RunRequest, data_version: int) -> bool:
    has_newest = running.data_version is not None and running.data_version >= data_version
    return has_newest and (running.trains or not request.trains)


def _extend(connection: sa.Connection, waiting: TrainingRun, request: RunRequest) -> None:
    """Make the waiting run train, or train by force, if the request needs it."""
    must_train = request.trains and not waiting.trains
    if must_train or (request.forced and not waiting.forced):
        change(
            connection,
            waiting.id,
            trains=True,
            reason=request.reason,
            detail=request.detail,
            store=request.store,
            forced=request.forced,
            requested_by=waiting.requested_by or request.requested_by,
        )


def _join(connection: sa.Connection, run: TrainingRun, counts: bool) -> TrainingRun:
    if counts:
        change(connection, run.id, joined=training_runs.c.joined + 1)
    return read_run(connection, run.id) or run


def _insert(connection: sa.Connection, group: str, request: RunRequest) -> TrainingRun:
    run_id = new_id()
    connection.execute(
        sa.insert(training_runs).values(
            id=run_id,
            dataset_group=group,
            store=request.store,
            state="waiting",
            trains=request.trains,
            reason=request.reason,
            detail=request.detail,
            forced=request.forced,
            joined=0,
            requested_by=request.requested_by,
            requested_at=database_now(),
        )
    )
    add_work(connection, KIND, run_id)
    run = read_run(connection, run_id)
    if run is None:  # impossible: this transaction has just inserted it
        raise LookupError(run_id)
    return run
