"""Rows of ``training_runs``: put a run in or join one, and end one; inside the caller's lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from forecast_service.runs.run import RUNNING_STATES, TrainingRun, read_run
from forecast_service.storage.database import database_now
from forecast_service.storage.groups import DatasetGroup, raise_runs_version
from forecast_service.storage.queue import Queue, new_id
from forecast_service.storage.tables import training_runs, work

__all__ = ["KIND", "Wanted", "change", "end", "is_busy", "one_in", "place"]

KIND = "run"


@dataclass(frozen=True)
class Wanted:
    """What a request needs of a run."""

    store: str | None
    trains: bool
    reason: str
    detail: str
    forced: bool = False


def place(
    connection: sa.Connection, group: DatasetGroup, wanted: Wanted, *, counts: bool
) -> tuple[TrainingRun, bool]:
    """The run that will do what is wanted, and whether it was there before.

    The caller holds the lock on the group's row. ``counts`` adds to the run's joined requests.
    A running one is joined when it knows the newest data; else the one that waits, which there
    is at most one of.
    """
    running = one_in(connection, group.name, RUNNING_STATES)
    if running is not None and _does(running, wanted, group.data_version):
        return _joined(connection, running, counts), True
    waiting = one_in(connection, group.name, ("waiting",))
    if waiting is None:
        return _inserted(connection, group.name, wanted), False
    _widen(connection, waiting, wanted)
    return _joined(connection, waiting, counts), True


def one_in(connection: sa.Connection, group: str, states: Sequence[str]) -> TrainingRun | None:
    """The group's run in one of these states, or None."""
    row = connection.execute(
        sa.select(training_runs).where(
            training_runs.c.dataset_group == group, training_runs.c.state.in_(states)
        )
    ).mappings()
    found = row.first()
    return None if found is None else TrainingRun(**found)


def is_busy(connection: sa.Connection, group: str) -> bool:
    """Whether a run of the group is running, or one that ended has not been stopped yet."""
    if one_in(connection, group, RUNNING_STATES) is not None:
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
    """End a run in this state, and tell those who are deciding about the group."""
    change(connection, run.id, state=state, finished_at=database_now(), expected_at=None, **columns)
    raise_runs_version(connection, run.dataset_group)


def _does(running: TrainingRun, wanted: Wanted, data_version: int) -> bool:
    knows_newest = running.data_version is not None and running.data_version >= data_version
    return knows_newest and (running.trains or not wanted.trains)


def _widen(connection: sa.Connection, waiting: TrainingRun, wanted: Wanted) -> None:
    """Make the waiting run train, or train in any case, if that is what is wanted now."""
    more = wanted.trains and not waiting.trains
    if more or (wanted.forced and not waiting.forced):
        change(
            connection,
            waiting.id,
            trains=True,
            reason=wanted.reason,
            detail=wanted.detail,
            store=wanted.store,
            forced=wanted.forced,
        )


def _joined(connection: sa.Connection, run: TrainingRun, counts: bool) -> TrainingRun:
    if counts:
        change(connection, run.id, joined=training_runs.c.joined + 1)
    return read_run(connection, run.id) or run


def _inserted(connection: sa.Connection, group: str, wanted: Wanted) -> TrainingRun:
    run_id = new_id()
    connection.execute(
        sa.insert(training_runs).values(
            id=run_id,
            dataset_group=group,
            store=wanted.store,
            state="waiting",
            trains=wanted.trains,
            reason=wanted.reason,
            detail=wanted.detail,
            forced=wanted.forced,
            joined=0,
            requested_at=database_now(),
        )
    )
    Queue.put(connection, KIND, run_id)
    run = read_run(connection, run_id)
    if run is None:  # cannot be: it was inserted in this very transaction
        raise LookupError(run_id)
    return run
